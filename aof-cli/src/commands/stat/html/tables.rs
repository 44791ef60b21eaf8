//! The tables of the page, with captions, and headings for rows and columns.

use super::plots::duration;
use super::scale::Scale;
use crate::command_line::size::{Size, grouped};
use crate::commands::page::markup::{escape, put};
use crate::commands::stat::distribution::Distribution;
use crate::commands::stat::tally::{Count, Tally};

/// A value as text.
type Text<'a> = &'a dyn Fn(u64) -> String;

/// How many rows a table has.
const ROWS: usize = 20;

pub(super) fn counts(page: &mut String, title: &str, what: &str, rows: Vec<(String, Count)>) {
    let Some(scale) = Scale::of(rows.iter().map(|(_, count)| count.entries as f64)) else { return };
    let all: u64 = rows.iter().map(|(_, count)| count.entries).sum();
    let logarithmic = if scale.is_logarithmic() { "; bars on a logarithmic scale" } else { "" };
    put(
        page,
        format_args!(
            "<h2>{title}</h2>\n<div class=\"scroll\"><table>\n<caption>Entries and bytes by {what}{logarithmic}</caption>\n\
             <thead><tr><th scope=\"col\">{what}</th><th scope=\"col\">entries</th><th scope=\"col\">share</th>\
             <th scope=\"col\">bytes</th><th class=\"bar\"><span hidden>bar</span></th></tr></thead>\n<tbody>\n"
        ),
    );
    for (name, count) in rows.iter().take(ROWS) {
        let (name, width) = (escape(name), scale.part(count.entries as f64) * 100.0);
        let (entries, bytes) = (grouped(count.entries), grouped(count.bytes));
        let share = count.entries as f64 / all as f64 * 100.0;
        put(
            page,
            format_args!(
                "<tr><th scope=\"row\"><code>{name}</code></th><td>{entries}</td><td>{share:.1}%</td><td>{bytes}</td>\
                 <td class=\"bar\"><svg viewBox=\"0 0 100 4\" preserveAspectRatio=\"none\" aria-hidden=\"true\">\
                 <rect width=\"{width:.2}\" height=\"4\"/></svg></td></tr>\n"
            ),
        );
    }
    page.push_str("</tbody></table></div>\n");
    more(page, rows.len().saturating_sub(ROWS) as u64);
}

/// Percentiles of sizes, pauses, and of what a crash would have taken.
pub(super) fn spreads(page: &mut String, tally: &Tally) {
    let bytes = |bytes: u64| Size(bytes).to_string();
    let rows: [(&str, &Distribution, Text<'_>); 6] = [
        ("size of an entry", &tally.entry_sizes, &bytes),
        ("pause between entries", &tally.pauses, &duration),
        ("entries at risk", &tally.risk.entries, &grouped),
        ("bytes at risk", &tally.risk.bytes, &bytes),
        ("entries of a checkpoint", &tally.risk.checkpoint_entries, &grouped),
        ("bytes of a checkpoint", &tally.risk.checkpoint_bytes, &bytes),
    ];
    page.push_str(
        "<h2>Sizes, pauses, and what was at risk</h2>\n<p>Each entry records up to which op the log was durable when it was \
         made. What was written since then was at risk: a crash at that moment would have taken it.</p>\n\
         <div class=\"scroll\"><table>\n<caption>Percentiles, at most one part in 16 above the exact ones</caption>\n\
         <thead><tr><th scope=\"col\">what</th><th scope=\"col\">p50</th><th scope=\"col\">p90</th><th scope=\"col\">p99</th>\
         <th scope=\"col\">most</th></tr></thead>\n<tbody>\n",
    );
    for (name, spread, text) in rows.into_iter().filter(|(_, spread, _)| spread.count > 0) {
        let cells = [50, 90, 99].map(|percent| text(spread.percentile(percent)));
        let (cells, most) = (cells.join("</td><td>"), text(spread.largest));
        put(page, format_args!("<tr><th scope=\"row\">{name}</th><td>{cells}</td><td>{most}</td></tr>\n"));
    }
    page.push_str("</tbody></table></div>\n");
}

pub(super) fn gaps(page: &mut String, tally: &Tally) {
    if tally.ops.gap_count == 0 {
        return;
    }
    page.push_str(
        "<h2>Missing ops</h2>\n<div class=\"scroll\"><table>\n<caption>Ops that no entry before has</caption>\n\
         <thead><tr><th scope=\"col\">ops</th><th scope=\"col\">count</th></tr></thead>\n<tbody>\n",
    );
    for gap in tally.ops.gaps.iter().take(ROWS) {
        let (first, last) = (gap.start(), gap.end());
        let ops = if first == last { first.to_string() } else { format!("{first} to {last}") };
        put(page, format_args!("<tr><th scope=\"row\">{ops}</th><td>{}</td></tr>\n", grouped(last - first + 1)));
    }
    page.push_str("</tbody></table></div>\n");
    more(page, tally.ops.gap_count.saturating_sub(ROWS as u64));
}

fn more(page: &mut String, left: u64) {
    if left > 0 {
        put(page, format_args!("<p>and {} more</p>\n", grouped(left)));
    }
}
