//! `aof doctor`: whether a log can be kept on an object store.

mod made;

use super::ship::location;
use crate::command_line::doctor::DoctorArguments;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::Size;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::json::doctor as lines;
use crate::output::out::Out;
use crate::output::paths::printable;
use aof_object_store::Options;
use aof_object_store::doctor::{Check, Examination, Finding, Timing, examine};
use futures::executor::block_on;
use made::Made;
use std::io::Write;
use std::path::Path;
use std::time::Duration;

pub(crate) fn run(arguments: &DoctorArguments, output: &OutputArguments) -> Outcome {
    let location = location(&arguments.url)?;
    let made = Made::look(&arguments.url, &location);
    let examined = block_on(examine(location.store, &location.prefix, Options::new()));
    if let Some(made) = made {
        made.remove_empty();
    }
    let examination = examined.map_err(Failure::at(Path::new(&arguments.url)))?;
    let mut out = Out::of_verdict();
    match output.json {
        true => print_objects(&mut out, &examination)?,
        false => print_text(&mut out, &examination, &arguments.url, output.quiet).map_err(Failure::output)?,
    }
    out.finish()?;
    Ok(if examination.is_fit() { Exit::Clean } else { Exit::Problems })
}

fn finding(check: &Check) -> (&'static str, Option<&str>) {
    match &check.finding {
        Finding::Passed => ("passed", None),
        Finding::Warned(why) => ("warned", Some(why)),
        Finding::Failed(why) => ("failed", Some(why)),
    }
}

/// The names of the checks that found this.
fn with_finding(examination: &Examination, wanted: &str) -> Vec<&'static str> {
    let checks = examination.checks.iter();
    checks.filter(|check| finding(check).0 == wanted).map(|check| check.name).collect()
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn bytes_per_second(timing: &Timing) -> Option<f64> {
    (timing.request != "LIST").then(|| timing.bytes_per_second())
}

fn print_objects(out: &mut Out, examination: &Examination) -> Outcome<()> {
    for check in &examination.checks {
        let (finding, why) = finding(check);
        let message = why.map(str::to_owned);
        json::print(out, &lines::Check { name: check.name, finding, what: check.what, message })?;
    }
    for timing in &examination.timings {
        let line = lines::Timing {
            request: timing.request,
            len: timing.len,
            count: timing.times.len() as u64,
            p50_ms: milliseconds(timing.percentile(0.5)),
            p90_ms: milliseconds(timing.percentile(0.9)),
            p99_ms: milliseconds(timing.percentile(0.99)),
            bytes_per_second: bytes_per_second(timing),
        };
        json::print(out, &line)?;
    }
    let verdict = lines::Verdict {
        store: examination.store.clone(),
        fit: examination.is_fit(),
        failed: with_finding(examination, "failed"),
        warned: with_finding(examination, "warned"),
        left: examination.left.clone(),
    };
    json::print(out, &verdict)
}

fn print_text(out: &mut Out, examination: &Examination, url: &str, quiet: bool) -> std::io::Result<()> {
    for check in &examination.checks {
        let (finding, why) = finding(check);
        match why {
            None if quiet => {}
            None => writeln!(out, "{finding}  {:<16}  {}", check.name, check.what)?,
            Some(why) => writeln!(out, "{finding}  {:<16}  {}", check.name, printable(why))?,
        }
    }
    if !quiet && !examination.timings.is_empty() {
        writeln!(out, "\n{:<14}{:>6}{:>12}{:>12}{:>12}{:>12}", "", "count", "p50 ms", "p90 ms", "p99 ms", "MiB/s")?;
        for timing in &examination.timings {
            let what = match timing.request {
                "LIST" => format!("LIST {}", timing.len),
                request => format!("{request} {}", Size(timing.len)),
            };
            let [p50, p90, p99] = [0.5, 0.9, 0.99].map(|share| milliseconds(timing.percentile(share)));
            let count = timing.times.len();
            write!(out, "{what:<14}{count:>6}{p50:>12.2}{p90:>12.2}{p99:>12.2}")?;
            match bytes_per_second(timing) {
                Some(speed) => writeln!(out, "{:>12.1}", speed / f64::from(1 << 20))?,
                None => writeln!(out)?,
            }
        }
        writeln!(out)?;
    }
    for key in &examination.left {
        writeln!(out, "left    {} could not be removed", printable(key))?;
    }
    let (url, failed) = (printable(url), with_finding(examination, "failed"));
    match failed[..] {
        [] => writeln!(out, "{url} is fit for a log"),
        _ => writeln!(out, "{url} is not fit for a log: {}", failed.join(", ")),
    }
}
