//! Appends to a file, loses power in the middle of an entry, and opens the log again.

use aof_api::{Aof, LogOptions, Operation, Result};
use aof_file::FileBackend;
use std::error::Error;
use std::fs::OpenOptions;
use std::path::Path;

async fn append(path: &Path) -> Result<u64> {
    let mut log = Aof::create(FileBackend::create(path)?, LogOptions::new()).await?;
    log.append(Operation(128), b"pay 5 to bob").await?;
    log.append(Operation(128), b"pay 6 to eve").await?;
    log.checkpoint().await?; // both entries survive a crash from here on
    log.append(Operation(128), b"pay 7 to dan").await?; // a crash may take this one
    let len = log.len();
    log.close().await?;
    Ok(len)
}

async fn recover(path: &Path) -> Result<()> {
    let (mut log, recovery) = Aof::open(FileBackend::open(path)?, LogOptions::new()).await?;
    println!("{} entries, {} torn bytes cut", recovery.entries, recovery.lost_bytes());
    assert!(recovery.entries == 2 && recovery.lost_bytes() > 0);
    let next = log.append(Operation(128), b"pay 8 to ann").await?;
    assert_eq!(next.op, 3); // the chain continues after the last whole entry
    log.close().await
}

fn main() -> std::result::Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let path = directory.path().join("bank.aof");
    let len = futures::executor::block_on(append(&path))?;
    OpenOptions::new().write(true).open(&path)?.set_len(len - 100)?; // what the disk kept of the last entry
    Ok(futures::executor::block_on(recover(&path))?)
}
