//! One module a command.

pub(crate) mod append;
mod clusters;
pub(crate) mod copy;
pub(crate) mod diff;
pub(crate) mod digest;
mod directories;
pub(crate) mod export;
pub(crate) mod files;
pub(crate) mod hexdump;
pub(crate) mod inspect;
pub(crate) mod join;
mod judge;
mod judged_order;
pub(crate) mod manual;
pub(crate) mod merge;
mod merged;
mod missing;
pub(crate) mod prune;
pub(crate) mod repair;
pub(crate) mod ship;
pub(crate) mod split;
pub(crate) mod stat;
pub(crate) mod status;
mod succession;
pub(crate) mod validate;
mod witness;
