//! Segments in a directory: what the suite does not ask for.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot continue fails")]

mod converting;
mod directory;
mod every_call;
mod finding;
mod life;
mod retaining;
mod sealing;
mod stopping;
