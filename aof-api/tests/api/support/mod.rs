//! Logs to read, storage that behaves awkwardly, and futures that are dropped.

pub(crate) mod disk;
pub(crate) mod log;
pub(crate) mod merging;
pub(crate) mod opening;
pub(crate) mod polling;
pub(crate) mod random;
pub(crate) mod reader;
pub(crate) mod reading;

pub(crate) use futures::executor::block_on;
