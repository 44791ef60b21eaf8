//! The names in the directory of a log.

use std::path::{Path, PathBuf};

/// The lock of the whole log.
pub(crate) const LOCK: &str = "lock";
/// The first offset that is held, once the log was pruned.
pub(crate) const START: &str = "start";
/// The newest note.
pub(crate) const NOTE: &str = "note";
/// What the next `start` is written to, before it gets its name.
pub(crate) const START_NEXT: &str = "start.next";
/// What the next `note` is written to.
pub(crate) const NOTE_NEXT: &str = "note.next";
const SPARE: &str = "spare-";
const SUFFIX: &str = ".aof";
const DIGITS: usize = 20;

/// What a name is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Name {
    /// A segment, by its base.
    Segment(u64),
    /// A segment that was made ahead, or what the next note is written to: of no use after the writer is gone.
    Leftover,
    /// It ends as a segment does and is not one: a reader of `*.aof` would take it for a part of the log.
    Stray,
    /// Nothing of the log: kept bytes that were cut, a person's notes.
    Other,
}

/// The name of the segment at `base`: 20 digits, so that names sort as bases do.
pub(crate) fn segment(base: u64) -> String {
    format!("{base:020}{SUFFIX}")
}

/// The path of a spare.
pub(crate) fn spare(directory: &Path, number: u64) -> PathBuf {
    directory.join(format!("{SPARE}{number}"))
}

pub(crate) fn name(name: &str) -> Name {
    if let Some(digits) = name.strip_suffix(SUFFIX) {
        let is_base = digits.len() == DIGITS && digits.bytes().all(|digit| digit.is_ascii_digit());
        return digits.parse().ok().filter(|_| is_base).map_or(Name::Stray, Name::Segment);
    }
    let number = name.strip_prefix(SPARE).unwrap_or_default();
    if name == NOTE_NEXT || !number.is_empty() && number.bytes().all(|digit| digit.is_ascii_digit()) {
        return Name::Leftover;
    }
    Name::Other
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_segment_only_in_the_form_that_is_written() {
        assert_eq!(name(&segment(0)), Name::Segment(0));
        assert_eq!(name(&segment(u64::MAX)), Name::Segment(u64::MAX));
        for stray in ["1.aof", "bank.aof", "99999999999999999999.aof", "+0000000000000000001.aof", ".aof"] {
            assert_eq!(name(stray), Name::Stray, "{stray}");
        }
        for other in ["lock", "start", "note", "spare-", "spare-x", "00000000000000000000.aof.cut-7", "README"] {
            assert_eq!(name(other), Name::Other, "{other}");
        }
        for leftover in ["spare-0", "spare-17", "note.next"] {
            assert_eq!(name(leftover), Name::Leftover, "{leftover}");
        }
    }
}
