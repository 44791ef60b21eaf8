//! What can be wrong with the bytes of an entry.

/// What is wrong with the bytes where an entry should be, in the order in which it is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[non_exhaustive]
pub enum Damage {
    /// The entry begins well and ends early.
    #[error("torn entry: {have} of {need} bytes are there")]
    Torn {
        /// Bytes that are there.
        have: u64,
        /// Bytes that the entry has at least; exactly, where the header is whole.
        need: u64,
    },
    /// No entry begins here.
    #[error("no entry begins here (bad magic)")]
    Magic,
    /// An entry of a file older than TigerBeetle 0.16.21.
    #[error("the file is of the format before TigerBeetle 0.16.21, which this project does not read")]
    Legacy,
    /// The header is not what was written.
    #[error("damaged header (checksum mismatch)")]
    HeaderChecksum,
    /// The header was written with a size that no prepare can have.
    #[error("impossible size {size} (256 to 1,048,576 can be)")]
    Size {
        /// What the header says.
        size: u32,
    },
    /// The body is not what was written; the header is.
    #[error("damaged body (checksum mismatch)")]
    BodyChecksum,
    /// The entry is whole, but the one it follows was lost in damage before it. Only recovery reports this.
    #[error("an entry whose parent was lost in the damage before it")]
    ParentLost,
}
