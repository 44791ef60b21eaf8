//! `aof merge` as people use it.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use aof_api::Operation;
use aof_api::format::{Header, MAGIC, Prepare};
use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
#[cfg(target_os = "linux")]
use support::killed_at_every_call;
use support::{ENTRY_LEN, GOLDEN, aof, aof_with_input, directory, golden, log, names};

/// Where entry number `index` of a [`log`] begins, from 0.
fn entry(index: usize) -> usize {
    index * ENTRY_LEN
}

fn json(text: &str) -> Vec<serde_json::Value> {
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn the_golden_rotated_pair_is_one_log_in_either_order() {
    let directory = directory();
    let (first, second) = ("tigerbeetle-rotated-1.aof", "tigerbeetle-rotated-2.aof");
    if golden(directory.path(), first).and(golden(directory.path(), second)).is_none() {
        return;
    }
    let whole =
        [fs::read(directory.path().join(first)).unwrap(), fs::read(directory.path().join(second)).unwrap()].concat();
    for (out, inputs) in [("ab.aof", [first, second]), ("ba.aof", [second, first])] {
        let ran = aof(directory.path(), &["merge", "-o", out, inputs[0], inputs[1]]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        assert!(ran.out.contains(&format!("written   5,205 entries to {out}\nops       1 to 5205\n")), "{}", ran.out);
        assert!(ran.out.ends_with("whole\n"), "{}", ran.out);
        assert_eq!(fs::read(directory.path().join(out)).unwrap(), whole);
        let digest = aof(directory.path(), &["digest", out]);
        assert_eq!(digest.out, "167920816660028139687325656636853450368\n");
    }
}

#[test]
fn the_golden_restart_log_is_written_without_what_it_repeats() {
    let directory = directory();
    let name = "tigerbeetle-restart.aof";
    if golden(directory.path(), name).is_none() {
        return;
    }
    let ran = aof(directory.path(), &["merge", "-o", "out.aof", name]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    assert!(ran.out.contains("written   503 entries"), "{}", ran.out);
    assert!(ran.out.contains("tip       67370aba3ba4eb813e51c9607c30036f (op 503)"), "{}", ran.out);
    assert_eq!(fs::metadata(directory.path().join("out.aof")).unwrap().len(), 738_800);
    assert_eq!(aof(directory.path(), &["validate", "--rule", "linear", "out.aof"]).code, 0);
    assert_eq!(aof(directory.path(), &["digest", "out.aof"]).out, "96977285063523910517695496647665917251\n");
}

#[test]
fn three_copies_each_damaged_elsewhere_make_the_whole_log_byte_for_byte() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "whole.aof", 200);
    // In the magic, the checksum of the header, its size, its op, the body.
    for (number, place) in [3, 20, 16 + 96 + 1, 16 + 224, 300].into_iter().enumerate() {
        let (mut a, mut b, mut c) = (whole.clone(), whole.clone(), whole.clone());
        a[entry(10) + place] ^= 0x40;
        a[entry(150) + place] ^= 1;
        b[entry(90) + place] ^= 0x10;
        c.truncate(entry(188) + 17);
        c[entry(91) + place] ^= 2;
        for (name, bytes) in [("a.aof", &a), ("b.aof", &b), ("c.aof", &c)] {
            fs::write(path.join(name), bytes).unwrap();
        }
        for (order, inputs) in [["a.aof", "b.aof", "c.aof"], ["c.aof", "a.aof", "b.aof"]].into_iter().enumerate() {
            let out = format!("out-{number}-{order}.aof");
            let ran = aof(path, &[&["merge", "-o", &out][..], &inputs].concat());
            assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
            assert_eq!(fs::read(path.join(&out)).unwrap(), whole, "{}", ran.out);
            assert_eq!(ran.out.matches("recovered").count(), 5, "{}", ran.out);
        }
    }
}

#[test]
fn one_copy_with_a_flipped_bit_in_a_size_gives_all_before_it_and_tells_of_all_beyond() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "log.aof", 100);
    for bit in [0, 8, 9, 20, 31] {
        let mut bytes = whole.clone();
        bytes[entry(59) + 16 + 96 + bit / 8] ^= 1 << (bit % 8);
        fs::write(path.join("log.aof"), bytes).unwrap();
        let ran = aof(path, &["merge", "--force", "-o", "out.aof", "log.aof"]);
        assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
        assert_eq!(fs::read(path.join("out.aof")).unwrap(), whole[..entry(59)]);
        assert!(ran.out.contains("LOST log.aof at offset 21948: damaged header"), "{}", ran.out);
        assert!(ran.out.contains("GAP after op 59: op 60 ("), "{}", ran.out);
        assert!(ran.out.contains("left out  40 entries, ops 61 to 100"), "{}", ran.out);
        assert!(ran.out.contains("not whole\n"), "{}", ran.out);
    }
    let ran = aof(path, &["merge", "--gaps", "-o", "gaps.aof", "log.aof"]);
    assert_eq!(ran.code, 1);
    assert_eq!(fs::read(path.join("gaps.aof")).unwrap(), [&whole[..entry(59)], &whole[entry(60)..]].concat());
    assert_eq!(aof(path, &["validate", "--rule", "tb", "gaps.aof"]).code, 0);
}

#[test]
fn what_another_file_has_behind_a_gap_is_not_called_lost() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "whole.aof", 60);
    let (mut a, mut b) = (whole.clone(), whole.clone());
    a[entry(20) + 3] ^= 1;
    b[entry(20) + 3] ^= 1;
    a[entry(40) + 3] ^= 1;
    fs::write(path.join("a.aof"), a).unwrap();
    fs::write(path.join("b.aof"), b).unwrap();
    let ran = aof(path, &["merge", "-o", "out.aof", "a.aof", "b.aof"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert_eq!(ran.out.matches("LOST").count(), 2, "{}", ran.out);
    assert!(ran.out.contains("recovered a.aof at offset 14880: "), "{}", ran.out);
    assert!(ran.out.contains("left out  39 entries, ops 22 to 60"), "{}", ran.out);
}

#[test]
fn two_branches_on_one_parent_are_refused_and_one_is_chosen_by_its_tip() {
    let directory = directory();
    let path = directory.path();
    log(path, "a.aof", 5);
    fs::copy(path.join("a.aof"), path.join("b.aof")).unwrap();
    aof_with_input(path, &["append", "a.aof"], b"one\ntwo\n");
    aof_with_input(path, &["append", "b.aof"], b"another\n");
    let ran = aof(path, &["merge", "-o", "out.aof", "a.aof", "b.aof"]);
    assert_eq!(ran.code, 1, "{}{}", ran.out, ran.err);
    assert!(ran.err.contains("2 histories follow parent"), "{}", ran.err);
    assert!(ran.err.contains("2 entries, ops 6 to 7, view 0, from offset 1860 of a.aof"), "{}", ran.err);
    assert!(ran.err.contains("1 entry, ops 6 to 6, view 0, from offset 1860 of b.aof"), "{}", ran.err);
    assert_eq!(names(path), ["a.aof", "b.aof"]);

    // What is printed can be pasted.
    let tips: Vec<&str> = ran.err.split("--tip ").skip(1).map(|rest| rest.split(' ').next().unwrap()).collect();
    for (tip, name) in tips.iter().filter(|tip| tip.len() == 32).zip(["a.aof", "b.aof"]) {
        let ran = aof(path, &["merge", "--force", "-o", "out.aof", "--tip", tip, "a.aof", "b.aof"]);
        assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
        assert_eq!(fs::read(path.join("out.aof")).unwrap(), fs::read(path.join(name)).unwrap());
    }
    assert_eq!(tips.iter().filter(|tip| tip.len() == 32).count(), 2, "{}", ran.err);

    let ran = aof(path, &["merge", "--json", "-o", "other.aof", "a.aof", "b.aof"]);
    let fork = json(&ran.out).into_iter().find(|object| object["type"] == "fork").unwrap();
    assert_eq!(
        (ran.code, fork["type"].as_str(), fork["branches"][1]["log"].as_str()),
        (1, Some("fork"), Some("b.aof"))
    );
}

#[test]
fn junk_empty_files_gaps_and_many_files_get_a_right_answer_each() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "whole.aof", 60);
    fs::write(path.join("empty"), b"").unwrap();
    fs::write(path.join("text"), b"hello\n").unwrap();
    fs::write(path.join("junk"), [&[b'x'; 1000][..], &whole].concat()).unwrap();
    fs::write(path.join("first"), &whole[..entry(10)]).unwrap();
    fs::write(path.join("last"), &whole[entry(20)..]).unwrap();
    let parts: Vec<String> = (0..12).map(|part| format!("part-{part}")).collect();
    for (part, name) in parts.iter().enumerate() {
        fs::write(path.join(name), &whole[entry(part * 5)..entry(part * 5 + 5)]).unwrap();
    }
    // The last first, and so on.
    let twelve: Vec<&str> = parts.iter().rev().map(String::as_str).collect();
    let gap = "GAP after op 10: ops 11 to 20 are missing; the last of them, ";
    let cases: [(&[&str], i32, &[u8], &str); 10] = [
        (&["whole.aof"], 0, &whole, "whole\n"),
        (&["junk"], 0, &whole, "recovered junk at offset 0: no entry begins here (bad magic); 1000 bytes"),
        (&["empty", "whole.aof", "empty"], 0, &whole, "input     empty: 0 entries (0 bytes)\n"),
        (&["empty"], 0, b"", "written   0 entries"),
        (&["text", "whole.aof"], 1, &whole, "LOST text at offset 0"),
        (&["whole.aof", "whole.aof"], 0, &whole, "60 of them known"),
        (&["first", "last"], 1, &whole[..entry(10)], gap),
        (&["last", "first"], 1, &whole[entry(20)..], "left out  10 entries, ops 1 to 10"),
        (&["--gaps", "last", "first"], 1, &[&whole[..entry(10)], &whole[entry(20)..]].concat(), gap),
        (&twelve, 0, &whole, "written   60 entries"),
    ];
    for (inputs, code, bytes, says) in cases {
        let ran = aof(path, &[&["merge", "--force", "-o", "out.aof"][..], inputs].concat());
        assert_eq!(ran.code, code, "{inputs:?}: {}{}", ran.out, ran.err);
        assert!(fs::read(path.join("out.aof")).unwrap() == bytes, "{inputs:?}: {}", ran.out);
        assert!(ran.out.contains(says), "{inputs:?}: {}", ran.out);
    }
    let ran = aof(path, &["merge", "-o", "none.aof", "text"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("not one whole entry is in the inputs"), "{}", ran.err);
    assert!(!path.join("none.aof").exists());
}

#[test]
fn an_output_is_never_overwritten_unless_asked_and_never_an_input_or_a_log_being_written() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "log.aof", 10);
    fs::write(path.join("old"), b"old").unwrap();
    let ran = aof(path, &["merge", "-o", "old", "log.aof"]);
    assert_eq!((ran.code, fs::read(path.join("old")).unwrap()), (4, b"old".to_vec()));
    assert!(ran.err.contains("old exists: choose another name, or replace it with --force"), "{}", ran.err);
    for force in [&[][..], &["--force"]] {
        let ran = aof(path, &[&["merge", "-o", "./log.aof", "log.aof"][..], force].concat());
        assert_eq!(ran.code, 4, "{}", ran.err);
        assert!(ran.err.contains("is one of the inputs"), "{}", ran.err);
    }
    let ran = aof(path, &["merge", "--force", "-o", "old", "log.aof"]);
    assert_eq!((ran.code, fs::read(path.join("old")).unwrap()), (0, whole.clone()));

    let mut writer = std::process::Command::new(assert_cmd::cargo::cargo_bin!("aof"))
        .args(["append", "--ack", "live.aof"])
        .current_dir(path)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = writer.stdin.take().unwrap();
    stdin.write_all(b"a line\n").unwrap();
    let mut line = String::new();
    BufReader::new(writer.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let live = fs::read(path.join("live.aof")).unwrap();
    let ran = aof(path, &["merge", "--force", "-o", "live.aof", "log.aof"]);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("held by another writer"), "{}", ran.err);
    assert_eq!(fs::read(path.join("live.aof")).unwrap(), live);
    // As an input it may be written all the while.
    let ran = aof(path, &["merge", "-o", "copy.aof", "live.aof"]);
    assert_eq!(ran.code, 0, "{}{}", ran.out, ran.err);
    drop(stdin);
    writer.wait().unwrap();
    assert!(!names(path).iter().any(|name| name.contains("partial")), "{:?}", names(path));
}

#[test]
fn bad_choices_get_an_exit_code_and_a_reason() {
    let directory = directory();
    let path = directory.path();
    log(path, "log.aof", 3);
    let cases: [(&[&str], i32, &str); 8] = [
        (&["log.aof"], 2, "--output"),
        (&["-o", "out"], 2, "required"),
        (&["-o", "out", "missing"], 3, "No such file"),
        (&["-o", "nowhere/out", "log.aof"], 3, "No such file"),
        (&["-o", "out", "--tip", "xyz", "log.aof"], 2, "is not a checksum"),
        (
            &["-o", "out", "--tip", "00000000000000000000000000000001", "log.aof"],
            1,
            "the tip 00000000000000000000000000000001 is in none of the inputs",
        ),
        (&["-o", "out", "--root", "00000000000000000000000000000001", "log.aof"], 1, "no entry follows the root"),
        (&["-o", "out", "--root", "1", "log.aof"], 2, "give all 32 hexadecimal digits"),
    ];
    for (arguments, code, reason) in cases {
        let ran = aof(path, &[&["merge"][..], arguments].concat());
        assert_eq!(ran.code, code, "{arguments:?}: {}{}", ran.out, ran.err);
        assert!(ran.err.contains(reason), "{arguments:?}: {}", ran.err);
        assert_eq!(names(path), ["log.aof"], "{arguments:?}");
    }
}

#[test]
fn json_is_one_object_per_line() {
    let directory = directory();
    let path = directory.path();
    let mut bytes = log(path, "log.aof", 10);
    bytes[entry(4) + 300] ^= 1;
    fs::write(path.join("log.aof"), bytes).unwrap();
    let ran = aof(path, &["merge", "--json", "-o", "out.aof", "log.aof", GOLDEN]);
    let objects = json(&ran.out);
    let types: Vec<_> = objects.iter().map(|object| object["type"].as_str().unwrap()).collect();
    // The golden log begins on the same root, so it is a fork of this one.
    assert_eq!((ran.code, types), (1, vec!["finding", "fork", "error"]), "{}", ran.out);
    let ran = aof(path, &["merge", "--json", "-o", "out.aof", "log.aof"]);
    let objects = json(&ran.out);
    let types: Vec<_> = objects.iter().map(|object| object["type"].as_str().unwrap()).collect();
    assert_eq!(types, ["input", "finding", "gap", "left-out", "summary"]);
    assert_eq!((objects[1]["lost"].as_bool(), objects[1]["op"].as_u64()), (Some(true), Some(5)));
    assert_eq!((objects[4]["entries"].as_u64(), objects[4]["whole"].as_bool()), (Some(4), Some(false)));
}

/// A log that takes a while to merge: 1 GiB of zeros between two entries, written, because a hole would not be read.
#[cfg(target_os = "linux")]
fn long_log(path: &std::path::Path) {
    use std::os::unix::fs::FileExt;
    let root = Prepare::root(0).checksum();
    let prepare = |op: u64, parent| {
        let mut header = Header::new(Operation(200));
        (header.op, header.parent) = (op.into(), parent);
        Prepare::seal(header, b"").unwrap()
    };
    let one = prepare(1, root);
    let two = prepare(2, one.checksum());
    assert!(one.as_entry_bytes().starts_with(&MAGIC));
    let file = fs::File::create(path).unwrap();
    file.write_all_at(one.as_entry_bytes(), 0).unwrap();
    let zeros = vec![0; 16 << 20];
    let place = |piece: u64| piece * zeros.len() as u64;
    (1..=64).for_each(|piece| file.write_all_at(&zeros, place(piece)).unwrap());
    file.write_all_at(two.as_entry_bytes(), place(65)).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn an_interrupted_merge_leaves_nothing_and_a_killed_one_nothing_under_the_name() {
    let directory = directory();
    let path = directory.path();
    long_log(&path.join("long.aof"));
    for (signal, left) in [("-INT", 0), ("-TERM", 0), ("-KILL", 1)] {
        let mut child = std::process::Command::new(assert_cmd::cargo::cargo_bin!("aof"))
            .args(["merge", "-o", "out.aof", "long.aof"])
            .current_dir(path)
            .spawn()
            .unwrap();
        while names(path).len() < 2 {
            assert!(child.try_wait().unwrap().is_none(), "it ended before it could be interrupted");
            std::thread::yield_now();
        }
        let killed = std::process::Command::new("kill").args([signal, &child.id().to_string()]).status().unwrap();
        assert!(killed.success());
        assert!(!child.wait().unwrap().success());
        let others: Vec<_> = names(path).into_iter().filter(|name| name != "long.aof").collect();
        assert_eq!(others.len(), left, "{signal}: {others:?}");
        assert!(others.iter().all(|name| name.starts_with("out.aof.partial-")), "{signal}: {others:?}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn killed_at_any_system_call_it_leaves_the_old_output_or_all_of_the_new() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "log.aof", 20);
    for (force, old) in [(&[][..], None), (&["--force"], Some(b"old"))] {
        let prepare = || {
            let others = names(path).into_iter().filter(|name| name != "log.aof");
            others.for_each(|name| fs::remove_file(path.join(name)).unwrap());
            if let Some(old) = old {
                fs::write(path.join("out.aof"), old).unwrap();
            }
        };
        let mut complete = 0;
        let look = |nth| match fs::read(path.join("out.aof")) {
            Ok(bytes) if bytes == whole => complete += 1,
            Ok(bytes) => assert_eq!(Some(&bytes[..]), old.map(|old| &old[..]), "call {nth}"),
            Err(_) => assert!(old.is_none(), "call {nth}"),
        };
        let arguments = [&["merge", "--threads", "1", "-o", "out.aof", "log.aof"][..], force].concat();
        if let Some(kills) = killed_at_every_call(path, &arguments, 0, prepare, look) {
            assert!(kills > 40 && complete > 1, "{kills} kills, {complete} of them behind the rename");
        }
        assert_eq!(fs::read(path.join("log.aof")).unwrap(), whole);
    }
}
