//! What `aof stat` prints.

use super::object::object;
use super::value::{Decimal, Hex};

object! {
    /// Entries of one operation.
    Operation = "operation" {
        /// The operation
        operation: u8,
        /// Its name, or with `--decode openraft` that of its record; null of one that has none
        operation_name: Option<&'static str>,
        /// How many entries
        entries: u64,
        /// Bytes that they take in the log
        bytes: u64,
    }
}

object! {
    /// Entries of one class of sizes.
    Size = "size" {
        /// The largest size of the class in bytes; the next smaller class ends at half of it
        up_to: u64,
        /// How many entries
        entries: u64,
        /// Bytes that they take in the log
        bytes: u64,
    }
}

object! {
    /// Entries of one step of time. Entries that were recorded again are not counted as traffic.
    Rate = "rate" {
        /// When the step begins, in nanoseconds since 1970
        timestamp: Decimal,
        /// The same as RFC 3339, in UTC
        time: String,
        /// How long it is
        nanoseconds: Decimal,
        /// Entries that were recorded for the first time
        entries: u64,
        /// Those a second
        entries_per_second: f64,
        /// Entries that a restarted replica recorded again
        again: u64,
    }
}

object! {
    /// Entries of one client, one of the 100 with most entries.
    Client = "client" {
        /// The client
        client: Hex,
        /// How many entries
        entries: u64,
        /// Bytes that they take in the log
        bytes: u64,
    }
}

object! {
    /// Everything together.
    Summary = "summary" {
        /// Whole entries
        entries: u64,
        /// Bytes of the files
        bytes: u64,
        /// The first op
        op_first: Option<u64>,
        /// The highest op
        op_highest: Option<u64>,
        /// The lowest timestamp, in nanoseconds since 1970
        timestamp_first: Option<Decimal>,
        /// The same as RFC 3339, in UTC
        time_first: Option<String>,
        /// The highest timestamp, in nanoseconds since 1970
        timestamp_last: Option<Decimal>,
        /// The same as RFC 3339, in UTC
        time_last: Option<String>,
        /// Places at which ops are missing
        gaps: u64,
        /// Ops that are missing there
        missing: u64,
        /// Places at which the ops go back
        backtracks: u64,
        /// Places at which the times go back
        times_back: u64,
        /// Entries that were recorded again, the same
        duplicates: u64,
        /// Entries whose op another entry has
        other_histories: u64,
        /// Entries that were missing until then
        late: u64,
        /// Entries whose op is too far back to be compared
        not_compared: u64,
        /// The view of the first entry
        view_first: Option<u64>,
        /// The view of the last entry
        view_last: Option<u64>,
        /// Entries with another view than the entry before them; entries that were recorded again do not count
        view_changes: u64,
        /// Clients
        clients: u64,
        /// Whether `clients` is exact: up to 65,536 are distinguished
        clients_exact: bool,
        /// Places that are damaged, or at which ops are missing, the cluster changes, or another history begins: for the
        /// first 100 of them, a `finding` came before
        findings: u64,
        /// Damaged places
        damages: u64,
        /// Bytes in them
        damaged_bytes: u64,
        /// Bytes at the ends of logs that are being written
        pending: u64,
    }
}
