//! Contenders that take turns, so that a machine that drifts drifts for all of them.

use std::time::Duration;

/// Work that is timed, round by round, in turn with the others.
pub struct Contender<'work> {
    name: String,
    round: Box<dyn FnMut() -> Duration + 'work>,
    times: Vec<Duration>,
}

impl<'work> Contender<'work> {
    /// A contender whose every `round` does the same work, and returns how long that took.
    pub fn new(name: impl Into<String>, round: impl FnMut() -> Duration + 'work) -> Contender<'work> {
        Contender { name: name.into(), round: Box::new(round), times: Vec::new() }
    }
}

/// Lets all contenders do so many rounds in turn, and one before that does not count, and prints for each the median
/// time of a round, and the median over the rounds of the ratio of its time to that of the first contender.
///
/// `units` is how many units of work a round has: the time that is printed is that of one.
pub fn side_by_side(title: &str, units: u64, rounds: usize, contenders: &mut [Contender<'_>]) {
    for contender in &mut *contenders {
        (contender.round)();
    }
    for _ in 0..rounds {
        for contender in &mut *contenders {
            let time = (contender.round)();
            contender.times.push(time);
        }
    }
    println!("{title} ({rounds} rounds in turn)");
    println!("  {:<44} {:>12} {:>8} {:>17}", "", "median", "ratio", "middle half");
    let first = contenders[0].times.clone();
    for Contender { name, times, .. } in contenders {
        let mut ratios: Vec<_> =
            times.iter().zip(&first).map(|(time, first)| time.as_secs_f64() / first.as_secs_f64()).collect();
        ratios.sort_by(f64::total_cmp);
        times.sort();
        let median = times[times.len() / 2].as_secs_f64() / units as f64;
        let [low, middle, high] = [1, 2, 3].map(|quarter| ratios[ratios.len() * quarter / 4]);
        println!("  {name:<44} {:>12} {middle:>8.2} {:>17}", time_text(median), format!("{low:.2} to {high:.2}"));
    }
}

fn time_text(seconds: f64) -> String {
    match seconds {
        s if s < 1e-6 => format!("{:.1} ns", s * 1e9),
        s if s < 1e-3 => format!("{:.2} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.2} s"),
    }
}
