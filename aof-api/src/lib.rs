//! A hash-chained append-only log, byte-compatible with TigerBeetle's AOF, over any storage that implements one small
//! trait.
//!
//! Touches no file and no socket itself, needs no async runtime, and has no `unsafe`.
//!
//! | you want to | look at |
//! |---|---|
//! | write a log | [`Aof`], [`LogOptions`]; without async: [`log::blocking`] |
//! | append from many tasks at once | [`GroupCommit`] |
//! | feed a replica: entries once they are durable | [`log::Follower`] |
//! | read a log, or find an op or a time in it | [`Entries`], [`read`] |
//! | know whether a log is whole | [`validate`] |
//! | copy a log to another storage | [`mod@copy`] |
//! | make one whole log of several, or of a damaged one | [`merge`] |
//! | put a log on another storage | [`AofBackend`] and its promises in [`storage`] |
//! | choose the storage at run time | [`DynAofBackend`] |
//! | know the bytes | [`format`](mod@format) |
//!
//! ```
//! use aof_api::{Aof, LogOptions, Operation, Rule};
//! use aof_memory::MemoryBackend;
//!
//! # futures::executor::block_on(async {
//! let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
//! log.append(Operation(200), b"pay 5 to bob").await?;
//! log.checkpoint().await?;
//! assert!(log.validate(Rule::Linear, None).await?.is_clean());
//! # Ok::<(), aof_api::Error>(())
//! # }).unwrap();
//! ```
//!
//! # Features
//!
//! `pure-rust`: no C compiler is needed; checksums are slower, the bytes are the same.

pub mod chain;
pub mod copy;
pub mod format;
pub mod log;
pub mod merge;
pub mod read;
pub mod storage;
pub mod validate;

pub use chain::{Rule, Tip};
pub use format::Operation;
pub use log::{Aof, Appended, GroupCommit, LogOptions, Origin, Recovery, Tail};
pub use read::Entries;
pub use storage::{AofBackend, AofBackendExt, AofRead, AofReadExt, DynAofBackend, Error, Result};

/// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
