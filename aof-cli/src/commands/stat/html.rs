//! The numbers as a page: one file, drawn in SVG, that needs no network and no script.

use super::tally::{Count, Tally};
use super::text::{facts, size};
use crate::command_line::size::grouped;
use crate::output::time::short_time;
use std::fmt::Write;

/// How many rows of a table the page has.
const ROWS: usize = 20;

/// The plots are drawn in these units and scale with the page.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 200.0;

const STYLE: &str = "\
:root{color-scheme:light dark;--page:#fcfcfb;--ink:#1d1d1b;--quiet:#63635e;--line:#dcdcd6;--bar:#2a6fb0}\
@media(prefers-color-scheme:dark){:root{--page:#161615;--ink:#ecece7;--quiet:#a3a39c;--line:#3a3a37;--bar:#6aa9e4}}\
*{box-sizing:border-box}\
body{margin:0 auto;max-width:60rem;padding:1rem;background:var(--page);color:var(--ink);font:16px/1.45 system-ui,sans-serif}\
h1{font-size:1.35rem;margin:.5rem 0;overflow-wrap:anywhere}h2{font-size:1.05rem;margin:2rem 0 .5rem}\
dl{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1rem;margin:0}dt{color:var(--quiet)}\
dd{margin:0;font-variant-numeric:tabular-nums;overflow-wrap:anywhere}\
svg{display:block;width:100%;height:auto}svg rect{fill:var(--bar)}svg line{stroke:var(--line)}\
.axis{display:flex;justify-content:space-between;gap:1rem;color:var(--quiet);font-size:.8rem}\
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums;font-size:.9rem}\
th,td{padding:.25rem .5rem;text-align:right;white-space:nowrap;border-bottom:1px solid var(--line)}\
th{color:var(--quiet);font-weight:500}th:first-child,td:first-child{text-align:left;padding-left:0}\
td.bar{width:40%;min-width:5rem;padding-right:0}td.bar svg{height:.8rem}\
code{font-size:.85em}\
@media(max-width:36rem){td:first-child{white-space:normal;overflow-wrap:anywhere}td.bar{width:25%;min-width:3.5rem}}\
footer{margin:2rem 0 1rem;color:var(--quiet);font-size:.85rem}";

/// The whole page.
pub(super) fn page(tally: &Tally, name: &str) -> String {
    let name = escape(name);
    let mut page = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{name}: aof stat</title>\n<style>{STYLE}</style>\n<body>\n<h1>{name}</h1>\n<dl>\n"
    );
    for (name, value) in facts(tally) {
        put(&mut page, format_args!("<dt>{name}</dt><dd>{}</dd>\n", escape(&value)));
    }
    page += "</dl>\n";
    if tally.entries > 0 {
        rate(&mut page, tally);
        let operations = tally.operations().into_iter().map(|(operation, count)| (operation.to_string(), count));
        table(&mut page, "Operations", "operation", operations.collect());
        let sizes = tally.sizes.classes().into_iter().map(|(to, count)| (format!("up to {}", size(to)), count));
        table(&mut page, "Entry sizes", "size", sizes.collect());
        gaps(&mut page, tally);
        let clients = tally.clients.top(ROWS).into_iter().map(|(client, count)| (format!("{client:032x}"), count));
        table(&mut page, "Clients with most entries", "client", clients.collect());
    }
    put(&mut page, format_args!("<footer>aof {} stat</footer>\n</body>\n</html>\n", env!("CARGO_PKG_VERSION")));
    page
}

/// Writing to a string does not fail.
fn put(page: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = page.write_fmt(text);
}

/// Entries a second, a bar for each step of time.
fn rate(page: &mut String, tally: &Tally) {
    let steps = tally.series.steps();
    let most = steps.iter().map(|step| step.entries).max().unwrap_or(0);
    let (Some(first), Some(last), true) = (steps.first(), steps.last(), most > 0) else { return };
    let each = WIDTH / steps.len() as f64;
    let top = tally.series.rate(most);
    put(
        page,
        format_args!(
            "<h2>Entries a second</h2>\n<div class=\"axis\"><span>{} at most, in steps of {}</span></div>\n\
             <svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"img\" aria-label=\"Entries a second over time\">\n",
            decimal(top),
            duration(tally.series.width())
        ),
    );
    for quarter in 0..=4 {
        let y = HEIGHT * f64::from(quarter) / 4.0;
        put(page, format_args!("<line x1=\"0\" x2=\"{WIDTH}\" y1=\"{y}\" y2=\"{y}\"/>"));
    }
    for (index, step) in steps.iter().enumerate().filter(|(_, step)| step.entries > 0) {
        let entries = step.entries;
        // What is there is seen.
        let height = (entries as f64 / most as f64 * HEIGHT).max(1.0);
        let (x, y) = (index as f64 * each, HEIGHT - height);
        let width = (each * 0.86).max(1.0);
        put(
            page,
            format_args!(
                "<rect x=\"{x:.2}\" y=\"{y:.2}\" width=\"{width:.2}\" height=\"{height:.2}\"><title>{}: {} entries, \
                 {} a second</title></rect>\n",
                short_time(step.begin),
                grouped(entries),
                decimal(tally.series.rate(entries))
            ),
        );
    }
    let end = last.begin.saturating_add(tally.series.width());
    let (begin, end) = (short_time(first.begin), short_time(end));
    put(page, format_args!("</svg>\n<div class=\"axis\"><span>{begin}</span><span>{end}</span></div>\n"));
}

fn table(page: &mut String, title: &str, what: &str, rows: Vec<(String, Count)>) {
    if rows.is_empty() {
        return;
    }
    put(
        page,
        format_args!(
            "<h2>{title}</h2>\n<div class=\"scroll\"><table>\n<tr><th>{what}</th><th>entries</th><th>bytes</th><th></th></tr>\n"
        ),
    );
    let most = rows.iter().map(|(_, count)| count.entries).max().unwrap_or(0).max(1);
    let left = rows.len().saturating_sub(ROWS);
    for (name, count) in rows.iter().take(ROWS) {
        let width = if count.entries > 0 { (count.entries as f64 / most as f64 * 100.0).max(0.5) } else { 0.0 };
        put(
            page,
            format_args!(
                "<tr><td><code>{}</code></td><td>{}</td><td>{}</td><td class=\"bar\"><svg viewBox=\"0 0 100 4\" \
                 preserveAspectRatio=\"none\" aria-hidden=\"true\"><rect width=\"{width:.2}\" height=\"4\"/></svg></td></tr>\n",
                escape(name),
                grouped(count.entries),
                grouped(count.bytes)
            ),
        );
    }
    page.push_str("</table></div>\n");
    if left > 0 {
        put(page, format_args!("<p>and {left} more</p>\n"));
    }
}

fn gaps(page: &mut String, tally: &Tally) {
    if tally.ops.gap_count == 0 {
        return;
    }
    page.push_str("<h2>Missing ops</h2>\n<div class=\"scroll\"><table>\n<tr><th>ops</th><th>count</th></tr>\n");
    for gap in tally.ops.gaps.iter().take(ROWS) {
        let (first, last) = (gap.start(), gap.end());
        put(page, format_args!("<tr><td>{first} to {last}</td><td>{}</td></tr>\n", grouped(last - first + 1)));
    }
    page.push_str("</table></div>\n");
    let left = tally.ops.gap_count.saturating_sub(ROWS as u64);
    if left > 0 {
        put(page, format_args!("<p>and {} more gaps</p>\n", grouped(left)));
    }
}

/// How long a step is, in the unit in which that is a short number.
fn duration(nanoseconds: u64) -> String {
    let units = [(3600e9, "h"), (60e9, "min"), (1e9, "s"), (1e6, "ms"), (1e3, "us")];
    let nanoseconds = nanoseconds as f64;
    let unit = units.into_iter().find(|(unit, _)| nanoseconds >= *unit);
    let (unit, name) = unit.unwrap_or((1.0, "ns"));
    format!("{:.1} {name}", nanoseconds / unit)
}

fn decimal(rate: f64) -> String {
    if rate >= 100.0 { grouped(rate.round() as u64) } else { format!("{rate:.1}") }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
