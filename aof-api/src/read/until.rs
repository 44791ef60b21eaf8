//! The point in time up to which a log is wanted.

use crate::format::header::Header;

/// Up to where a log is wanted, this op or time included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Until {
    /// An op.
    Op(u64),
    /// A timestamp in nanoseconds since 1970.
    Timestamp(u64),
}

impl Until {
    /// Whether the entry is past it.
    ///
    /// ```
    /// use aof_api::format::Prepare;
    /// use aof_api::read::Until;
    ///
    /// let root = Prepare::root(0); // op 0
    /// assert!(!Until::Op(0).is_past(root.header()));
    /// ```
    #[must_use]
    pub fn is_past(self, header: &Header) -> bool {
        match self {
            Until::Op(op) => header.op.get() > op,
            Until::Timestamp(timestamp) => header.timestamp.get() > timestamp,
        }
    }
}
