//! Reading a log: entry by entry, from an op or a time, and past damage.

pub(crate) mod batch;
pub(crate) mod bounded;
pub(crate) mod digest;
pub(crate) mod drive;
pub(crate) mod entries;
pub mod find;
pub(crate) mod index;
pub(crate) mod options;
pub(crate) mod pace;
pub(crate) mod pool;
pub(crate) mod scan;
pub(crate) mod stripes;
pub(crate) mod torn;
pub(crate) mod unreadable;
pub(crate) mod until;
pub(crate) mod window;

pub use bounded::Bounded;
pub use digest::digest;
pub use entries::{Entries, LocatedEntry};
pub use options::Options;
pub use scan::DamagedRange;
pub use until::Until;
