//! The suite: its cases, the macro that makes them tests, and what they are run on and report.

pub(crate) mod capabilities;
pub(crate) mod case;
pub(crate) mod cases;
pub(crate) mod conformance;
pub(crate) mod fixture;
pub(crate) mod polling;
pub(crate) mod promise;
pub(crate) mod report;
pub(crate) mod scale;
pub(crate) mod trial;
pub(crate) mod trouble;
pub(crate) mod verdict;
