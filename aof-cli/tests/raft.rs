//! `aof stat` and `aof validate` of a log that `aof-openraft` wrote.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use aof_file::FileBackend;
use aof_openraft::{AofLogStore, StoreOptions};
use openraft::Vote;
use openraft::storage::{IOFlushed, RaftLogStorage};
use openraft::testing::{blank_ent, log_id};
use openraft::type_config::TypeConfigExt;
use serde_json::Value;
use std::fs;
use std::path::Path;
use support::{aof, aof_with_input, directory};

openraft::declare_raft_types!(
    /// The types of these tests.
    pub Types: D = String, R = ()
);

/// Ten entries, of which the last two are truncated and the first four purged.
fn raft_log(path: &Path) {
    Types::run(async {
        let backend = FileBackend::create(path.join("raft.aof")).unwrap();
        let (mut store, _) = AofLogStore::<Types, _>::open(backend, StoreOptions::new()).await.unwrap();
        store.save_vote(&Vote::new_committed(3, 1)).await.unwrap();
        let (done, flushed) = Types::oneshot();
        let entries = (0..10).map(|index| blank_ent::<Types>(3, 1, index));
        store.append(entries, IOFlushed::signal(done)).await.unwrap();
        flushed.await.unwrap().unwrap();
        store.truncate_after(Some(log_id::<Types>(3, 1, 7))).await.unwrap();
        store.save_committed(Some(log_id::<Types>(3, 1, 6))).await.unwrap();
        store.purge(log_id::<Types>(3, 1, 3)).await.unwrap();
        store.close().await.unwrap();
    });
}

const LINES: [&str; 4] = [
    "\nlast log id index 7 leader 0301\n",
    "\ncommitted   index 6 leader 0301\n",
    "\npurged      index 3 leader 0301\n",
    "vote        030101\n",
];

fn objects(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn raft(out: &str) -> Value {
    objects(out).into_iter().find(|object| object["type"] == "raft").unwrap()
}

fn is_expected(raft: &Value) {
    assert_eq!((&raft["vote"], &raft["last_leader"]), (&"030101".into(), &"0301".into()), "{raft}");
    let indices = ["last_index", "committed_index", "purged_index", "not_decoded"].map(|field| raft[field].as_u64());
    assert_eq!(indices, [7, 6, 3, 0].map(Some), "{raft}");
}

#[test]
fn stat_names_the_records_and_shows_vote_last_log_id_and_purged() {
    let directory = directory();
    raft_log(directory.path());
    let ran = aof(directory.path(), &["stat", "--decode", "openraft", "raft.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for line in LINES.into_iter().chain(["\nentry(200) ", "\nvote(201) ", "\ntruncate_after(202) ", "\npurge(203) "]) {
        assert!(ran.out.contains(line), "{line:?}\n{}", ran.out);
    }
    let piped = fs::read(directory.path().join("raft.aof")).unwrap();
    let piped = aof_with_input(directory.path(), &["stat", "--decode", "openraft", "-"], &piped);
    assert_eq!(piped.out, ran.out);

    let json = aof(directory.path(), &["stat", "--json", "--decode", "openraft", "raft.aof"]).out;
    is_expected(&raft(&json));
    let operations = objects(&json).into_iter().filter(|object| object["type"] == "operation");
    let named: Vec<_> = operations.map(|it| (it["operation_name"].clone(), it["entries"].clone())).collect();
    assert!(named.contains(&("entry".into(), 10.into())) && named.contains(&("committed".into(), 1.into())));
}

#[test]
fn without_decode_the_operations_are_numbers_because_other_programs_use_them_too() {
    let directory = directory();
    raft_log(directory.path());
    let ran = aof(directory.path(), &["stat", "raft.aof"]);
    assert!(ran.out.contains("\n200 ") && !ran.out.contains("last log id"), "{}", ran.out);
}

#[test]
fn validate_shows_the_same_beside_its_verdict() {
    let directory = directory();
    raft_log(directory.path());
    let ran = aof(directory.path(), &["validate", "--decode", "openraft", "raft.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for line in LINES.into_iter().chain(["\nwhole under the rule "]) {
        assert!(ran.out.contains(line), "{line:?}\n{}", ran.out);
    }
    let json = aof(directory.path(), &["validate", "--json", "--decode", "openraft", "raft.aof"]).out;
    is_expected(&raft(&json));
    assert_eq!(objects(&json).last().unwrap()["whole"], true);
}

#[test]
fn damage_is_found_and_the_records_around_it_are_read() {
    let directory = directory();
    raft_log(directory.path());
    let path = directory.path().join("raft.aof");
    let mut bytes = fs::read(&path).unwrap();
    bytes[100] ^= 1; // within the vote, the first record
    fs::write(&path, bytes).unwrap();
    let json = aof(directory.path(), &["validate", "--json", "--decode", "openraft", "raft.aof"]);
    assert_eq!(json.code, 1, "{}", json.err);
    let raft = raft(&json.out);
    assert_eq!(raft["last_index"].as_u64(), Some(7), "{raft}");
}

#[test]
fn the_records_of_another_program_are_counted_as_not_decoded() {
    let directory = directory();
    let ran = aof_with_input(directory.path(), &["append", "--operation", "200", "log.aof"], b"one\ntwo\nthree\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = aof(directory.path(), &["stat", "--decode", "openraft", "log.aof"]);
    assert!(ran.out.contains("\nnot decoded 3 with the operation of a record of aof-openraft\n"), "{}", ran.out);
}

#[test]
fn validate_refuses_to_decode_what_cannot_be_read_twice() {
    let directory = directory();
    raft_log(directory.path());
    let bytes = fs::read(directory.path().join("raft.aof")).unwrap();
    let ran = aof_with_input(directory.path(), &["validate", "--decode", "openraft", "-"], &bytes);
    assert_eq!(ran.code, 2, "{}", ran.err);
    assert!(ran.err.contains("aof stat --decode"), "{}", ran.err);
}
