//! `aof diff`: who has what.

mod copies;

use crate::command_line::diff::DiffArguments;
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{counted, grouped};
use crate::input::source::Source;
use crate::output::exit::Exit;
use crate::output::failure::{ERROR, Failure, Outcome};
use crate::output::json;
use crate::output::json::diff::{Parting, Range, Summary};
use crate::output::json::log::name;
use crate::output::json::value::Hex;
use crate::output::out::Out;
use crate::output::paths::shown;
use crate::output::progress::Progress;
use crate::output::say::say;
use copies::{Copies, Copy, Ops};
use std::io::{self, Write};

/// How many ranges a line shows; `--json` has all.
const SHOWN_MAX: usize = 8;

pub(crate) fn run(arguments: &DiffArguments, output: &OutputArguments) -> Outcome {
    let sources = Source::open_files(&arguments.logs, "comparing")?;
    let mut out = Out::of_verdict();
    let same = print(&mut out, &sources, output)?;
    out.finish()?;
    for looks in sources.iter().filter_map(Source::looks).filter(|_| !output.json) {
        let (text, next) = looks;
        say!("{text}");
        next.into_iter().for_each(|next| say!("  {next}"));
    }
    Ok(if same { Exit::Clean } else { Exit::Problems })
}

/// Prints what each of the files has, and returns whether all have the same.
pub(super) fn print(out: &mut Out, sources: &[Source], output: &OutputArguments) -> Outcome<bool> {
    let progress = Progress::new(Source::total_len(sources), output);
    let read: Outcome<Vec<Copy>> = sources.iter().map(|source| Copy::read(source, &progress)).collect();
    progress.finish();
    let copies = Copies::compare(read?);
    if output.json {
        print_json(out, sources, &copies)?;
    } else {
        print_text(out, sources, &copies).map_err(Failure::output)?;
    }
    Ok(copies.are_same())
}

fn print_text(out: &mut Out, sources: &[Source], copies: &Copies) -> io::Result<()> {
    let several = copies.clusters().len() > 1;
    for (source, copy) in sources.iter().zip(&copies.all) {
        let entries = counted(copy.held.len() as u64, "entry");
        let ops = ops_of(copy).map_or_else(String::new, |(first, last)| format!(", ops {first} to {last}"));
        let views = match views_of(copy) {
            Some((first, last)) if first == last => format!(", view {first}"),
            Some((first, last)) => format!(", views {first} to {last}"),
            None => String::new(),
        };
        let again =
            if copy.duplicates > 0 { format!(", {} recorded again", grouped(copy.duplicates)) } else { String::new() };
        let of = if several { format!(", cluster {}", listed(&copy.clusters)) } else { String::new() };
        writeln!(out, "{}: {entries}{ops}{views}{again}{of}", shown(&source.path))?;
        if copy.damage > 0 {
            writeln!(out, "  {ERROR}damaged{ERROR:#} at {}", counted(copy.damage, "place"))?;
        }
        for (what, ops) in [("gaps", &copy.gaps), ("lacks", &copy.lacks), ("only it has", &copy.only)] {
            if !ops.0.is_empty() {
                writeln!(out, "  {what:<12}{}", text(ops))?;
            }
        }
    }
    if let Some((_, first)) = copies.parting.first() {
        writeln!(out, "{ERROR}they part{ERROR:#} at op {}:", first.op)?;
        for (number, held) in &copies.parting {
            writeln!(out, "  {} (view {}) in {}", held.checksum(), held.view, shown(&sources[*number].path))?;
        }
    }
    if several {
        let clusters = listed(&copies.clusters());
        writeln!(out, "{ERROR}logs of several clusters{ERROR:#}: {clusters}; compare those of one cluster")?;
    }
    match copies.differs_at {
        None if several => writeln!(out, "all have the same entries"),
        Some(op) => writeln!(out, "they differ from op {op} on"),
        None if copies.are_same() => writeln!(out, "all have the same entries"),
        None => writeln!(out, "all have the same entries, and there is damage: `aof validate` reports it"),
    }
}

fn listed(clusters: &[u128]) -> String {
    clusters.iter().map(u128::to_string).collect::<Vec<_>>().join(", ")
}

/// Ranges as people write them.
fn text(ops: &Ops) -> String {
    let one = |ops: &std::ops::RangeInclusive<u64>| match (ops.start(), ops.end()) {
        (first, last) if first == last => first.to_string(),
        (first, last) => format!("{first}..{last}"),
    };
    let shown: Vec<_> = ops.0.iter().take(SHOWN_MAX).map(one).collect();
    let more = ops.0.len() - shown.len();
    let more = if more > 0 { format!(" and {} more; `--json` has all", grouped(more as u64)) } else { String::new() };
    format!("{}{more}", shown.join(", "))
}

fn ops_of(copy: &Copy) -> Option<(u64, u64)> {
    Some((copy.held.first()?.op, copy.held.last()?.op))
}

fn views_of(copy: &Copy) -> Option<(u32, u32)> {
    let views = || copy.held.iter().map(|held| held.view);
    Some((views().min()?, views().max()?))
}

fn print_json(out: &mut Out, sources: &[Source], copies: &Copies) -> Outcome<()> {
    let ranges = |ops: &Ops| ops.0.iter().map(|ops| Range { first: *ops.start(), last: *ops.end() }).collect();
    for (source, copy) in sources.iter().zip(&copies.all) {
        let (log, log_hex) = name(&source.path);
        let (ops, views) = (ops_of(copy), views_of(copy));
        let object = json::diff::Copy {
            log,
            log_hex,
            entries: copy.held.len() as u64,
            duplicates: copy.duplicates,
            op_first: ops.map(|ops| ops.0),
            op_last: ops.map(|ops| ops.1),
            view_first: views.map(|views| views.0),
            view_last: views.map(|views| views.1),
            damage: copy.damage,
            clusters: copy.clusters.iter().copied().map(Hex).collect(),
            gaps: ranges(&copy.gaps),
            lacks: ranges(&copy.lacks),
            only: ranges(&copy.only),
        };
        json::print(out, &object)?;
    }
    for (number, held) in &copies.parting {
        let (log, log_hex) = name(&sources[*number].path);
        json::print(out, &Parting { op: held.op, log, log_hex, checksum: held.checksum().into(), view: held.view })?;
    }
    let parts_at = copies.parting.first().map(|(_, held)| held.op);
    json::print(out, &Summary { same: copies.are_same(), parts_at, differs_at: copies.differs_at })
}
