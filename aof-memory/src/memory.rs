//! The memory itself: sectors in one piece, allocated up front, under a lock only while it is read.

use std::io::IoSlice;
use std::sync::{Arc, PoisonError, RwLock};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout};

/// The alignment of the memory and the unit of its capacity, in bytes.
pub const SECTOR_SIZE: usize = 4096;

/// What one read copies at most, in bytes: for so long, a few microseconds, a reader may hold up the writer.
pub(crate) const READ_LEN_MAX: usize = 64 << 10;

#[derive(FromBytes, IntoBytes, Immutable, KnownLayout)]
#[repr(C, align(4096))]
pub(crate) struct Sector([u8; SECTOR_SIZE]);

type Sectors = Vec<Sector>;

/// A fixed number of bytes, and their one writer. Who may look at which of them is the business of the backend.
pub(crate) enum Memory {
    /// Nobody reads beside the writer. A lock would cost as much as the copy of a small entry: giving one back waits
    /// until the copy has reached the caches.
    Owned(Sectors),
    /// There are, or were, readers.
    Shared(SharedMemory),
}

/// A reader's hold of the memory.
#[derive(Clone)]
pub(crate) struct SharedMemory(Arc<RwLock<Sectors>>);

impl Memory {
    /// `capacity` zero bytes, rounded up to whole sectors.
    pub(crate) fn new(capacity: u64) -> Memory {
        let count = usize::try_from(capacity.div_ceil(SECTOR_SIZE as u64)).ok();
        let sectors = count.and_then(|count| Sector::new_vec_zeroed(count).ok());
        Memory::Owned(sectors.expect("a capacity must fit into the address space"))
    }

    /// Copies `parts` to `offset`; they fit.
    pub(crate) fn write(&mut self, offset: u64, parts: &[IoSlice<'_>]) {
        self.reclaim();
        match self {
            Memory::Owned(sectors) => write(sectors, offset, parts),
            Memory::Shared(SharedMemory(sectors)) => {
                // A panic in a copy cannot leave a state that matters: its bytes are not published yet.
                write(&mut sectors.write().unwrap_or_else(PoisonError::into_inner), offset, parts);
            }
        }
    }

    /// Copies the bytes at `offset` into `buf`; they are there.
    pub(crate) fn read(&self, offset: u64, buf: &mut [u8]) {
        match self {
            Memory::Owned(sectors) => read(sectors, offset, buf),
            Memory::Shared(shared) => shared.read(offset, buf),
        }
    }

    /// A hold for a reader.
    pub(crate) fn share(&mut self) -> SharedMemory {
        match self {
            Memory::Shared(shared) => shared.clone(),
            Memory::Owned(sectors) => {
                let shared = SharedMemory(Arc::new(RwLock::new(std::mem::take(sectors))));
                *self = Memory::Shared(shared.clone());
                shared
            }
        }
    }

    /// Takes the memory back when the last reader is gone.
    fn reclaim(&mut self) {
        if let Memory::Shared(SharedMemory(shared)) = self
            && Arc::strong_count(shared) == 1
            && let Some(sectors) = Arc::get_mut(shared)
        {
            let sectors = sectors.get_mut().unwrap_or_else(PoisonError::into_inner);
            *self = Memory::Owned(std::mem::take(sectors));
        }
    }
}

impl SharedMemory {
    /// Copies the bytes at `offset` into `buf`; they are there.
    pub(crate) fn read(&self, offset: u64, buf: &mut [u8]) {
        read(&self.0.read().unwrap_or_else(PoisonError::into_inner), offset, buf);
    }
}

fn write(sectors: &mut Sectors, offset: u64, parts: &[IoSlice<'_>]) {
    // Offsets are within the capacity, which is a usize.
    let mut rest = &mut sectors.as_mut_bytes()[offset as usize..];
    for part in parts {
        let (place, after) = rest.split_at_mut(part.len());
        place.copy_from_slice(part);
        rest = after;
    }
}

fn read(sectors: &Sectors, offset: u64, buf: &mut [u8]) {
    // Of nothing, any offset will do.
    if buf.is_empty() {
        return;
    }
    buf.copy_from_slice(&sectors.as_bytes()[offset as usize..][..buf.len()]);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_memory_is_sector_aligned_and_whole_sectors() {
        let Memory::Owned(sectors) = Memory::new(3 * SECTOR_SIZE as u64 + 1) else { panic!("nobody reads yet") };
        assert_eq!(sectors.as_bytes().as_ptr() as usize % SECTOR_SIZE, 0);
        assert_eq!(sectors.as_bytes().len(), 4 * SECTOR_SIZE);
    }

    #[test]
    fn parts_follow_one_another_for_every_reader() {
        let mut memory = Memory::new(SECTOR_SIZE as u64);
        let mut read = [0; 9];
        memory.write(100, &[IoSlice::new(b"one"), IoSlice::new(b""), IoSlice::new(b" two")]);
        memory.read(99, &mut read);
        assert_eq!(&read, b"\0one two\0");
        let shared = memory.share();
        memory.write(100, &[IoSlice::new(b"three")]);
        shared.read(99, &mut read);
        assert_eq!(&read, b"\0threewo\0");
        drop(shared);
        memory.write(100, &[IoSlice::new(b"four")]);
        assert!(matches!(memory, Memory::Owned(_)));
        memory.read(99, &mut read);
        assert_eq!(&read, b"\0fourewo\0");
    }
}
