//! The bytes: entries, headers, checksums, and what can be wrong with them. No I/O and no async.

pub(crate) mod appended;
pub(crate) mod checksum;
pub(crate) mod damage;
pub(crate) mod digest;
pub(crate) mod entry;
pub(crate) mod header;
pub(crate) mod layout;
pub(crate) mod operation;
pub(crate) mod prepare;

pub use appended::Appended;
pub use checksum::{Checksum, ParseChecksumError};
pub use damage::Damage;
pub use digest::{Digest, Digester};
pub use entry::AofEntry;
pub use header::{CHECKPOINT_MARK, COMMAND_PREPARE, HEADER_SIZE, Header, HeaderLint, Release};
pub use layout::{BODY_SIZE_MAX, ENTRY_SIZE_MAX, ENTRY_SIZE_MIN, MAGIC, MAGIC_LEGACY, MESSAGE_SIZE_MAX, size_disk};
pub use operation::Operation;
pub use prepare::{BodyTooLarge, Prepare};
