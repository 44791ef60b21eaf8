//! A hash-chained append-only log, byte-compatible with TigerBeetle's AOF, over any storage that implements one small
//! trait.
//!
//! Touches no file and no socket itself, needs no async runtime, and has no `unsafe`.
//!
//! | you want to | look at |
//! |---|---|
//! | write a log | [`Aof`], [`Options`]; without async: [`blocking::Aof`] |
//! | append from many tasks at once | [`GroupCommit`] |
//! | read one | [`Entries`], [`ReadOptions`] |
//! | make one whole log of several, or of a damaged one | [`merge()`], [`Merger`] |
//! | find an op or a time in one | [`find()`] |
//! | copy one to another storage | [`copy()`], [`Copier`] |
//! | know whether one is whole | [`validate()`], [`Validator`], [`digest()`] |
//! | put a log on another storage | [`AofBackend`] and its promises B1 to B12; [`extent`] helps |
//! | choose the storage at run time | [`DynAofBackend`] |
//! | know the bytes | [`AofEntry`], [`Header`], [`Prepare`], [`Checksum`] |
//!
//! ```
//! use aof_api::{Aof, Operation, Options, Rule};
//! use aof_memory::MemoryBackend;
//!
//! # futures::executor::block_on(async {
//! let mut log = Aof::create(MemoryBackend::new(), Options::new()).await?;
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

mod aof;
mod backend;
mod batch;
pub mod blocking;
mod bounded;
mod chain;
mod checksum;
mod copy;
mod digest;
mod entries;
mod entry;
mod erased;
mod error;
pub mod extent;
mod filler;
mod find;
mod finding;
mod group_commit;
mod header;
mod merge;
mod operation;
mod options;
mod pool;
mod position;
mod prepare;
mod recovery;
mod run;
mod scan;
mod seen;
mod stripes;
mod torn;
mod unreadable;
mod validate;
mod window;

pub use aof::{Aof, Appended};
pub use backend::{AofBackend, AofBackendExt, AofRead, AofReadExt};
pub use chain::{ParseRuleError, Rule, Tip};
pub use checksum::{Checksum, ParseChecksumError};
pub use copy::{Copied, Copier, CopyOptions, copy};
pub use digest::{Digest, Digester, digest};
pub use entries::{Entries, LocatedEntry};
pub use entry::{
    AofEntry, BODY_SIZE_MAX, Damage, ENTRY_SIZE_MAX, ENTRY_SIZE_MIN, MAGIC, MAGIC_LEGACY, MESSAGE_SIZE_MAX, size_disk,
};
pub use erased::{DynAofBackend, DynAofRead};
pub use error::{CorruptReason, Error, Result};
pub use find::{Place, Target, find};
pub use finding::{Finding, FindingKind, Note, NoteKind};
pub use group_commit::GroupCommit;
pub use header::{CHECKPOINT_MARK, COMMAND_PREPARE, HEADER_SIZE, Header, HeaderLint, Release};
pub use merge::{
    Branch, Fork, InputDamage, MergeGap, MergeInput, MergeOptions, MergeReport, Merger, Stretch, Unmergeable, merge,
};
pub use operation::Operation;
pub use options::{Clock, Options, Start, Tail};
pub use prepare::Prepare;
pub use recovery::{Cut, CutPiece, Recovery, TailKind};
pub use scan::{DamagedRange, ReadOptions};
pub use validate::{Observation, ValidateOptions, Validation, Validator, validate};
