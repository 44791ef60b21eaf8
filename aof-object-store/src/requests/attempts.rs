//! Trying again, with pauses, until a deadline.

use super::Requests;
use super::failure::is_transient;
use crate::options::Options;
use crate::runtime::Runtime;
use std::future::Future;
use std::io;
use std::time::Duration;
use tokio::time::{Instant, sleep, timeout};

const PAUSE_MAX: Duration = Duration::from_secs(1);

/// The attempts of one request.
pub(super) struct Attempts<'a> {
    requests: &'a Requests,
    until: Instant,
    pause: Duration,
}

impl Attempts<'_> {
    pub(super) fn new(requests: &Requests) -> Attempts<'_> {
        let Options { deadline, retry_pause, .. } = requests.options;
        Attempts { requests, until: Instant::now() + deadline, pause: retry_pause }
    }

    /// One attempt, which counts as failed after the timeout of a request.
    pub(super) async fn run<T>(
        &self,
        attempt: impl Future<Output = object_store::Result<T>>,
    ) -> object_store::Result<T> {
        let limit = self.requests.options.request_timeout;
        timeout(limit, attempt).await.unwrap_or_else(|_| Err(timed_out(limit)))
    }

    /// One attempt that may take until the deadline, of several requests.
    pub(super) async fn run_long<T>(
        &self,
        attempt: impl Future<Output = object_store::Result<T>>,
    ) -> object_store::Result<T> {
        let limit = self.requests.options.deadline.max(self.requests.options.request_timeout);
        timeout(limit, attempt).await.unwrap_or_else(|_| Err(timed_out(limit)))
    }

    /// Pauses before the next attempt, or returns the error where there is none.
    pub(super) async fn again(&mut self, error: object_store::Error) -> object_store::Result<()> {
        if !is_transient(&error) {
            return Err(error);
        }
        self.pause(error).await
    }

    /// As [`again`](Attempts::again), whatever the error is.
    pub(super) async fn pause(&mut self, error: object_store::Error) -> object_store::Result<()> {
        if self.requests.is_abandoned() {
            return Err(generic(Runtime::interrupted()));
        }
        if Instant::now() + self.pause > self.until {
            return Err(error);
        }
        tracing::debug!(%error, "a request to the store failed and is made again");
        sleep(self.pause).await;
        self.pause = (self.pause * 2).min(PAUSE_MAX);
        Ok(())
    }
}

pub(super) fn timed_out(limit: Duration) -> object_store::Error {
    generic(io::Error::new(io::ErrorKind::TimedOut, format!("no answer within {limit:?}")))
}

fn generic(source: io::Error) -> object_store::Error {
    object_store::Error::Generic { store: "the log", source: Box::new(source) }
}
