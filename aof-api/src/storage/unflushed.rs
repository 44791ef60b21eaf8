//! Bytes that were written and are not in the storage yet, shared with readers: a building block for backends.

use std::collections::VecDeque;
use std::io::IoSlice;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// A piece takes more bytes while it is shorter than this, where the backend does not say otherwise.
const PIECE_LEN: usize = 256 << 10;

/// The bytes at the end of a log that the storage does not have yet, in order and without gaps.
///
/// A backend that buffers writes keeps **B3** with it: readers look here first, by offset, and then in the storage, which
/// has the bytes before they are [released](Unflushed::release). The lock inside is held only while memory is copied.
///
/// ```
/// use aof_api::storage::unflushed::Unflushed;
/// use std::io::IoSlice;
///
/// let buffer = Unflushed::new(100);
/// let view = buffer.view();
/// buffer.push(&[IoSlice::new(b"not in "), IoSlice::new(b"the storage yet")]);
/// let mut bytes = [0; 6];
/// assert_eq!(view.read_at(104, &mut bytes), Some(6));
/// assert_eq!(&bytes, b"in the");
/// buffer.release(107);
/// assert_eq!(view.read_at(104, &mut bytes), None); // the storage has these
/// assert_eq!(buffer.len(), 15);
/// ```
#[derive(Debug)]
pub struct Unflushed {
    pieces: Arc<Mutex<Pieces>>,
}

/// A reader's half of an [`Unflushed`].
#[derive(Clone, Debug)]
pub struct UnflushedView {
    pieces: Arc<Mutex<Pieces>>,
}

/// A piece of the log: its offset, and its bytes.
pub type Piece = (u64, Arc<Vec<u8>>);

#[derive(Debug)]
struct Pieces {
    pieces: VecDeque<Piece>,
    /// Where the first byte belongs.
    start: u64,
    /// Where the next byte belongs.
    end: u64,
    /// A piece takes more bytes while it is shorter than this.
    piece_len: usize,
    /// The newest piece takes no more bytes.
    is_sealed: bool,
}

impl Unflushed {
    /// An empty buffer at the end of a log of `len` bytes.
    #[must_use]
    pub fn new(len: u64) -> Unflushed {
        Unflushed::in_pieces(len, PIECE_LEN)
    }

    /// As [`new`](Unflushed::new), with pieces that take more bytes while they are shorter than `piece_len`: for a backend
    /// that hands a whole piece to its storage, and would otherwise join several.
    #[must_use]
    pub fn in_pieces(len: u64, piece_len: usize) -> Unflushed {
        let pieces = Pieces { pieces: VecDeque::new(), start: len, end: len, piece_len, is_sealed: false };
        Unflushed { pieces: Arc::new(Mutex::new(pieces)) }
    }

    /// Ends the newest piece: what is pushed next begins another one.
    pub fn seal(&self) {
        self.lock().is_sealed = true;
    }

    /// Appends `parts`. Show them to the readers afterwards
    /// ([`Extent::set_len`](crate::storage::extent::Extent::set_len)).
    pub fn push(&self, parts: &[IoSlice<'_>]) {
        let mut held = self.lock();
        let added: usize = parts.iter().map(|part| part.len()).sum();
        let end = held.end;
        let (piece_len, is_sealed) = (held.piece_len, mem::take(&mut held.is_sealed));
        // A piece that somebody is writing to the storage stays as it is.
        let open = held.pieces.back_mut().filter(|(_, bytes)| bytes.len() < piece_len && !is_sealed);
        match open.and_then(|(_, bytes)| Arc::get_mut(bytes)) {
            Some(bytes) => parts.iter().for_each(|part| bytes.extend_from_slice(part)),
            None => {
                let mut bytes = Vec::with_capacity(added);
                parts.iter().for_each(|part| bytes.extend_from_slice(part));
                held.pieces.push_back((end, Arc::new(bytes)));
            }
        }
        held.end += added as u64;
    }

    /// The pieces that are held, for writing them to the storage without a lock.
    #[must_use]
    pub fn pieces(&self) -> Vec<Piece> {
        self.lock().pieces.iter().cloned().collect()
    }

    /// Forgets the bytes below `upto`: the storage has them.
    pub fn release(&self, upto: u64) {
        let mut held = self.lock();
        let upto = upto.clamp(held.start, held.end);
        while held.pieces.front().is_some_and(|(offset, bytes)| offset + bytes.len() as u64 <= upto) {
            held.pieces.pop_front();
        }
        held.start = upto;
    }

    /// Forgets the bytes from `len` on, of a log that is cut to it. The next byte belongs at `len`.
    pub fn truncate(&self, len: u64) {
        let mut held = self.lock();
        while held.pieces.back().is_some_and(|(offset, _)| *offset >= len) {
            held.pieces.pop_back();
        }
        if let Some((offset, bytes)) = held.pieces.back_mut()
            && let Ok(keep) = usize::try_from(len - *offset)
            && keep < bytes.len()
        {
            *bytes = Arc::new(bytes[..keep].to_vec());
        }
        held.start = held.start.min(len);
        held.end = len;
    }

    /// How many bytes are held.
    #[must_use]
    pub fn len(&self) -> u64 {
        let held = self.lock();
        held.end - held.start
    }

    /// Whether no bytes are held.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// A view for a reader.
    #[must_use]
    pub fn view(&self) -> UnflushedView {
        UnflushedView { pieces: Arc::clone(&self.pieces) }
    }

    /// As [`UnflushedView::read_at`].
    #[must_use]
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> Option<usize> {
        self.lock().read_at(offset, buf)
    }

    fn lock(&self) -> MutexGuard<'_, Pieces> {
        lock(&self.pieces)
    }
}

impl UnflushedView {
    /// Copies bytes at `offset` into `buf` and returns how many; `None` where the byte at `offset` is not held: below
    /// what is held the storage has it, and at the end nobody.
    #[must_use]
    pub fn read_at(&self, offset: u64, buf: &mut [u8]) -> Option<usize> {
        lock(&self.pieces).read_at(offset, buf)
    }

    /// Where the bytes that are held begin: the storage has everything below.
    #[must_use]
    pub fn start(&self) -> u64 {
        lock(&self.pieces).start
    }
}

impl Pieces {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Option<usize> {
        if offset < self.start || offset >= self.end {
            return None;
        }
        let index = self.pieces.partition_point(|(begin, _)| *begin <= offset).checked_sub(1)?;
        let (begin, bytes) = &self.pieces[index];
        let bytes = bytes.get(usize::try_from(offset - begin).ok()?..)?;
        let count = bytes.len().min(buf.len());
        buf[..count].copy_from_slice(&bytes[..count]);
        Some(count)
    }
}

fn lock(pieces: &Mutex<Pieces>) -> MutexGuard<'_, Pieces> {
    // Nothing is done under the lock that could panic half way.
    pieces.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn filled(len: usize) -> (Unflushed, Vec<u8>) {
        let (buffer, mut all) = (Unflushed::new(1000), Vec::new());
        for at in 0..len {
            let bytes = vec![at as u8; at * 37 % 4001];
            buffer.push(&[IoSlice::new(&bytes)]);
            all.extend(bytes);
        }
        (buffer, all)
    }

    fn read(view: &UnflushedView, mut offset: u64) -> Vec<u8> {
        let (mut all, mut buf) = (Vec::new(), [0; 777]);
        while let Some(count) = view.read_at(offset, &mut buf) {
            all.extend(&buf[..count]);
            offset += count as u64;
        }
        all
    }

    #[test]
    fn every_offset_reads_what_was_pushed_there() {
        let (buffer, all) = filled(400);
        assert!(buffer.pieces().len() > 2 && all.len() > 2 * PIECE_LEN);
        for at in (0..all.len()).step_by(997) {
            assert!(read(&buffer.view(), 1000 + at as u64) == all[at..], "from {at}");
        }
        assert_eq!(buffer.view().read_at(999, &mut [0]), None);
        assert_eq!(buffer.view().read_at(1000 + all.len() as u64, &mut [0]), None);
    }

    #[test]
    fn released_bytes_are_gone_and_the_others_stay() {
        let (buffer, all) = filled(400);
        for at in (0..all.len()).step_by(40_009) {
            buffer.release(1000 + at as u64);
            assert_eq!((buffer.len(), buffer.view().start()), ((all.len() - at) as u64, 1000 + at as u64));
            assert!(read(&buffer.view(), 1000 + at as u64) == all[at..], "from {at}");
        }
        buffer.release(u64::MAX);
        assert!(buffer.is_empty() && buffer.pieces().is_empty());
    }

    #[test]
    fn what_is_pushed_after_a_cut_follows_the_cut() {
        let (buffer, all) = filled(400);
        for at in [all.len() - 1, all.len() / 2, 3, 0] {
            buffer.truncate(1000 + at as u64);
            assert!(read(&buffer.view(), 1000) == all[..at], "cut to {at}");
            buffer.push(&[IoSlice::new(b"after")]);
            assert_eq!(read(&buffer.view(), 1000 + at as u64), b"after");
            buffer.truncate(1000 + at as u64);
        }
        buffer.truncate(10);
        buffer.push(&[IoSlice::new(b"earlier")]);
        assert_eq!(read(&buffer.view(), 10), b"earlier");
    }

    #[test]
    fn a_piece_that_is_being_written_does_not_change() {
        let buffer = Unflushed::new(0);
        buffer.push(&[IoSlice::new(b"one")]);
        let pieces = buffer.pieces();
        buffer.push(&[IoSlice::new(b"two")]);
        assert_eq!(*pieces[0].1, b"one");
        assert_eq!(read(&buffer.view(), 0), b"onetwo");
    }

    #[test]
    fn a_piece_ends_where_it_is_sealed_and_where_it_is_full() {
        let buffer = Unflushed::in_pieces(0, 10);
        for (bytes, is_sealed) in [(&b"four"[..], false), (b"seven..", false), (b"one", true), (b"two", false)] {
            buffer.push(&[IoSlice::new(bytes)]);
            if is_sealed {
                buffer.seal();
            }
        }
        let pieces: Vec<_> = buffer.pieces().into_iter().map(|(offset, bytes)| (offset, bytes.to_vec())).collect();
        assert_eq!(pieces, [(0, b"fourseven..".to_vec()), (11, b"one".to_vec()), (14, b"two".to_vec())]);
        assert_eq!(read(&buffer.view(), 0), b"fourseven..onetwo");
    }
}
