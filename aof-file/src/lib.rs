//! A log in one file: durable, locked, byte for byte what was written.
//!
//! ```
//! use aof_api::{AofBackend, AofRead, AofReadExt};
//! use aof_file::FileBackend;
//! use std::io::IoSlice;
//!
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("bank.aof");
//! # futures::executor::block_on(async {
//! let mut backend = FileBackend::create(&path)?;
//! let offset = backend.write(&[IoSlice::new(b"two "), IoSlice::new(b"parts")]).await?;
//! assert_eq!((offset, backend.len(), backend.durable_len()), (0, 9, 0));
//!
//! assert_eq!(backend.checkpoint(&[]).await?, 9); // these bytes survive a power loss from here on
//!
//! let mut reader = backend.reader().await?; // works beside the writer, and outlives it
//! let mut bytes = [0; 9];
//! reader.read_all_at(0, &mut bytes).await?;
//! assert_eq!(&bytes, b"two parts");
//! backend.close().await?;
//! # Ok::<(), aof_api::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is durable, and when
//!
//! | after | survives a power loss |
//! |---|---|
//! | [`FileBackend::create`], [`open`](FileBackend::open), [`open_or_create`](FileBackend::open_or_create) | the file and its name in the directory |
//! | `write` | nothing more than before |
//! | the future of `checkpoint` | every byte written before the call of `checkpoint` |
//! | `truncate` | the cut, everything below it, and before that the copy of what was cut |
//! | [`trim`](FileBackend::trim) | every byte written before the call, and the length of the file |
//! | [`rotate()`], [`continue_after_move`] | all of the old file under its new name, and the new file, which begins with its last entry |
//! | `close` | the checkpoints under way, and nothing more |
//! | drop | nothing more than before |
//!
//! A failed sync poisons the backend permanently, because the kernel may have thrown the bytes away and a second sync that
//! succeeds would prove nothing. Open the log again: opening syncs, drops the page cache of the file, and so reads what
//! the disk really holds.
//!
//! # What is on disk
//!
//! - `LOG`: the bytes that were written and nothing else. No header, no padding. The one exception: while a log with
//!   [`FileOptions::preallocate_bytes`] is open, zeros may follow its end. They are not part of
//!   [`len`](aof_api::AofBackend::len), and readers that the backend makes do not see them. `close` cuts them off and syncs
//!   the length, so that no later opening meets them; a drop cuts them off without a sync, so that a power loss soon
//!   afterwards may bring them back; after a kill or a power loss they are there, and so they are after the backend was
//!   poisoned. Then `len` counts them, because a backend cannot distinguish them from a body that ends in zeros, and
//!   `Aof::open` decides: `Tail::Truncate` and `Tail::TruncateTorn` cut them, `Tail::Refuse` refuses, and `Tail::Keep`
//!   appends after them. To a reader beside a live writer ([`FileBackend::open_read_only`]) they are *pending*, not damage.
//! - `LOG.cut-OFFSET`, then `LOG.cut-OFFSET.1` and so on: the bytes that a `truncate` to `OFFSET` cut off, kept for
//!   a person to look at and never read again. Runs of zeros in them are holes. Delete them when you like, or do
//!   without: [`FileOptions::keep_cut`]. A cut of nothing but zeros keeps no copy.
//!
//! - `LOG.partial-XXXXXX`: a [`Draft`], a log that is not complete yet. Where no process writes it any more, delete it.
//!   A rotation that was killed may leave one that is a second name of the archived log: delete it too.
//! - `LOG.broken`, then `LOG.broken.1` and so on: a log that a draft took the place of, kept whole.
//!
//! # One writer, many readers
//!
//! The writer holds an exclusive `flock` on the file, so the lock is on the inode: it follows a rename, and ends with
//! the process. A second writer is refused at once with [`Error::Locked`](aof_api::Error::Locked). Readers take no lock:
//! [`FileBackend::open_read_only`] works beside a writer in this process or another, and [`is_locked`] reports whether
//! there is one. The lock keeps out only programs that ask for it; a checkpoint finds out when the file was moved,
//! replaced, cut or appended to by others.
//!
//! Readers that the backend makes see each write as soon as it has returned, also one that waits in the
//! [write buffer](FileOptions::write_buffer_bytes). When the backend is closed or dropped they end at what was durable by
//! then, because the next writer may cut the rest. What follows the lock is nothing but, perhaps, a sync that had begun:
//! its checkpoint resolves to [`Error::Closed`](aof_api::Error::Closed), as do those that had not begun.
//!
//! # Checkpoints under way
//!
//! A checkpoint writes all that it has to write within the call: the write buffer, and zeros ahead. Its future
//! ([`Checkpoint`]) waits for the sync, then looks at the length of the file and at the path, and changes nothing.
//! Writing continues meanwhile, and so do further checkpoints: the syncs of a file never overlap, and those that were
//! called while one ran share the next. None begins after one has failed. `truncate` and `close` first wait for all that
//! are under way.
//!
//! ```
//! use aof_api::AofBackend;
//! use aof_file::FileBackend;
//! use std::io::IoSlice;
//!
//! # let directory = tempfile::tempdir()?;
//! # let path = directory.path().join("bank.aof");
//! # futures::executor::block_on(async {
//! let mut backend = FileBackend::create(&path)?;
//! backend.write(&[IoSlice::new(b"first")]).await?;
//! let first = backend.checkpoint(&[]);
//! backend.write(&[IoSlice::new(b"second")]).await?; // does not wait for the sync of the first
//! let second = backend.checkpoint(&[]);
//! assert_eq!((first.await?, second.await?), (5, 11));
//! # Ok::<(), aof_api::Error>(())
//! # })?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Blocking
//!
//! No async runtime is needed, and any will do. The futures are ready at their first poll, save those that wait for a sync
//! on the helper thread and [`changed`](aof_api::AofRead::changed). That is: file calls block the thread that makes them.
//!
//! | call | blocks for |
//! |---|---|
//! | `create`, `open` | the locks, one sync of the file and one of its directory |
//! | `write` | a copy to the page cache, as long as the kernel has memory for it; with a write buffer mostly a copy in memory |
//! | `read` | a copy from the page cache, or a read from the disk |
//! | `checkpoint` | a look at the file, and a copy of the write buffer and of zeros ahead to the page cache |
//! | its future | nothing with [`SyncOn::Helper`], the default; the sync with [`SyncOn::Caller`], without a lock of this process |
//! | `truncate` | the copy of what is cut, and its sync; the sync of the file as the future of a checkpoint |
//! | `close` | as `truncate`, without the copy |
//! | drop | a copy of the write buffer, and cutting off zeros ahead; never a sync |
//! | `changed` | nothing: a reader of the backend is woken by its writer, another one by a thread that looks every 10 ms |
//!
//! Where an executor cannot afford a read from the disk or a full page cache, run the log on a thread for blocking work:
//! tokio's `spawn_blocking` with `futures::executor::block_on` inside, or `aof_api::log::blocking`.
//!
//! # How it syncs
//!
//! By `fdatasync`. A file opened with `O_DSYNC`, or a write with `RWF_DSYNC`, was no faster where space was allocated ahead,
//! and would make each write wait instead of each checkpoint. `io_uring`, tried in a program of its own because its
//! submission needs `unsafe`, was no faster either, for a write that is linked to an `fdatasync` as for one with
//! `RWF_DSYNC`. What counts in a small checkpoint is the metadata: bare writes of an entry of 1 KiB, one to a sync, medians of 7 rounds in turn on
//! ext4 on a busy machine (`cargo bench -p aof-benches --bench syncing -- 1`; `docs/figures.md` says how this log compares):
//!
//! | | time |
//! |---|---|
//! | bare write, `fdatasync`, allocated ahead | 1.00 |
//! | bare write, `RWF_DSYNC`, allocated ahead | 1.01 |
//! | bare write, `O_DSYNC`, allocated ahead | 1.24 |
//! | bare write, `fdatasync` | 1.78 |
//!
//! What counts in a large one is that the disk need not wait: each 2 MiB that were written since the last sync are sent on
//! their way at once (Linux only, by `posix_fadvise`, which keeps pages that are not on the disk yet). Bare writes of
//! 10,000 entries to a sync, in space that was allocated ahead, take 0.73 of the time so (`-- 10000`).
//!
//! # What was tried
//!
//! | fault | how |
//! |---|---|
//! | power lost after an append, in a checkpoint, between making a file and syncing its directory | `aof-crash power` |
//! | a torn tail, zeros at the end, pages of an entry out of order | `aof-crash power`; `tests/file`: `ahead`, `opening`; `tests/suite` |
//! | any call fails, once or from then on; short writes, EIO, a failed sync | `tests/file`: `failing`, `every_call`, `cutting`, `rotating`, `rotating_ahead` |
//! | a sync of the real tool fails with EIO, by `strace` | `aof-cli/tests/machine` |
//! | no room, by injection, and on a real disk that is full | `tests/file`: `failing`, `every_call`, `full_disk`; `aof-cli/tests/machine` |
//! | a range that cannot be read | `tests/file`: `failing` |
//! | the path moved, removed or replaced; the file cut from outside | `tests/file`: `locking`, `failing`, `rotating`; `aof-cli/tests/moved` |
//! | a second writer | `tests/file`: `locking`; as processes: `aof-cli/tests/machine` |
//! | reading while another process appends | `aof-cli/tests/machine` |
//! | a process killed in creation, under load, in a group commit, in a rotation | `aof-crash kill` |
//! | offsets past 4 GiB | `tests/file`: `reading` |
//! | a future dropped | `tests/file`: `dropping`; `tests/suite` |
//! | writes, cuts, failures and the end of the writer while checkpoints are under way | `tests/file`: `pipelining`, `outcomes`, `ending`; `aof-crash`, load `pipelined` |
//! | a thread that panics in a sync | `tests/file`: `outcomes` |
//!
//! Damage within entries is found by `aof-api`, and is tried there and by `aof-testkit`.
//!
//! The example `aof-crash` of `aof-segments` kills a writer, or shuts its file system down (`FS_IOC_SHUTDOWN`, one time in four with the
//! journal flushed), opens the log as the next writer would, and compares: everything acknowledged is there, everything
//! there was appended, archives and log are one chain. The loads take turns: one writer, with and without rotations, one
//! that writes while checkpoints are under way, and sixteen callers of a `GroupCommit`, each with and without a write
//! buffer and zeros ahead. Nothing that was acknowledged
//! before the shutdown was called was lost, and every log opened, in
//!
//! | command, each after `cargo run --release -p aof-segments --example aof-crash --` | crashes | in a rotation | acknowledged entries |
//! |---|---|---|---|
//! | `kill --rounds 2100 --seed 7` | 2,100 | 703 | 99,840 |
//! | `power --fs ext4 --rounds 520 --seed 7` | 520 | 167 | 19,989 |
//! | `power --fs xfs --rounds 520 --seed 7` | 520 | 150 | 33,017 |
//!
//! Linux 6.18; the seed does not fix the moment of a crash, so that the last two columns vary.
//!
//! The shutdown is not as sudden as a power loss: while it is under way, both file systems return `Ok` from a few syncs whose
//! bytes are not there afterwards. It is the file systems that do, not this log: a bare loop of `pwrite` and `fdatasync` on
//! a file (`--load bare`) sees the same. So each writer notes the time at which a sync has returned, the tool notes the
//! time right before the call, on the same clock, and counts apart what was acknowledged later. How much of that there is
//! varies from run to run: in the runs above, 19 of 1,988 entries on ext4, up to 21.0 ms after the call, and none of 256 on
//! xfs were lost; in earlier runs, the bare loop's among them,
//!
//! | `power`, seed 7 | acknowledged before, and lost | acknowledged later | of these lost | in crashes | latest, after the call |
//! |---|---|---|---|---|---|
//! | ext4, bare loop, 2,000 cuts | 0 of 18,716 | 382 | 90 | 90 | 26.9 ms |
//! | ext4, one writer, 2,000 cuts | 0 of 94,905 | 5,273 | 45 | 17 | 14.6 ms |
//! | ext4, all loads, 520 cuts | 0 of 41,842 | 1,252 | 88 | 13 | 4.5 ms |
//! | xfs, bare loop, 2,000 cuts | 0 of 30,131 | 381 | 4 | 4 | 4.6 ms |
//! | xfs, all loads, 520 cuts | 0 of 50,500 | 444 | 0 | 0 | |
//!
//! `.ci/crash` makes a short run of all three commands.
//!
//! # Platforms
//!
//! Linux is where the faults were tried. On macOS a sync is `F_FULLFSYNC`, which is what `sync_data` and `sync_all` of the
//! standard library are there (`os_datasync` and `os_fsync` in `std/src/sys/fs/unix.rs`); there, and on the BSDs that lack
//! `posix_fadvise`, opening cannot drop the page cache. On Windows there is no sync of directories, a moved file is
//! not noticed, each part of a write is a call of its own, and the lock is mandatory: another process cannot read the
//! file while a writer has it open.

mod names;
mod open;
mod reader;
#[cfg(feature = "system")]
pub mod system;
#[cfg(not(feature = "system"))]
#[allow(unreachable_pub, dead_code, reason = "public, and used in full, with the feature `system` only")]
mod system;
mod writer;

pub use names::blocking;
pub use names::draft::Draft;
pub use names::rotate::{continue_after_move, rotate};
pub use open::lock::is_locked;
pub use open::lock_file::LockFile;
pub use open::options::{FileOptions, SyncOn};
pub use reader::FileReader;
pub use reader::view::FileView;
pub use reader::watch::{LogEnd, Watch};
#[cfg(feature = "fault")]
pub use system::fault;
pub use writer::backend::FileBackend;
pub use writer::checkpoint::Checkpoint;

/// Compiles and runs the example of the README.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
