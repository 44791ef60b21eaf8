//! How large the large cases are.

use std::fmt;

/// The size of the cases that are about size: enough for what goes wrong with many pieces, long lengths and writes of more
/// than one chunk.
///
/// ```
/// use aof_testkit::Scale;
///
/// assert_eq!(Scale::default().to_string(), "1100 checkpoints, 20 MiB, one write of 64 MiB");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scale {
    /// How many checkpoints one log gets: more than a thousand, for names that sort.
    pub checkpoints: usize,
    /// How many bytes these make durable in all.
    pub bytes: usize,
    /// The length of one write, at most [`WRITE_LEN_MAX`](aof_api::storage::WRITE_LEN_MAX).
    pub write_bytes: usize,
}

impl Default for Scale {
    fn default() -> Scale {
        Scale { checkpoints: 1100, bytes: 20 << 20, write_bytes: 64 << 20 }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mib = |bytes: usize| bytes as f64 / f64::from(1 << 20);
        let (bytes, write_bytes) = (mib(self.bytes), mib(self.write_bytes));
        write!(f, "{} checkpoints, {bytes} MiB, one write of {write_bytes} MiB", self.checkpoints)
    }
}
