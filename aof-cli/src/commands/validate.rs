//! `aof validate`: findings, notes, and the summary.

mod html;
mod next;
mod records;
mod report;

use super::judge::Judge;
use super::page::Page;
use crate::command_line::output::OutputArguments;
use crate::command_line::records::Records;
use crate::command_line::validate::ValidateArguments;
use crate::input::source::Source;
use crate::output::exit::Exit;
use crate::output::failure::Outcome;
use crate::output::progress::Progress;
use aof_api::Rule;
use report::Report;

pub(crate) fn run(arguments: &ValidateArguments, output: &OutputArguments) -> Outcome {
    let page = Page::new(arguments.html.as_deref(), arguments.force, "validate.html", output)?;
    let sources = Source::open_all(&arguments.logs)?;
    page.refuse_log(&sources)?;
    if arguments.decode.is_some() {
        records::check(&sources)?;
    }
    let mut progress = Progress::new(Source::total_len(&sources), output);
    let streams = sources.iter().any(Source::is_stream);
    let threads = if streams { 1 } else { arguments.threads.for_bytes(Source::total_len(&sources)) };
    let rule = Rule::from(arguments.rule.rule);
    let mut judge = Judge::new(rule, threads, &sources, &mut progress);
    let mut report = Report::new(output.json, &page, &progress);
    for source in &sources {
        report.begin_file(source, judge.bytes());
        let read = judge.read(source, &progress, |found| report.observe(&found));
        report.check()?;
        read?;
        report.end_file(judge.bytes());
    }
    progress.finish();
    let judged = judge.finish();
    judged.notes.iter().for_each(|found| report.observe(found));
    let raft = arguments.decode.map(|Records::OpenRaft| records::read(&sources)).transpose()?;
    report.finish(&judged, raft.as_ref(), arguments, &sources, &page)
}

/// Whether the log is what was asked for.
struct Verdict {
    /// None without `--tip`.
    tip_matches: Option<bool>,
    /// Fewer entries than `--min-entries`.
    too_few: bool,
    findings: u64,
}

impl Verdict {
    fn is_whole(&self) -> bool {
        self.findings == 0 && self.tip_matches != Some(false) && !self.too_few
    }

    fn exit(&self) -> Exit {
        if self.is_whole() { Exit::Clean } else { Exit::Problems }
    }
}
