//! The whole suite in one call, and what came of it.

use crate::suite::case::{Case, seed};
use crate::suite::conformance::cases;
use crate::suite::fixture::Fixture;
use crate::suite::promise::Promise;
use crate::suite::scale::Scale;
use crate::suite::verdict::{Failure, Outcome};
use std::fmt;
use std::io::Write;
use std::time::{Duration, Instant};

/// Runs every case, the failing ones too, with the seed of [`seed`], and returns what came of each.
///
/// For harnesses that want neither the macro nor the cases as data. Print the report, or call
/// [`assert_passed`](Report::assert_passed).
///
/// ```
/// use aof_testkit::{run_all, disk::SimFixture};
///
/// let report = run_all(SimFixture::new);
/// report.assert_passed();
/// println!("{report}");
/// ```
pub fn run_all<F: Fixture>(new: impl Fn() -> F + Sync) -> Report {
    let seed = seed();
    let results = cases::<F>().into_iter().map(|case| timed(&case, &new, seed)).collect();
    Report { results, scale: new().scale() }
}

fn timed<F: Fixture>(case: &Case<F>, new: &(impl Fn() -> F + Sync), seed: u64) -> CaseResult {
    let start = Instant::now();
    let outcome = case.run(new, seed);
    CaseResult { case: case.name(), promise: case.promise(), outcome, elapsed: start.elapsed() }
}

/// What came of every case.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Report {
    /// One for each case, in the order of the promises.
    pub results: Vec<CaseResult>,
    /// How large the large cases were.
    pub scale: Scale,
}

/// The outcome of one case.
#[derive(Clone, Debug)]
pub struct CaseResult {
    /// The name of the case.
    pub case: &'static str,
    /// The promise that it is named for.
    pub promise: Promise,
    /// What it came to.
    pub outcome: Outcome,
    /// How long it took.
    pub elapsed: Duration,
}

impl Report {
    /// How many cases passed.
    #[must_use]
    pub fn passed(&self) -> usize {
        self.results.iter().filter(|result| matches!(result.outcome, Outcome::Passed)).count()
    }

    /// How many cases were skipped.
    #[must_use]
    pub fn skipped(&self) -> usize {
        self.results.iter().filter(|result| matches!(result.outcome, Outcome::Skipped { .. })).count()
    }

    /// The broken promises.
    pub fn failures(&self) -> impl Iterator<Item = &Failure> {
        self.results.iter().filter_map(|result| match &result.outcome {
            Outcome::Failed(failure) => Some(failure),
            _ => None,
        })
    }

    /// Does nothing if no case failed.
    ///
    /// # Panics
    ///
    /// If one did, with the whole report.
    pub fn assert_passed(&self) {
        assert!(self.failures().next().is_none(), "{self}");
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for CaseResult { case, outcome, elapsed, .. } in &self.results {
            let elapsed_ms = elapsed.as_secs_f64() * 1e3;
            match outcome {
                Outcome::Passed => writeln!(f, "{case} ... passed in {elapsed_ms:.1} ms")?,
                Outcome::Skipped { reason } => writeln!(f, "{case} ... skipped: {reason}")?,
                Outcome::Failed(_) => writeln!(f, "{case} ... FAILED in {elapsed_ms:.1} ms")?,
            }
        }
        for failure in self.failures() {
            writeln!(f, "\n{failure}")?;
        }
        let standard = Scale::default();
        write!(f, "\nlarge cases: {}", self.scale)?;
        if self.scale != standard {
            write!(f, "; the default is {standard}")?;
        }
        write!(
            f,
            "\n{} cases: {} passed, {} failed, {} skipped",
            self.results.len(),
            self.passed(),
            self.failures().count(),
            self.skipped()
        )
    }
}

/// Runs the case of this name, as the tests of [`conformance!`](crate::conformance) do.
///
/// A skipped case says so on stderr, past the test harness that hides what passing tests print: it must not look like a
/// passed one.
///
/// # Panics
///
/// When the promise is broken, or there is no such case.
pub fn check<F: Fixture>(name: &str, new: impl Fn() -> F + Sync) {
    let case = cases::<F>().into_iter().find(|case| case.name() == name);
    #[allow(clippy::panic, reason = "a failing test panics")]
    match case.map(|case| case.run(new, seed())) {
        Some(Outcome::Passed) => {}
        Some(Outcome::Skipped { reason }) => {
            // The test harness names its threads after the tests, module and all.
            let thread = std::thread::current();
            let test = thread.name().filter(|test| test.ends_with(name)).unwrap_or(name);
            // Not eprintln, which the harness captures. Where stderr is closed, the line is lost.
            let _ = writeln!(std::io::stderr(), "skipped: {test}: {reason}");
        }
        Some(Outcome::Failed(failure)) => panic!("{failure}"),
        None => panic!("there is no case {name}"),
    }
}
