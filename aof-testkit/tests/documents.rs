//! The documents say what is there.

use aof_testkit::disk::SimFixture;
use aof_testkit::flawed::Flaw;
use aof_testkit::{Promise, cases};

#[test]
fn the_table_lists_every_case_and_every_promise() {
    let table = include_str!("../CASES.md");
    let again = "print it anew: cargo run -p aof-testkit --example table > aof-testkit/CASES.md";
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
fn the_readme_says_how_many_bad_backends_there_are() {
    assert_eq!(Flaw::ALL.len(), 50);
    assert!(include_str!("../README.md").contains("fifty backends"));
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
    assert_eq!(lines_beside_the_methods_of_traits(source), 28);
    assert!(source.contains("and 28 lines beside them") && include_str!("../README.md").contains("28 lines beside"));
}
