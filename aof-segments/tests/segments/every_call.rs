//! A life of a log in which each system call in turn fails, once and from then on: sealing, pruning, cutting and opening.

use crate::life::{Life, Place};
use aof_file::SyncOn;
use aof_file::fault::Fault;
use aof_segments::SegmentedOptions;
use std::io::ErrorKind;

/// Which of the options has a helper thread.
const HELPER: usize = 3;

fn every_option(place: &Place) -> [SegmentedOptions; 4] {
    let caller = place.options(SyncOn::Caller);
    [
        caller.clone().file(place.file().keep_cut(false)),
        caller.clone(),
        caller.file(place.file().preallocate_bytes(20_000).write_buffer_bytes(1000)),
        place.options(SyncOn::Helper),
    ]
}

/// Lives a log with this fault, opens what is left with everything healed, and returns whether nothing had failed.
fn live_with(fault: Fault, options: usize, context: &str) -> bool {
    let place = Place::in_memory();
    place.system.inject(fault);
    let mut life = Life::default();
    let lived = life.live(&place, &every_option(&place)[options]);
    let clean = place.system.calls().iter().all(|call| !call.failed);
    assert!(!clean || lived.is_ok(), "{context}: {lived:?}");
    // A helper thread may make a segment ahead too late for that.
    assert!(!clean || options == HELPER || life.start > 0, "{context}: nothing was pruned");
    life.check(&place, context);
    clean
}

fn fail_each(options: usize, kind: ErrorKind, for_good: bool) -> u64 {
    for nth in 1.. {
        let fault = if for_good { Fault::for_good_from(nth) } else { Fault::once(nth) };
        let context = format!("options {options}, {kind:?}, call {nth}, from then on: {for_good}");
        if live_with(fault.kind(kind), options, &context) {
            return nth;
        }
    }
    unreachable!("a life makes an end of calls")
}

#[test]
fn whichever_call_fails_once_the_log_opens_with_all_that_was_acknowledged() {
    for options in 0..HELPER {
        let calls = fail_each(options, ErrorKind::Other, false);
        assert!(calls > 200, "{calls} calls: the life was cut short");
    }
}

#[test]
fn whichever_call_finds_no_room_the_log_opens_with_all_that_was_acknowledged() {
    for options in 1..HELPER {
        fail_each(options, ErrorKind::StorageFull, false);
    }
}

#[test]
fn whichever_call_fails_on_the_helper_thread_the_log_opens_with_all_that_was_acknowledged() {
    fail_each(HELPER, ErrorKind::Other, false);
}

/// As a process that is killed there: nothing it does afterwards happens.
#[test]
fn wherever_a_process_is_killed_the_log_opens_with_all_that_was_acknowledged() {
    for options in 1..HELPER {
        fail_each(options, ErrorKind::Other, true);
    }
}
