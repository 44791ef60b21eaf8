//! What a crash would have taken: entries that were written and were not covered by a checkpoint yet.
//!
//! Each entry records the op up to which the log was durable when the entry was made.

use super::distribution::Distribution;

/// How many of the last ops are remembered, to know how many bytes were written since one.
const REMEMBERED: usize = 1 << 16;

/// What was at risk, entry by entry.
pub(super) struct Risk {
    /// Entries and bytes that were not durable when an entry had been written, itself included.
    pub(super) entries: Distribution,
    pub(super) bytes: Distribution,
    /// Entries and bytes from one checkpoint to the next.
    pub(super) checkpoint_entries: Distribution,
    pub(super) checkpoint_bytes: Distribution,
    highest: u64,
    durable: u64,
    /// Bytes of all entries so far.
    written: u64,
    /// The last op of each residue, and the bytes up to its end.
    ends: Vec<(u64, u64)>,
}

impl Risk {
    pub(super) fn new() -> Risk {
        Risk {
            entries: Distribution::new(),
            bytes: Distribution::new(),
            checkpoint_entries: Distribution::new(),
            checkpoint_bytes: Distribution::new(),
            highest: 0,
            durable: 0,
            written: 0,
            ends: vec![(0, 0); REMEMBERED],
        }
    }

    /// Counts an entry that was recorded for the first time.
    pub(super) fn add(&mut self, op: u64, commit: u64, bytes: u64) {
        if op <= self.highest || commit >= op {
            return;
        }
        self.highest = op;
        self.written += bytes;
        // The log begins after op 0, so nothing is written before its end.
        let end_of = |ends: &[(u64, u64)], op: u64| {
            let (known, end) = ends[(op % REMEMBERED as u64) as usize];
            if op == 0 { Some(0) } else { (known == op).then_some(end) }
        };
        let durable_end = end_of(&self.ends, commit);
        if commit > self.durable {
            if let (Some(before), Some(now)) = (end_of(&self.ends, self.durable), durable_end) {
                self.checkpoint_entries.add(commit - self.durable);
                self.checkpoint_bytes.add(now - before);
            }
            self.durable = commit;
        }
        self.ends[(op % REMEMBERED as u64) as usize] = (op, self.written);
        self.entries.add(op - commit);
        // Where that op is not in this log, or too far back, nobody knows the bytes.
        if let Some(end) = durable_end {
            self.bytes.add(self.written - end);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_since_the_last_checkpoint_was_at_risk() {
        let mut risk = Risk::new();
        // Checkpoints after ops 1, 2 and 5.
        for (op, commit) in [(1, 0), (2, 1), (3, 2), (4, 2), (5, 2), (6, 5)] {
            risk.add(op, commit, 100);
        }
        assert_eq!((risk.entries.largest, risk.bytes.largest), (3, 300));
        assert_eq!((risk.entries.percentile(50), risk.bytes.count), (1, 6));
        assert_eq!((risk.checkpoint_entries.largest, risk.checkpoint_bytes.largest), (3, 300));
        assert_eq!(risk.checkpoint_entries.count, 3);
    }

    #[test]
    fn what_is_recorded_again_was_at_no_risk() {
        let mut risk = Risk::new();
        for (op, commit) in [(1, 0), (2, 1), (1, 0), (2, 1), (3, 2)] {
            risk.add(op, commit, 100);
        }
        assert_eq!(risk.entries.count, 3);
    }
}
