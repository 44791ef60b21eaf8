//! Standard streams in every state, and signals: nothing panics, nothing is half made, nothing is read that was printed.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs::{self, File, OpenOptions};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::process::ExitStatusExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;
use support::{aof, aof_with_input, directory, log, names};

/// Runs a command line of `sh`, in which `aof` is the tool.
fn shell(directory: &Path, line: &str) -> (Option<i32>, String, String) {
    let tool = assert_cmd::cargo::cargo_bin!("aof");
    let path = format!("{}:{}", tool.parent().unwrap().display(), std::env::var("PATH").unwrap());
    let output = Command::new("bash").args(["-c", line]).current_dir(directory).env("PATH", path).output().unwrap();
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

fn tool() -> Command {
    Command::new(assert_cmd::cargo::cargo_bin!("aof"))
}

/// A log of 20 entries with damage in the tenth.
fn damaged(directory: &Path) -> Vec<u8> {
    let mut bytes = log(directory, "dam.aof", 20);
    bytes[9 * support::ENTRY_LEN + 300] ^= 1;
    fs::write(directory.join("dam.aof"), &bytes).unwrap();
    bytes
}

#[test]
fn a_command_never_reads_what_it_prints_nor_prints_into_a_log() {
    let directory = directory();
    let path = directory.path();
    let bytes = log(path, "l.aof", 5);
    fs::hard_link(path.join("l.aof"), path.join("other-name.aof")).unwrap();
    for (line, stream) in [
        ("aof append l.aof < l.aof", "standard input"),
        ("aof append l.aof < other-name.aof", "standard input"),
        ("aof copy - l.aof < l.aof", "standard input"),
        ("aof inspect l.aof >> l.aof", "standard output"),
        ("aof inspect l.aof >> other-name.aof", "standard output"),
        ("aof validate l.aof >> l.aof", "standard output"),
        ("echo x | aof append --ack l.aof >> l.aof", "standard output"),
        ("aof merge --force -o l.aof other.aof >> l.aof", "standard output"),
        ("aof repair --in-place l.aof >> l.aof", "standard output"),
        ("aof stat --html page l.aof 1<> l.aof", "standard output"),
    ] {
        let (code, _, err) = shell(path, line);
        assert_eq!(code, Some(4), "{line}: {err}");
        assert!(err.contains(&format!("error: {stream} and ")) && err.contains(" are the same file"), "{line}: {err}");
        assert_eq!(fs::read(path.join("l.aof")).unwrap(), bytes, "{line}");
    }
    // Nor into any other log.
    for line in ["cat l.aof | aof inspect - >> l.aof", "aof validate new.aof >> l.aof", "aof --json man >> l.aof"] {
        let (code, _, err) = shell(path, line);
        assert_eq!(code, Some(4), "{line}: {err}");
        assert!(err.contains("error: standard output is a log"), "{line}: {err}");
        assert_eq!(fs::read(path.join("l.aof")).unwrap(), bytes, "{line}");
    }
    // The refusal is not written into the log either.
    for line in [
        "aof validate l.aof 2>> l.aof",
        "aof inspect --json l.aof 2>> l.aof",
        "aof inspect l.aof >> l.aof 2>&1",
        "aof inspect --json l.aof >> l.aof",
    ] {
        assert_eq!(shell(path, line).0, Some(4), "{line}");
        assert_eq!(fs::read(path.join("l.aof")).unwrap(), bytes, "{line}");
    }
    fs::write(path.join("lines"), "one\ntwo\n").unwrap();
    let (code, _, err) = shell(path, "aof append --ack new.aof < lines >> lines");
    assert_eq!(code, Some(4), "{err}");
    assert_eq!(fs::read(path.join("lines")).unwrap(), b"one\ntwo\n");
    // A loop over lines of a log's own list is legal: nothing reads standard input.
    assert_eq!(shell(path, "aof validate l.aof < l.aof > said").0, Some(0));
}

#[test]
fn a_limit_on_file_sizes_ends_a_command_as_a_full_disk_does() {
    let directory = directory();
    let path = directory.path();
    let (code, out, err) = shell(path, "(ulimit -f 50; seq 100000 | aof append --ack u.aof)");
    assert_eq!(code, Some(3), "{err}");
    let acknowledged = out.lines().count();
    assert!(err.contains(&format!(" durable, up to op {acknowledged}; continue with line ")), "{err}");
    let ran = aof(path, &["validate", "--rule", "linear", "u.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.out);
    assert!(ran.out.contains(&format!("ops       1 to {acknowledged}\n")), "{}", ran.out);

    log(path, "long.aof", 1000);
    for command in ["merge -o out.aof long.aof", "repair -o out.aof long.aof"] {
        let (code, _, err) = shell(path, &format!("(ulimit -f 50; aof {command})"));
        assert_eq!(code, Some(3), "{command}: {err}");
        assert!(err.contains("error: out.aof: no room") && !err.contains("continue after it"), "{command}: {err}");
        assert_eq!(names(path), ["long.aof", "u.aof"], "{command}");
    }
    let (code, _, err) = shell(path, "(ulimit -f 50; aof copy long.aof copy.aof)");
    assert_eq!(code, Some(3), "{err}");
    assert!(fs::read(path.join("long.aof")).unwrap().starts_with(&fs::read(path.join("copy.aof")).unwrap()));
    assert_eq!(aof(path, &["copy", "long.aof", "copy.aof"]).code, 0);
}

#[test]
fn a_command_on_segments_never_reads_or_prints_into_one_of_them() {
    let directory = directory();
    let path = directory.path();
    let bytes = log(path, "log.aof", 20);
    assert_eq!(aof(path, &["split", "--every", "2KiB", "log.aof", "segments"]).code, 0);
    let segments: Vec<String> =
        names(&path.join("segments")).into_iter().filter(|name| name.ends_with(".aof")).collect();
    let (first, last) = (format!("segments/{}", segments[0]), format!("segments/{}", segments[segments.len() - 1]));
    for segment in [&first, &last] {
        for (line, stream) in [
            (format!("aof append segments < {segment}"), "standard input"),
            (format!("aof inspect segments >> {segment}"), "standard output"),
            (format!("aof join segments joined.aof >> {segment}"), "standard output"),
            (format!("aof prune --keep 1KiB segments >> {segment}"), "standard output"),
        ] {
            let (code, _, err) = shell(path, &line);
            assert_eq!(code, Some(4), "{line}: {err}");
            assert!(err.contains(&format!("error: {stream} and segments are the same file")), "{line}: {err}");
        }
    }
    let joined = segments.iter().flat_map(|name| fs::read(path.join("segments").join(name)).unwrap());
    assert_eq!(joined.collect::<Vec<_>>(), bytes);
}

/// A command of the tool in whose input and output nothing happens until the test lets it.
fn started(directory: &Path, arguments: &[&str]) -> Child {
    let mut command = tool();
    command.args(arguments).current_dir(directory);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
}

fn send(child: &Child, signal: &str) {
    let sent = Command::new("kill").arg(format!("-{signal}")).arg(child.id().to_string()).status().unwrap();
    assert!(sent.success());
}

#[test]
fn a_signal_ends_an_append_with_how_many_lines_are_durable() {
    for (signal, number) in [("INT", 2), ("TERM", 15), ("HUP", 1), ("QUIT", 3)] {
        let directory = directory();
        let path = directory.path();
        let mut child = started(path, &["append", "--ack", "log.aof"]);
        let mut lines = child.stdin.take().unwrap();
        // The last line has no end yet, so it is none.
        lines.write_all(b"one\ntwo\nthree\nfo").unwrap();
        let mut out = BufReader::new(child.stdout.take().unwrap());
        for op in 1..=3 {
            let mut line = String::new();
            out.read_line(&mut line).unwrap();
            assert_eq!(line, format!("{op}\n"));
        }
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.signal(), Some(number), "{signal}");
        let err = String::from_utf8(output.stderr).unwrap();
        assert_eq!(err, format!("SIG{signal}: 3 entries are durable, up to op 3; continue with line 4\n"));
        let ran = aof(path, &["validate", "--rule", "linear", "log.aof"]);
        assert!(ran.code == 0 && ran.out.contains("ops       1 to 3\n"), "{}", ran.out);
        drop(lines);
    }
}

#[test]
fn a_signal_in_the_middle_of_a_long_append_leaves_exactly_what_it_says() {
    let directory = directory();
    let path = directory.path();
    let mut child = started(path, &["append", "--json", "--count", "100000000", "log.aof"]);
    while fs::metadata(path.join("log.aof")).map_or(0, |file| file.len()) < 5_000_000 {
        std::thread::sleep(Duration::from_millis(2));
    }
    drop(child.stdin.take());
    send(&child, "INT");
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.signal(), Some(2));
    let durable: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&durable["type"], &durable["signal"]), (&"durable".into(), &"SIGINT".into()), "{durable}");
    let summary = aof(path, &["validate", "--json", "--rule", "linear", "log.aof"]);
    let summary: serde_json::Value = serde_json::from_str(summary.out.lines().last().unwrap()).unwrap();
    assert_eq!((&summary["entries"], &summary["tip_op"]), (&durable["entries"], &durable["op"]), "{summary}");
}

#[test]
fn a_signal_that_is_ignored_stays_ignored() {
    let directory = directory();
    let path = directory.path();
    let line = "trap '' HUP; (echo one; sleep 0.3; kill -HUP $(cat pid); sleep 0.1; echo two) | \
                (bash -c 'echo $$ > pid; exec aof append log.aof')";
    let (code, out, err) = shell(path, line);
    assert_eq!(code, Some(0), "{err}");
    assert!(out.contains("(op 2)"), "{out}{err}");
}

#[test]
fn a_verdict_does_not_depend_on_who_reads_it() {
    let directory = directory();
    let path = directory.path();
    damaged(path);
    log(path, "good.aof", 2000);
    for (command, code) in [
        ("validate dam.aof", 1),
        ("validate --json dam.aof", 1),
        ("validate good.aof", 0),
        ("stat dam.aof", 1),
        ("digest dam.aof", 1),
        ("merge --force -o m.aof dam.aof", 1),
        ("repair --dry-run dam.aof", 1),
        ("copy --json dam.aof c.aof", 1),
        ("inspect --json dam.aof", 1),
        ("inspect good.aof", 0),
    ] {
        // The reader is gone before the first byte.
        for _ in 0..5 {
            let line = format!("aof {command} 2> err | true; echo ${{PIPESTATUS[0]}}");
            let (_, out, _) = shell(path, &line);
            let early = command.starts_with("inspect");
            let expected = if early { ["0\n", "1\n"] } else { [if code == 0 { "0\n" } else { "1\n" }; 2] };
            assert!(expected.contains(&out.as_str()), "{command}: {out}");
            let err = fs::read_to_string(path.join("err")).unwrap();
            assert!(!err.contains("Broken pipe"), "{command}: {err}");
        }
    }
    assert_eq!(shell(path, "aof inspect good.aof | head -1 > first; echo ${PIPESTATUS[0]}").1, "0\n");
    assert!(path.join("m.aof").exists());
}

#[test]
fn a_full_stream_ends_in_an_exit_code_and_never_in_a_panic() {
    let directory = directory();
    let path = directory.path();
    let bytes = log(path, "log.aof", 3);
    for (line, code) in [
        ("aof validate nosuch.aof 2> /dev/full", 3),
        ("aof validate log.aof > /dev/full", 3),
        ("aof inspect log.aof > /dev/full", 3),
        ("aof stat log.aof > /dev/full", 3),
        ("aof digest log.aof > /dev/full", 3),
        ("aof validate --json log.aof > /dev/full 2>&1", 3),
        ("aof validate --json nosuch.aof > /dev/full", 3),
        ("aof --help > /dev/full", 3),
        ("aof validate --help > /dev/full", 3),
        ("aof --version > /dev/full", 3),
        ("aof man > /dev/full", 3),
        ("aof completions bash > /dev/full", 3),
        ("aof nosuch 2> /dev/full", 2),
        ("aof validate 2> /dev/full", 2),
        ("aof --help | true; exit ${PIPESTATUS[0]}", 0),
        ("aof validate log.aof >&- 2>&-", 0),
        ("aof digest - <&-", 0),
    ] {
        let (found, _, err) = shell(path, line);
        assert_eq!(found, Some(code), "{line}: {err}");
        assert!(!err.contains("panicked"), "{line}: {err}");
    }
    // A tail is cut, and then the lines are appended, though nobody can be told.
    fs::write(path.join("log.aof"), &bytes[..bytes.len() - 1]).unwrap();
    assert_eq!(shell(path, "echo three | aof append log.aof > /dev/null 2> /dev/full").0, Some(0));
    assert!(aof(path, &["validate", "--rule", "linear", "log.aof"]).out.contains("ops       1 to 3\n"));
}

/// Puts the stream into non-blocking mode, as a parent with an event loop does.
fn non_blocking(stream: impl std::os::fd::AsFd) {
    let flags = rustix::fs::fcntl_getfl(&stream).unwrap();
    rustix::fs::fcntl_setfl(&stream, flags | rustix::fs::OFlags::NONBLOCK).unwrap();
}

#[test]
fn non_blocking_streams_are_waited_for() {
    let directory = directory();
    let path = directory.path();
    // Lines that come slowly.
    let (reader, mut writer) = std::io::pipe().unwrap();
    non_blocking(&reader);
    let child =
        tool().args(["append", "log.aof"]).current_dir(path).stdin(reader).stdout(Stdio::piped()).spawn().unwrap();
    for line in ["one\n", "tw", "o\nthree\n"] {
        writer.write_all(line.as_bytes()).unwrap();
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(writer);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().contains("appended  3 entries"));

    // A reader that is slow.
    log(path, "long.aof", 20_000);
    let (mut reader, writer) = std::io::pipe().unwrap();
    non_blocking(&writer);
    let mut child = tool().args(["inspect", "long.aof"]).current_dir(path).stdout(writer).spawn().unwrap();
    let mut text = String::new();
    std::thread::sleep(Duration::from_millis(100));
    reader.read_to_string(&mut text).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(text.lines().count(), 20_001);

    // A log that comes through such a pipe.
    let (reader, mut writer) = std::io::pipe().unwrap();
    non_blocking(&reader);
    let child = tool().args(["validate", "-"]).stdin(reader).stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(50));
    writer.write_all(&fs::read(path.join("long.aof")).unwrap()).unwrap();
    drop(writer);
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success() && String::from_utf8(output.stdout).unwrap().contains("entries   20,000\n"));
}

#[test]
fn a_signal_leaves_no_unfinished_file() {
    let directory = directory();
    let path = directory.path();
    // 1 GiB of zeros after an entry keeps the command busy; a hole would not.
    log(path, "log.aof", 1);
    let mut file = OpenOptions::new().append(true).open(path.join("log.aof")).unwrap();
    (0..64).for_each(|_| file.write_all(&vec![0; 16 << 20]).unwrap());
    let commands: [&[&str]; 5] = [
        &["merge", "-o", "out.aof", "log.aof"],
        &["repair", "-o", "out.aof", "log.aof"],
        &["merge", "--quiet", "-o", "out.aof", "log.aof"],
        &["merge", "--force", "-o", "out.aof", "log.aof"],
        &["merge", "--threads", "1", "-o", "out.aof", "log.aof"],
    ];
    for (signal, command) in ["INT", "TERM", "HUP", "QUIT", "TERM"].into_iter().zip(commands) {
        let child = started(path, command);
        while names(path).len() < 2 {
            std::thread::sleep(Duration::from_millis(2));
        }
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.signal().is_some(), "{signal}: {output:?}");
        assert_eq!(names(path), ["log.aof"], "{signal}");
    }
}

#[test]
fn many_inputs_need_few_descriptors() {
    let directory = directory();
    let path = directory.path();
    let bytes = log(path, "whole.aof", 120);
    let mut inputs = Vec::new();
    for (number, entry) in bytes.chunks(support::ENTRY_LEN).enumerate() {
        let name = format!("{number}.part");
        fs::write(path.join(&name), entry).unwrap();
        inputs.push(name);
    }
    let line = format!("(ulimit -n 30; aof merge -o out.aof {})", inputs.join(" "));
    let (code, out, err) = shell(path, &line);
    assert_eq!(code, Some(0), "{out}{err}");
    assert_eq!(fs::read(path.join("out.aof")).unwrap(), bytes);
    for command in ["validate", "digest", "stat"] {
        let (code, _, err) = shell(path, &format!("(ulimit -n 30; aof {command} {})", inputs.join(" ")));
        assert_eq!(code, Some(0), "{command}: {err}");
    }
}

#[test]
fn a_dash_is_a_stream_or_a_usage_error_that_names_the_file() {
    let directory = directory();
    let path = directory.path();
    log(path, "log.aof", 3);
    for arguments in [
        &["append", "-"][..],
        &["merge", "-o", "-", "log.aof"],
        &["repair", "-o", "-", "log.aof"],
        &["repair", "--in-place", "-"],
        &["copy", "log.aof", "-"],
    ] {
        let ran = aof(path, arguments);
        assert_eq!(ran.code, 2, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("a file named `-` is ./-"), "{arguments:?}: {}", ran.err);
    }
    let ran = aof(path, &["stat", "--html", "-", "log.aof"]);
    assert!(ran.code == 0 && ran.out.starts_with("<!doctype html>") && ran.out.ends_with("</html>\n"), "{}", ran.out);
    assert_eq!(aof(path, &["stat", "--json", "--html", "-", "log.aof"]).code, 2);
    assert_eq!(aof_with_input(path, &["append", "./-"], b"one\n").code, 0);
    assert_eq!(names(path), ["-", "log.aof"]);
}

#[test]
fn a_fifo_that_takes_the_name_of_a_followed_log_is_waited_out() {
    let directory = directory();
    let path = directory.path();
    log(path, "log.aof", 2);
    let mut child = started(path, &["inspect", "--follow", "--json", "log.aof"]);
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.next().unwrap().unwrap().contains("\"op\":1"));
    assert!(lines.next().unwrap().unwrap().contains("\"op\":2"));
    fs::rename(path.join("log.aof"), path.join("log-1.aof")).unwrap();
    assert!(Command::new("mkfifo").arg(path.join("log.aof")).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(300));
    fs::remove_file(path.join("log.aof")).unwrap();
    // The log comes back, and continues.
    fs::copy(path.join("log-1.aof"), path.join("next.aof")).unwrap();
    assert_eq!(aof_with_input(path, &["append", "next.aof"], b"three\n").code, 0);
    fs::rename(path.join("next.aof"), path.join("log.aof")).unwrap();
    let rest: Vec<_> = lines.by_ref().map(Result::unwrap).take_while(|line| !line.contains("\"op\":3")).collect();
    assert!(rest.iter().any(|line| line.contains("\"rotated\"")), "{rest:?}");

    // And it hears that its reader leaves while a fifo has the name.
    fs::remove_file(path.join("log.aof")).unwrap();
    assert!(Command::new("mkfifo").arg(path.join("log.aof")).status().unwrap().success());
    std::thread::sleep(Duration::from_millis(300));
    drop(lines);
    for _ in 0..100 {
        if child.try_wait().unwrap().is_some() {
            return;
        }
        std::thread::sleep(Duration::from_millis(50));
    }
    child.kill().unwrap();
    panic!("the reader left unheard");
}

#[test]
fn ops_that_went_by_while_following_are_reported_as_a_gap() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "whole.aof", 30);
    let entry = |op: usize| (op - 1) * support::ENTRY_LEN;
    fs::write(path.join("log.aof"), &whole[..entry(11)]).unwrap();
    for json in [true, false] {
        fs::write(path.join("log.aof"), &whole[..entry(11)]).unwrap();
        let mut arguments = vec!["inspect", "--follow", "--limit", "21", "log.aof"];
        arguments.extend(json.then_some("--json"));
        let mut child = started(path, &arguments);
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let read = lines.by_ref().map(Result::unwrap).take(if json { 10 } else { 11 }).count();
        assert!(read >= 10);
        // Two rotations went by: the file that is there now begins with a copy of op 20.
        fs::write(path.join("next"), &whole[entry(20)..]).unwrap();
        fs::rename(path.join("next"), path.join("log.aof")).unwrap();
        let rest: Vec<_> = lines.map(Result::unwrap).collect();
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{rest:?}");
        let err = String::from_utf8(output.stderr).unwrap();
        if json {
            let object = |line: &String| serde_json::from_str::<serde_json::Value>(line).unwrap();
            let kinds: Vec<_> = rest.iter().take(3).map(|line| object(line)["type"].clone()).collect();
            assert_eq!(kinds, ["rotated", "gap", "entry"]);
            let gap = object(&rest[1]);
            assert_eq!((&gap["missing_first"], &gap["missing_last"]), (&11.into(), &19.into()), "{gap}");
        } else {
            assert!(err.contains("gap log.aof: ops 11 to 19 were not seen\n"), "{err}");
        }
    }
    let _ = File::open(path.join("log.aof")).unwrap();
}

#[test]
fn a_signal_in_a_join_or_a_split_leaves_nothing_half_made() {
    let directory = directory();
    let path = directory.path();
    let ran = aof(path, &["append", "--count", "40000", "--size", "4KiB", "--sync", "end", "log.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert_eq!(aof(path, &["split", "log.aof", "segments"]).code, 0);
    for (signal, command) in [
        ("INT", &["join", "segments", "joined.aof"][..]),
        ("HUP", &["split", "log.aof", "made"]),
        ("TERM", &["join", "segments", "joined.aof"]),
        ("QUIT", &["split", "--every", "1MiB", "log.aof", "made"]),
    ] {
        let child = started(path, command);
        while names(path).len() < 3 {
            std::thread::sleep(Duration::from_millis(2));
        }
        send(&child, signal);
        let output = child.wait_with_output().unwrap();
        assert!(output.status.signal().is_some(), "{signal}: {output:?}");
        assert_eq!(names(path), ["log.aof", "segments"], "{signal}");
    }
    for command in [["join", "segments", "joined.aof"], ["split", "log.aof", "made"]] {
        let (code, _, err) = shell(path, &format!("(ulimit -f 50; aof {})", command.join(" ")));
        assert_eq!(code, Some(3), "{command:?}: {err}");
        assert!(err.contains(&format!("error: {}: no room", command[2])) && !err.contains("continue after"), "{err}");
        assert_eq!(names(path), ["log.aof", "segments"], "{command:?}");
        assert_eq!(aof(path, &command).code, 0);
        assert_eq!(aof(path, &["validate", command[2]]).code, 0);
        let made = path.join(command[2]);
        if made.is_dir() { fs::remove_dir_all(made) } else { fs::remove_file(made) }.unwrap();
    }
    let (code, _, err) = shell(path, "(ulimit -f 1; aof stat --html page.html log.aof)");
    assert!(code == Some(3) && err.contains("error: page.html: no room") && !err.contains(".aof-stat"), "{err}");
    assert_eq!(names(path), ["log.aof", "segments"]);
}
