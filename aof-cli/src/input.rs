//! Where logs are read from.

pub(crate) mod source;
mod stream;
