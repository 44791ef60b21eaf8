//! What a case comes to, and how it says what it saw.

use crate::suite::promise::Promise;
use std::fmt;
use std::panic::Location;

/// What a case came to.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The promise was kept.
    Passed,
    /// The storage declares that it cannot do what the case needs, and refused it.
    Skipped {
        /// What it cannot do.
        reason: String,
    },
    /// The promise was broken.
    Failed(Failure),
}

/// A broken promise: which, by which case, from which seed, and what was seen.
#[derive(Clone, Debug)]
pub struct Failure {
    /// The case.
    pub case: &'static str,
    /// The promise that it is named for.
    pub promise: Promise,
    /// The seed of everything random in the case.
    pub seed: u64,
    /// What was seen, and where in the suite.
    pub seen: String,
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.promise {
            // A storage that keeps its promises can still meet a fault of the log: whose fault it is, this does not say.
            Promise::Log => writeln!(f, "{}: the log on this storage failed", self.case)?,
            promise => writeln!(f, "{}: the storage broke promise {promise}", self.case)?,
        }
        writeln!(f, "  promised: {}", self.promise.text())?;
        writeln!(f, "  seen:     {}", self.seen)?;
        write!(f, "  seed:     {seed} (AOF_TESTKIT_SEED={seed} runs it again)", seed = self.seed)
    }
}

/// What a case returns: nothing, or why it stopped.
pub(crate) type Verdict = Result<(), Stop>;

/// Why a case stopped.
#[derive(Debug)]
pub(crate) enum Stop {
    /// A promise was broken; what was seen.
    Broken(String),
    /// The storage cannot do it.
    Absent(String),
}

impl Stop {
    #[track_caller]
    pub(crate) fn broken(seen: impl fmt::Display) -> Stop {
        Stop::Broken(format!("{seen} (at {})", Location::caller()))
    }
}

/// A call that must succeed, and failed.
impl From<aof_api::Error> for Stop {
    #[track_caller]
    fn from(error: aof_api::Error) -> Stop {
        Stop::broken(format_args!("a call that must succeed failed: {error}"))
    }
}

/// Stops the case unless a condition holds; the message says what was seen.
macro_rules! ensure {
    ($holds:expr, $($seen:tt)+) => {
        if !$holds {
            return Err($crate::suite::verdict::Stop::broken(format_args!($($seen)+)));
        }
    };
}

/// Stops the case unless both are equal; the first is what was seen.
macro_rules! ensure_eq {
    ($seen:expr, $wanted:expr, $($what:tt)+) => {{
        let (seen, wanted) = (&$seen, &$wanted);
        if seen != wanted {
            return Err($crate::suite::verdict::Stop::broken(format_args!(
                "{}: expected {wanted:?}, got {seen:?}",
                format_args!($($what)+)
            )));
        }
    }};
}

/// Stops the case unless the result is an error of this shape.
macro_rules! ensure_refused {
    ($result:expr, $refusal:pat $(if $guard:expr)?, $($what:tt)+) => {
        match $result {
            Err($refusal) $(if $guard)? => {}
            other => {
                return Err($crate::suite::verdict::Stop::broken(format_args!(
                    "{}: expected {}, got {}",
                    format_args!($($what)+),
                    stringify!($refusal),
                    $crate::suite::verdict::told(&other.map(|_| ()))
                )));
            }
        }
    };
}

pub(crate) use {ensure, ensure_eq, ensure_refused};

/// A result in words.
pub(crate) fn told(result: &aof_api::Result<()>) -> String {
    match result {
        Ok(()) => "Ok".to_owned(),
        Err(error) => format!("{error:?}"),
    }
}
