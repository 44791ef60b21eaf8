//! The one writer of a log: what is written, what is durable, and what is cut.

pub(crate) mod append;
pub(crate) mod backend;
pub(crate) mod cut;
pub(crate) mod end;
pub(crate) mod sync;
pub(crate) mod writeback;
