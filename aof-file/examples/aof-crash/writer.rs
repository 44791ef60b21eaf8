//! The process that is killed.

use crate::events::{now_ns, tell};
use crate::random::{Random, body};
use crate::{bare, pipelined};
use aof_api::storage::IoCall;
use aof_api::{Aof, Error, GroupCommit, LogOptions, Operation};
use aof_file::{FileBackend, FileOptions, SyncOn, rotate};
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
    pub(crate) load: Load,
    #[arg(long)]
    pub(crate) seed: u64,
    #[arg(long)]
    pub(crate) round: u64,
}

/// What the writer does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Load {
    /// Appends, and a checkpoint every few entries.
    Single,
    /// The same, and a rotation every few checkpoints.
    Rotating,
    /// Appends while several checkpoints are under way.
    Pipelined,
    /// Sixteen callers of one `GroupCommit`.
    Group,
    /// No log: a bare file, to see what the file system does by itself.
    Bare,
}

/// How many callers a group has.
const CALLERS: u64 = 16;
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
    let Arguments { seed, round, load, log: path } = arguments;
    let mut random = Random(seed ^ round.rotate_left(17));
    let options = FileOptions::new().sync_on(if random.below(2) == 0 { SyncOn::Caller } else { SyncOn::Helper });
    let preallocated = [0, 256 << 10, 8 << 20][random.below(3) as usize];
    let buffered = [0, 64 << 10][random.below(2) as usize];
    let options = options.preallocate_bytes(preallocated).write_buffer_bytes(buffered);
    let (log, _) = Aof::open(options.open_or_create(path)?, LogOptions::new()).await?;
    tell("S");
    match load {
        Load::Group => group(log, *seed, *round).await,
        Load::Pipelined => pipelined::write(log, *seed, *round, &mut random).await,
        Load::Rotating => single(log, *seed, *round, &mut random, Some(path)).await,
        Load::Single | Load::Bare => single(log, *seed, *round, &mut random, None).await,
    }
}

async fn single(
    mut log: Aof<FileBackend>,
    seed: u64,
    round: u64,
    random: &mut Random,
    rotated: Option<&PathBuf>,
) -> aof_api::Result<()> {
    let mut nonce = 0;
    loop {
        let mut written = Vec::new();
        for _ in 0..=random.below(6) {
            tell(format_args!("T {nonce}"));
            written.push(log.append(OPERATION, &body(seed, round, nonce)).await?);
            nonce += 1;
        }
        if let Some(path) = rotated
            && random.below(4) == 0
        {
            tell("R");
            rotate(&mut log, next_archive(path)).await?;
            tell("D");
        } else {
            log.checkpoint().await?;
        }
        let at_ns = now_ns();
        for appended in written {
            tell(format_args!("A {} {} {at_ns}", appended.op, appended.checksum));
        }
    }
}

async fn group(log: Aof<FileBackend>, seed: u64, round: u64) -> aof_api::Result<()> {
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
