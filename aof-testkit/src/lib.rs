//! Does a storage keep its promises? One macro line tells.
//!
//! The contract between the log and its storage, [`AofBackend`](aof_api::AofBackend), has twelve numbered promises. This
//! crate tries every one of them against a backend, and names the one that is broken.
//!
//! - [`conformance!`] and [`Fixture`]: the suite, and what a backend author writes to run it;
//! - [`sim`]: a simulated disk that loses power; [`Faulty`]: any backend, with faults; [`Faults`] drives both;
//! - [`simulate`]: random histories of a log on such a disk, against a model; the binary `aof-simulate`;
//! - [`Metered`]: any backend, with counts and latencies;
//! - [`fuzz`]: what must hold for any bytes; the binary `aof-fuzz` and the targets of `cargo fuzz` call it;
//! - [`generate`]: logs of every legal shape, and damaged in named ways;
//! - [`bad`]: backends that break one promise each, by which the suite itself is tested.

pub mod bad;
mod call;
mod capabilities;
mod case;
mod cases;
mod dropping;
mod fault;
mod faulty;
mod fixture;
pub mod fuzz;
pub mod generate;
mod lent;
mod mapped;
mod metered;
mod promise;
mod random;
mod report;
pub mod sim;
pub mod simulate;
mod suite;
mod trial;
mod verdict;

pub use call::Call;
pub use capabilities::{Capabilities, SecondWriter};
pub use case::{Case, SEED_DEFAULT, seed};
pub use dropping::{drop_after, pending};
pub use fault::{Fault, Faults, Fired};
pub use faulty::{Faulty, FaultyReader};
pub use fixture::Fixture;
pub use mapped::Mapped;
pub use metered::{CallMetrics, Histogram, Metered, MeteredReader, Metrics};
pub use promise::Promise;
pub use random::Random;
pub use report::{CaseResult, Report, check, run_all};
pub use suite::cases;
pub use verdict::{Failure, Outcome};
