//! The calls of a backend, where something is said about each of them.

use std::fmt;

/// A call that a backend takes.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub enum Call {
    /// [`AofRead::seek`](aof_api::AofRead::seek)
    Seek,
    /// [`AofRead::read`](aof_api::AofRead::read)
    Read,
    /// [`AofRead::start`](aof_api::AofRead::start)
    Start,
    /// [`AofRead::end`](aof_api::AofRead::end)
    End,
    /// [`AofRead::changed`](aof_api::AofRead::changed)
    Changed,
    /// [`AofBackend::write`](aof_api::AofBackend::write)
    Write,
    /// [`AofBackend::checkpoint`](aof_api::AofBackend::checkpoint)
    Checkpoint,
    /// [`AofBackend::truncate`](aof_api::AofBackend::truncate)
    Truncate,
    /// [`AofBackend::prune`](aof_api::AofBackend::prune)
    Prune,
    /// [`AofBackend::reader`](aof_api::AofBackend::reader)
    Reader,
    /// [`AofBackend::close`](aof_api::AofBackend::close)
    Close,
}

impl Call {
    /// Every call.
    pub const ALL: [Call; 11] = [
        Call::Seek,
        Call::Read,
        Call::Start,
        Call::End,
        Call::Changed,
        Call::Write,
        Call::Checkpoint,
        Call::Truncate,
        Call::Prune,
        Call::Reader,
        Call::Close,
    ];
}

impl fmt::Display for Call {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Call::Seek => "seek",
            Call::Read => "read",
            Call::Start => "start",
            Call::End => "end",
            Call::Changed => "changed",
            Call::Write => "write",
            Call::Checkpoint => "checkpoint",
            Call::Truncate => "truncate",
            Call::Prune => "prune",
            Call::Reader => "reader",
            Call::Close => "close",
        })
    }
}
