//! All parts of a write to the file, however little the system takes at a time.

use crate::system::{MAX_PARTS, OpenFile, System};
use crate::writer::writeback::{PIECE_LEN, Writeback};
use std::io::{self, IoSlice};

/// Writes all of `parts` at `offset`, and lets the disk begin with them where they are many. After an error, any number of
/// the bytes may have been written.
///
/// One system call for a batch, where the system takes everything; nothing is allocated in any case.
pub(crate) fn write_all_at(
    system: &dyn System,
    file: &OpenFile,
    parts: &[IoSlice<'_>],
    mut offset: u64,
    writeback: &mut Writeback,
) -> io::Result<()> {
    // What is still to be written: `parts[index..]` without the first `skip` bytes.
    let (mut index, mut skip) = (0, 0);
    loop {
        // Empty parts are passed over here, because a call with nothing but empty parts returns 0, which means an error.
        while index < parts.len() && skip == parts[index].len() {
            (index, skip) = (index + 1, 0);
        }
        if index == parts.len() {
            return Ok(());
        }
        let written = if skip == 0 {
            system.write_at(file, first_batch(&parts[index..]), offset)
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
        writeback.reach(system, file, offset);
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

/// What one system call is given: so much that the disk can begin with it while the next batch is copied.
fn first_batch<'parts, 'bytes>(parts: &'parts [IoSlice<'bytes>]) -> &'parts [IoSlice<'bytes>] {
    let (mut count, mut len) = (0, 0);
    while count < parts.len().min(MAX_PARTS) && len < PIECE_LEN {
        len += parts[count].len() as u64;
        count += 1;
    }
    &parts[..count]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_batch_ends_with_the_part_that_makes_it_a_piece_or_is_the_last_one_allowed() {
        let large = vec![7; PIECE_LEN as usize - 1];
        let parts = [&large[..], b"", b"1", b"2"].map(IoSlice::new);
        assert_eq!(first_batch(&parts).len(), 3);
        assert_eq!(first_batch(&parts[..2]).len(), 2);
        assert_eq!(first_batch(&parts[2..]).len(), 2);
        assert_eq!(first_batch(&vec![IoSlice::new(b"1"); MAX_PARTS + 1]).len(), MAX_PARTS);
    }
}
