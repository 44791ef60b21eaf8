//! One log in many files of a directory: it gives its beginning back, and opens at once however long it is.
//!
//! ```
//! use aof_api::{Aof, LogOptions, Operation};
//! use aof_segments::{Holds, Retention, SegmentedOptions};
//!
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("bank");
//! # futures::executor::block_on(async {
//! let options = SegmentedOptions::new().segment_bytes(16 << 20);
//! let mut log = Aof::create(options.create(&path)?, LogOptions::new()).await?;
//! log.append(Operation(200), b"pay 5 to bob").await?;
//! log.checkpoint().await?; // durable, and perhaps the end of a segment
//!
//! // From time to time: what is older than the last 256 MiB, in whole segments.
//! Retention::new().keep_bytes(256 << 20).prune(&mut log, &Holds::new()).await?;
//! log.close().await?;
//!
//! let (log, recovery) = Aof::open(options.open(&path)?, LogOptions::new()).await?; // reads what follows the note
//! assert_eq!((log.tip().unwrap().op, recovery.start), (1, 0));
//! # Ok::<(), aof_api::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is on disk
//!
//! - `<base>.aof`, `base` in 20 digits: a segment. `base` is the offset of its first byte in the whole log. Each segment begins
//!   and ends at an entry, and holds entries and nothing else, so that `cat *.aof` is the log, and every tool for one file
//!   reads each. The listing is the index: no other file says which segments there are.
//! - `lock`: locked by the one writer, with `flock`. Empty.
//! - `note`: what the newest sealed segment ended with, or after a clean close the log, for opening: 8 bytes `aof-note`, the covered length as 8 little-endian
//!   bytes, the length of the note as 2, the note, and a checksum (AEGIS-128L as in the format) of all of that. Losing it
//!   costs reading the whole log.
//! - `start`, once the log was pruned: 8 bytes `aofstart`, the first offset that is held as 8 little-endian bytes, and a
//!   checksum of both. Segments below it are removed when the log is opened. A damaged one is refused.
//! - `spare-N`: an empty segment, made ahead; `start.next`, `note.next`: what the next `start` and `note` are written to. Those
//!   of a writer that was killed are removed when the log is opened, except `start.next`, which is kept so that pruning
//!   needs no room.
//! - `<base>.aof.cut-OFFSET`: bytes that a `truncate` cut off, as [`aof_file`] keeps them. Delete them when you like.
//!
//! Another name that ends in `.aof` is refused; any other is left alone.
//!
//! # How a segment ends
//!
//! A checkpoint that carries a note (those of `Aof`, `GroupCommit` and `copy` do) and finds the segment at or above
//! [`segment_bytes`](SegmentedOptions::segment_bytes) seals it. At the call, writing continues in the spare. The checkpoint
//! then, in this order: cuts off what was allocated ahead and syncs the segment with its length; gives the spare its name;
//! writes the note, syncs it and renames it; syncs the directory; resolves. A crash in between loses only what no checkpoint
//! has acknowledged. Where no spare is ready, or a seal is under way, the segment grows, and a later checkpoint seals it.
//!
//! Where the name finds no room, the sealed bytes are durable and the checkpoint succeeds; each later one tries again first,
//! and fails with [`Full`](aof_api::Error::Full) until it can.
//!
//! # What is durable, and when
//!
//! | after | survives a power loss |
//! |---|---|
//! | `create`, `open` | the directory, the segments and their names; everything that was found in the last segment |
//! | the future of `checkpoint` | every byte written before its call |
//! | `truncate` | the cut; segments after it are removed one by one, the newest first, each durably before the next |
//! | `prune` | the new start. Removing the segments follows, on the helper thread |
//! | [`adopt`], [`join`], [`split`] | all of the result, under its name |
//! | `close` | the checkpoints under way, and no other bytes; the note of the last one, where the log ends with it |
//!
//! # Finding an entry
//!
//! Opening reads what follows the note only: after a crash the last segment, after a clean close nothing of any. The index
//! in memory does not know the rest. `get(op)`, `entries_from` and
//! [`find`](aof_api::read::find::find()) halve the log by the first headers of segments, about ten in a log of 1,000, and read
//! at most a few MiB of the one that has the entry.
//!
//! # One writer, many readers
//!
//! Readers of the backend see each write as soon as it has returned. [`DirectoryReader`] reads beside a writer of another
//! process, and shows a [`PrunePlan`] for a dry run. A directory that was moved or replaced is noticed by the next
//! checkpoint, as [`Moved`](aof_api::Error::Moved); nothing is renamed or removed in a directory that is not the one that
//! was locked.
//!
//! # Blocking
//!
//! With [`SyncOn::Helper`](aof_file::SyncOn::Helper), the default, one thread of the backend syncs, seals, makes spares and
//! removes segments, and the futures of `checkpoint` wait for it. Writes, reads, `prune` and `truncate` block the calling
//! thread for their system calls; a drop waits for a rename that has begun.
//!
//! # What was tried
//!
//! | | how |
//! |---|---|
//! | every promise of the contract, on a disk that fills up, fails and loses names and sectors | `tests/suite`: segments of 1 byte, 64 KiB and 64 MiB, with every option of the files |
//! | each system call fails, once, for want of room, or it and all after it, as in a process that is killed: in sealing, pruning, cutting and opening | `tests/segments`: `every_call` |
//! | power lost at any call of a random history: under way, sealing, pruning, cutting, opening | `examples/simulate`: each name that was not synced is the old one or the new one, by itself |
//! | a process that is killed, and power lost on ext4 and xfs, while segments are sealed and pruned | `examples/aof-crash`, `--kind segments` |
//! | a writer that is dropped while it seals | `tests/segments`: `stopping` |
//! | missing, damaged and foreign files; a directory that is moved | `tests/segments`: `directory` |
//!
//! In runs of the crash tool nothing that was acknowledged before the crash was lost, every log opened, no pruned entry came
//! back, and no op was missing between two:
//!
//! | command, each after `cargo run --release -p aof-segments --example aof-crash --` | crashes | in a prune | prunes done | acknowledged entries |
//! |---|---|---|---|---|
//! | `kill --kind segments --rounds 600 --seed 7` | 600 | 108 | 126 | 5,105 |
//! | `power --kind segments --fs ext4 --rounds 500 --seed 7` | 500 | 104 | 170 | 6,338 |
//! | `power --kind segments --fs xfs --rounds 500 --seed 7` | 500 | 99 | 347 | 12,082 |

mod backend;
mod checkpoint;
mod convert;
mod directory;
mod driver;
mod names;
mod options;
mod read_only;
mod reader;
mod record;
mod retention;
mod segments;
mod shifted;
mod store;

pub use backend::SegmentedBackend;
pub use backend::opening::Intent;
pub use backend::pruning::PrunePlan;
pub use checkpoint::Checkpoint;
pub use convert::{adopt, join, split};
pub use directory::Directory;
pub use options::{SegmentedOptions, Tuning};
pub use read_only::DirectoryReader;
pub use reader::SegmentedReader;
pub use retention::{Hold, Holds, Retention};
pub use store::{Segment, SegmentInfo, SegmentStore, SegmentView};
