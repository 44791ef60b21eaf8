//! The 256 bytes before every body: TigerBeetle's prepare header, read and written in place.

use crate::format::checksum::Checksum;
use crate::format::layout::MESSAGE_SIZE_MAX;
use crate::format::operation::Operation;
use std::fmt;
use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, FromZeros, Immutable, IntoBytes, KnownLayout, Unaligned};

/// The length of a [`Header`] in bytes.
pub const HEADER_SIZE: u32 = 256;

/// The command byte of a prepare.
pub const COMMAND_PREPARE: u8 = 6;

/// The prepare header, byte for byte. Source: TigerBeetle 0.17, `src/vsr/message_header.zig`.
///
/// Any 256 bytes can be seen as a header without a copy, [`Header::ref_from_bytes`](zerocopy::FromBytes::ref_from_bytes),
/// and any header as its bytes, [`Header::as_bytes`](zerocopy::IntoBytes::as_bytes). A header alone promises nothing:
/// [`valid_checksum`](Header::valid_checksum) says whether it is what was written, [`lints`](Header::lints) whether it
/// makes sense. A [`Prepare`](crate::format::Prepare) is a header and a body that are known to be whole.
///
/// ```
/// use aof_api::format::{Header, Prepare};
/// use zerocopy::{FromBytes, IntoBytes};
///
/// let root = Prepare::root(0);
/// let header = Header::ref_from_bytes(root.header().as_bytes()).unwrap();
/// assert!(header.valid_checksum());
/// assert_eq!(header.checksum.to_string(), "5146b8d0e1f69ca2e6867c42bb8263b7");
/// assert_eq!(header.op.get(), 0);
/// ```
#[derive(Clone, Copy, PartialEq, Eq, FromBytes, IntoBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub struct Header {
    /// Over the other 240 bytes of the header.
    pub checksum: Checksum,
    /// 0.
    pub checksum_padding: U128,
    /// Over the body.
    pub checksum_body: Checksum,
    /// 0.
    pub checksum_body_padding: U128,
    /// 0.
    pub nonce_reserved: U128,
    /// Which cluster, the same in the whole of a log.
    pub cluster: U128,
    /// Bytes in header and body: 256 to 1,048,576.
    pub size: U32,
    /// 0.
    pub epoch: U32,
    /// The view in which it was prepared.
    pub view: U32,
    /// Release of the software that prepared it, see [`Release`]; not 0.
    pub release: U32,
    /// 0.
    pub protocol: U16,
    /// 6, prepare.
    pub command: u8,
    /// Which replica prepared it.
    pub replica: u8,
    /// 0.
    pub reserved_frame: [u8; 12],
    /// The checksum of the previous prepare, which makes the chain.
    pub parent: Checksum,
    /// 0.
    pub parent_padding: U128,
    /// The checksum of the client's request.
    pub request_checksum: Checksum,
    /// 0.
    pub request_checksum_padding: U128,
    /// Which checkpoint it builds on; see [`CHECKPOINT_MARK`] for logs made by [`Aof::append`](crate::Aof::append).
    pub checkpoint_id: U128,
    /// Which client asked for it: 0 exactly when the operation is pulse or upgrade.
    pub client: U128,
    /// Its number in the log, 1 and up.
    pub op: U64,
    /// An op below its own that is known to be safe; see [`CHECKPOINT_MARK`].
    pub commit: U64,
    /// Nanoseconds since 1970, not 0, increasing.
    pub timestamp: U64,
    /// The number of the client's request: 0 exactly when the operation is register, pulse or upgrade.
    pub request: U32,
    /// What it does, see [`Operation`].
    pub operation: u8,
    /// 0.
    pub reserved: [u8; 3],
}

const _: () = assert!(size_of::<Header>() == HEADER_SIZE as usize);

/// The `checkpoint_id` of entries made by [`Aof::append`](crate::Aof::append).
///
/// It says that `commit` is the op of the last checkpoint of this log: everything up to it was durable when the entry
/// was written. Recovery relies on that, and on nothing else in the header, to distinguish an unacknowledged
/// tail from lost data. TigerBeetle puts the identifier of its own checkpoint there, and its tools ignore the field.
/// On disk it reads `aof append mark` and a space.
pub const CHECKPOINT_MARK: u128 = u128::from_le_bytes(*b"aof append mark ");

impl Header {
    /// The header of an empty prepare of `operation`, everything else 0: a place to start from.
    #[must_use]
    pub fn new(operation: Operation) -> Header {
        let mut header = Header::new_zeroed();
        header.size = U32::new(HEADER_SIZE);
        header.command = COMMAND_PREPARE;
        header.operation = operation.0;
        header.checksum_body = Checksum::EMPTY;
        header
    }

    /// The checksum that this header must have.
    #[must_use]
    pub fn calculate_checksum(&self) -> Checksum {
        Checksum::of(&self.as_bytes()[size_of::<Checksum>()..])
    }

    /// Whether the header is as it was written.
    #[must_use]
    pub fn valid_checksum(&self) -> bool {
        self.checksum == self.calculate_checksum()
    }

    /// Whether `size` is one that a prepare can have.
    #[must_use]
    pub fn valid_size(&self) -> bool {
        (HEADER_SIZE..=MESSAGE_SIZE_MAX).contains(&self.size.get())
    }

    /// What it does.
    #[must_use]
    pub fn operation(&self) -> Operation {
        Operation(self.operation)
    }

    /// The release that prepared it.
    #[must_use]
    pub fn release(&self) -> Release {
        Release(self.release.get())
    }

    /// Whether [`Aof::append`](crate::Aof::append) made it, so that `commit` is the op of a checkpoint of this log.
    #[must_use]
    pub fn has_checkpoint_mark(&self) -> bool {
        self.checkpoint_id.get() == CHECKPOINT_MARK
    }

    /// The rules of the format that this header breaks; none, usually.
    ///
    /// TigerBeetle's tools do not check them, so a log that breaks one is reported, not refused.
    pub fn lints(&self) -> impl Iterator<Item = HeaderLint> + use<> {
        let broken = self.lint_bits();
        HeaderLint::ALL.into_iter().filter(move |lint| broken & (1 << *lint as u32) != 0)
    }

    pub(crate) fn has_lints(&self) -> bool {
        self.lint_bits() != 0
    }

    /// One bit for each broken rule, at its place in [`HeaderLint::ALL`].
    fn lint_bits(&self) -> u32 {
        let operation = self.operation();
        let requestless = operation.is_clientless() || operation == Operation::REGISTER;
        let padding = self.checksum_padding.get()
            | self.checksum_body_padding.get()
            | self.parent_padding.get()
            | self.request_checksum_padding.get();
        let broken = |lint: HeaderLint, broken: bool| u32::from(broken) << lint as u32;
        broken(HeaderLint::Padding, padding != 0)
            | broken(HeaderLint::Nonce, self.nonce_reserved.get() != 0)
            | broken(HeaderLint::Size, !self.valid_size())
            | broken(HeaderLint::Epoch, self.epoch.get() != 0)
            | broken(HeaderLint::Release, self.release.get() == 0)
            | broken(HeaderLint::Protocol, self.protocol.get() != 0)
            | broken(HeaderLint::Command, self.command != COMMAND_PREPARE)
            | broken(HeaderLint::Reserved, self.reserved_frame != [0; 12] || self.reserved != [0; 3])
            | broken(HeaderLint::Client, (self.client.get() == 0) != operation.is_clientless())
            | broken(HeaderLint::Op, self.op.get() == 0)
            | broken(HeaderLint::Commit, self.commit.get() >= self.op.get().max(1))
            | broken(HeaderLint::Timestamp, self.timestamp.get() == 0)
            | broken(HeaderLint::Request, (self.request.get() == 0) != requestless)
    }
}

impl fmt::Debug for Header {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Header")
            .field("op", &self.op.get())
            .field("operation", &self.operation())
            .field("checksum", &self.checksum)
            .field("parent", &self.parent)
            .field("size", &self.size.get())
            .field("commit", &self.commit.get())
            .field("timestamp", &self.timestamp.get())
            .finish_non_exhaustive()
    }
}

/// A release, packed as in the header: patch, minor, then 16 bits of major.
///
/// ```
/// use aof_api::format::Release;
///
/// assert_eq!(Release::new(0, 16, 73).to_string(), "0.16.73");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Release(pub u32);

impl Release {
    /// The release `major.minor.patch`.
    #[must_use]
    pub const fn new(major: u16, minor: u8, patch: u8) -> Release {
        Release((major as u32) << 16 | (minor as u32) << 8 | patch as u32)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.0 >> 16, self.0 >> 8 & 0xff, self.0 & 0xff)
    }
}

/// A rule of the format that a header breaks, though its checksum holds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, thiserror::Error)]
#[non_exhaustive]
pub enum HeaderLint {
    /// A padding of a checksum is not 0.
    #[error("the padding of a checksum is not 0")]
    Padding,
    /// `nonce_reserved` is not 0.
    #[error("nonce_reserved is not 0")]
    Nonce,
    /// `size` is out of range.
    #[error("size is not between 256 and 1,048,576")]
    Size,
    /// `epoch` is not 0.
    #[error("epoch is not 0")]
    Epoch,
    /// `release` is 0.
    #[error("release is 0")]
    Release,
    /// `protocol` is not 0.
    #[error("protocol is not 0")]
    Protocol,
    /// `command` is not 6.
    #[error("command is not 6 (prepare)")]
    Command,
    /// Reserved bytes are not 0.
    #[error("reserved bytes are not 0")]
    Reserved,
    /// `client` is 0 where the operation has a client, or the other way round.
    #[error("client must be 0 exactly when the operation is pulse or upgrade")]
    Client,
    /// `op` is 0.
    #[error("op is 0")]
    Op,
    /// `commit` is not below `op`.
    #[error("commit is not below op")]
    Commit,
    /// `timestamp` is 0.
    #[error("timestamp is 0")]
    Timestamp,
    /// `request` is 0 where the operation has a request, or the other way round.
    #[error("request must be 0 exactly when the operation is register, pulse or upgrade")]
    Request,
}

impl HeaderLint {
    /// Every rule, in the order of the fields.
    pub const ALL: [HeaderLint; 13] = [
        HeaderLint::Padding,
        HeaderLint::Nonce,
        HeaderLint::Size,
        HeaderLint::Epoch,
        HeaderLint::Release,
        HeaderLint::Protocol,
        HeaderLint::Command,
        HeaderLint::Reserved,
        HeaderLint::Client,
        HeaderLint::Op,
        HeaderLint::Commit,
        HeaderLint::Timestamp,
        HeaderLint::Request,
    ];
}

#[cfg(test)]
mod tests {
    use super::*;

    fn clean() -> Header {
        let mut header = Header::new(Operation(200));
        header.release = U32::new(1);
        header.client = U128::new(1);
        header.op = U64::new(2);
        header.commit = U64::new(1);
        header.timestamp = U64::new(1);
        header.request = U32::new(1);
        header
    }

    /// How to break a rule, and the one rule that breaks.
    type Case = (fn(&mut Header), HeaderLint);

    #[test]
    fn each_lint_names_the_one_rule_that_is_broken() {
        let cases: [Case; 22] = [
            (|h| h.checksum_padding = U128::new(1), HeaderLint::Padding),
            (|h| h.checksum_body_padding = U128::new(1), HeaderLint::Padding),
            (|h| h.parent_padding = U128::new(1), HeaderLint::Padding),
            (|h| h.request_checksum_padding = U128::new(1), HeaderLint::Padding),
            (|h| h.nonce_reserved = U128::new(1), HeaderLint::Nonce),
            (|h| h.size = U32::new(255), HeaderLint::Size),
            (|h| h.size = U32::new(MESSAGE_SIZE_MAX + 1), HeaderLint::Size),
            (|h| h.epoch = U32::new(1), HeaderLint::Epoch),
            (|h| h.release = U32::new(0), HeaderLint::Release),
            (|h| h.protocol = U16::new(1), HeaderLint::Protocol),
            (|h| h.command = 5, HeaderLint::Command),
            (|h| h.reserved_frame[11] = 1, HeaderLint::Reserved),
            (|h| h.reserved[2] = 1, HeaderLint::Reserved),
            (|h| h.client = U128::new(0), HeaderLint::Client),
            (
                |h| {
                    h.operation = 4;
                    h.request = U32::new(0);
                },
                HeaderLint::Client,
            ),
            (|h| h.commit = U64::new(2), HeaderLint::Commit),
            (|h| h.commit = U64::new(3), HeaderLint::Commit),
            (
                |h| {
                    h.op = U64::new(0);
                    h.commit = U64::new(0);
                },
                HeaderLint::Op,
            ),
            (|h| h.timestamp = U64::new(0), HeaderLint::Timestamp),
            (|h| h.request = U32::new(0), HeaderLint::Request),
            (|h| h.operation = 2, HeaderLint::Request),
            (
                |h| {
                    h.operation = 5;
                    h.client = U128::new(0);
                },
                HeaderLint::Request,
            ),
        ];
        assert_eq!(clean().lints().count(), 0);
        for (index, (break_it, lint)) in cases.into_iter().enumerate() {
            let mut header = clean();
            break_it(&mut header);
            assert_eq!(header.lints().collect::<Vec<_>>(), [lint], "case {index}");
        }
    }

    #[test]
    fn every_lint_stands_at_its_own_number() {
        for (index, lint) in HeaderLint::ALL.into_iter().enumerate() {
            assert_eq!(lint as usize, index);
        }
    }
}
