//! What the author of a storage reads: the contract, its errors, and building blocks.
//!
#![doc = include_str!("storage/promises.md")]

pub(crate) mod backend;
pub(crate) mod boxed;
mod delegate;
pub(crate) mod error;
pub mod extent;
pub(crate) mod promises;
pub mod simple;
pub mod unflushed;

pub use backend::{AofBackend, AofBackendExt, AofRead, AofReadExt, NOTE_LEN_MAX, WRITE_LEN_MAX};
pub use boxed::{DynAofBackend, DynAofRead};
pub use delegate::delegate_read;
pub use error::{CorruptReason, Error, ErrorClass, IoCall, Quantity, Result};
pub use promises::{PROMISES, promise};
