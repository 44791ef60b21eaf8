//! The small files beside the segments: written under another name, synced, then renamed.

use super::{Directory, full, read_whole};
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use aof_file::system::Access;
use std::io::{self, IoSlice};
use std::path::Path;

impl Directory {
    /// Up to `len_max` bytes of the file at `path`; none where there is none.
    pub(super) fn read_small(&self, path: &Path, len_max: usize) -> Result<Option<Vec<u8>>> {
        let file = match self.system().open(path, Access::Read) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(Error::io_at(IoCall::Open, path, 0, source)),
        };
        let read = read_whole(self.system(), &file, len_max);
        read.map(Some).map_err(|source| Error::io_at(IoCall::Read, path, 0, source))
    }

    /// Writes `record` to the file at `path`, over what it has, and syncs it.
    pub(super) fn write_small(&self, path: &Path, record: &[u8]) -> Result<()> {
        let written = self.write_record(path, record);
        written.map_err(|source| full(Error::io_at(IoCall::Write, path, 0, source), record.len()))
    }

    fn write_record(&self, path: &Path, record: &[u8]) -> io::Result<()> {
        let system = self.system();
        let file = system.open(path, Access::WriteOrCreate { mode: self.options.mode() })?;
        let mut written = 0;
        while written < record.len() {
            match system.write_at(&file, &[IoSlice::new(&record[written..])], written as u64) {
                Ok(0) => return Err(io::ErrorKind::WriteZero.into()),
                Ok(count) => written += count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                Err(error) => return Err(error),
            }
        }
        if system.file_status(&file)?.len != record.len() as u64 {
            system.set_len(&file, record.len() as u64)?;
        }
        system.sync_all(&file)
    }

    /// Writes `record` under the name `next`, then gives it the name `name`.
    pub(super) fn replace_small(&self, next: &str, name: &str, record: &[u8]) -> Result<()> {
        let (next, path) = (self.path.join(next), self.path.join(name));
        self.write_small(&next, record)?;
        let renamed = self.system().rename(&next, &path);
        renamed.map_err(|source| full(Error::io_at(IoCall::Rename, &path, 0, source), 0))
    }
}
