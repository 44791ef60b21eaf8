//! Logs from lists of ops and bodies.

use super::block_on;
use super::disk::Disk;
use aof_api::format::{AofEntry, Checksum, Header, Prepare};
use aof_api::{Aof, LogOptions, Operation};
use std::ops::Range;

/// The operation of every entry here that needs no other: one that the data checksum chain covers.
pub(crate) const OPERATION: Operation = Operation(138);

/// Entries one after the other.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    pub(crate) prepares: Vec<Prepare>,
}

impl Log {
    /// A chain from the root of cluster 0, an entry for each body, as a replica records it: by `write`.
    pub(crate) fn of<T: AsRef<[u8]>>(bodies: impl IntoIterator<Item = T>) -> Log {
        let mut prepares: Vec<Prepare> = Vec::new();
        for (op, body) in (1..).zip(bodies) {
            let parent = prepares.last().map_or_else(|| Prepare::root(0).checksum(), Prepare::checksum);
            prepares.push(prepare(op, parent, body.as_ref()));
        }
        Log { prepares }
    }

    /// Ops `1..=last`, with small bodies of different lengths.
    pub(crate) fn history(last: u64) -> Log {
        Log::of((1..=last).map(body))
    }

    /// These ops of one history, in this order: repeated, missing, going back.
    pub(crate) fn of_ops(ops: &[u64]) -> Log {
        let history = Log::history(ops.iter().copied().max().unwrap_or(0));
        Log { prepares: ops.iter().map(|op| history.prepares[*op as usize - 1].clone()).collect() }
    }

    /// Ops `1..=last` made by `append`, with a checkpoint after each of `checkpoints`.
    pub(crate) fn appended(last: u64, checkpoints: &[u64]) -> Log {
        let disk = Disk::new();
        block_on(async {
            let mut log = Aof::create(disk.clone(), LogOptions::new().clock(|| 1_000)).await.unwrap();
            for op in 1..=last {
                log.append(OPERATION, &body(op)).await.unwrap();
                if checkpoints.contains(&op) {
                    log.checkpoint().await.unwrap();
                }
            }
        });
        Log::parse(&disk.bytes())
    }

    /// The entries of a whole log.
    pub(crate) fn parse(bytes: &[u8]) -> Log {
        let mut rest = bytes;
        let mut prepares = Vec::new();
        while !rest.is_empty() {
            let entry = AofEntry::decode(rest).unwrap();
            prepares.push(entry.to_prepare());
            rest = &rest[entry.size_disk() as usize..];
        }
        Log { prepares }
    }

    pub(crate) fn len(&self) -> usize {
        self.prepares.len()
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        let parts: Vec<&[u8]> = self.prepares.iter().map(Prepare::as_entry_bytes).collect();
        parts.concat()
    }

    /// Where entry number `index` begins; for the number of entries, where the last one ends.
    pub(crate) fn offset(&self, index: usize) -> u64 {
        self.prepares[..index].iter().map(Prepare::size_disk).sum()
    }

    /// The bytes of entry number `index`.
    pub(crate) fn range(&self, index: usize) -> Range<usize> {
        self.offset(index) as usize..self.offset(index + 1) as usize
    }

    pub(crate) fn checksum(&self, index: usize) -> Checksum {
        self.prepares[index].checksum()
    }
}

/// What the entry with this op carries: 0 to 126 bytes.
pub(crate) fn body(op: u64) -> Vec<u8> {
    vec![op as u8; (op * 37 % 127) as usize]
}

/// A header without lints, for an entry that `append` did not make.
pub(crate) fn header(op: u64, parent: Checksum) -> Header {
    let mut header = Header::new(OPERATION);
    header.parent = parent;
    header.release = 1.into();
    header.client = 7.into();
    header.op = op.into();
    header.commit = op.saturating_sub(1).into();
    header.timestamp = 1_000_u64.saturating_add(op).into();
    header.request = 1.into();
    header
}

pub(crate) fn prepare(op: u64, parent: Checksum, body: &[u8]) -> Prepare {
    Prepare::seal(header(op, parent), body).unwrap()
}

/// Another entry on the same parent.
pub(crate) fn sibling(prepare: &Prepare) -> Prepare {
    Prepare::seal(*prepare.header(), b"another history").unwrap()
}

/// The bytes of an entry whose header says whatever `break_it` makes it say, with a checksum that holds.
pub(crate) fn forged(break_it: impl Fn(&mut Header)) -> Vec<u8> {
    let mut header = header(1, Prepare::root(0).checksum());
    break_it(&mut header);
    header.checksum = header.calculate_checksum();
    [&aof_api::format::MAGIC[..], zerocopy::IntoBytes::as_bytes(&header)].concat()
}
