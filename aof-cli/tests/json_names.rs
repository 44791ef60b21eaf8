//! Names that a shell, a terminal or JSON could take for something else come back from `--json` as they are.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot continue says where it stopped")]

mod support;

use serde_json::Value;
use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Stdio};
use support::page::Page;
use support::{ENTRY_LEN, directory, log};

const NAMES: [&[u8]; 9] = [
    b"it's \"quoted\".aof",
    b"two\nlines.aof",
    b"esc\x1b[31m.aof",
    b"in\xff\xfevalid.aof",
    b"./-d.aof",
    "emoji \u{1f980}\u{202e}.aof".as_bytes(),
    b"$HOME `id` *.aof",
    b"back\\slash\t.aof",
    b"{\"type\":\"error\"}.aof",
];

/// Each path of an object and of the objects in it, by the name of its field, as bytes.
fn paths(object: &Value, found: &mut BTreeSet<(String, Vec<u8>)>) {
    let Value::Object(fields) = object else {
        object.as_array().into_iter().flatten().for_each(|object| paths(object, found));
        return;
    };
    for (field, value) in fields {
        paths(value, found);
        let Some(text) = value.as_str().filter(|_| ["log", "output", "original", "saved"].contains(&&**field)) else {
            continue;
        };
        let bytes = match fields.get(&format!("{field}_hex")) {
            None => text.as_bytes().to_vec(),
            Some(hex) => {
                let digits = hex.as_str().unwrap().as_bytes().chunks(2);
                digits.map(|two| u8::from_str_radix(std::str::from_utf8(two).unwrap(), 16).unwrap()).collect()
            }
        };
        found.insert((field.clone(), bytes));
    }
}

/// Runs the tool with the names in place of `NAME`, `OUT` and so on; returns the paths that it printed.
fn run(page: &Page, directory: &Path, name: &[u8], arguments: &str) -> BTreeSet<(String, Vec<u8>)> {
    let with = |suffix: &str| [name, suffix.as_bytes()].concat();
    let words = arguments.split(' ').map(|word| match word.strip_prefix("NAME") {
        Some(suffix) => with(suffix),
        None => word.as_bytes().to_vec(),
    });
    let words: Vec<_> = words.collect();
    let output = Command::new(assert_cmd::cargo::cargo_bin!("aof"))
        .arg("--json")
        .args(words.iter().map(|word| OsStr::from_bytes(word)))
        .current_dir(directory)
        .stdin(Stdio::null())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(said, "", "{arguments}");
    let command = arguments.split(' ').next().unwrap();
    let objects = page.check(&mut BTreeSet::new(), command, output.status.code().unwrap(), &output.stdout);
    let mut found = BTreeSet::new();
    objects.iter().for_each(|object| paths(object, &mut found));
    // What is suggested can be pasted: a shell makes the name again of it.
    for next in objects.iter().filter_map(|object| object["next"].as_array()).flatten() {
        let next = next.as_str().unwrap();
        let script = format!("aof() {{ printf '%s\\0' \"$@\"; }}; {next}");
        let pasted = Command::new("bash").args(["-c", &script]).current_dir(directory).output().unwrap();
        let mut words = pasted.stdout.split(|byte| *byte == 0);
        // The shell opens a file that is redirected, and fails where there is none of that name.
        let is_redirected = next.contains(" < ");
        assert!(pasted.status.success(), "{arguments}: {next}");
        assert!(is_redirected || words.any(|word| word.starts_with(name)), "{arguments}: {next}");
    }
    found
}

#[test]
fn odd_names_come_back_from_every_command_as_they_are() {
    let directory = directory();
    let path = directory.path();
    let page = Page::read();
    let whole = log(path, "whole.aof", 20);
    let mut damaged = whole.clone();
    damaged[5 * ENTRY_LEN + 300] ^= 1;
    let commands: [(&str, &[(&str, &str)]); 26] = [
        ("append NAME-torn", &[("saved", "-torn.cut-7068")]),
        ("append NAME-damaged", &[("log", "-damaged")]),
        ("append NAME-no/log.aof", &[("log", "-no/log.aof")]),
        ("inspect NAME", &[]),
        ("inspect NAME NAME-damaged", &[("log", ""), ("log", "-damaged")]),
        ("inspect NAME-missing", &[("log", "-missing")]),
        ("validate NAME-damaged", &[("log", "-damaged")]),
        ("validate NAME-missing", &[("log", "-missing")]),
        ("validate NAME-empty", &[("log", "-empty")]),
        ("digest NAME-damaged", &[("log", "-damaged")]),
        ("diff NAME NAME-damaged NAME-fork", &[("log", ""), ("log", "-damaged"), ("log", "-fork")]),
        ("export NAME-damaged", &[("log", "-damaged")]),
        ("hexdump NAME-missing --offset 0", &[("log", "-missing")]),
        ("merge -o NAME-out NAME-damaged whole.aof", &[("log", "-damaged"), ("output", "-out")]),
        ("merge -o NAME-fork-out NAME NAME-fork", &[("log", ""), ("log", "-fork")]),
        ("repair --in-place NAME-damaged", &[("output", "-damaged"), ("original", "-damaged.broken")]),
        ("copy NAME-text NAME-copy", &[]),
        ("copy NAME NAME-fork", &[("log", "-fork")]),
        ("stat NAME NAME-empty", &[]),
        ("stat NAME-missing", &[("log", "-missing")]),
        ("status NAME", &[("log", "")]),
        ("split --every 2000 NAME NAME-segments", &[]),
        ("prune --before-op 12 NAME-missing", &[("log", "-missing")]),
        ("join NAME-segments NAME", &[("log", "")]),
        ("ship --once NAME-missing whole", &[]),
        ("fetch nowhere://x NAME-fetched", &[]),
    ];
    let mut lost = Vec::new();
    for name in NAMES {
        let write = |suffix: &str, bytes: &[u8]| {
            let file = [name, suffix.as_bytes()].concat();
            fs::write(path.join(OsStr::from_bytes(&file)), bytes).unwrap();
        };
        write("", &whole);
        write("-damaged", &damaged);
        write("-torn", &whole[..whole.len() - 1]);
        write("-empty", b"");
        write("-text", b"hello\n");
        fs::write(path.join("fork"), &whole[..15 * ENTRY_LEN]).unwrap();
        support::aof_with_input(path, &["append", "fork"], b"another history\n");
        write("-fork", &fs::read(path.join("fork")).unwrap());
        for (arguments, expected) in commands {
            let found = run(&page, path, name, arguments);
            for (field, suffix) in expected {
                let wanted = ((*field).to_owned(), [name, suffix.as_bytes()].concat());
                if !found.contains(&wanted) {
                    lost.push(format!("{arguments}: {field} of {:?}", String::from_utf8_lossy(&wanted.1)));
                }
            }
        }
    }
    assert_eq!(lost, [""; 0]);
}
