//! openraft's log storage on a hash-chained append-only log, over any [`AofBackend`](aof_api::AofBackend).
//!
//! [`AofLogStore`] is a [`RaftLogStorage`](openraft::storage::RaftLogStorage). One log holds entries, votes, committed log
//! ids, truncations and purges as [records](record), in the order in which they happened: one file or one directory to
//! copy, one chain that says whether it is whole, one sync for everything that waits.
//!
//! ```
//! use aof_memory::MemoryBackend;
//! use aof_openraft::{AofLogStore, StoreOptions};
//! use openraft::storage::{RaftLogReader, RaftLogStorage};
//! use openraft::{EntryPayload, Vote};
//!
//! openraft::declare_raft_types!(pub Types: D = String, R = ());
//!
//! # let runtime = tokio::runtime::Builder::new_current_thread().build()?;
//! # runtime.block_on(async {
//! let (mut store, _) = AofLogStore::<Types, _>::open(MemoryBackend::new(), StoreOptions::new()).await?;
//! store.save_vote(&Vote::new(3, 1)).await?; // durable on return
//! assert_eq!(store.get_log_reader().await.read_vote().await?, Some(Vote::new(3, 1)));
//! store.close().await?;
//! # Ok::<(), std::io::Error>(())
//! # })?;
//! # Ok::<(), std::io::Error>(())
//! ```
//!
//! # What is durable, and when
//!
//! | after | survives a power loss |
//! |---|---|
//! | `append` returned | nothing more than before; every reader sees the entries |
//! | the callback of `append` | the entries, and every call before |
//! | `save_vote` returned | the vote, and every call before |
//! | `save_committed`, `truncate_after`, `purge` returned | nothing more than before: the next append or vote covers them |
//! | [`flush`](AofLogStore::flush), [`close`](AofLogStore::close) returned | every call before |
//!
//! Nothing more is needed of the third kind: the log is one sequence, so nothing that follows a truncation survives
//! without it, and a purge or a committed log id that is lost is repeated by openraft.
//!
//! One sync is under way at most. Callbacks that arrive meanwhile share the next one, and no append waits for a sync. When
//! a sync fails, every waiting callback and call hears of it, and the store accepts nothing more: the log must be opened
//! again, which reads what the storage really holds.
//!
//! # Limits
//!
//! An encoded entry is at most 1 MiB - 256 bytes long ([`BODY_SIZE_MAX`](aof_api::format::BODY_SIZE_MAX)); a larger one is
//! refused, and openraft then stops the node: bound the requests of clients. In memory, an entry of the log takes 16
//! bytes, and the newest ones are kept up to [`StoreOptions::cache_bytes`].

mod codec;
mod error;
mod options;
pub mod record;
mod store;
pub mod testing;

pub use codec::{Codec, CodecError, Postcard};
pub use error::{OpenError, RecordError};
pub use options::StoreOptions;
pub use store::AofLogStore;
pub use store::reader::AofLogReader;

/// The example of the README, compiled.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
pub struct Readme;
