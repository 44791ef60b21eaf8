//! Chooses the storage at run time: memory, or the file that is named on the command line.

use aof_api::{Aof, DynAofBackend, LogOptions, Operation, Result};
use aof_file::FileBackend;
use aof_memory::MemoryBackend;
use futures::executor::block_on;

fn storage(path: Option<&str>) -> Result<Box<dyn DynAofBackend>> {
    Ok(match path {
        Some(path) => Box::new(FileBackend::open_or_create(path)?),
        None => Box::new(MemoryBackend::new()),
    })
}

async fn pay(backend: Box<dyn DynAofBackend>) -> Result<u64> {
    let (mut log, recovery) = Aof::open(backend, LogOptions::new()).await?;
    let appended = log.append(Operation(128), b"pay 5 to bob").await?;
    assert_eq!(appended.op, recovery.entries + 1);
    log.close().await?;
    Ok(appended.op)
}

fn main() -> Result<()> {
    let path = std::env::args().nth(1);
    let op = block_on(pay(storage(path.as_deref())?))?;
    println!("op {op} is durable in {}", path.as_deref().unwrap_or("memory"));
    Ok(())
}
