//! A simulated disk that loses power: a live and a durable image, and backends that are opened from it.
//!
//! The live image is what the page cache shows, the durable one what survives. A [checkpoint](aof_api::AofBackend) copies
//! the one to the other; a [crash](SimDisk::crash) keeps all, none, a prefix, or a random subset of sectors of what was
//! not checkpointed, and the length of the file may survive without its bytes. Where it [allocates ahead](SimDisk::allocating_ahead), the file may
//! go further than the log, in zeros. With [`Faults`](crate::Faults) the disk
//! fails as disks do: a write that kept a part, a checkpoint that made some sectors durable and dropped the others though
//! the page cache still shows them, a truncate that stopped half way, a sync that lies.
//!
//! Without faults it keeps the contract in full, locking included, and costs little: a hundred thousand short histories a
//! minute are no trouble.
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
//! backend.checkpoint(&[]).await?;
//! backend.write(&[IoSlice::new(b", perhaps")]).await?;
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
pub use options::{Defect, NoteKeeping};
pub use reader::SimReader;
pub use retention::Retention;
pub use sim_disk::SimDisk;
