//! What TigerBeetle's look-ups and queries ask for: ids, and filters.
//!
//! Sources: <https://docs.tigerbeetle.com/reference/account-filter> and
//! <https://docs.tigerbeetle.com/reference/query-filter>, in the order of fields of its C client
//! (`tb_account_filter_t`, `tb_query_filter_t`).

use super::without_trailer;
use aof_api::Operation;
use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// The transfers or balances of an account, 128 bytes.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct AccountFilter {
    pub(crate) account_id: U128,
    pub(crate) user_data_128: U128,
    pub(crate) user_data_64: U64,
    pub(crate) user_data_32: U32,
    pub(crate) code: U16,
    reserved: [u8; 58],
    pub(crate) timestamp_min: U64,
    pub(crate) timestamp_max: U64,
    pub(crate) limit: U32,
    pub(crate) flags: U32,
}

/// Accounts or transfers by their fields, 64 bytes.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct QueryFilter {
    pub(crate) user_data_128: U128,
    pub(crate) user_data_64: U64,
    pub(crate) user_data_32: U32,
    pub(crate) ledger: U32,
    pub(crate) code: U16,
    reserved: [u8; 6],
    pub(crate) timestamp_min: U64,
    pub(crate) timestamp_max: U64,
    pub(crate) limit: U32,
    pub(crate) flags: U32,
}

const _: () = assert!(size_of::<AccountFilter>() == 128 && size_of::<QueryFilter>() == 64);

/// Names of the flags, from the lowest bit on.
pub(crate) const ACCOUNT_FILTER_FLAGS: [&str; 3] = ["debits", "credits", "reversed"];

/// Names of the flags, from the lowest bit on.
pub(crate) const QUERY_FILTER_FLAGS: [&str; 1] = ["reversed"];

/// What a body asks for.
pub(crate) enum Reads<'a> {
    Ids(&'a [U128]),
    AccountFilters(&'a [AccountFilter]),
    QueryFilters(&'a [QueryFilter]),
}

/// What a look-up or query asks for; `None` of another operation.
pub(crate) fn decode_reads(operation: Operation, body: &[u8]) -> Option<Result<Reads<'_>, &'static str>> {
    match operation.0 {
        140 | 141 => Some(records(body).map(Reads::Ids)),
        142 | 143 => Some(records(body).map(Reads::AccountFilters)),
        144 | 145 => Some(records(body).map(Reads::QueryFilters)),
        _ => None,
    }
}

fn records<T: FromBytes + Immutable + KnownLayout + Unaligned>(body: &[u8]) -> Result<&[T], &'static str> {
    let (payload, _) = without_trailer(body, size_of::<T>())?;
    <[T]>::ref_from_bytes(payload).map_err(|_| "the body is not a whole number of records")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One batch of one record, whose bytes count from 0, with its trailer.
    fn body(record_size: usize) -> Vec<u8> {
        let mut body: Vec<u8> = (0..record_size).map(|at| at as u8).collect();
        body.resize(2 * record_size - 4, 255);
        body.extend([1, 0, 1, 0]);
        body
    }

    #[test]
    fn ids_and_filters_are_read() {
        let (ids, accounts, queries) = (body(16), body(128), body(64));
        for operation in [140, 141] {
            let Some(Ok(Reads::Ids([id]))) = decode_reads(Operation(operation), &ids) else { panic!() };
            assert_eq!(id.get().to_le_bytes()[..3], [0, 1, 2]);
        }
        for operation in [142, 143] {
            let read = decode_reads(Operation(operation), &accounts);
            let Some(Ok(Reads::AccountFilters([filter]))) = read else { panic!() };
            assert_eq!(filter.timestamp_min.get().to_le_bytes()[0], 104);
            assert_eq!(filter.flags.get().to_le_bytes(), [124, 125, 126, 127]);
        }
        for operation in [144, 145] {
            let read = decode_reads(Operation(operation), &queries);
            let Some(Ok(Reads::QueryFilters([filter]))) = read else { panic!() };
            assert_eq!(filter.limit.get().to_le_bytes(), [56, 57, 58, 59]);
        }
    }

    #[test]
    fn other_bodies_are_refused() {
        assert!(decode_reads(Operation(146), &body(16)).is_none());
        for operation in 140..=145 {
            assert!(matches!(decode_reads(Operation(operation), &[7; 30]), Some(Err(_))), "{operation}");
        }
    }
}
