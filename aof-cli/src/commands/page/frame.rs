//! How every page begins and ends.

use super::markup::{escape, put};
use super::style::STYLE;
use crate::input::source::Source;
use crate::output::paths::{quoted, shown};
use crate::output::time::short_time;
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// The page up to the heading with the names of the files.
pub(in crate::commands) fn begin(command: &str, sources: &[Source]) -> String {
    let names: Vec<String> = sources.iter().map(|source| escape(&shown(&source.path))).collect();
    let name = names.join(", ");
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <title>{name}: {command}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n<h1>{name}</h1>\n"
    )
}

/// What made the page, and its end.
pub(in crate::commands) fn end(page: &mut String, command: &str) {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |now| now.as_nanos() as u64);
    let (version, now, command) = (env!("CARGO_PKG_VERSION"), short_time(now), escape(command));
    put(
        page,
        format_args!(
            "</main>\n<footer>Made by aof {version} at {now} UTC: <code>{command}</code></footer>\n</body>\n</html>\n"
        ),
    );
}

/// Rows of names and values under the heading `In numbers`. The values are markup.
pub(in crate::commands) fn numbers(page: &mut String, rows: &[(&str, String)]) {
    page.push_str("<h2>In numbers</h2>\n<dl>\n");
    rows.iter().for_each(|(name, value)| put(page, format_args!("<dt>{name}</dt><dd>{value}</dd>\n")));
    page.push_str("</dl>\n");
}

/// A path as it can be typed again; a stream keeps its name.
pub(in crate::commands) fn typed(path: &Path) -> String {
    if path.as_os_str() == "-" { "-".to_owned() } else { quoted(path) }
}
