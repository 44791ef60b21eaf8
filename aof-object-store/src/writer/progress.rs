//! What became of the cuts, for checkpoints that wait.

use aof_api::{Error, Result};
use tokio::sync::watch;

/// How far the uploader is.
#[derive(Clone, Debug, Default)]
pub(crate) struct Settled {
    /// The last cut that is durable.
    pub(crate) cut: u64,
    /// The offset up to which the log is durable.
    pub(crate) durable: u64,
    /// Why no further cut will be.
    pub(crate) ended: Option<Error>,
}

/// Waits for the uploader.
#[derive(Clone, Debug)]
pub(crate) struct Progress(watch::Receiver<Settled>);

impl Progress {
    pub(crate) fn new(receiver: watch::Receiver<Settled>) -> Progress {
        Progress(receiver)
    }

    /// Waits until `done` holds, or the uploader has ended.
    async fn until(&mut self, done: impl Fn(&Settled) -> bool) -> Result<()> {
        let waited = self.0.wait_for(|settled| done(settled) || settled.ended.is_some()).await;
        let is_gone = waited.is_err();
        drop(waited);
        let mut settled = self.0.borrow().clone();
        if is_gone {
            settled.ended.get_or_insert(Error::Closed);
        }
        match settled.ended {
            Some(ended) if !done(&Settled { ended: None, ..settled }) => Err(ended),
            _ => Ok(()),
        }
    }

    /// Waits until this cut is durable.
    pub(crate) async fn cut(&mut self, cut: u64) -> Result<()> {
        self.until(|settled| settled.cut >= cut).await
    }

    /// Waits until the log is durable up to `offset`.
    pub(crate) async fn durable(&mut self, offset: u64) -> Result<()> {
        self.until(|settled| settled.durable >= offset).await
    }
}
