//! What goes wrong on the wire.

use aof_testkit::Random;
use object_store::path::Path;
use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// What happens to a PUT.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Strike {
    /// It never arrives.
    Fails,
    /// It is carried out, and the client hears nothing.
    AnswerLost,
    /// Nothing is done, and the client library says that the object exists.
    Conflict,
    /// It is carried out, and the client library says that the object exists.
    LostThenExists,
}

/// Troubles, drawn at random or told one by one.
#[derive(Debug)]
pub(crate) struct Troubles {
    state: Mutex<State>,
    puts: AtomicUsize,
    gets: AtomicUsize,
    lists: AtomicUsize,
}

#[derive(Debug)]
struct State {
    random: Random,
    /// The chance of each trouble, from 0 to 1.
    chance: f64,
    /// How long a request takes at most.
    delay: Duration,
    /// How many of the newest objects a listing misses.
    missed_by_lists: usize,
    /// For the next PUTs of keys that contain the text.
    told: VecDeque<(&'static str, Strike)>,
    failing_gets: usize,
}

impl Troubles {
    /// None, but each request is pending once.
    pub(crate) fn none() -> Troubles {
        Troubles {
            state: Mutex::new(State {
                random: Random::new(0),
                chance: 0.0,
                delay: Duration::ZERO,
                missed_by_lists: 0,
                told: VecDeque::new(),
                failing_gets: 0,
            }),
            puts: AtomicUsize::new(0),
            gets: AtomicUsize::new(0),
            lists: AtomicUsize::new(0),
        }
    }

    /// Many, of every kind.
    pub(crate) fn many(seed: u64) -> Troubles {
        let troubles = Troubles::none();
        {
            let mut state = troubles.lock();
            state.random = Random::new(seed);
            state.chance = 0.08;
            state.delay = Duration::from_millis(2);
            state.missed_by_lists = 3;
        }
        troubles
    }

    /// Each request takes so long.
    #[allow(dead_code, reason = "not every test that has this module uses it")]
    pub(crate) fn slow(delay: Duration) -> Troubles {
        let troubles = Troubles::none();
        troubles.lock().delay = delay;
        troubles
    }

    /// Lets the next PUT of a key that contains `part` have this trouble.
    pub(crate) fn strike_next(&self, part: &'static str, strike: Strike) {
        self.lock().told.push_back((part, strike));
    }

    /// Lets the next GET fail.
    #[allow(dead_code, reason = "not every test that has this module uses it")]
    pub(crate) fn fail_next_get(&self) {
        self.lock().failing_gets += 1;
    }

    /// From now on listings miss so many of the newest objects.
    #[allow(dead_code, reason = "not every test that has this module uses it")]
    pub(crate) fn lists_miss(&self, newest: usize) {
        self.lock().missed_by_lists = newest;
    }

    /// How many PUTs, GETs and LISTs were made since the last call.
    #[allow(dead_code, reason = "not every test that has this module uses it")]
    pub(crate) fn take_counts(&self) -> (usize, usize, usize) {
        let take = |count: &AtomicUsize| count.swap(0, Ordering::SeqCst);
        (take(&self.puts), take(&self.gets), take(&self.lists))
    }

    pub(super) fn count_put(&self, _key: &Path) {
        self.puts.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn count_get(&self) {
        self.gets.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) fn count_list(&self) {
        self.lists.fetch_add(1, Ordering::SeqCst);
    }

    pub(super) async fn wait(&self) {
        let delay = {
            let mut state = self.lock();
            match state.chance > 0.0 {
                // Most are quick, so that the suite is not long.
                true if state.random.chance(0.75) => Duration::ZERO,
                true => state.delay.mul_f64(state.random.index(100) as f64 / 100.0),
                false => state.delay,
            }
        };
        match delay.is_zero() {
            true => tokio::task::yield_now().await,
            false => tokio::time::sleep(delay).await,
        }
    }

    pub(super) fn strike_put(&self, key: &Path) -> Option<Strike> {
        let mut state = self.lock();
        if let Some((part, strike)) = state.told.front().copied()
            && key.as_ref().contains(part)
        {
            state.told.pop_front();
            return Some(strike);
        }
        let chance = state.chance;
        let all = [Strike::Fails, Strike::AnswerLost, Strike::Conflict, Strike::LostThenExists];
        all.into_iter().find(|_| state.random.chance(chance))
    }

    pub(super) fn strike_get(&self) -> bool {
        let mut state = self.lock();
        if state.failing_gets > 0 {
            state.failing_gets -= 1;
            return true;
        }
        let chance = state.chance;
        state.random.chance(chance)
    }

    pub(super) fn strike_list(&self) -> bool {
        let mut state = self.lock();
        let chance = state.chance;
        state.random.chance(chance)
    }

    pub(super) fn missed_by_lists(&self) -> usize {
        self.lock().missed_by_lists
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
