//! What people and scripts read: text, JSON, progress, and how a command ends.

pub(crate) mod exit;
pub(crate) mod fresh;
pub(crate) mod hint;
pub(crate) mod interrupt;
pub(crate) mod json;
pub(crate) mod paths;
pub(crate) mod progress;
pub(crate) mod text;
pub(crate) mod tigerbeetle;
pub(crate) mod time;
