//! How long requests take.

use super::scratch::{Scratch, bytes};
use futures::TryStreamExt;
use object_store::{ObjectStore, ObjectStoreExt};
use std::time::Duration;
use tokio::time::Instant;

/// The times of one kind of request, one in flight.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Timing {
    /// `PUT`, `GET` or `LIST`.
    pub request: &'static str,
    /// Bytes that each put or got; of a listing, how many objects it showed.
    pub len: u64,
    /// Their times, in ascending order; never empty.
    pub times: Vec<Duration>,
}

impl Timing {
    /// The time that this share of the requests did not exceed; `share` is from 0 to 1.
    #[must_use]
    pub fn percentile(&self, share: f64) -> Duration {
        let at = (share.clamp(0.0, 1.0) * self.times.len() as f64).ceil() as usize;
        self.times.get(at.saturating_sub(1)).copied().unwrap_or_default()
    }

    /// Bytes a second, of all of them one after the other.
    #[must_use]
    pub fn bytes_per_second(&self) -> f64 {
        let total: Duration = self.times.iter().sum();
        (self.len * self.times.len() as u64) as f64 / total.as_secs_f64().max(1e-9)
    }
}

/// Lengths of objects, and how many of each: checkpoints of a few entries, and whole chunks.
const SIZES: [(usize, usize); 3] = [(4 << 10, 32), (1 << 20, 12), (8 << 20, 4)];

const LISTS: usize = 16;

impl Scratch {
    pub(super) async fn measure(&self) -> object_store::Result<Vec<Timing>> {
        let (mut puts, mut gets) = (Vec::new(), Vec::new());
        let mut number = 0;
        for (len, count) in SIZES {
            let (object, mut put, mut get) = (bytes(len, len), Vec::new(), Vec::new());
            for _ in 0..count {
                let key = self.key("measure", number);
                number += 1;
                let began = Instant::now();
                self.create(&key, object.clone()).await?;
                put.push(began.elapsed());
                let began = Instant::now();
                self.store().get_range(&key, 0..len as u64).await?;
                get.push(began.elapsed());
            }
            puts.push(timing("PUT", len as u64, put));
            gets.push(timing("GET", len as u64, get));
        }
        let prefix = self.below("measure");
        let (mut lists, mut listed) = (Vec::new(), 0);
        for _ in 0..LISTS {
            let began = Instant::now();
            let objects: Vec<_> = self.store().list(Some(&prefix)).try_collect().await?;
            lists.push(began.elapsed());
            listed = objects.len();
        }
        let list = timing("LIST", listed as u64, lists);
        Ok(puts.into_iter().chain(gets).chain([list]).collect())
    }
}

fn timing(request: &'static str, len: u64, mut times: Vec<Duration>) -> Timing {
    times.sort_unstable();
    Timing { request, len, times }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_percentile_is_one_of_the_times() {
        let timing = timing("PUT", 10, (1..=100).rev().map(Duration::from_millis).collect());
        for (share, millis) in [(0.0, 1), (0.5, 50), (0.99, 99), (1.0, 100), (7.0, 100)] {
            assert_eq!(timing.percentile(share), Duration::from_millis(millis), "{share}");
        }
        assert_eq!(timing.bytes_per_second().round(), (1000.0_f64 / 5.05).round());
    }
}
