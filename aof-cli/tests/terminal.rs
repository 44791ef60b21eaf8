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
    in_terminal(directory, &format!("stty cols {width}; '{}' {arguments}", tool.display()), input)
}

/// As [`on_terminal`] of 80 columns, with variables of the environment.
fn with_environment(directory: &Path, variables: &[(&str, &str)], arguments: &str) -> Option<String> {
    let tool = assert_cmd::cargo::cargo_bin!("aof");
    let set: String = variables.iter().map(|(name, value)| format!("{name}={value} ")).collect();
    in_terminal(directory, &format!("stty cols 80; {set}'{}' {arguments}", tool.display()), "")
}

/// What a line of shell prints on a terminal, and what is typed there.
fn in_terminal(directory: &Path, line: &str, input: &str) -> Option<String> {
    let mut command = Command::new("script");
    command.args(["-qec", line, "/dev/null"]).current_dir(directory).env("TERM", "xterm").env_remove("NO_COLOR");
    let child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        println!("skipped: no terminal can be made here");
        return None;
    };
    // What is typed; the end of it is Ctrl-D.
    std::io::Write::write_all(child.stdin.as_mut().unwrap(), input.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Some(String::from_utf8(output.stdout).unwrap().replace("\r\n", "\n").replace('\r', "\n"))
}

#[test]
fn rows_of_a_listing_fit_the_terminal_and_a_pipe_gets_everything() {
    let directory = directory();
    let path = directory.path();
    log(path, "log.aof", 12);
    for width in [40, 60, 80, 100, 120, 140, 200] {
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
        for plain in ["--color never validate log.aof", "validate log.aof | cat"] {
            let text = on_terminal(path, 80, plain, "").unwrap();
            assert!(!text.contains("\x1b["), "{plain}: {text:?}");
        }
        let text = with_environment(path, &[("NO_COLOR", "1")], "validate log.aof").unwrap();
        assert!(!text.contains("\x1b["), "{text:?}");
        let text = with_environment(path, &[("NO_COLOR", "1")], "--color always validate log.aof").unwrap();
        assert!(text.contains("\x1b["), "{text:?}");
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
    let commands = ["validate -", "digest -", "stat -", "copy - copy.aof", "split - segments"];
    for command in commands {
        let input = "head -c 300000 log.aof; sleep 1.3; tail -c +300001 log.aof; sleep 0.3";
        let line = format!("stty cols 80; ({input}) | '{}' {command}", tool.display());
        let Some(text) = in_terminal(path, &line, "") else { return };
        let plain = anstream::adapter::strip_str(&text).to_string();
        let drawn: Vec<_> = plain.lines().filter(|line| line.contains("reading")).collect();
        assert!(!drawn.is_empty(), "{command}: {text:?}");
        assert!(drawn.iter().all(|line| line.chars().count() <= 80), "{command}: {drawn:?}");
        assert!(!plain.contains("error"), "{command}: {plain}");
    }
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
fn zsh_and_fish_complete_files_and_values() {
    let directory = directory();
    let path = directory.path();
    let zsh = aof(path, &["completions", "zsh"]).out;
    // LOG of each command that takes one, and the values of a flag.
    assert!(zsh.matches(":_files").count() >= 20, "{zsh}");
    assert!(zsh.contains("linear\\:") && zsh.contains("create_transfers"), "{zsh}");
    let fish = aof(path, &["completions", "fish"]).out;
    assert!(fish.contains("linear\\t") && fish.contains("create_transfers"), "{fish}");
    // Where no file can be meant, none is offered; elsewhere fish offers files by itself.
    let validate = fish.lines().filter(|line| line.contains("__fish_aof_using_subcommand validate"));
    assert!(
        validate.clone().count() > 5 && validate.clone().all(|line| !line.contains(" -f ") || line.contains("-l "))
    );
}

/// The names of all commands, as the help lists them.
fn commands(directory: &Path) -> Vec<String> {
    let help = aof(directory, &["--help"]).out;
    let listed = help.split_once("Commands:\n").unwrap().1.split_once("\n\n").unwrap().0;
    let rows = listed.lines().filter(|line| line.starts_with("  ") && !line.starts_with("   "));
    rows.map(|line| line.split_whitespace().next().unwrap().to_owned()).collect()
}

#[test]
fn help_of_every_command_fits_80_columns() {
    let directory = directory();
    let commands = commands(directory.path());
    assert!(commands.len() >= 20 && commands.contains(&"validate".to_owned()), "{commands:?}");
    let mut all: Vec<Vec<&str>> = vec![vec!["--help"], vec!["-h"]];
    for command in commands.iter().filter(|name| *name != "help") {
        all.extend([vec![command, "--help"], vec![command, "-h"]]);
    }
    for arguments in all {
        let ran = aof(directory.path(), &arguments);
        assert_eq!(ran.code, 0, "{arguments:?}");
        for line in ran.out.lines() {
            assert!(line.chars().count() <= 80, "{arguments:?}: {line}");
        }
    }
}

#[test]
fn every_command_has_a_page_of_the_manual() {
    let directory = directory();
    for command in commands(directory.path()).iter().filter(|name| *name != "help") {
        let ran = aof(directory.path(), &["man", command]);
        assert_eq!(ran.code, 0, "{command}: {}", ran.err);
        assert!(ran.out.contains(".SH SYNOPSIS") && ran.out.contains(".SH OPTIONS"), "{command}: {}", ran.out);
        assert!(ran.out.contains(&format!("aof\\-{command}")) || ran.out.contains(command), "{command}");
    }
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
