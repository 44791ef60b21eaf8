//! Where snapshots of the state machine are kept.

use std::io;

/// Keeps the newest snapshot. It must survive whatever the log survives: entries are purged once a snapshot has them.
pub trait Snapshots: Send + Sync + 'static {
    /// Replaces the snapshot, in one step; durable on return.
    fn save(&self, bytes: &[u8]) -> io::Result<()>;

    /// The newest snapshot; `None` before the first.
    fn load(&self) -> io::Result<Option<Vec<u8>>>;
}
