//! An append-only log on object storage: S3 and its like, through the `object_store` crate.
//!
//! [`ObjectStoreBackend`] is a storage for `aof_api::Aof`, on any [`ObjectStore`](object_store::ObjectStore) that can
//! create an object only where there is none. [`ObjectReader`] reads a log that another process writes. The objects, byte
//! by byte, and what the promises rest on are in the README of this crate.

mod backend;
mod checkpoint;
mod chunk;
mod compaction;
mod core;
pub mod doctor;
mod found;
mod index;
mod location;
mod manifest;
mod names;
mod open;
mod options;
mod reader;
mod requests;
mod runtime;
mod ship;
mod writer;

pub use backend::ObjectStoreBackend;
pub use checkpoint::ObjectCheckpoint;
pub use compaction::{Compacted, Compaction};
pub use location::Location;
pub use options::{OpenMode, Options};
pub use reader::ObjectReader;
pub use ship::{Shipped, Shipper};

/// Compiles the examples of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct ReadmeExamples;
