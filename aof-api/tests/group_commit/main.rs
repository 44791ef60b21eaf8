//! Many writers on one log: nobody is stranded, whoever is dropped, left alone, or told of a failure.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on says where it stopped")]

mod batches;
mod failing;
mod gate;
mod panics;
mod pipelining;
mod polling;
