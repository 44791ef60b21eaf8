//! Scanning and validating a file in the page cache, by entry size and threads, against reading it in the same chunks
//! without looking.

use aof_api::{AofReadExt, Entries, ReadOptions, Rule, ValidateOptions, Validator, validate};
use aof_benches::LogFile;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use futures::executor::block_on;

const FILE_LEN: u64 = 256 << 20;
const BODIES: [(&str, usize); 4] = [("256B", 256), ("1KiB", 1024), ("64KiB", 65_536), ("max", 1_048_320)];

/// What every reader here asks for at once, which is the default.
const CHUNK_LEN: usize = 256 << 10;

fn read_without_looking(log: &LogFile) -> u64 {
    let mut reader = log.reader();
    let mut buf = vec![0; CHUNK_LEN];
    let mut total = 0;
    loop {
        match block_on(reader.read_all(&mut buf)).expect("the file is there") {
            0 => return total,
            count => total += count as u64,
        }
    }
}

fn scan(log: &LogFile, threads: usize) -> u64 {
    let mut entries = Entries::new(log.reader(), ReadOptions::new().verify_threads(threads));
    let mut count = 0;
    block_on(async {
        while entries.next().await.expect("the log is whole").is_some() {
            count += 1;
        }
    });
    count
}

fn validated(log: &LogFile, rule: Rule, threads: usize) -> u64 {
    let options = ValidateOptions::new().rule(rule).verify_threads(threads);
    let validation = block_on(validate(log.reader(), options, None)).expect("the log is whole");
    assert!(validation.is_clean());
    validation.entries
}

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
        group.bench_function("linear_striped/2", |bencher| bencher.iter(|| striped(&log)));
        group.finish();
    }
}

/// A reader for each of two threads, as `aof validate` reads.
fn striped(log: &LogFile) -> u64 {
    let mut validator = Validator::new(ValidateOptions::new());
    let readers = vec![log.reader(), log.reader()];
    let mut problems = 0;
    block_on(validator.read_striped(readers, |_| problems += 1)).expect("the log can be read");
    assert_eq!(problems, 0);
    validator.finish().entries
}

criterion_group!(benches, validation);
criterion_main!(benches);
