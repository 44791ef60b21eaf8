//! The system calls under a [`FileBackend`](crate::FileBackend), as a trait: for tests of backends.
//!
//! Programs need nothing from here. A test hands an implementation of its own to
//! [`FileOptions::system`](crate::FileOptions::system), for instance [`FaultySystem`](crate::fault::FaultySystem), which
//! records the calls and fails those that it is asked to. Taking and giving back the lock does not pass here.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, IoSlice};
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

mod failure;
#[cfg(any(test, feature = "fault"))]
pub mod fault;
mod os;

pub use failure::is_full;
pub use os::OsSystem;

/// The system calls that a backend and its readers make, one method each.
///
/// An implementation may do less than asked where the system may too: short reads and writes, and
/// [`Interrupted`](io::ErrorKind::Interrupted), are for the caller to deal with.
pub trait System: std::fmt::Debug + Send + Sync + 'static {
    /// Opens the file at `path`. Never blocks, not even on a fifo, and never truncates.
    ///
    /// # Errors
    ///
    /// Those of `open(2)`.
    fn open(&self, path: &Path, access: Access) -> io::Result<OpenFile>;

    /// What the open file is now.
    ///
    /// # Errors
    ///
    /// Those of `fstat(2)`.
    fn file_status(&self, file: &OpenFile) -> io::Result<FileStatus>;

    /// What the path names now, symbolic links followed.
    ///
    /// # Errors
    ///
    /// Those of `stat(2)`.
    fn path_status(&self, path: &Path) -> io::Result<FileStatus>;

    /// Reads at `offset`, at most `i64::MAX - buf.len()`, and returns how many bytes; 0 at the end.
    ///
    /// # Errors
    ///
    /// Those of `pread(2)`.
    fn read_at(&self, file: &OpenFile, buf: &mut [u8], offset: u64) -> io::Result<usize>;

    /// Writes `parts`, at most [`MAX_PARTS`], one after the other at `offset`, and returns how many bytes it took.
    ///
    /// # Errors
    ///
    /// Those of `pwritev(2)`.
    fn write_at(&self, file: &OpenFile, parts: &[IoSlice<'_>], offset: u64) -> io::Result<usize>;

    /// Cuts the file to `len` bytes, or lengthens it by a hole.
    ///
    /// # Errors
    ///
    /// Those of `ftruncate(2)`.
    fn set_len(&self, file: &OpenFile, len: u64) -> io::Result<()>;

    /// Makes the bytes and the length of the file durable.
    ///
    /// # Errors
    ///
    /// Those of `fdatasync(2)`.
    fn sync_data(&self, file: &OpenFile) -> io::Result<()>;

    /// Makes all of the file durable, what a shorter length gave back included.
    ///
    /// # Errors
    ///
    /// Those of `fsync(2)`.
    fn sync_all(&self, file: &OpenFile) -> io::Result<()>;

    /// Makes the name of the file at `path` durable: syncs the directory that holds it, symbolic links followed.
    ///
    /// # Errors
    ///
    /// Those of `open(2)` and `fsync(2)`.
    fn sync_directory_of(&self, path: &Path) -> io::Result<()>;

    /// Begins to write `len` bytes at `offset`, which were just written to the file, to its disk, and does not wait for it. A
    /// hint: it promises nothing.
    ///
    /// # Errors
    ///
    /// Those of `posix_fadvise(2)`.
    fn start_writeback(&self, file: &OpenFile, offset: u64, len: u64) -> io::Result<()>;

    /// Drops the clean pages of the file from the page cache, so that the next read asks the disk.
    ///
    /// # Errors
    ///
    /// Those of `posix_fadvise(2)`.
    fn drop_cache(&self, file: &OpenFile) -> io::Result<()>;

    /// How many bytes the file system of the file has free for this process.
    ///
    /// # Errors
    ///
    /// Those of `fstatvfs(3)`.
    fn free_bytes(&self, file: &OpenFile) -> io::Result<u64>;

    /// Returns the first offset, at or after `offset`, at which the file may hold anything but zeros: past holes. Where the
    /// platform or file system does not say, that is `offset`.
    ///
    /// # Errors
    ///
    /// Those of `lseek(2)` with `SEEK_DATA`.
    fn next_data(&self, file: &OpenFile, offset: u64) -> io::Result<u64>;

    /// Removes the file at `path`.
    ///
    /// # Errors
    ///
    /// Those of `unlink(2)`.
    fn remove(&self, path: &Path) -> io::Result<()>;

    /// Gives the file at `from` the name `to`, in one step; what had that name loses it.
    ///
    /// # Errors
    ///
    /// Those of `rename(2)`.
    fn rename(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives the file at `from` the name `to`, which nothing may have.
    ///
    /// # Errors
    ///
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) when something has that name; those of `rename(2)`, and, where the
    /// system cannot do it in one step, those of `link(2)`.
    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Lets the two names trade the files they mean, in one step. Both must exist.
    ///
    /// # Errors
    ///
    /// [`Unsupported`](io::ErrorKind::Unsupported) where the system or the file system cannot; those of `renameat2(2)`.
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()>;

    /// Gives the file at `from` a second name, `to`, which nothing may have.
    ///
    /// # Errors
    ///
    /// [`AlreadyExists`](io::ErrorKind::AlreadyExists) when something has that name; those of `link(2)`, which file
    /// systems without second names always return.
    fn link(&self, from: &Path, to: &Path) -> io::Result<()>;

    /// Gives `new` the owner of `original`, and its permissions as far as `mode_max` has them too.
    ///
    /// # Errors
    ///
    /// Those of `fchmod(2)` and `fchown(2)`.
    fn give_as(&self, original: &OpenFile, new: &OpenFile, mode_max: u32) -> io::Result<()>;

    /// The names in the directory at `path`, in any order.
    ///
    /// # Errors
    ///
    /// Those of `opendir(3)` and `readdir(3)`.
    fn list(&self, path: &Path) -> io::Result<Vec<OsString>>;

    /// Makes a directory at `path`, with the permission bits `mode` as far as the umask leaves them.
    ///
    /// # Errors
    ///
    /// Those of `mkdir(2)`.
    fn create_directory(&self, path: &Path, mode: u32) -> io::Result<()>;
}

/// The most parts that one [`System::write_at`] is given: `IOV_MAX` of Linux, macOS and the BSDs.
pub const MAX_PARTS: usize = 1024;

/// How a file is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// To read; it must exist.
    Read,
    /// To read and write; it must exist.
    Write,
    /// To read and write; made when it does not exist.
    WriteOrCreate {
        /// Who may read and write it if it is made, as in `open(2)`; the umask still applies. Unix only.
        mode: u32,
    },
    /// To write; made now, and an error when it exists.
    CreateNew {
        /// Who may read and write it, as in `open(2)`; the umask still applies. Unix only.
        mode: u32,
    },
}

/// An open file, and the absolute path under which it was opened.
#[derive(Debug)]
pub struct OpenFile {
    file: File,
    path: PathBuf,
    /// The name it was given since.
    renamed: OnceLock<PathBuf>,
}

impl OpenFile {
    /// Puts the two together.
    #[must_use]
    pub fn new(file: File, path: PathBuf) -> OpenFile {
        OpenFile { file, path, renamed: OnceLock::new() }
    }

    /// Says that the file was given its final name. Counts once.
    pub(crate) fn rename(&self, path: &Path) {
        // A file is published once; a second name would be a defect of the caller, and the first stays.
        let _ = self.renamed.set(path.to_owned());
    }

    /// The file.
    #[must_use]
    pub fn file(&self) -> &File {
        &self.file
    }

    /// The path under which it was opened, or published since. It may name another file by now.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.renamed.get().unwrap_or(&self.path)
    }
}

/// What a file is: its size, kind and identity.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileStatus {
    /// Its length in bytes.
    pub len: u64,
    /// Whether it is a regular file, neither a directory nor a device nor a fifo.
    pub is_file: bool,
    /// Whether it is a directory.
    pub is_directory: bool,
    /// The permission bits; 0o666 where there are none.
    pub mode: u32,
    /// Whether it has no name any more, in any directory. False where the platform does not say.
    pub is_removed: bool,
    /// Device and inode; none where the platform does not say.
    pub identity: Option<(u64, u64)>,
}

impl FileStatus {
    /// Whether both are one file. Taken to be so where the platform does not say.
    #[must_use]
    pub fn is_same_file(&self, other: &FileStatus) -> bool {
        match (self.identity, other.identity) {
            (Some(this), Some(other)) => this == other,
            _ => true,
        }
    }
}
