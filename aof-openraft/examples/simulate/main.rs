//! Runs clusters in simulated time, one for each seed: `cargo run --release --example simulate -- [RUNS] [SEED]`.
//! With `restore` after both, leaders that restart continue without an election: some of these runs lose writes.
#![allow(missing_docs, unreachable_pub, reason = "an example is not documented as a library is")]

#[path = "../cluster/kv/mod.rs"]
mod kv;
mod world;

use std::process::ExitCode;

fn main() -> ExitCode {
    let restarted = match std::env::args().nth(3).as_deref() {
        Some("restore") => world::RestartedLeader::Continues,
        _ => world::RestartedLeader::IsElected,
    };
    let mut arguments = std::env::args().skip(1).take(2).map(|argument| argument.parse::<u64>());
    let (Ok(runs), Ok(first)) = (arguments.next().unwrap_or(Ok(100)), arguments.next().unwrap_or(Ok(0))) else {
        eprintln!("usage: simulate [RUNS] [SEED] [restore], two numbers first");
        return ExitCode::from(2);
    };
    let (mut acknowledged, mut kills, mut cuts, mut full, mut partitions, mut pruned) = (0, 0, 0, 0, 0, 0);
    let (mut failed, mut simulated_ms, begun) = (0, 0, std::time::Instant::now());
    for seed in first..first.saturating_add(runs) {
        match world::run(seed, restarted) {
            Ok(outcome) => {
                acknowledged += outcome.acknowledged;
                kills += outcome.kills;
                cuts += outcome.power_cuts;
                full += outcome.full_disks;
                partitions += outcome.partitions;
                pruned += outcome.pruned;
                simulated_ms += outcome.simulated_ms;
            }
            Err(violation) => {
                failed += 1;
                println!("seed {seed}: {violation}");
            }
        }
    }
    println!(
        "{runs} runs from seed {first}, {failed} failed; {acknowledged} acknowledged writes, {kills} kills, {cuts} power \
         cuts, {full} full disks, {partitions} partitions, {pruned} logs pruned; {} s simulated in {:.1} s",
        simulated_ms / 1000,
        begun.elapsed().as_secs_f64()
    );
    if failed == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
