//! Names of objects: the keys are the truth about the log.

use crate::manifest::Segment;
use object_store::path::Path;

/// The names of the objects of one log, all of them below one prefix.
#[derive(Clone, Debug)]
pub(crate) struct Names {
    prefix: Path,
}

/// The place of a chunk: the key follows from it, so that two writers that know the same end choose the same key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub(crate) struct Slot {
    pub(crate) seq: u64,
    pub(crate) offset: u64,
}

impl Slot {
    /// The slot after a chunk of `payload_len` bytes in this one.
    pub(crate) fn next(self, payload_len: u64) -> Slot {
        Slot { seq: self.seq.saturating_add(1), offset: self.offset.saturating_add(payload_len) }
    }
}

impl Names {
    pub(crate) fn new(prefix: Path) -> Names {
        Names { prefix }
    }

    /// The prefix of the log, for people.
    pub(crate) fn prefix(&self) -> &Path {
        &self.prefix
    }

    pub(crate) fn chunks(&self) -> Path {
        self.prefix.clone().join("c")
    }

    pub(crate) fn chunk(&self, slot: Slot) -> Path {
        self.chunks().join(format!("{:020}-{:020}", slot.seq, slot.offset))
    }

    /// What sorts before every chunk with this number or a later one, and after every chunk before it.
    pub(crate) fn before_chunk(&self, seq: u64) -> Path {
        self.chunks().join(format!("{seq:020}"))
    }

    pub(crate) fn manifests(&self) -> Path {
        self.prefix.clone().join("m")
    }

    pub(crate) fn manifest(&self, number: u64) -> Path {
        self.manifests().join(format!("{number:020}"))
    }

    pub(crate) fn segments(&self) -> Path {
        self.prefix.clone().join("s")
    }

    pub(crate) fn segment(&self, from: u64, to: u64, id: u128) -> Path {
        self.segments().join(format!("{from:020}-{to:020}-{id:032x}"))
    }
}

/// The slot that the key of a chunk names; none for other keys.
pub(crate) fn parse_chunk(key: &Path) -> Option<Slot> {
    let (seq, offset) = key.filename()?.split_once('-')?;
    Some(Slot { seq: digits(seq)?, offset: digits(offset)? })
}

/// The number of a manifest; none for other keys.
pub(crate) fn parse_manifest(key: &Path) -> Option<u64> {
    digits(key.filename()?)
}

/// The segment that a key names; none for other keys.
pub(crate) fn parse_segment(key: &Path) -> Option<Segment> {
    let mut parts = key.filename()?.split('-');
    let (from, to, id) = (digits(parts.next()?)?, digits(parts.next()?)?, parts.next()?);
    let is_id = id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()) && parts.next().is_none();
    is_id.then(|| u128::from_str_radix(id, 16).ok())?.map(|id| Segment { from, to, id })
}

fn digits(text: &str) -> Option<u64> {
    (text.len() == 20 && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_sort_as_their_chunks_do() {
        let names = Names::new(Path::from("logs/a"));
        let slots = [(0, 0), (1, 0), (2, 9), (9, 10), (10, 1 << 40), (u64::MAX, u64::MAX)];
        let keys = slots.map(|(seq, offset)| names.chunk(Slot { seq, offset }));
        assert!(keys.is_sorted());
        assert_eq!(keys[3].as_ref(), "logs/a/c/00000000000000000009-00000000000000000010");
        for (key, (seq, offset)) in keys.iter().zip(slots) {
            assert_eq!(parse_chunk(key), Some(Slot { seq, offset }));
            assert!(names.before_chunk(seq) < *key);
        }
        assert!(names.before_chunk(10) > keys[3]);
    }

    #[test]
    fn other_keys_are_not_chunks() {
        for key in ["c/1-2", "c/00000000000000000001", "c/0000000000000000000x-00000000000000000000", "c/readme"] {
            assert_eq!(parse_chunk(&Path::from(key)), None, "{key}");
        }
        let names = Names::new(Path::from("logs/a"));
        assert_eq!(parse_segment(&names.segment(1, 20, 7)), Some(Segment { from: 1, to: 20, id: 7 }));
        assert_eq!(parse_segment(&names.chunk(Slot { seq: 1, offset: 20 })), None);
        assert_eq!(parse_manifest(&Path::from("m/99999999999999999999")), None);
        assert_eq!(parse_manifest(&Names::new(Path::default()).manifest(7)), Some(7));
    }
}
