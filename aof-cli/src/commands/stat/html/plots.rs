//! Entries a second over time: bars with axes, and the same as a table.

use super::scale::Scale;
use crate::command_line::size::{counted, grouped, rate as per_second};
use crate::commands::page::markup::put;
use crate::commands::stat::tally::Tally;
use crate::output::time::short_time;

/// The plot is drawn in these units and scales with the page.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;

pub(super) fn rate(page: &mut String, tally: &Tally) {
    let steps = tally.series.steps();
    let rate = |entries: u64| tally.series.rate(entries);
    let scale = Scale::of(steps.iter().map(|step| rate(step.entries))).map(Scale::rounded);
    // One bar has nothing to be compared with.
    let (Some(first), Some(last), Some(scale), true) = (steps.first(), steps.last(), scale, steps.len() > 1) else {
        return;
    };
    let logarithmic = if scale.is_logarithmic() { ", on a logarithmic scale" } else { "" };
    let step = duration(tally.series.width());
    put(
        page,
        format_args!(
            "<h2>Entries a second</h2>\n<p>In steps of {step}{logarithmic}.</p>\n<div class=\"plot\"><div class=\"scale\" \
             aria-hidden=\"true\">"
        ),
    );
    for quarter in (0..=4).rev() {
        put(page, format_args!("<span>{}</span>", tick(scale.at(f64::from(quarter) / 4.0))));
    }
    put(
        page,
        format_args!(
            "</div>\n<svg class=\"bars\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" preserveAspectRatio=\"none\" role=\"img\" \
             aria-label=\"Entries a second from {} to {}: at most {}. The table below has each step.\">\n",
            short_time(first.begin),
            short_time(last.begin),
            tick(scale.at(1.0))
        ),
    );
    for quarter in 0..=4 {
        let y = HEIGHT * f64::from(quarter) / 4.0;
        put(
            page,
            format_args!("<line x1=\"0\" x2=\"{WIDTH}\" y1=\"{y}\" y2=\"{y}\" vector-effect=\"non-scaling-stroke\"/>"),
        );
    }
    let each = WIDTH / steps.len() as f64;
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.entries > 0) {
        let height = scale.part(rate(step.entries)) * HEIGHT;
        let (x, y, width) = (index as f64 * each, HEIGHT - height, (each * 0.86).max(1.0));
        put(
            page,
            format_args!(
                "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"><title>{}: {}, {} a \
                 second</title></rect>\n",
                short_time(step.begin),
                counted(step.entries, "entry"),
                per_second(rate(step.entries))
            ),
        );
    }
    let end = last.begin.saturating_add(tally.series.width());
    page.push_str("</svg>\n<div class=\"axis\">");
    for half in 0..=2 {
        put(page, format_args!("<span>{}</span>", short_time(first.begin + (end - first.begin) / 2 * half)));
    }
    page.push_str("</div></div>\n<details><summary>The rates as a table</summary>\n<div class=\"scroll\"><table>\n");
    page.push_str("<caption>Entries recorded for the first time, and again</caption>\n<thead><tr><th scope=\"col\">time (UTC)</th><th scope=\"col\">entries</th><th scope=\"col\">a second</th><th scope=\"col\">again</th></tr></thead>\n<tbody>\n");
    for step in steps.iter().filter(|step| step.entries + step.again > 0) {
        let (time, entries, again) = (short_time(step.begin), grouped(step.entries), grouped(step.again));
        let rate = per_second(rate(step.entries));
        put(
            page,
            format_args!("<tr><th scope=\"row\">{time}</th><td>{entries}</td><td>{rate}</td><td>{again}</td></tr>\n"),
        );
    }
    page.push_str("</tbody></table></div></details>\n");
}

/// The number at a line of the scale.
fn tick(value: f64) -> String {
    if value.fract() == 0.0 { grouped(value as u64) } else { per_second(value) }
}

/// How long that is, in the unit in which it is a short number.
pub(super) fn duration(nanoseconds: u64) -> String {
    let units = [(86_400e9, "d"), (3600e9, "h"), (60e9, "min"), (1e9, "s"), (1e6, "ms"), (1e3, "us")];
    let nanoseconds = nanoseconds as f64;
    let unit = units.into_iter().find(|(unit, _)| nanoseconds >= *unit);
    let (unit, name) = unit.unwrap_or((1.0, "ns"));
    if unit > 1.0 { format!("{:.1} {name}", nanoseconds / unit) } else { format!("{nanoseconds} {name}") }
}
