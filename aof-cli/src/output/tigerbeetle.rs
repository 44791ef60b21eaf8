//! What TigerBeetle's state machine puts into bodies: accounts and transfers to create.
//!
//! Sources: the records are those of TigerBeetle's reference, <https://docs.tigerbeetle.com/reference/account> and
//! <https://docs.tigerbeetle.com/reference/transfer>, in the order of fields of its C client (`tb_account_t`,
//! `tb_transfer_t`). The trailer is that of `src/vsr/multi_batch.zig`.

pub(crate) mod reads;

use aof_api::Operation;
use zerocopy::little_endian::{U16, U32, U64, U128};
use zerocopy::{FromBytes, Immutable, KnownLayout, Unaligned};

/// An account, 128 bytes.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Account {
    pub(crate) id: U128,
    pub(crate) debits_pending: U128,
    pub(crate) debits_posted: U128,
    pub(crate) credits_pending: U128,
    pub(crate) credits_posted: U128,
    pub(crate) user_data_128: U128,
    pub(crate) user_data_64: U64,
    pub(crate) user_data_32: U32,
    pub(crate) reserved: U32,
    pub(crate) ledger: U32,
    pub(crate) code: U16,
    pub(crate) flags: U16,
    pub(crate) timestamp: U64,
}

/// A transfer, 128 bytes.
#[derive(FromBytes, Immutable, KnownLayout, Unaligned)]
#[repr(C)]
pub(crate) struct Transfer {
    pub(crate) id: U128,
    pub(crate) debit_account_id: U128,
    pub(crate) credit_account_id: U128,
    pub(crate) amount: U128,
    pub(crate) pending_id: U128,
    pub(crate) user_data_128: U128,
    pub(crate) user_data_64: U64,
    pub(crate) user_data_32: U32,
    pub(crate) timeout: U32,
    pub(crate) ledger: U32,
    pub(crate) code: U16,
    pub(crate) flags: U16,
    pub(crate) timestamp: U64,
}

const RECORD_SIZE: usize = 128;
const _: () = assert!(size_of::<Account>() == RECORD_SIZE && size_of::<Transfer>() == RECORD_SIZE);

/// Names of the flags, from the lowest bit on.
pub(crate) const ACCOUNT_FLAGS: [&str; 6] =
    ["linked", "debits_must_not_exceed_credits", "credits_must_not_exceed_debits", "history", "imported", "closed"];

/// Names of the flags, from the lowest bit on.
pub(crate) const TRANSFER_FLAGS: [&str; 9] = [
    "linked",
    "pending",
    "post_pending_transfer",
    "void_pending_transfer",
    "balancing_debit",
    "balancing_credit",
    "closing_debit",
    "closing_credit",
    "imported",
];

/// What a body holds.
pub(crate) enum Events<'a> {
    Accounts(&'a [Account]),
    Transfers(&'a [Transfer]),
}

/// A body that was read.
pub(crate) struct Decoded<'a> {
    pub(crate) events: Events<'a>,
    /// How many events each batch of the request holds; one batch where the operation has no trailer.
    pub(crate) batches: Vec<u16>,
}

/// The events of a body; `None` of an operation that creates neither accounts nor transfers.
pub(crate) fn decode(operation: Operation, body: &[u8]) -> Option<Result<Decoded<'_>, &'static str>> {
    let (accounts, batched) = match operation.0 {
        129 => (true, false),
        130 => (false, false),
        138 | 146 => (true, true),
        139 | 147 => (false, true),
        _ => return None,
    };
    Some(decode_events(accounts, batched, body))
}

fn decode_events(accounts: bool, batched: bool, body: &[u8]) -> Result<Decoded<'_>, &'static str> {
    let (payload, batches) = if batched { without_trailer(body, RECORD_SIZE)? } else { (body, Vec::new()) };
    let not_whole = "the body is not a whole number of records of 128 bytes";
    let events = if accounts {
        Events::Accounts(<[Account]>::ref_from_bytes(payload).map_err(|_| not_whole)?)
    } else {
        Events::Transfers(<[Transfer]>::ref_from_bytes(payload).map_err(|_| not_whole)?)
    };
    Ok(Decoded { events, batches })
}

/// A body without its trailer, and how many records each batch has.
///
/// The trailer is at the end: the number of batches in the last two bytes, before them the number of records in each
/// batch, the first batch last, before them bytes of 255 up to a multiple of the record.
fn without_trailer(body: &[u8], record_size: usize) -> Result<(&[u8], Vec<u16>), &'static str> {
    let (rest, count) = split_u16(body).ok_or("the body is too short for a trailer")?;
    if count == 0 || count == u16::MAX {
        return Err("the trailer names an impossible number of batches");
    }
    let (mut rest, mut batches) = (rest, Vec::with_capacity(usize::from(count)));
    for _ in 0..count {
        let (before, records) = split_u16(rest).ok_or("the body is too short for its trailer")?;
        batches.push(records);
        rest = before;
    }
    let trailer_size = (2 + 2 * usize::from(count)).next_multiple_of(record_size);
    let payload_len = body.len().checked_sub(trailer_size).ok_or("the body is too short for its trailer")?;
    let (payload, padding) = rest.split_at(payload_len);
    if padding.iter().any(|byte| *byte != u8::MAX) {
        return Err("the padding of the trailer is damaged");
    }
    let records: usize = batches.iter().copied().map(usize::from).sum();
    if records * record_size != payload.len() {
        return Err("the trailer names another number of records than there are");
    }
    Ok((payload, batches))
}

/// What is before the last two bytes, and their number.
fn split_u16(bytes: &[u8]) -> Option<(&[u8], u16)> {
    bytes.split_last_chunk().map(|(rest, last)| (rest, u16::from_le_bytes(*last)))
}

/// The names of the flags that are set; a flag without a name as its number.
pub(crate) fn flag_names(flags: u16, names: &[&str]) -> Vec<String> {
    flag_names_of_u32(flags.into(), names)
}

/// As [`flag_names`].
pub(crate) fn flag_names_of_u32(flags: u32, names: &[&str]) -> Vec<String> {
    let name = |bit: u32| names.get(bit as usize).map_or_else(|| format!("bit_{bit}"), |name| (*name).to_owned());
    (0..u32::BITS).filter(|bit| flags & (1 << bit) != 0).map(name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn body(batches: &[u16]) -> Vec<u8> {
        let records: u16 = batches.iter().sum();
        let mut body: Vec<u8> = (0..records).flat_map(|record| [record as u8; RECORD_SIZE]).collect();
        let trailer = (2 * (batches.len() + 1)).next_multiple_of(RECORD_SIZE);
        body.resize(body.len() + trailer - 2 * (batches.len() + 1), 255);
        body.extend(batches.iter().rev().flat_map(|records| records.to_le_bytes()));
        body.extend((batches.len() as u16).to_le_bytes());
        body
    }

    fn lens(operation: u8, body: &[u8]) -> Result<(usize, Vec<u16>), &'static str> {
        decode(Operation(operation), body).unwrap().map(|decoded| match decoded.events {
            Events::Accounts(accounts) => (accounts.len(), decoded.batches),
            Events::Transfers(transfers) => (transfers.len(), decoded.batches),
        })
    }

    #[test]
    fn batches_are_read_from_the_trailer() {
        for batches in [&[1][..], &[0], &[8, 1, 0, 4], &[1; 64], &[3; 200]] {
            let records = batches.iter().sum::<u16>() as usize;
            let mut reversed = batches.to_vec();
            reversed.reverse();
            for operation in [138, 139, 146, 147] {
                let (len, found) = lens(operation, &body(batches)).unwrap();
                assert_eq!((len, found.len()), (records, batches.len()));
            }
            // The first batch is last in the trailer, so it is read first.
            assert_eq!(lens(146, &body(batches)).unwrap().1, batches);
        }
        assert_eq!(lens(129, &[0; 256]), Ok((2, vec![])));
    }

    #[test]
    fn bodies_that_are_none_of_these_are_distinguished() {
        assert!(decode(Operation(142), &[]).is_none());
        let mut padding = body(&[2]);
        padding[2 * RECORD_SIZE] = 0;
        let short = body(&[2])[RECORD_SIZE..].to_vec();
        for bad in [vec![], vec![0; 1], vec![0; 128], vec![255; 128], padding, short, vec![1; 300]] {
            assert!(lens(147, &bad).is_err(), "{} bytes", bad.len());
        }
        assert!(lens(130, &[0; 127]).is_err());
    }

    #[test]
    fn flags_have_names() {
        assert_eq!(flag_names(0b1001, &ACCOUNT_FLAGS), ["linked", "history"]);
        assert_eq!(flag_names(1 << 15 | 1 << 8, &TRANSFER_FLAGS), ["imported", "bit_15"]);
    }
}
