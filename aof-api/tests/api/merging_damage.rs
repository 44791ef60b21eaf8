//! Merging: damage of every kind, what makes it good, and what is said about the rest.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::Log;
use crate::support::merging::{branch, merged, options, unmergeable};
use crate::support::opening::{DAMAGES, with_damage};
use crate::support::random::Random;
use crate::support::reader::SliceReader;
use crate::support::reading::validate_bytes;
use aof_api::Rule;
use aof_api::merge::{self, Merger, Unmergeable, merge};
use aof_api::validate::{FindingKind, NoteKind};

/// Offsets in an entry: magic, checksum of the header, size, parent, body.
const PLACES: [usize; 5] = [3, 20, 112 + 1, 16 + 130, 275];

fn flipped(log: &Log, index: usize, place: usize) -> Vec<u8> {
    let mut bytes = log.bytes();
    let range = log.range(index);
    bytes[(range.start + place).min(range.end - 1)] ^= 0x10;
    bytes
}

fn lost(report: &merge::Report) -> Vec<bool> {
    report.damage.iter().map(|damage| damage.lost).collect()
}

#[test]
fn three_copies_each_damaged_elsewhere_make_the_whole_log() {
    let log = Log::history(40);
    for place in PLACES {
        let cut = log.bytes()[..log.range(38).end - 5].to_vec();
        let inputs = [flipped(&log, 7, place), flipped(&log, 20, place), cut];
        for order in [[0, 1, 2], [2, 0, 1], [1, 2, 0]] {
            let (bytes, report) = merged(&order.map(|index| &inputs[index]), options());
            assert_eq!(bytes, log.bytes(), "place {place}, order {order:?}");
            assert_eq!(lost(&report), [false; 3], "place {place}, order {order:?}");
            assert!(report.is_whole());
        }
    }
}

#[test]
fn every_entry_may_be_damaged_in_all_copies_but_one() {
    let log = Log::history(60);
    let mut random = Random(7);
    for _ in 0..20 {
        let mut copies = [log.bytes(), log.bytes(), log.bytes()];
        for index in 0..log.len() {
            let whole = random.below(3);
            for copy in (0..3).filter(|copy| *copy != whole) {
                if random.below(3) == 0 {
                    let range = log.range(index);
                    let at = range.start + random.below(range.len());
                    copies[copy][at] ^= 1 << random.below(8);
                }
            }
        }
        let (bytes, report) = merged(&copies, options());
        assert_eq!(bytes, log.bytes());
        assert!(report.is_whole(), "{:?}", report.damage);
    }
}

#[test]
fn what_is_damaged_in_all_copies_ends_the_chain_there() {
    let log = Log::history(30);
    for place in PLACES {
        let (bytes, report) = merged(&[flipped(&log, 12, place), flipped(&log, 12, place)], options());
        assert_eq!(bytes, log.bytes()[..log.offset(12) as usize]);
        assert_eq!((report.left_out(), report.is_whole()), (17, false));
        assert_eq!(report.gaps[0].missing(), Some(13..=13));
        assert_eq!(report.gaps[0].parent, log.checksum(12));
        assert_eq!(lost(&report), [true, true]);
    }
}

#[test]
fn a_flipped_bit_in_a_size_costs_one_entry_and_never_the_rest() {
    let log = Log::history(30);
    for bit in 0..32 {
        let mut bytes = log.bytes();
        bytes[log.range(9).start + 16 + 96 + bit / 8] ^= 1 << (bit % 8);
        let (written, report) = merged(&[&bytes], options());
        assert_eq!(written, log.bytes()[..log.offset(9) as usize], "bit {bit}");
        assert_eq!((report.entries, report.left_out()), (9, 20), "bit {bit}");
        let (written, _) = merged(&[&bytes], options().keep_gaps(true));
        let rest = [&log.bytes()[..log.offset(9) as usize], &log.bytes()[log.offset(10) as usize..]].concat();
        assert_eq!(written, rest, "bit {bit}");
        let (written, report) = merged(&[bytes, log.bytes()], options());
        assert_eq!(written, log.bytes(), "bit {bit}");
        assert!(report.is_whole(), "bit {bit}");
    }
}

#[test]
fn a_torn_end_is_lost_unless_another_input_goes_on() {
    let log = Log::history(10);
    for torn in 1..log.range(9).len() {
        let cut = log.bytes()[..log.range(9).start + torn].to_vec();
        let (bytes, report) = merged(&[&cut], options());
        assert_eq!(bytes, log.bytes()[..log.offset(9) as usize]);
        assert_eq!((lost(&report), report.is_whole()), (vec![true], false), "{torn} bytes");
        let (bytes, report) = merged(&[cut, log.bytes()], options());
        assert_eq!(bytes, log.bytes());
        assert_eq!((lost(&report), report.is_whole()), (vec![false], true), "{torn} bytes");
    }
}

#[test]
fn a_torn_end_of_a_log_that_is_being_written_is_a_note() {
    let log = Log::history(10);
    let tails = [log.bytes()[log.range(9)][..100].to_vec(), vec![0; 5000]];
    for tail in tails {
        let bytes = [&log.bytes()[..log.offset(9) as usize], &tail].concat();
        let mut merger = Merger::new(options());
        merger.set_live(true);
        block_on(merger.read(SliceReader::new(&bytes))).unwrap();
        let report = block_on(merger.plan()).unwrap();
        assert!(report.is_whole());
        assert!(!report.changes_nothing());
        assert_eq!(report.notes[0].kind, NoteKind::Pending { len: tail.len() as u64 });
    }
}

#[test]
fn what_stands_torn_in_mid_file_and_is_recorded_again_is_not_lost() {
    // TigerBeetle appends after a torn entry, beginning with what it had not checkpointed.
    let log = Log::history(10);
    let torn = &log.bytes()[log.range(7)][..200];
    let bytes = [&log.bytes()[..log.offset(7) as usize], torn, &log.bytes()[log.offset(4) as usize..]].concat();
    let (written, report) = merged(&[bytes], options());
    assert_eq!(written, log.bytes());
    assert_eq!((lost(&report), report.is_whole()), (vec![false], true));
}

#[test]
fn junk_before_the_first_entry_is_passed_over() {
    let log = Log::history(10);
    let junk = Random(1).junk(777);
    let (written, report) = merged(&[[&junk[..], &log.bytes()].concat()], options());
    assert_eq!(written, log.bytes());
    // Nothing is before op 1.
    assert_eq!((lost(&report), report.is_whole()), (vec![false], true));
    // Before another op, something may have.
    let rest = &log.bytes()[log.offset(4) as usize..];
    let (written, report) = merged(&[[&junk, rest].concat()], options());
    assert_eq!(written, rest);
    assert_eq!((lost(&report), report.is_whole()), (vec![true], false));
    let (_, report) = merged(&[[&junk, rest].concat()], options().root(log.checksum(3)));
    assert!(report.is_whole());
}

#[test]
fn an_input_of_junk_alone_may_have_been_anything() {
    let log = Log::history(10);
    let junk = Random(1).junk(777);
    let (written, report) = merged(&[&log.bytes(), &junk], options());
    assert_eq!(written, log.bytes());
    assert_eq!((lost(&report), report.is_whole()), (vec![true], false));
    assert_eq!(unmergeable(&[junk], options()), Unmergeable::NoEntries);
}

#[test]
fn damage_of_known_op_is_lost_only_where_the_output_lacks_that_op() {
    let log = Log::history(10);
    let last = flipped(&log, 9, 275);
    let (_, report) = merged(&[&last], options());
    assert_eq!((report.damage[0].finding.op, lost(&report)), (Some(10), vec![true]));
    let (_, report) = merged(&[&last], options().tip(log.checksum(8)));
    assert_eq!((lost(&report), report.is_whole()), (vec![false], true));
    let (_, report) = merged(&[last, log.bytes()], options());
    assert_eq!(lost(&report), [false]);
}

#[test]
fn what_another_input_has_behind_a_gap_is_not_lost() {
    let log = Log::history(30);
    for place in PLACES {
        // Entry 9 is in neither; what is damaged in one after it is whole in the other.
        let mut first = flipped(&log, 9, place);
        for index in [14, 15, 16, 29] {
            first[log.range(index).start + place.min(200)] ^= 0x10;
        }
        let mut second = flipped(&log, 9, place);
        second[log.range(20).start + place.min(200)] ^= 0x10;
        for order in [[0, 1], [1, 0]] {
            let inputs = order.map(|index| [&first, &second][index]);
            let (bytes, report) = merged(&inputs, options());
            assert_eq!(bytes, log.bytes()[..log.range(9).start], "place {place}, order {order:?}");
            let lost: Vec<u64> =
                report.damage.iter().filter(|damage| damage.lost).map(|damage| damage.finding.offset).collect();
            assert_eq!(lost, [log.offset(9); 2], "place {place}, order {order:?}: {:?}", report.damage);
            assert!(!report.is_whole());
            assert_eq!(report.left_out(), 20);
            // Written after the gap, it is the same.
            let (_, report) = merged(&inputs, options().keep_gaps(true));
            assert_eq!(report.damage.iter().filter(|damage| damage.lost).count(), 2, "{:?}", report.damage);
        }
    }
}

#[test]
fn forged_damage_does_not_make_a_merge_walk_over_the_log_again_and_again() {
    let log = Log::history(400);
    let bytes = log.bytes();
    let mut forged = bytes.clone();
    for index in 0..100 {
        // Between these two, hundreds of others belong; they are there.
        forged.extend([&bytes[log.range(index)], b"junk", &bytes[log.range(399)]].concat());
    }
    let (merged, report) = merged(&[forged], options());
    assert_eq!(merged, bytes);
    let lost = lost(&report);
    assert_eq!(lost.len(), 100);
    let looked_for = lost.iter().take_while(|lost| !**lost).count();
    assert!((2..20).contains(&looked_for), "{looked_for} walks");
    assert!(lost[looked_for..].iter().all(|lost| *lost));
}

#[test]
fn of_two_entries_in_one_damage_both_must_be_elsewhere() {
    let log = Log::history(20);
    let mut first = log.bytes();
    first[log.range(7).start..log.range(9).end].fill(0);
    // The other has only the second of the three, or all but the first.
    for (has, keep_gaps) in [(8..9, false), (8..20, false), (8..20, true), (7..9, true)] {
        let second = log.bytes()[log.range(has.start).start..log.range(has.end - 1).end].to_vec();
        let (_, report) = merged(&[&first, &second], options().keep_gaps(keep_gaps));
        assert_eq!(lost(&report), [true], "{has:?}: {report:?}");
    }
    let second = log.bytes()[log.range(7).start..].to_vec();
    assert_eq!(lost(&merged(&[&first, &second], options()).1), [false]);
}

#[test]
fn an_unreadable_place_is_made_good_by_another_input() {
    let log = Log::of((0..20).map(|index| vec![index as u8; 3000]));
    let reader = SliceReader::new(&log.bytes()).unreadable(20_000..24_096);
    let mut output = Disk::new();
    let report = block_on(merge([reader.clone(), SliceReader::new(&log.bytes())], &mut output, options())).unwrap();
    assert_eq!(output.bytes(), log.bytes());
    assert!(report.is_whole());
    assert!(report.damage.iter().any(|damage| matches!(damage.finding.kind, FindingKind::Unreadable { .. })));

    let mut output = Disk::new();
    let report = block_on(merge([reader], &mut output, options())).unwrap();
    assert_eq!(output.bytes(), log.bytes()[..log.offset(6) as usize]);
    assert!(!report.is_whole() && report.left_out() > 10);
}

#[test]
fn every_damage_at_every_entry_keeps_all_that_is_before_it() {
    let log = Log::history(8);
    for (index, damage) in (0..8).flat_map(|index| DAMAGES.map(|damage| (index, damage))) {
        let bytes = with_damage(&log, index, damage);
        let (written, report) = merged(&[&bytes], options().keep_gaps(true));
        let rest =
            [&log.bytes()[..log.offset(index) as usize], &log.bytes()[log.offset(index + 1) as usize..]].concat();
        assert_eq!(written, rest, "entry {index}, {damage:?}");
        assert_eq!(lost(&report), [true], "entry {index}, {damage:?}");
        let (written, report) = merged(&[bytes, log.bytes()], options());
        assert_eq!(written, log.bytes(), "entry {index}, {damage:?}");
        assert_eq!(lost(&report), [false], "entry {index}, {damage:?}");
    }
}

#[test]
fn a_body_that_holds_a_log_is_not_taken_apart() {
    let inner = Log::history(5);
    let log = Log::of([b"one".to_vec(), inner.bytes(), b"three".to_vec()]);
    let (written, report) = merged(&[log.bytes()], options());
    assert_eq!(written, log.bytes());
    assert!(report.changes_nothing());
}

/// Entries of one history and of a branch of it, repeated, left out, out of order, damaged, with junk between them.
fn mangled(random: &mut Random, log: &Log, other: &Log) -> Vec<u8> {
    let mut bytes = Vec::new();
    let mut at = random.below(log.len());
    for _ in 0..random.below(40) {
        let from = if random.below(8) == 0 { other } else { log };
        at = if random.below(6) == 0 { random.below(log.len()) } else { (at + 1) % log.len() };
        bytes.extend_from_slice(from.prepares[at % from.len()].as_entry_bytes());
        if random.below(15) == 0 {
            let len = 1 + random.below(400);
            bytes.extend_from_slice(&random.junk(len));
        }
    }
    for _ in 0..random.below(4) {
        if !bytes.is_empty() {
            let at = random.below(bytes.len());
            bytes[at] ^= 1 << random.below(8);
        }
    }
    let keep = if random.below(4) == 0 { random.below(bytes.len() + 1) } else { bytes.len() };
    bytes.truncate(keep);
    bytes
}

#[test]
fn whatever_was_done_to_the_inputs_the_output_is_a_chain_or_the_reason_why_there_is_none() {
    let log = Log::history(30);
    let other = branch(&log.prepares[11], 9, b"another history");
    let mut random = Random(99);
    let (mut written, mut refused) = (0, 0);
    for round in 0..1500 {
        let mut options = options().keep_gaps(random.below(2) == 0);
        if random.below(3) == 0 {
            options = options.tip(log.checksum(random.below(30)));
        }
        if random.below(6) == 0 {
            options = options.root(log.checksum(random.below(30)));
        }
        let inputs: Vec<_> = (0..1 + random.below(4)).map(|_| mangled(&mut random, &log, &other)).collect();
        let readers: Vec<_> = inputs.iter().map(|bytes| SliceReader::new(bytes)).collect();
        let mut output = Disk::new();
        match block_on(merge(readers, &mut output, options)) {
            Ok(report) => {
                let validation = validate_bytes(Rule::Linear, &output.bytes());
                let gaps_kept = validation.findings.len();
                assert_eq!(validation.entries, report.entries, "round {round}");
                assert_eq!(validation.tip, report.tip, "round {round}");
                let only_gaps =
                    |kind: &FindingKind| matches!(kind, FindingKind::Gap { .. } | FindingKind::Break { .. });
                assert!(validation.findings.iter().all(|finding| only_gaps(&finding.kind)), "round {round}");
                // At the end of the output, or within it.
                assert!(gaps_kept == report.gaps.len() || (gaps_kept, report.gaps.len()) == (0, 1), "round {round}");
                written += 1;
            }
            Err(merge::Error::Unmergeable { .. }) => {
                assert_eq!(output.writes(), 0, "round {round}");
                refused += 1;
            }
            Err(error) => panic!("round {round}: {error}"),
        }
    }
    assert!(written > 300 && refused > 300, "{written} were written, {refused} refused");
}
