//! The suite on a real store, and two writers on it. The store is the one of `AOF_STORE_URL`, with credentials from the
//! environment, as `.ci/ceph` sets them; without it, every test prints that it is skipped.
#![cfg(feature = "cloud")]
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot continue says where it stopped")]

mod fixture;
mod killed;
mod takeover;
mod unfit;

use aof_object_store::Location;
use std::sync::atomic::{AtomicU64, Ordering};

/// A place that nobody has used before; none where there is no store.
fn fresh_place() -> Option<Location> {
    static COUNT: AtomicU64 = AtomicU64::new(0);
    let Ok(url) = std::env::var("AOF_STORE_URL") else {
        eprintln!("skipped: AOF_STORE_URL is not set (`.ci/ceph` starts a store and sets it)");
        return None;
    };
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let url = format!("{}/{}-{count}", url.trim_end_matches('/'), uuid());
    Some(Location::parse(&url).expect("AOF_STORE_URL is the URL of a store"))
}

fn uuid() -> String {
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    format!("{}-{}", std::process::id(), now.map_or(0, |now| now.as_nanos()))
}

/// Every case of the suite, and how many passed. One test, so that the counts are one line.
#[test]
fn the_suite_passes_on_a_real_store() {
    if fresh_place().is_none() {
        return;
    }
    let report = aof_testkit::run_all(fixture::RealFixture::new);
    println!(
        "on {}: {} passed, {} skipped",
        std::env::var("AOF_STORE_URL").unwrap_or_default(),
        report.passed(),
        report.skipped()
    );
    let failures: Vec<_> = report.failures().map(ToString::to_string).collect();
    assert!(failures.is_empty(), "{failures:#?}");
    assert!(report.passed() > 90, "{report}");
}
