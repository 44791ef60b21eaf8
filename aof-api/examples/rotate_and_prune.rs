//! Two ways of retention: rotate a file and delete its archive, or prune a storage that can give a part of a log back.

use aof_api::{Aof, AofBackend, Error, LogOptions, Operation};
use aof_file::{FileBackend, rotate};
use aof_testkit::disk::SimDisk;
use futures::executor::block_on;
use std::path::Path;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

async fn rotating(directory: &Path) -> Result<()> {
    let archive = directory.join("bank-1.aof");
    let mut log = Aof::create(FileBackend::create(directory.join("bank.aof"))?, LogOptions::new()).await?;
    log.append(Operation(128), b"pay 5 to bob").await?;
    rotate(&mut log, &archive).await?; // the archive is complete, durable, and no longer written
    assert_eq!(log.append(Operation(128), b"pay 6 to eve").await?.op, 2); // the chain continues
    assert!(matches!(log.prune(2).await, Err(Error::Unsupported { .. }))); // one file gives nothing back
    std::fs::remove_file(&archive)?; // when it is old enough
    Ok(log.close().await?)
}

async fn pruning(backend: impl AofBackend) -> Result<u64> {
    let mut log = Aof::create(backend, LogOptions::new()).await?;
    for _ in 0..100 {
        log.append(Operation(128), &[7; 1000]).await?;
        log.checkpoint().await?; // the storage may divide the log here
    }
    let start = log.prune(90).await?; // forgets ops below 90, as far as the storage can
    assert!(log.get(90).await?.is_some());
    println!("the log begins at offset {start} and ends at {}", log.len());
    log.close().await?;
    Ok(start)
}

fn main() -> Result<()> {
    block_on(rotating(tempfile::tempdir()?.path()))?;
    let disk = SimDisk::new().pruning(); // a simulated disk, in the place of a storage that prunes
    assert!(block_on(pruning(disk.open()?))? > 0);
    Ok(())
}
