//! What `aof inspect` prints.

use super::object::{Object, object, part};
use super::value::{Decimal, Hex, Sometimes, Time, Value};
use aof_api::format::Release;

object! {
    /// An entry.
    Entry = "entry" {
        /// The file, where there are several
        log: Sometimes<String>,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
        /// Its op
        op: u64,
        /// Where it begins, in bytes from the start of the file
        offset: u64,
        /// Bytes that it takes in the log
        size_disk: u64,
        /// The checksum of its header, by which others name it
        checksum: Hex,
        /// The checksum of the entry that it follows
        parent: Hex,
        /// The checksum of its body
        checksum_body: Hex,
        /// The cluster
        cluster: Hex,
        /// The view
        view: u32,
        /// The release of the server
        release: Release,
        /// The replica that was primary
        replica: u8,
        /// The checksum of the request
        request_checksum: Hex,
        /// The checkpoint of the replica
        checkpoint_id: Hex,
        /// The client
        client: Hex,
        /// The highest op that was committed
        commit: u64,
        /// When it was prepared, in nanoseconds since 1970
        timestamp: Decimal,
        /// The same as RFC 3339, in UTC
        time: Time,
        /// The number of the request
        request: u32,
        /// The operation
        operation: u8,
        /// Its name; null of one that TigerBeetle does not name
        operation_name: Option<&'static str>,
        /// The body as text, with `--body text`, where it is UTF-8
        body: Sometimes<String>,
        /// The body in hexadecimal, with `--body hex`, and with `--body text` where it is not UTF-8
        body_hex: Sometimes<String>,
        /// Accounts or transfers to create, with `--decode tigerbeetle`
        events: Sometimes<Vec<Event>>,
        /// How many events each batch of the request has
        batches: Sometimes<Vec<u16>>,
        /// The record of a Raft log, with `--decode openraft`
        raft_record: Sometimes<&'static str>,
        /// The index in its log id, where it has one
        raft_index: Sometimes<u64>,
        /// Why the body could not be decoded
        not_decoded: Sometimes<&'static str>,
    }
}

/// An account or a transfer.
pub(crate) enum Event {
    Account(Account),
    Transfer(Transfer),
}

impl Value for Event {
    fn kind() -> String {
        "object `account` or `transfer`".to_owned()
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            Event::Account(account) => Object::put(account, out),
            Event::Transfer(transfer) => Object::put(transfer, out),
        }
    }
}

object! {
    /// An account to create, as TigerBeetle's reference describes it.
    Account {
        /// Its id
        id: Hex,
        /// The ledger
        ledger: u32,
        /// The code
        code: u16,
        /// The names of the flags that are set
        flags: Vec<String>,
        /// 0 in a request
        debits_pending: Decimal,
        /// 0 in a request
        debits_posted: Decimal,
        /// 0 in a request
        credits_pending: Decimal,
        /// 0 in a request
        credits_posted: Decimal,
        /// The user's
        user_data_128: Hex,
        /// The user's
        user_data_64: u64,
        /// The user's
        user_data_32: u32,
        /// 0
        reserved: u32,
        /// 0, or that of an imported account in nanoseconds since 1970
        timestamp: Decimal,
    }
}

object! {
    /// A transfer to create, as TigerBeetle's reference describes it.
    Transfer {
        /// Its id
        id: Hex,
        /// The account to debit
        debit_account_id: Hex,
        /// The account to credit
        credit_account_id: Hex,
        /// The amount
        amount: Decimal,
        /// The ledger
        ledger: u32,
        /// The code
        code: u16,
        /// The names of the flags that are set
        flags: Vec<String>,
        /// The pending transfer that this one posts or voids
        pending_id: Hex,
        /// The timeout of a pending transfer, in seconds
        timeout: u32,
        /// The user's
        user_data_128: Hex,
        /// The user's
        user_data_64: u64,
        /// The user's
        user_data_32: u32,
        /// 0, or that of an imported transfer in nanoseconds since 1970
        timestamp: Decimal,
    }
}
part! { Account: "object `account`", Transfer: "object `transfer`" }

object! {
    /// A place without a whole entry, which is passed over.
    Damaged = "damage" {
        /// The file
        log: String,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
        /// Where it begins, in bytes from the start of the file
        offset: u64,
        /// How many bytes it has
        len: u64,
        /// The op of the entry, where one is known
        op: Option<u64>,
        /// Whether all of them are zeros
        zeros: bool,
        /// Whether it is the end of a log as a crash leaves it
        torn_end: bool,
        /// What it is, for people
        message: String,
    }
}

object! {
    /// Under `--follow`: the log was moved away, and is read on in a new file at its path.
    Rotated = "rotated" {
        /// The path
        log: String,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
    }
}

object! {
    /// Under `--follow`: the log was cut, and is read on from its new end.
    Cut = "cut" {
        /// The file
        log: String,
        /// The bytes of `log` in hexadecimal, where they are not UTF-8
        log_hex: Sometimes<String>,
        /// The offset at which reading continues
        offset: u64,
    }
}
