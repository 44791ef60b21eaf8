//! What histories came to see.

/// What a history came to see.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Entries written.
    pub entries: u64,
    /// Entries written while a checkpoint was under way.
    pub pipelined: u64,
    /// Checkpoints that were under way together with an earlier one.
    pub overlapping: u64,
    /// Checkpoints that were dropped.
    pub dropped: u64,
    /// Times that the log was opened, after a crash or not.
    pub openings: u64,
    /// Of these, how often reading began where a note said.
    pub noted: u64,
    /// Times that entries were visited while the log was opened.
    pub visits: u64,
    /// Crashes.
    pub crashes: u64,
    /// Crashes with a checkpoint under way.
    pub crashes_under_way: u64,
    /// Times that a tail was kept.
    pub kept: u64,
    /// Times that a tail was cut.
    pub cuts: u64,
    /// Cuts that had whole entries in them.
    pub cut_entries: u64,
    /// Times that the log was refused, as it had to be.
    pub refusals: u64,
    /// Calls that failed, as they had to.
    pub failures: u64,
    /// Prunes that moved the start.
    pub prunes: u64,
    /// Prunes of which it was in doubt what they did.
    pub prunes_in_doubt: u64,
    /// Writers that were displaced.
    pub takeovers: u64,
    /// Rotations, whole or as far as the new name.
    pub rotations: u64,
    /// Times that a file was opened that holds nothing but the seam of a rotation.
    pub seams: u64,
    /// Tails of nothing but zeros, or torn in zeros that reach further, that were cut for just what they were.
    pub zero_tails: u64,
    /// Times that many callers shared the log.
    pub groups: u64,
    /// Calls of theirs.
    pub group_calls: u64,
    /// Entries that a follower was handed out.
    pub followed: u64,
    /// Entries that did not count and were left in the log, because what followed them did not need them.
    pub orphans: u64,
}

impl std::ops::AddAssign for Tally {
    fn add_assign(&mut self, other: Tally) {
        self.entries += other.entries;
        self.pipelined += other.pipelined;
        self.overlapping += other.overlapping;
        self.dropped += other.dropped;
        self.openings += other.openings;
        self.noted += other.noted;
        self.visits += other.visits;
        self.crashes += other.crashes;
        self.crashes_under_way += other.crashes_under_way;
        self.kept += other.kept;
        self.cuts += other.cuts;
        self.cut_entries += other.cut_entries;
        self.refusals += other.refusals;
        self.failures += other.failures;
        self.prunes += other.prunes;
        self.prunes_in_doubt += other.prunes_in_doubt;
        self.takeovers += other.takeovers;
        self.rotations += other.rotations;
        self.seams += other.seams;
        self.zero_tails += other.zero_tails;
        self.groups += other.groups;
        self.group_calls += other.group_calls;
        self.followed += other.followed;
        self.orphans += other.orphans;
    }
}
