//! What keeps the segments: the names, and the few steps in which they change.

use aof_api::{AofBackend, Result};
use std::fmt;

/// Where the segments of one log are kept: a directory, or a simulated disk.
///
/// Every call blocks until it is done. A [`SegmentedBackend`](crate::SegmentedBackend) makes them on a thread of its own,
/// or on the thread that polls, and never two of the changing ones at once.
///
/// A segment is named by its `base`, the offset of its first byte in the whole log. What a name means is durable only after
/// [`sync_names`](SegmentStore::sync_names); the contents of a segment are made durable by the segment itself.
pub trait SegmentStore: fmt::Debug + Send + Sync + 'static {
    /// A segment that is written.
    type Segment: Segment<View = Self::View>;
    /// The bytes of one segment, for readers.
    type View: SegmentView;
    /// The lock of the whole log, until it is dropped.
    type Lock: Send + Sync + 'static;

    /// Takes the lock.
    ///
    /// # Errors
    ///
    /// [`Locked`](aof_api::Error::Locked), at once, while another writer holds it.
    fn lock(&self) -> Result<Self::Lock>;

    /// Whether the place still is the one that was locked: before names are changed.
    ///
    /// # Errors
    ///
    /// [`Moved`](aof_api::Error::Moved) where it is not.
    fn check_place(&self, lock: &Self::Lock) -> Result<()>;

    /// The segments, in the order of their bases.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io) where they cannot be listed, or a name can be neither a segment nor something else.
    fn list(&self) -> Result<Vec<SegmentInfo>>;

    /// Removes the spares and temporaries that an earlier writer left.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io) where one cannot be removed.
    fn remove_leftovers(&self) -> Result<()>;

    /// Opens the segment at `base` to write it, after what it holds. Its bytes were synced, and no cache is trusted.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io), and [`Locked`](aof_api::Error::Locked) where something else writes it.
    fn open(&self, base: u64) -> Result<Self::Segment>;

    /// Makes the segment at `base`, which is empty. Its name is durable on return.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io), and [`Full`](aof_api::Error::Full) where there is no room.
    fn create(&self, base: u64) -> Result<Self::Segment>;

    /// Makes durable what an earlier writer left in the segment at `base`, and trusts no cache for it.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io).
    fn sync(&self, base: u64) -> Result<()>;

    /// Makes an empty segment under a temporary name, to write to once the current one is sealed.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io), and [`Full`](aof_api::Error::Full) where there is no room.
    fn spare(&self) -> Result<Self::Segment>;

    /// Gives a spare its name, which nothing may have.
    ///
    /// # Errors
    ///
    /// [`Full`](aof_api::Error::Full) where there is no room for a name, and [`Io`](aof_api::Error::Io); nothing changed.
    fn name(&self, spare: &Self::View, base: u64) -> Result<()>;

    /// Removes a spare that has no name.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io).
    fn remove_spare(&self, spare: &Self::View) -> Result<()>;

    /// The bytes of the segment at `base`, which is sealed.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io) of the kind [`NotFound`](std::io::ErrorKind::NotFound) where there is none.
    fn view(&self, base: u64) -> Result<Self::View>;

    /// Removes the segment at `base`, which was pruned.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io), save where there is none.
    fn remove(&self, base: u64) -> Result<()>;

    /// Takes the segment at `base` out of the log, because all of it is cut, and keeps its bytes elsewhere where this store
    /// does that.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io).
    fn discard(&self, base: u64) -> Result<()>;

    /// Makes durable what the names mean.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io): whether it is durable is then in doubt.
    fn sync_names(&self) -> Result<()>;

    /// The first offset that is held; 0 where nothing was pruned.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io) where the record is damaged, too: below it, nothing may come back.
    fn start(&self) -> Result<u64>;

    /// Allocates what [`put_start`](SegmentStore::put_start) needs, so that pruning needs no room.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io) and [`Full`](aof_api::Error::Full).
    fn prepare_start(&self) -> Result<()>;

    /// Records a new start, in one step, durably after the next [`sync_names`](SegmentStore::sync_names).
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io) and [`Full`](aof_api::Error::Full); the record is the one from before.
    fn put_start(&self, start: u64) -> Result<()>;

    /// The note that was kept, with how many bytes of the log it covers. A damaged one is none.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io) where it cannot be read.
    fn note(&self) -> Result<Option<(u64, Vec<u8>)>>;

    /// Keeps a note in place of the one before, in one step, durably after the next
    /// [`sync_names`](SegmentStore::sync_names).
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io) and [`Full`](aof_api::Error::Full); the note is the one from before.
    fn put_note(&self, covered: u64, note: &[u8]) -> Result<()>;

    /// Forgets the note, durably after the next [`sync_names`](SegmentStore::sync_names).
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io).
    fn forget_note(&self) -> Result<()>;

    /// What names the log to a person, for errors.
    fn describe(&self) -> String;

    /// What names the segment at `base` to a person, for errors: also one that is missing.
    fn describe_segment(&self, base: u64) -> String {
        format!("the segment at {base} of {}", self.describe())
    }
}

/// A segment that is written: a storage of its own, whose offsets begin at 0.
pub trait Segment: AofBackend {
    /// The bytes of it, for readers.
    type View: SegmentView;

    /// Its bytes, those that wait in a write buffer included.
    ///
    /// # Errors
    ///
    /// [`Closed`](aof_api::Error::Closed) after a close.
    fn view(&mut self) -> Result<Self::View>;

    /// Begins the last checkpoint: within the call, everything that was allocated ahead is given back; the future makes
    /// bytes and length durable.
    ///
    /// # Errors
    ///
    /// What failed within the call. The segment can be written further, unless that has poisoned it.
    fn seal(&mut self) -> Result<Self::Checkpoint>;
}

/// The bytes of one segment at any offset. Clones share what is open. It outlives the writer.
pub trait SegmentView: Clone + fmt::Debug + Send + Sync + 'static {
    /// Reads at `offset` of the segment into `buf`, which is not empty, and returns how many bytes, at least one. The caller
    /// knows that the segment has all of them.
    ///
    /// # Errors
    ///
    /// [`Io`](aof_api::Error::Io) when reading fails, or the bytes are missing.
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize>;
}

/// One segment, as a listing shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SegmentInfo {
    /// The offset of its first byte in the whole log.
    pub base: u64,
    /// How many bytes it has. The last one may have more than the log, in zeros.
    pub len: u64,
}

impl SegmentInfo {
    /// The offset after its last byte.
    #[must_use]
    pub fn end(&self) -> u64 {
        self.base.saturating_add(self.len)
    }
}
