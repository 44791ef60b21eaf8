//! `aof ship` that is killed again and again beside a writer. `AOF_SHIP_KILLS` is how often; 5 by default.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support::writer::Writer;
use support::{aof, directory, names};

fn kills() -> u64 {
    std::env::var("AOF_SHIP_KILLS").map_or(5, |kills| kills.parse().unwrap())
}

fn ship(directory: &Path, arguments: &[&str]) -> Child {
    Command::new(assert_cmd::cargo::cargo_bin!("aof"))
        .args(["ship", "--take-over", "--interval", "0.005"])
        .args(arguments)
        .current_dir(directory)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap()
}

/// Kills `aof ship` beside a writer of `log`, each time a little later; `between` is called after each start.
fn kill_beside_a_writer(directory: &Path, writer: &mut Writer, arguments: &[&str], mut between: impl FnMut(u64)) {
    for kill in 0..kills() {
        let mut shipper = ship(directory, arguments);
        // From before the copy is opened to well after its first looks.
        let pause = Duration::from_millis(kill * 37 % 150);
        for line in 0..4 {
            assert!(writer.append(&format!("line {line} beside kill {kill}")).is_some());
            std::thread::sleep(pause / 4);
        }
        between(kill);
        shipper.kill().unwrap();
        shipper.wait().unwrap();
    }
}

/// What is on the store, as a file.
fn fetched(directory: &Path, url: &str) -> Vec<u8> {
    let ran = aof(directory, &["fetch", url, "back.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    fs::read(directory.join("back.aof")).unwrap()
}

/// The bytes after the first entry.
fn without_seam(log: &[u8]) -> &[u8] {
    let magic = &log[..16];
    let seam = (16..log.len()).find(|at| log[*at..].starts_with(magic)).unwrap_or(log.len());
    &log[seam..]
}

#[test]
fn a_directory_of_segments_arrives_byte_for_byte_however_often_the_copy_is_killed() {
    let directory = directory();
    let path = directory.path();
    let url = format!("file://{}/store", path.display());
    let mut writer = Writer::start_with(path, &["--sync", "every", "--segments", "4KiB", "log"]);
    assert!(writer.append("the first").is_some());
    kill_beside_a_writer(path, &mut writer, &["log", &url], |_| {});
    let (code, err) = writer.end();
    assert_eq!(code, 0, "{err}");
    let ran = aof(path, &["ship", "--once", "--take-over", "log", &url]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let segments = names(&path.join("log")).into_iter().filter(|name| name.ends_with(".aof"));
    let parts: Vec<_> = segments.map(|name| fs::read(path.join("log").join(name)).unwrap()).collect();
    assert!(parts.len() > 1, "the writer did not begin another segment");
    assert!(fetched(path, &url) == parts.concat());
}

#[test]
fn a_file_arrives_byte_for_byte_through_rotations_however_often_the_copy_is_killed() {
    let directory = directory();
    let path = directory.path();
    let url = format!("file://{}/store", path.display());
    fs::create_dir(path.join("archive")).unwrap();
    let mut writer = Writer::start(path, "log.aof");
    assert!(writer.append("the first").is_some());
    // Beside the log in its archive is another one, which is none of this copy.
    support::aof_with_input(path, &["append", "archive/other.aof"], b"another history\n");
    let mut rotations = 0;
    kill_beside_a_writer(path, &mut writer, &["--rotated", "archive", "log.aof", &url], |kill| {
        // Some are made while the copy is killed, some twice before it is looked at again.
        if kill % 2 == 1 && path.join("log.aof").exists() {
            fs::rename(path.join("log.aof"), path.join(format!("archive/{rotations:03}.aof"))).unwrap();
            rotations += 1;
        }
    });
    let (code, err) = writer.end();
    assert_eq!(code, 0, "{err}");
    let ran = aof(path, &["ship", "--once", "--take-over", "--rotated", "archive", "log.aof", &url]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let mut wanted = fs::read(path.join("archive/000.aof")).unwrap();
    for rotation in 1..rotations {
        wanted.extend(without_seam(&fs::read(path.join(format!("archive/{rotation:03}.aof"))).unwrap()));
    }
    wanted.extend(without_seam(&fs::read(path.join("log.aof")).unwrap()));
    assert!(rotations >= 2);
    assert!(fetched(path, &url) == wanted);
}
