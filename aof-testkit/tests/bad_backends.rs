//! The suite under test: every bad backend is caught by the case that is named for its flaw.
#![allow(clippy::panic, reason = "a failing test panics")]

use aof_testkit::flawed::{BadFixture, Flaw};
use aof_testkit::{Case, Outcome, Promise, cases, seed};

/// The one flaw of a fixture, not of a storage: there is no promise to break, and the case says so aloud.
const SKIPPED: Flaw = Flaw::CrashTakesNothing;

fn case_for(flaw: Flaw) -> Case<BadFixture> {
    let case = cases::<BadFixture>().into_iter().find(|case| case.name() == flaw.caught_by());
    case.unwrap_or_else(|| panic!("{flaw:?} names a case that does not exist"))
}

fn fails(case: &Case<BadFixture>, flaw: Flaw) -> bool {
    matches!(case.run(|| BadFixture::new(flaw), seed()), Outcome::Failed(_))
}

#[test]
fn each_flaw_is_caught_by_the_case_that_is_named_for_it() {
    let mut missed = Vec::new();
    for flaw in Flaw::ALL.iter().copied().filter(|flaw| *flaw != SKIPPED) {
        let case = case_for(flaw);
        match case.run(|| BadFixture::new(flaw), seed()) {
            Outcome::Failed(failure) => {
                let text = failure.to_string();
                println!("{flaw:?}: {text}\n");
                assert!(text.contains(flaw.caught_by()) && text.contains(case.promise().text()), "{text}");
                assert!(!text.contains("a panic"), "{flaw:?} was caught by accident: {text}");
            }
            other => missed.push(format!("{flaw:?} by {}: {other:?}", flaw.caught_by())),
        }
    }
    assert!(missed.is_empty(), "not caught:\n{}", missed.join("\n"));
}

#[test]
fn a_crash_that_takes_nothing_is_said_aloud() {
    match case_for(SKIPPED).run(|| BadFixture::new(SKIPPED), seed()) {
        Outcome::Skipped { reason } => assert!(reason.starts_with("durability: not tested"), "{reason}"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_case_catches_something() {
    let idle: Vec<_> = cases::<BadFixture>()
        .into_iter()
        // Those of the log are about the log; a storage that passes the others does not fail them.
        .filter(|case| case.promise() != Promise::Log && case.name() != SKIPPED.caught_by())
        .filter(|case| {
            let (named, others): (Vec<_>, Vec<_>) = Flaw::ALL.iter().partition(|flaw| flaw.caught_by() == case.name());
            // Those that are named for it first: the others take long.
            !named.into_iter().chain(others).any(|flaw| fails(case, flaw))
        })
        .map(|case| case.name())
        .collect();
    assert!(idle.is_empty(), "no flaw makes these cases fail: {idle:#?}");
}
