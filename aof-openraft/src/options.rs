//! How a store opens its log, and how much it keeps in memory.

use aof_api::LogOptions;

/// How a [`AofLogStore`](crate::AofLogStore) opens its log, and how much it keeps in memory.
///
/// ```
/// use aof_api::LogOptions;
/// use aof_openraft::StoreOptions;
///
/// let options = StoreOptions::new().log(LogOptions::new().cluster(7)).cache_bytes(64 << 20);
/// ```
#[derive(Clone, Debug)]
pub struct StoreOptions {
    pub(crate) log: LogOptions,
    pub(crate) cache_bytes: usize,
    pub(crate) read_bytes: usize,
}

impl StoreOptions {
    /// The defaults that each method names.
    #[must_use]
    pub fn new() -> StoreOptions {
        StoreOptions { log: LogOptions::new(), cache_bytes: 16 << 20, read_bytes: 2 << 20 }
    }

    /// How the log under the store is opened. By default as [`LogOptions::new`] says.
    #[must_use]
    pub fn log(mut self, log: LogOptions) -> StoreOptions {
        self.log = log;
        self
    }

    /// How many bytes of the newest entries, as they are encoded, stay in memory to be read from there. By default
    /// 16 MiB; with 0, every entry is read from the storage.
    #[must_use]
    pub fn cache_bytes(mut self, bytes: usize) -> StoreOptions {
        self.cache_bytes = bytes;
        self
    }

    /// After how many bytes of entries, as they are encoded, a read that may stop early does stop; at least one entry is
    /// always returned. By default 2 MiB.
    #[must_use]
    pub fn read_bytes(mut self, bytes: usize) -> StoreOptions {
        self.read_bytes = bytes;
        self
    }
}

impl Default for StoreOptions {
    fn default() -> StoreOptions {
        StoreOptions::new()
    }
}
