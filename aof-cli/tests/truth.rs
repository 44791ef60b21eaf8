//! Two clusters, holes, forks, files in the wrong order, empty backups: never silently fine, in any command.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use std::path::Path;
use support::{ENTRY_LEN, Ran, aof, aof_with_input, directory, log};

fn objects(ran: &Ran) -> Vec<serde_json::Value> {
    ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn of_type<'a>(objects: &'a [serde_json::Value], name: &str) -> Vec<&'a serde_json::Value> {
    objects.iter().filter(|object| object["type"] == name).collect()
}

/// A log of cluster 5 with three entries.
fn of_cluster_5(directory: &Path, name: &str) -> Vec<u8> {
    let ran = aof(directory, &["append", "--cluster", "5", "--count", "3", "--size", "100", name]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    fs::read(directory.join(name)).unwrap()
}

/// Files of 300 entries each, rotated from one log, that begin with a copy of the last entry before.
fn rotated(directory: &Path) -> Vec<u8> {
    let whole = log(directory, "whole.aof", 30);
    fs::write(directory.join("rot-1"), &whole[..10 * ENTRY_LEN]).unwrap();
    fs::write(directory.join("rot-2"), &whole[9 * ENTRY_LEN..20 * ENTRY_LEN]).unwrap();
    fs::write(directory.join("rot-3"), &whole[19 * ENTRY_LEN..]).unwrap();
    whole
}

#[test]
fn another_cluster_is_a_finding_under_every_rule_and_both_are_named() {
    let directory = directory();
    let path = directory.path();
    let (zero, five) = (log(path, "0.aof", 3), of_cluster_5(path, "5.aof"));
    fs::write(path.join("mixed.aof"), [&zero[..], &five].concat()).unwrap();
    for rule in ["linear", "seen-parent", "tb"] {
        for logs in [&["0.aof", "5.aof"][..], &["mixed.aof"]] {
            let ran = aof(path, &[&["validate", "--rule", rule][..], logs].concat());
            assert_eq!(ran.code, 1, "{rule} {logs:?}: {}", ran.out);
            assert_eq!(ran.out.matches("FINDING cluster").count(), 1, "{rule} {logs:?}: {}", ran.out);
            assert!(ran.out.contains("cluster 5 after cluster 0: logs of two clusters are mixed"), "{}", ran.out);
        }
    }
    let finding = objects(&aof(path, &["validate", "--json", "mixed.aof"]));
    let finding = *of_type(&finding, "finding").iter().find(|finding| finding["kind"] == "cluster").unwrap();
    assert_eq!(finding["cluster_expected"], format!("{:032x}", 0), "{finding}");
    assert_eq!(finding["cluster_found"], format!("{:032x}", 5), "{finding}");
    assert_eq!((&finding["offset"], &finding["op"]), (&zero.len().into(), &1.into()), "{finding}");

    for (rule, bytes) in [("tb", [&zero[..], &five].concat()), ("seen-parent", [&zero[..], &five].concat())] {
        fs::write(path.join("mixed.aof"), &bytes).unwrap();
        let ran = aof_with_input(path, &["append", "--rule", rule, "mixed.aof"], b"x\n");
        assert_eq!(ran.code, 1, "{}", ran.err);
        assert!(ran.err.contains("at offset 1116, expected cluster 0, found 5"), "{}", ran.err);
        assert!(!ran.err.contains("--cluster"), "{}", ran.err);
        assert_eq!(fs::read(path.join("mixed.aof")).unwrap(), bytes);
    }
    let ran = aof(path, &["append", "--cluster", "7", "0.aof"]);
    assert!(ran.code == 2 && ran.err.contains("leave `--cluster` out"), "{}", ran.err);

    let ran = aof(path, &["merge", "-o", "out.aof", "0.aof", "5.aof"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.err.contains("0.aof is a log of cluster 0, 5.aof of cluster 5: nothing was written"), "{}", ran.err);
    assert!(!path.join("out.aof").exists());
    for command in [&["merge", "-o", "out.aof", "mixed.aof"][..], &["repair", "--dry-run", "mixed.aof"]] {
        let ran = aof(path, command);
        assert_eq!(ran.code, 1, "{command:?}: {}{}", ran.out, ran.err);
        let said = "mixed.aof holds cluster 0, and from offset 1116 on cluster 5: two logs are mixed";
        assert!(ran.err.contains(said), "{command:?}: {}{}", ran.out, ran.err);
    }
    assert_eq!(aof(path, &["digest", "mixed.aof"]).code, 1);
    let ran = aof(path, &["copy", "mixed.aof", "copy.aof"]);
    assert!(ran.code == 0 && ran.err.contains("note cluster: in SRC at offset 1116: "), "{}", ran.err);
}

#[test]
fn a_digest_of_a_log_with_a_hole_a_fork_or_two_histories_is_marked() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "whole.aof", 20);
    let digest = aof(path, &["digest", "whole.aof"]);
    assert_eq!((digest.code, digest.err.as_str()), (0, ""));
    fs::write(path.join("hole.aof"), [&whole[..9 * ENTRY_LEN], &whole[10 * ENTRY_LEN..]].concat()).unwrap();
    fs::write(path.join("other.aof"), &whole[..15 * ENTRY_LEN]).unwrap();
    aof_with_input(path, &["append", "other.aof"], b"another\nhistory\n");
    let other = fs::read(path.join("other.aof")).unwrap();
    fs::write(path.join("fork.aof"), [&whole[..], &other[15 * ENTRY_LEN..]].concat()).unwrap();
    log(path, "stranger.aof", 4);
    let stranger = fs::read(path.join("stranger.aof")).unwrap();
    fs::write(path.join("stranger.aof"), &stranger[ENTRY_LEN..]).unwrap();
    for (logs, kind) in [(&["hole.aof"][..], "gap"), (&["fork.aof"], "fork"), (&["whole.aof", "other.aof"], "fork")] {
        let ran = aof(path, &[&["digest"][..], logs].concat());
        assert_eq!(ran.code, 1, "{logs:?}: {}{}", ran.out, ran.err);
        assert!(ran.out.ends_with(" (of what was read)\n"), "{logs:?}: {}", ran.out);
        assert!(ran.err.contains(&format!("FINDING {kind} ")), "{logs:?}: {}", ran.err);
        let all = objects(&aof(path, &[&["digest", "--json"][..], logs].concat()));
        assert_eq!(of_type(&all, "finding")[0]["kind"], kind);
        assert_eq!(all.last().unwrap()["whole"], false);
        // Through a pipe, it is the same.
        let bytes: Vec<u8> = logs.iter().flat_map(|log| fs::read(path.join(log)).unwrap()).collect();
        assert_eq!(aof_with_input(path, &["digest", "-"], &bytes).code, 1, "{logs:?}");
    }
    assert_ne!(aof(path, &["digest", "whole.aof", "stranger.aof"]).code, 0);
}

#[test]
fn files_in_another_order_are_named_in_the_right_one() {
    let directory = directory();
    let path = directory.path();
    rotated(path);
    let right = aof(path, &["validate", "rot-1", "rot-2", "rot-3"]);
    assert!(right.code == 0 && !right.out.contains("another order"), "{}", right.out);
    let tip = right.out.lines().find(|line| line.starts_with("tip ")).unwrap();
    let digest = aof(path, &["digest", "rot-1", "rot-2", "rot-3"]);
    assert_eq!((digest.code, digest.err.as_str()), (0, ""));
    for order in [["rot-3", "rot-1", "rot-2"], ["rot-2", "rot-1", "rot-3"], ["rot-3", "rot-2", "rot-1"]] {
        let ran = aof(path, &[&["validate"][..], &order].concat());
        assert!(ran.out.contains("note order "), "{order:?}: {}", ran.out);
        assert!(ran.out.contains(": aof validate rot-1 rot-2 rot-3\n"), "{order:?}: {}", ran.out);
        assert!(ran.out.contains(tip) && tip.ends_with("(op 30)"), "{order:?}: {}", ran.out);
        assert!(!ran.out.contains("\nwhole under the rule seen-parent\n"), "{order:?}: {}", ran.out);

        let ran = aof(path, &[&["validate", "--rule", "linear"][..], &order].concat());
        assert_eq!(ran.code, 1, "{order:?}: {}", ran.out);
        assert!(ran.out.contains("  aof validate --rule linear rot-1 rot-2 rot-3   reads the files in"), "{}", ran.out);
        assert!(!ran.out.contains("seen-parent") && !ran.out.contains("--rule tb"), "{order:?}: {}", ran.out);

        let ran = aof(path, &[&["digest"][..], &order].concat());
        assert_eq!(ran.code, 1, "{order:?}: {}", ran.out);
        assert!(ran.out.ends_with(" (of what was read)\n"), "{order:?}: {}", ran.out);
        assert!(ran.err.contains("\n  aof digest rot-1 rot-2 rot-3   "), "{order:?}: {}", ran.err);
        let all = objects(&aof(path, &[&["validate", "--json"][..], &order].concat()));
        let notes = of_type(&all, "note");
        let note = notes.iter().find(|note| note["kind"] == "order").unwrap();
        assert_eq!(note["next"], "aof validate rot-1 rot-2 rot-3");
    }
}

#[test]
fn another_order_hides_no_hole_and_is_found_within_a_file_and_a_pipe() {
    let directory = directory();
    let path = directory.path();
    let whole = rotated(path);
    // The second file is missing.
    let ran = aof(path, &["validate", "rot-3", "rot-1"]);
    assert_eq!(ran.code, 1, "{}", ran.out);
    assert!(ran.out.contains("FINDING gap rot-3 at offset 0, op 20: ops 11 to 19 are missing"), "{}", ran.out);
    let ran = aof(path, &["digest", "rot-3", "rot-1"]);
    assert!(ran.code == 1 && ran.err.contains("FINDING gap rot-3"), "{}", ran.err);

    let joined = [&whole[9 * ENTRY_LEN..20 * ENTRY_LEN], &whole[..10 * ENTRY_LEN]].concat();
    fs::write(path.join("joined.aof"), &joined).unwrap();
    for (logs, input) in [("joined.aof", &[][..]), ("-", &joined)] {
        let ran = aof_with_input(path, &["validate", logs], input);
        assert!(ran.out.contains(": op 1 comes after op 20: "), "{}", ran.out);
        assert!(ran.out.contains("\nwhole under the rule seen-parent, in another order\n"), "{}", ran.out);
        let ran = aof_with_input(path, &["digest", logs], input);
        assert!(ran.code == 1 && ran.out.ends_with(" (of what was read)\n"), "{}", ran.out);
        assert!(ran.err.contains("the entries are in another order than that of their ops"), "{}", ran.err);
    }
    // What is advised helps.
    let ran = aof(path, &["merge", "-o", "out.aof", "joined.aof"]);
    assert_eq!((ran.code, fs::read(path.join("out.aof")).unwrap()), (0, whole[..20 * ENTRY_LEN].to_vec()));
    // A log that was recorded twice is in order.
    fs::write(path.join("twice.aof"), [&whole[..], &whole].concat()).unwrap();
    let ran = aof(path, &["digest", "twice.aof"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn a_copy_of_a_log_with_a_hole_notes_the_hole() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "whole.aof", 20);
    let hole = [&whole[..9 * ENTRY_LEN], &whole[10 * ENTRY_LEN..]].concat();
    fs::write(path.join("hole.aof"), &hole).unwrap();
    let ran = aof(path, &["copy", "hole.aof", "copy.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.err.contains("note gap: in SRC at offset 3348: op 10 is missing"), "{}", ran.err);
    assert_eq!(fs::read(path.join("copy.aof")).unwrap(), hole);
    let all = objects(&aof(path, &["copy", "--json", "hole.aof", "again.aof"]));
    let note = of_type(&all, "note")[0];
    assert_eq!((&note["kind"], &note["missing_first"], &note["log"]), (&"gap".into(), &10.into(), &"hole.aof".into()));
    let ran = aof(path, &["copy", "whole.aof", "good.aof"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}

#[test]
fn an_empty_backup_is_noted_and_can_be_refused() {
    let directory = directory();
    let path = directory.path();
    fs::write(path.join("empty.aof"), b"").unwrap();
    log(path, "log.aof", 5);
    let ran = aof(path, &["validate", "empty.aof"]);
    assert!(ran.code == 0 && ran.out.contains("note empty empty.aof: the log is empty\n"), "{}", ran.out);
    for command in [&["digest", "empty.aof"][..], &["copy", "empty.aof", "copy.aof"]] {
        let ran = aof(path, command);
        assert!(ran.code == 0 && ran.err.contains("note") && ran.err.contains("empty"), "{command:?}: {}", ran.err);
        let all = objects(&aof(path, &[command, &["--json"]].concat()));
        assert_eq!(of_type(&all, "note")[0]["kind"], "empty", "{command:?}");
    }
    for (log, least, code) in [("empty.aof", "1", 1), ("log.aof", "6", 1), ("log.aof", "5", 0), ("empty.aof", "0", 0)] {
        let ran = aof(path, &["validate", "--min-entries", least, log]);
        assert_eq!(ran.code, code, "{log} {least}: {}", ran.out);
        assert_eq!(ran.out.contains("too few entries: expected at least "), code == 1, "{}", ran.out);
    }
    let summary = objects(&aof(path, &["validate", "--json", "--min-entries", "6", "log.aof"])).pop().unwrap();
    assert_eq!((&summary["whole"], &summary["entries_min"]), (&false.into(), &6.into()), "{summary}");
}

#[test]
fn damage_that_another_of_the_files_has_whole_is_recovered_by_a_merge_of_them() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "a.aof", 20);
    let mut bytes = whole.clone();
    bytes[5 * ENTRY_LEN + 300] ^= 1;
    fs::write(path.join("b.aof"), &bytes).unwrap();
    let ran = aof(path, &["validate", "a.aof", "b.aof"]);
    assert_eq!(ran.code, 1);
    let next = "  aof merge -o OUT a.aof b.aof   recovers it: the files together hold all of the log\n";
    assert!(ran.out.contains(next) && !ran.out.contains("ANOTHER-COPY"), "{}", ran.out);
    let ran = aof(path, &["merge", "-o", "out.aof", "a.aof", "b.aof"]);
    assert_eq!((ran.code, fs::read(path.join("out.aof")).unwrap()), (0, whole));
    // What is lost in both is not.
    fs::write(path.join("a.aof"), &bytes).unwrap();
    assert!(aof(path, &["validate", "a.aof", "b.aof"]).out.contains("ANOTHER-COPY"));
}

/// A log whose fifth entry is an hour earlier than the ones around it.
fn times_that_go_back(path: &Path) {
    use aof_api::Operation;
    use aof_api::format::{Header, Prepare};
    let mut bytes = Vec::new();
    let mut parent = Prepare::root(0).checksum();
    let hour = 3_600_000_000_000;
    for op in 1..=10_u64 {
        let mut header = Header::new(Operation(200));
        (header.op, header.parent) = (op.into(), parent);
        let back = if op == 5 { hour } else { 0 };
        header.timestamp = (1_769_868_300_000_000_000 + op * 1_000_000_000 - back).into();
        let prepare = Prepare::seal(header, b"body").unwrap();
        parent = prepare.checksum();
        bytes.extend_from_slice(prepare.as_entry_bytes());
    }
    fs::write(path, bytes).unwrap();
}

#[test]
fn an_entry_whose_time_goes_back_is_found_by_its_time_and_counted() {
    let directory = directory();
    let path = directory.path();
    times_that_go_back(&path.join("log.aof"));
    let ran = aof(path, &["inspect", "--json", "--time", "2026-01-31 13:05", "log.aof"]);
    let all = objects(&ran);
    let ops: Vec<_> = of_type(&all, "entry").iter().map(|entry| entry["op"].clone()).collect();
    assert_eq!(ops, [5]);
    let ran = aof(path, &["stat", "log.aof"]);
    assert!(ran.out.contains("time back   the times of entries go back in 1 place\n"), "{}", ran.out);
    let summary = objects(&aof(path, &["stat", "--json", "log.aof"])).pop().unwrap();
    assert_eq!(summary["times_back"], 1, "{summary}");
}

#[test]
fn a_search_by_time_in_a_long_log_says_what_it_did_not_read() {
    let directory = directory();
    let path = directory.path();
    let ran = aof(path, &["append", "--count", "70000", "--size", "1000", "--sync", "end", "long.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let note = "only the part of the log around these times was read";
    let ran = aof(path, &["inspect", "--time", "2000-01-01 00:00", "long.aof"]);
    assert!(ran.code == 0 && ran.err.contains(note), "{}", ran.err);
    let all = objects(&aof(path, &["inspect", "--json", "--time", "2000-01-01 00:00", "long.aof"]));
    assert_eq!(of_type(&all, "note")[0]["kind"], "part");
    let ran = aof(path, &["inspect", "--scan", "--time", "2000-01-01 00:00", "long.aof"]);
    assert_eq!(ran.err, "");
}

#[test]
fn what_a_restart_recorded_again_is_no_traffic_and_one_note() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "log.aof", 20);
    fs::write(path.join("log.aof"), [&whole[..], &whole[4 * ENTRY_LEN..]].concat()).unwrap();
    let ran = aof(path, &["validate", "log.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains("op 5: ops 5 to 20 were recorded before\n"), "{}", ran.out);
    assert_eq!(ran.out.matches("note duplicate").count(), 1, "{}", ran.out);
    assert!(ran.out.contains("16 duplicates\n"), "{}", ran.out);
    let all = objects(&aof(path, &["validate", "--json", "log.aof"]));
    let note = *of_type(&all, "note").iter().find(|note| note["kind"] == "duplicate").unwrap();
    assert_eq!((&note["op"], &note["op_last"], &note["count"]), (&5.into(), &20.into(), &16.into()), "{note}");

    let all = objects(&aof(path, &["stat", "--json", "log.aof"]));
    let sum = |field: &str| of_type(&all, "rate").iter().map(|rate| rate[field].as_u64().unwrap()).sum::<u64>();
    assert_eq!((sum("entries"), sum("again")), (20, 16));
    let ran = aof(path, &["stat", "log.aof"]);
    assert!(ran.out.contains("entries/s  again\n"), "{}", ran.out);
}

#[test]
fn the_help_says_what_a_digest_leaves_out_and_that_a_log_holds_requests() {
    let directory = directory();
    let help = aof(directory.path(), &["digest", "--help"]).out;
    let help = help.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in ["pulses", "`aof debug`", "requests that the server refused count too"] {
        assert!(help.contains(text), "{text}: {help}");
    }
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operators.md");
    let page = fs::read_to_string(pages).unwrap();
    let page = page.split_whitespace().collect::<Vec<_>>().join(" ");
    for text in ["leaves out pulses", "what was asked"] {
        assert!(page.contains(text), "{text}");
    }
    assert!(!page.contains("tigerbeetle aof"));
}

#[test]
fn a_digest_is_silent_about_operations_that_tigerbeetle_leaves_out_too() {
    let directory = directory();
    let path = directory.path();
    for operation in ["4", "131", "140", "145"] {
        let ran = aof_with_input(path, &["append", "--operation", operation, "log.aof"], b"x\n");
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let ran = aof(path, &["digest", "log.aof"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
}
