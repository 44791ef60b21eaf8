//! Why the bytes of a log are not accepted.

use crate::format::damage::Damage;

/// What is wrong with the bytes of a log, and, where opening it was refused, why.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CorruptReason {
    /// A reader met damage; the bytes after it may be whole (resync).
    #[error("{0}")]
    Damaged(Damage),
    /// The file does not begin like a log, so nothing of it was touched.
    #[error("{0}: this is not a log, and nothing in it was changed")]
    NotALog(Damage),
    /// A later entry says that the damaged op had been checkpointed: acknowledged data is lost.
    #[error(
        "{damage}: op {op} was acknowledged (a later entry records a checkpoint of op {acknowledged}) and is lost here; restore it from another copy of the log"
    )]
    Acknowledged {
        /// What is wrong with the bytes.
        damage: Damage,
        /// The first op that is lost.
        op: u64,
        /// The highest op that is known to have been checkpointed.
        acknowledged: u64,
    },
    /// The caller said that these bytes were durable.
    #[error(
        "{damage}: the first {durable_len} bytes were durable, and this is one of them; restore the log from another copy"
    )]
    Durable {
        /// What is wrong with the bytes.
        damage: Damage,
        /// What the caller gave as durable, in bytes.
        durable_len: u64,
    },
    /// Valid entries follow the damage, and the log does not record what was acknowledged.
    #[error(
        "{damage}; valid entries follow the damage, the first at offset {next}, and the log does not record what was acknowledged: pass `durable_len`, open it with `Tail::Keep` if torn entries were kept, or restore another copy"
    )]
    EntriesBehind {
        /// What is wrong with the bytes.
        damage: Damage,
        /// The offset of the first valid entry after the damage.
        next: u64,
    },
    /// The storage cannot cut, so the damaged tail cannot be removed.
    #[error("{0}: the storage cannot cut this tail; copy the whole entries before it to another storage")]
    CannotCut(Damage),
    /// The log was pruned, and no whole entry is left, or the first one is damaged: pruning never leaves a log so.
    #[error("{0}: the log was pruned and its first entry is lost here; restore it from another copy")]
    PrunedHeadLost(Damage),
    /// The storage recorded with a checkpoint that these bytes were durable.
    #[error(
        "{damage}: the storage recorded that the first {covered} bytes were durable, and this is one of them; restore the log from another copy"
    )]
    Noted {
        /// What is wrong with the bytes.
        damage: Damage,
        /// What the note of the storage covers, in bytes.
        covered: u64,
    },
    /// The caller asked for a log without a damaged tail, or with a torn one at most.
    #[error(
        "{damage}: the tail policy does not allow to cut this ({} before it, {} after it)",
        whole_entries(*.entries), whole_entries(*.entries_after)
    )]
    TailRefused {
        /// What is wrong with the bytes.
        damage: Damage,
        /// Whole entries before the damage, which a cut keeps.
        entries: u64,
        /// Whole entries after the damage, which a cut takes.
        entries_after: u64,
    },
    /// Under [`Tail::Keep`](crate::Tail::Keep), whatever is written after the torn tail makes some entry in it whole:
    /// somebody has made bodies for that. Open it with a policy that cuts.
    #[error("{0}: this tail was made so that nothing can be written after it; open the log with a policy that cuts it")]
    TailForged(Damage),
}

fn whole_entries(count: u64) -> String {
    format!("{count} whole {}", if count == 1 { "entry" } else { "entries" })
}

impl CorruptReason {
    /// What is wrong with the bytes.
    #[must_use]
    pub fn damage(&self) -> Damage {
        match *self {
            CorruptReason::Damaged(damage)
            | CorruptReason::NotALog(damage)
            | CorruptReason::TailForged(damage)
            | CorruptReason::CannotCut(damage)
            | CorruptReason::PrunedHeadLost(damage) => damage,
            CorruptReason::TailRefused { damage, .. }
            | CorruptReason::Acknowledged { damage, .. }
            | CorruptReason::Durable { damage, .. }
            | CorruptReason::Noted { damage, .. }
            | CorruptReason::EntriesBehind { damage, .. } => damage,
        }
    }
}
