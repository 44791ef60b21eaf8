//! What is reported about a fork, so that one of its branches can be chosen.

use super::Merger;
use super::index::Place;
use super::report::{Branch, Fork};
use crate::chain::seen::RecordIndex;
use crate::format::entry::decode_header;
use crate::format::layout::ENTRY_SIZE_MIN;
use crate::storage::backend::{AofRead, AofReadExt};

/// How many branches of a fork are described.
const BRANCHES_MAX: usize = 16;

impl<R: AofRead> Merger<R> {
    /// Describes the branches on `parent`.
    pub(super) async fn fork(&mut self, parent: RecordIndex) -> Fork {
        let (mut branches, mut branch_count) = (Vec::new(), 0);
        let mut child = self.index.child(parent);
        while let Some(first) = child {
            if branches.len() < BRANCHES_MAX {
                branches.push(self.branch(first).await);
            }
            branch_count += 1;
            child = self.index.sibling(first);
        }
        Fork { parent: self.index.checksum(parent), branches, branch_count }
    }

    async fn branch(&mut self, first: RecordIndex) -> Branch {
        let subtree = self.index.subtree(first);
        let place = self.index.place(first);
        let views = match (self.view(first).await, self.view(subtree.last).await) {
            (Some(first), Some(last)) => Some((first, last)),
            _ => None,
        };
        Branch {
            first: self.index.tip(first),
            last: self.index.tip(subtree.last),
            entries: subtree.entries,
            views,
            forks: subtree.forks,
            input: place.input,
            offset: place.offset,
        }
    }

    /// The view of an entry, from its header, if that can still be read.
    async fn view(&mut self, record: RecordIndex) -> Option<u32> {
        let Place { input, offset } = self.index.place(record);
        let mut bytes = [0; ENTRY_SIZE_MIN];
        self.inputs.get_mut(input)?.read_all_at(offset, &mut bytes).await.ok()?;
        Some(decode_header(&bytes).ok()?.view.get())
    }
}
