//! Which chain a log must hold.

use std::fmt;
use std::str::FromStr;

/// Which chain a log must hold.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum Rule {
    /// Each entry's parent is the entry before it. Needs no memory that grows with the log.
    #[default]
    Linear,
    /// Each entry's parent was seen before, anywhere in the log: what a restarted replica records is legal, a gap is
    /// not. Remembers each entry, at most 32 bytes for one.
    SeenParent,
    /// TigerBeetle's own: a parent that was not seen is noted, because a replica that caught up by state sync skips
    /// entries. Forks are still found. Memory as for `SeenParent`.
    TigerBeetle,
}

impl Rule {
    /// Every rule, strictest first.
    pub const ALL: [Rule; 3] = [Rule::Linear, Rule::SeenParent, Rule::TigerBeetle];

    /// Its name on the command line.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Rule::Linear => "linear",
            Rule::SeenParent => "seen-parent",
            Rule::TigerBeetle => "tb",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

/// Text that names no [`Rule`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not a rule: give linear, seen-parent or tb")]
pub struct ParseRuleError {
    text: String,
}

impl FromStr for Rule {
    type Err = ParseRuleError;

    fn from_str(text: &str) -> Result<Rule, ParseRuleError> {
        let named = Rule::ALL.into_iter().find(|rule| rule.name() == text);
        named.ok_or_else(|| ParseRuleError { text: text.to_owned() })
    }
}
