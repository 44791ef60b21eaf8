//! Segments as the files of one directory.

mod small_file;

use crate::names::{self, Name};
use crate::record::{self, RECORD_LEN_MAX, START_LEN};
use crate::store::{Segment, SegmentInfo, SegmentStore, SegmentView};
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use aof_file::system::{Access, OpenFile, System, is_full};
use aof_file::{FileBackend, FileOptions, FileView, LockFile};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

/// How many kept copies of one segment may be there before something must be wrong.
const MAX_COPIES: u32 = 10_000;

/// A directory with the segments of one log: `<base>.aof` each, and beside them `lock`, `note`, and `start` once it was
/// pruned.
#[derive(Debug)]
pub struct Directory {
    path: PathBuf,
    /// Of each file in it.
    options: FileOptions,
    /// The number of the next spare.
    spares: AtomicU64,
}

impl Directory {
    /// The directory at `path`, which need not exist yet.
    pub(crate) fn new(path: &Path, options: &FileOptions) -> Result<Directory> {
        let path = std::path::absolute(path).map_err(|source| Error::io_at(IoCall::Open, path, 0, source))?;
        Ok(Directory { path, options: options.clone(), spares: AtomicU64::new(0) })
    }

    /// Whether the directory at `path` has segments. False, too, where there is no directory or it cannot be listed.
    #[must_use]
    pub fn has_segments(path: impl AsRef<Path>) -> bool {
        let is_segment = |name: &str| matches!(names::name(name), Name::Segment(_));
        let entries = path.as_ref().read_dir().into_iter().flatten().flatten();
        entries.into_iter().any(|entry| entry.file_name().to_str().is_some_and(is_segment))
    }

    /// The path, from the root.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The path of the segment at `base`.
    #[must_use]
    pub fn segment_path(&self, base: u64) -> PathBuf {
        self.path.join(names::segment(base))
    }

    pub(crate) fn system(&self) -> &dyn System {
        &**self.options.calls()
    }

    /// Whether it exists.
    pub(crate) fn exists(&self) -> Result<bool> {
        match self.system().path_status(&self.path) {
            Ok(status) if status.is_directory => Ok(true),
            Ok(_) => {
                let text = "this is not a directory; a log in segments is one";
                let source = io::Error::new(io::ErrorKind::NotADirectory, text);
                Err(Error::io_at(IoCall::Open, &self.path, 0, source))
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
            Err(source) => Err(Error::io_at(IoCall::Open, &self.path, 0, source)),
        }
    }

    /// Makes the directory, durably, where it does not exist.
    pub(crate) fn make(&self) -> Result<()> {
        // A user who may read the files may list them.
        let mode = self.options.mode();
        let mode = mode | (mode & 0o444) >> 2;
        match self.system().create_directory(&self.path, mode) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
            Err(source) => return Err(Error::io_at(IoCall::Create, &self.path, 0, source)),
        }
        // Also where it existed: its maker may have died just before this.
        let synced = self.system().sync_directory_of(&self.path);
        synced.map_err(|source| Error::io_at(IoCall::SyncDirectory, &self.path, 0, source))
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// Every name, and what it is.
    fn names(&self) -> Result<Vec<(PathBuf, Name)>> {
        let listed = self.system().list(&self.path);
        let listed = listed.map_err(|source| Error::io_at(IoCall::Lookup, &self.path, 0, source))?;
        Ok(listed.iter().map(|name| (self.path.join(name), names::name(&name.to_string_lossy()))).collect())
    }

    /// The last segment, without a look at the others.
    pub(crate) fn last(&self) -> Result<Option<SegmentInfo>> {
        let bases = self.names()?.into_iter().filter_map(|(_, name)| match name {
            Name::Segment(base) => Some(base),
            _ => None,
        });
        let Some(base) = bases.max() else { return Ok(None) };
        let path = self.segment_path(base);
        let status = self.system().path_status(&path);
        let len = status.map_err(|source| Error::io_at(IoCall::Stat, &path, base, source))?.len;
        Ok(Some(SegmentInfo { base, len }))
    }

    fn remove_file(&self, path: &Path) -> Result<()> {
        match self.system().remove(path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::io_at(IoCall::Remove, path, 0, error)),
            _ => Ok(()),
        }
    }

    /// Renames the segment, so that its bytes are kept under the name that a cut of the file to no byte would give them.
    fn keep(&self, segment: &Path) -> Result<()> {
        for number in 0..MAX_COPIES {
            let mut kept = segment.as_os_str().to_owned();
            kept.push(".cut-0");
            if number > 0 {
                kept.push(format!(".{number}"));
            }
            match self.system().rename_new(segment, Path::new(&kept)) {
                Ok(()) => return Ok(()),
                Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {}
                Err(error) => return Err(Error::io_at(IoCall::Save, segment, 0, error)),
            }
        }
        Err(Error::io_at(IoCall::Save, segment, 0, io::ErrorKind::AlreadyExists.into()))
    }
}

/// A failure for want of room as [`Error::Full`].
fn full(failure: Error, needed: usize) -> Error {
    match &failure {
        Error::Io { source, .. } if is_full(source) => Error::Full { needed: needed as u64, available: 0 },
        _ => failure,
    }
}

impl SegmentStore for Directory {
    type Segment = FileBackend;
    type View = FileView;
    type Lock = LockFile;

    fn lock(&self) -> Result<LockFile> {
        LockFile::acquire(&self.options, self.file(names::LOCK)).map_err(|failure| match failure {
            Error::Locked { .. } => Error::Locked { what: self.describe() },
            failure => failure,
        })
    }

    fn check_place(&self, lock: &LockFile) -> Result<()> {
        lock.check_path().map_err(|failure| match failure {
            Error::Moved { .. } => Error::Moved { what: self.describe() },
            failure => failure,
        })
    }

    fn list(&self) -> Result<Vec<SegmentInfo>> {
        let mut segments = Vec::new();
        for (path, name) in self.names()? {
            let base = match name {
                Name::Segment(base) => base,
                Name::Leftover | Name::Other => continue,
                Name::Stray => {
                    let text = "the name ends in .aof and is not that of a segment, 20 digits: move it elsewhere";
                    let source = io::Error::new(io::ErrorKind::InvalidData, text);
                    return Err(Error::io_at(IoCall::Lookup, &path, 0, source));
                }
            };
            match self.system().path_status(&path) {
                Ok(status) if status.is_file => segments.push(SegmentInfo { base, len: status.len }),
                Ok(_) => {
                    let source = io::Error::new(io::ErrorKind::InvalidData, "a segment is a regular file");
                    return Err(Error::io_at(IoCall::Lookup, &path, base, source));
                }
                // Pruned by another process between the two calls.
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(source) => return Err(Error::io_at(IoCall::Stat, &path, base, source)),
            }
        }
        segments.sort_unstable_by_key(|segment| segment.base);
        Ok(segments)
    }

    fn remove_leftovers(&self) -> Result<()> {
        for (path, name) in self.names()? {
            if name == Name::Leftover {
                self.remove_file(&path)?;
            }
        }
        Ok(())
    }

    fn open(&self, base: u64) -> Result<FileBackend> {
        self.options.open(self.segment_path(base))
    }

    fn create(&self, base: u64) -> Result<FileBackend> {
        self.options.create(self.segment_path(base))
    }

    fn sync(&self, base: u64) -> Result<()> {
        let (path, system) = (self.segment_path(base), self.system());
        let file =
            system.open(&path, Access::Read).map_err(|source| Error::io_at(IoCall::Open, &path, base, source))?;
        system.sync_all(&file).map_err(|source| Error::io_at(IoCall::Sync, &path, base, source))?;
        system.drop_cache(&file).map_err(|source| Error::io_at(IoCall::DropCache, &path, base, source))
    }

    fn spare(&self) -> Result<FileBackend> {
        let number = self.spares.fetch_add(1, Ordering::Relaxed);
        // Without zeros ahead, which would take the room of entries where little is left.
        self.options.create(names::spare(&self.path, number)).map_err(|failure| full(failure, 0))
    }

    fn name(&self, spare: &FileView, base: u64) -> Result<()> {
        spare.publish(&self.segment_path(base)).map_err(|failure| full(failure, 0))
    }

    fn remove_spare(&self, spare: &FileView) -> Result<()> {
        self.remove_file(spare.path())
    }

    fn view(&self, base: u64) -> Result<FileView> {
        FileView::open(&self.options, self.segment_path(base))
    }

    fn remove(&self, base: u64) -> Result<()> {
        self.remove_file(&self.segment_path(base))
    }

    fn discard(&self, base: u64) -> Result<()> {
        let path = self.segment_path(base);
        let status = self.system().path_status(&path);
        let status = status.map_err(|source| Error::io_at(IoCall::Stat, &path, base, source))?;
        match self.options.keeps_cut() && status.len > 0 {
            true => self.keep(&path),
            false => self.remove_file(&path),
        }
    }

    fn sync_names(&self) -> Result<()> {
        let synced = self.system().sync_directory_of(&self.file(names::LOCK));
        synced.map_err(|source| Error::io_at(IoCall::SyncDirectory, &self.path, 0, source))
    }

    fn start(&self) -> Result<u64> {
        let path = self.file(names::START);
        let Some(record) = self.read_small(&path, START_LEN + 1)? else { return Ok(0) };
        record::start_of(&record).ok_or_else(|| {
            let text = "the record of where the pruned log begins is damaged: restore the directory from a copy, or, \
                        where the first segment is the first that was kept, remove this file and record it again";
            Error::io_at(IoCall::Verify, &path, 0, io::Error::new(io::ErrorKind::InvalidData, text))
        })
    }

    fn prepare_start(&self) -> Result<()> {
        self.write_small(&self.file(names::START_NEXT), &[0; START_LEN])
    }

    fn put_start(&self, start: u64) -> Result<()> {
        self.replace_small(names::START_NEXT, names::START, &record::start_record(start))
    }

    fn note(&self) -> Result<Option<(u64, Vec<u8>)>> {
        let path = self.file(names::NOTE);
        let Some(record) = self.read_small(&path, RECORD_LEN_MAX + 1)? else { return Ok(None) };
        let note = record::note_of(&record);
        if note.is_none() {
            tracing::warn!(note = %path.display(), "the note is damaged and ignored: the whole log will be read");
        }
        Ok(note)
    }

    fn put_note(&self, covered: u64, note: &[u8]) -> Result<()> {
        self.replace_small(names::NOTE_NEXT, names::NOTE, &record::note_record(covered, note))
    }

    fn forget_note(&self) -> Result<()> {
        self.remove_file(&self.file(names::NOTE))
    }

    fn describe(&self) -> String {
        self.path.display().to_string()
    }

    fn describe_segment(&self, base: u64) -> String {
        self.segment_path(base).display().to_string()
    }
}

impl Segment for FileBackend {
    type View = FileView;

    fn view(&mut self) -> Result<FileView> {
        FileBackend::view(self)
    }

    fn seal(&mut self) -> Result<Self::Checkpoint> {
        FileBackend::seal(self)
    }
}

impl SegmentView for FileView {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        FileView::read_at(self, offset, buf)
    }
}

/// The whole of an open file, up to `len_max` bytes.
fn read_whole(system: &dyn System, file: &OpenFile, len_max: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; len_max];
    let mut filled = 0;
    while filled < len_max {
        match system.read_at(file, &mut bytes[filled..], filled as u64) {
            Ok(0) => break,
            Ok(count) => filled += count,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    bytes.truncate(filled);
    Ok(bytes)
}
