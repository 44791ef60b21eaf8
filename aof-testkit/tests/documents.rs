//! The documents say what is there.

use aof_testkit::bad::Flaw;
use aof_testkit::sim::SimFixture;
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
    assert_eq!(Flaw::ALL.len(), 51);
    assert!(include_str!("../README.md").contains("fifty-one backends"));
}
