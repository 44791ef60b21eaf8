//! Wrappers around a backend, a reader, a fixture or a future: they count, fail, lend or drop, and pass on the rest.

pub(crate) mod call;
pub(crate) mod dropping;
pub(crate) mod fault;
pub(crate) mod faulty;
pub(crate) mod lent;
pub(crate) mod mapped;
pub(crate) mod metered;
mod poison;
