//! The snapshot of a node in a file.

use crate::kv::snapshots::Snapshots;
use std::fs::{self, File};
use std::io::{self, Write};
use std::path::PathBuf;

/// The snapshot of one node as a file.
pub struct SnapshotFile {
    pub directory: PathBuf,
}

impl Snapshots for SnapshotFile {
    fn save(&self, bytes: &[u8]) -> io::Result<()> {
        let temporary = self.directory.join("snapshot.new");
        let mut file = File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs::rename(&temporary, self.directory.join("snapshot"))?;
        // The new name must be durable before entries are purged.
        File::open(&self.directory)?.sync_all()
    }

    fn load(&self) -> io::Result<Option<Vec<u8>>> {
        match fs::read(self.directory.join("snapshot")) {
            Ok(bytes) => Ok(Some(bytes)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }
}
