//! Random histories of a log on a disk that fails and loses power, against a model.
//!
//! A [`History`] is drawn from a seed: appends, writes with backtracking, checkpoints that are waited for, kept under way,
//! polled in any order or dropped, failing calls, readers beside the writer, prunes, truncations, reopenings, takeovers,
//! rotations, crashes, on a [`Storage`] of one kind or another. [`run`] plays it on a [`SimDisk`](crate::disk::SimDisk) and
//! compares everything that the log returns with a model of what it must be. Above all, after every crash: the log opens,
//! everything that any checkpoint or `durable_len` said was durable is there, and a prefix of what was written follows;
//! opening began where the note said; the log begins where a prune may have left it. [`shrink`] makes a failing history
//! short, and [`run_with`] plays one on a disk with a [`Defect`](crate::disk::Defect), to see that it is noticed.
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

pub use action::{Action, GroupEnd, Interruption, Policy, SyncFailure};
pub use history::{History, Kind};
pub use shrinking::shrink;
pub use storage::Storage;
pub use tally::Tally;
pub use world::{Broken, run, run_with};
