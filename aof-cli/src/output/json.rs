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
use super::out::Out;
use object::Object;

/// Prints one object, on a line.
pub(crate) fn print(out: &mut Out, object: &impl Object) -> Outcome<()> {
    out.line(|out| put_line(out, object)).map_err(Failure::output)
}

/// Puts one object and a line feed at the end of a buffer.
pub(crate) fn put_line(out: &mut Vec<u8>, object: &impl Object) {
    object.put(out);
    out.push(b'\n');
}
