//! What comes first: whether anything is wrong, where, and what to do next.

use super::markup::{escape, put};
use crate::command_line::size::grouped;
use crate::output::advice::Next;
use crate::output::json::log::Finding;
use crate::output::paths::printable;

/// How many findings are listed.
const SHOWN: usize = 12;

/// What the page says first.
pub(in crate::commands) struct Verdict<'a> {
    pub(in crate::commands) is_bad: bool,
    pub(in crate::commands) said: String,
    /// The first ones, and how many there are.
    pub(in crate::commands) findings: &'a [Finding],
    pub(in crate::commands) count: u64,
    /// There are several files, so each finding names its own.
    pub(in crate::commands) of_several: bool,
    pub(in crate::commands) lines: Vec<String>,
    pub(in crate::commands) next: Vec<Next>,
}

impl Verdict<'_> {
    pub(in crate::commands) fn put(&self, page: &mut String) {
        let (class, said) = (if self.is_bad { "verdict bad" } else { "verdict" }, escape(&self.said));
        put(page, format_args!("<section class=\"{class}\" aria-label=\"Verdict\"><strong>{said}</strong>\n"));
        if !self.findings.is_empty() {
            page.push_str("<ol>\n");
            self.findings.iter().take(SHOWN).for_each(|finding| self.put_finding(page, finding));
            page.push_str("</ol>\n");
        }
        let left = self.count.saturating_sub(self.findings.len().min(SHOWN) as u64);
        if left > 0 {
            put(page, format_args!("<p>and {} more</p>\n", grouped(left)));
        }
        self.lines.iter().for_each(|line| put(page, format_args!("<p>{}</p>\n", escape(line))));
        if self.is_bad && !self.next.is_empty() {
            page.push_str("<p>What to do next; keep the files until it is done:</p>\n");
        }
        for Next { command, why } in &self.next {
            put(page, format_args!("<pre>{}</pre><p>{}</p>\n", escape(command), escape(why)));
        }
        page.push_str("</section>\n");
    }

    fn put_finding(&self, page: &mut String, finding: &Finding) {
        let Finding { kind, log, offset, op, message, .. } = finding;
        let file = if self.of_several { format!(" of {}", escape(&printable(log))) } else { String::new() };
        let op = op.map_or_else(String::new, |op| format!(", op {op}"));
        let message = escape(message);
        put(
            page,
            format_args!("<li><span class=\"kind\">{kind}</span> at offset {offset}{file}{op}: {message}</li>\n"),
        );
    }
}
