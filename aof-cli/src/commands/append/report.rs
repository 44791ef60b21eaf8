//! What `aof append` says: what was cut when the log was opened, what is durable, and the summary.

use super::storage::Storage;
use crate::command_line::append::AppendArguments;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{Size, counted, grouped};
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::json::append::{Durable, Summary};
use crate::output::json::log::name;
use crate::output::json::object::Object;
use crate::output::json::value::Sometimes;
use crate::output::out::Out;
use crate::output::paths::shown;
use crate::output::say::say;
use crate::output::signals::Interruption;
use aof_api::Recovery;
use aof_api::log::TailKind;
use aof_api::log::blocking::Aof;
use std::io::Write;
use std::path::{Path, PathBuf};

/// Prints an object at once.
fn print(object: &impl Object) -> Outcome<()> {
    let mut out = Out::of_verdict();
    json::print(&mut out, object)?;
    out.finish()
}

/// What was found and done when the log was opened, where there is something to say.
pub(super) fn report_recovery(
    recovery: &Recovery,
    log: &Aof<impl Storage>,
    typed: &Path,
    output: &OutputArguments,
) -> Outcome<()> {
    let cut = recovery.cut.as_ref();
    let saved = log.backend().kept_cut().map(|path| beside(&path, typed));
    if output.json {
        if cut.is_none() && recovery.kept_count == 0 {
            return Ok(());
        }
        let (saved, saved_hex) = saved.filter(|_| cut.is_some()).as_deref().map(name).unzip();
        return print(&json::append::Recovery {
            offset: cut.map(|cut| cut.offset),
            len: cut.map_or(0, |cut| cut.len),
            entries: cut.map_or(0, |cut| cut.entries),
            message: cut.map(|cut| cut.damage.to_string()),
            saved,
            saved_hex: saved_hex.unwrap_or_default(),
            kept: recovery.kept_count,
        });
    }
    if let Some(cut) = cut {
        let (offset, len, damage) = (cut.offset, grouped(cut.len), cut.damage);
        say!("cut a tail of {len} bytes at offset {offset} ({damage})");
        if cut.entries > 0 {
            say!("  whole entries in it: {}", grouped(cut.entries));
        }
        match saved {
            Some(path) => say!("  its bytes are kept as {}", shown(&path)),
            None if cut.kind == TailKind::Zero => say!("  it was all zeros"),
            None => say!("  its bytes were not kept"),
        }
        say!("  nothing records that it was acknowledged; if the last entry was, restore it from another copy");
    }
    if recovery.kept_count > 0 {
        say!("{} in the log; `aof validate` lists all", counted(recovery.kept_count, "damaged place"));
    }
    Ok(())
}

/// A file beside the log, as it would be typed: the path of the log may have been made absolute on the way.
fn beside(path: &Path, typed: &Path) -> PathBuf {
    let is_beside = std::path::absolute(typed).is_ok_and(|log| log.parent() == path.parent());
    match path.file_name().filter(|_| is_beside) {
        Some(name) => typed.with_file_name(name),
        None => path.to_owned(),
    }
}

/// What is durable when the command ends early, and from where to continue.
pub(super) fn report_durable(
    entries: u64,
    op: Option<u64>,
    signal: Option<i32>,
    arguments: &AppendArguments,
    output: &OutputArguments,
) -> Outcome<()> {
    let next_line = arguments.count.is_none().then_some(entries + 1);
    let signal = signal.map(Interruption::name);
    if output.json {
        return print(&Durable { entries, op, next_line, signal: Sometimes(signal) });
    }
    let interrupted = signal.map_or_else(String::new, |signal| format!("{signal}: "));
    let next = next_line.map_or_else(String::new, |line| format!("; continue with line {}", grouped(line)));
    match op {
        Some(op) if entries > 0 => {
            let is = if entries == 1 { "is" } else { "are" };
            say!("{interrupted}{} {is} durable, up to op {op}{next}", counted(entries, "entry"));
        }
        _ => say!("{interrupted}nothing was appended durably{}", if entries == 0 { next.as_str() } else { "" }),
    }
    Ok(())
}

/// What was appended.
pub(super) fn report_summary(summary: &Summary, arguments: &AppendArguments, output: &OutputArguments) -> Outcome<()> {
    if output.json {
        return print(summary);
    }
    let Summary { entries, bytes, len, tip, tip_op, entries_per_second } = summary;
    let tip = match (tip, tip_op) {
        (Some(tip), Some(op)) => format!("{tip} (op {op})"),
        _ => "none".to_owned(),
    };
    let text = format!(
        "appended  {}, {} bytes ({}), durable\nlog       {} bytes ({})\ntip       {tip}\nrate      {} entries/s",
        counted(*entries, "entry"),
        grouped(*bytes),
        Size(*bytes),
        grouped(*len),
        Size(*len),
        grouped(*entries_per_second as u64),
    );
    if arguments.ack {
        // Standard output is for the acknowledgements.
        say!("{text}");
        return Ok(());
    }
    let mut out = Out::of_verdict();
    writeln!(out, "{text}").map_err(Failure::output)?;
    out.finish()
}
