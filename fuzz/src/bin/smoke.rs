//! Runs the fuzz targets on stable Rust, without coverage: the seed corpus, and what becomes of it at random.
//!
//! `cargo run --release --manifest-path fuzz/Cargo.toml --bin smoke -- --runs 20000 --seed 1`

use std::path::Path;
use std::process::ExitCode;

type Target = fn(&[u8]);

const TARGETS: [(&str, Target); 4] = [
    ("decode", aof_fuzz::decode),
    ("resync", aof_fuzz::resync),
    ("validate", aof_fuzz::validate),
    ("open", aof_fuzz::open),
];

/// SplitMix64, by Sebastiano Vigna: a seed names a run for good, whatever becomes of a library.
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    fn below(&mut self, bound: usize) -> usize {
        if bound == 0 { 0 } else { (self.next() % bound as u64) as usize }
    }
}

/// A few changes to one of the inputs, or something new.
fn mutate(corpus: &[Vec<u8>], random: &mut Random) -> Vec<u8> {
    let mut data = corpus[random.below(corpus.len())].clone();
    for _ in 0..=random.below(6) {
        let at = random.below(data.len() + 1);
        match random.below(6) {
            0 if at < data.len() => data[at] = random.next() as u8,
            1 if at < data.len() => data[at] ^= 1 << random.below(8),
            2 => data.truncate(at),
            3 => {
                let random_bytes: Vec<u8> = (0..random.below(64)).map(|_| random.next() as u8).collect();
                data.splice(at..at, random_bytes);
            }
            4 => {
                let other = &corpus[random.below(corpus.len())];
                let start = random.below(other.len() + 1);
                let end = start + random.below(other.len() - start + 1).min(4096);
                data.splice(at..at, other[start..end].iter().copied());
            }
            _ => data.insert(0, random.next() as u8),
        }
    }
    data
}

fn corpus(name: &str) -> Vec<Vec<u8>> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name);
    let mut paths: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
        .map(|file| file.expect("the corpus can be listed").path())
        .collect();
    paths.sort();
    paths.iter().map(|path| std::fs::read(path).expect("the corpus can be read")).collect()
}

fn number(name: &str, default: u64) -> u64 {
    let mut arguments = std::env::args().skip_while(|argument| argument != name).skip(1);
    match arguments.next().map(|text| text.parse()) {
        None => default,
        Some(Ok(number)) => number,
        Some(Err(_)) => panic!("{name} takes a number"),
    }
}

fn main() -> ExitCode {
    let (runs, seed) = (number("--runs", 20_000), number("--seed", 1));
    for (name, target) in TARGETS {
        let corpus = corpus(name);
        corpus.iter().for_each(|input| target(input));
        for run in 0..runs {
            let data = mutate(&corpus, &mut Random(seed.wrapping_add(run).wrapping_mul(0x2545_f491_4f6c_dd1d)));
            if std::panic::catch_unwind(|| target(&data)).is_err() {
                let path = std::env::temp_dir().join(format!("aof-fuzz-{name}-{}", seed + run));
                let kept = std::fs::write(&path, &data);
                eprintln!(
                    "{name} failed with --seed {} --runs 1; its input: {} ({kept:?})",
                    seed + run,
                    path.display()
                );
                return ExitCode::FAILURE;
            }
        }
        println!(
            "{name}: {} inputs of the corpus and {runs} made from them, seeds {seed}..{}",
            corpus.len(),
            seed + runs
        );
    }
    ExitCode::SUCCESS
}
