//! What people and scripts read: text, JSON, progress, and how a command ends.

pub(crate) mod advice;
pub(crate) mod digits;
pub(crate) mod exit;
pub(crate) mod failure;
pub(crate) mod fresh;
pub(crate) mod json;
pub(crate) mod looks;
pub(crate) mod openraft;
pub(crate) mod out;
pub(crate) mod paths;
pub(crate) mod progress;
pub(crate) mod say;
pub(crate) mod signals;
pub(crate) mod standard;
pub(crate) mod tigerbeetle;
pub(crate) mod time;
pub(crate) mod width;
