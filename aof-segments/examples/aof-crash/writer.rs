//! The process that is killed.

use crate::events::{now_ns, tell};
use crate::pruning::prune;
use crate::random::{Random, body};
use crate::{bare, pipelined};
use aof_api::storage::IoCall;
use aof_api::{Aof, AofBackend, Error, GroupCommit, LogOptions, Operation};
use aof_file::{FileOptions, SyncOn, rotate};
use aof_segments::SegmentedOptions;
use clap::{Args, ValueEnum};
use futures::executor::block_on;
use futures::future::join_all;
use std::fs;
use std::path::{Path, PathBuf};

#[derive(Args)]
pub(crate) struct Arguments {
    #[arg(long)]
    pub(crate) log: PathBuf,
    #[arg(long)]
    pub(crate) kind: Kind,
    #[arg(long)]
    pub(crate) load: Load,
    #[arg(long)]
    pub(crate) seed: u64,
    #[arg(long)]
    pub(crate) round: u64,
}

/// What the log is kept in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Kind {
    /// One file.
    File,
    /// A directory of small segments, which is pruned under the loads `pruning`, `pipelined` and `group`.
    Segments,
}

/// What the writer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Load {
    /// Appends, and a checkpoint every few entries.
    Single,
    /// The same, and a rotation every few checkpoints. Of a file.
    Rotating,
    /// The same, and a prune every few checkpoints. Of segments.
    Pruning,
    /// Appends while several checkpoints are under way.
    Pipelined,
    /// Sixteen callers of one `GroupCommit`.
    Group,
    /// No log: a bare file, to see what the file system does by itself.
    Bare,
}

/// How many callers a group has.
const CALLERS: u64 = 16;
/// After how many appends a group prunes.
const PRUNED_EVERY: u64 = 64;
pub(crate) const OPERATION: Operation = Operation(200);

pub(crate) fn run(arguments: &Arguments) -> bool {
    let wrote = match arguments.load {
        Load::Bare => bare::write(&arguments.log, arguments.seed, arguments.round)
            .map_err(|error| Error::io(IoCall::Write, 0, error)),
        _ => block_on(write(arguments)),
    };
    // An error is what a writer sees when the power is cut under it; it is killed then, and everything is checked.
    match wrote {
        Ok(()) => true,
        Err(error) => {
            tell(format_args!("E {error}"));
            false
        }
    }
}

async fn write(arguments: &Arguments) -> aof_api::Result<()> {
    let Arguments { seed, round, load, kind, log: path } = arguments;
    let mut random = Random(seed ^ round.rotate_left(17));
    let options = FileOptions::new().sync_on(if random.below(2) == 0 { SyncOn::Caller } else { SyncOn::Helper });
    let preallocated = [0, 256 << 10, 8 << 20][random.below(3) as usize];
    let buffered = [0, 64 << 10][random.below(2) as usize];
    let options = options.preallocate_bytes(preallocated).write_buffer_bytes(buffered);
    match kind {
        Kind::File => {
            let backend = options.open_or_create(path)?;
            if *load != Load::Rotating {
                return load_of_any(backend, arguments, &mut random, false).await;
            }
            let log = open(backend).await?;
            single(log, *seed, *round, &mut random, async |log, random| match random.below(4) {
                0 => {
                    tell("R");
                    rotate(log, next_archive(path)).await?;
                    tell("D");
                    Ok(())
                }
                _ => log.checkpoint().await.map(drop),
            })
            .await
        }
        Kind::Segments => {
            let segment_bytes = [1, 4 << 10, 64 << 10][random.below(3) as usize];
            let sync_on = if random.below(2) == 0 { SyncOn::Caller } else { SyncOn::Helper };
            // What is allocated ahead of each is given back when it is sealed.
            let options = options.preallocate_bytes(preallocated.min(256 << 10));
            let options = SegmentedOptions::new().file(options).segment_bytes(segment_bytes).sync_on(sync_on);
            let backend = options.spares(1 + random.below(3) as usize).open_or_create(path)?;
            load_of_any(backend, arguments, &mut random, true).await
        }
    }
}

async fn open<B: AofBackend>(backend: B) -> aof_api::Result<Aof<B>> {
    let (log, _) = Aof::open(backend, LogOptions::new()).await?;
    tell("S");
    Ok(log)
}

/// A load that is the same for every storage; with `prunes`, of one that can be pruned.
async fn load_of_any<B: AofBackend + 'static>(
    backend: B,
    arguments: &Arguments,
    random: &mut Random,
    prunes: bool,
) -> aof_api::Result<()> {
    let Arguments { seed, round, load, .. } = *arguments;
    let log = open(backend).await?;
    match load {
        Load::Group => group(log, seed, round, prunes).await,
        Load::Pipelined => pipelined::write(log, seed, round, random, prunes).await,
        Load::Pruning => {
            single(log, seed, round, random, async |log, random| {
                log.checkpoint().await?;
                match random.below(3) {
                    0 => prune(log, random.below(60)).await,
                    _ => Ok(()),
                }
            })
            .await
        }
        Load::Single | Load::Rotating | Load::Bare => {
            single(log, seed, round, random, async |log, _| log.checkpoint().await.map(drop)).await
        }
    }
}

/// Appends a few entries and makes them durable, by `end`, again and again.
async fn single<B: AofBackend>(
    mut log: Aof<B>,
    seed: u64,
    round: u64,
    random: &mut Random,
    mut end: impl AsyncFnMut(&mut Aof<B>, &mut Random) -> aof_api::Result<()>,
) -> aof_api::Result<()> {
    let mut nonce = 0;
    loop {
        let mut written = Vec::new();
        for _ in 0..=random.below(6) {
            tell(format_args!("T {nonce}"));
            written.push(log.append(OPERATION, &body(seed, round, nonce)).await?);
            nonce += 1;
        }
        end(&mut log, random).await?;
        let at_ns = now_ns();
        for appended in written {
            tell(format_args!("A {} {} {at_ns}", appended.op, appended.checksum));
        }
    }
}

async fn group<B: AofBackend + 'static>(log: Aof<B>, seed: u64, round: u64, prunes: bool) -> aof_api::Result<()> {
    let group = GroupCommit::new(log);
    let callers = (0..CALLERS).map(|caller| {
        let group = group.clone();
        async move {
            let mut nonce = caller;
            loop {
                tell(format_args!("T {nonce}"));
                let appended = group.append(OPERATION, body(seed, round, nonce)).await?;
                tell(format_args!("A {} {} {}", appended.op, appended.checksum, now_ns()));
                nonce += CALLERS;
                if prunes && nonce % PRUNED_EVERY == 0 {
                    group.with_log(|log| Box::pin(prune(log, CALLERS))).await??;
                }
            }
        }
    });
    join_all(callers).await.into_iter().collect()
}

/// The name of the archive with this number.
pub(crate) fn archive(log: &Path, number: u32) -> PathBuf {
    log.with_extension(format!("{number:06}"))
}

/// The first name that no file has; or one that the log itself has, because a rotation was killed half way.
fn next_archive(log: &Path) -> PathBuf {
    let numbered = (0..).map(|number| archive(log, number));
    let mut free = numbered.skip_while(|archive| archive.exists() && !same_file(archive, log));
    free.next().unwrap_or_default()
}

pub(crate) fn same_file(one: &Path, other: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    match (fs::metadata(one), fs::metadata(other)) {
        (Ok(one), Ok(other)) => (one.dev(), one.ino()) == (other.dev(), other.ino()),
        _ => false,
    }
}
