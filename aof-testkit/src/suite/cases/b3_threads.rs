//! B3 with the reader on another thread than the writer.

use crate::random::Random;
use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, prefix, read_from};
use crate::suite::verdict::{Stop, Verdict};
use aof_api::AofBackend;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// The byte at an offset, so that reader and writer need not share what was written.
fn byte_at(offset: usize) -> u8 {
    (offset as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes()[0]
}

pub(crate) fn b3_a_reader_on_another_thread_sees_a_prefix<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    const LEN: usize = 1 << 20;
    // What is shared between threads is the fixture; it need not be sent to one.
    let fixture = &*trial.fixture;
    let log: Vec<u8> = (0..LEN).map(byte_at).collect();
    let mut backend = fixture.block_on(trial.create())?;
    let mut reader = fixture.block_on(backend.reader())?;
    let done = AtomicBool::new(false);
    thread::scope(|scope| {
        let reading = scope.spawn(|| {
            fixture.block_on(async {
                let mut most = 0;
                loop {
                    // Asked before reading, so that the last round comes after the last checkpoint.
                    let last = done.load(Ordering::Acquire);
                    // From a little before, so that growth is read over and over, and cheaply.
                    let from = usize::max(most, 5000) - 5000;
                    let seen = read_from(&mut reader, from as u64).await?;
                    let least = if last { LEN - from } else { most - from };
                    prefix(&seen, &log[from..], least, &format!("a reader beside the writer, from {from}"))?;
                    most = from + seen.len();
                    if last {
                        return Ok::<(), Stop>(());
                    }
                }
            })
        });
        let written = fixture.block_on(async {
            let mut random = Random::new(trial.seed);
            let mut at = 0;
            while at < LEN {
                let to = LEN.min(at + random.between(1, 9000));
                append(&mut backend, &log[at..to]).await?;
                at = to;
            }
            backend.checkpoint(&[]).await?;
            Ok::<(), Stop>(())
        });
        done.store(true, Ordering::Release);
        let read = reading.join().unwrap_or_else(|_| Err(Stop::broken("the reader panicked")));
        written.and(read)
    })
}
