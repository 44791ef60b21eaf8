//! Validation: is this log whole, and if not, what is wrong and where?

pub(crate) mod finding;
mod noted;
mod options;
mod reading;
pub(crate) mod validator;

pub use finding::{Finding, FindingKind, Note, NoteKind};
pub use noted::Noted;
pub use options::Options;
pub use validator::{Observation, Validation, Validator, validate};
