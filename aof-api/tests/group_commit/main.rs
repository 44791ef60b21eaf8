//! Many writers on one log: nobody is stranded, whoever is dropped, left alone, or told of a failure.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot continue says where it stopped")]

mod batches;
mod failing;
mod follower;
mod gate;
mod gone;
mod lending;
mod panics;
mod pipelining;
mod polling;
mod schedules;
