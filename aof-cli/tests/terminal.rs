//! On a terminal: rows that fit, colours when they are wanted, and completions that complete files.

#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::path::Path;
use std::process::{Command, Stdio};
use support::{aof, directory, log};

/// What the tool prints on a terminal that wide; none where there is no `script` to make one.
fn on_terminal(directory: &Path, width: u16, arguments: &str, input: &str) -> Option<String> {
    let tool = assert_cmd::cargo::cargo_bin!("aof");
    let line = format!("stty cols {width}; '{}' {arguments}", tool.display());
    let mut command = Command::new("script");
    command.args(["-qec", &line, "/dev/null"]).current_dir(directory).env("TERM", "xterm").env_remove("NO_COLOR");
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        println!("skipped: no terminal can be made here");
        return None;
    };
    // What is typed; the end of it is Ctrl-D.
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Some(String::from_utf8(output.stdout).unwrap().replace('\r', ""))
}

#[test]
fn rows_of_a_listing_fit_the_terminal_and_a_pipe_gets_everything() {
    let directory = directory();
    let path = directory.path();
    log(path, "log.aof", 12);
    for width in [60, 80, 100, 120, 140] {
        let Some(text) = on_terminal(path, width, "inspect log.aof", "") else { return };
        let rows: Vec<_> = text.lines().filter(|line| line.contains("2026") || line.contains(':')).collect();
        assert!(rows.len() >= 12, "{width}: {text}");
        assert!(text.lines().all(|line| line.chars().count() <= usize::from(width)), "{width}: {text}");
    }
    let piped = aof(path, &["inspect", "log.aof"]).out;
    assert!(
        piped.lines().all(|line| line.len() >= "op".len()) && piped.lines().any(|line| line.len() >= 130),
        "{piped}"
    );
}

#[test]
fn colours_are_used_when_they_are_wanted() {
    let directory = directory();
    let path = directory.path();
    log(path, "log.aof", 3);
    let colored =
        |arguments: &[&str]| aof(path, &[&["validate", "log.aof"][..], arguments].concat()).out.contains('\x1b');
    assert!(!colored(&[]) && !colored(&["--color", "never"]) && colored(&["--color", "always"]));
    assert!(aof(path, &["--color", "always", "validate", "missing"]).err.contains('\x1b'));
    assert!(!aof(path, &["--color", "always", "--json", "validate", "log.aof"]).out.contains('\x1b'));
    if let Some(text) = on_terminal(path, 80, "validate log.aof", "") {
        assert!(text.contains('\x1b'), "{text:?}");
        let text = on_terminal(path, 80, "--color never validate log.aof", "").unwrap();
        assert!(!text.contains("\x1b["), "{text:?}");
    }
}

#[test]
fn an_append_on_a_terminal_says_that_it_reads_lines() {
    let directory = directory();
    let path = directory.path();
    let Some(text) = on_terminal(path, 80, "append log.aof", "one\ntwo\n\u{4}") else { return };
    assert!(text.contains("reading lines, one entry each, until Ctrl-D\n"), "{text:?}");
    assert!(text.contains("appended  2 entries"), "{text:?}");
    assert!(!aof(path, &["append", "log.aof"]).err.contains("Ctrl-D"));
}

#[test]
fn the_progress_of_a_slow_input_names_its_phase_and_fits_80_columns() {
    let directory = directory();
    let path = directory.path();
    log(path, "log.aof", 2000);
    let tool = assert_cmd::cargo::cargo_bin!("aof");
    let script = format!(
        "(head -c 300000 log.aof; sleep 1.3; tail -c +300001 log.aof; sleep 0.3) | '{}' validate -\n",
        tool.display()
    );
    std::fs::write(path.join("slow.sh"), script).unwrap();
    let mut command = Command::new("script");
    command.args(["-qec", "stty cols 80; sh slow.sh", "/dev/null"]).current_dir(path).env("TERM", "xterm");
    let Ok(output) = command.stdin(Stdio::null()).output() else {
        println!("skipped: no terminal can be made here");
        return;
    };
    let text = String::from_utf8(output.stdout).unwrap();
    let plain = anstream::adapter::strip_str(&text).to_string();
    let drawn: Vec<_> = plain.split(['\r', '\n']).filter(|line| line.contains("reading")).collect();
    assert!(!drawn.is_empty(), "{text:?}");
    assert!(drawn.iter().all(|line| line.chars().count() <= 80), "{drawn:?}");
    assert!(plain.contains("entries   2,000"), "{plain}");
}

/// What bash completes.
fn completed(directory: &Path, line: &str) -> Vec<String> {
    let script = aof(directory, &["completions", "bash"]).out;
    std::fs::write(directory.join("completions"), script).unwrap();
    let words: Vec<&str> = line.split(' ').collect();
    let list = words.iter().map(|word| format!("'{word}'")).collect::<Vec<_>>().join(" ");
    let (current, previous) = (words[words.len() - 1], words[words.len() - 2]);
    let program = format!(
        "source ./completions; COMP_WORDS=({list}); COMP_CWORD={}; _aof aof '{current}' '{previous}'; \
         printf '%s\\n' \"${{COMPREPLY[@]}}\"",
        words.len() - 1
    );
    let output = Command::new("bash").args(["-c", &program]).current_dir(directory).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect()
}

#[test]
fn bash_completes_files_after_a_command_and_names_of_operations() {
    let directory = directory();
    let path = directory.path();
    // No reply of its own leaves the word to bash, which completes files.
    for line in ["aof validate ", "aof inspect led", "aof merge -o out.aof ", "aof copy a.aof ", "aof stat x.aof "] {
        assert_eq!(completed(path, line), [""; 0], "{line}");
    }
    assert!(completed(path, "aof ").contains(&"validate".to_owned()));
    assert!(completed(path, "aof validate --r").contains(&"--rule".to_owned()));
    assert!(completed(path, "aof inspect --operation create_tr").contains(&"create_transfers".to_owned()));
    assert_eq!(completed(path, "aof validate --rule li"), ["linear"]);
    let script = aof(path, &["completions", "bash"]).out;
    assert!(script.contains("-o bashdefault -o default aof"), "{script}");
}

#[test]
fn help_fits_80_columns() {
    let directory = directory();
    for command in ["append", "inspect", "validate", "digest", "merge", "repair", "copy", "stat", "completions", "man"]
    {
        for arguments in [&[command, "--help"][..], &[command, "-h"]] {
            let help = aof(directory.path(), arguments).out;
            for line in help.lines() {
                assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
            }
        }
    }
    assert!(aof(directory.path(), &["--help"]).out.lines().all(|line| line.chars().count() <= 80));
}

#[test]
fn a_range_with_a_dash_gets_the_right_one_suggested() {
    let directory = directory();
    let ran = aof(directory.path(), &["inspect", "--op", "10-20", "log.aof"]);
    assert_eq!(ran.code, 2);
    assert!(ran.err.contains("give 10..20 for a range"), "{}", ran.err);
    let ran = aof(directory.path(), &["inspect", "--time", "2026-01-31 23:50..00:10", "log.aof"]);
    assert!(ran.code == 2 && ran.err.contains("the range ends before it begins"), "{}", ran.err);
}
