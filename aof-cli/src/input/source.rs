//! Opening logs to read: files, directories of segments, and streams.

use super::directory;
use super::open_files::{ManyReader, OpenFiles};
use super::standard_input::StandardInput;
use super::stream::{Begin, StreamReader};
use crate::output::advice::Next;
use crate::output::failure::{Failure, Outcome};
use crate::output::looks::{self, looks};
use crate::output::paths::quoted;
use aof_api::storage::IoCall;
use aof_api::validate::Noted;
use aof_api::{AofRead, Error, Result};
use aof_file::{FileBackend, FileOptions, FileReader, SyncOn, is_locked};
use aof_object_store::{Location, ObjectReader, Options};
use aof_segments::{Directory, DirectoryReader};
use futures::executor::block_on;
use std::ffi::OsStr;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A log that is read and not written.
pub(crate) struct Source {
    pub(crate) path: PathBuf,
    /// Where it begins, in bytes: 0, unless it was pruned.
    pub(crate) start: u64,
    /// How many bytes it has from there on. None of a stream.
    pub(crate) len: Option<u64>,
    /// Somebody writes it at this moment, so its end may be incomplete.
    pub(crate) live: bool,
    /// Who may read it, as permission bits.
    mode: u32,
    place: Place,
    /// How the stream began.
    begin: Begin,
}

/// Where a log is.
enum Place {
    File,
    /// A directory of segments.
    Directory,
    /// An object store.
    Store(Location),
    /// A stream, until somebody reads it.
    Stream(Mutex<Option<StreamReader>>),
}

impl Source {
    /// The file or the directory at `path`, or the stream where that is one; `-` is standard input.
    pub(crate) fn open(path: &Path) -> Outcome<Source> {
        if let Some(url) = path.to_str().filter(|text| Location::is_url(text)) {
            return Source::open_url(path, url);
        }
        let standard_input = path == Path::new("-");
        if standard_input || is_stream(path) {
            let reader = if standard_input {
                StreamReader::new(StandardInput::new())
            } else {
                let opened = File::open(path);
                StreamReader::new(
                    opened.map_err(|error| Failure::at(path)(Error::io_at(IoCall::Open, path, 0, error)))?,
                )
            };
            let mode = if standard_input { mode_of_standard_input() } else { MODE_OF_STREAM };
            let path = if standard_input { "standard input".into() } else { path.to_owned() };
            let begin = reader.begin();
            let place = Place::Stream(Mutex::new(Some(reader)));
            return Ok(Source { path, start: 0, len: None, live: false, mode, place, begin });
        }
        if Directory::has_segments(path) {
            let directory::Looks { start, len, live, mode } = directory::Looks::at(path).map_err(Failure::at(path))?;
            let (path, begin) = (path.to_owned(), Begin::default());
            return Ok(Source { path, start, len: Some(len), live, mode, place: Place::Directory, begin });
        }
        let mut reader = FileBackend::open_read_only(path).map_err(Failure::at(path))?;
        // Where locks do not work, nobody is known to write.
        let live = is_locked(path).unwrap_or(false);
        let len = block_on(reader.end()).map_err(Failure::at(path))?;
        let mode = reader.mode().map_err(Failure::at(path))?;
        let (path, begin) = (path.to_owned(), Begin::default());
        Ok(Source { path, start: 0, len: Some(len), live, mode, place: Place::File, begin })
    }

    /// A log on an object store.
    fn open_url(path: &Path, url: &str) -> Outcome<Source> {
        let location = Location::parse(url).map_err(Failure::at(path))?;
        let mut reader = block_on(open_store(&location)).map_err(Failure::at(path))?;
        let start = block_on(reader.start()).map_err(Failure::at(path))?;
        let end = block_on(reader.end()).map_err(Failure::at(path))?;
        Ok(Source {
            path: path.to_owned(),
            start,
            len: Some(end.saturating_sub(start)),
            // What is there is whole, even while a writer appends.
            live: false,
            // Who may read the store is not known, so the strictest holds.
            mode: 0o600,
            place: Place::Store(location),
            begin: Begin::default(),
        })
    }

    /// A file or a directory only: what goes back, or waits for more, cannot be done with a stream.
    pub(crate) fn open_file(path: &Path, what: &str) -> Outcome<Source> {
        let source = Source::open(path)?;
        if source.is_stream() {
            return Err(Failure::Usage(format!("{what} needs a file, not a stream")));
        }
        if let Place::Store(_) = source.place {
            let url = quoted(path);
            return Err(Failure::Usage(format!("{what} needs a file: get it with `aof fetch {url} LOG` first")));
        }
        Ok(source)
    }

    /// Files only, all of them.
    pub(crate) fn open_files(paths: &[PathBuf], what: &str) -> Outcome<Vec<Source>> {
        paths.iter().map(|path| Source::open_file(path, what)).collect()
    }

    pub(crate) fn is_stream(&self) -> bool {
        matches!(self.place, Place::Stream(_))
    }

    /// What it looks like where it is not a log, and what to do about that.
    pub(crate) fn looks(&self) -> Option<(String, Option<Next>)> {
        match self.place {
            Place::Stream(_) => looks::of(&self.begin.bytes()).map(|looks| (looks.of_stream(), None)),
            Place::File => looks(&self.path).map(|looks| looks.advice(&self.path)),
            Place::Directory | Place::Store(_) => None,
        }
    }

    /// Its path for a command that is to be pasted; a stream must be saved to a file first, under any name.
    pub(crate) fn in_command(&self) -> String {
        if self.is_stream() { "LOG".to_owned() } else { quoted(&self.path) }
    }

    /// A name for a file that is made of it.
    pub(crate) fn name(&self) -> &OsStr {
        self.path.file_name().filter(|_| !self.is_stream()).unwrap_or("ledger.aof".as_ref())
    }

    /// A reader from the beginning; of a stream, there is one.
    pub(crate) fn reader(&self) -> Outcome<LogReader> {
        let opened = match &self.place {
            Place::File => FileBackend::open_read_only(&self.path).map(LogReader::File),
            Place::Directory => DirectoryReader::open(&self.path).map(|reader| LogReader::Directory(Box::new(reader))),
            Place::Store(location) => block_on(open_store(location)).map(LogReader::Store),
            Place::Stream(stream) => {
                let reader = stream.lock().ok().and_then(|mut stream| stream.take());
                let once = || Failure::Usage("a stream can be read only once".to_owned());
                return reader.map(LogReader::Stream).ok_or_else(once);
            }
        };
        opened.map_err(Failure::at(&self.path))
    }

    /// What the storage recorded as durable: only a directory keeps a note that is known without its writer.
    pub(crate) fn noted(&self) -> Outcome<Option<Noted>> {
        let Place::Directory = self.place else { return Ok(None) };
        let note = DirectoryReader::open(&self.path).and_then(|reader| reader.note());
        let note = note.map_err(Failure::at(&self.path))?;
        Ok(note.and_then(|(covered, note)| Noted::read(covered, &note)))
    }

    /// As [`reader`](Source::reader) of a file, with a descriptor that others may take meanwhile; it is the `number`th.
    pub(crate) fn reader_among(&self, files: &OpenFiles, number: usize) -> Outcome<LogReader> {
        match self.place {
            Place::File => files.reader(&self.path, number as u64).map(LogReader::Many),
            // It has one segment open at a time, or no file at all.
            Place::Directory | Place::Store(_) | Place::Stream(_) => self.reader(),
        }
    }

    /// Whether this is the file or directory at `path`, or has it as a segment, under whatever name: it must not be written
    /// to, nor replaced.
    pub(crate) fn is_at(&self, path: &Path) -> Outcome<bool> {
        match self.place {
            Place::Stream(_) | Place::Store(_) => Ok(false),
            Place::Directory => directory::is_at(&self.path, path).map_err(Failure::at(&self.path)),
            Place::File => {
                let reader = FileBackend::open_read_only(&self.path).map_err(Failure::at(&self.path))?;
                reader.is_at(path).map_err(Failure::at(path))
            }
        }
    }

    /// How many threads may verify: those that read ahead of a stream would have to go back far where it is damaged.
    pub(crate) fn threads(&self, threads: usize) -> usize {
        if self.is_stream() { 1 } else { threads }
    }

    /// All logs, or the failure of the first that cannot be opened.
    pub(crate) fn open_all(paths: &[PathBuf]) -> Outcome<Vec<Source>> {
        if paths.iter().filter(|path| *path == Path::new("-")).count() > 1 {
            return Err(Failure::Usage("standard input can be read only once".to_owned()));
        }
        paths.iter().map(|path| Source::open(path)).collect()
    }

    /// How to make a file of what is in them: nobody may read it who may not read all of them.
    pub(crate) fn options_for_output(sources: &[Source]) -> FileOptions {
        // This thread has nothing else to do while the disk works.
        let options = FileOptions::new().sync_on(SyncOn::Caller);
        options.no_more_open_than(Source::mode(sources))
    }

    /// Who may read all of them.
    pub(crate) fn mode(sources: &[Source]) -> u32 {
        sources.iter().fold(MODE_OF_STREAM, |mode, source| mode & source.mode)
    }

    /// How long all of them are together; `None` where one is a stream.
    pub(crate) fn total_len(sources: &[Source]) -> Option<u64> {
        sources.iter().map(|source| source.len).sum()
    }
}

/// A reader of a log on a store.
async fn open_store(location: &Location) -> Result<ObjectReader> {
    ObjectReader::open(std::sync::Arc::clone(&location.store), &location.prefix, Options::new()).await
}

/// The permissions of a pipe are those of its ends, and say nothing about what comes through.
const MODE_OF_STREAM: u32 = 0o777;

/// Those of the file that standard input comes from, where it does: `aof copy - DST < SRC`.
fn mode_of_standard_input() -> u32 {
    #[cfg(unix)]
    {
        use std::os::fd::AsFd;
        use std::os::unix::fs::PermissionsExt;
        let metadata = std::io::stdin().as_fd().try_clone_to_owned().and_then(|stdin| File::from(stdin).metadata());
        if let Ok(metadata) = metadata
            && metadata.is_file()
        {
            return metadata.permissions().mode() & 0o777;
        }
    }
    MODE_OF_STREAM
}

/// Whether the path names a pipe or the like. What is nothing at all is for the opening to say.
fn is_stream(path: &Path) -> bool {
    path.metadata().is_ok_and(|metadata| !metadata.is_file() && !metadata.is_dir())
}

/// Reads a file, a directory of segments, or a stream.
pub(crate) enum LogReader {
    File(FileReader),
    Directory(Box<DirectoryReader>),
    Many(ManyReader),
    Stream(StreamReader),
    Store(ObjectReader),
}

impl AofRead for LogReader {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        match self {
            LogReader::File(reader) => reader.seek(offset).await,
            LogReader::Directory(reader) => reader.seek(offset).await,
            LogReader::Many(reader) => reader.seek(offset).await,
            LogReader::Stream(reader) => reader.seek(offset).await,
            LogReader::Store(reader) => reader.seek(offset).await,
        }
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        match self {
            LogReader::File(reader) => reader.read(buf).await,
            LogReader::Directory(reader) => reader.read(buf).await,
            LogReader::Many(reader) => reader.read(buf).await,
            LogReader::Stream(reader) => reader.read(buf).await,
            LogReader::Store(reader) => reader.read(buf).await,
        }
    }

    async fn start(&mut self) -> Result<u64> {
        match self {
            LogReader::File(reader) => reader.start().await,
            LogReader::Directory(reader) => reader.start().await,
            LogReader::Many(reader) => reader.start().await,
            LogReader::Stream(reader) => reader.start().await,
            LogReader::Store(reader) => reader.start().await,
        }
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        match self {
            LogReader::File(reader) => reader.changed(end).await,
            LogReader::Directory(reader) => reader.changed(end).await,
            LogReader::Many(reader) => reader.changed(end).await,
            LogReader::Stream(reader) => reader.changed(end).await,
            LogReader::Store(reader) => reader.changed(end).await,
        }
    }

    async fn end(&mut self) -> Result<u64> {
        match self {
            LogReader::File(reader) => reader.end().await,
            LogReader::Directory(reader) => reader.end().await,
            LogReader::Many(reader) => reader.end().await,
            LogReader::Stream(reader) => reader.end().await,
            LogReader::Store(reader) => reader.end().await,
        }
    }

    async fn next_data(&mut self, offset: u64) -> Result<u64> {
        match self {
            LogReader::File(reader) => reader.next_data(offset).await,
            LogReader::Directory(reader) => reader.next_data(offset).await,
            LogReader::Many(reader) => reader.next_data(offset).await,
            LogReader::Stream(reader) => reader.next_data(offset).await,
            LogReader::Store(reader) => reader.next_data(offset).await,
        }
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        match self {
            LogReader::File(reader) => reader.boundary(offset).await,
            LogReader::Directory(reader) => reader.boundary(offset).await,
            LogReader::Many(reader) => reader.boundary(offset).await,
            LogReader::Stream(reader) => reader.boundary(offset).await,
            LogReader::Store(reader) => reader.boundary(offset).await,
        }
    }
}
