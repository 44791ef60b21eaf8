//! Validation: the three rules, several files as one log, and what is said about each entry.

use crate::support::block_on;
use crate::support::log::{Log, OPERATION, body, header, sibling};
use crate::support::reader::SliceReader;
use crate::support::reading::{options, small_chunks, validate_bytes, validate_parts};
use aof_api::format::{Checksum, Damage, HeaderLint, Prepare};
use aof_api::validate::{self, FindingKind, Note, NoteKind, Observation, Validation, Validator, validate};
use aof_api::{Aof, Error, LogOptions, Operation, Rule, Tip};
use aof_memory::MemoryBackend;

/// The index of the entry that something is said about, and one word for it.
type Said = (usize, &'static str);

/// What is said about the entries of a log, findings and notes.
fn said(log: &Log, validation: &Validation) -> (Vec<Said>, Vec<Said>) {
    let index = |offset: u64| (0..log.len()).find(|index| log.offset(*index) == offset).unwrap();
    let findings = validation.findings.iter().map(|finding| (index(finding.offset), finding.kind.name()));
    let notes = validation.notes.iter().map(|note| (index(note.offset), note.kind.name()));
    (findings.collect(), notes.collect())
}

/// Ops of one history, a rule, and the findings and notes that it has.
type Case = (&'static [u64], Rule, &'static [Said], &'static [Said]);

const LINEAR: Rule = Rule::Linear;
const SEEN: Rule = Rule::SeenParent;
const TB: Rule = Rule::TigerBeetle;

#[test]
fn each_rule_has_its_own_view_of_an_irregular_log() {
    let cases: [Case; 29] = [
        // A plain chain, from the beginning and from the middle.
        (&[1, 2, 3], LINEAR, &[], &[]),
        (&[1, 2, 3], SEEN, &[], &[]),
        (&[1, 2, 3], TB, &[], &[]),
        (&[5, 6, 7], LINEAR, &[], &[(0, "head-missing")]),
        (&[5, 6, 7], SEEN, &[], &[(0, "head-missing")]),
        (&[5, 6, 7], TB, &[], &[(0, "head-missing")]),
        // A restart.
        (&[1, 2, 3, 2, 3, 4], LINEAR, &[(3, "break")], &[(3, "backtrack")]),
        (&[1, 2, 3, 2, 3, 4], SEEN, &[], &[(3, "backtrack"), (3, "duplicate"), (4, "duplicate")]),
        (&[1, 2, 3, 2, 3, 4], TB, &[], &[(3, "backtrack"), (3, "duplicate"), (4, "duplicate")]),
        // An entry twice in a row.
        (&[1, 2, 2, 3], LINEAR, &[(2, "break")], &[(2, "backtrack")]),
        (&[1, 2, 2, 3], SEEN, &[], &[(2, "backtrack"), (2, "duplicate")]),
        // All of it again.
        (&[1, 2, 1, 2, 3], SEEN, &[], &[(2, "backtrack"), (2, "duplicate"), (3, "duplicate")]),
        (&[1, 2, 1, 2, 3], TB, &[], &[(2, "backtrack"), (2, "duplicate"), (3, "duplicate")]),
        // A gap.
        (&[1, 2, 5, 6], LINEAR, &[(2, "gap")], &[]),
        (&[1, 2, 5, 6], SEEN, &[(2, "gap")], &[]),
        (&[1, 2, 5, 6], TB, &[], &[(2, "parent-unseen")]),
        // Two gaps.
        (&[1, 3, 4, 9], SEEN, &[(1, "gap"), (3, "gap")], &[]),
        (&[1, 3, 4, 9], TB, &[], &[(1, "parent-unseen"), (3, "parent-unseen")]),
        // A stale block: op 1 is where op 4 should.
        (&[1, 2, 3, 1, 5], LINEAR, &[(3, "break"), (4, "gap")], &[(3, "backtrack")]),
        (&[1, 2, 3, 1, 5], SEEN, &[(4, "gap")], &[(3, "backtrack"), (3, "duplicate")]),
        (&[1, 2, 3, 1, 5], TB, &[], &[(3, "backtrack"), (3, "duplicate"), (4, "parent-unseen")]),
        // What a gap left out comes later.
        (&[1, 4, 2, 3, 4, 5], LINEAR, &[(1, "gap"), (2, "break")], &[(2, "backtrack")]),
        (&[1, 4, 2, 3, 4, 5], SEEN, &[(1, "gap")], &[(2, "backtrack"), (4, "duplicate")]),
        (&[1, 4, 2, 3, 4, 5], TB, &[], &[(1, "parent-unseen"), (2, "backtrack"), (4, "duplicate")]),
        // Backwards.
        (&[3, 2, 1], LINEAR, &[(1, "break"), (2, "break")], &[(1, "backtrack"), (2, "backtrack")]),
        (&[3, 2, 1], TB, &[], &[(1, "backtrack"), (1, "parent-unseen"), (2, "backtrack")]),
        // A gap after a step back.
        (&[1, 2, 3, 1, 6], SEEN, &[(4, "gap")], &[(3, "backtrack"), (3, "duplicate")]),
        (&[4, 5, 4, 5, 6], SEEN, &[], &[(0, "head-missing"), (2, "backtrack"), (2, "duplicate"), (3, "duplicate")]),
        (&[4, 5, 4, 5, 6], TB, &[], &[(0, "head-missing"), (2, "backtrack"), (2, "duplicate"), (3, "duplicate")]),
    ];
    for (ops, rule, findings, notes) in cases {
        let log = Log::of_ops(ops);
        let validation = validate_bytes(rule, &log.bytes());
        let (found, noted) = said(&log, &validation);
        assert_eq!((&found[..], &noted[..]), (findings, notes), "ops {ops:?} under {rule}");
        assert_eq!(validation.is_clean(), findings.is_empty(), "ops {ops:?} under {rule}");
        assert_eq!(validation.entries, ops.len() as u64);
        let range = *ops.iter().min().unwrap()..=*ops.iter().max().unwrap();
        assert_eq!(validation.ops, Some(range));
        assert_eq!(validation.root, Some(log.prepares[0].header().parent));
        let last = log.prepares.last().unwrap();
        assert_eq!(validation.tip, Some(Tip { op: last.op(), checksum: last.checksum() }));
    }
}

#[test]
fn a_gap_names_the_ops_that_are_missing_and_the_checksum_of_the_last() {
    let history = Log::history(9);
    let missing_parent = history.checksum(4);
    let log = Log::of_ops(&[1, 2, 6, 7]);
    for rule in [LINEAR, SEEN] {
        let validation = validate_bytes(rule, &log.bytes());
        let kind = FindingKind::Gap { missing: 3..=5, parent: missing_parent };
        assert_eq!((validation.findings[0].op, &validation.findings[0].kind), (Some(6), &kind), "{rule}");
        assert_eq!(
            validation.findings[0].kind.to_string(),
            format!("ops 3 to 5 are missing; the checksum of the last is {missing_parent}")
        );
    }
    let validation = validate_bytes(TB, &log.bytes());
    let kind = NoteKind::ParentUnseen { parent: missing_parent, missing: Some(3..=5) };
    assert_eq!(validation.notes[0].kind, kind);
}

#[test]
fn a_fork_names_both_branches_under_every_rule_that_remembers() {
    let mut log = Log::history(5);
    let other = sibling(&log.prepares[2]);
    log.prepares.push(other.clone());
    for rule in [SEEN, TB] {
        let validation = validate_bytes(rule, &log.bytes());
        assert_eq!(validation.findings.len(), 1, "{rule}");
        let kind = FindingKind::Fork { parent: log.checksum(1), other: log.checksum(2), checksum: other.checksum() };
        assert_eq!((validation.findings[0].op, &validation.findings[0].kind), (Some(3), &kind), "{rule}");
        assert_eq!(validation.findings[0].offset, log.offset(5));
    }
    let validation = validate_bytes(LINEAR, &log.bytes());
    assert_eq!(said(&log, &validation).0, [(5, "break")]);
}

#[test]
fn a_fork_at_the_root_is_a_fork() {
    let mut log = Log::history(3);
    let other = sibling(&log.prepares[0]);
    log.prepares.push(other);
    for rule in [SEEN, TB] {
        assert_eq!(said(&log, &validate_bytes(rule, &log.bytes())).0, [(3, "fork")], "{rule}");
    }
}

#[test]
fn both_branches_of_a_fork_may_go_on() {
    let log = Log::history(3);
    let other = sibling(&log.prepares[1]);
    let next = crate::support::log::prepare(3, other.checksum(), b"on the other branch");
    let forked = Log { prepares: [&log.prepares[..], &[other, next]].concat() };
    assert_eq!(said(&forked, &validate_bytes(SEEN, &forked.bytes())).0, [(3, "fork")]);
}

#[test]
fn an_expected_tip_must_be_the_last_entry() {
    let log = Log::history(5);
    let expect = |bytes: &[u8], expected| block_on(validate(SliceReader::new(bytes), options(LINEAR), Some(expected)));
    assert!(expect(&log.bytes(), log.checksum(4)).unwrap().is_clean());
    for wrong in [log.checksum(3), Checksum::of(b"nothing"), Prepare::root(0).checksum()] {
        let error = expect(&log.bytes(), wrong).unwrap_err();
        let Error::ChecksumMismatch { expected, found } = error else { panic!("{error}") };
        assert_eq!((expected, found), (wrong, Some(log.checksum(4))));
    }
    let error = expect(b"", log.checksum(4)).unwrap_err();
    assert!(matches!(error, Error::ChecksumMismatch { found: None, .. }), "{error}");
    // The disk that lies: everything reads well, and the last entry is gone.
    let error = expect(&log.bytes()[..log.offset(4) as usize], log.checksum(4)).unwrap_err();
    assert!(matches!(error, Error::ChecksumMismatch { found, .. } if found == Some(log.checksum(3))), "{error}");
}

#[test]
fn a_log_validates_itself() {
    let mut log = block_on(Aof::create(MemoryBackend::new(), LogOptions::new())).unwrap();
    assert!(block_on(log.validate(LINEAR, None)).unwrap().is_clean());
    let appended = block_on(log.append_all(&[(OPERATION, body(1)), (OPERATION, body(2))])).unwrap();
    for rule in Rule::ALL {
        let validation = block_on(log.validate(rule, Some(appended[1].checksum))).unwrap();
        assert_eq!((validation.entries, validation.findings, validation.notes), (2, vec![], vec![]));
    }
    assert!(matches!(block_on(log.validate(LINEAR, Some(appended[0].checksum))), Err(Error::ChecksumMismatch { .. })));
    assert_eq!(log.tip().unwrap().op, 2, "validating leaves the log alone");
}

#[test]
fn a_header_that_breaks_a_rule_is_a_note() {
    type Broken = (fn(&mut aof_api::format::Header), HeaderLint);
    let cases: [Broken; 6] = [
        (|h| h.epoch = 1.into(), HeaderLint::Epoch),
        (|h| h.release = 0.into(), HeaderLint::Release),
        (|h| h.client = 0.into(), HeaderLint::Client),
        (|h| h.commit = h.op.get().into(), HeaderLint::Commit),
        (|h| h.timestamp = 0.into(), HeaderLint::Timestamp),
        (|h| h.operation = Operation::PULSE.0, HeaderLint::Client),
    ];
    for (break_it, lint) in cases {
        let mut log = Log::history(2);
        let mut broken = header(3, log.checksum(1));
        break_it(&mut broken);
        log.prepares.push(Prepare::seal(broken, b"").unwrap());
        for rule in Rule::ALL {
            let validation = validate_bytes(rule, &log.bytes());
            assert_eq!(validation.findings, [], "{lint}");
            let note = &validation.notes[0];
            assert_eq!((note.offset, note.op, &note.kind), (log.offset(2), Some(3), &NoteKind::Lint(lint)));
        }
    }
}

#[test]
fn each_change_of_the_cluster_is_a_finding_under_every_rule() {
    let mut log = Log::history(2);
    let mut foreign = header(3, log.checksum(1));
    foreign.cluster = 5.into();
    log.prepares.push(Prepare::seal(foreign, b"").unwrap());
    let mut second = header(4, log.checksum(2));
    second.cluster = 5.into();
    log.prepares.push(Prepare::seal(second, b"").unwrap());
    log.prepares.push(Prepare::seal(header(5, log.checksum(3)), b"").unwrap());
    for rule in Rule::ALL {
        let validation = validate_bytes(rule, &log.bytes());
        assert_eq!(validation.notes, []);
        let places: Vec<_> = validation.findings.iter().map(|finding| (finding.op, finding.kind.clone())).collect();
        assert_eq!(
            places,
            [
                (Some(3), FindingKind::Cluster { expected: 0, found: 5 }),
                (Some(5), FindingKind::Cluster { expected: 5, found: 0 })
            ],
            "{rule:?}"
        );
    }
}

#[test]
fn a_first_op_that_does_not_stand_on_the_root_is_a_note() {
    let parent = Checksum::of(b"not the root");
    let log = Log { prepares: vec![crate::support::log::prepare(1, parent, b"")] };
    for rule in Rule::ALL {
        let validation = validate_bytes(rule, &log.bytes());
        assert_eq!((validation.findings.len(), &validation.notes[0].kind), (0, &NoteKind::Root { parent }));
    }
}

#[test]
fn the_end_of_a_log_that_is_being_written_is_pending() {
    let log = Log::history(3);
    let torn = log.bytes()[..log.offset(2) as usize + 280].to_vec();
    let zeros = [log.bytes(), vec![0; 5000]].concat();
    for (bytes, offset, len) in [(torn, log.offset(2), 280), (zeros, log.offset(3), 5000)] {
        let live = options(LINEAR).live(true);
        let validation = block_on(validate(SliceReader::new(&bytes), live, None)).unwrap();
        assert_eq!(validation.findings, []);
        let [note] = &validation.notes[..] else { panic!("{:?}", validation.notes) };
        assert_eq!((note.offset, &note.kind), (offset, &NoteKind::Pending { len }));
        assert_eq!(validate_bytes(LINEAR, &bytes).findings.len(), 1, "nobody writes it: damage");
    }
}

#[test]
fn damage_is_damage_also_in_a_log_that_is_being_written() {
    let log = Log::history(4);
    let mut hole = log.bytes();
    hole[log.range(1)].fill(0);
    let mut last = log.bytes();
    last[log.offset(3) as usize + 275] ^= 1;
    let torn_and_more = [&log.bytes()[..log.offset(1) as usize + 40], &log.bytes()[log.offset(1) as usize..]].concat();
    for bytes in [hole, last, torn_and_more] {
        let live = options(SEEN).live(true);
        let validation = block_on(validate(SliceReader::new(&bytes), live, None)).unwrap();
        assert!(matches!(validation.findings[0].kind, FindingKind::Damage { .. }), "{:?}", validation.findings);
        assert_eq!(validation.notes, []);
    }
}

#[test]
fn several_files_are_one_chain() {
    let log = Log::history(9);
    let bytes = log.bytes();
    for rule in Rule::ALL {
        for (first, second) in [(3, 6), (0, 5), (4, 4), (9, 9), (1, 8)] {
            let cuts = [0, log.offset(first) as usize, log.offset(second) as usize, bytes.len()];
            let parts = cuts.windows(2).map(|cut| SliceReader::new(&bytes[cut[0]..cut[1]]));
            let (validation, observations) = validate_parts(options(rule), parts);
            assert_eq!(observations, [], "{rule}, cut after {first} and {second}");
            assert_eq!(validation, validate_bytes(rule, &bytes), "{rule}, cut after {first} and {second}");
        }
    }
}

#[test]
fn a_rotation_that_repeats_its_last_entry_is_a_seam() {
    let first = Log::of_ops(&[1, 2, 3]);
    let second = Log::of_ops(&[3, 4, 5]);
    for rule in Rule::ALL {
        let parts = [&first, &second].map(|log| SliceReader::new(&log.bytes()));
        let (validation, observations) = validate_parts(options(rule), parts);
        let [Observation::Note(note)] = &observations[..] else { panic!("{rule}: {observations:?}") };
        assert_eq!((note.part, note.offset, note.op, &note.kind), (1, 0, Some(3), &NoteKind::Seam), "{rule}");
        assert_eq!((validation.entries, validation.tip.unwrap().op), (6, 5));
    }
}

#[test]
fn findings_name_their_file_and_their_place_in_it() {
    let one = Log::of_ops(&[1, 2]);
    let three = Log::of_ops(&[5, 6]);
    let mut torn = three.bytes();
    torn.truncate(torn.len() - 1);
    let parts = [one.bytes(), b"junk".to_vec(), torn].map(|bytes| SliceReader::new(&bytes));
    let (validation, observations) = validate_parts(options(LINEAR), parts);
    let places: Vec<_> = observations
        .iter()
        .map(|observation| match observation {
            Observation::Finding(finding) => (finding.part, finding.offset, finding.kind.name()),
            Observation::Note(note) => panic!("{note:?}"),
        })
        .collect();
    assert_eq!(places, [(1, 0, "damage"), (2, 0, "gap"), (2, three.offset(1), "damage")]);
    assert_eq!(validation.bytes, one.offset(2) + 4 + three.offset(2) - 1);
    assert_eq!(validation.entries, 3);
}

#[test]
fn a_validation_can_be_asked_for_between_files() {
    let log = Log::history(4);
    let bytes = log.bytes();
    let middle = log.offset(2) as usize;
    let mut validator = Validator::new(options(LINEAR));
    block_on(validator.read(SliceReader::new(&bytes[..middle]), |_| ())).unwrap();
    assert_eq!(validator.finish(), validate_bytes(LINEAR, &bytes[..middle]));
    block_on(validator.read(SliceReader::new(&bytes[middle..]), |_| ())).unwrap();
    assert_eq!(validator.finish(), validate_bytes(LINEAR, &bytes));
}

#[test]
fn a_log_that_begins_behind_op_1_is_noted_once_whatever_its_files() {
    let log = Log::history(5);
    let at = |index: usize| log.offset(index) as usize;
    let bytes = log.bytes();
    for rule in Rule::ALL {
        let validation = validate_bytes(rule, &bytes[at(2)..]);
        let note = Note::new(0, 0, Some(3), NoteKind::HeadMissing { op: 3 });
        assert_eq!((&validation.findings[..], &validation.notes[..]), (&[][..], &[note][..]), "{rule}");
        assert_eq!(validate_bytes(rule, &bytes).notes, []);
    }
    // What comes before may stand in a later file, or be damaged.
    let notes = |parts: &[&[u8]]| {
        let mut validator = Validator::new(options(Rule::SeenParent));
        for part in parts {
            block_on(validator.read(SliceReader::new(part), |_| ())).unwrap();
        }
        validator.finish().notes
    };
    assert_eq!(notes(&[&bytes[at(2)..], &bytes[..at(2)]]), []);
    let second = Note::new(1, 0, Some(2), NoteKind::HeadMissing { op: 2 });
    assert_eq!(notes(&[&bytes[at(3)..], &bytes[at(1)..at(3)]]), [second]);
    let mut damaged = bytes.clone();
    damaged[20] ^= 1;
    let behind = Note::new(0, log.offset(1), Some(2), NoteKind::HeadMissing { op: 2 });
    assert_eq!(notes(&[&damaged]), [behind]);
    assert_eq!(NoteKind::HeadMissing { op: 3 }.to_string(), "begins at op 3: what came before is not in these files");
}

#[test]
fn what_is_said_reads_well() {
    let checksum = Checksum::from(0xab);
    let damage = |damage, zeros, torn_end| FindingKind::Damage { len: 9, damage, zeros, torn_end }.to_string();
    let cases = [
        (damage(Damage::Magic, true, false), "9 bytes that read as zeros"),
        (
            damage(Damage::Magic, true, true),
            "9 bytes that read as zeros, to the end: the file grew, and nothing says that an entry was acknowledged there",
        ),
        (damage(Damage::BodyChecksum, false, false), "damaged body (checksum mismatch); 9 bytes hold no whole entry"),
        (
            damage(Damage::Torn { have: 9, need: 272 }, false, true),
            "torn entry: 9 of 272 bytes are there; 9 bytes hold no whole entry: one was begun and never finished, and \
             nothing says that it was acknowledged",
        ),
        (
            FindingKind::Gap { missing: 4..=4, parent: checksum }.to_string(),
            "op 4 is missing; its checksum is 000000000000000000000000000000ab",
        ),
        (NoteKind::Backtrack { from: 503 }.to_string(), "the ops go back, from 503"),
    ];
    for (said, expected) in cases {
        assert_eq!(said, expected);
    }
}

#[test]
fn rules_have_names() {
    for (rule, name) in [(LINEAR, "linear"), (SEEN, "seen-parent"), (TB, "tb")] {
        assert_eq!((rule.to_string(), name.parse()), (name.to_owned(), Ok(rule)));
    }
    for text in ["", "Linear", "tigerbeetle", "tb "] {
        assert!(text.parse::<Rule>().is_err(), "{text:?}");
    }
    assert_eq!(Rule::default(), LINEAR);
}

#[test]
fn reading_options_do_not_change_the_result_of_validate() {
    let log = Log::history(20);
    let expected = validate_bytes(SEEN, &log.bytes());
    let options = validate::Options::new().rule(SEEN).read(small_chunks()).verify_threads(2).live(true);
    assert_eq!(block_on(validate(SliceReader::new(&log.bytes()), options, None)).unwrap(), expected);
}
