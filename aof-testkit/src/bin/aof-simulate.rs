//! `aof-simulate`: many random histories, each from a seed, until one breaks a promise.

use aof_testkit::simulator::{History, Tally, run, shrink};
use std::process::ExitCode;
use std::time::{Duration, Instant};

const USAGE: &str = "\
Plays random histories of a log on a simulated disk that fails and loses power, and checks each against a model.

usage: aof-simulate [--seed S] [--runs N] [--keep-going]

  --seed S       the first seed, 0 by default; the runs have the seeds S, S + 1, ...
  --runs N       how many histories, 10000 by default
  --keep-going   do not stop at the first failure: print a line for each

Exits with 1 when a promise was broken, after the seed, what was seen, and a history made short.";

struct Arguments {
    seed: u64,
    runs: u64,
    keep_going: bool,
}

fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Option<Arguments>, String> {
    let mut parsed = Arguments { seed: 0, runs: 10_000, keep_going: false };
    while let Some(argument) = arguments.next() {
        let mut number = || {
            let value = arguments.next().ok_or(format!("{argument} needs a number"))?;
            value.replace('_', "").parse().map_err(|_| format!("{argument} needs a number, not {value:?}"))
        };
        match argument.as_str() {
            "--seed" => parsed.seed = number()?,
            "--runs" => parsed.runs = number()?,
            "--keep-going" => parsed.keep_going = true,
            "--help" | "-h" => return Ok(None),
            other => return Err(format!("unknown argument {other:?}")),
        }
    }
    Ok(Some(parsed))
}

fn main() -> ExitCode {
    match parse(std::env::args().skip(1)) {
        Ok(Some(arguments)) => simulate(&arguments),
        Ok(None) => {
            println!("{USAGE}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("{error}\n\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

fn simulate(arguments: &Arguments) -> ExitCode {
    // A panic of the log is caught and reported with its seed; its own message would only come first.
    std::panic::set_hook(Box::new(|_| {}));
    let start = Instant::now();
    let mut reported = start;
    let mut tally = Tally::default();
    let mut failures = 0_u64;
    for index in 0..arguments.runs {
        let seed = arguments.seed.wrapping_add(index);
        let history = History::draw(seed);
        match run(&history) {
            Ok(seen) => tally += seen,
            Err(broken) if arguments.keep_going => {
                failures += 1;
                println!("seed {seed}, {:?}: {broken}", history.kind);
            }
            Err(_) => {
                report(&history);
                return ExitCode::FAILURE;
            }
        }
        if reported.elapsed() > Duration::from_secs(10) {
            reported = Instant::now();
            eprintln!("{} of {} histories", index + 1, arguments.runs);
        }
    }
    let last = arguments.seed.wrapping_add(arguments.runs.saturating_sub(1));
    let elapsed_s = start.elapsed().as_secs_f64();
    println!("{} histories, seeds {} to {last}, {failures} failed", arguments.runs, arguments.seed);
    println!("{elapsed_s:.1} s, {:.0} histories a minute", arguments.runs as f64 / elapsed_s * 60.0);
    print(&tally);
    if failures == 0 { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(tally: &Tally) {
    let Tally { entries, pipelined, overlapping, dropped, openings, noted, visits, crashes, crashes_under_way, .. } =
        tally;
    let Tally { kept, cuts, cut_entries, refusals, failures, prunes, prunes_in_doubt, takeovers, .. } = tally;
    let Tally { rotations, seams, zero_tails, orphans, groups, group_calls, followed, .. } = tally;
    println!("{entries} entries, {pipelined} of them while a checkpoint was under way");
    println!("{overlapping} checkpoints under way together with an earlier one, {dropped} dropped");
    println!(
        "{openings} openings, {noted} of them from a note, {visits} with a visitor; {crashes} crashes, {crashes_under_way} with a checkpoint under way"
    );
    println!("{cuts} tails cut ({cut_entries} with whole entries in them), {kept} kept");
    println!(
        "{zero_tails} tails of zeros, or torn in zeros, cut as such; {orphans} orphans left in logs with backtracking"
    );
    println!("{prunes} prunes, {prunes_in_doubt} more in doubt; {takeovers} writers displaced");
    println!("{rotations} rotations, {seams} openings of a file with nothing but a seam");
    println!("{groups} times shared by {group_calls} calls in all; a follower was handed out {followed} entries");
    println!("{refusals} openings refused and {failures} calls failed, as they had to");
}

fn report(history: &History) {
    println!("a promise was broken: aof-simulate --seed {} --runs 1", history.seed);
    match shrink(history) {
        Some((short, broken)) => println!("{broken}\n{short}"),
        None => println!("it did not fail again: that is a defect of the simulator"),
    }
}
