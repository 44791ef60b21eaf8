//! What LOG may be, the same in every command.

/// For commands that read several logs as one.
pub(crate) const LOGS: &str = "The logs, oldest first: files, directories of segments, URLs of stores (s3://BUCKET/PREFIX, \
                               gs://, az://, file:///DIRECTORY), or `-` for standard input";

/// For commands that read one, from beginning to end.
pub(crate) const LOG: &str = "The log: a file, a directory of segments, the URL of a store (s3://BUCKET/PREFIX, gs://, \
                              az://, file:///DIRECTORY), or `-` for standard input";

/// For commands that go back and forth in several logs.
pub(crate) const LOGS_ON_DISK: &str = "The logs, files or directories of segments; get one from a store with `aof fetch` \
                                       first";

/// For commands that go back and forth in one.
pub(crate) const LOG_ON_DISK: &str =
    "The log, a file or a directory of segments; get one from a store with `aof fetch` first";
