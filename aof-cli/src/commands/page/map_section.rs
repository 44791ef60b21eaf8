//! The map of the files, drawn, and as a table.

use super::map::{Map, Mark};
use super::markup::put;
use crate::command_line::size::Size;

/// What is where in the files.
pub(in crate::commands) fn put_map(page: &mut String, map: &Map) {
    let (width, len) = map.scale();
    let runs = map.runs();
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
        put(page, format_args!("<span>{}</span>", Size(len / 4 * quarter)));
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
