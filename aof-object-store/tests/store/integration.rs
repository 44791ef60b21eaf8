//! The wire is an object store like others: `object_store`'s own tests say so.

use crate::wire::{Troubles, Wire, wire_to};
use object_store::integration;
use object_store::memory::InMemory;
use std::sync::Arc;

fn wire() -> Wire {
    wire_to(Arc::new(InMemory::new()), Troubles::none())
}

#[tokio::test]
async fn the_wire_puts_gets_deletes_and_lists() {
    integration::put_get_delete_list(&wire()).await;
}

#[tokio::test]
async fn the_wire_gets_ranges_and_conditions() {
    integration::get_opts(&wire()).await;
}

#[tokio::test]
async fn the_wire_creates_only_where_there_is_nothing() {
    integration::put_opts(&wire(), true).await;
}

#[tokio::test]
async fn the_wire_lists_from_an_offset_and_by_delimiter() {
    integration::list_with_delimiter(&wire()).await;
    integration::list_uses_directories_correctly(&wire()).await;
    integration::list_with_offset_exclusivity(&wire()).await;
}

#[tokio::test]
async fn the_wire_copies_and_streams() {
    integration::rename_and_copy(&wire()).await;
    integration::copy_if_not_exists(&wire()).await;
    integration::stream_get(&wire()).await;
}
