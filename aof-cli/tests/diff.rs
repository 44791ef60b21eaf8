//! Who has what of several copies of a log.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use serde_json::{Value, json};
use std::fs;
use support::{ENTRY_LEN, Ran, aof, aof_with_input, directory, golden, log, names};

fn objects(ran: &Ran, of_type: &str) -> Vec<Value> {
    let objects = ran.out.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    objects.filter(|object| object["type"] == of_type).collect()
}

#[test]
fn what_each_copy_lacks_and_what_only_one_has() {
    let directory = directory();
    let path = directory.path();
    let bytes = log(path, "whole.aof", 10);
    let mut gapped = bytes.clone();
    gapped.drain(3 * ENTRY_LEN..5 * ENTRY_LEN); // ops 4 and 5
    fs::write(path.join("a.aof"), &gapped).unwrap();
    fs::write(path.join("b.aof"), &bytes[..8 * ENTRY_LEN]).unwrap();
    let ran = aof(path, &["diff", "--json", "a.aof", "b.aof"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    let copies = objects(&ran, "copy");
    let four_and_five = json!([{"first": 4, "last": 5}]);
    let nine_and_ten = json!([{"first": 9, "last": 10}]);
    assert_eq!((&copies[0]["gaps"], &copies[0]["lacks"]), (&four_and_five, &four_and_five));
    assert_eq!((&copies[0]["only"], &copies[1]["lacks"]), (&nine_and_ten, &nine_and_ten));
    assert_eq!((&copies[1]["only"], &copies[1]["gaps"]), (&four_and_five, &json!([])));
    let difference = objects(&ran, "difference").remove(0);
    assert_eq!((difference["differs_at"].as_u64(), difference["parts_at"].as_u64()), (Some(4), None));
    let text = aof(path, &["diff", "a.aof", "b.aof"]).out;
    assert!(text.contains("lacks       4..5") && text.contains("only it has 9..10"), "{text}");
}

#[test]
fn the_first_op_at_which_two_histories_part() {
    let directory = directory();
    let path = directory.path();
    log(path, "a.aof", 4);
    fs::copy(path.join("a.aof"), path.join("b.aof")).unwrap();
    for (name, lines) in [("a.aof", "one\ntwo\n"), ("b.aof", "other\n")] {
        assert_eq!(aof_with_input(path, &["append", name], lines.as_bytes()).code, 0);
    }
    let ran = aof(path, &["diff", "--json", "a.aof", "b.aof"]);
    let partings = objects(&ran, "parting");
    assert_eq!(partings.len(), 2);
    assert!(partings.iter().all(|parting| parting["op"] == 5));
    assert_ne!(partings[0]["checksum"], partings[1]["checksum"]);
    assert_eq!(objects(&ran, "difference")[0]["parts_at"], 5);
    let text = aof(path, &["diff", "a.aof", "b.aof"]);
    assert!(text.code == 1 && text.out.contains("they part at op 5"), "{}", text.out);
}

#[test]
fn the_same_entries_are_no_difference_and_damage_is_one() {
    let directory = directory();
    let path = directory.path();
    let mut bytes = log(path, "a.aof", 5);
    fs::write(path.join("b.aof"), &bytes).unwrap();
    let ran = aof(path, &["diff", "a.aof", "b.aof"]);
    assert!(ran.code == 0 && ran.out.contains("all have the same entries"), "{}", ran.out);
    bytes.extend([1; 50]);
    fs::write(path.join("b.aof"), &bytes).unwrap();
    let ran = aof(path, &["diff", "a.aof", "b.aof"]);
    assert!(ran.code == 1 && ran.out.contains("damaged at 1 place"), "{}", ran.out);
}

#[test]
fn a_dry_merge_prints_the_table_and_the_verdict_and_writes_nothing() {
    let directory = directory();
    let path = directory.path();
    let bytes = log(path, "a.aof", 10);
    fs::write(path.join("b.aof"), &bytes[..6 * ENTRY_LEN]).unwrap();
    let ran = aof(path, &["merge", "--dry-run", "--json", "a.aof", "b.aof"]);
    assert_eq!((ran.code, ran.err.as_str()), (0, ""));
    assert_eq!(objects(&ran, "copy")[1]["lacks"], json!([{"first": 7, "last": 10}]));
    let summary = objects(&ran, "summary").remove(0);
    assert_eq!((summary["entries"].as_u64(), summary["whole"].as_bool()), (Some(10), Some(true)));
    assert!(summary["output"].is_null());
    assert_eq!(names(path), ["a.aof", "b.aof"]);
    let mut gapped = bytes.clone();
    gapped.drain(6 * ENTRY_LEN..7 * ENTRY_LEN);
    fs::write(path.join("a.aof"), gapped).unwrap();
    let ran = aof(path, &["merge", "--dry-run", "a.aof", "b.aof"]);
    assert!(ran.code == 1 && ran.out.contains("not whole") && ran.out.contains("gaps        7"), "{}", ran.out);
    assert_eq!(aof(path, &["merge", "--dry-run", "-o", "out.aof", "a.aof"]).code, 2);
    assert_eq!(aof(path, &["merge", "a.aof"]).code, 2);
}

#[test]
fn a_rotated_log_of_a_real_server_is_compared() {
    let directory = directory();
    for name in ["tigerbeetle-rotated-1.aof", "tigerbeetle-rotated-2.aof"] {
        let Some(()) = golden(directory.path(), name) else { return };
    }
    let arguments = ["diff", "--json", "tigerbeetle-rotated-1.aof", "tigerbeetle-rotated-2.aof"];
    let ran = aof(directory.path(), &arguments);
    let copies = objects(&ran, "copy");
    assert_eq!(copies[0]["lacks"], json!([{"first": 3872, "last": 5205}]));
    assert_eq!(copies[1]["lacks"], json!([{"first": 1, "last": 3871}]));
}
