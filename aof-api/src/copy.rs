//! Copying a log to another storage, verified on both sides.

pub(crate) mod copier;
mod error;

pub use copier::{Copied, Copier, Options, copy};
pub use error::{Error, Result};
