//! What is wrong counts where it touches what was asked for, however the log is read: all of a stream is, and of a file only
//! the part around.

use crate::command_line::inspect::InspectArguments;
use crate::command_line::ranges::Inclusive;
use aof_api::format::Header;
use aof_api::read::DamagedRange;

/// The ops or the times that were asked for, and the entry before.
pub(super) struct Touching {
    range: Option<Inclusive>,
    by_time: bool,
    before: Option<u64>,
    /// Damage after the entry before: whether it touches shows at the entry after it.
    held: Vec<DamagedRange>,
}

impl Touching {
    pub(super) fn new(arguments: &InspectArguments) -> Touching {
        let by_time = arguments.op.is_none();
        let range = arguments.op.as_ref().map(|op| op.0).or(arguments.times());
        Touching { range, by_time, before: None, held: Vec::new() }
    }

    /// Damage. What is to be reported of it now.
    pub(super) fn damage(&mut self, damage: DamagedRange) -> Option<DamagedRange> {
        if self.range.is_none() {
            return Some(damage);
        }
        self.held.push(damage);
        None
    }

    /// The next entry: the damage before it that touches, and whether what is wrong between it and the ones before does.
    pub(super) fn entry(&mut self, header: &Header) -> (Vec<DamagedRange>, bool) {
        let key = if self.by_time { header.timestamp.get() } else { header.op.get() };
        let touches = self.touches(key);
        self.before = Some(key);
        (self.release(touches), touches)
    }

    /// There are no more entries.
    pub(super) fn end(&mut self) -> Vec<DamagedRange> {
        let touches = self.touches(u64::MAX);
        self.release(touches)
    }

    fn release(&mut self, touches: bool) -> Vec<DamagedRange> {
        let held = std::mem::take(&mut self.held);
        let names = |damage: &DamagedRange| {
            let op = damage.op.filter(|_| !self.by_time);
            op.zip(self.range).is_some_and(|(op, Inclusive { first, last })| first <= op && op <= last)
        };
        held.into_iter().filter(|damage| touches || names(damage)).collect()
    }

    /// Whether what is between the entry before and this one touches the range: what is missing, or else the entries.
    fn touches(&self, key: u64) -> bool {
        let Some(Inclusive { first, last }) = self.range else { return true };
        let before = self.before.unwrap_or(0);
        if self.by_time {
            return first <= key && before <= last;
        }
        if key <= before.saturating_add(1) {
            // Nothing is missing: both entries are of the range.
            return first <= before.min(key) && before.max(key) <= last;
        }
        first < key && before < last
    }
}
