//! What the readers of a log, and its writer, share.

use crate::index::Index;
use crate::requests::Requests;
use crate::runtime::Runtime;
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

/// A log on a store, the thread for its requests, and which object holds which bytes.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) requests: Arc<Requests>,
    pub(crate) runtime: Arc<Runtime>,
    pub(crate) index: Arc<RwLock<Index>>,
}

impl Core {
    /// The index, under a short lock over memory.
    pub(crate) fn index(&self) -> RwLockReadGuard<'_, Index> {
        // Each change of the index is whole in itself.
        self.index.read().unwrap_or_else(PoisonError::into_inner)
    }
}
