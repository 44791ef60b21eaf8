//! Opening a log for writing: find it, and fence off its writer.

use crate::chunk::{Chunk, ChunkHeader, Kind, Note, Writer};
use crate::found::Found;
use crate::index::Index;
use crate::manifest::Manifest;
use crate::options::OpenMode;
use crate::requests::{Created, Requests, broken};
use aof_api::format::Checksum;
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use bytes::Bytes;
use std::time::SystemTime;
use uuid::Uuid;

/// How many chunks of a writer that still lives are passed before opening gives up.
const PASSED_MAX: usize = 10_000;

/// How often opening begins again because the log was pruned meanwhile.
const TAKES_MAX: usize = 8;

/// A log that this writer has.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) writer: Writer,
    pub(crate) manifest: Manifest,
    pub(crate) index: Index,
    /// The checksum of the newest header.
    pub(crate) previous: Checksum,
    pub(crate) note: Option<Note>,
}

impl Requests {
    /// Takes the log, or makes it.
    pub(crate) async fn take(&self) -> Result<Opened> {
        for _ in 0..TAKES_MAX {
            if let Some(opened) = self.try_to_take().await? {
                return Ok(opened);
            }
        }
        Err(Error::Locked { what: format!("{}, which is pruned faster than it is opened,", self.what()) })
    }

    /// Takes the log; none where it was pruned meanwhile beyond what was found. The fence is then in a slot whose chunk was
    /// deleted, below the start, where nobody looks.
    async fn try_to_take(&self) -> Result<Option<Opened>> {
        let found = self.find_or_make().await?;
        self.probe(&found).await?;
        self.check_idle(found.newest_at)?;
        let newest = match found.newest {
            Some(slot) => match self.chunk_header(slot).await? {
                Some(header) => Some(header),
                // Pruned since it was listed.
                None => return Ok(None),
            },
            None => None,
        };
        let mut opened = Opened {
            writer: Writer {
                log: found.manifest.writer.log,
                writer: Uuid::new_v4().as_u128(),
                epoch: newest.as_ref().map_or(0, |header| header.writer.epoch).max(found.manifest.writer.epoch),
            },
            manifest: found.manifest,
            index: found.index,
            previous: newest.as_ref().map_or(Checksum::default(), ChunkHeader::checksum),
            note: newest.and_then(|header| header.note),
        };
        opened.writer.epoch = opened.writer.epoch.saturating_add(1);
        self.fence(&mut opened).await?;
        Ok(self.take_manifest(&mut opened).await?.then_some(opened))
    }

    async fn find_or_make(&self) -> Result<Found> {
        if let Some(found) = self.find().await? {
            return Ok(found);
        }
        let writer = Writer { log: Uuid::new_v4().as_u128(), writer: Uuid::new_v4().as_u128(), epoch: 0 };
        let first = Manifest::new(writer).encode().into();
        // The loser of this race finds the other's.
        self.create(&self.names.manifest(0), &first, 0).await?;
        let missing = || broken(IoCall::Create, &self.names.manifest(0), 0, "it was made and is not there");
        self.find().await?.ok_or_else(missing)
    }

    /// Refuses a store that replaces what is there: two writers would overwrite each other's chunks.
    async fn probe(&self, found: &Found) -> Result<()> {
        let key = self.names.manifest(found.manifest.number);
        match self.refuses_to_replace(&key, &found.manifest_object.clone().into()).await? {
            true => Ok(()),
            false => Err(Error::Unsupported {
                what: "writing a log here is not safe and was not begun: creating an object only where there is none (PUT with If-None-Match: *)",
            }),
        }
    }

    fn check_idle(&self, newest_at: Option<SystemTime>) -> Result<()> {
        let OpenMode::OnlyIfIdle(idle) = self.options.mode else { return Ok(()) };
        // A time ahead of this machine's is young.
        let age = newest_at.map(|at| SystemTime::now().duration_since(at).unwrap_or_default());
        match age {
            Some(age) if age < idle => {
                let ago = age.as_secs();
                Err(Error::Locked { what: format!("{}, which was written {ago} s ago,", self.what()) })
            }
            _ => Ok(()),
        }
    }

    /// Puts a fence in the next slot, after what a writer that still lives has put there meanwhile.
    async fn fence(&self, opened: &mut Opened) -> Result<()> {
        for _ in 0..PASSED_MAX {
            let slot = opened.index.next();
            let chunk =
                Chunk::new(Kind::Fence, opened.writer, slot, opened.previous, opened.note.clone(), Bytes::new());
            match self.create(&self.names.chunk(slot), &chunk.object, slot.offset).await? {
                Created::Ours => {
                    opened.previous = chunk.header.checksum();
                    opened.index.push(0);
                    return Ok(());
                }
                Created::Theirs => {}
            }
            let Some(theirs) = self.chunk_header(slot).await? else { continue };
            if theirs.writer.epoch >= opened.writer.epoch {
                return Err(Error::Fenced { what: self.what() });
            }
            opened.previous = theirs.checksum();
            opened.index.push(theirs.payload_len);
            opened.note = theirs.note;
        }
        Err(Error::Locked { what: format!("{}, whose writer is faster than opening it,", self.what()) })
    }

    /// Puts a manifest of this writer after the newest one, so that the displaced writer prunes nothing any more.
    /// False where that one pruned beyond what was found when opening began.
    async fn take_manifest(&self, opened: &mut Opened) -> Result<bool> {
        for _ in 0..PASSED_MAX {
            let next = Manifest {
                writer: opened.writer,
                number: opened.manifest.number.saturating_add(1),
                ..opened.manifest.clone()
            };
            let object = next.encode().into();
            if let Created::Ours = self.create(&self.names.manifest(next.number), &object, 0).await? {
                opened.manifest = next;
                return Ok(true);
            }
            let Some((theirs, _)) = self.manifest(next.number).await? else { continue };
            if theirs.writer.epoch >= opened.writer.epoch {
                return Err(Error::Fenced { what: self.what() });
            }
            // The displaced writer pruned or compacted before its end: below everything that is its own.
            if theirs.first > opened.index.next() || theirs.start > opened.index.end() {
                return Ok(false);
            }
            for segment in &theirs.segments {
                opened.index.replace(*segment);
            }
            opened.index.prune(theirs.start);
            opened.manifest = theirs;
        }
        Err(Error::Locked { what: format!("{}, whose writer is faster than opening it,", self.what()) })
    }
}
