//! JSON lines: one object a line, on standard output. `docs/json.md` lists every type and field; a test compares the two.

pub(crate) mod any;
pub(crate) mod append;
pub(crate) mod compact;
pub(crate) mod copy;
pub(crate) mod diff;
pub(crate) mod digest;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod hexdump;
pub(crate) mod inspect;
pub(crate) mod log;
pub(crate) mod merge;
pub(crate) mod object;
#[cfg(test)]
mod page;
pub(crate) mod raft;
pub(crate) mod segments;
pub(crate) mod ship;
pub(crate) mod stat;
pub(crate) mod status;
pub(crate) mod validate;
pub(crate) mod value;

use super::failure::{Failure, Outcome};
use object::Object;
use std::io::Write;

/// Prints one object.
pub(crate) fn print(out: &mut impl Write, object: &impl Object) -> Outcome<()> {
    object.write(out).map_err(Failure::output)
}
