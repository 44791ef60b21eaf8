//! A status as text, as JSON, and as metrics.

use super::end::{End, Wrong};
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{exact, grouped};
use crate::command_line::status::StatusArguments;
use crate::input::source::Source;
use crate::output::failure::{ERROR, Failure, Outcome};
use crate::output::json;
use crate::output::json::log::{name, plain_finding};
use crate::output::json::status::Status;
use crate::output::json::value::Hex;
use crate::output::out::Out;
use crate::output::paths::shown;
use crate::output::time::time;
use std::io::{self, Write};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

pub(super) fn print(source: &Source, end: &End, arguments: &StatusArguments, output: &OutputArguments) -> Outcome<()> {
    let mut out = Out::of_verdict();
    if output.json {
        for wrong in &end.findings {
            let Wrong { kind, offset, op, message } = wrong;
            json::print(&mut out, &plain_finding(&source.path, kind, *offset, *op, message.clone()))?;
        }
        json::print(&mut out, &object(source, end))?;
    } else if arguments.prometheus {
        metrics(&mut out, source, end).map_err(Failure::output)?;
    } else {
        text(&mut out, source, end).map_err(Failure::output)?;
    }
    out.finish()
}

/// How long ago the last entry was prepared, in seconds; 0 where its clock is ahead.
fn age_seconds(end: &End) -> Option<f64> {
    let prepared = UNIX_EPOCH + Duration::from_nanos(end.last?.timestamp);
    Some(SystemTime::now().duration_since(prepared).unwrap_or_default().as_secs_f64())
}

fn object(source: &Source, end: &End) -> Status {
    let (log, log_hex) = name(&source.path);
    let last = end.last;
    Status {
        log,
        log_hex,
        bytes: end.bytes,
        op: last.map(|last| last.op),
        tip: last.map(|last| last.checksum.into()),
        view: last.map(|last| last.view),
        cluster: last.map(|last| Hex(last.cluster)),
        timestamp: last.map(|last| last.timestamp.into()),
        time: last.map(|last| time(last.timestamp)),
        age_seconds: age_seconds(end),
        live: source.live,
        pending: end.pending,
        read_from: end.read_from,
        findings: end.findings.len() as u64,
    }
}

fn text(out: &mut Out, source: &Source, end: &End) -> io::Result<()> {
    let path = shown(&source.path);
    for Wrong { kind, offset, op, message } in &end.findings {
        let op = op.map_or_else(String::new, |op| format!(", op {op}"));
        writeln!(out, "{ERROR}FINDING {kind}{ERROR:#} {path} at offset {offset}{op}: {message}")?;
    }
    let none = || "none".to_owned();
    let age =
        age_seconds(end).map(|seconds| humantime::format_duration(Duration::from_secs(seconds as u64)).to_string());
    let rows = [
        ("op", end.last.map_or_else(none, |last| last.op.to_string())),
        ("tip", end.last.map_or_else(none, |last| last.checksum.to_string())),
        ("view", end.last.map_or_else(none, |last| last.view.to_string())),
        ("time", end.last.map_or_else(none, |last| time(last.timestamp))),
        ("age", age.unwrap_or_else(none)),
        ("bytes", exact(end.bytes)),
        ("written", if source.live { "at this moment".to_owned() } else { "by nobody at this moment".to_owned() }),
        ("read", format!("from offset {}", grouped(end.read_from))),
        ("findings", grouped(end.findings.len() as u64)),
    ];
    rows.iter().try_for_each(|(name, value)| writeln!(out, "{name:<10}{value}"))
}

/// A value of a log without entries is left out.
fn metrics(out: &mut Out, source: &Source, end: &End) -> io::Result<()> {
    let label = source.path.to_string_lossy().replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    let last = end.last;
    let metrics = [
        ("aof_last_op", "Op of the last entry.", last.map(|last| last.op.to_string())),
        ("aof_view", "View of the last entry.", last.map(|last| last.view.to_string())),
        (
            "aof_last_entry_age_seconds",
            "Seconds since the last entry was prepared.",
            age_seconds(end).map(|age| age.to_string()),
        ),
        ("aof_bytes", "Bytes in the log.", Some(end.bytes.to_string())),
        ("aof_live", "1 while a process writes the log.", Some(u8::from(source.live).to_string())),
        ("aof_findings", "What is wrong in the part that was read.", Some(end.findings.len().to_string())),
    ];
    for (name, help, value) in metrics {
        let Some(value) = value else { continue };
        writeln!(out, "# HELP {name} {help}\n# TYPE {name} gauge\n{name}{{log=\"{label}\"}} {value}")?;
    }
    Ok(())
}
