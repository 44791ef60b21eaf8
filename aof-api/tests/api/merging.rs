//! Merging: what is written, from inputs that are whole but repeat, overlap, are parts, or lack entries.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::Log;
use crate::support::merging::{branch, merged, options, unmergeable};
use crate::support::random::Random;
use crate::support::reader::{Manner, SliceReader};
use aof_api::format::Prepare;
use aof_api::merge::{self, Merger, Unmergeable, merge};
use aof_api::storage::IoCall;
use aof_api::storage::delegate_read;
use aof_api::{AofBackend, AofRead, Error, Result, Rule, read};
use futures::future::BoxFuture;
use std::io::IoSlice;

/// `ops` of one history, one after the other.
fn part(log: &Log, ops: std::ops::RangeInclusive<usize>) -> Vec<u8> {
    let range = log.range(ops.start() - 1).start..log.range(ops.end() - 1).end;
    log.bytes()[range].to_vec()
}

#[test]
fn rotated_parts_make_one_log_in_any_order() {
    let log = Log::history(90);
    let parts = [part(&log, 1..=30), part(&log, 31..=60), part(&log, 61..=90)];
    for order in [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]] {
        let inputs = order.map(|index| &parts[index]);
        let (bytes, report) = merged(&inputs, options());
        assert_eq!(bytes, log.bytes(), "{order:?}");
        assert!(report.is_whole(), "{order:?}");
        assert_eq!(report.root, Some(Prepare::root(0).checksum()));
        assert_eq!(report.tip.map(|tip| (tip.op, tip.checksum)), Some((90, log.checksum(89))));
    }
}

#[test]
fn parts_that_overlap_are_written_once() {
    let log = Log::history(40);
    let (bytes, report) = merged(&[part(&log, 10..=40), part(&log, 1..=25)], options());
    assert_eq!(bytes, log.bytes());
    assert_eq!((report.entries, report.unique, report.left_out()), (40, 40, 0));
    assert_eq!(report.inputs[1].duplicates, 16);
    assert_eq!(report.inputs[0].ops, Some(10..=40));
}

#[test]
fn what_a_restarted_replica_records_again_is_written_once() {
    let log = Log::history(20);
    let ops: Vec<u64> = (1..=15).chain(6..=20).chain(3..=8).collect();
    let (bytes, report) = merged(&[Log::of_ops(&ops).bytes()], options());
    assert_eq!(bytes, log.bytes());
    assert!(report.is_whole());
    assert!(!report.changes_nothing());
    assert_eq!(report.inputs[0].duplicates, 16);
}

#[test]
fn a_whole_log_is_copied_and_nothing_in_it_changes() {
    let log = Log::history(20);
    let (bytes, report) = merged(&[log.bytes()], options());
    assert_eq!(bytes, log.bytes());
    assert!(report.changes_nothing() && report.is_whole());
}

#[test]
fn entries_out_of_order_in_one_input_are_put_in_order() {
    let log = Log::history(9);
    let (bytes, report) = merged(&[Log::of_ops(&[5, 6, 3, 4, 7, 1, 2, 9, 8]).bytes()], options());
    assert_eq!(bytes, log.bytes());
    assert!(report.is_whole() && !report.in_order && !report.changes_nothing());
}

#[test]
fn twelve_inputs_that_each_hold_some_entries_make_the_whole_log() {
    let log = Log::history(300);
    let mut random = Random(12);
    let mut inputs: Vec<Vec<u64>> = vec![Vec::new(); 12];
    for op in 1..=300 {
        let start = random.below(12);
        (0..1 + random.below(3)).for_each(|more| inputs[(start + more) % 12].push(op));
    }
    let inputs: Vec<_> = inputs.iter().map(|ops| Log::of_ops(ops).bytes()).collect();
    let (bytes, report) = merged(&inputs, options());
    assert_eq!(bytes, log.bytes());
    assert!(report.is_whole());
}

#[test]
fn a_gap_ends_the_chain_and_says_what_is_missing_and_what_is_left_out() {
    let log = Log::history(30);
    let (bytes, report) = merged(&[part(&log, 1..=10), part(&log, 21..=30), part(&log, 14..=15)], options());
    assert_eq!(bytes, part(&log, 1..=10));
    assert!(!report.is_whole());
    assert_eq!((report.left_out(), report.gaps.len(), report.stretches.len()), (12, 1, 2));
    let gap = report.gaps[0];
    assert_eq!((gap.missing(), gap.parent), (Some(11..=13), log.checksum(12)));
    assert_eq!((gap.before.op, gap.after.op), (10, 14));
    let beyond: Vec<_> =
        report.stretches.iter().map(|beyond| (beyond.first.op, beyond.last.op, beyond.entries)).collect();
    assert_eq!(beyond, [(14, 15, 2), (21, 30, 10)]);
}

#[test]
fn a_log_with_gaps_is_written_in_the_order_of_ops_when_they_are_kept() {
    let log = Log::history(30);
    let parts = [part(&log, 21..=30), part(&log, 1..=10), part(&log, 14..=15)];
    let (bytes, report) = merged(&parts, options().keep_gaps(true));
    assert_eq!(bytes, [&parts[1][..], &parts[2], &parts[0]].concat());
    let missing: Vec<_> = report.gaps.iter().map(|gap| gap.missing().unwrap()).collect();
    assert_eq!(missing, [11..=13, 16..=20]);
    assert_eq!((report.entries, report.left_out(), report.is_whole()), (22, 0, false));
    let validation = crate::support::reading::validate_bytes(Rule::TigerBeetle, &bytes);
    assert!(validation.is_clean());
}

#[test]
fn a_gap_is_filled_from_another_input() {
    let log = Log::history(30);
    let (bytes, report) =
        merged(&[Log::of_ops(&[1, 2, 3, 9, 10, 11]).bytes(), part(&log, 2..=20), part(&log, 20..=30)], options());
    assert_eq!(bytes, log.bytes());
    assert!(report.is_whole());
}

#[test]
fn empty_inputs_do_no_harm_and_of_nothing_comes_nothing() {
    let log = Log::history(5);
    let (bytes, report) = merged(&[vec![], log.bytes(), vec![]], options());
    assert_eq!(bytes, log.bytes());
    assert!(report.is_whole());
    for inputs in [vec![], vec![vec![]], vec![vec![], vec![]]] {
        let (bytes, report) = merged(&inputs, options());
        assert_eq!((bytes.len(), report.entries, report.tip, report.root), (0, 0, None, None));
        assert!(report.is_whole());
    }
}

#[test]
fn a_log_in_another_cluster_does_not_connect() {
    let log = Log::history(5);
    let other = branch(&Prepare::root(7), 3, b"elsewhere");
    let (bytes, report) = merged(&[log.bytes(), other.bytes()], options());
    assert_eq!(bytes, log.bytes());
    assert_eq!((report.left_out(), report.gaps.len(), report.is_whole()), (3, 0, false));
    assert_eq!(report.stretches[0].parent, Prepare::root(7).checksum());
    let refused = unmergeable(&[log.bytes(), other.bytes()], options().keep_gaps(true));
    assert!(matches!(refused, Unmergeable::Overlap(..)), "{refused}");
}

#[test]
fn an_output_that_holds_anything_is_refused() {
    let log = Log::history(5).bytes();
    let mut output = Disk::with(b"old");
    let error = block_on(merge([SliceReader::new(&log)], &mut output, options())).unwrap_err();
    assert!(matches!(error, merge::Error::Storage(Error::NotEmpty { len: 3 })), "{error}");
    assert_eq!(output.bytes(), b"old");
}

#[test]
fn the_output_is_durable_on_return() {
    let log = Log::history(5).bytes();
    let mut output = Disk::new();
    block_on(merge([SliceReader::new(&log)], &mut output, options())).unwrap();
    assert_eq!(output.durable_len(), log.len() as u64);
}

#[test]
fn an_input_that_changes_before_it_is_written_is_not_trusted() {
    let log = Log::history(50);
    // Other bytes, other whole entries, fewer bytes: each at the place of what was planned.
    let mut flipped = log.bytes();
    flipped[log.range(30).start + 280] ^= 1;
    let other = Log::of((1..=50).map(|op| vec![9; (op * 37 % 127) as usize])).bytes();
    let swapped = [&log.bytes()[log.range(1)], &log.bytes()[log.range(0)]].concat();
    for changed in [flipped, other, part(&log, 1..=30), vec![], swapped] {
        let input = Disk::with(&log.bytes());
        let mut merger = Merger::new(options());
        block_on(merger.read(input.clone())).unwrap();
        assert!(block_on(merger.plan()).unwrap().is_whole());
        input.replace(&changed);
        let error = block_on(merger.write(&mut Disk::new())).unwrap_err();
        assert!(error.to_string().contains("input 1 has changed"), "{error}");
    }
}

#[test]
fn inputs_that_come_after_a_plan_count() {
    let log = Log::history(30);
    let mut merger = Merger::new(options());
    block_on(async {
        merger.read(SliceReader::new(&part(&log, 1..=10))).await.unwrap();
        merger.read(SliceReader::new(&part(&log, 21..=30))).await.unwrap();
        assert!(!merger.plan().await.unwrap().is_whole());
        merger.read(SliceReader::new(&part(&log, 11..=20))).await.unwrap();
        let mut output = Disk::new();
        assert!(merger.write(&mut output).await.unwrap().is_whole());
        assert_eq!(output.bytes(), log.bytes());
    });
}

#[test]
fn awkward_readers_and_slow_backends_change_nothing() {
    let log = Log::history(60);
    let inputs = [part(&log, 1..=40), part(&log, 20..=60)];
    for (manner, pending) in [(Manner::OneByte, 0), (Manner::Short(Random(3)), 2)] {
        let readers = inputs.clone().map(|bytes| SliceReader::new(&bytes).manner(manner.clone()).pending(pending));
        let mut output = Disk::new().pending(1, 1);
        let report = block_on(merge(readers, &mut output, options())).unwrap();
        assert_eq!(output.bytes(), log.bytes());
        assert!(report.is_whole());
    }
}

#[test]
fn large_bodies_and_several_threads_change_nothing() {
    let log = Log::of((0..40).map(|index| vec![index as u8; index * 7000]));
    let read = read::Options::new().chunk_len(64 << 10).verify_threads(3);
    let (bytes, report) = merged(&[part(&log, 15..=40), part(&log, 1..=20)], merge::Options::new().read(read));
    assert_eq!(bytes, log.bytes());
    assert!(report.is_whole());
}

/// Storage that says it has written and has not.
struct Forgetful {
    disk: Disk,
    /// What it makes of the bytes by the time of a checkpoint.
    forget: fn(&mut Vec<u8>),
}

impl AofRead for Forgetful {
    delegate_read!(disk);
}

impl AofBackend for Forgetful {
    type Reader = Disk;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.disk.write(parts).await
    }
    fn checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        let mut bytes = self.disk.bytes();
        (self.forget)(&mut bytes);
        self.disk.replace(&bytes);
        self.disk.checkpoint(note)
    }
    async fn truncate(&mut self, len: u64) -> Result<()> {
        self.disk.truncate(len).await
    }
    async fn reader(&mut self) -> Result<Disk> {
        self.disk.reader().await
    }
    async fn close(&mut self) -> Result<()> {
        self.disk.close().await
    }
    fn len(&self) -> u64 {
        self.disk.len()
    }
    fn durable_len(&self) -> u64 {
        self.disk.durable_len()
    }
    async fn prune(&mut self, to: u64) -> Result<u64> {
        self.disk.prune(to).await
    }
    fn note(&self) -> Option<(u64, Vec<u8>)> {
        self.disk.note()
    }
}

#[test]
fn an_output_that_does_not_hold_what_was_written_is_an_error() {
    let log = Log::history(20).bytes();
    let forgets: [fn(&mut Vec<u8>); 4] = [
        |bytes| bytes[700] ^= 1,
        |bytes| bytes.truncate(bytes.len() - 10),
        // Whole entries are gone: the last one, all.
        |bytes| bytes.truncate(Log::history(19).bytes().len()),
        |bytes| bytes.clear(),
    ];
    for (number, forget) in forgets.into_iter().enumerate() {
        let mut output = Forgetful { disk: Disk::new(), forget };
        let error = block_on(merge([SliceReader::new(&log)], &mut output, options())).unwrap_err();
        assert!(
            matches!(error, merge::Error::Storage(Error::Corrupt { .. } | Error::Io { call: IoCall::ReadBack, .. })),
            "{number}: {error}"
        );
    }
}
