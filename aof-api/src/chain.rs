//! The chain: how each entry links to the ones before it.

pub(crate) mod link;
pub(crate) mod note;
pub(crate) mod rule;
pub(crate) mod run;
pub(crate) mod seen;
pub(crate) mod tip;

pub use rule::{ParseRuleError, Rule};
pub use tip::Tip;
