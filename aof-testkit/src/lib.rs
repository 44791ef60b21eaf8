//! Does a storage keep its promises? One macro line tries them all.
//!
//! The contract between the log and its storage, [`AofBackend`](aof_api::AofBackend), has sixteen numbered promises. This
//! crate tries every one of them against a backend, and names the one that is broken.
//!
//! - [`conformance!`] and [`Fixture`]: the suite, and what a backend author writes to run it;
//! - [`disk`]: a simulated disk that loses power; [`Faulty`]: any backend, with faults; [`Faults`] drives both;
//! - [`simulator`]: random histories of a log on such a disk, against a model; the binary `aof-simulate`;
//! - [`Metered`]: any backend, with counts and latencies;
//! - [`fuzz`]: what must hold for any bytes; the binary `aof-fuzz` and the targets of `cargo fuzz` call it;
//! - [`generate`]: logs of every legal shape, and damaged in named ways;
//! - `flawed`, with the feature of that name: backends that break one promise each, by which the suite itself is tested.

pub mod disk;
#[cfg(feature = "flawed")]
pub mod flawed;
pub mod fuzz;
pub mod generate;
mod random;
pub mod simulator;
mod suite;
mod wrap;

pub use random::Random;
pub use suite::capabilities::{Capabilities, Notes, SecondWriter};
pub use suite::case::{Case, SEED_DEFAULT, seed};
pub use suite::conformance::cases;
pub use suite::fixture::Fixture;
pub use suite::promise::Promise;
pub use suite::report::{CaseResult, Report, check, run_all};
pub use suite::scale::Scale;
pub use suite::trouble::Trouble;
pub use suite::verdict::{Failure, Outcome};
pub use wrap::call::Call;
pub use wrap::dropping::{drop_after, pending};
pub use wrap::fault::{Fault, Faults, Fired};
pub use wrap::faulty::{Faulty, FaultyReader};
pub use wrap::mapped::Mapped;
pub use wrap::metered::{CallMetrics, Histogram, Metered, MeteredReader, Metrics};
