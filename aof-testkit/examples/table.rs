//! The table of backends and cases, as in `CASES.md`:
//! `cargo run -p aof-testkit --example table > aof-testkit/CASES.md`.

#[path = "../tests/fixtures/mod.rs"]
mod fixtures;

use aof_testkit::Notes;
use aof_testkit::disk::{SimDisk, SimFixture};
use aof_testkit::{Faults, Faulty, Mapped, Metered, Outcome, Promise, Report, run_all};
use fixtures::memory::{BoxedMemoryFixture, MemoryFixture};

fn main() {
    let backends = [
        ("memory", run_all(|| MemoryFixture)),
        ("boxed memory", run_all(BoxedMemoryFixture::new)),
        ("sim disk", run_all(SimFixture::new)),
        ("sim disk, slow", run_all(|| SimFixture::with_faults(Faults::none().pending(3, 1.0)))),
        ("sim disk, zeros ahead", run_all(SimFixture::allocating_ahead)),
        ("sim disk, append-only", run_all(|| SimFixture::on(SimDisk::new().append_only()))),
        (
            "sim disk, takeovers, prunes, notes",
            run_all(|| {
                let disk = SimDisk::new().fencing().pruning().keeping_notes(Notes::Every);
                SimFixture::on(disk.with_faults(Faults::none().pending(3, 1.0)))
            }),
        ),
        ("metered", run_all(|| Mapped::new(SimFixture::new(), Metered::new, Metered::into_inner))),
        (
            "faulty",
            run_all(|| Mapped::new(SimFixture::new(), |inner| Faulty::new(inner, Faults::none()), Faulty::into_inner)),
        ),
    ];
    println!("# Promises, and the cases that check them\n");
    println!("Printed by `cargo run -p aof-testkit --example table`. A tick is a pass; a dot means that the storage");
    println!(
        "declares it cannot do what the case needs, which was checked to be refused, or that nothing happens half way because its\nfutures are ready at the first poll; a cross is a broken promise.\n"
    );
    println!("| | {} |", backends.each_ref().map(|(name, _)| *name).join(" | "));
    println!("|---|{}", "---|".repeat(backends.len()));
    count("passed", &backends, Report::passed);
    count("skipped", &backends, Report::skipped);
    count("failed", &backends, |report| report.failures().count());
    for promise in Promise::ALL {
        println!("\n## {promise}\n\n{}\n", promise.text());
        if let Some(untested) = untested(promise) {
            println!("**Not tested:** {untested}\n");
        }
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

/// The part of a promise that no case can observe.
fn untested(promise: Promise) -> Option<&'static str> {
    match promise {
        Promise::B16 => Some(
            "that no call waits for a timer. A call that sleeps cannot be distinguished from a storage that takes its time. \
             Tested is that no call needs a runtime of the caller, that each pending future is woken, and that no call waits \
             for another future to be polled. Another process's lock is covered by B10, where a second writer is refused or \
             takes over within the patience of the fixture.",
        ),
        _ => None,
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
