//! The rule of the chain.

use aof_api::Rule;
use clap::ValueEnum;

/// [`Rule`] on the command line.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RuleName {
    /// Each entry's parent is the entry before it
    Linear,
    /// Each entry's parent was seen before: restarts are legal, gaps are not
    SeenParent,
    /// TigerBeetle's own: gaps are legal too
    Tb,
}

impl From<RuleName> for Rule {
    fn from(name: RuleName) -> Rule {
        match name {
            RuleName::Linear => Rule::Linear,
            RuleName::SeenParent => Rule::SeenParent,
            RuleName::Tb => Rule::TigerBeetle,
        }
    }
}
