//! The simulator, for a moment: `aof-simulate` runs it for longer.

#![allow(clippy::panic, reason = "a test that cannot continue says where it stopped")]

use aof_testkit::disk::Defect;
use aof_testkit::simulator::{Action, Broken, History, Kind, Policy, Storage, Tally, run, run_with, shrink};

#[test]
fn a_few_thousand_histories_break_no_promise_and_see_everything() {
    let mut tally = Tally::default();
    for seed in 0..3000 {
        let history = History::draw(seed);
        tally += run(&history).unwrap_or_else(|broken| panic!("{broken}\n{history}"));
    }
    let Tally { crashes, kept, cuts, cut_entries, refusals, failures, .. } = tally;
    let Tally { rotations, seams, zero_tails, pipelined, overlapping, dropped, .. } = tally;
    let Tally { groups, group_calls, followed, .. } = tally;
    let Tally { noted, crashes_under_way, prunes, prunes_in_doubt, takeovers, .. } = tally;
    // If it stopped seeing one of these, it would be testing less than it says.
    assert!(
        crashes > 3000 && cuts > 1000 && kept > 30 && cut_entries > 10 && refusals > 100 && failures > 500,
        "{tally:?}"
    );
    assert!(rotations > 500 && seams > 500 && zero_tails > 500, "{tally:?}");
    assert!(pipelined > 2000 && overlapping > 500 && dropped > 500 && crashes_under_way > 1000, "{tally:?}");
    assert!(noted > 1000 && prunes > 50 && prunes_in_doubt > 50 && takeovers > 50, "{tally:?}");
    assert!(groups > 500 && group_calls > 5000 && followed > 1000, "{tally:?}");
}

#[test]
fn a_history_is_the_same_whenever_it_is_drawn_or_run() {
    for seed in 0..200 {
        let history = History::draw(seed);
        assert_eq!(history, History::draw(seed));
        assert_eq!(run(&history).unwrap(), run(&history).unwrap());
    }
}

#[test]
fn a_history_that_does_not_fail_has_nothing_to_shrink() {
    let actions = vec![Action::Append { body: 1 }, Action::Crash { seed: 1, policy: Policy::Truncate }];
    let shrunk: Option<(History, Broken)> =
        shrink(&History { seed: 0, kind: Kind::Append, storage: Storage::default(), actions });
    assert!(shrunk.is_none());
}

/// What the check says that is there for a defect.
fn says(defect: Defect) -> &'static str {
    match defect {
        Defect::CheckpointCoversHalf => "entries are left, ",
        Defect::CheckpointIgnoresAnEarlierFailure | Defect::DroppedCheckpointIsForgotten => {
            "to a poisoned log returned Ok"
        }
        Defect::CheckpointOutlivesTheLock => " was appended: ",
        Defect::PruneForgetsTheLastWrite => "a prune left nothing of ",
        Defect::PruneCutsAnywhere => ", where no checkpoint ended",
        Defect::PruneRemovesBeforeItRecords => "reason: Durable",
        Defect::NoteAheadOfTheDisk | Defect::TruncateKeepsTheNote => "reason: Noted",
        other => panic!("no check is named for {other:?}"),
    }
}

#[test]
fn every_defect_of_a_disk_is_noticed_by_the_check_that_is_there_for_it() {
    for defect in Defect::ALL {
        let noticed = (0..3000).filter_map(|seed| run_with(&History::draw(seed), defect).err()).find(|broken| {
            // Noticed by accident, it would not be noticed by a storage that does the same with more care.
            assert!(!broken.seen.contains("a panic"), "{defect:?}: {broken}");
            broken.seen.contains(says(defect))
        });
        assert!(noticed.is_some(), "{defect:?} is not noticed by {:?}", says(defect));
    }
}
