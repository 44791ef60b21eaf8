//! Scanning and validating a file in the page cache, by entry size and threads, against reading it in the same chunks
//! without looking.

use aof_api::Rule;
use aof_benches::LogFile;
use aof_benches::validating::{BODIES, read_without_looking, scan, validated, validated_striped};
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};

const FILE_LEN: u64 = 256 << 20;

fn validation(criterion: &mut Criterion) {
    for (name, body_len) in BODIES {
        let log = LogFile::new(body_len, FILE_LEN);
        let mut group = criterion.benchmark_group(format!("validate_{name}"));
        group.sample_size(10);
        group.throughput(Throughput::Elements(log.entries()));
        group.bench_function("read_without_looking", |bencher| bencher.iter(|| read_without_looking(&log)));
        for threads in [1, 2] {
            group.bench_function(BenchmarkId::new("scan", threads), |bencher| bencher.iter(|| scan(&log, threads)));
            for rule in [Rule::Linear, Rule::SeenParent] {
                let id = BenchmarkId::new(rule.name(), threads);
                group.bench_function(id, |bencher| bencher.iter(|| validated(&log, rule, threads)));
            }
        }
        group.bench_function("linear_striped/2", |bencher| bencher.iter(|| validated_striped(&log, 2)));
        group.finish();
    }
}

criterion_group!(benches, validation);
criterion_main!(benches);
