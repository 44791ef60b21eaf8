//! What opening the log makes of it, with a flaw.

use super::Flaw;
use super::shared::{Shared, lock};
use crate::disk::SimDisk;

/// How a log was stopped before it is opened again.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Stopped {
    Closed,
    Crashed,
}

/// Does to a disk without a writer what opening it with this flaw does.
pub(super) fn spoil(disk: &SimDisk, flaw: Flaw, shared: &Shared, stopped: Stopped) {
    let bytes = disk.live();
    let pieces = lock(&shared.pieces).clone();
    match flaw {
        Flaw::PiecesSortAsText if pieces.len() > 1000 && bytes.len() as u64 >= pieces[1000] => {
            // "1000" sorts between "100" and "101".
            let [after_100, end_999] = [pieces[100], pieces[999]].map(|end| end as usize);
            let sorted = [&bytes[end_999..], &bytes[after_100..end_999]].concat();
            disk.overwrite(after_100, &sorted);
        }
        Flaw::LengthsHave16Bits => {
            let starts = std::iter::once(0).chain(pieces.iter().copied());
            let long = starts.zip(&pieces).find(|(start, end)| *end - start > u64::from(u16::MAX));
            if let Some((start, end)) = long {
                let kept = start + (end - start) % (1 << 16);
                disk.state().images.truncate(kept as usize, true);
            }
        }
        Flaw::PruneIsNotDurable if stopped == Stopped::Closed => disk.state().start = 0,
        Flaw::PruneIsUndoneByACrash if stopped == Stopped::Crashed => disk.state().start = 0,
        Flaw::ChecksThenWrites => {
            if let Some((at, late)) = lock(&shared.stray).take() {
                disk.overwrite(at as usize, &late);
            }
        }
        _ => {}
    }
}
