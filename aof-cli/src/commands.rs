//! One module a command.

pub(crate) mod append;
pub(crate) mod copy;
pub(crate) mod digest;
pub(crate) mod inspect;
pub(crate) mod manual;
pub(crate) mod merge;
mod merged;
pub(crate) mod repair;
pub(crate) mod stat;
pub(crate) mod validate;
