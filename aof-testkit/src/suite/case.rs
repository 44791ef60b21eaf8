//! The cases of the suite as data, and how one is run.

use crate::suite::fixture::Fixture;
use crate::suite::polling::wait_at_most;
use crate::suite::promise::Promise;
use crate::suite::trial::Trial;
use crate::suite::verdict::{Failure, Outcome, Stop, Verdict};
use std::any::Any;
use std::fmt;
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The seed of a run that does not choose one with `AOF_TESTKIT_SEED`.
pub const SEED_DEFAULT: u64 = 0xa0f;

/// The seed of this run: `AOF_TESTKIT_SEED`, in decimal, or [`SEED_DEFAULT`].
///
/// # Panics
///
/// When the variable holds something else than a number.
#[must_use]
pub fn seed() -> u64 {
    std::env::var("AOF_TESTKIT_SEED").map_or(SEED_DEFAULT, |text| {
        text.parse().expect("AOF_TESTKIT_SEED must be a number from 0 to 18446744073709551615")
    })
}

/// One case of the suite, for a harness of your own.
///
/// ```
/// use aof_testkit::{Outcome, disk::SimFixture};
///
/// for case in aof_testkit::cases::<SimFixture>() {
///     if case.name().starts_with("b5_") {
///         assert!(matches!(case.run(SimFixture::new, 1), Outcome::Passed));
///     }
/// }
/// ```
pub struct Case<F> {
    name: &'static str,
    run: fn(&Trial<'_, F>) -> Verdict,
}

impl<F: Fixture> Case<F> {
    pub(crate) fn new(name: &'static str, run: fn(&Trial<'_, F>) -> Verdict) -> Case<F> {
        Case { name, run }
    }

    /// The name, which begins with the promise.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The promise that the case is named for.
    ///
    /// # Panics
    ///
    /// Never: the suite's own tests check every name.
    #[must_use]
    pub fn promise(&self) -> Promise {
        Promise::of(self.name).expect("the name of a case begins with a promise")
    }

    /// Runs the case on a fresh fixture. A panic of the backend is a failure like any other.
    pub fn run(&self, new: impl Fn() -> F + Sync, seed: u64) -> Outcome {
        let verdict = catch_unwind(AssertUnwindSafe(|| {
            let trial = Trial::new(&new, seed);
            wait_at_most(trial.fixture.patience());
            (self.run)(&trial)
        }));
        let seen = match verdict {
            Ok(Ok(())) => return Outcome::Passed,
            Ok(Err(Stop::Absent(reason))) => return Outcome::Skipped { reason },
            Ok(Err(Stop::Broken(seen))) => seen,
            Err(panic) => format!("a panic: {}", panic_text(panic.as_ref())),
        };
        Outcome::Failed(Failure { case: self.name, promise: self.promise(), seed, seen })
    }
}

impl<F> Clone for Case<F> {
    fn clone(&self) -> Case<F> {
        *self
    }
}

impl<F> Copy for Case<F> {}

impl<F> fmt::Debug for Case<F> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Case").field(&self.name).finish()
    }
}

/// The message of a panic, where it has one.
fn panic_text(panic: &(dyn Any + Send)) -> &str {
    panic
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| panic.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("(without a message)")
}
