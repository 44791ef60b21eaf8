//! The two images of the disk, and what a power loss makes of them.

use super::retention::Retention;
use crate::random::Random;

/// What is in place of bytes that were given back: nothing that could be taken for an entry.
const GONE: u8 = 0xdb;

/// The bytes on the disk, and those that are shown.
#[derive(Debug)]
pub(crate) struct Images {
    /// What reads see: the page cache. Bytes that were pruned keep their place.
    pub(super) live: Vec<u8>,
    /// How long the file is shown to be: as long as `live`, or longer, by zeros that were allocated ahead of the end.
    file_len: usize,
    /// What survives a power loss.
    disk: Vec<u8>,
    /// Where the bytes begin that were written since the last sync. Before it both images agree, save after a failed
    /// checkpoint that lost some.
    dirty_from: usize,
    /// Whether a failed checkpoint left bytes that the page cache shows, counts as clean, and the disk does not have.
    stale_cache: bool,
}

impl Images {
    pub(crate) fn new(bytes: Vec<u8>) -> Images {
        let disk = bytes.clone();
        Images { dirty_from: bytes.len(), file_len: bytes.len(), live: bytes, disk, stale_cache: false }
    }

    /// The bytes that a backend opened now would be sure to keep.
    pub(super) fn durable(&self) -> &[u8] {
        &self.disk
    }

    /// How long the file is, with what was allocated ahead.
    pub(super) fn file_len(&self) -> usize {
        self.file_len
    }

    /// Shows what is really on the disk, as opening has to: syncs what can be synced, drops the page cache.
    pub(super) fn reopen(&mut self) {
        self.sync();
        self.live.clone_from(&self.disk);
        self.settle();
    }

    /// Drops what failed writes left after the end.
    pub(super) fn drop_beyond(&mut self, len: u64) {
        self.live.truncate(len as usize);
    }

    /// Damages both images.
    pub(super) fn overwrite(&mut self, offset: usize, bytes: &[u8]) {
        for image in [&mut self.live, &mut self.disk] {
            let to = (offset + bytes.len()).min(image.len());
            if offset < to {
                image[offset..to].copy_from_slice(&bytes[..to - offset]);
            }
        }
    }

    /// Gives back the bytes from `from` up to `to`, which are durable.
    pub(super) fn give_back(&mut self, from: u64, to: u64) {
        for image in [&mut self.live, &mut self.disk] {
            let to = (to as usize).min(image.len());
            image[(from as usize).min(to)..to].fill(GONE);
        }
    }

    /// Appends to the live image.
    pub(super) fn append(&mut self, bytes: &[u8]) {
        self.live.extend_from_slice(bytes);
        self.file_len = self.file_len.max(self.live.len());
    }

    /// Writes zeros ahead of the end, `len` of them, where less than half of that is left.
    pub(super) fn allocate_ahead(&mut self, len: usize) {
        let end = self.live.len();
        if self.file_len - end < len / 2 {
            self.file_len = end + len;
        }
    }

    /// Gives back what was allocated ahead; durably only with the next sync.
    pub(crate) fn trim(&mut self) {
        self.file_len = self.live.len();
    }

    /// Makes everything durable that was written, and the length.
    pub(crate) fn sync(&mut self) {
        self.sync_up_to(self.live.len(), self.file_len);
        // Once all is durable, so is a shorter length.
        if !self.stale_cache {
            self.disk.resize(self.file_len, 0);
        }
    }

    /// A sync that was begun when the log ended at `len` and the file at `file_len`: makes durable what was written below
    /// `len`. Of later bytes, nothing is certain.
    pub(super) fn sync_up_to(&mut self, len: usize, file_len: usize) {
        // What a failed sync lost counts as clean: a second one finds nothing to do, which is why it proves nothing.
        if !self.stale_cache && len >= self.dirty_from {
            self.sync_below(len);
            self.disk.resize(self.disk.len().max(file_len.min(self.file_len)), 0);
        }
    }

    /// Makes durable what was written below `len`, and the disk as long as that.
    pub(crate) fn sync_below(&mut self, len: usize) {
        // A checkpoint that outlives its writer may end after what another one has cut.
        let len = len.min(self.live.len());
        self.disk.truncate(self.dirty_from);
        self.disk.extend_from_slice(self.live.get(self.dirty_from..len).unwrap_or_default());
        self.dirty_from = self.dirty_from.max(len);
    }

    /// A sync that failed: makes some sectors durable, and takes the others for clean.
    pub(super) fn sync_in_part(&mut self, kept: Retention) {
        self.disk = self.retained(kept);
        self.dirty_from = self.live.len();
        self.stale_cache = true;
    }

    /// Cuts the live image, and the other one where that is `durable`: until a sync the disk has more than is shown, and
    /// a crash brings it back.
    pub(crate) fn truncate(&mut self, len: usize, durable: bool) {
        self.live.truncate(len);
        self.file_len = len;
        self.dirty_from = self.dirty_from.min(len);
        if durable {
            self.sync();
        }
    }

    /// Loses power.
    pub(super) fn crash(&mut self, retention: Retention) {
        self.disk = self.retained(retention);
        self.live.clone_from(&self.disk);
        self.settle();
    }

    /// Both images are the same, and clean.
    fn settle(&mut self) {
        self.file_len = self.live.len();
        self.dirty_from = self.live.len();
        self.stale_cache = false;
    }

    /// What the disk holds after a power loss.
    fn retained(&self, retention: Retention) -> Vec<u8> {
        let dirty = &self.live[self.dirty_from..];
        if self.stale_cache || dirty.is_empty() && self.file_len <= self.disk.len() {
            return self.disk.clone();
        }
        let mut disk = self.disk.clone();
        match retention.choose(dirty.len()) {
            Retention::None => {}
            Retention::All | Retention::Random(_) => {
                disk.truncate(self.dirty_from);
                disk.extend_from_slice(dirty);
                disk.resize(self.file_len, 0);
            }
            Retention::Prefix(len) => {
                let kept = &dirty[..len.min(dirty.len())];
                let end = self.dirty_from + kept.len();
                // Where space was allocated ahead, the file stays as long as it was.
                disk.resize(disk.len().max(end), 0);
                disk[self.dirty_from..end].copy_from_slice(kept);
            }
            Retention::Length => disk.resize(disk.len().max(self.file_len), 0),
            Retention::Sectors(seed) => self.retain_sectors(&mut disk, &mut Random::new(seed)),
        }
        disk
    }

    fn retain_sectors(&self, disk: &mut Vec<u8>, random: &mut Random) {
        let sector = if random.chance(0.5) { 512 } else { 4096 };
        let share = [0.1, 0.5, 0.9][random.index(3)];
        let mut from = self.dirty_from;
        while from < self.live.len() {
            // A sector that holds durable bytes too keeps those whatever happens.
            let to = (from / sector * sector + sector).min(self.live.len());
            if random.chance(share) {
                disk.resize(disk.len().max(to), 0);
                disk[from..to].copy_from_slice(&self.live[from..to]);
            }
            from = to;
        }
        if random.chance(0.5) {
            disk.resize(disk.len().max(self.file_len), 0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn half_durable() -> Images {
        let mut images = Images::new(vec![1; 1000]);
        images.append(&[2; 9000]);
        images
    }

    #[test]
    fn each_retention_keeps_the_durable_bytes_and_what_it_says_of_the_others() {
        for (retention, len, twos) in [
            (Retention::All, 10_000, 9000),
            (Retention::None, 1000, 0),
            (Retention::Prefix(77), 1077, 77),
            (Retention::Length, 10_000, 0),
        ] {
            let mut images = half_durable();
            images.crash(retention);
            assert_eq!(images.live.len(), len, "{retention:?}");
            assert_eq!(images.live[..1000], [1; 1000], "{retention:?}");
            assert_eq!(images.live.iter().filter(|byte| **byte == 2).count(), twos, "{retention:?}");
        }
    }

    #[test]
    fn sectors_are_kept_whole_or_not_at_all_and_every_shape_occurs() {
        let (mut holes, mut short) = (0, 0);
        for seed in 0..200 {
            let mut images = half_durable();
            images.crash(Retention::Sectors(seed));
            assert_eq!(images.live[..1000], [1; 1000]);
            for sector in images.live.get(1024..).unwrap_or_default().chunks(512) {
                assert!(sector.iter().all(|byte| *byte == sector[0]), "seed {seed}");
            }
            let last = images.live.iter().rposition(|byte| *byte == 2).unwrap_or(0);
            holes += usize::from(images.live[1000..last.max(1000)].contains(&0));
            short += usize::from(images.live.len() < 10_000);
        }
        assert!(holes > 50 && short > 20, "{holes} with holes, {short} short");
    }

    fn ahead_of_500(allocated: usize) -> Images {
        let mut images = Images::new(Vec::new());
        images.append(&[1; 500]);
        images.allocate_ahead(allocated);
        images.sync();
        images.append(&[2; 300]);
        images
    }

    #[test]
    fn what_was_allocated_ahead_and_synced_is_there_whatever_is_kept() {
        for (retention, twos) in [
            (Retention::All, 300),
            (Retention::None, 0),
            (Retention::Prefix(77), 77),
            (Retention::Length, 0),
            (Retention::Sectors(1), 300),
        ] {
            let mut images = ahead_of_500(1000);
            images.crash(retention);
            let written = 500 + twos;
            assert!(images.live.len() == 1500, "{retention:?}: {}", images.live.len());
            assert_eq!(images.live[..500], [1; 500], "{retention:?}");
            assert!(images.live[written..].iter().all(|byte| *byte == 0), "{retention:?}");
            let kept = images.live[500..written].iter().filter(|byte| **byte == 2).count();
            assert!(kept == twos || matches!(retention, Retention::Sectors(_)), "{retention:?}: {kept}");
        }
    }

    #[test]
    fn zeros_are_allocated_where_less_than_half_is_left_and_not_before() {
        let mut images = ahead_of_500(1000);
        images.allocate_ahead(1000);
        assert_eq!(images.file_len, 1500);
        images.append(&[2; 201]);
        images.allocate_ahead(1000);
        assert_eq!(images.file_len, 2001);
    }

    #[test]
    fn zeros_that_were_given_back_return_in_a_crash_until_the_next_sync() {
        for (synced, len) in [(false, 1500), (true, 800)] {
            let mut images = ahead_of_500(1000);
            images.trim();
            if synced {
                images.sync();
            }
            images.crash(Retention::None);
            assert_eq!(images.live.len(), len, "synced: {synced}");
        }
    }

    #[test]
    fn a_sync_that_failed_in_part_shows_its_loss_at_the_next_opening_only() {
        let mut lost = 0;
        for seed in 0..50 {
            let mut images = half_durable();
            images.sync_in_part(Retention::Random(seed));
            assert_eq!(images.live.len(), 10_000);
            // A second sync finds nothing to do, which is why it proves nothing.
            images.sync();
            images.reopen();
            assert_eq!(images.live[..1000], [1; 1000]);
            lost += usize::from(images.live.iter().filter(|byte| **byte == 2).count() < 9000);
        }
        assert!(lost > 25, "{lost}");
    }
}
