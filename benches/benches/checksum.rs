//! The checksum against the AEAD call of the crate that computes it.

use aegis::aegis128l::Aegis128L;
use aof_api::format::Checksum;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn checksum(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("checksum");
    for len in [240, 1024, 65_536, 1 << 20] {
        let data = vec![0x5a; len];
        group.throughput(Throughput::Bytes(len as u64));
        group.bench_with_input(BenchmarkId::new("ours", len), &data, |bencher, data| {
            bencher.iter(|| Checksum::of(black_box(data)));
        });
        group.bench_with_input(BenchmarkId::new("aead_call", len), &data, |bencher, data| {
            bencher.iter(|| Aegis128L::<16>::new(&[0; 16], &[0; 16]).encrypt(&[], black_box(data)).1);
        });
    }
    group.finish();
}

criterion_group!(benches, checksum);
criterion_main!(benches);
