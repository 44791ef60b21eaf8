//! Validation: is this log whole, and if not, what is wrong and where?

pub(crate) mod finding;
mod noted;
mod reading;
pub(crate) mod validator;

pub use finding::{Finding, FindingKind, Note, NoteKind};
pub use noted::Noted;
pub use validator::{Observation, Options, Validation, Validator, validate};
