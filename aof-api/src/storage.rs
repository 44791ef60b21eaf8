//! What the author of a storage reads: the contract, its errors, and building blocks.

pub(crate) mod backend;
pub(crate) mod boxed;
pub(crate) mod error;
pub mod extent;

pub use backend::{AofBackend, AofBackendExt, AofRead, AofReadExt};
pub use boxed::{DynAofBackend, DynAofRead};
pub use error::{CorruptReason, Error, Result};
