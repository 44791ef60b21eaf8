//! `aof digest`: what counts, what does not, and beside a writer.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use support::{aof, aof_with_input, directory, log};

/// Of a log that holds nothing that counts.
const EMPTY: &str = "98081761841810822994326224503485043631\n";

#[test]
fn what_is_preallocated_or_begun_behind_the_end_of_a_live_log_is_pending() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "log.aof", 3);
    let digest = aof(path, &["digest", "log.aof"]);
    assert_eq!((digest.code, digest.err.as_str()), (0, ""));
    assert_ne!(digest.out, EMPTY);
    for behind in [&[0; 9000][..], &whole[..100]] {
        fs::write(path.join("live.aof"), [&whole, behind].concat()).unwrap();
        assert_eq!(aof(path, &["digest", "live.aof"]).code, 1, "nobody writes it");
        let holder = fs::File::open(path.join("live.aof")).unwrap();
        holder.lock().unwrap();
        let ran = aof(path, &["digest", "live.aof"]);
        assert_eq!((ran.code, &ran.out), (0, &digest.out), "{}", ran.err);
        assert!(ran.err.contains(" bytes at the end are being written"), "{}", ran.err);
        let ran = aof(path, &["digest", "--json", "live.aof"]);
        let object: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
        assert_eq!(object["pending"], behind.len(), "{object}");
        // Of the two files, the first is the one that is written.
        assert_eq!(aof(path, &["digest", "live.aof", "log.aof"]).out, digest.out);
    }
    // Damage is damage, whoever writes.
    let mut damaged = whole.clone();
    damaged[400] ^= 1;
    fs::write(path.join("live.aof"), &damaged).unwrap();
    let holder = fs::File::open(path.join("live.aof")).unwrap();
    holder.lock().unwrap();
    assert_eq!(aof(path, &["digest", "live.aof"]).code, 1);
}

#[test]
fn entries_that_add_nothing_are_counted_aloud() {
    let directory = directory();
    let path = directory.path();
    let ran = aof_with_input(path, &["append", "--operation", "200", "log.aof"], b"one\ntwo\n");
    assert_eq!(ran.code, 0, "{}", ran.err);
    let ran = aof(path, &["digest", "log.aof"]);
    assert_eq!((ran.code, ran.out.as_str()), (0, EMPTY));
    assert!(ran.err.starts_with("note: 2 of 2 entries not counted: "), "{}", ran.err);
    aof_with_input(path, &["append", "log.aof"], b"three\n");
    let ran = aof(path, &["digest", "log.aof"]);
    assert!(ran.out != EMPTY && ran.err.starts_with("note: 2 of 3 entries not counted: "), "{}", ran.err);
    let ran = aof(path, &["digest", "--json", "log.aof"]);
    let object: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
    assert_eq!((&object["entries"], &object["not_counted"]), (&3.into(), &2.into()), "{object}");
    assert_eq!(ran.err, "");
}

#[test]
fn the_note_and_the_help_name_the_operations_that_the_digest_covers() {
    let covered: Vec<_> = (0..=255).filter(|number| aof_api::Operation(*number).is_replayable()).collect();
    assert_eq!(covered, [128, 129, 130, 138, 139, 146, 147]);
    let directory = directory();
    let path = directory.path();
    aof_with_input(path, &["append", "--operation", "200", "log.aof"], b"one\n");
    let note = aof(path, &["digest", "log.aof"]).err;
    let help = aof(path, &["digest", "--help"]).out;
    for text in [note, help] {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        assert!(text.contains("128 to 130, 138, 139, 146 and 147"), "{text}");
    }
}
