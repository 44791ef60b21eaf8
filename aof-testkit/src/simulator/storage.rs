//! What kind of disk a history is played on.

use crate::disk::{Defect, SimDisk};
use crate::random::Random;
use crate::suite::capabilities::Notes;
use crate::wrap::fault::Faults;
use std::fmt;

/// The disk of a history.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Storage {
    /// How many zeros it allocates ahead of the end, in bytes; 0 for none.
    pub zeros_ahead: usize,
    /// How many steps a sync takes at most before the one that settles it.
    pub sync_steps: usize,
    /// Whether a helper makes the syncs, beside the calls.
    pub helped: bool,
    /// Whether it can be pruned.
    pub prunes: bool,
    /// Which notes it keeps.
    pub notes: Notes,
    /// Whether another writer takes over instead of being refused.
    pub fences: bool,
    /// Whether it cannot be cut, and a crash leaves whole writes.
    pub append_only: bool,
}

impl Storage {
    pub(super) fn draw(random: &mut Random) -> Storage {
        let append_only = random.chance(0.1);
        let zeros_ahead = if !append_only && random.chance(0.25) { random.between(1, 20_000) } else { 0 };
        Storage {
            zeros_ahead,
            sync_steps: [0, 1, 4][random.index(3)],
            helped: random.chance(0.3),
            prunes: random.chance(0.5),
            notes: [Notes::None, Notes::Some, Notes::Every, Notes::Every][random.index(4)],
            fences: random.chance(0.2),
            append_only,
        }
    }

    /// An empty disk of this kind.
    pub(super) fn disk(&self, faults: &Faults, defect: Option<Defect>) -> SimDisk {
        let disk = SimDisk::new()
            .with_faults(faults.clone())
            .allocating_ahead(self.zeros_ahead)
            .syncing_in(self.sync_steps)
            .keeping_notes(self.notes);
        let disk = if self.helped { disk.helped() } else { disk };
        let disk = if self.prunes { disk.pruning() } else { disk };
        let disk = if self.fences { disk.fencing() } else { disk };
        let disk = if self.append_only { disk.append_only() } else { disk };
        defect.into_iter().fold(disk, SimDisk::with_defect)
    }
}

impl fmt::Display for Storage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Storage { zeros_ahead, sync_steps, helped, prunes, notes, fences, append_only } = *self;
        let mut parts = Vec::new();
        if zeros_ahead > 0 {
            parts.push(format!("{zeros_ahead} zeros ahead"));
        }
        if sync_steps > 0 {
            parts.push(format!("syncs in up to {sync_steps} steps"));
        }
        if notes != Notes::None {
            parts.push(format!("notes kept: {notes:?}"));
        }
        let flags = [
            (helped, "with a helper"),
            (prunes, "can be pruned"),
            (fences, "can be taken over"),
            (append_only, "cannot be cut"),
        ];
        parts.extend(flags.into_iter().filter(|(is, _)| *is).map(|(_, says)| says.to_owned()));
        match parts.is_empty() {
            true => f.write_str("a plain disk"),
            false => write!(f, "a disk: {}", parts.join(", ")),
        }
    }
}
