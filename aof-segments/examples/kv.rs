//! A small database: a map in memory, a log in segments, snapshots, and a replica that follows.
//!
//! `docs/embedding.md` walks through it. `cargo run -p aof-segments --example kv DIRECTORY` plays a little with it; with
//! `cargo test` it is a test.

use aof_api::{Aof, Error, GroupCommit, LogOptions, Operation, Result};
use aof_file::FileOptions;
use aof_segments::{Hold, Holds, Retention, SegmentedBackend, SegmentedOptions};
use futures::executor::block_on;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

const PUT: Operation = Operation(200);
const DELETE: Operation = Operation(201);

type Bytes = Vec<u8>;

/// What the log has made so far: the map, and up to which op it has every entry.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct State {
    map: BTreeMap<Bytes, Bytes>,
    op: u64,
}

impl State {
    /// The only place where entries are given a meaning: in opening, in writing, and on the replica.
    fn apply(&mut self, op: u64, operation: Operation, body: &[u8]) {
        // An entry that is in the snapshot already, or not one of ours, changes nothing.
        if op <= self.op {
            return;
        }
        self.op = op;
        let Some((len, rest)) = body.split_first_chunk::<4>() else { return };
        let Some((key, value)) = rest.split_at_checked(u32::from_le_bytes(*len) as usize) else { return };
        match operation {
            PUT => drop(self.map.insert(key.to_vec(), value.to_vec())),
            DELETE => drop(self.map.remove(key)),
            _ => {}
        }
    }
}

/// Key and value in one body.
fn body(key: &[u8], value: &[u8]) -> Bytes {
    // A body is at most 1 MiB.
    [&(key.len() as u32).to_le_bytes()[..], key, value].concat()
}

struct Kv {
    log: GroupCommit<SegmentedBackend>,
    state: Mutex<State>,
    snapshot: PathBuf,
    holds: Holds,
}

impl Kv {
    /// Loads the snapshot, and replays what follows it.
    async fn open(directory: &Path) -> Result<Kv> {
        fs::create_dir_all(directory).map_err(|error| Error::io(aof_api::storage::IoCall::Create, 0, error))?;
        let snapshot = directory.join("snapshot");
        let mut state = load(&snapshot).unwrap_or_default();
        let file = FileOptions::new().preallocate_bytes(64 << 10);
        let backend =
            SegmentedOptions::new().segment_bytes(64 << 10).file(file).open_or_create(directory.join("log"))?;
        let options = LogOptions::new().visit_from(state.op + 1);
        // A state counts only where opening succeeds: `?` drops it.
        let (log, _) = Aof::open_with(backend, options, |entry| {
            state.apply(entry.op(), Operation(entry.header().operation), entry.body());
            Ok(())
        })
        .await?;
        Ok(Kv { log: GroupCommit::new(log), state: Mutex::new(state), snapshot, holds: Holds::new() })
    }

    fn get(&self, key: &[u8]) -> Option<Bytes> {
        self.lock().map.get(key).cloned()
    }

    /// Durable on return, and visible to `get` only then.
    async fn put(&self, key: &[u8], value: &[u8]) -> Result<()> {
        self.write(PUT, body(key, value)).await
    }

    async fn delete(&self, key: &[u8]) -> Result<()> {
        self.write(DELETE, body(key, b"")).await
    }

    async fn write(&self, operation: Operation, body: Bytes) -> Result<()> {
        let appended = self.log.append(operation, body.clone()).await?;
        // One caller at a time here; with many, apply what a follower of the log hands out, which is in order.
        self.lock().apply(appended.op, operation, &body);
        Ok(())
    }

    /// Writes the state beside the log, and gives back the segments that it replaces, as far as no replica needs them.
    async fn snapshot(&self) -> Result<u64> {
        let state = self.lock().clone();
        save(&self.snapshot, &state).map_err(|error| Error::io(aof_api::storage::IoCall::Write, 0, error))?;
        let holds = self.holds.clone();
        self.log
            .with_log(move |log| {
                Box::pin(async move {
                    let op = holds.lowest().map_or(state.op, |lowest| lowest.min(state.op));
                    log.prune(op).await?;
                    // And never more than 16 MiB, unless a replica holds it.
                    Retention::new().keep_bytes(16 << 20).prune(log, &holds).await
                })
            })
            .await?
    }

    async fn close(self) -> Result<()> {
        self.log.close().await
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Follows the log until it has `op`, and lets go what it has.
async fn replicate(kv: &Kv, replica: &mut State, hold: &mut Hold, op: u64) -> Result<()> {
    let mut follower = kv.log.follow(None).await?;
    while replica.op < op {
        let entry = follower.next().await?;
        replica.apply(entry.op(), Operation(entry.header().operation), entry.body());
        hold.advance(replica.op + 1);
    }
    Ok(())
}

/// Complete or not there: written under another name, synced, then renamed.
fn save(path: &Path, state: &State) -> std::io::Result<()> {
    let mut bytes = state.op.to_le_bytes().to_vec();
    for (key, value) in &state.map {
        bytes.extend((value.len() as u32).to_le_bytes());
        bytes.extend(body(key, value).iter());
    }
    let next = path.with_extension("next");
    fs::write(&next, bytes)?;
    fs::File::open(&next)?.sync_all()?;
    fs::rename(&next, path)?;
    fs::File::open(path.parent().unwrap_or(Path::new(".")))?.sync_all()
}

fn load(path: &Path) -> Option<State> {
    let bytes = fs::read(path).ok()?;
    let (op, mut rest) = bytes.split_first_chunk::<8>()?;
    let mut state = State { op: u64::from_le_bytes(*op), ..State::default() };
    while let Some((lens, entry)) = rest.split_first_chunk::<8>() {
        let [value, key] = [&lens[..4], &lens[4..]].map(|len| u32::from_le_bytes(len.try_into().unwrap_or_default()));
        let (key, entry) = entry.split_at_checked(key as usize)?;
        let (value, entry) = entry.split_at_checked(value as usize)?;
        state.map.insert(key.to_vec(), value.to_vec());
        rest = entry;
    }
    Some(state)
}

async fn play(directory: &Path) -> Result<State> {
    let kv = Kv::open(directory).await?;
    let (mut replica, mut hold) = (State::default(), kv.holds.hold(1));
    for round in 0..2000_u32 {
        kv.put(format!("key {}", round % 100).as_bytes(), &[7; 100]).await?;
    }
    kv.delete(b"key 7").await?;
    assert_eq!((kv.get(b"key 7"), kv.get(b"key 8").map(|value| value.len())), (None, Some(100)));
    assert_eq!(kv.snapshot().await?, 0, "the replica has read nothing yet");
    let op = kv.lock().op;
    replicate(&kv, &mut replica, &mut hold, op).await?;
    assert_eq!(replica, *kv.lock());
    assert!(kv.snapshot().await? > 0, "what the snapshot and the replica have is given back");
    kv.put(b"after the snapshot", b"kept by the log").await?;
    let state = kv.lock().clone();
    kv.close().await?;
    Ok(state)
}

fn main() -> Result<()> {
    let directory = PathBuf::from(std::env::args_os().nth(1).unwrap_or_else(|| "kv".into()));
    if directory.exists() {
        println!("{} exists: give a directory that does not", directory.display());
        return Ok(());
    }
    let state = block_on(play(&directory))?;
    println!("{} keys after {} operations, in {}", state.map.len(), state.op, directory.display());
    Ok(())
}

#[test]
fn what_was_put_is_there_after_a_snapshot_a_prune_and_opening_again() -> Result<()> {
    let directory = tempfile::tempdir().map_err(|error| Error::io(aof_api::storage::IoCall::Create, 0, error))?;
    block_on(async {
        let state = play(directory.path()).await?;
        let kv = Kv::open(directory.path()).await?;
        assert_eq!(*kv.lock(), state);
        assert_eq!(kv.get(b"after the snapshot").as_deref(), Some(&b"kept by the log"[..]));
        kv.close().await
    })
}
