//! Merging: one whole chain out of many logs that are damaged, cut, repeated, rotated, or all of it.
//!
//! The inputs are read twice. The first time, every entry that verifies goes into an index, by its checksum and by its
//! parent's; damage is passed over by resync, because a size is never believed before its header verifies. The second
//! time, the planned chain is read where it is, verified again, and written.

mod copy;
mod error;
mod fork;
mod index;
mod lost;
mod merger;
mod options;
mod plan;
mod read_back;
mod refusal;
mod report;

pub use error::{Error, Result};
pub use merger::{Merger, merge};
pub use options::Options;
pub use refusal::Unmergeable;
pub use report::{Branch, Fork, Gap, Input, InputDamage, Report, Stretch};
