//! A walk over a long log lets the other tasks of its thread run, though its storage is always ready.

use crate::support::disk::Disk;
use crate::support::log::Log;
use aof_api::copy::{self, copy};
use aof_api::merge::{self, merge};
use aof_api::read::find::{Target, find};
use aof_api::validate::{self, validate};
use aof_api::{Aof, Entries, LogOptions, Rule, read};
use futures::executor::LocalPool;
use futures::task::LocalSpawnExt;
use std::cell::Cell;
use std::future::{Future, poll_fn};
use std::rc::Rc;
use std::task::Poll;

/// A chunk is this long, with the rest of its last entry.
const CHUNK_LEN: usize = (256 << 10) + 65_536;

/// 4 MiB.
fn long_log() -> Vec<u8> {
    Log::of((0..64).map(|number| vec![number; 65_000])).bytes()
}

/// How often another task of the same thread runs while this one does.
fn turns_of_others<T>(task: impl Future<Output = T>) -> (T, usize) {
    let (turns, done) = (Rc::new(Cell::new(0)), Rc::new(Cell::new(false)));
    let mut pool = LocalPool::new();
    let other = {
        let (turns, done) = (Rc::clone(&turns), Rc::clone(&done));
        poll_fn(move |cx| {
            if done.get() {
                return Poll::Ready(());
            }
            turns.set(turns.get() + 1);
            cx.waker().wake_by_ref();
            Poll::Pending
        })
    };
    pool.spawner().spawn_local(other).unwrap();
    let output = pool.run_until(task);
    done.set(true);
    (output, turns.get())
}

#[test]
fn others_run_once_for_each_chunk_of_a_log_that_is_opened() {
    let bytes = long_log();
    let chunks = bytes.len() / CHUNK_LEN;
    for threads in [1, 2] {
        for rule in [Rule::Linear, Rule::SeenParent] {
            let options = LogOptions::new().rule(rule).read(read::Options::new().verify_threads(threads));
            let (opened, turns) = turns_of_others(Aof::open(Disk::with(&bytes), options));
            assert_eq!(opened.unwrap().1.entries, 64);
            assert!(turns >= chunks - 1, "{rule}, {threads} threads: {turns} turns in {chunks} chunks");
        }
    }
}

#[test]
fn others_run_while_a_long_log_is_opened_by_several_readers() {
    let bytes = Log::of((0..200).map(|number| vec![number; 65_000])).bytes();
    let (opened, turns) = turns_of_others(Aof::open(Disk::with(&bytes), LogOptions::new().read_threads(2)));
    assert_eq!(opened.unwrap().1.entries, 200);
    // The other thread may have read all but one of the stripes.
    assert!(turns >= 2, "{turns} turns");
}

#[test]
fn others_run_once_for_each_chunk_of_a_log_that_is_validated_or_merged_or_copied() {
    let bytes = long_log();
    let chunks = bytes.len() / CHUNK_LEN;
    let (validation, turns) = turns_of_others(validate(Disk::with(&bytes), validate::Options::new(), None));
    assert!(validation.unwrap().is_clean() && turns >= chunks - 1, "validate: {turns} turns in {chunks} chunks");

    let (mut output, options) = (Disk::new(), merge::Options::new());
    let (report, turns) = turns_of_others(merge([Disk::with(&bytes)], &mut output, options));
    // The input, what is written, and what is read back.
    assert!(report.unwrap().is_whole() && turns >= 3 * chunks - 3, "merge: {turns} turns in {chunks} chunks");

    let mut destination = Disk::new();
    let (copied, turns) = turns_of_others(copy(Disk::with(&bytes), &mut destination, copy::Options::new()));
    assert!(copied.unwrap().entries == 64 && turns >= 2 * chunks - 2, "copy: {turns} turns in {chunks} chunks");
}

#[test]
fn others_run_while_entries_are_read_and_looked_for() {
    let bytes = long_log();
    let chunks = bytes.len() / CHUNK_LEN;
    let count = async {
        let mut entries = Entries::new(Disk::with(&bytes), read::Options::new());
        let mut count = 0;
        while entries.next().await.unwrap().is_some() {
            count += 1;
        }
        count
    };
    let (count, turns) = turns_of_others(count);
    assert!(count == 64 && turns >= chunks - 1, "entries: {turns} turns in {chunks} chunks");

    let (found, turns) = turns_of_others(find(Disk::with(&bytes), Target::Op(65), read::Options::new()));
    assert!(found.unwrap().is_none() && turns >= chunks / 2, "find: {turns} turns in {chunks} chunks");
}

#[test]
fn others_run_while_a_long_stretch_without_an_entry_is_passed() {
    let bytes = [Log::history(3).bytes(), vec![0; 8 << 20]].concat();
    let (validation, turns) = turns_of_others(validate(Disk::with(&bytes), validate::Options::new(), None));
    assert_eq!(validation.unwrap().findings.len(), 1);
    assert!(turns >= 8, "{turns} turns");
}
