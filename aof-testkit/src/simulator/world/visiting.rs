//! What opening the log hands to a visitor.

use super::*;

/// Whether entries are visited while the log is opened, and which were.
pub(super) struct Visits {
    /// From which op on; none to visit nothing.
    from: Option<u64>,
    seen: Vec<(u64, Checksum)>,
}

impl Visits {
    pub(super) fn is_some(&self) -> bool {
        self.from.is_some()
    }

    pub(super) async fn open(
        &mut self,
        backend: SimBackend,
        options: LogOptions,
    ) -> Result<(Aof<SimBackend>, Recovery), Error> {
        let seen = &mut self.seen;
        match self.from {
            None => Aof::open(backend, options).await,
            Some(from) => {
                let options = if from > 0 { options.visit_from(from) } else { options };
                let visit = |entry: LocatedEntry<'_>| {
                    seen.push((entry.offset, entry.checksum()));
                    Ok(())
                };
                Aof::open_with(backend, options, visit).await
            }
        }
    }
}

impl World {
    pub(super) fn draw_visits(&mut self) -> Visits {
        let from = match self.random.below(4) {
            0 => Some(0),
            1 => Some(self.model.op_max().saturating_sub(self.random.below(6))),
            _ => None,
        };
        Visits { from, seen: Vec::new() }
    }

    /// Whether every entry that counts was visited, from the first op that was wanted, in order.
    pub(super) fn check_visits(&mut self, visits: &Visits) -> Seen {
        let Some(from) = visits.from else { return Ok(()) };
        let wanted = self.model.entries.iter().filter(|entry| entry.op >= from);
        let expected: Vec<_> = wanted.map(|entry| (entry.offset, entry.checksum)).collect();
        must!(visits.seen == expected, "visited from op {from}: {:?}, expected {expected:?}", visits.seen);
        self.tally.visits += 1;
        Ok(())
    }
}
