//! What the whole cluster did, against which every node is checked.

use crate::kv::Put;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard};

/// One history for all nodes and all their lives.
#[derive(Clone, Default)]
pub struct History(Arc<Mutex<Facts>>);

#[derive(Default)]
pub struct Facts {
    /// The digest of the history up to each index, as the first node that applied it had it.
    applied: BTreeMap<u64, u64>,
    /// What was put at each index.
    puts: BTreeMap<u64, Put>,
    /// What clients were told is replicated, by index.
    pub acknowledged: BTreeMap<u64, Put>,
    /// What is wrong.
    pub violations: Vec<String>,
}

impl History {
    pub fn facts(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().expect("one thread")
    }

    /// A node has applied the entries up to `index`.
    pub fn applied(&self, id: u64, index: u64, digest: u64, put: Option<&Put>) {
        let mut facts = self.facts();
        if let Some(put) = put {
            facts.puts.entry(index).or_insert_with(|| put.clone());
        }
        let first = *facts.applied.entry(index).or_insert(digest);
        if first != digest {
            facts.violations.push(format!("split history: node {id} applied another entry at or before index {index}"));
        }
    }

    /// A client was told that its write is at this index.
    pub fn acknowledged(&self, index: u64, put: Put) {
        let mut facts = self.facts();
        if let Some(other) = facts.acknowledged.insert(index, put) {
            facts.violations.push(format!("index {index} was acknowledged twice; the first was {other}"));
        }
    }

    /// Fails where a write that a client was told of is not in the history.
    pub fn nothing_is_lost(&self) -> Result<(), String> {
        let facts = self.facts();
        let lost = facts.acknowledged.iter().find(|(index, put)| facts.puts.get(index) != Some(put));
        match lost {
            Some((index, put)) => Err(format!("lost: {put} was acknowledged at index {index}")),
            None => Ok(()),
        }
    }

    /// The highest index that any node has applied, and the digest there.
    pub fn newest(&self) -> Option<(u64, u64)> {
        self.facts().applied.last_key_value().map(|(index, digest)| (*index, *digest))
    }
}
