//! Foreign code panics: everybody who waits hears it, nobody hangs, nobody else panics, and the log is gone.

use crate::gate::{Gated, Handle, Place, gated, log_behind, shut};
use crate::polling::{OPERATION, begin, poll_once};
use aof_api::{Error, GroupCommit, LogOptions, Result};
use aof_memory::MemoryBackend;
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::join_all;
use std::panic::panic_any;
use std::sync::Arc;
use std::task::{Context, Poll, Wake};
use std::time::{Duration, Instant};

/// Whether it says that foreign code panicked.
fn is_panic(error: &Error) -> bool {
    match error {
        Error::Poisoned { cause } | Error::Undecided { cause, .. } => is_panic(cause),
        Error::Panicked { .. } => true,
        _ => false,
    }
}

#[track_caller]
fn assert_panicked<T>(answer: Result<T>) {
    assert!(matches!(&answer, Err(error) if is_panic(error)), "{:?}", answer.err());
}

/// Whatever is called afterwards hears of it, and the log is gone.
fn assert_is_over(log: &GroupCommit<Gated>, gate: &Handle) {
    assert!(gate.with(|gate| gate.dropped), "the log, and its lock, outlive a panic");
    for _ in 0..2 {
        assert_panicked(block_on(log.append(OPERATION, "late")));
        assert_panicked(block_on(log.submit(OPERATION, "late")));
        assert_panicked(block_on(log.entries()));
        assert_panicked(block_on(log.with_log(|_| async {}.boxed())));
    }
    assert_panicked(block_on(log.close()));
    assert!(matches!(block_on(log.close()), Err(Error::Closed)));
    assert!(matches!(block_on(log.append(OPERATION, "late")), Err(Error::Closed)));
}

/// Several callers, one of which drives the log into the panic.
fn all_hear_of(place: Place) {
    let (log, gate) = gated(MemoryBackend::new());
    gate.with(|gate| gate.panics.push(place));
    let callers = (0..8).map(|number| log.append(OPERATION, number.to_string()));
    let durable = log.durable();
    block_on(join_all(callers)).into_iter().for_each(assert_panicked);
    assert!(matches!(block_on(durable), Ok(())), "nothing was accepted before it");
    assert_is_over(&log, &gate);
}

#[test]
fn a_backend_that_panics_in_write() {
    all_hear_of(Place::Write);
}

#[test]
fn a_backend_that_panics_when_a_checkpoint_is_called() {
    all_hear_of(Place::Checkpoint);
}

#[test]
fn a_backend_that_panics_when_a_checkpoint_is_polled() {
    all_hear_of(Place::Poll);
}

#[test]
fn a_backend_that_panics_in_a_write_and_again_when_it_is_dropped() {
    let (log, gate) = gated(MemoryBackend::new());
    gate.with(|gate| gate.panics.extend([Place::Write, Place::Drop]));
    assert_panicked(block_on(log.append(OPERATION, "one")));
    assert_is_over(&log, &gate);
}

#[test]
fn a_backend_that_panics_in_a_poll_and_again_when_it_is_dropped() {
    let (log, gate) = gated(MemoryBackend::new());
    gate.with(|gate| gate.panics.extend([Place::Poll, Place::Drop]));
    assert_panicked(block_on(log.append(OPERATION, "one")));
    assert_is_over(&log, &gate);
}

#[test]
fn a_backend_that_panics_when_a_reader_is_made() {
    let (log, gate) = gated(MemoryBackend::new());
    gate.with(|gate| gate.panics.push(Place::Reader));
    assert_panicked(block_on(log.entries()));
    assert_is_over(&log, &gate);
}

#[test]
fn a_backend_that_panics_in_close() {
    let (log, gate) = shut();
    drop(block_on(log.submit(OPERATION, "one")).unwrap());
    let (mut one, mut two) = (log.close().boxed(), log.close().boxed());
    assert!(poll_once(&mut one).is_pending() && poll_once(&mut two).is_pending());
    gate.with(|gate| gate.panics.push(Place::Close));
    gate.open();
    let (one, two) = block_on(async { futures::join!(one, two) });
    assert_panicked(one);
    assert_panicked(two);
    assert!(gate.with(|gate| gate.dropped));
    assert!(matches!(block_on(log.close()), Err(Error::Closed)));
}

#[test]
fn a_backend_that_panics_when_it_is_dropped_after_a_close() {
    let (log, gate) = gated(MemoryBackend::new());
    gate.with(|gate| gate.panics.push(Place::Drop));
    block_on(log.append(OPERATION, "one")).unwrap();
    block_on(log.close()).unwrap();
    assert!(matches!(block_on(log.close()), Err(Error::Closed)));
}

#[test]
fn a_backend_that_panics_when_the_last_handle_is_dropped() {
    let (log, gate) = shut();
    let other = log.clone();
    let mut caller = Box::pin(async move { other.append(OPERATION, "one").await });
    assert!(begin(&mut caller).is_pending());
    gate.with(|gate| gate.panics.push(Place::Drop));
    drop((log, caller));
    assert!(gate.with(|gate| gate.dropped));
}

#[test]
fn a_clock_that_panics() {
    let gate = Handle::default();
    let log = GroupCommit::new(log_behind(&gate, LogOptions::new().clock(|| panic!("no time"))));
    let callers = (0..8).map(|number| log.append(OPERATION, number.to_string()));
    block_on(join_all(callers)).into_iter().for_each(assert_panicked);
    assert_is_over(&log, &gate);
}

#[test]
fn a_clock_that_panics_with_a_value_that_panics_when_it_is_dropped() {
    struct Twice;
    impl Drop for Twice {
        fn drop(&mut self) {
            panic!("and again");
        }
    }
    let gate = Handle::default();
    let log = GroupCommit::new(log_behind(&gate, LogOptions::new().clock(|| panic_any(Twice))));
    assert_panicked(block_on(log.append(OPERATION, "one")));
    assert_is_over(&log, &gate);
}

#[test]
fn a_closure_that_panics_when_it_is_called_or_polled() {
    for at_call in [true, false] {
        let (log, gate) = shut();
        let mut earlier = log.append(OPERATION, "earlier").boxed();
        assert!(begin(&mut earlier).is_pending());
        let lent = log.with_log(move |_| {
            assert!(!at_call, "at the call");
            async { panic!("in the closure") }.boxed()
        });
        let later = log.append(OPERATION, "later");
        gate.open();
        let (earlier, lent, later) = block_on(async { futures::join!(earlier, lent, later) });
        assert_eq!(earlier.unwrap().op, 1, "it was durable before the closure ran");
        assert_panicked::<()>(lent);
        assert_panicked(later);
        assert_is_over(&log, &gate);
    }
}

#[test]
fn a_checkpoint_that_had_begun_keeps_its_own_outcome() {
    let (log, gate) = shut();
    let mut covered = log.append(OPERATION, "covered").boxed();
    assert!(begin(&mut covered).is_pending());
    let (_, uncovered) = block_on(log.submit(OPERATION, "not covered")).unwrap();
    gate.with(|gate| gate.panics.push(Place::Write));
    assert_panicked(block_on(log.append(OPERATION, "panics")));
    assert!(matches!(block_on(uncovered), Err(Error::Undecided { appended, .. }) if appended.op == 2));
    assert!(poll_once(&mut covered).is_pending());
    gate.open();
    assert_eq!(block_on(covered).unwrap().op, 1);
    assert_eq!(log.durable_len(), 279);
    assert_is_over(&log, &gate);
}

#[test]
fn callers_on_other_threads_hear_of_a_panic() {
    for place in [Place::Write, Place::Checkpoint, Place::Poll] {
        let (log, gate) = gated(MemoryBackend::new());
        std::thread::scope(|scope| {
            let append = |_| {
                scope.spawn(|| {
                    let started = Instant::now();
                    while started.elapsed() < Duration::from_secs(60) {
                        if let Err(error) = block_on(log.append(OPERATION, "one")) {
                            return assert!(is_panic(&error), "{error:?}");
                        }
                    }
                    panic!("nobody told this thread");
                })
            };
            let threads: Vec<_> = (0..8).map(append).collect();
            std::thread::sleep(Duration::from_millis(1));
            gate.with(|gate| gate.panics.push(place));
            threads.into_iter().for_each(|thread| thread.join().unwrap());
        });
        assert_is_over(&log, &gate);
    }
}

#[test]
fn a_waker_that_panics_keeps_nobody_from_being_woken() {
    struct Panics;
    impl Wake for Panics {
        fn wake(self: Arc<Panics>) {
            panic!("not now");
        }
    }
    let (log, gate) = shut();
    let mut bad = log.append(OPERATION, "bad").boxed();
    let waker = Arc::new(Panics).into();
    // The first poll lets others go first, by this waker; what is awaited after that is woken from outside.
    assert!(
        std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| { bad.poll_unpin(&mut Context::from_waker(&waker)) }))
            .is_err()
    );
    let mut parked = log.durable();
    assert!(parked.poll_unpin(&mut Context::from_waker(&waker)).is_pending());
    let opener = std::thread::spawn(move || {
        std::thread::sleep(std::time::Duration::from_millis(20));
        gate.open();
    });
    assert_eq!(block_on(log.append(OPERATION, "good")).unwrap().op, 2);
    opener.join().unwrap();
    assert!(matches!(poll_once(&mut parked), Poll::Ready(Ok(()))));
}
