//! The promises of the contract, as a failing case cites them.

use std::fmt;

/// A numbered promise of [`AofBackend`](aof_api::AofBackend), or the log on top of them.
///
/// ```
/// use aof_testkit::Promise;
///
/// assert_eq!(Promise::B5.to_string(), "B5");
/// assert_eq!(Promise::B5.text(), aof_api::storage::promise(5).unwrap());
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
    /// Failures leave no doubt.
    B7,
    /// A cut is durable.
    B8,
    /// Futures can be dropped.
    B9,
    /// One log has one writer.
    B10,
    /// A crash keeps what was durable.
    B11,
    /// A full storage refuses, and continues.
    B12,
    /// Pruning gives storage back, and never the last durable write.
    B13,
    /// A note that is kept was durable.
    B14,
    /// A reader can wait for more.
    B15,
    /// Futures run on any executor and any thread.
    B16,
    /// The log on top: opening, reading, validating.
    Log,
}

/// What a log on a storage that keeps its promises does.
const LOG: &str = "The log on top finds whole entries, locates damage, distinguishes it from an unacknowledged tail, and \
                   cuts nothing that was acknowledged.";

impl Promise {
    /// Every promise, in order.
    pub const ALL: [Promise; 17] = [
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
        Promise::B13,
        Promise::B14,
        Promise::B15,
        Promise::B16,
        Promise::Log,
    ];

    /// Its number; none for the log on top.
    #[must_use]
    pub fn number(self) -> Option<usize> {
        (self != Promise::Log).then_some(self as usize + 1)
    }

    /// The promise in full, as [`aof_api::storage::promise`] has it.
    #[must_use]
    pub fn text(self) -> &'static str {
        self.number().and_then(aof_api::storage::promise).unwrap_or(LOG)
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
        match self.number() {
            Some(number) => f.pad(&format!("B{number}")),
            None => f.pad("Log"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_numbered_promise_has_its_text_from_the_contract() {
        for promise in Promise::ALL {
            assert_eq!(promise.text() == LOG, promise == Promise::Log, "{promise}");
        }
        assert_eq!(aof_api::storage::promise(Promise::ALL.len()), None, "a promise of the contract is missing here");
    }
}
