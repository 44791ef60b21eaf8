//! Validates a log the way TigerBeetle's tool reads one: one read of 1 MiB for each entry, wherever the entry ends.
//!
//! What `aof validate` is measured against: `one_read_per_entry LOG`. The same checks are made, by the same code.

use aof_api::format::{AofEntry, ENTRY_SIZE_MAX};
use std::error::Error;
use std::fs::File;
use std::os::unix::fs::FileExt;

fn main() -> Result<(), Box<dyn Error>> {
    let path = std::env::args_os().nth(1).ok_or("give a log")?;
    let file = File::open(path)?;
    let mut buf = vec![0; ENTRY_SIZE_MAX];
    let (mut offset, mut entries, mut tip) = (0, 0_u64, None);
    loop {
        let mut filled = 0;
        while filled < buf.len() {
            match file.read_at(&mut buf[filled..], offset + filled as u64)? {
                0 => break,
                count => filled += count,
            }
        }
        if filled == 0 {
            break;
        }
        let entry = AofEntry::decode(&buf[..filled])?;
        if tip.is_some_and(|tip| tip != entry.header().parent) {
            return Err(format!("the chain breaks at offset {offset}").into());
        }
        tip = Some(entry.checksum());
        offset += entry.size_disk();
        entries += 1;
    }
    println!("{entries} entries, {offset} bytes");
    Ok(())
}
