//! Events of TigerBeetle's logs, one a line; and entries field by field.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use serde_json::Value;
use std::fs;
use support::{ENTRY_LEN, GOLDEN, aof, directory, golden, log};

fn objects(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn each_event_has_its_assigned_timestamp() {
    let directory = directory();
    let ran = aof(directory.path(), &["export", GOLDEN]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let events = objects(&ran.out);
    let listed = aof(directory.path(), &["inspect", "--json", "--decode", "tigerbeetle", GOLDEN]);
    let mut expected = Vec::new();
    for entry in objects(&listed.out) {
        let in_entry = entry["events"].as_array().cloned().unwrap_or_default();
        let last: u64 = entry["timestamp"].as_str().unwrap().parse().unwrap();
        for (index, event) in in_entry.iter().enumerate() {
            let timestamp = last - in_entry.len() as u64 + index as u64 + 1;
            expected.push((entry["op"].clone(), index as u64, timestamp.to_string(), event["id"].clone()));
        }
    }
    let creating = events.iter().filter(|event| ["account", "transfer"].contains(&event["event"].as_str().unwrap()));
    let found: Vec<_> = creating
        .map(|event| {
            let timestamp = event["timestamp"].as_str().unwrap().to_owned();
            (event["op"].clone(), event["index"].as_u64().unwrap(), timestamp, event["id"].clone())
        })
        .collect();
    assert!(found.len() > 1 && found == expected, "{found:?} {expected:?}");
}

#[test]
fn csv_has_the_values_of_the_json_lines() {
    let directory = directory();
    let lines = objects(&aof(directory.path(), &["export", "--ids", "decimal", GOLDEN]).out);
    let csv = aof(directory.path(), &["export", "--as", "csv", "--ids", "decimal", GOLDEN]);
    assert_eq!(csv.code, 0, "{}", csv.err);
    let mut rows = csv.out.lines();
    let names: Vec<_> = rows.next().unwrap().split(',').collect();
    let rows: Vec<Vec<_>> = rows.map(|row| row.split(',').collect()).collect();
    assert_eq!(rows.len(), lines.len());
    for (row, line) in rows.iter().zip(&lines) {
        assert_eq!(row.len(), names.len());
        for (name, value) in names.iter().zip(row) {
            let expected = match &line[*name] {
                Value::Null => String::new(),
                Value::String(text) => text.clone(),
                Value::Array(flags) => flags.iter().map(|flag| flag.as_str().unwrap()).collect::<Vec<_>>().join("|"),
                number => number.to_string(),
            };
            assert_eq!(*value, expected, "{name}");
        }
    }
    assert!(lines.iter().all(|line| line["id"].as_str().is_none_or(|id| id.parse::<u128>().is_ok())));
}

#[test]
fn what_a_restarted_server_recorded_again_is_exported_once() {
    let directory = directory();
    let Some(()) = golden(directory.path(), "tigerbeetle-restart.aof") else { return };
    let ran = aof(directory.path(), &["export", "tigerbeetle-restart.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let merged = aof(directory.path(), &["merge", "-o", "once.aof", "tigerbeetle-restart.aof"]);
    assert_eq!(merged.code, 0, "{}", merged.err);
    let once = aof(directory.path(), &["export", "once.aof"]);
    assert!(!once.out.is_empty() && ran.out == once.out);
}

#[test]
fn look_ups_and_queries_of_a_real_log_are_decoded() {
    let directory = directory();
    for name in ["tigerbeetle-rotated-1.aof", "tigerbeetle-rotated-2.aof"] {
        let Some(()) = golden(directory.path(), name) else { return };
    }
    let ran = aof(directory.path(), &["export", "tigerbeetle-rotated-1.aof", "tigerbeetle-rotated-2.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let events = objects(&ran.out);
    let reads = events.iter().filter(|event| (140..=145).contains(&event["operation"].as_u64().unwrap()));
    let kinds: std::collections::BTreeSet<_> = reads.map(|event| event["event"].as_str().unwrap()).collect();
    assert!(!kinds.is_empty() && !kinds.contains("account"), "{kinds:?}");
}

#[test]
fn damage_and_missing_ops_are_never_exported_silently() {
    let directory = directory();
    let bytes = fs::read(GOLDEN).unwrap();
    let mut damaged = bytes.clone();
    damaged[bytes.len() / 2] ^= 1;
    fs::write(directory.path().join("damaged.aof"), damaged).unwrap();
    let ran = aof(directory.path(), &["export", "damaged.aof"]);
    assert!(ran.code == 1 && ran.err.contains("damage") && ran.err.contains("missing"), "{}", ran.err);
    let ran = aof(directory.path(), &["export", "--json", "damaged.aof"]);
    assert_eq!((ran.code, ran.err.as_str()), (1, ""));
    assert!(objects(&ran.out).iter().any(|object| object["type"] == "damage"), "{}", ran.out);
    let ran = aof(directory.path(), &["export", "--json", "--as", "csv", "damaged.aof"]);
    assert_eq!(ran.code, 2);
}

#[test]
fn a_hexdump_names_every_field_of_a_whole_entry() {
    let directory = directory();
    log(directory.path(), "log.aof", 3);
    let offset = ENTRY_LEN.to_string();
    let ran = aof(directory.path(), &["hexdump", "--json", "log.aof", "--offset", &offset]);
    assert_eq!(ran.code, 0, "{} {}", ran.out, ran.err);
    let objects = objects(&ran.out);
    let field = |name: &str| objects.iter().find(|object| object["name"] == name).unwrap();
    assert_eq!((field("op")["value"].as_str(), field("size")["value"].as_str()), (Some("2"), Some("356")));
    assert_eq!(field("body")["len"], 100);
    assert_eq!(field("op")["offset"], (ENTRY_LEN + 16 + 224) as u64);
    assert_eq!(objects.last().unwrap()["whole"], true);
}

#[test]
fn a_hexdump_marks_what_differs() {
    let directory = directory();
    let bytes = log(directory.path(), "log.aof", 3);
    let places = [(3, "magic"), (16 + 20, "checksum_padding"), (16 + 114, "command"), (16 + 256 + 9, "checksum_body")];
    for (at, name) in places {
        let mut damaged = bytes.clone();
        damaged[ENTRY_LEN + at] ^= 1;
        fs::write(directory.path().join("damaged.aof"), damaged).unwrap();
        let offset = ENTRY_LEN.to_string();
        let ran = aof(directory.path(), &["hexdump", "--json", "damaged.aof", "--offset", &offset]);
        assert_eq!(ran.code, 1, "{name}");
        let objects = objects(&ran.out);
        let differs = objects.iter().any(|object| object["name"] == name && object["differs"] == true);
        assert!(differs, "{name}: {}", ran.out);
    }
}

#[test]
fn a_hexdump_of_a_torn_end_says_where_the_file_ends() {
    let directory = directory();
    let bytes = log(directory.path(), "log.aof", 2);
    for (len, what) in [(10, "magic"), (16 + 100, "size"), (272 + 50, "body")] {
        fs::write(directory.path().join("torn.aof"), &bytes[..ENTRY_LEN + len]).unwrap();
        let ran = aof(directory.path(), &["hexdump", "torn.aof", "--offset", &ENTRY_LEN.to_string()]);
        assert_eq!(ran.code, 1, "{what}: {}", ran.out);
        assert!(ran.out.contains("expected"), "{what}: {}", ran.out);
    }
    let ran = aof(directory.path(), &["hexdump", "log.aof", "--offset", "999999"]);
    assert!(ran.code == 2 && ran.err.contains("past the end"), "{}", ran.err);
}

#[test]
fn a_hexdump_names_the_one_bit_that_was_flipped() {
    let directory = directory();
    let path = directory.path();
    let whole = support::log(path, "log.aof", 3);
    let entry = support::ENTRY_LEN;
    // In the magic, the checksum, a field of the header, the checksum of the body, and the body.
    for (at, bit) in [(3, 0), (20, 7), (16 + 100, 3), (50, 1), (support::ENTRY_LEN - 1, 6)] {
        let mut bytes = whole.clone();
        bytes[entry + at] ^= 1 << bit;
        fs::write(path.join("bad.aof"), &bytes).unwrap();
        let offset = entry.to_string();
        let ran = aof(path, &["hexdump", "bad.aof", "--offset", &offset]);
        let said = format!(
            "one flipped bit explains it: bit {bit} of the byte at offset {}, {:02x} where {:02x} was written\n",
            entry + at,
            bytes[entry + at],
            whole[entry + at]
        );
        assert!(ran.code == 1 && ran.out.ends_with(&said), "{at}: {}", ran.out);
        let ran = aof(path, &["hexdump", "--json", "bad.aof", "--offset", &offset]);
        let last: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
        assert_eq!((&last["flipped_offset"], &last["flipped_bit"]), (&(entry + at).into(), &bit.into()), "{last}");
        // Two bits are not one.
        bytes[entry + at - 1] ^= 16;
        fs::write(path.join("bad.aof"), &bytes).unwrap();
        let ran = aof(path, &["hexdump", "bad.aof", "--offset", &offset]);
        assert!(ran.code == 1 && !ran.out.contains("flipped bit"), "{at}: {}", ran.out);
    }
    assert!(!aof(path, &["hexdump", "log.aof", "--offset", "372"]).out.contains("flipped"));
}
