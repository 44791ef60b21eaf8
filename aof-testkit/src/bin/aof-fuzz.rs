//! `aof-fuzz`: the targets of the fuzzers without a fuzzer, on stable: logs mutated at random, as long as you like.

use aof_testkit::Random;
use aof_testkit::fuzz::{Target, corpus, mutate};
use std::io;
use std::panic::catch_unwind;
use std::path::Path;
use std::process::ExitCode;
use std::time::{Duration, Instant};

const USAGE: &str = "\
Checks what must hold for any bytes, with logs that were mutated at random.

usage: aof-fuzz [--seconds N] [--seed S] [--target NAME]
       aof-fuzz --write-corpus DIRECTORY

  --seconds N        how long, 10 by default
  --seed S           the first seed, 0 by default; every input has a seed of its own
  --target NAME      one of decode, resync, validate, open; all by default
  --write-corpus D   writes the inputs that a coverage-guided fuzzer begins with, and exits

Exits with 1 when something did not hold, after the seed; the input is written to aof-fuzz-SEED.aof.";

struct Arguments {
    seconds: u64,
    seed: u64,
    targets: Vec<Target>,
    corpus: Option<String>,
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
    let mut parsed = Arguments { seconds: 10, seed: 0, targets: Target::ALL.to_vec(), corpus: None };
    while let Some(argument) = arguments.next() {
        if argument == "--help" || argument == "-h" {
            return Ok(None);
        }
        let value = arguments.next().ok_or(format!("{argument} needs a value"))?;
        let number = || value.parse().map_err(|_| format!("{argument} needs a number, not {value:?}"));
        match argument.as_str() {
            "--seconds" => parsed.seconds = number()?,
            "--seed" => parsed.seed = number()?,
            "--target" => {
                parsed.targets.retain(|target| target.name() == value);
                if parsed.targets.is_empty() {
                    return Err(format!("there is no target {value:?}"));
                }
            }
            "--write-corpus" => parsed.corpus = Some(value),
            other => return Err(format!("unknown argument {other:?}")),
        }
    }
    Ok(Some(parsed))
}

fn main() -> ExitCode {
    let arguments = match parse(std::env::args().skip(1)) {
        Ok(Some(arguments)) => arguments,
        Ok(None) => {
            println!("{USAGE}");
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match &arguments.corpus {
        Some(directory) => match write_corpus(Path::new(directory)) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("the corpus cannot be written to {directory}: {error}");
                ExitCode::from(3)
            }
        },
        None => fuzz(&arguments),
    }
}

fn write_corpus(directory: &Path) -> io::Result<()> {
    std::fs::create_dir_all(directory)?;
    corpus().iter().try_for_each(|(name, bytes)| std::fs::write(directory.join(name), bytes))
}

fn fuzz(arguments: &Arguments) -> ExitCode {
    let start = Instant::now();
    for (name, bytes) in corpus() {
        if !hold(&arguments.targets, &bytes) {
            eprintln!("{name} of the corpus does not hold");
            return ExitCode::FAILURE;
        }
    }
    let mut seed = arguments.seed;
    while start.elapsed() < Duration::from_secs(arguments.seconds) {
        let bytes = mutate(&mut Random::new(seed));
        if !hold(&arguments.targets, &bytes) {
            let file = format!("aof-fuzz-{seed}.aof");
            let written = std::fs::write(&file, &bytes).map_or_else(|error| error.to_string(), |()| file);
            eprintln!("seed {seed} does not hold, {} bytes: {written}", bytes.len());
            return ExitCode::FAILURE;
        }
        seed = seed.wrapping_add(1);
    }
    println!("{} inputs, seeds {} to {}, none failed", seed - arguments.seed, arguments.seed, seed.wrapping_sub(1));
    ExitCode::SUCCESS
}

/// Whether everything holds; what does not, the panic reports.
fn hold(targets: &[Target], bytes: &[u8]) -> bool {
    targets.iter().all(|target| catch_unwind(|| target.check(bytes)).is_ok())
}
