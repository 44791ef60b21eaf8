//! What a directory holds for certain, and what a crash may leave of the rest.

use aof_testkit::Random;
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsString;

/// A file, whatever its name.
pub(crate) type Inode = u64;

/// What was synced, by name and by file; and since when a file differs from that.
#[derive(Debug, Default)]
pub(crate) struct Images {
    pub(crate) names: BTreeMap<OsString, Inode>,
    pub(crate) contents: BTreeMap<Inode, Vec<u8>>,
    /// Below this, a file is what was synced: a sync need not read all of a long one.
    pub(crate) dirty_from: BTreeMap<Inode, u64>,
}

impl Images {
    pub(crate) fn changed(&mut self, inode: Inode, from: u64) {
        let dirty = self.dirty_from.entry(inode).or_insert(u64::MAX);
        *dirty = from.min(*dirty);
    }

    /// What is left when the power goes. Each name that changed since the directory was synced is the old one or the new one,
    /// by itself; a file that was renamed keeps one of its names. Each file keeps what was synced, and some sectors of the rest.
    pub(crate) fn crash(
        &self,
        live_names: &BTreeMap<OsString, Inode>,
        live: &BTreeMap<Inode, Vec<u8>>,
        seed: u64,
    ) -> BTreeMap<OsString, Vec<u8>> {
        let mut random = Random::new(seed);
        let mut kept: BTreeMap<OsString, Inode> = BTreeMap::new();
        let inodes: BTreeSet<Inode> = self.names.values().chain(live_names.values()).copied().collect();
        for inode in inodes {
            let name_in = |names: &BTreeMap<OsString, Inode>| {
                names.iter().find(|(_, of)| **of == inode).map(|(name, _)| name.clone())
            };
            let (before, now) = (name_in(&self.names), name_in(live_names));
            let name = if before == now || random.chance(0.5) { now } else { before };
            let Some(name) = name else { continue };
            // A rename that replaced another file: the newer one wins where both would have the name.
            let is_newer = live_names.get(&name) == Some(&inode);
            if is_newer || !kept.contains_key(&name) {
                kept.insert(name, inode);
            }
        }
        // A rename replaces another file in one step: its name is never without a file.
        for (name, inode) in &self.names {
            let is_kept = kept.contains_key(name) || kept.values().any(|of| of == inode);
            if live_names.contains_key(name) && !is_kept {
                kept.insert(name.clone(), *inode);
            }
        }
        let empty = Vec::new();
        let content = |inode: &Inode, random: &mut Random| {
            let durable = self.contents.get(inode).unwrap_or(&empty);
            retain(durable, live.get(inode).unwrap_or(durable), random)
        };
        kept.iter().map(|(name, inode)| (name.clone(), content(inode, &mut random))).collect()
    }
}

/// The durable bytes, and some sectors of what was written since, over them or after; the length survives by itself.
pub(crate) fn retain(durable: &[u8], live: &[u8], random: &mut Random) -> Vec<u8> {
    let share = [0.0, 0.5, 1.0][random.index(3)];
    let mut kept = durable.to_vec();
    // A cut that was not synced.
    if live.len() < kept.len() && random.chance(0.5) {
        kept.truncate(live.len());
    }
    let mut from = 0;
    while from < live.len() {
        let to = (from / 512 * 512 + 512).min(live.len());
        if kept.get(from..to) != Some(&live[from..to]) && random.chance(share) {
            kept.resize(kept.len().max(to), 0);
            kept[from..to].copy_from_slice(&live[from..to]);
        }
        from = to;
    }
    if random.chance(0.3) {
        kept.resize(kept.len().max(live.len()), 0);
    }
    kept
}

#[test]
fn a_name_that_a_rename_gave_to_another_file_is_the_old_one_or_the_new_one() {
    let names = |all: &[(&str, Inode)]| all.iter().map(|(name, inode)| (OsString::from(name), *inode)).collect();
    let contents = BTreeMap::from([(1, b"old".to_vec()), (2, b"new".to_vec())]);
    let images =
        Images { names: names(&[("start", 1), ("start.next", 2)]), contents: contents.clone(), ..Images::default() };
    let mut seen = BTreeSet::new();
    for seed in 0..100 {
        let left = images.crash(&names(&[("start", 2)]), &contents, seed);
        seen.insert(left.get(&OsString::from("start")).cloned());
    }
    assert_eq!(seen, BTreeSet::from([Some(b"old".to_vec()), Some(b"new".to_vec())]));
}
