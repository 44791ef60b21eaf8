//! The sync of a checkpoint: on the calling thread or a helper thread, once at a time, and never forgotten.

use crate::SyncOn;
use crate::system::{OpenFile, System};
use futures::channel::oneshot;
use std::io;
use std::sync::{Arc, mpsc};
use std::thread;

/// How much of a file a sync makes durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Bytes and length.
    Data,
    /// Also what a shorter length gave back.
    All,
}

/// Syncs one file, and knows whether it needs to be.
///
/// A sync that was begun is joined by the next call, also when the future that began it was dropped: the kernel tells a
/// failure once, and whoever does not listen has lost it.
#[derive(Debug)]
pub(crate) struct Syncer {
    sync_on: SyncOn,
    system: Arc<dyn System>,
    file: Arc<OpenFile>,
    /// Lives until the sender goes; not joined then, as a sync may take long.
    helper: Option<mpsc::Sender<Job>>,
    running: Option<oneshot::Receiver<io::Result<()>>>,
    /// Whether the file was changed since the last sync began.
    dirty: bool,
}

#[derive(Debug)]
struct Job {
    system: Arc<dyn System>,
    file: Arc<OpenFile>,
    scope: Scope,
    answer: oneshot::Sender<io::Result<()>>,
}

impl Syncer {
    /// For a file just opened: what is in it counts as not synced.
    pub(crate) fn new(sync_on: SyncOn, system: Arc<dyn System>, file: Arc<OpenFile>) -> Syncer {
        Syncer { sync_on, system, file, helper: None, running: None, dirty: true }
    }

    /// Says that the file is about to be changed. Call it before, as a sync must not begin in between.
    pub(crate) fn mark_dirty(&mut self) {
        self.dirty = true;
    }

    /// The failure of a sync that was begun and left, if it is known by now. Does not wait.
    pub(crate) fn failure(&mut self) -> Option<io::Error> {
        let answer = match self.running.as_mut()?.try_recv() {
            Ok(None) => return None,
            Ok(Some(answer)) => answer,
            Err(oneshot::Canceled) => Err(helper_died()),
        };
        self.running = None;
        answer.err()
    }

    /// Waits for the sync that is under way, if there is one.
    pub(crate) async fn join(&mut self) -> io::Result<()> {
        let Some(running) = &mut self.running else {
            return Ok(());
        };
        let answer = running.await;
        self.running = None;
        answer.unwrap_or_else(|oneshot::Canceled| Err(helper_died()))
    }

    /// Makes everything up to now durable; does nothing where that is so already.
    pub(crate) async fn sync(&mut self, scope: Scope) -> io::Result<()> {
        self.join().await?;
        if !self.dirty {
            return Ok(());
        }
        self.dirty = false;
        if self.sync_on == SyncOn::Caller {
            return run(&*self.system, &self.file, scope);
        }
        self.begin(scope);
        self.join().await
    }

    fn begin(&mut self, scope: Scope) {
        let (answer, running) = oneshot::channel();
        self.running = Some(running);
        let job = Job { system: Arc::clone(&self.system), file: Arc::clone(&self.file), scope, answer };
        let Some(job) = self.hand_over(job) else {
            return;
        };
        self.helper = spawn_helper();
        if let Some(job) = self.hand_over(job) {
            // No thread can be had: a checkpoint that blocks is better than none.
            job.run();
        }
    }

    /// Gives the job to the helper, or back where there is none.
    fn hand_over(&self, job: Job) -> Option<Job> {
        match &self.helper {
            Some(helper) => helper.send(job).err().map(|mpsc::SendError(job)| job),
            None => Some(job),
        }
    }
}

impl Job {
    fn run(self) {
        let Job { system, file, scope, answer } = self;
        let result = run(&*system, &file, scope);
        // Nobody listens when the backend was dropped meanwhile, and then nobody relies on the sync.
        let _ = answer.send(result);
    }
}

fn run(system: &dyn System, file: &OpenFile, scope: Scope) -> io::Result<()> {
    match scope {
        Scope::Data => system.sync_data(file),
        Scope::All => system.sync_all(file),
    }
}

fn spawn_helper() -> Option<mpsc::Sender<Job>> {
    let (sender, jobs) = mpsc::channel::<Job>();
    let helper = thread::Builder::new().name("aof-sync".to_owned());
    match helper.spawn(move || jobs.into_iter().for_each(Job::run)) {
        Ok(_) => Some(sender),
        Err(error) => {
            tracing::warn!(%error, "no thread for syncs could be made: the calling thread does them");
            None
        }
    }
}

fn helper_died() -> io::Error {
    io::Error::other("the thread that syncs ended without an answer")
}
