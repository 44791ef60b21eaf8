//! From a fuzzer's bytes to the bytes of a log: entries with valid checksums and any header, in any order, and what can
//! happen to them.

use aof_api::{CHECKPOINT_MARK, Checksum, Header, MAGIC, Operation, Prepare};
use arbitrary::{Arbitrary, Unstructured};
use zerocopy::IntoBytes;

/// A piece of a log.
#[derive(Arbitrary, Debug)]
enum Piece {
    /// The next entry of the chain, as `append` makes it.
    Next {
        body: Body,
        commit_back: u8,
    },
    /// The next entry as somebody else makes it.
    Foreign {
        body: Body,
    },
    /// An entry that was there before, counted back from the last.
    Again {
        back: u8,
    },
    /// An entry with these fields, and a checksum that holds.
    Absurd {
        op: u64,
        commit: u64,
        timestamp: u64,
        cluster: u8,
        operation: u8,
        size: Option<u32>,
        parent_back: u8,
    },
    /// The chain goes on some ops further.
    Gap {
        ops: u8,
    },
    /// The first bytes of the entry before this piece.
    Torn {
        len: u16,
    },
    Zeros {
        len: u16,
    },
    Raw {
        bytes: Vec<u8>,
    },
    /// A bit of what was made so far.
    Flip {
        back: u16,
        bit: u8,
    },
    /// What was made so far ends earlier.
    Cut {
        len: u16,
    },
}

#[derive(Arbitrary, Debug)]
enum Body {
    Empty,
    Small(u8),
    Large(u16),
    /// A whole entry, which must not be taken for one.
    Entry,
    Bytes(Vec<u8>),
}

/// The most that is made, so that a run stays quick.
const LEN_MAX: usize = 256 << 10;

/// The bytes of a log for a fuzzer's bytes.
pub fn bytes(data: &[u8]) -> Vec<u8> {
    match data.split_first() {
        Some((first, rest)) if first % 2 == 1 => {
            let mut recipe = Recipe::default();
            let mut unstructured = Unstructured::new(rest);
            while recipe.bytes.len() < LEN_MAX
                && !unstructured.is_empty()
                && let Ok(piece) = Piece::arbitrary(&mut unstructured)
            {
                recipe.add(&piece);
            }
            recipe.bytes
        }
        Some((_, rest)) => rest.to_vec(),
        None => Vec::new(),
    }
}

#[derive(Default)]
struct Recipe {
    bytes: Vec<u8>,
    prepares: Vec<Prepare>,
    skipped: u64,
}

impl Recipe {
    fn add(&mut self, piece: &Piece) {
        match piece {
            Piece::Next { body, commit_back } => {
                let body = self.body(body);
                let mut header = self.next_header();
                header.checkpoint_id = CHECKPOINT_MARK.into();
                header.commit = header.op.get().saturating_sub(1 + u64::from(*commit_back)).into();
                self.push(header, &body);
            }
            Piece::Foreign { body } => {
                let body = self.body(body);
                self.push(self.next_header(), &body);
            }
            Piece::Again { back } => {
                if let Some(prepare) = self.back(*back) {
                    self.bytes.extend_from_slice(prepare.as_entry_bytes());
                    self.prepares.push(prepare);
                }
            }
            Piece::Absurd { op, commit, timestamp, cluster, operation, size, parent_back } => {
                let mut header = Header::new(Operation(*operation));
                header.op = (*op).into();
                header.commit = (*commit).into();
                header.timestamp = (*timestamp).into();
                header.cluster = u128::from(*cluster % 2).into();
                header.parent = self.back(*parent_back).map_or(Checksum::EMPTY, |parent| parent.checksum());
                match size {
                    None => self.push(header, &[]),
                    Some(size) => {
                        header.size = (*size).into();
                        header.checksum = header.calculate_checksum();
                        self.bytes.extend_from_slice(&MAGIC);
                        self.bytes.extend_from_slice(header.as_bytes());
                    }
                }
            }
            Piece::Gap { ops } => self.skipped += u64::from(*ops),
            Piece::Torn { len } => {
                let torn = self.prepares.last().map(|prepare| {
                    let entry = prepare.as_entry_bytes();
                    entry[..usize::from(*len) % entry.len()].to_vec()
                });
                self.bytes.extend(torn.unwrap_or_default());
            }
            Piece::Zeros { len } => self.bytes.resize(self.bytes.len() + usize::from(*len), 0),
            Piece::Raw { bytes } => self.bytes.extend_from_slice(bytes),
            Piece::Flip { back, bit } => {
                let at = self.bytes.len().checked_sub(1 + usize::from(*back));
                if let Some(byte) = at.and_then(|at| self.bytes.get_mut(at)) {
                    *byte ^= 1 << (bit % 8);
                }
            }
            Piece::Cut { len } => self.bytes.truncate(self.bytes.len().saturating_sub(usize::from(*len))),
        }
    }

    fn push(&mut self, header: Header, body: &[u8]) {
        let prepare = Prepare::seal(header, body).expect("bodies here are small");
        self.bytes.extend_from_slice(prepare.as_entry_bytes());
        self.prepares.push(prepare);
    }

    fn back(&self, back: u8) -> Option<Prepare> {
        self.prepares.iter().rev().nth(usize::from(back)).cloned()
    }

    fn next_header(&self) -> Header {
        let mut header = Header::new(Operation(128));
        let (op, parent) = match self.prepares.last() {
            Some(last) => (last.op().saturating_add(1), last.checksum()),
            None => (1, Prepare::root(0).checksum()),
        };
        header.op = op.saturating_add(self.skipped).into();
        header.parent = parent;
        header.client = 1.into();
        header.request = 1.into();
        header.release = 1.into();
        header.timestamp = op.max(1).into();
        header
    }

    fn body(&self, body: &Body) -> Vec<u8> {
        match body {
            Body::Empty => Vec::new(),
            Body::Small(len) => vec![0xa5; usize::from(*len)],
            Body::Large(len) => vec![0x5a; usize::from(*len)],
            Body::Entry => self.prepares.last().map_or_else(|| MAGIC.to_vec(), |last| last.as_entry_bytes().to_vec()),
            Body::Bytes(bytes) => bytes.clone(),
        }
    }
}
