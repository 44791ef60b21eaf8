//! Systems without the signals of Unix: nothing is waited for, nothing comes.

use crate::output::failure::Outcome;

pub(super) fn listen() -> Outcome<()> {
    Ok(())
}

pub(crate) fn refuse_long_files() {}

/// A request to end, which never comes.
pub(crate) struct Interruption;

impl Interruption {
    pub(crate) fn listen() -> Outcome<Interruption> {
        Ok(Interruption)
    }

    pub(crate) fn signal(&self) -> Option<i32> {
        None
    }

    pub(crate) fn name(_: i32) -> &'static str {
        "a signal"
    }

    pub(crate) fn end(_: i32) {}
}
