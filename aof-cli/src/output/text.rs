//! Whether a file that is no log is text, which is what people give by mistake.

use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of a file is looked at, in bytes.
const LOOKED_AT: u64 = 4096;

/// Whether the file begins like text. False for streams, which cannot be read again, and where nobody can look.
pub(crate) fn looks_like_text(path: &Path) -> bool {
    let mut start = Vec::new();
    // Nothing but a regular file: opening a fifo would wait.
    let read = path.metadata().is_ok_and(|metadata| metadata.is_file())
        && File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut start)).is_ok();
    read && is_text(&start)
}

fn is_text(start: &[u8]) -> bool {
    let text = match std::str::from_utf8(start) {
        Ok(text) => text,
        // Cut in the middle of a character.
        Err(error) if error.error_len().is_none() => std::str::from_utf8(&start[..error.valid_up_to()]).unwrap_or(""),
        Err(_) => return false,
    };
    !text.is_empty() && !text.chars().any(|c| c.is_control() && !c.is_whitespace() && c != '\u{1b}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_told_from_bytes() {
        for text in ["hello\n", "a,b\r\n1,2\r\n", "gr\u{fc}n \u{1b}[1mbold\u{1b}[0m\n"] {
            assert!(is_text(text.as_bytes()), "{text:?}");
            assert!(is_text(&text.as_bytes()[..text.len() - 1]), "{text:?}");
        }
        for bytes in [&b""[..], b"\x1f\x8b\x08", b"text\0more", &aof_api::format::MAGIC, &[0; 16]] {
            assert!(!is_text(bytes), "{bytes:?}");
        }
    }
}
