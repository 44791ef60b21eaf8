//! One log in many files of a directory: it can give its beginning back, and opens at once however long it is.

mod backend;
mod checkpoint;
mod convert;
mod directory;
mod driver;
mod names;
mod options;
mod read_only;
mod reader;
mod record;
mod retention;
mod segments;
mod shifted;
mod store;

pub use backend::SegmentedBackend;
pub use backend::opening::Intent;
pub use backend::pruning::PrunePlan;
pub use checkpoint::Checkpoint;
pub use convert::{adopt, join, split};
pub use directory::Directory;
pub use options::{SegmentedOptions, Tuning};
pub use read_only::DirectoryReader;
pub use reader::SegmentedReader;
pub use retention::{Hold, Holds, Retention};
pub use store::{Segment, SegmentInfo, SegmentStore, SegmentView};
