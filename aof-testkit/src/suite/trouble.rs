//! What goes wrong below a storage under test.

use crate::wrap::call::Call;
use std::fmt;

/// What goes wrong below a storage, once. See [`Fixture::trouble`](crate::Fixture::trouble).
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Trouble {
    /// The next request that this call makes of what is below fails: nothing of it, or a part of it, was done.
    Fails(Call),
    /// The next request that this call makes of what is below is carried out, and its answer is lost: the storage under
    /// test sees an error, a timeout for instance.
    AnswerLost(Call),
}

impl Trouble {
    /// The call that makes the request.
    #[must_use]
    pub const fn call(self) -> Call {
        match self {
            Trouble::Fails(call) | Trouble::AnswerLost(call) => call,
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Trouble::Fails(call) => write!(f, "a failing {call}"),
            Trouble::AnswerLost(call) => write!(f, "a {call} whose answer is lost"),
        }
    }
}
