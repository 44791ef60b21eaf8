//! Which entries are written, in which order.

use super::index::Index;
use super::options::Options;
use super::refusal::Unmergeable;
use super::report::{Gap, Stretch};
use crate::chain::seen::RecordIndex;
use crate::format::checksum::Checksum;

/// Entries that follow one another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    pub(super) first: RecordIndex,
    pub(super) last: RecordIndex,
    pub(super) entries: u64,
}

/// What is written.
#[derive(Debug, Default)]
pub(super) struct Plan {
    pub(super) pieces: Vec<Piece>,
    pub(super) gaps: Vec<Gap>,
    /// What is not written because it does not connect, in the order of ops.
    pub(super) stretches: Vec<Stretch>,
    pub(super) in_order: bool,
}

/// Why nothing is.
#[derive(Debug)]
pub(super) enum Refusal {
    /// Several entries follow this one.
    Fork(RecordIndex),
    Other(Box<Unmergeable>),
}

impl From<Unmergeable> for Refusal {
    fn from(reason: Unmergeable) -> Refusal {
        Refusal::Other(Box::new(reason))
    }
}

/// Decides, and marks what is written. `first` is the first entry of the first input.
pub(super) fn plan(index: &mut Index, first: RecordIndex, options: &Options) -> Result<Plan, Refusal> {
    let ring = |record| Unmergeable::Ring(index.checksum(record));
    let root = match options.root {
        Some(root) => {
            let stood_on = index.get(root).filter(|record| index.child(*record).is_some());
            stood_on.ok_or(Unmergeable::RootUnknown(root))?
        }
        None => index.origin(first).ok_or_else(|| ring(first))?,
    };
    let origin = index.origin(root).ok_or_else(|| ring(root))?;
    let (root, origin, tip) = match options.tip {
        None => (root, origin, None),
        Some(tip) => {
            let (root, tip) = choose_tip(index, root, tip, options)?;
            (root, index.origin(root).unwrap_or(root), Some(tip))
        }
    };
    let main = piece(index, root, tip)?;
    let mut stretches = if main.entries == index.entries() { Vec::new() } else { unconnected(index, origin) };
    let mut plan = Plan::default();
    if options.keep_gaps {
        stretches.push((stretch(index, root, main, 0), root));
        stretches.sort_by_key(|(stretch, _)| stretch.first.op);
        let (first_op, last_op) = (index.op(main.first), index.op(main.last));
        for (stretch, below) in stretches {
            let before = options.root.is_none() && stretch.last.op < first_op;
            let after = options.tip.is_none() && stretch.first.op > last_op;
            let in_the_way = options.root.is_none() && options.tip.is_none();
            if below == root {
                plan.take(index, stretch, main)?;
            } else if before || after || in_the_way {
                let piece = piece(index, below, None)?;
                plan.take(index, stretch, piece)?;
            } else {
                plan.stretches.push(stretch);
            }
        }
    } else {
        let before = index.tip(main.last);
        plan.pieces.push(main);
        plan.stretches = stretches.into_iter().map(|(stretch, _)| stretch).collect();
        let after = plan.stretches.iter().find(|stretch| stretch.first.op > before.op);
        if let (Some(after), None) = (after, tip) {
            plan.gaps.push(Gap { before, parent: after.parent, after: after.first });
        }
    }
    plan.mark(index);
    Ok(plan)
}

impl Plan {
    /// Writes `stretch` after what there is.
    fn take(&mut self, index: &Index, stretch: Stretch, piece: Piece) -> Result<(), Refusal> {
        if let Some(last) = self.pieces.last() {
            let before = index.tip(last.last);
            if stretch.first.op <= before.op {
                let other = self::stretch(index, index.parent(last.first), *last, 0);
                return Err(Unmergeable::Overlap(other, stretch).into());
            }
            self.gaps.push(Gap { before, parent: stretch.parent, after: stretch.first });
        }
        self.pieces.push(piece);
        Ok(())
    }

    /// Takes the marks back, because the plan is no longer one.
    pub(super) fn unmark(&self, index: &mut Index) {
        for piece in &self.pieces {
            let mut at = Some(piece.first);
            while let Some(record) = at {
                index.mark(record, false);
                at = piece.next(index, record);
            }
        }
    }

    fn mark(&mut self, index: &mut Index) {
        self.in_order = true;
        let mut last = None;
        for piece in &self.pieces {
            let mut at = Some(piece.first);
            while let Some(record) = at {
                index.mark(record, true);
                let place = index.place(record);
                let place = Some((place.input, place.offset));
                self.in_order &= last < place;
                last = place;
                at = piece.next(index, record);
            }
        }
    }
}

impl Piece {
    /// The entry after `record`, which is one of these.
    pub(super) fn next(&self, index: &Index, record: RecordIndex) -> Option<RecordIndex> {
        if record == self.last { None } else { index.child(record) }
    }
}

/// Makes the walk from the root lead to the tip. Returns where it begins, and the tip.
fn choose_tip(
    index: &mut Index,
    root: RecordIndex,
    checksum: Checksum,
    options: &Options,
) -> Result<(RecordIndex, RecordIndex), Refusal> {
    let tip = index.get(checksum).filter(|record| index.is_entry(*record));
    let tip = tip.ok_or(Unmergeable::TipUnknown(checksum))?;
    index.origin(tip).ok_or(Unmergeable::Ring(checksum))?;
    let mut at = tip;
    loop {
        let parent = index.parent(at);
        index.choose(parent, at);
        if parent == root || (!index.is_entry(parent) && options.keep_gaps && options.root.is_none()) {
            return Ok((parent, tip));
        }
        if !index.is_entry(parent) {
            let (root, parent) = (index.checksum(root), index.checksum(parent));
            return Err(Unmergeable::TipUnconnected { tip: checksum, root, op: index.op(at), parent }.into());
        }
        at = parent;
    }
}

/// The entries from `root` to `tip`; without one, to where nothing follows, unless it forks on the way.
fn piece(index: &Index, root: RecordIndex, tip: Option<RecordIndex>) -> Result<Piece, Refusal> {
    let (mut at, mut first, mut entries) = (root, root, 0);
    while Some(at) != tip
        && let Some(child) = index.child(at)
    {
        if tip.is_none() && index.sibling(child).is_some() {
            return Err(Refusal::Fork(at));
        }
        first = if entries == 0 { child } else { first };
        (at, entries) = (child, entries + 1);
    }
    Ok(Piece { first, last: at, entries })
}

/// Everything that does not hang on `origin`, in the order of ops, with what it hangs on.
fn unconnected(index: &Index, origin: RecordIndex) -> Vec<(Stretch, RecordIndex)> {
    let others = index.origins().filter(|other| *other != origin);
    let mut stretches: Vec<_> = others.filter_map(|other| Some((longest(index, other)?, other))).collect();
    stretches.sort_by_key(|(stretch, _)| stretch.first.op);
    stretches
}

/// The longest branch on `origin`.
fn longest(index: &Index, origin: RecordIndex) -> Option<Stretch> {
    let (mut found, mut forks, mut child) = (None::<Piece>, 0, index.child(origin));
    let several = child.is_some_and(|child| index.sibling(child).is_some());
    while let Some(first) = child {
        let subtree = index.subtree(first);
        forks += subtree.forks;
        if found.is_none_or(|found| found.entries < subtree.entries) {
            found = Some(Piece { first, last: subtree.last, entries: subtree.entries });
        }
        child = index.sibling(first);
    }
    Some(stretch(index, origin, found?, forks + u64::from(several)))
}

fn stretch(index: &Index, origin: RecordIndex, piece: Piece, forks: u64) -> Stretch {
    let Piece { first, last, entries } = piece;
    Stretch { parent: index.checksum(origin), first: index.tip(first), last: index.tip(last), entries, forks }
}
