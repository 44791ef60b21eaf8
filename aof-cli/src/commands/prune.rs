//! `aof prune`: give back the oldest segments of a log.

use super::directories::required;
use crate::command_line::output::OutputArguments;
use crate::command_line::prune::{PruneArguments, PruneLimit};
use crate::command_line::size::{Size, counted, exact_bytes};
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::json::segments::Pruned;
use crate::output::out::Out;
use crate::output::say::say;
use aof_api::log::blocking::Aof;
use aof_api::read::{self, find};
use aof_api::{AofRead, Entries, LogOptions, Result};
use aof_file::SyncOn;
use aof_segments::{DirectoryReader, PrunePlan, SegmentedOptions};
use futures::executor::block_on;
use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

pub(crate) fn run(arguments: &PruneArguments, output: &OutputArguments) -> Outcome {
    let log = &arguments.log;
    required(log, "pruning needs a directory of segments: one file gives nothing back")?;
    let failure = Failure::at(log);
    let planned = block_on(plan(&mut DirectoryReader::open(log).map_err(&failure)?, &arguments.limit));
    let (plan, first) = planned.map_err(&failure)?;
    let pruned = Pruned {
        dry_run: arguments.dry_run,
        segments: plan.removed.len() as u64,
        bytes: plan.bytes(),
        start: plan.start,
        first_op: first.map(|first| first.op),
        parent: first.map(|first| first.parent.into()),
    };
    if let Some(first) = first
        && !arguments.dry_run
        && !plan.removed.is_empty()
    {
        let backend = SegmentedOptions::new().sync_on(SyncOn::Caller).open(log).map_err(&failure)?;
        let (mut log, _) = Aof::open(backend, LogOptions::new()).map_err(&failure)?;
        log.prune(first.op).map_err(&failure)?;
        log.close().map_err(&failure)?;
    }
    report(&pruned, output)
}

/// The first entry of the log once it is pruned.
#[derive(Clone, Copy)]
struct First {
    op: u64,
    parent: aof_api::format::Checksum,
}

/// What pruning removes, and what the log then begins with.
async fn plan(reader: &mut DirectoryReader, limit: &PruneLimit) -> Result<(PrunePlan, Option<First>)> {
    let (start, end) = (reader.start().await?, reader.end().await?);
    let options = read::Options::new();
    let target = match (limit.before_op, limit.keep_for) {
        (Some(op), _) => Some(find::Target::Op(op)),
        (None, Some(age)) => {
            let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
            let until = u64::try_from(now.saturating_sub(age).as_nanos()).unwrap_or(u64::MAX);
            Some(find::Target::Timestamp(until))
        }
        (None, None) => None,
    };
    let to = match target {
        // Nothing is at the target or above it: the last entry stays, and with it its segment.
        Some(target) => find::find(&mut *reader, target, options).await?.map_or(end, |place| place.offset),
        None => end.saturating_sub(limit.keep.map_or(u64::MAX, |Size(bytes)| bytes)),
    };
    let plan = reader.prune_plan(to.max(start))?;
    let mut entries = Entries::starting_at(reader, plan.start, options);
    let first = entries.next().await?.map(|entry| First { op: entry.op(), parent: entry.header().parent });
    Ok((plan, first))
}

fn report(pruned: &Pruned, output: &OutputArguments) -> Outcome {
    let mut out = Out::of_verdict();
    if output.json {
        json::print(&mut out, pruned)?;
    } else if pruned.segments == 0 {
        say!("nothing to prune: no whole segment is below what is kept");
    } else {
        let verb = if pruned.dry_run { "would prune" } else { "pruned" };
        let (segments, bytes) = (counted(pruned.segments, "segment"), exact_bytes(pruned.bytes));
        writeln!(out, "{verb}  {segments}, {bytes}").map_err(Failure::output)?;
        if let (Some(op), Some(parent)) = (pruned.first_op, &pruned.parent) {
            writeln!(out, "begins  at op {op}, offset {}, after {parent}", pruned.start).map_err(Failure::output)?;
        }
    }
    out.finish()?;
    Ok(Exit::Clean)
}
