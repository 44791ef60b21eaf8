//! Copying a log to another storage, verified on both sides.

mod copied;
mod copier;
mod destination;
mod error;
mod noted;
mod options;
mod resume;

pub use copied::Copied;
pub use copier::{Copier, copy};
pub use error::{Error, Result};
pub use options::Options;
