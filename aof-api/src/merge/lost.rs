//! Whether damage in an input costs the output something.

use super::index::Index;
use super::options::MergeOptions;
use super::plan::{Piece, Plan};
use crate::seen::RecordIndex;

/// The whole entries around damage, in the input in which it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Between {
    pub(super) before: Option<RecordIndex>,
    pub(super) behind: Option<RecordIndex>,
}

impl Between {
    /// Whether the output may lack what was here. `op` is that of the damaged entry, where it is known.
    ///
    /// Nothing is lost where the output goes on over the place without a gap: then all that belongs there came from
    /// elsewhere.
    pub(super) fn is_lost(self, op: Option<u64>, index: &Index, plan: &Plan, options: &MergeOptions) -> bool {
        let (Some(first), Some(last)) = (plan.pieces.first(), plan.pieces.last()) else { return true };
        let (first_op, last_op) = (index.op(first.first), index.op(last.last));
        if let Some(op) = op {
            let unwanted = (options.root.is_some() && op < first_op) || (options.tip.is_some() && op > last_op);
            return !unwanted && !holds(index, &plan.pieces, op);
        }
        if let Some(behind) = self.behind.filter(|behind| index.is_marked(*behind)) {
            // Before op 1 there is nothing; before a root that was asked for, nothing that was wanted.
            let wanted_first = index.op(behind) == 1 || (options.root.is_some() && behind == first.first);
            return !index.is_marked(index.parent(behind)) && !wanted_first;
        }
        match self.before.filter(|before| index.is_marked(*before)) {
            Some(before) if options.tip.is_some() && before == last.last => false,
            Some(before) => !index.child(before).is_some_and(|child| index.is_marked(child)),
            None => options.root.is_none() && options.tip.is_none(),
        }
    }
}

/// Whether an entry with this op is written; pieces stand in the order of ops.
fn holds(index: &Index, pieces: &[Piece], op: u64) -> bool {
    let behind = pieces.partition_point(|piece| index.op(piece.first) <= op);
    behind.checked_sub(1).is_some_and(|at| op <= index.op(pieces[at].last))
}
