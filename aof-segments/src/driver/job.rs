//! One checkpoint under way.

use crate::store::SegmentStore;
use aof_api::{AofBackend, Result};
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, OnceLock};

/// What a checkpoint resolves to, once that is known.
pub(crate) type Outcome = OnceLock<Result<u64>>;

/// The checkpoint of one segment.
pub(crate) type OfSegment<S> = <<S as SegmentStore>::Segment as AofBackend>::Checkpoint;

/// A checkpoint of the log: that of the segment that was written at its call.
pub(crate) struct Job<S: SegmentStore> {
    pub(super) of_segment: Pin<Box<OfSegment<S>>>,
    /// The base of the segment.
    pub(super) base: u64,
    /// How many bytes of the log it covers.
    pub(super) end: u64,
    /// Whether it seals the segment.
    pub(super) seals: bool,
    pub(super) begun: bool,
    pub(super) outcome: Arc<Outcome>,
}

impl<S: SegmentStore> Job<S> {
    pub(crate) fn new(of_segment: OfSegment<S>, base: u64, end: u64, seals: bool) -> Job<S> {
        let outcome = Arc::new(Outcome::new());
        Job { of_segment: Box::pin(of_segment), base, end, seals, begun: false, outcome }
    }

    /// Whether nobody waits for it, and nothing later relies on it.
    pub(super) fn is_forgotten(&self) -> bool {
        !self.begun && !self.seals && Arc::strong_count(&self.outcome) == 1
    }
}

impl<S: SegmentStore> fmt::Debug for Job<S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Job { base, end, seals, begun, .. } = self;
        write!(f, "Job {{ base: {base}, end: {end}, seals: {seals}, begun: {begun} }}")
    }
}
