//! The data checksum chain of whole logs.

use crate::format::digest::{Digest, Digester};
use crate::read::options::Options;
use crate::read::scan::{Scan, Step};
use crate::storage::backend::AofRead;
use crate::storage::error::{Error, Result};

/// The data checksum chain of a log, or of several files that are one log, in constant memory. A pruned log is read from
/// where it begins.
///
/// # Errors
///
/// [`Error::Corrupt`] at the first damage: a digest over less than everything would mean nothing. The failures of
/// [`AofRead::read`].
pub async fn digest<R: AofRead>(readers: impl IntoIterator<Item = R>, options: Options) -> Result<Digest> {
    let mut digester = Digester::new();
    for reader in readers {
        let mut scan = Scan::from_start(reader, options);
        loop {
            match scan.step().await? {
                Step::Entries => scan.entries().for_each(|(_, entry)| digester.update(entry.header())),
                Step::Damage(at) => return Err(Error::damaged(at.offset, at.damage)),
                Step::End => break,
            }
        }
    }
    Ok(digester.digest())
}
