//! How a log is read.

/// How to read a log: how much at once, and how many threads verify it.
///
/// ```
/// let options = aof_api::read::Options::new().verify_threads(2);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Options {
    pub(crate) chunk_len: usize,
    pub(crate) verify_threads: usize,
}

/// Reading after damage begins with this much, so that a log with much damage is not read many times over.
pub(crate) const CHUNK_LEN_MIN: usize = 4096;
pub(crate) const CHUNK_LEN_MAX: usize = 64 << 20;

pub(crate) const VERIFY_THREADS_MAX: usize = 1024;

impl Options {
    /// 256 KiB at once, verified on the calling thread.
    #[must_use]
    pub const fn new() -> Options {
        Options { chunk_len: 256 << 10, verify_threads: 1 }
    }

    /// Bytes to ask the backend for at once, 4 KiB to 64 MiB; values outside are brought inside.
    ///
    /// Memory is bounded by this and one entry (1 MiB), for each verifying thread two of both; after damage, two
    /// entries more.
    #[must_use]
    pub const fn chunk_len(mut self, bytes: usize) -> Options {
        self.chunk_len = if bytes < CHUNK_LEN_MIN {
            CHUNK_LEN_MIN
        } else if bytes > CHUNK_LEN_MAX {
            CHUNK_LEN_MAX
        } else {
            bytes
        };
        self
    }

    pub(crate) const fn chunk_len_bytes(self) -> usize {
        self.chunk_len
    }

    /// Threads that verify checksums, the reading one included, 1 to 1,024; values outside are brought inside.
    #[must_use]
    pub const fn verify_threads(mut self, threads: usize) -> Options {
        self.verify_threads = if threads == 0 {
            1
        } else if threads > VERIFY_THREADS_MAX {
            VERIFY_THREADS_MAX
        } else {
            threads
        };
        self
    }
}

impl Default for Options {
    fn default() -> Options {
        Options::new()
    }
}
