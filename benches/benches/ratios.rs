//! The figures of `docs/figures.md`: contenders that take turns, and the medians of their ratios. The other benchmarks look at
//! each of them closely. `-- checksum`, `-- append` or `-- validate` runs a part.

use aegis::aegis128l::Aegis128L;
use aof_api::Rule;
use aof_api::format::Checksum;
use aof_benches::LogFile;
use aof_benches::appending::{
    ROUND, append, file, file_erased, memory, memory_erased, plain_copy, two_checksums_and_plain_copy, write,
};
use aof_benches::side_by_side::{Contender, side_by_side};
use aof_benches::validating::{BODIES, read_without_looking, validated, validated_striped};
use std::hint::black_box;
use std::time::{Duration, Instant};

const ROUNDS: usize = 51;
const FILE_LEN: u64 = 256 << 20;
/// Four times the memory, about 30 ms.
const APPENDS: u64 = 4 * ROUND;
/// A file takes longer.
const FILE_APPENDS: u64 = ROUND;

fn main() {
    let parts: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with('-')).collect();
    let wanted = |part: &str| parts.is_empty() || parts.iter().any(|wanted| wanted == part);
    if wanted("checksum") {
        checksums();
    }
    if wanted("append") {
        appends();
        file_appends();
    }
    if wanted("validate") {
        validations();
    }
}

fn repeat<T>(times: usize, mut work: impl FnMut() -> T) -> Duration {
    let start = Instant::now();
    for _ in 0..times {
        black_box(work());
    }
    start.elapsed()
}

fn checksums() {
    for len in [240, 1024, 65_536, 1 << 20] {
        let data = vec![0x5a; len];
        // About 5 ms.
        let calls = (100 << 20) / (len + 2048);
        let aead = || repeat(calls, || aead_call(black_box(&data)));
        let ours = || repeat(calls, || Checksum::of(black_box(&data)));
        let mut contenders = [Contender::new("the AEAD call of the crate", aead), Contender::new("Checksum::of", ours)];
        side_by_side(&format!("checksum of {len} B"), calls as u64, ROUNDS, &mut contenders);
    }
}

fn aead_call(data: &[u8]) -> [u8; 16] {
    Aegis128L::<16>::new(&[0; 16], &[0; 16]).encrypt(&[], data).1
}

fn contender<'work>(name: &str, calls: u64, mut run: impl FnMut(u64) -> Duration + 'work) -> Contender<'work> {
    Contender::new(name, move || run(calls))
}

fn appends() {
    let mut writes =
        [contender("plain copy, advancing", APPENDS, plain_copy()), contender("write", APPENDS, write(memory))];
    side_by_side("write of a prepared 1 KiB message to memory", APPENDS, ROUNDS, &mut writes);
    let mut appends = [
        contender("two checksums and plain copy, advancing", APPENDS, two_checksums_and_plain_copy()),
        contender("append", APPENDS, append(memory)),
    ];
    side_by_side("append of 1 KiB to memory", APPENDS, ROUNDS, &mut appends);
    let mut erased = [
        contender("write, generic", APPENDS, write(memory)),
        contender("write, Box<dyn DynAofBackend>", APPENDS, write(memory_erased)),
    ];
    side_by_side("write to memory, erased", APPENDS, ROUNDS, &mut erased);
    let mut erased = [
        contender("append, generic", APPENDS, append(memory)),
        contender("append, Box<dyn DynAofBackend>", APPENDS, append(memory_erased)),
    ];
    side_by_side("append to memory, erased", APPENDS, ROUNDS, &mut erased);
}

fn file_appends() {
    let [one, other] = [(); 2].map(|()| tempfile::tempdir().expect("a temporary directory"));
    let mut erased = [
        contender("write, generic", FILE_APPENDS, write(|used| file(&one, used))),
        contender("write, Box<dyn DynAofBackend>", FILE_APPENDS, write(|used| file_erased(&other, used))),
    ];
    side_by_side("write to a file, not synced, erased", FILE_APPENDS, 15, &mut erased);
}

fn validations() {
    for (name, body_len) in BODIES {
        let log = LogFile::new(body_len, FILE_LEN);
        let timed = |name: &str, work: fn(&LogFile) -> u64| {
            let log = &log;
            Contender::new(name, move || repeat(1, || work(log)))
        };
        let mut contenders = [
            timed("read in the same chunks without looking", read_without_looking),
            timed("linear, one thread", |log| validated(log, Rule::Linear, 1)),
            timed("linear, a reader for each of two threads", |log| validated_striped(log, 2)),
            timed("linear, one reader, two verifying threads", |log| validated(log, Rule::Linear, 2)),
            timed("seen-parent, one thread", |log| validated(log, Rule::SeenParent, 1)),
        ];
        let title = format!("validate a file in the page cache, bodies of {name}, a time an entry");
        side_by_side(&title, log.entries(), 15, &mut contenders);
    }
}
