//! A store that ignores create-only is refused before anything is overwritten.

use crate::around::Around;
use crate::careless::Careless;
use crate::wire::{Troubles, wire_to};
use crate::{seen_from, take, write};
use aof_api::{AofBackend, Error};
use futures::executor::block_on;
use object_store::memory::InMemory;
use std::sync::Arc;

#[test]
fn a_store_that_replaces_what_is_there_is_refused_and_says_why() {
    let wire = wire_to(Arc::new(Around::new(Arc::new(InMemory::new()), Careless)), Troubles::none());
    let refused = block_on(take(&wire)).unwrap_err();
    assert!(matches!(refused, Error::Unsupported { .. }), "{refused:?}");
    assert!(refused.to_string().contains("If-None-Match"), "{refused}");
}

#[test]
fn a_log_that_was_copied_to_such_a_store_is_not_changed_and_can_be_read() {
    block_on(async {
        let memory = Arc::new(InMemory::new());
        let wire = wire_to(memory.clone(), Troubles::none());
        let mut backend = take(&wire).await.unwrap();
        write(&mut backend, b"acknowledged").await.unwrap();
        backend.checkpoint(&[]).await.unwrap();
        drop(backend);
        let careless = wire_to(Arc::new(Around::new(memory, Careless)), Troubles::none());
        assert!(matches!(take(&careless).await, Err(Error::Unsupported { .. })));
        assert_eq!(seen_from(&careless, 0).await.unwrap(), b"acknowledged");
        // Nothing was replaced: a store that is fit continues.
        assert_eq!(take(&wire).await.unwrap().len(), 12);
    });
}
