//! What of a log counts, entry by entry, and what its end is then.

use super::{Cut, CutPiece, Opened, Recovery, TailKind};
use crate::chain::link::{Chain, Link};
use crate::chain::run::Run;
use crate::format::damage::Damage;
use crate::format::header::Header;
use crate::log::filler::Filler;
use crate::log::options::{LogOptions, Tail};
use crate::read::scan::DamagedRange;
use crate::storage::backend::{AofBackend, AofReadExt};
use crate::storage::error::{CorruptReason, Error, Quantity, Result};

/// Damage that nothing has continued the chain behind, so far.
struct Suspect {
    first: DamagedRange,
    /// All ranges, to be kept perhaps; as many as a report lists.
    ranges: Vec<DamagedRange>,
    count: u64,
    entries_behind: u64,
    /// How many of them stand before the damage too, so that they count if the chain goes on.
    repeated: u64,
    /// Where the last damaged entry with a whole header ends, or would end. What stands before may be its body.
    body_end: u64,
    /// An entry that continues the chain, but may stand in a body.
    doubtful: Option<u64>,
    /// The first valid entry behind the damage.
    next: Option<u64>,
    /// Some entry around the damage was not made by `append`, so `commit` does not say what was checkpointed.
    unmarked: bool,
}

impl Recovery {
    /// Damage that stays in the log.
    fn keep(&mut self, suspect: Suspect) {
        self.kept_count += suspect.count;
        let room = Recovery::KEPT_MAX - self.kept.len();
        self.kept.extend(suspect.ranges.into_iter().take(room));
    }
}

/// The entries of a log, as they are read in order, and what is known after each.
pub(super) struct Walk<'a> {
    pub(super) options: &'a LogOptions,
    chain: Chain,
    recovery: Recovery,
    cluster: Option<u128>,
    timestamp: u64,
    /// The last entry that counts was made by `append`; true before the first.
    marked: bool,
    suspect: Option<Suspect>,
    expected_found: bool,
}

impl<'a> Walk<'a> {
    pub(super) fn new(options: &'a LogOptions) -> Walk<'a> {
        let recovery =
            Recovery { entries: 0, len: 0, tip: None, acknowledged_op: 0, cut: None, kept: Vec::new(), kept_count: 0 };
        Walk {
            options,
            chain: Chain::new(options.rule),
            recovery,
            cluster: options.cluster,
            timestamp: 0,
            marked: true,
            suspect: None,
            expected_found: options.expected_tip.is_none(),
        }
    }

    /// A run of entries that continue the chain and each other. Answers whether it is one.
    pub(super) fn take_run(&mut self, run: &Run) -> bool {
        // To find one checksum, each must be looked at.
        let plain = self.suspect.is_none() && self.expected_found && self.cluster == Some(run.cluster);
        if !plain || !self.chain.push_run(run) {
            return false;
        }
        self.recovery.acknowledged_op = self.recovery.acknowledged_op.max(run.acknowledged_op);
        self.recovery.entries += run.entries();
        self.timestamp = self.timestamp.max(run.timestamp);
        self.marked = run.marked;
        true
    }

    /// One whole entry.
    pub(super) fn take(&mut self, offset: u64, header: &Header) -> Result<()> {
        let marked = header.has_checkpoint_mark();
        // What may be the body of a damaged entry was perhaps made by a client, and says nothing about this log.
        let in_body = self.suspect.as_ref().is_some_and(|suspect| offset < suspect.body_end);
        if marked && !in_body && self.cluster.is_none_or(|cluster| cluster == header.cluster.get()) {
            self.recovery.acknowledged_op = self.recovery.acknowledged_op.max(header.commit.get());
        }
        if self.suspect.is_none() && self.recovery.kept_count > 0 && self.chain.is_orphan(header) {
            // Damage was passed because the chain went on behind it, but not all that stood there was recorded again.
            let (op, damage) = (Some(header.op.get()), Damage::ParentLost);
            self.damage(
                DamagedRange { offset, len: 0, damage, op, zeros: false, at_end: false, torn_end: false },
                None,
            );
        }
        if let Some(suspect) = &mut self.suspect {
            let begins = self.chain.tip().is_none() && {
                let (op, checksum) = self.options.start.base(header.cluster.get());
                header.parent == checksum && header.op.get().checked_sub(1) == Some(op)
            };
            let continues = begins || self.chain.continues(header);
            if in_body && !(continues && self.options.tail == Tail::Keep) {
                if continues {
                    suspect.doubtful.get_or_insert(offset);
                }
                return Ok(());
            }
            if !continues {
                suspect.entries_behind += 1;
                suspect.repeated += u64::from(self.chain.is_recorded(header));
                suspect.next.get_or_insert(offset);
                suspect.unmarked |= !marked;
                return Ok(());
            }
            // Nothing is missing: the damage was a torn entry, and whoever tore it went on behind it.
            if let Some(suspect) = self.suspect.take() {
                self.recovery.entries += suspect.repeated;
                self.recovery.keep(suspect);
            }
        }
        self.accept(offset, header, marked)
    }

    /// One whole entry that the chain allows.
    fn accept(&mut self, offset: u64, header: &Header, marked: bool) -> Result<()> {
        let found = header.cluster.get();
        match self.cluster {
            Some(expected) if expected != found => return Err(Error::WrongCluster { expected, found }),
            _ => self.cluster = Some(found),
        }
        let op = header.op.get();
        let expected = self.chain.tip().map(|tip| tip.checksum);
        match self.chain.push(header)? {
            Link::Next | Link::Duplicate | Link::Seam => {}
            Link::Gap { .. } | Link::Break { .. } if self.options.rule == crate::Rule::TigerBeetle => {}
            Link::Gap { .. } | Link::Break { .. } => {
                return Err(Error::ChainBroken { offset, op, expected, found: header.parent });
            }
            Link::Fork { .. } => return Err(Error::Forked { offset, op, parent: header.parent }),
        }
        self.recovery.entries += 1;
        self.timestamp = self.timestamp.max(header.timestamp.get());
        self.marked = marked;
        self.expected_found |= self.options.expected_tip == Some(header.checksum);
        Ok(())
    }

    /// Something that does not count for now. Where it is an entry with a whole header, `end` is where it ends.
    pub(super) fn damage(&mut self, range: DamagedRange, end: Option<u64>) {
        let unmarked = !self.marked;
        let suspect = self.suspect.get_or_insert_with(|| Suspect {
            first: range,
            ranges: Vec::new(),
            count: 0,
            entries_behind: 0,
            repeated: 0,
            body_end: 0,
            doubtful: None,
            next: None,
            unmarked,
        });
        suspect.count += 1;
        if range.offset >= suspect.body_end {
            suspect.body_end = end.unwrap_or(0);
        }
        if suspect.ranges.len() < Recovery::KEPT_MAX {
            suspect.ranges.push(range);
        }
    }

    /// The end of the log: what is suspect now is a tail, or a loss.
    pub(super) async fn finish<B: AofBackend>(mut self, backend: &mut B, end: u64) -> Result<Opened> {
        self.recovery.tip = self.chain.tip();
        self.recovery.len = end;
        if let (Some(durable_len), None) = (self.options.durable_len, &self.suspect)
            && end < durable_len
        {
            let damage = Damage::Torn { have: end, need: durable_len };
            return Err(Error::Corrupt { offset: end, reason: CorruptReason::Durable { damage, durable_len } });
        }
        let mut filler = None;
        if let Some(suspect) = self.suspect.take() {
            self.judge(&suspect)?;
            // Before anything is changed: a log that is refused for this is to be left as it is.
            self.check_expected_tip()?;
            let kind = kind(&suspect, end);
            let cuts = match self.options.tail {
                Tail::Truncate => true,
                Tail::TruncateTorn => kind != TailKind::Corrupt,
                Tail::Keep | Tail::Refuse => false,
            };
            if cuts {
                self.cut(backend, &suspect, kind, end).await?;
            } else if self.options.tail == Tail::Keep {
                filler = Filler::find(backend, &suspect.first, end).await?;
                self.recovery.keep(suspect);
            } else {
                let Suspect { first: DamagedRange { offset, damage, .. }, entries_behind, .. } = suspect;
                let reason = CorruptReason::TailRefused { damage, entries: self.recovery.entries, entries_behind };
                return Err(Error::Corrupt { offset, reason });
            }
        }
        self.check_expected_tip()?;
        let op_max = self.chain.op_max();
        Ok(Opened { recovery: self.recovery, cluster: self.cluster, op_max, timestamp: self.timestamp, filler })
    }

    async fn cut<B: AofBackend>(&mut self, backend: &mut B, suspect: &Suspect, kind: TailKind, end: u64) -> Result<()> {
        let (offset, len) = (suspect.first.offset, end - suspect.first.offset);
        let pieces = read_pieces(backend, offset, end, self.options.cut_len_max).await?;
        let (damage, entries) = (suspect.first.damage, suspect.entries_behind);
        tracing::warn!(offset, len, ?kind, entries, "cutting an unacknowledged tail");
        backend.truncate(offset).await?;
        self.recovery.len = offset;
        self.recovery.cut = Some(Cut { offset, len, kind, damage, entries, pieces });
        Ok(())
    }

    /// Whether the suspect part may be treated as a tail that nobody was promised.
    fn judge(&self, suspect: &Suspect) -> Result<()> {
        let DamagedRange { offset, damage, .. } = suspect.first;
        let refused = |reason| Err(Error::Corrupt { offset, reason });
        if let Some(durable_len) = self.options.durable_len {
            return if offset < durable_len { refused(CorruptReason::Durable { damage, durable_len }) } else { Ok(()) };
        }
        // Nothing before the damage: the log may begin anywhere, but not before its start.
        let op_before = self.chain.tip().map_or_else(|| self.options.start.base(0).0, |tip| tip.op);
        let op = op_before.saturating_add(1);
        let acknowledged = self.recovery.acknowledged_op;
        if op <= acknowledged {
            return refused(CorruptReason::Acknowledged { damage, op, acknowledged });
        }
        match suspect.next.filter(|_| suspect.unmarked).or(suspect.doubtful) {
            Some(next) => refused(CorruptReason::EntriesBehind { damage, next }),
            None => Ok(()),
        }
    }

    fn check_expected_tip(&self) -> Result<()> {
        match self.options.expected_tip {
            Some(expected) if !self.expected_found => {
                let found = self.recovery.tip.map(|tip| tip.checksum);
                Err(Error::ChecksumMismatch { expected, found })
            }
            _ => Ok(()),
        }
    }
}

fn kind(suspect: &Suspect, end: u64) -> TailKind {
    let DamagedRange { offset, len, damage, zeros, torn_end, .. } = suspect.first;
    // What stands in the body of a torn entry is part of it.
    let in_body = suspect.entries_behind == 0 && suspect.body_end >= end;
    let whole_tail = offset + len == end || in_body;
    match damage {
        _ if whole_tail && zeros => TailKind::Zero,
        Damage::Torn { .. } if whole_tail => TailKind::Torn,
        _ if torn_end => TailKind::Torn,
        _ => TailKind::Corrupt,
    }
}

/// The unit in which zeros are told from bytes.
const PIECE_SIZE: usize = 4096;

/// The bytes from `offset` to `end`, runs of zeros as lengths.
async fn read_pieces<B: AofBackend>(backend: &mut B, offset: u64, end: u64, limit: u64) -> Result<Vec<CutPiece>> {
    let mut pieces = Vec::new();
    let mut held: u64 = 0;
    let mut buf = [0; PIECE_SIZE];
    let mut at = offset;
    backend.seek(at).await?;
    while at < end {
        let wanted = usize::try_from(end - at).map_or(PIECE_SIZE, |left| left.min(PIECE_SIZE));
        let count = backend.read_all(&mut buf[..wanted]).await?;
        if count == 0 {
            break;
        }
        at += count as u64;
        let read = &buf[..count];
        let zeros = read.iter().all(|byte| *byte == 0);
        match pieces.last_mut() {
            Some(CutPiece::Zeros(len)) if zeros => *len += count as u64,
            _ if zeros => pieces.push(CutPiece::Zeros(count as u64)),
            last => {
                held += count as u64;
                if held > limit {
                    return Err(Error::TooLarge { what: Quantity::Tail, size: end - offset, limit });
                }
                match last {
                    Some(CutPiece::Bytes(bytes)) => bytes.extend_from_slice(read),
                    _ => pieces.push(CutPiece::Bytes(read.to_vec())),
                }
            }
        }
    }
    Ok(pieces)
}
