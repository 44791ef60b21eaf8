//! The writer's half: what waits to be put, and the task that puts it.

mod progress;
mod queue;
mod uploader;

pub(crate) use progress::{Progress, Settled};
pub(crate) use queue::{Cut, Queue};
pub(crate) use uploader::Uploader;
