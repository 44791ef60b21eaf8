//! All parts of a write to the file, however little the system takes at a time.

use crate::system::{MAX_PARTS, OpenFile, System};
use std::io::{self, IoSlice};

/// Writes all of `parts` at `offset`. After an error, any number of the bytes may have been written.
///
/// One system call where the system takes everything; nothing is allocated in any case.
pub(crate) fn write_all_at(
    system: &dyn System,
    file: &OpenFile,
    parts: &[IoSlice<'_>],
    mut offset: u64,
) -> io::Result<()> {
    // What is still to be written: `parts[index..]` without the first `skip` bytes.
    let (mut index, mut skip) = (0, 0);
    loop {
        // Empty parts are passed over here, because a call with nothing but empty parts answers 0, which means an error.
        while index < parts.len() && skip == parts[index].len() {
            (index, skip) = (index + 1, 0);
        }
        if index == parts.len() {
            return Ok(());
        }
        let written = if skip == 0 {
            let batch = &parts[index..parts.len().min(index + MAX_PARTS)];
            system.write_at(file, batch, offset)
        } else {
            // The rest of a part that was cut goes alone: no copy of the list is needed for it.
            system.write_at(file, &[IoSlice::new(&parts[index][skip..])], offset)
        };
        let mut written = match written {
            Ok(0) => return Err(io::Error::new(io::ErrorKind::WriteZero, "the system took no more bytes")),
            Ok(written) => written,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        offset += written as u64;
        while written > 0 {
            let rest = parts[index].len() - skip;
            if written < rest {
                skip += written;
                break;
            }
            written -= rest;
            (index, skip) = (index + 1, 0);
        }
    }
}
