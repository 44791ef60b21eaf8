//! What `aof export` prints.

use super::object::object;
use super::value::{Decimal, Sometimes, Time};

object! {
    /// An event: an account or transfer to create, or what a look-up or query asks for. Ids are 32 hex digits, or decimal
    /// digits with `--ids decimal`.
    Event = "event" {
        /// The op of its entry
        op: u64,
        /// Its place among the events of the entry, from 0
        index: u64,
        /// The operation
        operation: u8,
        /// Its name
        operation_name: Option<&'static str>,
        /// `account`, `transfer`, `id`, `account_filter` or `query_filter`
        event: &'static str,
        /// The timestamp that the server assigns, in nanoseconds since 1970: that of the entry, less one for each event after
        /// this one; that of an imported event is its own; of a look-up or query, that of the entry
        timestamp: Decimal,
        /// The same as RFC 3339, in UTC
        time: Time,
        /// `account`, `transfer`, `id`: the id
        id: Sometimes<String>,
        /// `account_filter`: the account
        account_id: Sometimes<String>,
        /// `transfer`: the account to debit
        debit_account_id: Sometimes<String>,
        /// `transfer`: the account to credit
        credit_account_id: Sometimes<String>,
        /// `transfer`: the amount
        amount: Sometimes<Decimal>,
        /// `transfer`: the pending transfer that this one posts or voids
        pending_id: Sometimes<String>,
        /// `transfer`: the timeout of a pending transfer, in seconds
        timeout: Sometimes<u32>,
        /// The ledger
        ledger: Sometimes<u32>,
        /// The code
        code: Sometimes<u16>,
        /// The names of the flags that are set
        flags: Sometimes<Vec<String>>,
        /// The user's
        user_data_128: Sometimes<String>,
        /// The user's
        user_data_64: Sometimes<u64>,
        /// The user's
        user_data_32: Sometimes<u32>,
        /// Filters: the first time, in nanoseconds since 1970; 0 where there is none
        timestamp_min: Sometimes<Decimal>,
        /// Filters: the last time, in nanoseconds since 1970; 0 where there is none
        timestamp_max: Sometimes<Decimal>,
        /// Filters: how many results there may be
        limit: Sometimes<u32>,
    }
}
