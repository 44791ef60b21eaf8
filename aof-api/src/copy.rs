//! Copying a log to another storage, verified on both sides.

pub(crate) mod copier;

pub use copier::{Copied, Copier, Options, copy};
