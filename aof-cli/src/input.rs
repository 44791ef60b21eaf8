//! Where logs and lines are read from.

pub(crate) mod directory;
pub(crate) mod lines;
pub(crate) mod open_files;
pub(crate) mod own_streams;
pub(crate) mod source;
mod standard_input;
mod stream;
pub(crate) mod until;
