//! What a copy knows of its destination, for the notes of the checkpoints.

use crate::chain::note::LogNote;
use crate::chain::tip::Tip;
use crate::format::checksum::Checksum;
use crate::format::header::Header;

/// Follows the entries of the destination, from the first one that it holds.
pub(super) struct Noted {
    /// What is known after the last entry; its end is that of the entry. None before the first entry.
    note: Option<LogNote>,
    /// The parent of the first entry that the destination ever had; none where that cannot be known.
    root: Option<Checksum>,
    /// The destination holds its first entry.
    is_whole: bool,
}

impl Noted {
    /// For a destination that begins at `start`, and whose storage kept `note`.
    pub(super) fn new(start: u64, note: Option<(u64, Vec<u8>)>) -> Noted {
        let root = note.and_then(|(_, note)| LogNote::decode(&note)).map(|note| note.root);
        Noted { note: None, root: root.filter(|_| start > 0), is_whole: start == 0 }
    }

    /// The next entry, which is at `offset` of the destination, and ends at `end`.
    pub(super) fn push(&mut self, header: &Header, offset: u64, end: u64) {
        let (op, cluster, timestamp) = (header.op.get(), header.cluster.get(), header.timestamp.get());
        if self.is_whole {
            self.root.get_or_insert(header.parent);
        }
        let tip = Tip { op, checksum: header.checksum };
        let next = match self.note {
            None => LogNote {
                end,
                tip_offset: offset,
                tip,
                op_max: op,
                timestamp,
                cluster,
                root: header.parent,
                is_linear: true,
            },
            Some(before) => {
                let links = before.tip.checksum == header.parent && before.tip.op.checked_add(1) == Some(op);
                LogNote {
                    end,
                    tip_offset: offset,
                    tip,
                    op_max: before.op_max.max(op),
                    timestamp: before.timestamp.max(timestamp),
                    is_linear: before.is_linear && links && before.cluster == cluster,
                    ..before
                }
            }
        };
        self.note = Some(next);
    }

    /// The last entry.
    pub(super) fn tip(&self) -> Option<Tip> {
        self.note.map(|note| note.tip)
    }

    /// The note for a checkpoint of a destination that ends at `end`. It is empty, which is none, where no entry ends
    /// there, or where not enough is known.
    pub(super) fn encode(&self, end: u64) -> Vec<u8> {
        match (self.note, self.root) {
            (Some(note), Some(root)) if note.end == end => LogNote { root, ..note }.encode(),
            _ => Vec::new(),
        }
    }
}
