//! B4: reads are short at will, and 0 only at the end.

use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, grow, same};
use crate::suite::verdict::{Verdict, ensure, ensure_eq};
use aof_api::{AofBackend, AofRead};

pub(crate) async fn b4_read_returns_0_only_at_the_end_or_for_an_empty_buffer<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    let log = trial.random().bytes(20_000);
    let mut backend = trial.create().await?;
    append(&mut backend, &log[..9000]).await?;
    append(&mut backend, &log[9000..]).await?;
    let mut reader = backend.reader().await?;
    for size in [1, 7, 512, 4096, 30_000] {
        walk(&mut backend, &log, size, "the backend").await?;
        walk(&mut reader, &log, size, "a reader").await?;
    }
    for at in [0, 100, 20_000] {
        backend.seek(at).await?;
        ensure_eq!(backend.read(&mut []).await?, 0, "a read into an empty buffer at {at}");
    }
    Ok(())
}

/// Reads to the end in steps of `size`, and checks every step.
async fn walk<R: AofRead>(cursor: &mut R, log: &[u8], size: usize, who: &str) -> Verdict {
    let mut buf = vec![0; size];
    let mut at = 0;
    cursor.seek(0).await?;
    while at < log.len() {
        let count = cursor.read(&mut buf).await?;
        ensure!(count > 0, "{who} returned 0 for a read of {size} bytes at {at}, the log ends at {}", log.len());
        ensure!(count <= size, "{who} returned {count} for a read of {size} bytes");
        ensure!(at + count <= log.len(), "{who} returned {count} bytes at {at}, the log ends at {}", log.len());
        same(&buf[..count], &log[at..at + count], &format!("{who}, in steps of {size} bytes, at {at}"))?;
        at += count;
    }
    ensure_eq!(cursor.read(&mut buf).await?, 0, "{who} at the end");
    Ok(())
}

pub(crate) async fn b4_every_range_reads_the_same<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.random().bytes(64);
    let mut backend = trial.create().await?;
    for piece in log.chunks(13) {
        append(&mut backend, piece).await?;
    }
    let mut reader = backend.reader().await?;
    for from in 0..=log.len() {
        for to in from..=log.len() {
            range(&mut backend, &log, from, to).await?;
            range(&mut reader, &log, from, to).await?;
        }
    }
    Ok(())
}

async fn range<R: AofRead>(cursor: &mut R, log: &[u8], from: usize, to: usize) -> Verdict {
    let mut buf = vec![0xaa; to - from];
    cursor.seek(from as u64).await?;
    let mut filled = 0;
    while filled < buf.len() {
        let count = cursor.read(&mut buf[filled..]).await?;
        ensure!(count > 0, "a read at {} returned 0, the log ends at {}", from + filled, log.len());
        filled += count;
    }
    same(&buf, &log[from..to], &format!("the range {from}..{to}"))
}

pub(crate) async fn b4_at_or_past_the_end_read_returns_0<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create().await?;
    for len in [0_u64, 1, 5000] {
        grow(&mut backend, &vec![7; len as usize]).await?;
        let mut reader = backend.reader().await?;
        let mut buf = [0; 100];
        for past in [0, 1, 100, 1 << 20, 1 << 50] {
            backend.seek(len + past).await?;
            ensure_eq!(backend.read(&mut buf).await?, 0, "a read {past} bytes past the end of {len} bytes");
            reader.seek(len + past).await?;
            ensure_eq!(reader.read(&mut buf).await?, 0, "a reader's read {past} bytes past the end of {len} bytes");
        }
    }
    Ok(())
}

pub(crate) async fn b4_next_data_passes_over_nothing_but_zeros<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut random = trial.random();
    // What is not zero is far apart, so that a storage with holes may have some; the end is not durable.
    let log = [&[1; 100][..], &vec![0; 300_000], &[2; 10], &vec![0; 70_000]].concat();
    let mut backend = trial.create().await?;
    grow(&mut backend, &log).await?;
    append(&mut backend, &[&[0; 5000][..], &[3]].concat()).await?;
    let log = [&log[..], &[0; 5000], &[3]].concat();
    let mut reader = backend.reader().await?;
    for _ in 0..40 {
        let offset = random.below(log.len() as u64);
        next_data(&mut backend, &log, offset, "the backend").await?;
        next_data(&mut reader, &log, offset, "a reader").await?;
    }
    for offset in [0, 99, 100, 300_099, 300_100, log.len() as u64 - 1] {
        next_data(&mut backend, &log, offset, "the backend").await?;
        next_data(&mut reader, &log, offset, "a reader").await?;
    }
    Ok(())
}

/// Asks for the next data at or after `offset`, and checks the result and the cursor.
async fn next_data<R: AofRead>(cursor: &mut R, log: &[u8], offset: u64, who: &str) -> Verdict {
    cursor.seek(50).await?;
    let found = cursor.next_data(offset).await?;
    let from = offset as usize;
    let data = log[from..].iter().position(|byte| *byte != 0).map_or(log.len(), |zeros| from + zeros);
    ensure!(found >= offset, "{who} found data at {found}, before {offset}");
    ensure!(found <= data as u64, "{who} passed from {offset} to {found}, and byte {data} is not zero");
    let mut buf = [0; 1];
    ensure_eq!((cursor.read(&mut buf).await?, buf[0]), (1, 1), "a read by {who} after that, at the cursor");
    Ok(())
}

pub(crate) async fn b4_a_boundary_is_where_a_write_began<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut random = trial.random();
    let mut backend = trial.create().await?;
    let mut writes = Vec::new();
    for number in 0..40 {
        writes.push(backend.len());
        append(&mut backend, &vec![number; 1 + random.below(3000) as usize]).await?;
        if number % 3 == 0 {
            // With a note, as where a log may be divided.
            backend.checkpoint(&[number]).await?;
        }
    }
    let end = backend.len();
    // The next one begins there.
    writes.push(end);
    let mut reader = backend.reader().await?;
    for _ in 0..60 {
        let offset = random.below(end + 1);
        boundary(&mut backend, &writes, offset, "the backend").await?;
        boundary(&mut reader, &writes, offset, "a reader").await?;
    }
    for offset in writes.iter().flat_map(|write| [*write, (write + 1).min(end)]) {
        boundary(&mut backend, &writes, offset, "the backend").await?;
        boundary(&mut reader, &writes, offset, "a reader").await?;
    }
    Ok(())
}

/// Asks where the log was divided at or before `offset`, and checks the result and the cursor.
async fn boundary<R: AofRead>(cursor: &mut R, writes: &[u64], offset: u64, who: &str) -> Verdict {
    cursor.seek(0).await?;
    let found = cursor.boundary(offset).await?;
    ensure!(found <= offset, "{who} was asked for a boundary up to {offset}, and returned {found}");
    ensure!(writes.contains(&found), "{who} returned the boundary {found} for {offset}, where no write began");
    let mut buf = [9; 1];
    ensure_eq!((cursor.read(&mut buf).await?, buf[0]), (1, 0), "a read by {who} after that, at the cursor");
    Ok(())
}
