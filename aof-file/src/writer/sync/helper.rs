//! The thread on which the syncs of one file run, so that no executor is held up.

use super::round::Shared;
use std::sync::Arc;
use std::thread;

/// Starts the thread, and returns whether it runs. It ends with the writer, and is not joined: a sync may take long.
pub(super) fn start(shared: &Arc<Shared>) -> bool {
    let serving = Arc::clone(shared);
    let helper = thread::Builder::new().name("aof-sync".to_owned());
    match helper.spawn(move || serving.serve()) {
        Ok(_) => {
            shared.lock().has_helper = true;
            true
        }
        Err(error) => {
            tracing::warn!(%error, "no thread for syncs could be made: the calling thread does them");
            false
        }
    }
}
