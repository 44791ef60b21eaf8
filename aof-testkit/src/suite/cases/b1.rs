//! B1: `write` appends all parts, contiguous, at the end, or nothing.

use crate::random::Random;
use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append_parts, grow, holds};
use crate::suite::verdict::{Verdict, ensure_eq};
use aof_api::AofBackend;
use std::io::IoSlice;

/// Writes the parts in one call, and checks that the log holds them after what it held.
async fn append_and_check<B: AofBackend>(
    backend: &mut B,
    log: &mut Vec<u8>,
    parts: &[Vec<u8>],
    shape: &str,
) -> Verdict {
    let slices: Vec<IoSlice<'_>> = parts.iter().map(|part| IoSlice::new(part)).collect();
    append_parts(backend, &slices).await?;
    log.extend(parts.concat());
    holds(backend, log, shape).await
}

/// Parts of these lengths, with random bytes.
fn parts(random: &mut Random, lens: &[usize]) -> Vec<Vec<u8>> {
    lens.iter().map(|len| random.bytes(*len)).collect()
}

pub(crate) async fn b1_write_appends_all_parts_contiguously<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let shapes: [&[usize]; 9] = [
        &[1],
        &[5, 1],
        &[16, 256, 1000],
        &[3; 20],
        &[4096],
        &[511, 1, 512, 513],
        &[1, 4095, 4096, 4097],
        &[70_000, 1, 70_000],
        &[2, 3, 5, 7, 11, 13, 17, 19, 23],
    ];
    let (mut backend, mut log, mut random) = (trial.create().await?, Vec::new(), trial.random());
    for lens in shapes {
        let parts = parts(&mut random, lens);
        append_and_check(&mut backend, &mut log, &parts, &format!("after parts of {lens:?} bytes")).await?;
    }
    Ok(())
}

pub(crate) async fn b1_empty_parts_are_passed_over<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let shapes: [&[usize]; 6] =
        [&[0, 5], &[5, 0], &[5, 0, 6], &[0, 0, 0, 1, 0, 0, 2, 0], &[0; 1500], &[0, 300, 0, 0, 300]];
    let (mut backend, mut log, mut random) = (trial.create().await?, Vec::new(), trial.random());
    for lens in shapes {
        let parts = parts(&mut random, lens);
        append_and_check(&mut backend, &mut log, &parts, &format!("after {} parts, some empty", lens.len())).await?;
    }
    Ok(())
}

pub(crate) async fn b1_a_write_of_nothing_changes_nothing<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let bytes = trial.random().bytes(100);
    let mut backend = trial.create().await?;
    for log in [&[][..], &bytes] {
        grow(&mut backend, log).await?;
        append_parts(&mut backend, &[]).await?;
        append_parts(&mut backend, &[IoSlice::new(&[])]).await?;
        holds(&mut backend, log, "after writes of nothing").await?;
    }
    Ok(())
}

pub(crate) async fn b1_more_than_1024_parts_are_one_write<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, mut log, mut random) = (trial.create().await?, Vec::new(), trial.random());
    // 1024 is how many the system call takes on most systems.
    for count in [1023, 1024, 1025, 2048, 2049, 5000] {
        let parts: Vec<_> = (0..count).map(|_| random.bytes(1)).collect();
        append_and_check(&mut backend, &mut log, &parts, &format!("after {count} parts of one byte")).await?;
    }
    let parts: Vec<_> = (0..3000)
        .map(|_| {
            let len = random.between(0, 40);
            random.bytes(len)
        })
        .collect();
    append_and_check(&mut backend, &mut log, &parts, "after 3000 parts of 0 to 40 bytes").await
}

pub(crate) async fn b1_a_huge_part_is_written_whole<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, mut log, mut random) = (trial.create().await?, Vec::new(), trial.random());
    for lens in [&[1][..], &[3, 5 * 1024 * 1024 + 7, 3], &[2 * 1024 * 1024, 0, 1024 * 1024]] {
        let parts = parts(&mut random, lens);
        append_and_check(&mut backend, &mut log, &parts, &format!("after parts of {lens:?} bytes")).await?;
    }
    Ok(())
}

pub(crate) async fn b1_parts_of_random_shapes_are_contiguous<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (mut backend, mut log, mut random) = (trial.create().await?, Vec::new(), trial.random());
    for round in 0..60 {
        let count = random.between(0, 12);
        let parts: Vec<_> = (0..count)
            .map(|_| {
                let largest = [0, 1, 16, 256, 5000][random.index(5)];
                let len = random.between(0, largest);
                random.bytes(len)
            })
            .collect();
        append_and_check(&mut backend, &mut log, &parts, &format!("after write {round}")).await?;
    }
    Ok(())
}

pub(crate) async fn b1_write_returns_the_length_from_before<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create().await?;
    let mut expected = 0;
    for len in [7, 0, 1, 4096, 12] {
        let offset = backend.write(&[IoSlice::new(&vec![9; len])]).await?;
        ensure_eq!(offset, expected, "the result of a write of {len} bytes");
        expected += len as u64;
        ensure_eq!(backend.len(), expected, "len() after it");
        ensure_eq!(aof_api::AofRead::end(&mut backend).await?, expected, "end() after it");
    }
    Ok(())
}
