//! The verdict as a page: what is wrong and what to do next, a map of the files, and every finding as a table.

use super::Verdict;
use super::next::Advice;
use crate::command_line::size::{counted, grouped};
use crate::command_line::validate::ValidateArguments;
use crate::commands::judge::{Found, Judged};
use crate::commands::page::frame::{self, typed};
use crate::commands::page::map::{Map, Mark};
use crate::commands::page::map_section::put_map;
use crate::commands::page::markup::{escape, put};
use crate::commands::page::verdict;
use crate::input::source::Source;
use crate::output::json::log::{Finding, Note};
use crate::output::paths::printable;
use aof_api::Rule;

/// How many findings, and how many notes, the page lists: one of a megabyte is no use to anybody.
const LISTED: usize = 1000;

/// What was found, for the page.
pub(super) struct Gathered {
    map: Map,
    /// Where the file begins among all of them, and in its log.
    base: u64,
    start: u64,
    findings: Vec<Finding>,
    notes: Vec<Note>,
    finding_count: u64,
    note_count: u64,
}

impl Gathered {
    pub(super) fn new() -> Gathered {
        let (findings, notes) = (Vec::new(), Vec::new());
        Gathered { map: Map::new(), base: 0, start: 0, findings, notes, finding_count: 0, note_count: 0 }
    }

    pub(super) fn begin_file(&mut self, source: &Source, read: u64) {
        (self.base, self.start) = (read, source.start);
    }

    pub(super) fn end_file(&mut self, read: u64) {
        if read > self.base {
            self.map.mark(self.base, read - self.base, Mark::Whole);
        }
    }

    pub(super) fn observe(&mut self, found: &Found) {
        match found {
            Found::Finding(_, finding) => {
                self.finding_count += 1;
                // Damage has a length; something that is wrong between two entries is at the second one.
                let mark = if finding.len.0.is_some() { Mark::Damaged } else { Mark::Missing };
                self.mark(finding.offset, finding.len.0.unwrap_or(1), mark);
                if self.findings.len() < LISTED {
                    self.findings.push(finding.clone());
                }
            }
            Found::Note(_, note) => {
                self.note_count += 1;
                if let (Some(offset), Some(last)) = (note.offset, note.offset_last.0) {
                    self.mark(offset, (last - offset).max(1), Mark::Repeated);
                }
                if self.notes.len() < LISTED {
                    self.notes.push(note.clone());
                }
            }
        }
    }

    fn mark(&mut self, offset: u64, len: u64, mark: Mark) {
        self.map.mark(self.base + offset.saturating_sub(self.start), len, mark);
    }

    /// The whole page.
    pub(super) fn page(
        &self,
        rows: [(&'static str, String); 8],
        said: String,
        verdict: &Verdict,
        advice: Advice,
        arguments: &ValidateArguments,
        sources: &[Source],
    ) -> String {
        let mut page = frame::begin("aof validate", sources);
        let first = verdict::Verdict {
            is_bad: !verdict.is_whole(),
            said,
            findings: &self.findings,
            count: self.finding_count,
            of_several: sources.len() > 1,
            lines: advice.lines,
            next: advice.next,
        };
        first.put(&mut page);
        put_map(&mut page, &self.map);
        let rows: Vec<(&str, String)> = rows.into_iter().map(|(name, value)| (name, escape(&value))).collect();
        frame::numbers(&mut page, &rows);
        let findings = self.findings.iter().map(|one| (one.kind, &*one.log, Some(one.offset), one.op, &*one.message));
        let several = sources.len() > 1;
        table(&mut page, "Findings", several, findings, self.finding_count);
        let notes = self.notes.iter().map(|one| (one.kind, &*one.log, one.offset, one.op, &*one.message));
        table(&mut page, "Notes, which are legal", several, notes, self.note_count);
        frame::end(&mut page, &command(arguments));
        page
    }
}

/// The kind, the file, the offset, the op, and what it is.
type Row<'a> = (&'a str, &'a str, Option<u64>, Option<u64>, &'a str);

/// A table of what was found, with the file where there are several.
fn table<'a>(page: &mut String, title: &str, several: bool, rows: impl Iterator<Item = Row<'a>>, count: u64) {
    if count == 0 {
        return;
    }
    let file = if several { "<th scope=\"col\">file</th>" } else { "" };
    put(
        page,
        format_args!(
            "<h2>{title}</h2>\n<div class=\"scroll\"><table class=\"text\">\n<caption>{}, by place</caption>\n<thead><tr>\
             <th scope=\"col\">kind</th>{file}<th scope=\"col\">offset</th><th scope=\"col\">op</th>\
             <th scope=\"col\">what</th></tr></thead>\n<tbody>\n",
            counted(count, "line")
        ),
    );
    let mut listed = 0;
    for (kind, log, offset, op, message) in rows {
        let number = |number: Option<u64>| number.map_or_else(String::new, |number| number.to_string());
        let file = if several { format!("<td>{}</td>", escape(&printable(log))) } else { String::new() };
        let (offset, op, message) = (number(offset), number(op), escape(&printable(message)));
        put(
            page,
            format_args!(
                "<tr><th scope=\"row\">{kind}</th>{file}<td>{offset}</td><td>{op}</td><td>{message}</td></tr>\n"
            ),
        );
        listed += 1;
    }
    page.push_str("</tbody></table></div>\n");
    if count > listed {
        put(page, format_args!("<p>and {} more, which <code>--json</code> lists</p>\n", grouped(count - listed)));
    }
}

impl Verdict {
    /// The verdict in a sentence.
    pub(super) fn said(&self, judged: &Judged, arguments: &ValidateArguments) -> String {
        let rule = Rule::from(arguments.rule.rule);
        if self.is_whole() {
            return match judged.validation.entries {
                0 => "The log is empty".to_owned(),
                _ => format!("The log is whole under the rule {rule}"),
            };
        }
        let mut wrong = Vec::new();
        if self.findings > 0 {
            wrong.push(format!("{} under the rule {rule}", counted(self.findings, "finding")));
        }
        if self.tip_matches == Some(false) {
            wrong.push("not the expected tip".to_owned());
        }
        if self.too_few {
            wrong.push("too few entries".to_owned());
        }
        format!("The log is not whole: {}", wrong.join(", "))
    }
}

/// As it can be typed again.
fn command(arguments: &ValidateArguments) -> String {
    let rule = Rule::from(arguments.rule.rule).name();
    let tip = arguments.tip.map_or_else(String::new, |tip| format!("--tip {tip} "));
    let least = arguments.min_entries.map_or_else(String::new, |least| format!("--min-entries {least} "));
    let page = arguments.html.as_deref().map_or_else(String::new, |page| format!("--html {} ", typed(page)));
    let logs: Vec<String> = arguments.logs.iter().map(|log| typed(log)).collect();
    format!("aof validate --rule {rule} {tip}{least}{page}{}", logs.join(" "))
}
