//! A prepared message, owned: what is stored in one entry.

use crate::format::checksum::Checksum;
use crate::format::damage::Damage;
use crate::format::entry::AofEntry;
use crate::format::header::{HEADER_SIZE, Header};
use crate::format::layout::{BODY_SIZE_MAX, ENTRY_SIZE_MIN, MAGIC};
use crate::format::operation::Operation;
use std::fmt;
use zerocopy::IntoBytes;
use zerocopy::little_endian::{U32, U128};

/// A prepared message, header and body, that cannot exist with a wrong checksum.
///
/// Made by [`seal`](Prepare::seal), which computes the checksums, or by [`decode`](Prepare::decode), which checks them.
/// It is kept as the bytes of its entry, magic included, so writing it is one copy.
///
/// ```
/// use aof_api::format::{Header, Prepare};
/// use aof_api::Operation;
///
/// let mut header = Header::new(Operation(200));
/// header.op = 1.into();
/// header.parent = Prepare::root(0).checksum();
/// let prepare = Prepare::seal(header, b"pay 5 to bob")?;
/// assert_eq!(prepare.body(), b"pay 5 to bob");
/// assert_eq!(Prepare::decode(prepare.as_entry_bytes()), Ok(prepare));
/// # Ok::<(), aof_api::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Prepare {
    /// Exactly one verified entry.
    bytes: Box<[u8]>,
}

impl Prepare {
    /// The prepare with this header and body; `size` and both checksums of the header are set here.
    ///
    /// # Errors
    ///
    /// [`BodyTooLarge`] when the body is above [`BODY_SIZE_MAX`].
    pub fn seal(mut header: Header, body: &[u8]) -> Result<Prepare, BodyTooLarge> {
        seal_header(&mut header, body)?;
        Ok(Prepare::from_entry(&AofEntry::from_parts(&header, body)))
    }

    /// The prepare in the entry at the beginning of `bytes`, which may continue after it.
    ///
    /// # Errors
    ///
    /// As [`AofEntry::decode`].
    pub fn decode(bytes: &[u8]) -> Result<Prepare, Damage> {
        AofEntry::decode(bytes).map(|entry| Prepare::from_entry(&entry))
    }

    pub(crate) fn from_entry(entry: &AofEntry<'_>) -> Prepare {
        let mut bytes = Vec::with_capacity(ENTRY_SIZE_MIN + entry.body().len());
        bytes.extend_from_slice(&MAGIC);
        bytes.extend_from_slice(entry.header().as_bytes());
        bytes.extend_from_slice(entry.body());
        Prepare { bytes: bytes.into_boxed_slice() }
    }

    /// Op 0 of every log of `cluster`. It is never written: its checksum is the parent of op 1.
    #[must_use]
    pub fn root(cluster: u128) -> Prepare {
        let mut header = Header::new(Operation::ROOT);
        header.cluster = U128::new(cluster);
        header.checksum = header.calculate_checksum();
        Prepare::from_entry(&AofEntry::from_parts(&header, &[]))
    }

    /// The entry, borrowed.
    #[must_use]
    pub fn as_entry(&self) -> AofEntry<'_> {
        AofEntry::from_verified(&self.bytes)
    }

    /// The entry as it is in a log, magic included.
    #[must_use]
    pub fn as_entry_bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The header.
    #[must_use]
    pub fn header(&self) -> &Header {
        self.as_entry().header()
    }

    /// The body, opaque to the log.
    #[must_use]
    pub fn body(&self) -> &[u8] {
        &self.bytes[ENTRY_SIZE_MIN..]
    }

    /// The op.
    #[must_use]
    pub fn op(&self) -> u64 {
        self.header().op.get()
    }

    /// The checksum, which names the prepare: the next one has it as its parent.
    #[must_use]
    pub fn checksum(&self) -> Checksum {
        self.header().checksum
    }

    /// The bytes that it takes in a log, magic included.
    #[must_use]
    pub fn size_disk(&self) -> u64 {
        self.bytes.len() as u64
    }
}

/// A body above [`BODY_SIZE_MAX`].
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("a body of {size} bytes is above the limit of {BODY_SIZE_MAX} bytes")]
#[non_exhaustive]
pub struct BodyTooLarge {
    /// Its size in bytes.
    pub size: u64,
}

/// Sets size and checksums of `header` for `body`.
pub(crate) fn seal_header(header: &mut Header, body: &[u8]) -> Result<(), BodyTooLarge> {
    if body.len() > BODY_SIZE_MAX as usize {
        return Err(BodyTooLarge { size: body.len() as u64 });
    }
    // The body is at most BODY_SIZE_MAX, which leaves room for the header in 32 bits.
    header.size = U32::new(HEADER_SIZE + body.len() as u32);
    header.checksum_body = Checksum::of(body);
    header.checksum = header.calculate_checksum();
    Ok(())
}

impl fmt::Debug for Prepare {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Prepare").field("header", self.header()).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_above_the_limit_is_refused_and_one_at_the_limit_is_not() {
        let body = vec![7; BODY_SIZE_MAX as usize + 1];
        let header = Header::new(Operation(200));
        assert!(matches!(Prepare::seal(header, &body), Err(BodyTooLarge { size: 1_048_321 })));
        let prepare = Prepare::seal(header, &body[1..]).unwrap();
        assert_eq!(prepare.size_disk(), crate::format::layout::ENTRY_SIZE_MAX as u64);
        assert_eq!(Prepare::decode(prepare.as_entry_bytes()), Ok(prepare));
    }
}
