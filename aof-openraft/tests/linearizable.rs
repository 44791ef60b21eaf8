//! The checker of the torture run: what it accepts and what it refuses.

#[path = "../examples/cluster/linearizable.rs"]
#[allow(unreachable_pub, missing_docs, reason = "shared with an example")]
mod linearizable;

use linearizable::{Kind, Operation, is_linearizable};

fn write(begin: u64, end: Option<u64>, value: &str) -> Operation {
    Operation { begin, end, kind: Kind::Write(value.to_owned()) }
}

fn read(begin: u64, end: u64, value: Option<&str>) -> Operation {
    Operation { begin, end: Some(end), kind: Kind::Read(value.map(str::to_owned)) }
}

#[test]
fn one_after_another_is_fine() {
    assert!(is_linearizable(vec![read(0, 1, None), write(2, Some(3), "a"), read(4, 5, Some("a"))]));
}

#[test]
fn a_lost_write_is_refused() {
    assert!(!is_linearizable(vec![write(0, Some(1), "a"), read(2, 3, None)]));
}

#[test]
fn a_stale_read_is_refused() {
    assert!(!is_linearizable(vec![write(0, Some(1), "a"), write(2, Some(3), "b"), read(4, 5, Some("a"))]));
}

#[test]
fn concurrent_writes_may_come_in_any_order() {
    let writes = [write(0, Some(10), "a"), write(0, Some(10), "b")];
    for last in ["a", "b"] {
        assert!(is_linearizable([&writes[..], &[read(11, 12, Some(last))]].concat()));
    }
}

#[test]
fn two_readers_must_see_one_order() {
    let history = vec![
        write(0, Some(20), "a"),
        write(0, Some(20), "b"),
        read(1, 2, Some("a")),
        read(3, 4, Some("b")),
        read(5, 6, Some("a")),
    ];
    assert!(!is_linearizable(history));
}

#[test]
fn a_write_of_unknown_outcome_may_come_late_or_never() {
    assert!(is_linearizable(vec![write(0, None, "a"), read(5, 6, None), read(7, 8, Some("a"))]));
    assert!(is_linearizable(vec![write(0, None, "a"), read(5, 6, None)]));
    assert!(!is_linearizable(vec![write(0, None, "a"), read(5, 6, Some("a")), read(7, 8, None)]));
}

#[test]
fn a_read_of_what_nobody_wrote_is_refused() {
    assert!(!is_linearizable(vec![write(0, Some(1), "a"), read(2, 3, Some("b"))]));
}
