//! The tool as people use it: commands, outputs, exit codes.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use std::io::{BufRead, BufReader};
use std::process::Stdio;
use support::writer::Writer;
use support::{GOLDEN, aof, aof_with_input, directory, golden, three_lines};

#[test]
fn lines_are_appended_and_validated() {
    let directory = directory();
    let ran = aof_with_input(directory.path(), &["append", "log.aof"], b"one\ntwo\nthree");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.contains("appended  3 entries, 827 bytes"), "{}", ran.out);
    assert!(ran.out.contains("(op 3)"), "{}", ran.out);
    assert!(ran.out.contains("entries/s"), "{}", ran.out);
    let ran = aof(directory.path(), &["validate", "--rule", "linear", "log.aof"]);
    assert_eq!(ran.code, 0);
    assert!(ran.out.contains("whole under the rule linear"), "{}", ran.out);
    let ran = aof(directory.path(), &["inspect", "log.aof", "--body", "text", "--op", "2.."]);
    assert!(ran.out.contains(" two\n") && ran.out.contains(" three\n") && !ran.out.contains(" one\n"), "{}", ran.out);
}

#[test]
fn a_second_run_goes_on_where_the_first_ended() {
    let directory = directory();
    three_lines(directory.path());
    let ran = aof_with_input(directory.path(), &["append", "log.aof"], b"four\n");
    assert!(ran.out.contains("(op 4)"), "{}", ran.out);
    assert!(aof(directory.path(), &["validate", "--rule", "linear", "log.aof"]).out.contains("ops       1 to 4"));
}

#[test]
fn acknowledged_ops_go_to_standard_output_and_the_summary_does_not() {
    let directory = directory();
    for sync in ["every", "group", "end"] {
        let log = format!("{sync}.aof");
        let ran = aof(directory.path(), &["append", "--ack", "--count", "3", "--size", "10", "--sync", sync, &log]);
        assert_eq!((ran.code, ran.out.as_str()), (0, "1\n2\n3\n"), "{sync}");
        assert!(ran.err.contains("appended  3 entries"), "{}", ran.err);
    }
}

#[test]
fn an_entry_is_acknowledged_while_the_input_pauses() {
    let directory = directory();
    let mut writer = Writer::start_with(directory.path(), &["log.aof"]);
    for op in 1..=3 {
        assert_eq!(writer.append("a line"), Some(op.to_string()));
    }
    assert_eq!(writer.end().0, 0);
}

#[test]
fn a_second_writer_is_refused_and_a_reader_is_not() {
    let directory = directory();
    let mut writer = Writer::start_with(directory.path(), &["log.aof"]);
    assert!(writer.append("a line").is_some());
    let ran = aof_with_input(directory.path(), &["append", "log.aof"], b"another\n");
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("held by another writer"), "{}", ran.err);
    let ran = aof(directory.path(), &["validate", "log.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("entries   1\n"), "{}", ran.out);
    assert_eq!(writer.end().0, 0);
}

#[test]
fn a_torn_tail_is_cut_and_kept_beside_the_log() {
    let directory = directory();
    let log = three_lines(directory.path());
    let bytes = fs::read(&log).unwrap();
    fs::write(&log, &bytes[..bytes.len() - 1]).unwrap();
    let ran = aof(directory.path(), &["validate", "log.aof"]);
    assert_eq!(ran.code, 1);
    assert!(
        ran.out.contains("FINDING damage log.aof at offset 550, op 3: torn entry: 276 of 277 bytes"),
        "{}",
        ran.out
    );
    let ran = aof_with_input(directory.path(), &["append", "log.aof"], b"again\n");
    assert_eq!(ran.code, 0);
    assert!(
        ran.err.contains("cut a tail of 276 bytes at offset 550 (torn entry: 276 of 277 bytes are there)"),
        "{}",
        ran.err
    );
    assert_eq!(fs::read(directory.path().join("log.aof.cut-550")).unwrap(), bytes[550..bytes.len() - 1]);
    assert_eq!(aof(directory.path(), &["validate", "--rule", "linear", "log.aof"]).code, 0);
}

#[test]
fn a_torn_or_zero_end_is_called_one_and_append_cuts_it() {
    let directory = directory();
    let path = directory.path();
    let log = three_lines(path);
    let whole = fs::read(&log).unwrap();
    let torn = [&whole[..], &whole[..40]].concat();
    let zeros = [&whole[..], &[0; 5000]].concat();
    // In space that was allocated ahead: the beginning of an entry, and zeros further than it goes.
    let ahead = [&whole[..], &whole[550..800], &[0; 5000]].concat();
    for (bytes, says) in [
        (&torn, "40 bytes hold no whole entry: one was begun and never finished, and nothing says that it was acknowl"),
        (&ahead, "5250 bytes hold no whole entry: one was begun and never finished, and nothing says that it was ack"),
        (&zeros, "5000 bytes that read as zeros, to the end: the file grew, and nothing says that an entry was acknow"),
    ] {
        fs::write(&log, bytes).unwrap();
        let ran = aof(path, &["validate", "log.aof"]);
        assert_eq!(ran.code, 1);
        let rest = "intact: 3 entries, 827 of";
        let next = "  aof append log.aof < /dev/null   cuts the torn end when it opens the log, and keeps bytes that are not zeros";
        for line in ["FINDING damage log.aof at offset 827", says, rest, "the rest is the torn end\n", next] {
            assert!(ran.out.contains(line), "{line}: {}", ran.out);
        }
        for how in [&["repair", "--dry-run", "log.aof"][..], &["merge", "--force", "-o", "out.aof", "log.aof"]] {
            let ran = aof(path, how);
            assert_eq!(ran.code, 1, "{how:?}: {}{}", ran.out, ran.err);
            for line in ["torn end log.aof at offset 827", says, "\nwhole but for a torn end\n"] {
                assert!(ran.out.contains(line), "{how:?}: {line}: {}", ran.out);
            }
            // What was written has no torn end any more.
            let advised = ran.out.contains("`aof append log.aof < /dev/null` cuts the torn end");
            assert_eq!(advised, how[0] == "repair", "{}", ran.out);
            assert!(!ran.out.contains("LOST") && !ran.out.contains("not whole"), "{}", ran.out);
        }
        let ran = aof(path, &["repair", "--json", "--dry-run", "log.aof"]);
        let finding = ran.out.lines().find(|line| line.contains("finding")).unwrap();
        let finding: serde_json::Value = serde_json::from_str(finding).unwrap();
        assert_eq!((&finding["torn_end"], &finding["lost"]), (&true.into(), &true.into()), "{finding}");
        let ran = aof(path, &["inspect", "log.aof"]);
        assert!(ran.code == 1 && ran.err.contains(says), "{}", ran.err);
        let ran = aof(path, &["append", "log.aof"]);
        assert_eq!((ran.code, fs::read(&log).unwrap()), (0, whole.clone()), "{}", ran.err);
    }
    // Damage of another kind at the end is no torn end.
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    fs::write(&log, flipped).unwrap();
    let ran = aof(path, &["repair", "--dry-run", "log.aof"]);
    assert!(ran.out.contains("LOST log.aof at offset 550, op 3") && ran.out.contains("not whole"), "{}", ran.out);
    assert_eq!(aof(path, &["append", "log.aof"]).code, 1);
}

#[test]
fn a_log_that_begins_behind_op_1_is_noted() {
    let directory = directory();
    let path = directory.path();
    let log = three_lines(path);
    let whole = fs::read(&log).unwrap();
    fs::write(&log, &whole[275..]).unwrap();
    fs::write(path.join("head.aof"), &whole[..275]).unwrap();
    let says = "begins at op 2: what came before is not in these files";
    for rule in ["linear", "seen-parent", "tb"] {
        let ran = aof(path, &["validate", "--rule", rule, "log.aof"]);
        assert_eq!(ran.code, 0);
        assert!(ran.out.contains(&format!("note head-missing log.aof at offset 0, op 2: {says}\n")), "{}", ran.out);
        assert!(ran.out.contains("notes     1 head-missing\nwhole under"), "{}", ran.out);
    }
    assert!(aof(path, &["validate", "head.aof", "log.aof"]).out.contains("notes     none\n"));
    assert!(aof(path, &["stat", "log.aof"]).out.contains(&format!("note        {says}\n")));
    let ran = aof(path, &["inspect", "log.aof"]);
    assert_eq!((ran.code, ran.err), (0, format!("log.aof {says}\n")));
    // Of a part, nobody knows.
    for part in [&["--limit", "1"][..], &["--op", "3"]] {
        assert_eq!(aof(path, &[&["inspect", "log.aof"], part].concat()).err, "");
    }
    for command in ["validate", "stat", "inspect"] {
        let ran = aof(path, &[command, "--json", "log.aof"]);
        let note = ran.out.lines().find(|line| line.contains("\"note\"")).unwrap();
        let note: serde_json::Value = serde_json::from_str(note).unwrap();
        assert_eq!((note["kind"].as_str(), note["op"].as_u64()), (Some("head-missing"), Some(2)), "{command}");
        assert_eq!(note["message"].as_str(), Some(says), "{command}");
    }
}

#[test]
fn a_flipped_bit_is_found_and_the_rest_is_still_read() {
    let directory = directory();
    let log = three_lines(directory.path());
    let mut bytes = fs::read(&log).unwrap();
    // The size of the second entry, which TigerBeetle's tool believes.
    bytes[275 + 16 + 96 + 1] ^= 0x40;
    fs::write(&log, &bytes).unwrap();
    let ran = aof(directory.path(), &["validate", "log.aof"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("FINDING damage log.aof at offset 275: damaged header"), "{}", ran.out);
    assert!(ran.out.contains("FINDING gap log.aof at offset 550, op 3: op 2 is missing"), "{}", ran.out);
    assert!(ran.out.contains("entries   2\n"), "{}", ran.out);
    let ran = aof(directory.path(), &["inspect", "log.aof", "--body", "text"]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains(" one\n") && ran.out.contains(" three\n"), "{}", ran.out);
    assert!(ran.err.contains("at offset 275"), "{}", ran.err);
    // No entry after the damage says that it had been checkpointed, but a whole one is there: people decide.
    let ran = aof_with_input(directory.path(), &["append", "log.aof"], b"two again\n");
    assert_eq!(ran.code, 1, "{}", ran.err);
    let (merge, cut) =
        (ran.err.find("\n  aof merge -o OUT log.aof ANOTHER-COPY"), ran.err.find("`--tail truncate` keeps"));
    assert!(merge.is_some() && merge < ran.err.find("\n  aof repair --dry-run log.aof"), "{}", ran.err);
    assert!(ran.err.find("\n  aof repair -o OUT log.aof") < cut, "{}", ran.err);
    assert!(
        ran.err.contains("keeps the 1 whole entry before the damage, and cuts the 1 whole entry after it"),
        "{}",
        ran.err
    );
    assert_eq!(fs::read(&log).unwrap(), bytes);
    let ran = aof_with_input(directory.path(), &["append", "--tail", "truncate", "log.aof"], b"two again\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("whole entries in it: 1"), "{}", ran.err);
    assert_eq!(fs::read(&log).unwrap()[..275], bytes[..275]);
    assert_eq!(fs::read(directory.path().join("log.aof.cut-275")).unwrap(), bytes[275..]);
    assert_eq!(aof(directory.path(), &["validate", "--rule", "linear", "log.aof"]).code, 0);
}

#[test]
fn a_file_of_another_kind_is_left_alone() {
    let directory = directory();
    let image = [vec![0; 1024], vec![7; 9000]].concat();
    fs::write(directory.path().join("image"), &image).unwrap();
    let ran = aof_with_input(directory.path(), &["append", "image"], b"a line\n");
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert_eq!(fs::read(directory.path().join("image")).unwrap(), image);
}

#[test]
fn a_reader_of_acknowledgements_that_goes_away_is_a_failure() {
    let directory = directory();
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("aof"))
        .args(["append", "--ack", "--count", "1000000", "--size", "1", "log.aof"])
        .current_dir(directory.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let err = String::from_utf8(output.stderr).unwrap();
    assert!(err.contains("cannot be acknowledged any more"), "{err}");
    assert_eq!(aof(directory.path(), &["validate", "--rule", "linear", "log.aof"]).code, 0);
}

#[test]
fn bad_input_gets_its_exit_code_and_a_reason() {
    let directory = directory();
    let path = directory.path();
    fs::write(path.join("empty"), b"").unwrap();
    fs::write(path.join("text"), b"hello\n").unwrap();
    fs::write(path.join("long"), vec![b'x'; 2 << 20]).unwrap();
    let mut legacy = 0xeb71_f62a_395c_755e_8c4a_cd3b_a183_1bc2_u128.to_le_bytes().to_vec();
    legacy.resize(8192, 0);
    fs::write(path.join("legacy"), legacy).unwrap();
    let cases: [(&[&str], i32, &str); 15] = [
        (&["validate", "empty"], 0, "empty under the rule"),
        (&["validate", "text"], 1, "no entry begins here (bad magic)"),
        (&["validate", "legacy"], 1, "before TigerBeetle 0.16.21"),
        (&["validate", "missing"], 3, "No such file"),
        (&["validate", "."], 3, "this is a directory"),
        (&["append", "text"], 1, "this is not a log, and nothing in it was changed"),
        (&["append", "."], 3, "this is a directory"),
        (&["append", "nowhere/log.aof"], 3, "No such file"),
        (&["append", "new.aof"], 0, "appended  0 entries"),
        (&["append", "new.aof", "--count", "1", "--operation", "1"], 2, "1 is not in 2..=255"),
        (&["append", "new.aof", "--count", "1", "--size", "2MiB"], 2, "above the largest body"),
        (&["validate"], 2, "required arguments"),
        (&["validate", "empty", "--tip", "00000000000000000000000000000001"], 1, "not the expected tip"),
        (&["validate", "empty", "--tip", "abc"], 2, "give all 32 hexadecimal digits"),
        (&["inspect", "empty", "--op", "5..3"], 2, "ends before it begins"),
    ];
    for (arguments, code, reason) in cases {
        let ran = aof(path, arguments);
        assert_eq!(ran.code, code, "{arguments:?}: {}{}", ran.out, ran.err);
        assert!(ran.out.contains(reason) || ran.err.contains(reason), "{arguments:?}: {}{}", ran.out, ran.err);
    }
    assert_eq!(fs::read(path.join("text")).unwrap(), b"hello\n");
    let ran = aof_with_input(path, &["append", "new.aof"], &fs::read(path.join("long")).unwrap());
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("line 1 is longer than an entry can hold"), "{}", ran.err);
}

#[test]
fn a_tigerbeetle_log_is_read() {
    let directory = directory();
    for rule in ["linear", "seen-parent", "tb"] {
        let ran = aof(directory.path(), &["validate", "--rule", rule, GOLDEN]);
        assert_eq!(ran.code, 0, "{}", ran.out);
        assert!(ran.out.contains("digest    76661497010598699506817449793601218450"), "{}", ran.out);
    }
    assert_eq!(aof(directory.path(), &["digest", GOLDEN]).out, "76661497010598699506817449793601218450\n");
    let ran = aof(directory.path(), &["inspect", GOLDEN, "--operation", "register"]);
    assert!(ran.out.contains("register(2)"), "{}", ran.out);
}

#[test]
fn a_rotated_pair_is_one_chain() {
    let directory = directory();
    let (first, second) = ("tigerbeetle-rotated-1.aof", "tigerbeetle-rotated-2.aof");
    if golden(directory.path(), first).and(golden(directory.path(), second)).is_none() {
        return;
    }
    for rule in ["linear", "seen-parent", "tb"] {
        let ran = aof(directory.path(), &["validate", "--rule", rule, first, second]);
        assert_eq!(ran.code, 0, "{}", ran.out);
        assert!(ran.out.contains("entries   5,205\n"), "{}", ran.out);
        assert!(ran.out.contains("digest    167920816660028139687325656636853450368\n"), "{}", ran.out);
    }
    let digest = aof(directory.path(), &["digest", first, second]);
    assert_eq!(digest.out, "167920816660028139687325656636853450368\n");
}

#[test]
fn a_restart_is_notes_or_a_break_by_the_rule() {
    let directory = directory();
    let name = "tigerbeetle-restart.aof";
    if golden(directory.path(), name).is_none() {
        return;
    }
    for rule in ["seen-parent", "tb"] {
        let ran = aof(directory.path(), &["validate", "--rule", rule, name]);
        assert_eq!(ran.code, 0, "{}", ran.out);
        assert!(ran.out.contains("notes     1 backtrack, 503 duplicates\n"), "{}", ran.out);
    }
    let ran = aof(directory.path(), &["validate", "--rule", "linear", name]);
    assert_eq!(ran.code, 1);
    assert!(ran.out.contains("FINDING break tigerbeetle-restart.aof at offset 738800, op 1"), "{}", ran.out);
    assert_eq!(aof(directory.path(), &["digest", name]).out, "96977285063523910517695496647665917251\n");
}

#[test]
fn json_is_one_object_per_line() {
    let directory = directory();
    let log = three_lines(directory.path());
    let mut bytes = fs::read(&log).unwrap();
    bytes[300] ^= 1;
    fs::write(&log, bytes).unwrap();
    for (arguments, types) in [
        (vec!["validate", "--json", "log.aof"], vec!["finding", "finding", "summary"]),
        (vec!["inspect", "--json", "log.aof"], vec!["entry", "damage", "entry"]),
    ] {
        let ran = aof(directory.path(), &arguments);
        let objects: Vec<serde_json::Value> = ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        let found: Vec<_> = objects.iter().map(|object| object["type"].as_str().unwrap()).collect();
        assert_eq!(found, types, "{}", ran.out);
    }
    let ran = aof(directory.path(), &["append", "--json", "--count", "2", "other.aof"]);
    let summary: serde_json::Value = serde_json::from_str(&ran.out).unwrap();
    assert_eq!((summary["entries"].as_u64(), summary["tip_op"].as_u64()), (Some(2), Some(2)));
}

#[test]
fn a_closed_pipe_is_quiet() {
    let directory = directory();
    aof(directory.path(), &["append", "--count", "20000", "--size", "1", "log.aof"]);
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("aof"))
        .args(["inspect", "log.aof"])
        .current_dir(directory.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let output = child.wait_with_output().unwrap();
    assert_eq!((output.status.code(), output.stderr.as_slice()), (Some(0), &b""[..]));
}

#[test]
fn a_log_is_followed_while_it_is_written() {
    let directory = directory();
    three_lines(directory.path());
    let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("aof"))
        .args(["inspect", "--follow", "--json", "log.aof"])
        .current_dir(directory.path())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    for _ in 0..3 {
        lines.next().unwrap().unwrap();
    }
    aof_with_input(directory.path(), &["append", "log.aof"], b"four\n");
    let entry: serde_json::Value = serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap();
    assert_eq!(entry["op"].as_u64(), Some(4));
    child.kill().unwrap();
    child.wait().unwrap();
}
