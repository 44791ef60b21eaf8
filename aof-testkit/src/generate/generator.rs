//! Makes logs.

use super::bodies::Bodies;
use super::log::Log;
use crate::random::Random;
use aof_api::Operation;
use aof_api::format::{CHECKPOINT_MARK, Checksum, Header, Prepare, Release};

/// Makes logs from a seed. The same seed and settings make the same bytes.
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    seed: u64,
    entries: usize,
    bodies: Bodies,
    cluster: u128,
    checkpoint_every: Option<u64>,
}

/// What the next prepare follows.
#[derive(Clone, Copy)]
struct Base {
    op: u64,
    checksum: Checksum,
}

impl Generator {
    /// 20 entries with [`Bodies::Mixed`] of cluster 0, as a replica records them.
    #[must_use]
    pub fn new(seed: u64) -> Generator {
        Generator { seed, entries: 20, bodies: Bodies::Mixed, cluster: 0, checkpoint_every: None }
    }

    /// How many different prepares there are.
    #[must_use]
    pub fn entries(self, entries: usize) -> Generator {
        Generator { entries, ..self }
    }

    /// How large their bodies are.
    #[must_use]
    pub fn bodies(self, bodies: Bodies) -> Generator {
        Generator { bodies, ..self }
    }

    /// The cluster.
    #[must_use]
    pub fn cluster(self, cluster: u128) -> Generator {
        Generator { cluster, ..self }
    }

    /// Entries as [`Aof::append`](aof_api::Aof::append) makes them, with a checkpoint after every so many: they carry
    /// the [`CHECKPOINT_MARK`], and `commit` is the op of the last checkpoint before them.
    #[must_use]
    pub fn checkpoint_every(self, entries: u64) -> Generator {
        Generator { checkpoint_every: Some(entries.max(1)), ..self }
    }

    /// Every entry's parent is the one before it, from the root on.
    #[must_use]
    pub fn linear(self) -> Log {
        Log::new(self.chain(&mut Random::new(self.seed)))
    }

    /// A replica that restarted, once or more: each time it records again what came since its last checkpoint.
    #[must_use]
    pub fn restarted(self) -> Log {
        let mut random = Random::new(self.seed);
        let chain = self.chain(&mut random);
        let mut prepares = Vec::new();
        let mut next = 0;
        while next < chain.len() {
            let stop = random.between(next + 1, chain.len());
            prepares.extend_from_slice(&chain[next..stop]);
            let checkpointed = stop - random.between(1, stop.min(8));
            prepares.extend_from_slice(&chain[checkpointed..stop]);
            next = stop;
        }
        Log::new(prepares)
    }

    /// One chain in `parts` files of about the same number of entries. As TigerBeetle's rotation does, every file but the
    /// first begins with the last entry of the one before.
    #[must_use]
    pub fn rotated(self, parts: usize) -> Vec<Log> {
        let chain = self.chain(&mut Random::new(self.seed));
        let len = chain.len().div_ceil(parts.max(1)).max(1);
        let file = |(part, entries): (usize, &[Prepare])| {
            let from = (part * len).saturating_sub(1);
            Log::new(chain[from..part * len + entries.len()].to_vec())
        };
        chain.chunks(len).enumerate().map(file).collect()
    }

    /// A chain with some entries left out in the middle, as after a state sync; and their ops. Needs three entries.
    #[must_use]
    pub fn gapped(self) -> (Log, std::ops::RangeInclusive<u64>) {
        let mut random = Random::new(self.seed);
        let mut chain = self.chain(&mut random);
        let first = random.between(1, chain.len() - 2);
        let last = random.between(first, chain.len() - 2);
        let missing = chain[first].op()..=chain[last].op();
        chain.drain(first..=last);
        (Log::new(chain), missing)
    }

    /// Two histories that follow one parent, the second written after the first; and that parent. Needs two entries.
    #[must_use]
    pub fn forked(self) -> (Log, Checksum) {
        let mut random = Random::new(self.seed);
        let mut chain = self.chain(&mut random);
        // After the last one there would be no fork.
        let at = random.index(chain.len() - 1);
        let base = Base { op: chain[at].op(), checksum: chain[at].checksum() };
        let branch = self.extend(&mut random, base, self.entries - at);
        chain.extend(branch);
        (Log::new(chain), base.checksum)
    }

    /// The prepares of a linear log.
    fn chain(&self, random: &mut Random) -> Vec<Prepare> {
        let root = Base { op: 0, checksum: Prepare::root(self.cluster).checksum() };
        self.extend(random, root, self.entries)
    }

    fn extend(&self, random: &mut Random, mut base: Base, entries: usize) -> Vec<Prepare> {
        let mut prepares: Vec<Prepare> = Vec::with_capacity(entries);
        for _ in 0..entries {
            // Something real for a deceptive body to contain: the entry before.
            let before = prepares.last().map_or(&[][..], Prepare::as_entry_bytes);
            let body = self.bodies.draw(random, before);
            let prepare = self.prepare(random, base, &body);
            base = Base { op: prepare.op(), checksum: prepare.checksum() };
            prepares.push(prepare);
        }
        prepares
    }

    /// A prepare that breaks no rule of the format.
    fn prepare(&self, random: &mut Random, base: Base, body: &[u8]) -> Prepare {
        // A pulse now and then, which has no client; and some that the digest counts, and some that it does not.
        let operations = [128, 129, 130, 138, 140, 146, 147, 200, 255, 4];
        let operation = Operation(operations[random.index(operations.len())]);
        let mut header = Header::new(operation);
        let op = base.op + 1;
        header.cluster = self.cluster.into();
        header.view = (op as u32 / 100).into();
        header.release = Release::new(0, 17, 0).0.into();
        header.parent = base.checksum;
        header.op = op.into();
        header.commit = base.op.into();
        header.timestamp = (1_700_000_000_000_000_000 + op * 1000 + random.below(1000)).into();
        if let Some(every) = self.checkpoint_every {
            header.checkpoint_id = CHECKPOINT_MARK.into();
            header.commit = (base.op / every * every).into();
        }
        if !operation.is_clientless() {
            header.client = (1 + u128::from(random.next_u64())).into();
            header.request = (1 + random.below(1 << 20) as u32).into();
        }
        Prepare::seal(header, body).expect("no distribution draws a body above the limit")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn a_seed_makes_the_same_log_again_and_no_header_breaks_a_rule() {
        for bodies in [Bodies::Fixed(10), Bodies::Uniform { low: 1, high: 9 }, Bodies::Mixed, Bodies::Deceptive] {
            let generator = Generator::new(5).entries(50).bodies(bodies);
            let log = generator.linear();
            assert_eq!(log.bytes(), generator.linear().bytes());
            for (index, prepare) in log.prepares().iter().enumerate() {
                assert_eq!(prepare.op(), index as u64 + 1);
                assert_eq!(prepare.header().lints().count(), 0, "{:?}", prepare.header().lints().collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_restarted_log_holds_every_prepare_repeats_some_and_leaves_no_parent_out() {
        for seed in 0..200 {
            let log = Generator::new(seed).entries(30).bodies(Bodies::Fixed(0)).restarted();
            let mut seen = BTreeSet::from([Prepare::root(0).checksum().to_u128()]);
            for prepare in log.prepares() {
                assert!(seen.contains(&prepare.header().parent.to_u128()), "seed {seed}: op {}", prepare.op());
                seen.insert(prepare.checksum().to_u128());
            }
            assert_eq!(seen.len(), 31, "seed {seed}");
            assert_eq!(log.prepares().last().unwrap().op(), 30, "seed {seed}");
            assert!(log.prepares().len() > 30, "seed {seed}");
        }
    }

    #[test]
    fn a_rotated_log_is_one_chain_with_seams() {
        let files = Generator::new(1).entries(20).rotated(3);
        assert_eq!(files.len(), 3);
        for pair in files.windows(2) {
            assert_eq!(pair[0].prepares().last(), pair[1].prepares().first());
        }
        assert_eq!(files.iter().map(|file| file.prepares().len()).sum::<usize>(), 22);
    }

    #[test]
    fn a_gapped_log_lacks_just_the_ops_it_names() {
        for seed in 0..100 {
            let (log, missing) = Generator::new(seed).entries(10).gapped();
            let ops: Vec<_> = log.prepares().iter().map(Prepare::op).collect();
            assert_eq!(ops, (1..=10).filter(|op| !missing.contains(op)).collect::<Vec<_>>());
        }
    }

    #[test]
    fn a_forked_log_has_two_children_of_the_parent_it_names() {
        for seed in 0..100 {
            let (log, parent) = Generator::new(seed).entries(10).forked();
            let children: BTreeSet<_> = log
                .prepares()
                .iter()
                .filter(|prepare| prepare.header().parent == parent)
                .map(|prepare| prepare.checksum().to_u128())
                .collect();
            assert_eq!(children.len(), 2, "seed {seed}");
        }
    }
}
