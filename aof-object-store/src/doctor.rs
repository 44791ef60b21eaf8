//! Whether a store is fit for a log: what the log needs of it is tried, on the store itself.

mod creating;
mod fencing;
mod finding;
mod removing;
mod scratch;
mod timing;

pub use finding::{Check, Finding};
pub use timing::Timing;

use crate::options::Options;
use crate::runtime::Runtime;
use aof_api::Result;
use object_store::ObjectStore;
use scratch::Scratch;
use std::sync::Arc;

/// What [`examine`] found out about a store.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Examination {
    /// The store, as it names itself.
    pub store: String,
    /// What was tried, in the order in which it was tried.
    pub checks: Vec<Check>,
    /// How long requests took; empty for a store that is not fit.
    pub timings: Vec<Timing>,
    /// Objects that could not be removed again.
    pub left: Vec<String>,
}

impl Examination {
    /// Whether a log may be written there: no check failed. A store that passes may still have races that are rarer than
    /// what was tried.
    #[must_use]
    pub fn is_fit(&self) -> bool {
        !self.checks.iter().any(|check| matches!(check.finding, Finding::Failed(_)))
    }
}

/// Tries what a log needs of a store: creating an object only where there is none (also by eight at once), reading what was
/// put, ranges, listings, fencing by two writers, lost answers, removal. Then measures requests.
///
/// All objects are below `prefix/doctor-` and a random name, and are removed at the end. It takes some hundred requests,
/// puts and gets about 70 MiB, and never touches a log that is below `prefix`.
///
/// ```
/// use aof_object_store::{Options, doctor};
/// use object_store::memory::InMemory;
/// use std::sync::Arc;
///
/// # futures::executor::block_on(async {
/// let examination = doctor::examine(Arc::new(InMemory::new()), "logs/a", Options::new()).await?;
/// assert!(examination.is_fit());
/// assert!(examination.left.is_empty());
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
///
/// # Errors
///
/// [`Error::Io`](aof_api::Error::Io) where nothing can be put at all: no such bucket, no permission, no response before the
/// [deadline](Options::deadline). A later failure is a [`Finding`].
pub async fn examine(store: Arc<dyn ObjectStore>, prefix: impl AsRef<str>, options: Options) -> Result<Examination> {
    let scratch = Scratch::new(store, crate::backend::prefix(prefix.as_ref())?, options);
    Runtime::start()?.run_while_wanted(async move { scratch.examine().await }).await
}

impl Scratch {
    async fn examine(&self) -> Result<Examination> {
        self.reach().await?;
        let mut checks = vec![
            self.creates_only_where_there_is_none().await,
            self.one_of_eight_creates().await,
            self.reads_what_was_put().await,
            self.reads_ranges().await,
            self.lists_what_was_put().await,
            self.fences_displaced_writers().await,
            self.resolves_lost_answers().await,
        ];
        let is_fit = !checks.iter().any(|check| matches!(check.finding, Finding::Failed(_)));
        // The speed of a store on which no log can be written is of no interest.
        let measured = if is_fit { self.measure().await } else { Ok(Vec::new()) };
        let timings = match measured {
            Ok(timings) => timings,
            Err(error) => {
                checks.push(Check::failed("requests", "many requests after each other succeed", error.to_string()));
                Vec::new()
            }
        };
        let (removal, left) = self.removes_everything().await;
        checks.push(removal);
        Ok(Examination { store: self.requests.store.to_string(), checks, timings, left })
    }
}
