//! What must hold for any bytes whatever: the targets of the fuzzers.
//!
//! Each function takes bytes that may be anything and panics when a promise is broken. They are called by the targets of
//! `cargo fuzz` in `aof-testkit/fuzz`, which need nightly, and by `aof-fuzz`, which does not:
//!
//! ```text
//! cargo run --release -p aof-testkit --bin aof-fuzz -- --seconds 60
//! ```
//!
//! ```
//! use aof_testkit::fuzz::{Target, mutate};
//! use aof_testkit::Random;
//!
//! let mut random = Random::new(1);
//! for target in Target::ALL {
//!     target.check(&mutate(&mut random));
//! }
//! ```

mod mutate;
mod oracle;

pub use mutate::{corpus, mutate};
pub use oracle::{decode, open, resync, validate};

/// One of the four targets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Target {
    /// Decoding an entry.
    Decode,
    /// Reading a log past its damage.
    Resync,
    /// Validating a log.
    Validate,
    /// Opening a log.
    Open,
}

impl Target {
    /// All targets.
    pub const ALL: [Target; 4] = [Target::Decode, Target::Resync, Target::Validate, Target::Open];

    /// Its name, which is that of its function.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Target::Decode => "decode",
            Target::Resync => "resync",
            Target::Validate => "validate",
            Target::Open => "open",
        }
    }

    /// Checks that everything holds for these bytes.
    ///
    /// # Panics
    ///
    /// When something does not.
    pub fn check(self, bytes: &[u8]) {
        match self {
            Target::Decode => decode(bytes),
            Target::Resync => resync(bytes),
            Target::Validate => validate(bytes),
            Target::Open => open(bytes),
        }
    }
}
