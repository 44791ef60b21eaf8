//! What one check found.

/// One thing that a log needs of a store, or can use.
#[derive(Clone, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub struct Check {
    /// Its name, for scripts: lower case, with underscores.
    pub name: &'static str,
    /// What is so on a store that passes.
    pub what: &'static str,
    /// What was found.
    pub finding: Finding,
}

/// What a [`Check`] found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Finding {
    /// It is so.
    Passed,
    /// It is not so, and a log can be without it; why.
    Warned(String),
    /// It is not so, and a log would lose data or could not be written; why.
    Failed(String),
}

/// What a check returns: requests that fail are why it failed.
pub(super) type Found = object_store::Result<Finding>;

impl Check {
    pub(super) fn new(name: &'static str, what: &'static str, found: Found) -> Check {
        let finding = found.unwrap_or_else(|error| Finding::Failed(error.to_string()));
        Check { name, what, finding }
    }

    pub(super) fn failed(name: &'static str, what: &'static str, why: String) -> Check {
        Check { name, what, finding: Finding::Failed(why) }
    }
}

/// For a check that is over: it failed, and this is why.
pub(super) fn failed(why: impl Into<String>) -> Found {
    Ok(Finding::Failed(why.into()))
}
