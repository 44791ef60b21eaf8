//! What a file that is not a log looks like: text or a compressed file, which people give by mistake.

use super::advice::Next;
use super::paths::{quoted, shown};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// How much of a file is looked at, in bytes.
const LOOKED_AT: u64 = 4096;

/// What a file looks like.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Looks {
    Text,
    /// Compressed by this program, which also unpacks it.
    Compressed(&'static str),
}

/// How compressed files begin, and what unpacks them to standard output.
const COMPRESSED: [(&[u8], &str); 6] = [
    (b"\x1f\x8b", "gzip -dc"),
    (b"\xfd7zXZ\0", "xz -dc"),
    (b"\x28\xb5\x2f\xfd", "zstd -dc"),
    (b"BZh", "bzip2 -dc"),
    (b"\x04\x22\x4d\x18", "lz4 -dc"),
    (b"PK\x03\x04", "unzip -p"),
];

/// What the file looks like, where that is known. Nothing of streams, which cannot be read again, and where the file
/// cannot be read.
pub(crate) fn looks(path: &Path) -> Option<Looks> {
    let mut start = Vec::new();
    // Nothing but a regular file: opening a fifo would wait.
    let read = path.metadata().is_ok_and(|metadata| metadata.is_file())
        && File::open(path).and_then(|file| file.take(LOOKED_AT).read_to_end(&mut start)).is_ok();
    if read { of(&start) } else { None }
}

/// What a file looks like that begins so.
pub(crate) fn of(start: &[u8]) -> Option<Looks> {
    let compressed = COMPRESSED.iter().find(|(magic, _)| start.starts_with(magic));
    let text = is_text(start).then_some(Looks::Text);
    compressed.map(|(_, unpack)| Looks::Compressed(unpack)).or(text)
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

impl Looks {
    /// What to say about it, and a command that makes a log of the file at `path`.
    pub(crate) fn advice(self, path: &Path) -> (String, Option<Next>) {
        let (name, file) = (shown(path), quoted(path));
        match self {
            Looks::Text => (
                format!("{name} looks like text, not like a log"),
                Some(Next::new(format!("aof append LOG < {file}"), "makes entries of its lines")),
            ),
            Looks::Compressed(unpack) => (
                format!("{name} looks compressed, not like a log"),
                Some(Next::new(format!("{unpack} {file} > LOG"), "unpacks it")),
            ),
        }
    }

    /// What to say about standard input that begins so.
    pub(crate) fn of_stream(self) -> String {
        match self {
            Looks::Text => {
                "standard input looks like text, not like a log: `aof append LOG` makes entries of lines".to_owned()
            }
            Looks::Compressed(unpack) => {
                format!("standard input looks compressed, not like a log: unpack it with `{unpack}` on the way")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_is_distinguished_from_bytes() {
        for text in ["hello\n", "a,b\r\n1,2\r\n", "gr\u{fc}n \u{1b}[1mbold\u{1b}[0m\n"] {
            assert_eq!(of(text.as_bytes()), Some(Looks::Text), "{text:?}");
            assert_eq!(of(&text.as_bytes()[..text.len() - 1]), Some(Looks::Text), "{text:?}");
        }
        for bytes in [&b""[..], b"text\0more", &aof_api::format::MAGIC, &[0; 16]] {
            assert_eq!(of(bytes), None, "{bytes:?}");
        }
    }

    #[test]
    fn a_compressed_file_is_named_with_what_unpacks_it() {
        assert_eq!(of(b"\x1f\x8b\x08\0"), Some(Looks::Compressed("gzip -dc")));
        let (text, next) = Looks::Compressed("xz -dc").advice(Path::new("my log.xz"));
        assert_eq!(text, "my log.xz looks compressed, not like a log");
        assert_eq!(next.unwrap().command, "xz -dc 'my log.xz' > LOG");
    }
}
