//! The steps that damage the disk: bit rot, and a sync that reports success and does nothing. They end a history.

use super::checkpoints::Ended;
use super::*;

impl World {
    /// A bit flips in a durable entry. It is never passed over: the log is refused where something says that the entry was
    /// acknowledged, and else it ends before the entry.
    pub(super) async fn rot(&mut self, seed: u64) -> Seen {
        let claimed = self.claimed()?;
        self.log = None;
        self.check_ended(Ended::Dropped, claimed).await?;
        if self.model.durable == 0 || self.model.scarred || self.kind != Kind::Append {
            return Ok(());
        }
        self.faults().forget_script();
        let mut random = Random::new(seed);
        let index = random.index(self.model.durable);
        let entry = self.model.entries[index].clone();
        let place = (entry.offset + random.below(entry.len)) as usize;
        let byte = self.disk.live()[place] ^ 1 << random.below(8);
        self.disk.overwrite(place, &[byte]);
        let backend = self.disk.open().map_err(|error| format!("the disk does not open: {error:?}"))?;
        let damaged = self.disk.live();
        if let Some(offset) = self.doubtful.take() {
            self.model.extend_from(&damaged, offset);
        }
        let acknowledged = self.model.acknowledged_op(&damaged);
        let covered = backend.note().map_or(0, |(covered, _)| covered);
        let first = self.model.start > 0 && entry.offset == self.model.start;
        let lost = entry.op <= acknowledged || entry.offset < covered || first;
        // The note alone says that what is before it was whole once.
        match Aof::open(backend, self.options(Policy::Truncate).verify_all(true)).await {
            Err(Error::Corrupt { offset, reason }) => {
                self.tally.refusals += 1;
                must!(offset == entry.offset, "damage in the entry at {} is reported at {offset}", entry.offset);
                // The first bytes of a log are what it is known by. What cannot be cut is refused.
                let not_a_log = matches!(reason, CorruptReason::NotALog(_)) && entry.offset == 0;
                let uncut = self.storage.append_only && matches!(reason, CorruptReason::CannotCut(_));
                must!(lost || not_a_log || uncut, "op {} was refused: {reason}", entry.op);
                must!(self.disk.live() == damaged, "a refused opening changed the log");
                Ok(())
            }
            Err(error) => Err(format!("a flipped bit at {place} ended in {error:?}")),
            Ok((_, recovery)) => {
                must!(!lost, "op {} was acknowledged, is damaged, and the log opens", entry.op);
                let entries = recovery.entries as usize;
                must!(entries == index, "{entries} entries are left of {index} whole ones");
                Ok(())
            }
        }
    }

    /// A sync that reports success and does nothing is noticed only by an expected tip.
    pub(super) async fn lie(&mut self, seed: u64) -> Seen {
        self.faults().forget_script();
        self.wait_for_checkpoints().await?;
        // One that was dropped is driven first.
        self.checkpoint().await?;
        if self.poisoned || self.model.scarred || self.log()?.unflushed() > 0 {
            return Ok(());
        }
        // Something that a lie can lose.
        self.append(1, 300, false).await?;
        let log = self.log()?;
        log.backend().disk().faults().strike_next(Fault::CheckpointLies);
        log.checkpoint().await.map_err(|error| format!("a checkpoint that lies failed with {error:?}"))?;
        self.log = None;
        let Some(tip) = self.model.tip().cloned() else { return Ok(()) };
        self.disk.crash(seed);
        self.tally.crashes += 1;
        let found = self.disk.live();
        let there = self.model.entries.iter().any(|entry| entry.checksum == tip.checksum && entry.is_whole_in(&found));
        let backend = self.disk.open().map_err(|error| format!("the disk does not open: {error:?}"))?;
        match Aof::open(backend, self.options(Policy::Truncate).expected_tip(tip.checksum)).await {
            Ok(_) => {
                must!(there, "the tip that was acknowledged is lost, and the log opens");
                Ok(())
            }
            Err(Error::ChecksumMismatch { .. } | Error::MaybePruned { .. } | Error::Corrupt { .. }) => {
                self.tally.refusals += 1;
                must!(self.disk.live() == found, "a refused opening changed the log");
                let whole = self.model.whole_prefix(&found);
                must!(whole < self.model.entries.len(), "nothing is lost, and the log does not open");
                Ok(())
            }
            Err(error) => Err(format!("a lie ended in {error:?}")),
        }
    }
}
