//! The one writer of a log: what is written, what is durable, and what is cut.

pub(crate) mod ahead;
pub(crate) mod append;
pub(crate) mod backend;
pub(crate) mod checkpoint;
pub(crate) mod closing;
pub(crate) mod constructors;
pub(crate) mod cut;
pub(crate) mod end;
pub(crate) mod sync;
pub(crate) mod truncation;
pub(crate) mod writeback;
