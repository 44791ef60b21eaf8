//! The table of backends and cases, as it stands in `CASES.md`:
//! `cargo run -p aof-testkit --example table > aof-testkit/CASES.md`.

#[path = "../tests/fixtures/mod.rs"]
mod fixtures;

use aof_testkit::disk::SimFixture;
use aof_testkit::{Faults, Faulty, Mapped, Metered, Outcome, Promise, Report, run_all};
use fixtures::memory::{BoxedMemoryFixture, MemoryFixture};

fn main() {
    let backends = [
        ("memory", run_all(|| MemoryFixture)),
        ("boxed memory", run_all(BoxedMemoryFixture::new)),
        ("sim disk", run_all(SimFixture::new)),
        ("fencing sim disk", run_all(SimFixture::fencing)),
        ("sim disk, zeros ahead", run_all(SimFixture::allocating_ahead)),
        ("metered", run_all(|| Mapped::new(SimFixture::new(), Metered::new, Metered::into_inner))),
        (
            "faulty",
            run_all(|| Mapped::new(SimFixture::new(), |inner| Faulty::new(inner, Faults::none()), Faulty::into_inner)),
        ),
    ];
    println!("# Promises, and the cases that check them\n");
    println!("Printed by `cargo run -p aof-testkit --example table`. A tick is a pass; a dot means that the storage");
    println!(
        "declares it cannot do what the case needs, which was checked to be refused; a cross is a broken promise.\n"
    );
    println!("| | {} |", backends.each_ref().map(|(name, _)| *name).join(" | "));
    println!("|---|{}", "---|".repeat(backends.len()));
    count("passed", &backends, Report::passed);
    count("skipped", &backends, Report::skipped);
    count("failed", &backends, |report| report.failures().count());
    for promise in Promise::ALL {
        println!("\n## {promise}\n\n{}.\n", capitalized(promise.text()));
        println!("| case | {} |", backends.each_ref().map(|(name, _)| *name).join(" | "));
        println!("|---|{}", "---|".repeat(backends.len()));
        for (index, result) in backends[0].1.results.iter().enumerate() {
            if result.promise == promise {
                let marks = backends.each_ref().map(|(_, report)| mark(&report.results[index].outcome));
                println!("| `{}` | {} |", result.case, marks.join(" | "));
            }
        }
    }
    for (name, report) in &backends {
        report.failures().for_each(|failure| eprintln!("{name}: {failure}"));
    }
}

fn count(what: &str, backends: &[(&str, Report)], of: impl Fn(&Report) -> usize) {
    let counts: Vec<_> = backends.iter().map(|(_, report)| of(report).to_string()).collect();
    println!("| {what} | {} |", counts.join(" | "));
}

fn mark(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Passed => "✓",
        Outcome::Skipped { .. } => "·",
        Outcome::Failed(_) => "✗",
    }
}

fn capitalized(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or_else(String::new, |first| first.to_uppercase().chain(characters).collect())
}
