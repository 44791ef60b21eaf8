//! What comes first: whether anything is wrong, where, and what to do next.

use super::markup::{escape, put};
use crate::command_line::size::{counted, grouped};
use crate::commands::stat::map::Mark;
use crate::commands::stat::tally::Tally;
use crate::input::source::Source;
use crate::output::advice::Next;
use crate::output::json::log::Finding;
use crate::output::paths::printable;

/// How many findings are listed.
const SHOWN: usize = 12;

pub(super) fn verdict(page: &mut String, tally: &Tally, sources: &[Source], order: Option<&str>) {
    let count: u64 = tally.kinds.values().sum();
    if count == 0 {
        let said = match (tally.entries, order) {
            (0, _) => "The log is empty",
            (_, Some(_)) => "Every entry is whole, and the files are given in another order than that of their entries",
            (_, None) => "Nothing is wrong: every entry is whole, and no op is missing",
        };
        put(page, format_args!("<section class=\"verdict\" aria-label=\"Verdict\"><strong>{said}</strong>\n"));
        order
            .into_iter()
            .for_each(|command| command_line(page, command, "reads the files in the order of their entries"));
        page.push_str("</section>\n");
        return;
    }
    let kinds: Vec<String> = tally.kinds.iter().map(|(kind, count)| format!("{} {kind}", grouped(*count))).collect();
    put(
        page,
        format_args!(
            "<section class=\"verdict bad\" aria-label=\"Verdict\"><strong>{} found: {}</strong>\n<ol>\n",
            counted(count, "problem"),
            kinds.join(", ")
        ),
    );
    for Finding { kind, log, offset, op, message, .. } in tally.findings.iter().take(SHOWN) {
        let file = if sources.len() > 1 { format!(" of {}", escape(&printable(log))) } else { String::new() };
        let op = op.map_or_else(String::new, |op| format!(", op {op}"));
        let message = escape(message);
        put(
            page,
            format_args!("<li><span class=\"kind\">{kind}</span> at offset {offset}{file}{op}: {message}</li>\n"),
        );
    }
    page.push_str("</ol>\n");
    let left = count.saturating_sub(SHOWN as u64);
    if left > 0 {
        put(page, format_args!("<p>and {} more</p>\n", grouped(left)));
    }
    page.push_str("<p>What to do next:</p>\n");
    let names: Vec<String> = sources.iter().map(Source::in_command).collect();
    for Next { command, why } in next(tally, &names.join(" ")) {
        command_line(page, &command, &why);
    }
    page.push_str("</section>\n");
}

fn next(tally: &Tally, names: &str) -> Vec<Next> {
    let mut next = vec![Next::new(format!("aof validate {names}"), "lists everything that is wrong, with what helps")];
    if tally.kinds.contains_key("cluster") {
        return next;
    }
    if tally.kinds.contains_key("damage") || tally.kinds.contains_key("gap") {
        next.push(Next::new(
            format!("aof merge -o OUT {names} ANOTHER-COPY"),
            "fills in what another copy of the log has",
        ));
    }
    next
}

fn command_line(page: &mut String, command: &str, why: &str) {
    put(page, format_args!("<pre>{}</pre><p>{}</p>\n", escape(command), escape(why)));
}

/// What is where in the files.
pub(super) fn map(page: &mut String, tally: &Tally) {
    let (width, len) = tally.map.scale();
    let runs = tally.map.runs();
    if runs.is_empty() {
        return;
    }
    let cells: usize = runs.iter().map(|(_, count, _)| count).sum();
    let marks = [Mark::Whole, Mark::Repeated, Mark::Missing, Mark::Damaged];
    let there: Vec<Mark> = marks.into_iter().filter(|mark| runs.iter().any(|run| run.2 == *mark)).collect();
    let said: Vec<&str> = there.iter().map(|mark| name(*mark).1).collect();
    put(
        page,
        format_args!(
            "<h2>Map of the file</h2>\n<div class=\"map\"><svg viewBox=\"0 0 {cells} 10\" preserveAspectRatio=\"none\" \
             role=\"img\" aria-label=\"What is where, by offset: {}\">\n",
            said.join(", ")
        ),
    );
    for (first, count, mark) in &runs {
        let (from, to) = (*first as u64 * width, ((first + count) as u64 * width).min(len));
        put(
            page,
            format_args!(
                "<rect class=\"{}\" x=\"{first}\" y=\"0\" width=\"{count}\" height=\"10\"><title>{} to {}: {}</title></rect>\n",
                name(*mark).0,
                from,
                to,
                name(*mark).1
            ),
        );
    }
    page.push_str("</svg></div>\n<div class=\"axis\">");
    for quarter in 0..=4 {
        put(page, format_args!("<span>{}</span>", bytes(len / 4 * quarter)));
    }
    page.push_str("</div>\n<ul class=\"legend\">\n");
    for mark in there {
        let (class, text) = name(mark);
        put(
            page,
            format_args!(
                "<li><svg viewBox=\"0 0 1 1\" aria-hidden=\"true\"><rect class=\"{class}\" width=\"1\" height=\"1\"/></svg>{text}</li>\n"
            ),
        );
    }
    put(page, format_args!("</ul>\n<details><summary>The map as a table</summary>\n"));
    page.push_str("<table><caption>What is where, in bytes from the start</caption>\n<thead><tr><th scope=\"col\">from</th><th scope=\"col\">to</th><th scope=\"col\">what</th></tr></thead>\n<tbody>\n");
    for (first, count, mark) in &runs {
        let (from, to) = (*first as u64 * width, ((first + count) as u64 * width).min(len));
        put(page, format_args!("<tr><th scope=\"row\">{from}</th><td>{to}</td><td>{}</td></tr>\n", name(*mark).1));
    }
    page.push_str("</tbody></table></details>\n");
}

fn bytes(bytes: u64) -> String {
    crate::command_line::size::Size(bytes).to_string()
}

/// The class and the name of a mark.
fn name(mark: Mark) -> (&'static str, &'static str) {
    match mark {
        Mark::None => ("none", "nothing"),
        Mark::Whole => ("whole", "whole"),
        Mark::Repeated => ("repeated", "recorded again"),
        Mark::Missing => ("missing", "missing before, or another history"),
        Mark::Damaged => ("damaged", "damaged"),
    }
}
