//! How far a copy is, in a file as Prometheus' node exporter reads it.

use crate::output::failure::{Failure, Outcome};
use aof_api::Error;
use aof_api::storage::IoCall;
use aof_object_store::Shipped;
use std::io::Write;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Replaces the file at once: it is read at any time.
pub(super) fn write(path: &Path, shipped: &Shipped) -> Outcome<()> {
    let failed = |source| Failure::at(path)(Error::io_at(IoCall::Write, path, 0, source));
    let directory = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(directory).map_err(failed)?;
    file.write_all(text(shipped, SystemTime::now()).as_bytes()).map_err(failed)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        // The exporter is another user.
        let readable = std::fs::Permissions::from_mode(0o644);
        file.as_file().set_permissions(readable).map_err(failed)?;
    }
    file.persist(path).map_err(|error| failed(error.error))?;
    Ok(())
}

fn text(shipped: &Shipped, now: SystemTime) -> String {
    let now = now.duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64());
    let op = shipped.tip.map_or(0, |tip| tip.op);
    format!(
        "# HELP aof_ship_behind_bytes Bytes that the log has and the copy has not.\n\
         # TYPE aof_ship_behind_bytes gauge\naof_ship_behind_bytes {}\n\
         # HELP aof_ship_copy_bytes Size of the copy.\n\
         # TYPE aof_ship_copy_bytes gauge\naof_ship_copy_bytes {}\n\
         # HELP aof_ship_copy_op Op of the last entry of the copy.\n\
         # TYPE aof_ship_copy_op gauge\naof_ship_copy_op {op}\n\
         # HELP aof_ship_looked_timestamp_seconds When the log was last looked at, since 1970.\n\
         # TYPE aof_ship_looked_timestamp_seconds gauge\naof_ship_looked_timestamp_seconds {now:.3}\n",
        shipped.bytes_behind, shipped.len,
    )
}
