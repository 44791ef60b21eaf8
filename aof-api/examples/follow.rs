//! Feeds a replica with durable entries in order, stops, and resumes where it stopped.

use aof_api::{Aof, GroupCommit, LogOptions, Operation, Result};
use aof_memory::MemoryBackend;
use futures::executor::block_on;

async fn follow() -> Result<()> {
    let log = GroupCommit::new(Aof::create(MemoryBackend::new(), LogOptions::new()).await?);
    let mut follower = log.follow(None).await?;
    let (appended, entry) = futures::join!(log.append(Operation(128), "one"), follower.next());
    assert_eq!(entry?.body(), b"one"); // handed out once it is durable, not before
    assert_eq!(appended?.op, 1);

    let place = follower.place(); // keep it with the state of the replica
    drop(follower);
    log.append(Operation(128), "two").await?;
    log.append(Operation(128), "three").await?;

    let mut follower = log.follow(place).await?;
    for expected in ["two", "three"] {
        let entry = follower.next().await?; // waits where there is none yet; fails where one is missing
        println!("op {}: {}", entry.op(), String::from_utf8_lossy(entry.body()));
        assert_eq!(entry.body(), expected.as_bytes());
    }
    log.close().await
}

fn main() -> Result<()> {
    block_on(follow())
}
