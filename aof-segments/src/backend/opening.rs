//! Opening: the lock, the segments without a gap, and only the last one read.

use super::SegmentedBackend;
use crate::directory::Directory;
use crate::driver::Driver;
use crate::options::{SegmentedOptions, Tuning};
use crate::reader::Places;
use crate::segments::Segments;
use crate::store::{Segment, SegmentInfo, SegmentStore};
use aof_api::storage::IoCall;
use aof_api::storage::extent::Extent;
use aof_api::{AofBackend, Error, Result};
use std::io;
use std::path::Path;
use std::sync::Arc;

/// What the caller expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Intent {
    /// No log, or one without a byte.
    Create,
    /// A log.
    Open,
    /// Either.
    OpenOrCreate,
}

impl SegmentedBackend<Directory> {
    /// Makes a new log in the directory at `path`, which is made where it does not exist, and locks it. Nothing is ever
    /// overwritten.
    ///
    /// Durable on return: the directory, the first segment and their names.
    ///
    /// # Errors
    ///
    /// [`NotEmpty`](Error::NotEmpty) when there is a log with bytes; [`Locked`](Error::Locked), at once, when another writer
    /// holds it; [`Io`](Error::Io) when something cannot be made, locked or synced.
    pub fn create(path: impl AsRef<Path>) -> Result<SegmentedBackend> {
        SegmentedOptions::new().create(path)
    }

    /// Opens the log in the directory at `path`, and locks it.
    ///
    /// What an earlier writer left over is removed. The last segment, and those after the kept note, were synced; nothing else
    /// was read.
    ///
    /// # Errors
    ///
    /// [`Locked`](Error::Locked), at once, when another writer holds it; [`Missing`](Error::Missing) when a segment is missing
    /// or shorter than it was; [`Io`](Error::Io) when there is no log, a segment is longer than it was, the record of the
    /// start is damaged, or a call fails.
    pub fn open(path: impl AsRef<Path>) -> Result<SegmentedBackend> {
        SegmentedOptions::new().open(path)
    }

    /// Opens the log in the directory at `path` as [`open`](SegmentedBackend::<Directory>::open) does, or makes it as
    /// [`create`](SegmentedBackend::<Directory>::create) does.
    ///
    /// # Errors
    ///
    /// Those of both, except [`NotEmpty`](Error::NotEmpty).
    pub fn open_or_create(path: impl AsRef<Path>) -> Result<SegmentedBackend> {
        SegmentedOptions::new().open_or_create(path)
    }

    /// The directory, from the root. It may have been moved since.
    #[must_use]
    pub fn path(&self) -> &Path {
        self.store.path()
    }

    /// The file with the bytes that the last truncation cut off the segment that stayed, where they were kept. Whole segments
    /// that were cut are kept beside it.
    #[must_use]
    pub fn kept_cut(&self) -> Option<std::path::PathBuf> {
        self.active.as_ref().and_then(aof_file::FileBackend::kept_cut).map(ToOwned::to_owned)
    }
}

impl SegmentedOptions {
    /// As [`SegmentedBackend::create`](SegmentedBackend::<Directory>::create), with these options.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn create(&self, path: impl AsRef<Path>) -> Result<SegmentedBackend> {
        self.open_as(path.as_ref(), Intent::Create)
    }

    /// As [`SegmentedBackend::open`](SegmentedBackend::<Directory>::open), with these options.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<SegmentedBackend> {
        self.open_as(path.as_ref(), Intent::Open)
    }

    /// As [`SegmentedBackend::open_or_create`](SegmentedBackend::<Directory>::open_or_create), with these options.
    ///
    /// # Errors
    ///
    /// The same.
    pub fn open_or_create(&self, path: impl AsRef<Path>) -> Result<SegmentedBackend> {
        self.open_as(path.as_ref(), Intent::OpenOrCreate)
    }

    fn open_as(&self, path: &Path, intent: Intent) -> Result<SegmentedBackend> {
        let directory = Directory::new(path, &self.file)?;
        match (directory.exists()?, intent) {
            // Nothing is made where there is nothing to open, not even a lock.
            (true, Intent::Open) if directory.list()?.is_empty() => return Err(no_log(&directory)),
            (false, Intent::Open) => return Err(no_log(&directory)),
            (_, Intent::Open) => {}
            _ => directory.make()?,
        }
        SegmentedBackend::on(directory, self.tuning, intent)
    }
}

fn no_log(store: &impl SegmentStore) -> Error {
    let text = format!("no log in segments is at {}: create one", store.describe());
    Error::io(IoCall::Open, 0, io::Error::new(io::ErrorKind::NotFound, text))
}

impl<S: SegmentStore> SegmentedBackend<S> {
    /// Opens the log that `store` keeps, or makes it.
    ///
    /// # Errors
    ///
    /// [`Locked`](Error::Locked), [`NotEmpty`](Error::NotEmpty), and [`Missing`](Error::Missing) or [`Io`](Error::Io) where
    /// the segments are not one log without a gap.
    pub fn on(store: S, tuning: Tuning, intent: Intent) -> Result<SegmentedBackend<S>> {
        let lock = store.lock()?;
        let start = store.start()?;
        let (pruned, segments): (Vec<_>, Vec<_>) = store.list()?.into_iter().partition(|segment| segment.base < start);
        check_whole(&store, start, &segments)?;
        match (segments.last(), intent) {
            (None, Intent::Open) => return Err(no_log(&store)),
            (Some(last), Intent::Create) if last.end() > 0 => return Err(Error::NotEmpty { len: last.end() }),
            _ => {}
        }
        store.remove_leftovers()?;
        for SegmentInfo { base, .. } in pruned {
            store.remove(base)?;
        }
        let note = store.note()?;
        let kept_note = note.as_ref().map(|(covered, _)| *covered);
        let note = note.filter(|(covered, _)| *covered >= start);
        let last = segments.last().map_or(0, |last| last.base);
        let mut active = match segments.is_empty() {
            true => store.create(0)?,
            false => store.open(last)?,
        };
        // A writer that was killed may have left anything after the note in a cache only.
        let noted = note.as_ref().map_or(start, |(covered, _)| *covered);
        for SegmentInfo { base, .. } in segments.iter().filter(|segment| segment.base >= noted && segment.base < last) {
            store.sync(*base)?;
        }
        store.sync_names()?;
        if let Err(error) = store.prepare_start() {
            tracing::warn!(log = %store.describe(), %error, "no room is kept for a prune");
        }
        let extent = Extent::starting_at(start, last + active.len());
        let bases: Vec<_> = match segments.is_empty() {
            true => vec![0],
            false => segments.iter().map(|segment| segment.base).collect(),
        };
        let (store, segments) = (Arc::new(store), Arc::new(Segments::new(bases, active.view()?)));
        let driver =
            Driver::new(Arc::clone(&store), Arc::clone(&segments), extent.settler(), lock, kept_note, tuning.spares);
        Ok(SegmentedBackend {
            places: Places::new(&store, &segments),
            store,
            tuning,
            driver,
            cursor: extent.start(),
            extent,
            segments,
            active: Some(active),
            active_base: last,
            note,
            last_note: None,
            is_closed: false,
            in_doubt: None,
        })
    }
}

/// Whether the segments are one log that begins at `start`, without a gap.
pub(crate) fn check_whole(store: &impl SegmentStore, start: u64, segments: &[SegmentInfo]) -> Result<()> {
    let (mut end, mut before) = (start, None);
    for SegmentInfo { base, len } in segments.iter().copied() {
        if end < base {
            let missing = store.describe_segment(end);
            let what = match before {
                // Its length when it was sealed is recorded nowhere.
                Some(before) => format!("{missing}, or the end of {},", store.describe_segment(before)),
                None => missing,
            };
            return Err(Error::Missing { what, from: end, to: Some(base) });
        }
        if end > base {
            let text = format!(
                "{} begins at {base}, and the segment before it ends at {end}: what is after {base} in that one is not of \
                 this log; restore both from a copy",
                store.describe_segment(base)
            );
            return Err(Error::io(IoCall::Verify, base, io::Error::new(io::ErrorKind::InvalidData, text)));
        }
        (end, before) = (base.saturating_add(len), Some(base));
    }
    match segments.is_empty() && start > 0 {
        true => Err(Error::Missing { what: store.describe_segment(start), from: start, to: None }),
        false => Ok(()),
    }
}
