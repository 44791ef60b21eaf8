//! In-memory storage for a log: the reference's testing AOF, as a backend.
//!
//! [`MemoryBackend`] holds 32 MiB of sector-aligned memory by default, allocated up front, and refuses what does not
//! fit. A checkpoint is immediate, readers run while the writer writes, and [`snapshot`](MemoryBackend::snapshot) with
//! [`from_bytes`](MemoryBackend::from_bytes) stops a log and opens it again.
//!
//! ```
//! use aof_api::{Aof, LogOptions, Operation, Rule};
//! use aof_memory::MemoryBackend;
//!
//! # futures::executor::block_on(async {
//! let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
//! let appended = log.append(Operation(200), b"pay 5 to bob").await?;
//! log.checkpoint().await?;
//! let validation = log.validate(Rule::Linear, Some(appended.checksum)).await?;
//! assert_eq!(validation.entries, 1);
//! # Ok::<(), aof_api::Error>(())
//! # }).unwrap();
//! ```
//!
//! # From the reference's testing AOF to this one
//!
//! For readers who know TigerBeetle's `src/testing/aof.zig`:
//!
//! | there | here |
//! |---|---|
//! | `init` | [`MemoryBackend::new`] and [`Aof::create`](aof_api::Aof::create) |
//! | `deinit` | drop |
//! | `write`, `validate`, `checkpoint` | [`Aof::write`](aof_api::Aof::write), [`Aof::validate`](aof_api::Aof::validate), [`Aof::checkpoint`](aof_api::Aof::checkpoint) |
//! | `iterator` | [`Aof::entries`](aof_api::Aof::entries) |
//! | `InMemoryAOF.seekTo`, `readAll`, `close` | [`AofRead::seek`](aof_api::AofRead::seek), [`AofReadExt::read_all`](aof_api::AofReadExt::read_all), [`AofBackend::close`](aof_api::AofBackend::close) |
//! | `AOFEntry`, `size_disk` | [`AofEntry`](aof_api::format::AofEntry), [`AofEntry::size_disk`](aof_api::format::AofEntry::size_disk) |
//! | `backing_store`, 32 MiB, sector-aligned, bounds-checked | the memory of [`MemoryBackend`] |
//! | `index` | [`AofBackend::len`](aof_api::AofBackend::len) |
//! | `last_checksum` | [`Aof::tip`](aof_api::Aof::tip), and the expected tip of [`Aof::validate`](aof_api::Aof::validate) |
//! | `validation_target` | the scratch buffer inside the reader |
//! | `validation_checksums` | the set inside [`validate`](aof_api::validate::validate()), new for each run |
//!
//! A parent that was not seen before may trip an assert there; here it is a note under
//! [`Rule::TigerBeetle`](aof_api::Rule::TigerBeetle) and a finding under [`Rule::SeenParent`](aof_api::Rule::SeenParent).

mod backend;
mod memory;
mod reader;

pub use backend::{CAPACITY_DEFAULT, MemoryBackend};
pub use memory::SECTOR_SIZE;
pub use reader::MemoryReader;

/// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
