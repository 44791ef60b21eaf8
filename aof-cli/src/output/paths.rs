//! Paths in what is printed: as they were typed, without control characters, and so that they can be pasted.

use super::failure::{Failure, Outcome};
use aof_object_store::Location;
use std::ffi::OsStr;
use std::fmt::Write;
use std::path::Path;

/// The path for people: control characters and bytes that are not UTF-8 are escaped.
pub(crate) fn shown(path: &Path) -> String {
    let mut text = String::new();
    for chunk in path.as_os_str().as_encoded_bytes().utf8_chunks() {
        text += &printable(chunk.valid()).replace('\n', "\\n");
        for byte in chunk.invalid() {
            // Writing to a string does not fail.
            let _ = write!(text, "\\x{byte:02x}");
        }
    }
    text
}

/// The text without what a terminal would take for a command: each such character is escaped. Line feeds stay.
pub(crate) fn printable(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        if c != '\n' && is_command(c) { safe.extend(c.escape_default()) } else { safe.push(c) }
    }
    safe
}

/// Control characters, and those that change the direction of the text after them.
fn is_command(c: char) -> bool {
    c.is_control() || matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// `text`, in which a path that was made absolute on the way is again as it was typed.
pub(crate) fn as_typed(text: &str, typed: &Path) -> String {
    // A separator at the end is no part of the name.
    let bare: std::path::PathBuf = typed.components().collect();
    let typed_text = bare.to_string_lossy();
    if typed_text.is_empty() {
        return printable(text);
    }
    let text = match std::path::absolute(&bare) {
        Ok(absolute) => text.replace(&*absolute.to_string_lossy(), &typed_text),
        Err(_) => text.to_owned(),
    };
    printable(&text.replace(&*typed_text, &shown(&bare)))
}

/// The path for a command that a shell reads: in quotes where it needs some, and never taken for a flag.
pub(crate) fn quoted(path: &Path) -> String {
    let bytes = path.as_os_str().as_encoded_bytes();
    let prefix = if bytes.first() == Some(&b'-') { "./" } else { "" };
    let plain = path.to_str().filter(|text| !text.chars().any(is_command));
    match plain {
        // Only a NUL cannot be quoted, and no path has one.
        Some(text) => match shlex::try_quote(&format!("{prefix}{text}")) {
            Ok(quoted) => quoted.into_owned(),
            Err(_) => text.to_owned(),
        },
        None => format!("$'{prefix}{}'", escaped(bytes)),
    }
}

/// The bytes as they are between `$'` and `'`, which bash, zsh and ksh read.
fn escaped(bytes: &[u8]) -> String {
    let mut text = String::new();
    for byte in bytes {
        match byte {
            b'\'' | b'\\' => text.extend(['\\', char::from(*byte)]),
            b' '..=b'~' => text.push(char::from(*byte)),
            // Three octal digits: more digits after them are not read as part of the number.
            _ => text += &format!("\\{byte:03o}"),
        }
    }
    text
}

/// What is written is a file; `name` is one that would do in the directory.
pub(crate) fn refuse_directory(out: &Path, name: &OsStr) -> Outcome<()> {
    if !out.is_dir() {
        return Ok(());
    }
    let (directory, file) = (shown(out), quoted(&out.join(name)));
    Err(Failure::Usage(format!("{directory} is a directory: name a file in it, {file} for instance")))
}

/// `-` names a standard stream, which `what` cannot be, and a URL names a log on a store.
pub(crate) fn refuse_stream(path: &Path, what: &str) -> Outcome<()> {
    if path.to_str().is_some_and(Location::is_url) {
        let url = shown(path);
        return Err(Failure::Usage(format!(
            "{what} is a file or a directory, not {url}: `aof ship LOG URL` copies a log to a store, `aof fetch URL LOG` gets \
             one back"
        )));
    }
    if path.as_os_str() != "-" {
        return Ok(());
    }
    Err(Failure::Usage(format!("{what} is a file, not a stream: a file named `-` is ./-")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_reported_as_it_was_typed() {
        let typed = Path::new("some/log.aof");
        let absolute = std::path::absolute(typed).unwrap();
        let text = format!("rename of {0}.partial to {0} failed", absolute.display());
        assert_eq!(as_typed(&text, typed), "rename of some/log.aof.partial to some/log.aof failed");
    }

    #[test]
    fn a_path_is_quoted_only_where_a_shell_needs_it() {
        for (path, in_shell) in [
            ("/a/log-1.aof", "/a/log-1.aof"),
            ("my log.aof", "'my log.aof'"),
            ("-d.aof", "./-d.aof"),
            ("-d 1.aof", "'./-d 1.aof'"),
            ("a\u{1b}[31m.aof", "$'a\\033[31m.aof'"),
            ("-a\nb'c\\", "$'./-a\\012b\\'c\\\\'"),
        ] {
            assert_eq!(quoted(Path::new(path)), in_shell);
        }
    }

    #[test]
    fn no_control_character_of_a_path_reaches_a_terminal() {
        assert_eq!(shown(Path::new("a\u{1b}[31m\n\u{202e}.aof")), r"a\u{1b}[31m\n\u{202e}.aof");
        assert_eq!(printable("tab\there\u{7}"), "tab\\there\\u{7}");
    }
}
