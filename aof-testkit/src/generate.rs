//! Logs of every legal shape, and damaged in named ways, all from a seed.
//!
//! A [`Generator`] makes [`Log`]s: [linear](Generator::linear), [restarted](Generator::restarted),
//! [rotated](Generator::rotated), [gapped](Generator::gapped), [forked](Generator::forked). A [`Wound`] damages one and
//! says what of it is lost.
//!
//! ```
//! use aof_api::validate::{self, validate};
//! use aof_api::Rule;
//! use aof_memory::MemoryBackend;
//! use aof_testkit::generate::{Bodies, Generator, Wound};
//!
//! # futures::executor::block_on(async {
//! let log = Generator::new(42).entries(20).bodies(Bodies::Uniform { low: 0, high: 300 }).linear();
//! let wounded = log.wounded(&Wound::Body { entry: 7, bit: 3 });
//!
//! let backend = MemoryBackend::from_bytes(&wounded.bytes);
//! let validation = validate(backend, validate::Options::new().rule(Rule::SeenParent), None).await?;
//! assert_eq!(validation.entries, 19);
//! assert_eq!(validation.findings[0].offset, log.offset(7));
//! # Ok::<(), aof_api::Error>(())
//! # }).unwrap();
//! ```

mod bodies;
mod generator;
mod log;
mod wound;

pub use bodies::Bodies;
pub use generator::Generator;
pub use log::Log;
pub use wound::{Wound, Wounded};
