//! The data checksum chain: one number for what a log does, whichever replica recorded it.

use crate::format::header::Header;
use std::fmt;
use zerocopy::IntoBytes;

/// A data checksum chain, as `tigerbeetle aof debug` prints it: in decimal.
///
/// The first 16 bytes, little-endian, of BLAKE3 over `checksum_body | timestamp | operation` of every entry whose
/// operation the reference replays. Source: TigerBeetle 0.17, `src/aof.zig`.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Digest(pub u128);

impl fmt::Display for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What one entry adds to the chain, in bytes.
const RECORD_SIZE: usize = 16 + 8 + 1;
/// BLAKE3 is several times faster in long pieces than record by record.
const BUFFER_SIZE: usize = 1024 * RECORD_SIZE;

/// Computes a [`Digest`] from headers in the order of the log.
///
/// Entries that a log records again, as it does after a restart, count once: an entry whose op is not above all before
/// it adds nothing. So the digest of a raw log is that of the merged one, as long as its only irregularity are
/// repetitions.
///
/// ```
/// assert_eq!(aof_api::format::Digester::new().digest().to_string(), "98081761841810822994326224503485043631");
/// ```
#[derive(Clone, Debug)]
pub struct Digester {
    hasher: blake3::Hasher,
    buffer: Vec<u8>,
    op_max: u64,
}

impl Digester {
    /// The digester of an empty log.
    #[must_use]
    pub fn new() -> Digester {
        Digester { hasher: blake3::Hasher::new(), buffer: Vec::with_capacity(BUFFER_SIZE), op_max: 0 }
    }

    /// Adds the next entry.
    pub fn update(&mut self, header: &Header) {
        let op = header.op.get();
        if op <= self.op_max {
            return;
        }
        self.op_max = op;
        push_record(&mut self.buffer, header);
        if self.buffer.len() >= BUFFER_SIZE {
            self.hasher.update(&self.buffer);
            self.buffer.clear();
        }
    }

    /// Adds entries, all above those before them, whose records were made elsewhere.
    pub(crate) fn update_records(&mut self, records: &[u8], op_last: u64) {
        self.op_max = op_last;
        self.hasher.update(&self.buffer).update(records);
        self.buffer.clear();
    }

    /// The digest of what was added so far.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut hasher = self.hasher.clone();
        hasher.update(&self.buffer);
        let mut bytes = [0; 16];
        hasher.finalize_xof().fill(&mut bytes);
        Digest(u128::from_le_bytes(bytes))
    }
}

/// Appends what an entry adds to the chain: nothing, where the reference does not replay it.
pub(crate) fn push_record(records: &mut Vec<u8>, header: &Header) {
    if header.operation().is_replayable() {
        let mut record = [0; RECORD_SIZE];
        record[..16].copy_from_slice(header.checksum_body.as_bytes());
        record[16..24].copy_from_slice(header.timestamp.as_bytes());
        record[24] = header.operation;
        records.extend_from_slice(&record);
    }
}

impl Default for Digester {
    fn default() -> Digester {
        Digester::new()
    }
}
