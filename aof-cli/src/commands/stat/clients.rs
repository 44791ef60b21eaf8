//! Who sent what is in the log.

use super::tally::Count;
use std::collections::HashMap;

/// How many clients are distinguished.
pub(super) const DISTINCT_MAX: usize = 1 << 16;

/// Entries by client. Client 0 is the replica itself: pulses and upgrades.
pub(super) struct Clients {
    known: HashMap<u128, Count>,
    /// Entries of clients beyond those that are distinguished.
    pub(super) beyond: Count,
    /// The client of the entry before: entries of one often come together.
    last: Option<u128>,
    last_count: Count,
}

impl Clients {
    pub(super) fn new() -> Clients {
        Clients { known: HashMap::new(), beyond: Count::default(), last: None, last_count: Count::default() }
    }

    pub(super) fn add(&mut self, client: u128, bytes: u64) {
        if self.last != Some(client) {
            self.settle();
            self.last = Some(client);
        }
        self.last_count.add(bytes);
    }

    /// Counts what the last client has; for before anybody looks.
    pub(super) fn settle(&mut self) {
        let (Some(client), count) = (self.last, std::mem::take(&mut self.last_count)) else { return };
        let room = self.known.len() < DISTINCT_MAX;
        let known = match self.known.get_mut(&client) {
            Some(known) => known,
            None if room => self.known.entry(client).or_default(),
            None => &mut self.beyond,
        };
        known.entries += count.entries;
        known.bytes += count.bytes;
    }

    /// How many there are, client 0 left out; at least so many where some were not distinguished.
    pub(super) fn distinct(&self) -> u64 {
        self.known.keys().filter(|client| **client != 0).count() as u64
    }

    /// The clients with most entries, client 0 left out.
    pub(super) fn top(&self, limit: usize) -> Vec<(u128, Count)> {
        let mut all: Vec<_> = self.known.iter().map(|(client, count)| (*client, *count)).collect();
        all.retain(|(client, _)| *client != 0);
        all.sort_by_key(|(client, count)| (std::cmp::Reverse(count.entries), *client));
        all.truncate(limit);
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clients_are_counted_up_to_the_bound() {
        let mut clients = Clients::new();
        for client in 0..DISTINCT_MAX as u128 + 5 {
            clients.add(client, 300);
        }
        clients.add(7, 300);
        clients.add(7, 300);
        clients.settle();
        assert_eq!(clients.distinct(), DISTINCT_MAX as u64 - 1);
        assert_eq!(clients.beyond, Count { entries: 5, bytes: 1500 });
        assert_eq!(clients.top(1), [(7, Count { entries: 3, bytes: 900 })]);
    }
}
