//! Finds one flipped bit in a log, and takes the damaged entry from another copy.

use aof_api::merge::{self, merge};
use aof_api::validate::{self, validate};
use aof_api::{Aof, LogOptions, Operation, Rule};
use aof_memory::MemoryBackend;
use futures::executor::block_on;
use std::error::Error;

async fn repair() -> Result<(), Box<dyn Error>> {
    let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
    for body in ["one", "two", "three"] {
        log.append(Operation(128), body.as_bytes()).await?;
    }
    let tip = log.tip().ok_or("the log is empty")?.checksum;
    let whole = log.into_inner().snapshot();
    let mut damaged = whole.clone();
    damaged[300] ^= 1; // in the second entry

    let options = validate::Options::new().rule(Rule::Linear);
    let validation = validate(MemoryBackend::from_bytes(&damaged), options, Some(tip)).await?;
    for finding in &validation.findings {
        println!("offset {}: {}", finding.offset, finding.kind);
    }
    assert!(!validation.is_clean());

    let copies = [MemoryBackend::from_bytes(&damaged), MemoryBackend::from_bytes(&whole)];
    let mut repaired = MemoryBackend::new();
    let report = merge(copies, &mut repaired, merge::Options::new()).await?;
    println!("{} entries, {}", report.entries, if report.is_whole() { "whole" } else { "not whole" });
    assert_eq!(repaired.snapshot(), whole);
    Ok(())
}

fn main() -> Result<(), Box<dyn Error>> {
    block_on(repair())
}
