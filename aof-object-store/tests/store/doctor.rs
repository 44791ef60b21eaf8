//! What the doctor says of stores of every kind.

use crate::around::Around;
use crate::careless::{Careless, Racy};
use crate::wire::{Troubles, wire_to};
use aof_object_store::Options;
use aof_object_store::doctor::{Examination, Finding, examine};
use futures::executor::block_on;
use futures::{StreamExt, TryStreamExt};
use object_store::ObjectStore;
use object_store::memory::InMemory;
use std::sync::Arc;
use std::time::Duration;

fn examined(store: Arc<dyn ObjectStore>) -> Examination {
    block_on(examine(store, "logs/a", Options::new())).unwrap()
}

/// The names of the checks that did not pass, and why.
fn complaints(examination: &Examination) -> Vec<(&'static str, String)> {
    let why = |finding: &Finding| match finding {
        Finding::Passed => None,
        Finding::Warned(why) | Finding::Failed(why) => Some(why.clone()),
    };
    examination.checks.iter().filter_map(|check| Some((check.name, why(&check.finding)?))).collect()
}

fn objects(store: &dyn ObjectStore) -> usize {
    block_on(store.list(None).try_collect::<Vec<_>>()).unwrap().len()
}

#[test]
fn a_store_that_does_all_that_a_log_needs_is_fit_and_left_as_it_was() {
    let memory = Arc::new(InMemory::new());
    let wire = wire_to(memory.clone(), Troubles::slow(Duration::from_millis(1)));
    let examination = examined(Arc::new(wire));
    assert!(examination.is_fit());
    assert_eq!(complaints(&examination), []);
    assert_eq!((examination.left.len(), objects(&*memory)), (0, 0));
    let kinds: Vec<_> = examination.timings.iter().map(|timing| timing.request).collect();
    assert_eq!(kinds, ["PUT", "PUT", "PUT", "GET", "GET", "GET", "LIST"]);
    // The wire delays a PUT twice.
    assert!(examination.timings[0].percentile(0.5) >= Duration::from_millis(2));
}

#[test]
fn a_log_below_the_prefix_is_not_touched() {
    block_on(async {
        let wire = wire_to(Arc::new(InMemory::new()), Troubles::none());
        let mut backend = crate::take(&wire).await.unwrap();
        crate::write(&mut backend, b"mine").await.unwrap();
        aof_api::AofBackend::checkpoint(&mut backend, &[]).await.unwrap();
        let before: Vec<_> = wire.list(None).map(|meta| meta.unwrap().location).collect().await;
        assert!(examine(Arc::new(wire.clone()), "logs/a", Options::new()).await.unwrap().is_fit());
        let after: Vec<_> = wire.list(None).map(|meta| meta.unwrap().location).collect().await;
        assert_eq!(before, after);
        crate::write(&mut backend, b"still mine").await.unwrap();
        aof_api::AofBackend::checkpoint(&mut backend, &[]).await.unwrap();
    });
}

#[test]
fn a_store_that_ignores_the_condition_is_not_fit() {
    let memory = Arc::new(InMemory::new());
    let examination = examined(Arc::new(Around::new(memory.clone(), Careless)));
    assert!(!examination.is_fit());
    let complaints = complaints(&examination);
    let names: Vec<_> = complaints.iter().map(|(name, _)| *name).collect();
    assert_eq!(names, ["create", "create_race", "fencing"]);
    assert!(complaints[0].1.contains("If-None-Match is ignored"), "{complaints:?}");
    assert!(examination.timings.is_empty());
    assert_eq!(objects(&*memory), 0);
}

#[test]
fn a_store_that_looks_first_and_puts_then_is_not_fit() {
    let examination = examined(Arc::new(Around::new(Arc::new(InMemory::new()), Racy)));
    assert!(!examination.is_fit());
    let complaints = complaints(&examination);
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    assert_eq!(complaints[0].0, "create_race");
    assert!(complaints[0].1.contains("16 of 16"), "{complaints:?}");
}

#[test]
fn late_listings_are_a_warning() {
    let wire = wire_to(Arc::new(InMemory::new()), Troubles::none());
    wire.way.lists_miss(2);
    let examination = examined(Arc::new(wire));
    assert!(examination.is_fit(), "{:?}", complaints(&examination));
    assert_eq!(complaints(&examination)[0].0, "list");
}

#[test]
fn a_store_that_takes_nothing_is_an_error_and_not_a_verdict() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("file");
    std::fs::write(&file, b"in the way").unwrap();
    let store = object_store::local::LocalFileSystem::new_with_prefix(directory.path()).unwrap();
    let failed = block_on(examine(Arc::new(store), "file/log", Options::new())).unwrap_err();
    assert!(matches!(failed, aof_api::Error::Io { .. }), "{failed:?}");
}
