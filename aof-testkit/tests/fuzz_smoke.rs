//! The targets of the fuzzers, for a moment: `aof-fuzz` runs them for longer.

use aof_testkit::Random;
use aof_testkit::fuzz::{Target, corpus, mutate};

#[test]
fn everything_holds_for_the_corpus() {
    for (name, bytes) in corpus() {
        println!("{name}");
        Target::ALL.into_iter().for_each(|target| target.check(&bytes));
    }
}

#[test]
fn everything_holds_for_some_hundred_mutated_logs() {
    for seed in 0..300 {
        println!("seed {seed}");
        let bytes = mutate(&mut Random::new(seed));
        Target::ALL.into_iter().for_each(|target| target.check(&bytes));
    }
}
