//! What `aof doctor` prints.

use super::object::object;

object! {
    /// One thing that a log needs of a store, or can use.
    Check = "check" {
        /// `create`, `create_race`, `read_after_write`, `range`, `list`, `fencing`, `lost_answers`, `delete`; `requests` where measuring failed
        name: &'static str,
        /// `passed`, `warned` (a log can be without it) or `failed`
        finding: &'static str,
        /// What is so on a store that passes, for people
        what: &'static str,
        /// Why it did not pass, for people; null where it did
        message: Option<String>,
    }
}

object! {
    /// How long requests of one kind took, one after the other; printed for a store that is fit.
    Timing = "timing" {
        /// `PUT`, `GET` or `LIST`
        request: &'static str,
        /// Bytes that each put or got; of a listing, how many objects it showed
        len: u64,
        /// How many requests were measured
        count: u64,
        /// The time that half of them did not exceed, in milliseconds
        p50_ms: f64,
        /// The time that nine of ten did not exceed, in milliseconds
        p90_ms: f64,
        /// The time that 99 of 100 did not exceed, in milliseconds; of fewer than 100, the longest
        p99_ms: f64,
        /// Bytes a second; null of a listing
        bytes_per_second: Option<f64>,
    }
}

object! {
    /// Whether a log can be kept on the store.
    Verdict = "summary" {
        /// The store, as the client library names it
        store: String,
        /// Whether no check failed; the exit code is 1 where one did
        fit: bool,
        /// The names of the checks that failed
        failed: Vec<&'static str>,
        /// The names of the checks that warned
        warned: Vec<&'static str>,
        /// Objects that the command could not remove again
        left: Vec<String>,
    }
}
