//! Appending to memory and to a file, without checkpoints: what the log costs above the copy of its bytes.

use aof_benches::appending::{
    append, file, file_erased, memory, memory_erased, plain_copy, two_checksums_and_plain_copy, write,
};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::time::Duration;

fn benches(criterion: &mut Criterion) {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let mut group = criterion.benchmark_group("append_1KiB");
    group.throughput(Throughput::Elements(1));
    let mut bench = |name: &str, mut run: Box<dyn FnMut(u64) -> Duration + '_>| {
        group.bench_function(name, |bencher| bencher.iter_custom(&mut run));
    };
    bench("plain_copy", Box::new(plain_copy()));
    bench("write/memory", Box::new(write(memory)));
    bench("write/memory_erased", Box::new(write(memory_erased)));
    bench("two_checksums_and_plain_copy", Box::new(two_checksums_and_plain_copy()));
    bench("append/memory", Box::new(append(memory)));
    bench("append/memory_erased", Box::new(append(memory_erased)));
    bench("write/file", Box::new(write(|used| file(&directory, used))));
    bench("write/file_erased", Box::new(write(|used| file_erased(&directory, used))));
    bench("append/file", Box::new(append(|used| file(&directory, used))));
    bench("append/file_erased", Box::new(append(|used| file_erased(&directory, used))));
    group.finish();
}

criterion_group!(append_group, benches);
criterion_main!(append_group);
