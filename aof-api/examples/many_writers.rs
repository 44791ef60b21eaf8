//! Appends from sixteen threads at once: each entry is durable on return, and they share the syncs of the file.

use aof_api::{Aof, GroupCommit, LogOptions, Operation};
use aof_file::FileBackend;
use futures::executor::block_on;
use std::error::Error;
use std::thread;

const WRITERS: usize = 16;
const ENTRIES: usize = 20;

fn main() -> Result<(), Box<dyn Error>> {
    let directory = tempfile::tempdir()?;
    let backend = FileBackend::create(directory.path().join("bank.aof"))?;
    let log = GroupCommit::new(block_on(Aof::create(backend, LogOptions::new()))?);
    thread::scope(|scope| {
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let log = log.clone(); // a task of any async runtime can hold one too
                scope.spawn(move || {
                    (0..ENTRIES).try_for_each(|entry| {
                        let body = format!("writer {writer}, entry {entry}");
                        block_on(log.append(Operation(128), body)).map(drop)
                    })
                })
            })
            .collect();
        writers.into_iter().try_for_each(|writer| writer.join().expect("a writer does not panic"))
    })?;
    let tip = log.tip().ok_or("the log is empty")?;
    println!("{} entries, {} bytes, durable; tip {}", tip.op, log.durable_len(), tip.checksum);
    assert_eq!(tip.op, (WRITERS * ENTRIES) as u64);
    Ok(block_on(log.close())?)
}
