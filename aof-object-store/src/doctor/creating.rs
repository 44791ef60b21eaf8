//! Creating, and reading what was created.

use super::finding::{Check, Finding, Found, failed};
use super::scratch::{Scratch, bytes, is_refusal};
use futures::TryStreamExt;
use futures::future::join_all;
use object_store::{Error, ObjectStore, ObjectStoreExt};

/// How many create the same object at once, and how often.
const RACERS: usize = 8;
const RACES: usize = 16;

const OBJECTS: usize = 12;

impl Scratch {
    pub(super) async fn creates_only_where_there_is_none(&self) -> Check {
        let found = async {
            let key = self.key("create", 0);
            self.create(&key, bytes(1, 100)).await?;
            match self.create(&key, bytes(2, 100)).await {
                Ok(()) => return failed("If-None-Match is ignored: an object that was there was replaced"),
                Err(error) if is_refusal(&error) => {}
                Err(error) => return Err(error),
            }
            if self.get(&key).await? != bytes(1, 100) {
                return failed("the second PUT was refused, and replaced the object all the same");
            }
            Ok(Finding::Passed)
        };
        Check::new("create", "an object is created only where there is none", found.await)
    }

    pub(super) async fn one_of_eight_creates(&self) -> Check {
        Check::new("create_race", "of eight that create an object at once, one succeeds", self.race().await)
    }

    async fn race(&self) -> Found {
        let (mut many, mut others) = (0, 0);
        for race in 0..RACES {
            let key = self.key("race", race);
            let racers = (0..RACERS).map(|racer| self.create(&key, bytes(racer, 512)));
            let ended = join_all(racers).await;
            let winners: Vec<_> = (0..RACERS).filter(|racer| ended[*racer].is_ok()).collect();
            let stored = self.get(&key).await?;
            match winners[..] {
                [winner] if stored == bytes(winner, 512) => {}
                [_] => others += 1,
                // All of them met a conflict or lost their answers: somebody's bytes are there, or the GET had failed.
                [] => {}
                _ => many += 1,
            }
        }
        match (many, others) {
            (0, 0) => Ok(Finding::Passed),
            (0, _) => failed(format!("in {others} of {RACES} races the object is not the one of the winner")),
            _ => failed(format!(
                "in {many} of {RACES} races several succeeded, so two writers would overwrite each other"
            )),
        }
    }

    pub(super) async fn reads_what_was_put(&self) -> Check {
        let found = async {
            for number in 0..OBJECTS {
                let (key, object) = (self.key("read", number), bytes(number, 1000 * number));
                if !matches!(self.get(&key).await, Err(Error::NotFound { .. })) {
                    return failed("a key that nobody put is not reported as missing");
                }
                self.create(&key, object.clone()).await?;
                // A reader has just seen it missing: a store that remembers that would end a follower.
                match self.get(&key).await {
                    Ok(found) if found == object => {}
                    Ok(_) => return failed("an object is not the bytes that were put"),
                    Err(Error::NotFound { .. }) => return failed("an object is missing after its PUT succeeded"),
                    Err(error) => return Err(error),
                }
            }
            Ok(Finding::Passed)
        };
        Check::new("read_after_write", "an object can be read as soon as its PUT has succeeded", found.await)
    }

    pub(super) async fn reads_ranges(&self) -> Check {
        let found = async {
            let (key, object) = (self.key("range", 0), bytes(7, 100_000));
            self.create(&key, object.clone()).await?;
            for range in [0..512, 511..513, 50_000..90_000, 99_999..100_000, 0..100_000] {
                let part = object.slice(range.start as usize..range.end as usize);
                if self.store().get_range(&key, range.clone()).await? != part {
                    return failed(format!("a GET of the bytes {range:?} returns other bytes"));
                }
            }
            Ok(Finding::Passed)
        };
        Check::new("range", "parts of an object can be read", found.await)
    }

    pub(super) async fn lists_what_was_put(&self) -> Check {
        Check::new("list", "a listing shows every object with its size, also after a given key", self.list().await)
    }

    async fn list(&self) -> Found {
        let prefix = self.below("list");
        for number in 0..OBJECTS {
            self.create(&self.key("list", number), bytes(number, 10 + number)).await?;
            let mut listed: Vec<_> = self.store().list(Some(&prefix)).try_collect().await?;
            listed.sort_unstable_by(|a, b| a.location.cmp(&b.location));
            let after = self.store().list_with_offset(Some(&prefix), &self.key("list", number / 2));
            let after: Vec<_> = after.try_collect().await?;
            let is_listed = |at: usize| {
                listed.get(at).is_some_and(|meta| meta.location == self.key("list", at) && meta.size == 10 + at as u64)
            };
            if listed.iter().any(|meta| meta.size >= 10 + OBJECTS as u64) {
                return failed("a listing shows a wrong size, from which a reader takes the length of a chunk");
            }
            if listed.len() != number + 1 || !(0..=number).all(is_listed) {
                // The keys are the truth: a reader looks for the key that comes next.
                return Ok(Finding::Warned("listings are late: opening a log takes more requests".to_owned()));
            }
            if after.len() != number - number / 2 {
                return failed("a listing after a given key shows other keys than those after it");
            }
        }
        Ok(Finding::Passed)
    }
}
