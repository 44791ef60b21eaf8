//! What a log on a store does beyond the contract: fencing, strange stores, requests.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot continue says where it stopped")]

#[path = "../around/mod.rs"]
mod around;
#[path = "../wire/mod.rs"]
mod wire;

mod careless;
mod compacting;
mod doctor;
mod dying;
mod fencing;
mod finding;
mod integration;
mod model;
mod pruning;
mod refusing;
mod requests;
mod shipping;
mod unsafe_store;

use aof_api::{AofBackend, AofReadExt, Result};
use aof_object_store::{ObjectReader, ObjectStoreBackend, Options};
use std::io::IoSlice;
use std::sync::Arc;
use wire::Wire;

/// Opens the log for writing, whoever has it.
async fn take(wire: &Wire) -> Result<ObjectStoreBackend> {
    ObjectStoreBackend::open(Arc::new(wire.clone()), "logs/a", Options::new().take_over()).await
}

async fn write(backend: &mut ObjectStoreBackend, bytes: &[u8]) -> Result<u64> {
    backend.write(&[IoSlice::new(bytes)]).await
}

/// Everything from `start` on that a reader of another process sees.
async fn seen_from(wire: &Wire, start: u64) -> Result<Vec<u8>> {
    let mut reader = ObjectReader::open(Arc::new(wire.clone()), "logs/a", Options::new()).await?;
    let end = aof_api::AofRead::end(&mut reader).await?;
    let mut bytes = vec![0; (end - start) as usize];
    assert_eq!(reader.read_all_at(start, &mut bytes).await?, bytes.len());
    Ok(bytes)
}
