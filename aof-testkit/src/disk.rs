//! A simulated disk that loses power: a live and a durable image, and backends that are opened from it.
//!
//! The live image is what the page cache shows, the durable one what survives. A checkpoint is a sync under way from its
//! call on: it covers what was written until then, takes some steps, one for each poll of any checkpoint, and copies the
//! live image to the durable one when it is settled; syncs never overlap, and writing continues meanwhile. A
//! [crash](SimDisk::crash) keeps all, none, a prefix, or a random subset of sectors of what was not durable, and the length
//! of the file may survive without its bytes; a sync under way may have been done just before. With
//! [`Faults`](crate::Faults) the disk fails as disks do: a write that kept a part, a sync that made some sectors durable and
//! dropped the others though the page cache still shows them, a truncate or a prune that stopped half way, a call that was
//! carried out and whose answer was lost, a sync that reports success and does nothing.
//!
//! What a storage may or may not do is chosen for each disk:
//!
//! | | |
//! |---|---|
//! | [`with_capacity`](SimDisk::with_capacity) | it fills up |
//! | [`allocating_ahead`](SimDisk::allocating_ahead) | the file may reach further than the log, in zeros |
//! | [`append_only`](SimDisk::append_only) | it cannot be cut; a crash leaves whole writes |
//! | [`pruning`](SimDisk::pruning), [`keeping_notes`](SimDisk::keeping_notes) | it gives the beginning back; notes of checkpoints are there when it is opened |
//! | [`fencing`](SimDisk::fencing) | a second writer takes over |
//! | [`syncing_in`](SimDisk::syncing_in), [`helped`](SimDisk::helped) | how long a sync takes, and whether something beside its callers makes it |
//! | [`with_defect`](SimDisk::with_defect) | it breaks one promise |
//!
//! Without faults and defects it keeps the contract in full, locking included, and costs little: a hundred thousand short
//! histories a minute are no trouble.
//!
//! ```
//! use aof_api::{AofBackend, AofReadExt, Error};
//! use aof_testkit::disk::SimDisk;
//! use std::io::IoSlice;
//!
//! # futures::executor::block_on(async {
//! let disk = SimDisk::new();
//! let mut backend = disk.open()?;
//! assert!(matches!(disk.open(), Err(Error::Locked { .. })));
//! backend.write(&[IoSlice::new(b"durable")]).await?;
//! let checkpoint = backend.checkpoint(&[]);
//! backend.write(&[IoSlice::new(b", perhaps")]).await?;
//! assert_eq!(checkpoint.await?, 7);
//!
//! disk.crash(42);
//! let mut backend = disk.open()?;
//! let mut buf = [0; 7];
//! backend.read_all(&mut buf).await?;
//! assert_eq!(&buf, b"durable");
//! # Ok::<(), aof_api::Error>(())
//! # }).unwrap();
//! ```

mod backend;
mod checkpoint;
mod fixture;
mod images;
mod options;
mod reader;
mod retention;
mod sim_disk;
mod state;
mod under_way;

pub use backend::SimBackend;
pub use checkpoint::SimCheckpoint;
pub use fixture::SimFixture;
pub use options::Defect;
pub use reader::SimReader;
pub use retention::Retention;
pub use sim_disk::SimDisk;
