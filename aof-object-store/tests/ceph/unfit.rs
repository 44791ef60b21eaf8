//! A real store that ignores `If-None-Match`, at `AOF_UNFIT_STORE_URL`, as `.ci/s3rver` sets it.

use aof_api::Error;
use aof_object_store::doctor::{Finding, examine};
use aof_object_store::{Location, ObjectStoreBackend, Options};
use futures::executor::block_on;

#[test]
fn a_store_that_ignores_the_condition_is_refused_with_the_reason() {
    let Ok(url) = std::env::var("AOF_UNFIT_STORE_URL") else {
        eprintln!("skipped: AOF_UNFIT_STORE_URL is not set (`.ci/s3rver` starts such a store and sets it)");
        return;
    };
    let place = Location::parse(&url).unwrap();
    let refused = block_on(ObjectStoreBackend::open(place.store.clone(), &place.prefix, Options::new())).unwrap_err();
    assert!(matches!(refused, Error::Unsupported { .. }), "{refused:?}");
    assert!(refused.to_string().contains("If-None-Match"), "{refused}");
    println!("refused: {refused}");
    let examination = block_on(examine(place.store, &place.prefix, Options::new())).unwrap();
    assert!(!examination.is_fit());
    let create = examination.checks.iter().find(|check| check.name == "create").unwrap();
    assert!(matches!(&create.finding, Finding::Failed(why) if why.contains("If-None-Match")), "{create:?}");
    println!("the doctor: {:?}", create.finding);
}
