//! Merging bytes in memory.

use super::block_on;
use super::disk::Disk;
use super::log::{Log, prepare};
use super::reader::SliceReader;
use super::reading::small_chunks;

use aof_api::format::Prepare;
use aof_api::merge::{self, Unmergeable, merge};

pub(crate) fn options() -> merge::Options {
    merge::Options::new().read(small_chunks())
}

/// Merges what must be mergeable. Answers what was written, and the report.
pub(crate) fn merged<T: AsRef<[u8]>>(inputs: &[T], options: merge::Options) -> (Vec<u8>, merge::Report) {
    let mut output = Disk::new();
    let readers: Vec<_> = inputs.iter().map(|bytes| SliceReader::new(bytes.as_ref())).collect();
    let report = block_on(merge(readers, &mut output, options)).unwrap();
    (output.bytes(), report)
}

/// Merges what must be refused, and asserts that nothing was written.
pub(crate) fn unmergeable<T: AsRef<[u8]>>(inputs: &[T], options: merge::Options) -> Unmergeable {
    let mut output = Disk::new();
    let readers: Vec<_> = inputs.iter().map(|bytes| SliceReader::new(bytes.as_ref())).collect();
    let error = block_on(merge(readers, &mut output, options)).unwrap_err();
    assert_eq!(output.writes(), 0, "{error}");
    match error {
        merge::Error::Unmergeable { reason } => (*reason).clone(),
        other => panic!("{other}"),
    }
}

/// Another history of `count` entries on `parent`.
pub(crate) fn branch(parent: &Prepare, count: u64, body: &[u8]) -> Log {
    let mut prepares: Vec<Prepare> = Vec::new();
    for op in parent.op() + 1..=parent.op() + count {
        let parent = prepares.last().map_or(parent.checksum(), Prepare::checksum);
        prepares.push(prepare(op, parent, body));
    }
    Log { prepares }
}
