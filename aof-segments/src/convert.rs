//! From one file to segments, and back.

mod adopt;
mod join;
mod split;

pub use adopt::adopt;
pub use join::join;
pub use split::split;
