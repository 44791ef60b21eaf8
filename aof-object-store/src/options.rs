//! How a log on a store is opened.

use std::time::Duration;

/// What opening a log for writing does with the writer that has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[non_exhaustive]
pub enum OpenMode {
    /// Takes the log over. A writer that still lives is fenced off: its next checkpoint fails with
    /// [`Error::Fenced`](aof_api::Error::Fenced), and nothing that it acknowledged is lost.
    TakeOver,
    /// Fails with [`Error::Locked`](aof_api::Error::Locked) if the newest object of the log is younger than this, by the
    /// clock of the store and the clock of this machine. A courtesy between healthy writers: safety never depends on
    /// clocks, because opening fences in either mode.
    OnlyIfIdle(Duration),
}

/// Options of [`ObjectStoreBackend::open`](crate::ObjectStoreBackend::open) and
/// [`ObjectReader::open`](crate::ObjectReader::open).
///
/// ```
/// use aof_object_store::{OpenMode, Options};
/// use std::time::Duration;
///
/// let options = Options::new().linger(Duration::from_millis(100)).deadline(Duration::from_secs(20));
/// assert_eq!(options.mode, OpenMode::OnlyIfIdle(Duration::from_secs(30)));
/// ```
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Options {
    /// What is done with the writer that has the log; by default it must have been idle for 30 s.
    pub mode: OpenMode,
    /// Bytes of payload at which a chunk ends; 8 MiB by default. Whole writes only: a longer write is a chunk of its own.
    pub chunk_len: usize,
    /// How long a checkpoint waits for others before its chunk is put; 0 by default. It trades latency for requests.
    pub linger: Duration,
    /// Bytes that may wait for their PUT; a write beyond waits. 64 MiB by default.
    pub queued_len_max: u64,
    /// How long one request may take before it counts as lost; 30 s by default.
    pub request_timeout: Duration,
    /// How long a request is tried again before it fails, and poisons a writer; 60 s by default.
    pub deadline: Duration,
    /// The pause before a request is made again, which doubles with each attempt, up to 1 s; 10 ms by default.
    pub retry_pause: Duration,
    /// The longest pause between two looks of a reader that waits; 500 ms by default. Each look is two requests.
    pub poll_interval_max: Duration,
    /// Bytes that each reader keeps in memory; 16 MiB by default.
    pub cache_len_max: usize,
}

impl Default for Options {
    fn default() -> Options {
        Options::new()
    }
}

impl Options {
    /// The defaults.
    #[must_use]
    pub const fn new() -> Options {
        Options {
            mode: OpenMode::OnlyIfIdle(Duration::from_secs(30)),
            chunk_len: 8 << 20,
            linger: Duration::ZERO,
            queued_len_max: 64 << 20,
            request_timeout: Duration::from_secs(30),
            deadline: Duration::from_secs(60),
            retry_pause: Duration::from_millis(10),
            poll_interval_max: Duration::from_millis(500),
            cache_len_max: 16 << 20,
        }
    }

    /// Sets [`mode`](Options::mode).
    #[must_use]
    pub const fn mode(mut self, mode: OpenMode) -> Options {
        self.mode = mode;
        self
    }

    /// Sets [`mode`](Options::mode) to [`OpenMode::TakeOver`].
    #[must_use]
    pub const fn take_over(self) -> Options {
        self.mode(OpenMode::TakeOver)
    }

    /// Sets [`chunk_len`](Options::chunk_len), in bytes.
    #[must_use]
    pub const fn chunk_len(mut self, bytes: usize) -> Options {
        self.chunk_len = bytes;
        self
    }

    /// Sets [`linger`](Options::linger).
    #[must_use]
    pub const fn linger(mut self, linger: Duration) -> Options {
        self.linger = linger;
        self
    }

    /// Sets [`queued_len_max`](Options::queued_len_max), in bytes.
    #[must_use]
    pub const fn queued_len_max(mut self, bytes: u64) -> Options {
        self.queued_len_max = bytes;
        self
    }

    /// Sets [`request_timeout`](Options::request_timeout).
    #[must_use]
    pub const fn request_timeout(mut self, timeout: Duration) -> Options {
        self.request_timeout = timeout;
        self
    }

    /// Sets [`deadline`](Options::deadline).
    #[must_use]
    pub const fn deadline(mut self, deadline: Duration) -> Options {
        self.deadline = deadline;
        self
    }

    /// Sets [`retry_pause`](Options::retry_pause).
    #[must_use]
    pub const fn retry_pause(mut self, pause: Duration) -> Options {
        self.retry_pause = pause;
        self
    }

    /// Sets [`poll_interval_max`](Options::poll_interval_max).
    #[must_use]
    pub const fn poll_interval_max(mut self, interval: Duration) -> Options {
        self.poll_interval_max = interval;
        self
    }

    /// Sets [`cache_len_max`](Options::cache_len_max), in bytes.
    #[must_use]
    pub const fn cache_len_max(mut self, bytes: usize) -> Options {
        self.cache_len_max = bytes;
        self
    }
}
