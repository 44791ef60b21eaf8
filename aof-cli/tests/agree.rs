//! Two clusters, a hole, a fork, files in another order: every command says so, and their exit codes agree.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use std::path::Path;
use support::{ENTRY_LEN, aof, aof_with_input, directory, log};

/// The logs of this file, in the directory.
fn logs(path: &Path) {
    let whole = log(path, "whole.aof", 20);
    let ran = aof(path, &["append", "--cluster", "5", "--count", "5", "--size", "100", "five.aof"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let five = fs::read(path.join("five.aof")).unwrap();
    fs::write(path.join("mixed.aof"), [&whole[..], &five].concat()).unwrap();
    fs::write(path.join("hole.aof"), [&whole[..9 * ENTRY_LEN], &whole[10 * ENTRY_LEN..]].concat()).unwrap();
    fs::write(path.join("fork.aof"), &whole[..15 * ENTRY_LEN]).unwrap();
    aof_with_input(path, &["append", "fork.aof"], b"another\nhistory\n");
    let other = fs::read(path.join("fork.aof")).unwrap();
    fs::write(path.join("fork.aof"), [&whole[..], &other[15 * ENTRY_LEN..]].concat()).unwrap();
    fs::write(path.join("rot-1"), &whole[..10 * ENTRY_LEN]).unwrap();
    fs::write(path.join("rot-2"), &whole[9 * ENTRY_LEN..15 * ENTRY_LEN]).unwrap();
    fs::write(path.join("rot-3"), &whole[14 * ENTRY_LEN..]).unwrap();
}

/// Runs each command line, and looks for the exit code and the text in all that it printed.
fn says(path: &Path, cases: &[(&str, i32, &str)]) {
    for (line, code, text) in cases {
        let ran = aof(path, &line.split(' ').collect::<Vec<_>>());
        let all = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.code, *code, "{line}: {all}");
        assert!(all.contains(text), "{line}: {text}: {all}");
    }
}

#[test]
fn every_command_names_both_clusters_once_and_blames_no_flag() {
    let directory = directory();
    let path = directory.path();
    logs(path);
    let (both, mixed) = ("cluster 5, and the log was of cluster 0: two logs are mixed", "expected cluster 0, found 5");
    says(
        path,
        &[
            ("validate mixed.aof", 1, both),
            ("stat mixed.aof", 1, both),
            ("stat whole.aof five.aof", 1, both),
            ("stat --json mixed.aof", 1, "\"kind\":\"cluster\""),
            ("export mixed.aof", 1, both),
            ("export --json whole.aof five.aof", 1, "\"kind\":\"cluster\""),
            ("inspect mixed.aof", 1, both),
            ("inspect whole.aof five.aof", 1, both),
            ("inspect --reverse mixed.aof", 1, both),
            ("inspect --json mixed.aof", 1, "\"kind\":\"cluster\""),
            ("status mixed.aof", 1, "cluster 5, and the log was of cluster 0"),
            ("diff whole.aof five.aof", 1, "logs of several clusters: 0, 5"),
            ("diff mixed.aof mixed.aof", 1, "logs of several clusters: 0, 5"),
            ("split mixed.aof segments", 1, mixed),
            ("ship --once mixed.aof file:///DIRECTORY/store", 1, mixed),
            ("append --cluster 0 mixed.aof", 1, mixed),
            ("append --tail keep --rule tb mixed.aof", 1, mixed),
        ]
        .map(|(line, code, text)| (line.replace("/DIRECTORY", path.to_str().unwrap()), code, text))
        .iter()
        .map(|(line, code, text)| (line.as_str(), *code, *text))
        .collect::<Vec<_>>(),
    );
    for line in ["export mixed.aof", "inspect mixed.aof", "stat mixed.aof", "validate mixed.aof", "digest mixed.aof"] {
        let ran = aof(path, &line.split(' ').collect::<Vec<_>>());
        let all = format!("{}{}", ran.out, ran.err);
        assert_eq!(all.matches("two logs are mixed").count(), 1, "{line}: {all}");
        // Merging keeps one of the clusters only.
        assert!(!all.contains("aof merge") && !all.contains("--cluster"), "{line}: {all}");
    }
}

#[test]
fn every_command_says_that_an_op_is_missing() {
    let directory = directory();
    let path = directory.path();
    logs(path);
    let missing = "op 10 is missing";
    says(
        path,
        &[
            ("stat hole.aof", 1, missing),
            ("stat --json hole.aof", 1, "\"message\":\"op 10 is missing"),
            ("inspect hole.aof", 1, missing),
            ("inspect --op 5..15 hole.aof", 1, missing),
            ("inspect --tail 15 hole.aof", 1, missing),
            ("inspect --reverse --json hole.aof", 1, "\"missing_first\":10"),
            ("status hole.aof", 1, missing),
            ("export hole.aof", 1, "1 are missing"),
            ("split hole.aof segments", 0, "note gap: in LOG at offset 3348: op 10 is missing"),
            ("join --json segments joined.aof", 0, "in DIR at offset 3348: op 10 is missing"),
            ("copy segments copy.aof", 0, "note gap: in SRC at offset 3348: op 10 is missing"),
            ("inspect rot-1 rot-3", 1, "ops 11 to 14 are missing"),
            ("inspect --reverse rot-1 rot-3", 1, "ops 11 to 14 are missing"),
            ("stat rot-3 rot-1", 1, "ops 11 to 14 are missing"),
        ],
    );
    for rule in ["linear", "seen-parent"] {
        let ran = aof(path, &["append", "--rule", rule, "hole.aof"]);
        assert!(ran.code == 1 && ran.err.contains("aof validate hole.aof"), "{rule}: {}", ran.err);
        assert!(!ran.err.contains("--rule tb"), "{rule}: {}", ran.err);
    }
}

#[test]
fn a_copy_on_a_store_that_comes_back_with_a_hole_is_noted() {
    let directory = directory();
    let path = directory.path();
    logs(path);
    let url = format!("file://{}/store", path.display());
    assert_eq!(aof(path, &["ship", "--once", "hole.aof", &url]).code, 0);
    let ran = aof(path, &["fetch", &url, "back.aof"]);
    assert!(ran.code == 0 && ran.err.contains("op 10 is missing"), "{}", ran.err);
}

#[test]
fn another_history_is_one_finding_in_every_command() {
    let directory = directory();
    let path = directory.path();
    logs(path);
    says(
        path,
        &[
            ("stat fork.aof", 1, "two histories on parent"),
            ("inspect fork.aof", 1, "two histories on parent"),
            ("inspect --json fork.aof", 1, "\"kind\":\"fork\""),
            ("export fork.aof", 1, "another entry with this op came before"),
        ],
    );
    for line in ["stat fork.aof", "inspect fork.aof", "export fork.aof", "validate fork.aof", "digest fork.aof"] {
        let ran = aof(path, &line.split(' ').collect::<Vec<_>>());
        let all = format!("{}{}", ran.out, ran.err);
        assert_eq!(
            all.matches("fork").count() - all.matches("fork.aof").count(),
            1 + usize::from(line.starts_with("validate")),
            "{line}: {all}"
        );
    }
}

#[test]
fn files_in_another_order_are_named_in_the_right_one_by_every_command() {
    let directory = directory();
    let path = directory.path();
    logs(path);
    for command in ["validate", "stat", "export", "inspect"] {
        let ran = aof(path, &[command, "rot-2", "rot-3", "rot-1"]);
        let all = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.code, 0, "{command}: {all}");
        assert!(all.contains(&format!("aof {command} rot-1 rot-2 rot-3\n")), "{command}: {all}");
        let ran = aof(path, &[command, "--json", "rot-2", "rot-3", "rot-1"]);
        assert!(ran.out.contains(&format!("\"next\":\"aof {command} rot-1 rot-2 rot-3\"")), "{command}: {}", ran.out);
        let right = aof(path, &[command, "rot-1", "rot-2", "rot-3"]);
        assert!(right.code == 0 && !format!("{}{}", right.out, right.err).contains("order"), "{command}");
    }
}

#[test]
fn an_empty_log_is_noted_by_every_command_that_reads_it() {
    let directory = directory();
    let path = directory.path();
    fs::write(path.join("empty.aof"), b"").unwrap();
    for line in
        ["validate", "stat", "inspect", "inspect --reverse", "export", "digest", "status", "copy", "merge -o out.aof"]
    {
        let copy = if line == "copy" { &["copy.aof"][..] } else { &[] };
        let arguments = [&line.split(' ').collect::<Vec<_>>(), &["empty.aof"][..], copy].concat();
        let ran = aof(path, &arguments);
        assert_eq!(ran.code, 0, "{line}: {}", ran.err);
        assert!(format!("{}{}", ran.out, ran.err).contains("empty\n"), "{line}: {}{}", ran.out, ran.err);
    }
    for command in ["validate", "stat", "inspect", "export", "digest"] {
        let ran = aof_with_input(path, &[command, "--json", "-"], b"");
        assert!(ran.out.contains("\"kind\":\"empty\""), "{command}: {}", ran.out);
    }
}

#[test]
fn a_compressed_log_gets_the_command_that_unpacks_it_from_every_command() {
    let directory = directory();
    let path = directory.path();
    let packed = [&[0x1f, 0x8b, 8, 0][..], &[7; 700]].concat();
    fs::write(path.join("log.aof.gz"), &packed).unwrap();
    log(path, "log.aof", 2);
    let lines = [
        "validate",
        "stat",
        "inspect",
        "inspect --tail 3",
        "inspect --reverse",
        "inspect --op 3",
        "export",
        "digest",
        "status",
        "hexdump",
        "merge -o out.aof",
        "repair --dry-run",
        "repair -o out.aof",
        "diff log.aof",
        "append",
        "ship --once",
        "split",
        "copy",
    ];
    for line in lines {
        let url = format!("file://{}/store", path.display());
        let last = match line {
            "split" | "copy" => &["made"][..],
            "ship --once" => &[url.as_str()],
            _ => &[],
        };
        let arguments = [&line.split(' ').collect::<Vec<_>>(), &["log.aof.gz"][..], last].concat();
        let ran = aof(path, &arguments);
        let all = format!("{}{}", ran.out, ran.err);
        assert_eq!(ran.code, 1, "{line}: {all}");
        assert!(all.contains("gzip -dc log.aof.gz > LOG"), "{line}: {all}");
        assert!(!all.contains("aof repair"), "{line}: {all}");
    }
    assert_eq!(fs::read(path.join("log.aof.gz")).unwrap(), packed);
    for command in ["inspect", "export"] {
        let ran = aof(path, &[command, "--json", "log.aof.gz"]);
        let last: serde_json::Value = serde_json::from_str(ran.out.lines().last().unwrap()).unwrap();
        assert_eq!((&last["type"], &last["next"][0]), (&"error".into(), &"gzip -dc log.aof.gz > LOG".into()));
    }
}

/// Logs of 100 entries: with damage, a hole, both and repetitions, two histories.
fn spoilt(path: &Path) -> [&'static str; 5] {
    let whole = log(path, "w.aof", 100);
    let entries = |from: usize, to: usize| &whole[from * ENTRY_LEN..to * ENTRY_LEN];
    let mut damaged = whole.clone();
    (47..52).for_each(|entry| damaged[entry * ENTRY_LEN + 300] ^= 1);
    fs::write(path.join("dam.aof"), &damaged).unwrap();
    fs::write(path.join("gap.aof"), [entries(0, 47), entries(52, 100)].concat()).unwrap();
    damaged[10 * ENTRY_LEN + 300] ^= 1;
    fs::write(path.join("mix.aof"), [&damaged[..], entries(90, 100), entries(0, 30)].concat()).unwrap();
    fs::write(path.join("torn.aof"), &whole[..whole.len() - 9]).unwrap();
    fs::write(path.join("part.aof"), entries(0, 60)).unwrap();
    support::aof_with_input(path, &["append", "part.aof"], b"another\nhistory\n");
    let other = fs::read(path.join("part.aof")).unwrap();
    fs::write(path.join("fork.aof"), [&whole[..], &other[60 * ENTRY_LEN..]].concat()).unwrap();
    ["dam.aof", "gap.aof", "mix.aof", "torn.aof", "fork.aof"]
}

#[test]
fn validate_stat_and_inspect_find_the_same_under_each_rule() {
    let directory = directory();
    let path = directory.path();
    for name in spoilt(path) {
        for rule in ["seen-parent", "tb"] {
            let count = |command: &str| {
                let ran = aof(path, &[command, "--json", "--rule", rule, name]);
                let lines = ran.out.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
                let count = lines.filter(|line| line["type"] == "finding" || line["type"] == "damage").count();
                (ran.code, count)
            };
            let validated = count("validate");
            assert_eq!(count("stat"), validated, "stat {rule} {name}");
            assert_eq!(count("inspect"), validated, "inspect {rule} {name}");
        }
    }
    for command in ["validate", "stat", "inspect", "digest", "export", "status"] {
        let under = |rule: &str| aof(path, &[command, "--rule", rule, "gap.aof"]).code;
        assert_eq!((under("seen-parent"), under("tb")), (1, 0), "{command}");
        assert_eq!(aof(path, &[command, "gap.aof"]).code, 1, "{command}");
    }
}

#[test]
fn a_window_of_ops_counts_what_touches_it_from_a_file_and_from_a_pipe() {
    let directory = directory();
    let path = directory.path();
    for name in spoilt(path) {
        let bytes = fs::read(path.join(name)).unwrap();
        for window in
            ["50..60", "10", "11", "60..70", "49..50", "45..47", "45..48", "53..60", "99..", "100..200", "101.."]
        {
            let file = aof(path, &["inspect", "--op", window, name]);
            let pipe = aof_with_input(path, &["inspect", "--op", window, "-"], &bytes);
            assert_eq!((file.code, &file.out), (pipe.code, &pipe.out), "{name} {window}: {} {}", file.err, pipe.err);
            assert_eq!(
                file.err.lines().count(),
                pipe.err.lines().count(),
                "{name} {window}: {} {}",
                file.err,
                pipe.err
            );
        }
    }
    // What is damaged in the window is said, though nothing of it can be listed.
    for (name, window, code) in [
        ("dam.aof", "49..50", 1),
        ("gap.aof", "49..50", 1),
        ("dam.aof", "45..47", 0),
        ("dam.aof", "53..60", 0),
        ("dam.aof", "60..", 0),
        ("torn.aof", "100", 1),
        ("torn.aof", "99", 0),
    ] {
        assert_eq!(aof(path, &["inspect", "--op", window, name]).code, code, "{name} {window}");
    }
}
