//! The rule of the chain.

use aof_api::Rule;
use clap::{Args, ValueEnum};

/// Which chain a log that is read must hold: the same for every command that judges.
#[derive(Args, Clone, Copy, Debug)]
pub(crate) struct RuleArguments {
    /// Which chain the log must hold; what breaks it is a finding, and makes the exit code 1
    #[arg(long, value_enum, default_value_t = RuleName::SeenParent)]
    pub(crate) rule: RuleName,
}

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
