//! Logs that a real TigerBeetle server recorded, with the figures that its own tool printed.

use crate::support::block_on;
use crate::support::log::Log;
use crate::support::reader::SliceReader;
use crate::support::reading::{small_chunks, validate_parts};
use aof_api::format::{AofEntry, Damage, Digest, Prepare};
use aof_api::read::{self, digest};
use aof_api::validate::{self, FindingKind, NoteKind, Observation, Validation, validate};
use aof_api::{Entries, Error, Rule};
use std::io::{Read, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;

/// The start of a log: 12 entries.
pub(crate) const SOLO: &[u8] = include_bytes!("../data/tigerbeetle-solo-12.aof");

const RESTART: &str = "tigerbeetle-restart.aof";
const ROTATED: [&str; 2] = ["tigerbeetle-rotated-1.aof", "tigerbeetle-rotated-2.aof"];

/// A large log, which is not in this repository; where it or the means to unpack it are missing, its tests are skipped.
fn large(name: &str) -> Option<&'static [u8]> {
    static UNPACKED: [OnceLock<Option<Vec<u8>>>; 3] = [OnceLock::new(), OnceLock::new(), OnceLock::new()];
    let slot = [RESTART, ROTATED[0], ROTATED[1]].iter().position(|known| *known == name).unwrap();
    let unpacked = UNPACKED[slot].get_or_init(|| {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../shared/golden");
        let packed = folder.join(name).with_extension("aof.xz");
        if !packed.exists() {
            return skip(&format!("{} is not here", packed.display()));
        }
        let command = Command::new("xz").arg("-dc").arg(&packed).stdout(Stdio::piped()).spawn();
        let mut child = match command {
            Ok(child) => child,
            Err(error) => return skip(&format!("xz cannot be run: {error}")),
        };
        let mut bytes = Vec::new();
        child.stdout.take().unwrap().read_to_end(&mut bytes).unwrap();
        assert!(child.wait().unwrap().success(), "xz -dc {}", packed.display());
        Some(bytes)
    });
    unpacked.as_deref()
}

/// Past the test harness, which would swallow it: what was not tried must not look as if it had been.
#[allow(clippy::explicit_write, reason = "the macro is what the harness swallows")]
fn skip(why: &str) -> Option<Vec<u8>> {
    writeln!(std::io::stderr(), "skipped: {why}").unwrap();
    None
}

fn validate_bytes(rule: Rule, bytes: &[u8]) -> Validation {
    block_on(validate(SliceReader::new(bytes), validate::Options::new().rule(rule), None)).unwrap()
}

#[test]
fn the_small_log_decodes_and_encodes_to_the_same_bytes() {
    let log = Log::parse(SOLO);
    assert_eq!(log.len(), 12);
    assert_eq!(log.bytes(), SOLO);
    let sealed_again: Vec<u8> = log
        .prepares
        .iter()
        .flat_map(|prepare| Prepare::seal(*prepare.header(), prepare.body()).unwrap().as_entry_bytes().to_vec())
        .collect();
    assert_eq!(sealed_again, SOLO);
}

#[test]
fn the_small_log_holds_ops_1_to_12_on_the_root() {
    let log = Log::parse(SOLO);
    assert!(log.prepares.iter().map(Prepare::op).eq(1..=12));
    assert_eq!(log.prepares[0].header().parent, Prepare::root(0).checksum());
    assert!(log.prepares.iter().all(|prepare| prepare.header().lints().count() == 0));
    let names: Vec<String> = log.prepares[..3].iter().map(|p| p.header().operation().to_string()).collect();
    assert_eq!(names, ["pulse(4)", "register(2)", "create_accounts(146)"]);
}

#[test]
fn the_small_log_is_clean_under_every_rule() {
    for rule in Rule::ALL {
        let validation = validate_bytes(rule, SOLO);
        assert_eq!((&validation.findings[..], &validation.notes[..]), (&[][..], &[][..]), "{rule}");
        assert_eq!((validation.entries, validation.bytes, validation.ops), (12, 29_120, Some(1..=12)));
        assert_eq!(validation.root.unwrap().to_string(), "5146b8d0e1f69ca2e6867c42bb8263b7");
        assert_eq!(validation.tip.unwrap().op, 12);
        assert_eq!(validation.digest, Digest(76_661_497_010_598_699_506_817_449_793_601_218_450));
    }
}

#[test]
fn the_small_log_has_the_digest_that_tigerbeetle_prints() {
    let found = block_on(digest([SliceReader::new(SOLO)], read::Options::new())).unwrap();
    assert_eq!(found.to_string(), "76661497010598699506817449793601218450");
}

#[test]
fn a_rotated_log_is_one_chain_across_its_files() {
    let (Some(first), Some(second)) = (large(ROTATED[0]), large(ROTATED[1])) else { return };
    for rule in Rule::ALL {
        let (validation, observations) =
            validate_parts(validate::Options::new().rule(rule), [first, second].map(SliceReader::new));
        assert_eq!(observations, [], "{rule}");
        assert_eq!((validation.entries, validation.ops), (5205, Some(1..=5205)), "{rule}");
        assert_eq!(validation.digest, Digest(167_920_816_660_028_139_687_325_656_636_853_450_368), "{rule}");
        assert_eq!(validation.bytes, (first.len() + second.len()) as u64);
    }
}

#[test]
fn each_file_of_a_rotated_log_has_its_own_digest() {
    let cases = [
        (ROTATED[0], 3871, 1..=3871, 128_990_633_547_311_762_764_800_406_560_005_309_979),
        (ROTATED[1], 1334, 3872..=5205, 294_025_066_946_168_079_559_352_289_384_305_514_380),
    ];
    for (name, entries, ops, expected) in cases {
        let Some(bytes) = large(name) else { return };
        let validation = validate_bytes(Rule::Linear, bytes);
        let head_missing = validation.notes.iter().any(|note| note.kind == NoteKind::HeadMissing { op: 3872 });
        assert_eq!((validation.findings.len(), head_missing), (0, name == ROTATED[1]), "{name}");
        assert_eq!(validation.notes.len(), usize::from(head_missing), "{name}");
        assert_eq!((validation.entries, validation.ops), (entries, Some(ops)), "{name}");
        assert_eq!(validation.digest, Digest(expected), "{name}");
        assert_eq!(block_on(digest([SliceReader::new(bytes)], read::Options::new())).unwrap(), Digest(expected));
    }
}

#[test]
fn the_second_file_of_a_rotated_log_stands_on_the_last_entry_of_the_first() {
    let (Some(first), Some(second)) = (large(ROTATED[0]), large(ROTATED[1])) else { return };
    let tip = validate_bytes(Rule::Linear, first).tip.unwrap();
    assert_eq!(tip.op, 3871);
    assert_eq!(AofEntry::decode(second).unwrap().header().parent, tip.checksum);
    assert_eq!(validate_bytes(Rule::Linear, second).root, Some(tip.checksum));
}

#[test]
fn the_files_of_a_rotated_log_in_the_wrong_order_are_a_break() {
    let (Some(first), Some(second)) = (large(ROTATED[0]), large(ROTATED[1])) else { return };
    let (_, observations) = validate_parts(validate::Options::new(), [second, first].map(SliceReader::new));
    let findings: Vec<_> =
        observations.iter().filter(|observation| matches!(observation, Observation::Finding(_))).collect();
    let [Observation::Finding(finding)] = findings[..] else { panic!("{findings:?}") };
    assert_eq!((finding.part, finding.offset, finding.op, finding.kind.name()), (1, 0, Some(1), "break"));
}

#[test]
fn a_restart_is_one_backtrack_and_a_duplicate_for_each_entry_that_is_recorded_again() {
    let Some(bytes) = large(RESTART) else { return };
    for rule in [Rule::SeenParent, Rule::TigerBeetle] {
        let validation = validate_bytes(rule, bytes);
        assert_eq!(validation.findings, [], "{rule}");
        assert_eq!((validation.entries, validation.ops.clone()), (1006, Some(1..=503)), "{rule}");
        let backtracks: Vec<_> =
            validation.notes.iter().filter(|note| matches!(note.kind, NoteKind::Backtrack { .. })).collect();
        assert_eq!(backtracks.len(), 1);
        assert_eq!(backtracks[0].kind, NoteKind::Backtrack { from: 503 });
        assert_eq!((backtracks[0].op, backtracks[0].offset), (Some(1), 738_800));
        let duplicates = validation.notes.iter().filter(|note| note.kind == NoteKind::Duplicate);
        assert!(duplicates.map(|note| note.op.unwrap()).eq(1..=503));
        assert_eq!(validation.notes.len(), 504);
    }
}

#[test]
fn a_restart_is_one_break_under_linear_where_the_second_run_begins() {
    let Some(bytes) = large(RESTART) else { return };
    let validation = validate_bytes(Rule::Linear, bytes);
    let [finding] = &validation.findings[..] else { panic!("{:?}", validation.findings) };
    assert_eq!((finding.part, finding.offset, finding.op), (0, 738_800, Some(1)));
    let expected = "67370aba3ba4eb813e51c9607c30036f".parse().unwrap();
    assert_eq!(finding.kind, FindingKind::Break { expected, found: Prepare::root(0).checksum() });
    assert_eq!(validation.entries, 1006);
}

#[test]
fn a_restart_has_the_tip_and_the_digest_of_what_is_left_when_it_is_merged() {
    let Some(bytes) = large(RESTART) else { return };
    for rule in Rule::ALL {
        let validation = validate_bytes(rule, bytes);
        assert_eq!(validation.tip.unwrap().checksum.to_string(), "67370aba3ba4eb813e51c9607c30036f");
        assert_eq!(validation.digest, Digest(96_977_285_063_523_910_517_695_496_647_665_917_251), "{rule}");
    }
    let raw = block_on(digest([SliceReader::new(bytes)], read::Options::new())).unwrap();
    let merged = block_on(digest([SliceReader::new(&bytes[..738_800])], read::Options::new())).unwrap();
    assert_eq!((raw, merged.0), (merged, 96_977_285_063_523_910_517_695_496_647_665_917_251));
}

/// Where each entry begins, and the end.
fn bounds(bytes: &[u8]) -> Vec<u64> {
    let mut bounds = vec![0];
    let mut at = 0;
    while at < bytes.len() {
        at += AofEntry::decode(&bytes[at..]).unwrap().size_disk() as usize;
        bounds.push(at as u64);
    }
    bounds
}

#[test]
fn every_large_log_that_is_cut_anywhere_in_its_last_entry_is_torn_there() {
    for name in [RESTART, ROTATED[0], ROTATED[1]] {
        let Some(bytes) = large(name) else { continue };
        let bounds = bounds(bytes);
        let [before, last, end] = bounds[bounds.len() - 3..] else { panic!("{name} is long") };
        for cut in last + 1..end {
            let reader = SliceReader::new(&bytes[before as usize..cut as usize]);
            let mut entries = Entries::new(reader, small_chunks());
            assert!(block_on(entries.next()).unwrap().is_some());
            let torn = block_on(entries.next()).unwrap_err();
            let Error::Corrupt { offset, reason } = torn else { panic!("{torn:?}") };
            let (have, need) = (cut - last, if cut - last < 272 { 272 } else { end - last });
            assert_eq!((offset, reason.damage()), (last - before, Damage::Torn { have, need }), "{name} cut at {cut}");
        }
    }
}

#[test]
fn a_large_log_that_is_cut_keeps_all_other_entries() {
    for name in [RESTART, ROTATED[0], ROTATED[1]] {
        let Some(bytes) = large(name) else { continue };
        let whole = validate_bytes(Rule::SeenParent, bytes);
        let bounds = bounds(bytes);
        let last = bounds[bounds.len() - 2];
        let cut = last + 200;
        let validation = validate_bytes(Rule::SeenParent, &bytes[..cut as usize]);
        assert_eq!(validation.entries, whole.entries - 1);
        let [finding] = &validation.findings[..] else { panic!("{:?}", validation.findings) };
        let damage = Damage::Torn { have: 200, need: 272 };
        assert_eq!(finding.offset, last);
        assert_eq!(finding.kind, FindingKind::Damage { len: 200, damage, zeros: false, torn_end: true });
    }
}
