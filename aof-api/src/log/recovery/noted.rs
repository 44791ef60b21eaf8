//! The note that the storage kept: what it claims, and whether reading may begin where it says.

use super::report::{First, NoteFound};
use crate::chain::note::LogNote;
use crate::chain::rule::Rule;
use crate::chain::tip::Tip;
use crate::format::entry::{AofEntry, decode_header};
use crate::format::header::Header;
use crate::format::layout::{ENTRY_SIZE_MAX, ENTRY_SIZE_MIN};
use crate::log::options::LogOptions;
use crate::read::bounded::Bounded;
use crate::read::find::{Target, find_sorted};
use crate::storage::backend::{AofBackend, AofReadExt};
use crate::storage::error::{Error, Result};

/// The note of the storage, examined.
pub(super) struct Noted {
    pub(super) found: NoteFound,
    /// What an intact note says; everything below its end was durable.
    pub(super) claim: Option<LogNote>,
    /// The first header of the log, where it is whole.
    first: Option<Header>,
}

/// Where reading begins, and what is known of the log before.
#[derive(Clone, Copy)]
pub(super) struct Begin {
    pub(super) offset: u64,
    pub(super) before: Option<Before>,
}

/// A log as far as it is not read.
#[derive(Clone, Copy)]
pub(super) struct Before {
    pub(super) tip: Tip,
    pub(super) op_max: u64,
    pub(super) timestamp: u64,
    pub(super) cluster: u128,
    pub(super) entries: u64,
    pub(super) first: First,
    /// The size of its last entry, header and body, where that is known.
    pub(super) size: u32,
}

impl Noted {
    /// Reads the first header of the log and, where there is a note, what it claims.
    pub(super) async fn examine<B: AofBackend>(backend: &mut B, options: &LogOptions, start: u64) -> Result<Noted> {
        let first = read_header(backend, start).await?;
        let none = |found| Noted { found, claim: None, first };
        let Some((covered, bytes)) = backend.note() else { return Ok(none(NoteFound::None)) };
        if options.ignore_note {
            return Ok(none(NoteFound::Ignored));
        }
        let Some(note) = LogNote::decode(&bytes).filter(|note| note.end == covered) else {
            tracing::warn!(covered, "the note of the storage is damaged and ignored");
            return Ok(none(NoteFound::Damaged));
        };
        let expected = options.cluster.or(first.map(|first| first.cluster.get()));
        match expected {
            Some(expected) if expected != note.cluster => Err(Error::WrongCluster { expected, found: note.cluster }),
            _ => Ok(Noted { found: NoteFound::Intact, claim: Some(note), first }),
        }
    }

    /// Where to begin to read a log that begins at `start`: where the note says, if that can be believed.
    pub(super) async fn begin<B: AofBackend>(
        &self,
        backend: &mut B,
        options: &LogOptions,
        start: u64,
        visits: bool,
    ) -> Result<Begin> {
        let everything = Begin { offset: start, before: None };
        let wanted = options.visit_from.unwrap_or(if visits { 0 } else { u64::MAX });
        let (Some(note), Some(first)) = (self.claim, self.first) else { return Ok(everything) };
        let (op, parent) = (first.op.get(), first.parent);
        let believed = options.rule == Rule::Linear && note.is_linear && !options.verify_all && op <= wanted;
        if !believed || (start == 0 && parent != note.root) {
            return Ok(everything);
        }
        let first = First { op, parent };
        let Some(size) = self.tip_size(backend, &note, start).await? else { return Ok(everything) };
        let LogNote { tip, op_max, timestamp, cluster, .. } = note;
        if wanted > tip.op {
            let entries = (tip.op + 1).saturating_sub(op);
            return Ok(Begin {
                offset: note.end,
                before: Some(Before { tip, op_max, timestamp, cluster, entries, first, size }),
            });
        }
        // Entries before the end of the note are believed to be there, not to be whole: the walk verifies them.
        let reader = Bounded::new(backend.reader().await?, note.end);
        let Some(place) = find_sorted(reader, Target::Op(wanted), options.read).await? else { return Ok(everything) };
        let Some(header) = read_header(backend, place.offset).await? else { return Ok(everything) };
        if place.offset <= start || header.op.get() != wanted {
            return Ok(everything);
        }
        let tip = Tip { op: wanted - 1, checksum: header.parent };
        let before = Before { tip, op_max: tip.op, timestamp: 0, cluster, entries: wanted - op, first, size: 0 };
        Ok(Begin { offset: place.offset, before: Some(before) })
    }

    /// The size of the entry that the note names, if the log holds it where the note says; 0 where the log was pruned
    /// exactly after it.
    async fn tip_size<B: AofBackend>(&self, backend: &mut B, note: &LogNote, start: u64) -> Result<Option<u32>> {
        if note.tip_offset < start {
            let follows = |first: &Header| {
                first.parent == note.tip.checksum && first.op.get().checked_sub(1) == Some(note.tip.op)
            };
            return Ok((note.end == start && self.first.as_ref().is_some_and(follows)).then_some(0));
        }
        let Some(len) = usize::try_from(note.end - note.tip_offset).ok().filter(|len| *len <= ENTRY_SIZE_MAX) else {
            return Ok(None);
        };
        let mut bytes = vec![0; len];
        let count = backend.read_all_at(note.tip_offset, &mut bytes).await?;
        let entry = AofEntry::decode(&bytes[..count]).ok();
        let entry = entry.filter(|entry| entry.checksum() == note.tip.checksum && entry.size_disk() == len as u64);
        Ok(entry.map(|entry| entry.header().size.get()))
    }
}

/// The header at `offset`, if a whole one is there.
async fn read_header<B: AofBackend>(backend: &mut B, offset: u64) -> Result<Option<Header>> {
    let mut bytes = [0; ENTRY_SIZE_MIN];
    // What cannot be read is met again by the walk, which says where.
    let Ok(count) = backend.read_all_at(offset, &mut bytes).await else { return Ok(None) };
    Ok(decode_header(&bytes[..count]).ok().copied())
}
