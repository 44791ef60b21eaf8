//! Random histories of a log on a disk that fails and loses power, against a model.
//!
//! A [`History`] is drawn from a seed: appends, writes with backtracking, checkpoints, dropped calls, failing calls,
//! readers beside the writer, truncations, reopenings, rotations, crashes, on a disk that may allocate zeros ahead of the
//! end. [`run`] plays it on a [`SimDisk`](crate::disk::SimDisk)
//! and holds everything that the log answers against a model of what it must be. Above all, after every crash: the log
//! opens, everything up to the last checkpoint is there, and behind it stands a prefix of what was written. [`shrink`]
//! makes a failing history short.
//!
//! The binary `aof-simulate` does that many times:
//!
//! ```text
//! cargo run --release -p aof-testkit --bin aof-simulate -- --seed 1 --runs 100000
//! ```
//!
//! ```
//! use aof_testkit::simulator::{History, run};
//!
//! for seed in 0..20 {
//!     let history = History::draw(seed);
//!     run(&history).unwrap_or_else(|failure| panic!("{failure}\n{history}"));
//! }
//! ```

mod action;
mod history;
mod model;
mod shrinking;
mod storage;
mod tally;
mod world;

pub use action::{Action, Interruption, Policy, SyncFailure};
pub use history::{History, Kind};
pub use shrinking::shrink;
pub use storage::Storage;
pub use tally::Tally;
pub use world::{Broken, run, run_with};
