//! How many threads verify checksums.

use clap::Args;

#[derive(Args, Debug)]
pub(crate) struct ThreadArguments {
    /// Threads that verify checksums [default: all cores]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1024))]
    threads: Option<u16>,
}

impl ThreadArguments {
    pub(crate) fn count(&self) -> usize {
        self.threads.map_or_else(cores, usize::from)
    }

    /// As many as logs of this length are worth: of 32 MiB, starting a thread costs more than it gains.
    pub(crate) fn for_bytes(&self, len: Option<u64>) -> usize {
        if self.threads.is_none() && len.is_some_and(|len| len < 32 << 20) { 1 } else { self.count() }
    }
}

/// How many cores this process may use.
pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}
