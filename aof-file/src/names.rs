//! The names of a log: drafts that get theirs when they are complete, and rotation.

pub(crate) mod archive;
pub mod blocking;
pub(crate) mod draft;
pub(crate) mod rotate;
