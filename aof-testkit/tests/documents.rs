//! The documents say what is there.
#![allow(clippy::unwrap_used, reason = "a failing test panics")]

use aof_testkit::disk::SimFixture;
use aof_testkit::flawed::Flaw;
use aof_testkit::{Promise, cases};

#[test]
fn the_table_lists_every_case_and_every_promise() {
    let table = include_str!("../CASES.md");
    let again = "print it again: cargo run -p aof-testkit --example table > aof-testkit/CASES.md";
    for case in cases::<SimFixture>() {
        assert!(table.contains(&format!("| `{}` |", case.name())), "{} is missing; {again}", case.name());
    }
    let rows = table.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, cases::<SimFixture>().len(), "{again}");
    for promise in Promise::ALL {
        assert!(table.contains(&format!("## {promise}\n")), "{promise} is missing; {again}");
    }
    assert!(!table.contains('✗'), "a backend of ours breaks a promise");
}

#[test]
fn the_readme_says_how_many_cases_and_bad_backends_there_are() {
    let readme = include_str!("../README.md");
    assert!(readme.contains(&format!("runs {} cases", cases::<SimFixture>().len())));
    assert!(readme.contains(&format!("| {} backends that break one promise each", Flaw::ALL.len())));
}

#[test]
fn the_readme_names_cases_that_exist() {
    let names: Vec<_> = cases::<SimFixture>().iter().map(|case| case.name()).collect();
    let named = include_str!("../README.md").split('`').filter(|text| {
        let promise = text.split('_').next().and_then(|head| head.strip_prefix('b'));
        text.contains('_') && promise.is_some_and(|number| number.parse::<u8>().is_ok())
    });
    for name in named {
        let there = match name.strip_suffix('*') {
            Some(prefix) => names.iter().any(|case| case.starts_with(prefix)),
            None => names.contains(&name),
        };
        assert!(there, "the README names {name}, which does not exist");
    }
}

/// Every test in a folder and below, by the line that declares it.
fn tests_in(folder: &std::path::Path, names: &mut std::collections::BTreeSet<String>) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        let path = entry.path();
        if path.is_dir() {
            tests_in(&path, names);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let file = path.file_name().unwrap().to_string_lossy().into_owned();
            let source = std::fs::read_to_string(&path).unwrap();
            let declared = source.lines().filter_map(|line| line.strip_prefix("fn ")?.split('(').next());
            names.extend(declared.map(|name| format!("{file}: {name}")));
        }
    }
}

#[test]
fn the_readme_names_tests_of_the_log_that_exist() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../aof-api/tests");
    let mut there = std::collections::BTreeSet::new();
    tests_in(&folder, &mut there);
    let (mut file, mut named) = ("", 0);
    for text in
        include_str!("../README.md").lines().filter(|line| line.starts_with("| ")).flat_map(|line| line.split('`'))
    {
        let is_name =
            text.contains('_') && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if text.ends_with(".rs") && !text.contains('/') {
            file = text;
        } else if is_name && Promise::of(text).is_none() && !file.is_empty() && text.len() > 20 {
            assert!(
                there.contains(&format!("{file}: {text}")),
                "the README names {text} in {file}, which does not exist"
            );
            named += 1;
        }
    }
    assert!(named > 40, "{named} tests of the log are named");
}

/// Neither the methods of a trait, nor blank or a comment.
fn lines_beside_the_methods_of_traits(source: &str) -> usize {
    let mut in_trait = false;
    let beside = |line: &&str| {
        in_trait |= line.starts_with("impl ") && line.contains(" for ");
        let counts = !in_trait && !line.trim().is_empty() && !line.trim().starts_with("//");
        in_trait &= *line != "}";
        counts
    };
    source.lines().filter(beside).count()
}

#[test]
fn the_example_is_as_short_as_it_says() {
    let source = include_str!("../examples/vec_backend.rs");
    let lines = lines_beside_the_methods_of_traits(source);
    assert!(source.contains(&format!("and {lines} lines beside them")), "{lines} lines");
    assert!(include_str!("../README.md").contains(&format!("{lines} lines beside their methods")), "{lines} lines");
}
