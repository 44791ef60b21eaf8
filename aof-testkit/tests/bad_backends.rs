//! The suite under test: every bad backend is caught by the case that is named for its flaw.

use aof_testkit::flawed::{BadFixture, Flaw};
use aof_testkit::{Outcome, Promise, cases, seed};

#[test]
fn each_flaw_is_caught_by_the_case_that_is_named_for_it() {
    let mut missed = Vec::new();
    for flaw in Flaw::ALL {
        let case = cases::<BadFixture>().into_iter().find(|case| case.name() == flaw.caught_by());
        let case = case.unwrap_or_else(|| panic!("{flaw:?} names a case that does not exist"));
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
fn every_case_catches_something() {
    let idle: Vec<_> = cases::<BadFixture>()
        .into_iter()
        // Those of the log are about the log; a storage that passes the others does not fail them.
        .filter(|case| case.promise() != Promise::Log)
        .filter(|case| {
            !Flaw::ALL.into_iter().any(|flaw| matches!(case.run(|| BadFixture::new(flaw), seed()), Outcome::Failed(_)))
        })
        .map(|case| case.name())
        .collect();
    assert!(idle.is_empty(), "no flaw makes these cases fail: {idle:#?}");
}
