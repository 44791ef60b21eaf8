//! Whether damage in an input costs the output something.

use super::index::Index;
use super::options::Options;
use super::plan::{Piece, Plan};
use crate::chain::seen::RecordIndex;
use crate::read::until::Until;

/// The whole entries around damage, in the input in which it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Between {
    pub(super) before: Option<RecordIndex>,
    pub(super) after: Option<RecordIndex>,
    /// The entry right before the damage is past what is wanted.
    pub(super) past: bool,
}

/// Which of the entries that belong where the damage is are in any input.
#[derive(Clone, Copy, Debug)]
pub(super) struct Supply {
    between: Between,
    /// From this op on, the entries up to the one after the damage are there.
    from: Option<u64>,
    /// Up to this op, the entries on the one before the damage are there.
    until: Option<u64>,
    /// Nothing is missing between the two, or before the one after where there is none before.
    complete: bool,
}

/// How many entries all looks at the damage of so many inputs may walk over together. A walk goes from one side of damage
/// to the other, so that those of an input come to its entries, and once more to those of an input that goes further back;
/// more was forged. What is not looked for counts as lost.
pub(super) fn steps_max(inputs: usize, index: &Index) -> u64 {
    index.entries().saturating_mul(2).saturating_mul(inputs as u64 + 1)
}

impl Between {
    /// Looks for what belongs between. Damages between the same two entries share the result: asking for it
    /// walks over all that are there, for as long as there are `steps`.
    pub(super) fn supply(self, index: &Index, steps: &mut u64) -> Supply {
        let Between { before, after, .. } = self;
        let mut supply = Supply { between: self, from: None, until: None, complete: false };
        if let Some(before) = before {
            // With an entry after the damage, what follows the one before is looked for from there. Only where the
            // ops go back, after an entry that a crash tore, the next one must be found from here.
            let most = if after.is_some() { 1 } else { *steps };
            let (until, walked) = index.reach(before, most);
            *steps -= walked.min(*steps);
            supply.until = until.filter(|op| *op > index.op(before));
            supply.complete = after.is_none() && supply.until.is_some();
        }
        let Some(mut at) = after else { return supply };
        let op_before = before.map(|before| index.op(before));
        loop {
            let (op, parent) = (index.op(at), index.parent(at));
            // Before op 1 there is nothing.
            supply.complete |= op == 1 || Some(parent) == before;
            // Ops that do not fall were forged.
            if supply.complete && before.is_some() || !index.is_entry(parent) || index.op(parent) >= op {
                return supply;
            }
            let Some(left) = steps.checked_sub(1) else { return supply };
            *steps = left;
            supply.from = Some(index.op(parent));
            // What was recorded again may go back past the entry before the damage, or begin in mid-chain: that the
            // entry right before is there must do.
            supply.complete |= op_before.is_none_or(|before| index.op(parent) <= before);
            if supply.complete && before.is_some() {
                return supply;
            }
            at = parent;
        }
    }
}

impl Supply {
    /// Whether this is the result for damage between these entries.
    pub(super) fn is_for(&self, between: Between) -> bool {
        self.between == between
    }

    /// Whether what was here is in no input, as far as is known. `op` is that of the damaged entry, where it is known.
    ///
    /// Nothing is lost where the output continues over the place without a gap, or the entries of all inputs do: then all
    /// that belongs there came from elsewhere.
    pub(super) fn is_lost(&self, op: Option<u64>, index: &Index, plan: &Plan, options: &Options) -> bool {
        let (Some(first), Some(last)) = (plan.pieces.first(), plan.pieces.last()) else { return true };
        let (first_op, last_op) = (index.op(first.first), index.op(last.last));
        let Between { before, after, past } = self.between;
        if past && after.is_none() {
            return false;
        }
        if let (Some(op), Some(Until::Op(until))) = (op, options.until)
            && op > until
        {
            return false;
        }
        if let Some(op) = op {
            let unwanted = (options.root.is_some() && op < first_op) || (options.tip.is_some() && op > last_op);
            return !unwanted && !holds(index, &plan.pieces, op) && !self.has(op, index);
        }
        if let Some(after) = after.filter(|after| index.is_marked(*after)) {
            // Before a root that was asked for, nothing was wanted.
            let wanted_first = options.root.is_some() && after == first.first;
            return !self.complete && !wanted_first;
        }
        // After the last op that is wanted, nothing is.
        if let (Some(before), None, Some(Until::Op(until))) = (before, after, options.until)
            && index.op(before) >= until
        {
            return false;
        }
        match before.filter(|before| index.is_marked(*before)) {
            Some(before) if options.tip.is_some() && before == last.last => false,
            None if options.root.is_some() || options.tip.is_some() => false,
            _ => !self.complete,
        }
    }

    fn has(&self, op: u64, index: &Index) -> bool {
        let Between { before, after, .. } = self.between;
        let from_after = after.is_some_and(|after| op < index.op(after)) && self.from.is_some_and(|from| from <= op);
        let from_before =
            before.is_some_and(|before| index.op(before) < op) && self.until.is_some_and(|until| op <= until);
        from_after || from_before
    }
}

/// Whether an entry with this op is written; pieces are in the order of ops.
fn holds(index: &Index, pieces: &[Piece], op: u64) -> bool {
    let after = pieces.partition_point(|piece| index.op(piece.first) <= op);
    after.checked_sub(1).is_some_and(|at| op <= index.op(pieces[at].last))
}
