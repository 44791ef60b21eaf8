//! Text as markup.

use std::fmt::Write;

/// Writing to a string does not fail.
pub(in crate::commands) fn put(page: &mut String, text: std::fmt::Arguments<'_>) {
    let _ = page.write_fmt(text);
}

pub(in crate::commands) fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
