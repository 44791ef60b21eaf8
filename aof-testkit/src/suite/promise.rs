//! The promises of the contract, as a failing case cites them.

use std::fmt;

/// A numbered promise of [`AofBackend`](aof_api::AofBackend), or the log that stands on them.
///
/// ```
/// use aof_testkit::Promise;
///
/// assert_eq!(Promise::B5.to_string(), "B5");
/// assert!(Promise::B5.text().contains("any u64"));
/// assert_eq!(Promise::of("b5_seek_takes_any_u64"), Some(Promise::B5));
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[non_exhaustive]
pub enum Promise {
    /// A write appends all parts or nothing.
    B1,
    /// The cursor and the end are independent.
    B2,
    /// What is written is read.
    B3,
    /// Reads are short at will, and 0 only at the end.
    B4,
    /// Any offset can be sought.
    B5,
    /// A checkpoint is the durability barrier.
    B6,
    /// Failures leave no doubt behind.
    B7,
    /// A cut is durable.
    B8,
    /// Futures can be dropped.
    B9,
    /// One log has one writer.
    B10,
    /// A crash keeps what was durable.
    B11,
    /// A full storage refuses, and goes on.
    B12,
    /// The log on top: opening, reading, validating.
    Log,
}

impl Promise {
    /// Every promise, in order.
    pub const ALL: [Promise; 13] = [
        Promise::B1,
        Promise::B2,
        Promise::B3,
        Promise::B4,
        Promise::B5,
        Promise::B6,
        Promise::B7,
        Promise::B8,
        Promise::B9,
        Promise::B10,
        Promise::B11,
        Promise::B12,
        Promise::Log,
    ];

    /// The promise in a sentence or two.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Promise::B1 => {
                "write appends all parts, contiguous, at the end, or nothing; it answers the offset of the first byte, which is the len() from before"
            }
            Promise::B2 => "write never moves the read cursor; seek and read never move the end",
            Promise::B3 => {
                "after a write, reads on the same backend and readers made later see the bytes; a reader made earlier sees a prefix of what was written and everything up to the last checkpoint; after a truncate it answers an error above the cut, never the cut bytes"
            }
            Promise::B4 => {
                "read answers 0 only at or past the end or for an empty buffer; it may answer less than asked"
            }
            Promise::B5 => "seek takes any u64; no arithmetic wraps",
            Promise::B6 => {
                "checkpoint is the durability barrier and discards nothing: on Ok(n) the first n bytes, everything written before the call, survive a crash, and durable_len() is n"
            }
            Promise::B7 => {
                "after a failed write the length is what it was, or the backend is poisoned; after a failed checkpoint or truncate it is poisoned until the log is opened anew; durable_len() is 0 after an opening"
            }
            Promise::B8 => {
                "truncate(n) with n <= len() cuts, the cut is durable on return, and the cut bytes never come back; n > len() is an error"
            }
            Promise::B9 => {
                "dropping a write leaves all of it or nothing, and len() says which at once; dropping a checkpoint loses nothing that was written, and the next call hears of its failure"
            }
            Promise::B10 => {
                "one log has one writer: a second one is refused at once or fences the first off; the lock is gone when close returns or the backend is dropped, also while readers live"
            }
            Promise::B11 => "after a crash and a new opening the first durable_len() bytes are there exactly",
            Promise::B12 => "no room is Full: nothing was appended, and reads and checkpoints still work",
            Promise::Log => {
                "the log on top: whole entries are found, damage is located and told apart from an unacknowledged tail, and nothing acknowledged is cut"
            }
        }
    }

    /// The promise that a case is named for: `b6_...` is [`Promise::B6`], `log_...` is [`Promise::Log`].
    #[must_use]
    pub fn of(case: &str) -> Option<Promise> {
        let (prefix, _) = case.split_once('_')?;
        Promise::ALL.into_iter().find(|promise| promise.to_string().eq_ignore_ascii_case(prefix))
    }
}

impl fmt::Display for Promise {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Promise::B1 => "B1",
            Promise::B2 => "B2",
            Promise::B3 => "B3",
            Promise::B4 => "B4",
            Promise::B5 => "B5",
            Promise::B6 => "B6",
            Promise::B7 => "B7",
            Promise::B8 => "B8",
            Promise::B9 => "B9",
            Promise::B10 => "B10",
            Promise::B11 => "B11",
            Promise::B12 => "B12",
            Promise::Log => "Log",
        })
    }
}
