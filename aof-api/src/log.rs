//! The log: one writer, one chain, any storage.

pub(crate) mod aof;
pub mod blocking;
pub(crate) mod checkpoints;
pub(crate) mod filler;
pub(crate) mod follower;
pub(crate) mod group_commit;
pub(crate) mod meta;
pub(crate) mod options;
pub(crate) mod position;
pub(crate) mod recovery;

pub use crate::format::appended::Appended;
pub use aof::{Aof, Seam, Successor};
pub use follower::Follower;
pub use group_commit::{Durability, GroupCommit};
pub use meta::Meta;
pub use options::{Clock, LogOptions, Marks, Origin, Tail};
pub use recovery::report::{Cut, CutPiece, First, NoteFound, Recovery, TailKind};
