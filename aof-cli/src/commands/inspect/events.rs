//! What TigerBeetle's bodies hold, on the terminal and as JSON.

use super::print::{INDENT, put_line};
use crate::output::digits::{decimal, spaces};
use crate::output::json::inspect::{self, Entry, Event};
use crate::output::json::value::{Decimal, Hex};
use crate::output::tigerbeetle::{
    ACCOUNT_FLAGS, Account, Decoded, Events, TRANSFER_FLAGS, Transfer, decode, flag_names,
};
use aof_api::read::LocatedEntry;

/// A line for each event; nothing where the operation creates none.
pub(super) fn put(out: &mut Vec<u8>, located: &LocatedEntry<'_>) {
    match decode(located.header().operation(), located.body()) {
        None => {}
        Some(Err(reason)) => put_line(out, &["not decoded: ", reason]),
        Some(Ok(Decoded { events: Events::Accounts(accounts), .. })) => {
            accounts.iter().for_each(|account| put_event(out, "account ", &account_fields(account)));
        }
        Some(Ok(Decoded { events: Events::Transfers(transfers), .. })) => {
            transfers.iter().for_each(|transfer| put_event(out, "transfer", &transfer_fields(transfer)));
        }
    }
}

/// What is zero is left out.
fn put_event(out: &mut Vec<u8>, what: &str, fields: &[Field]) {
    spaces(out, INDENT);
    out.extend_from_slice(what.as_bytes());
    for (name, value) in fields {
        if matches!(value, Number::Plain(0)) || matches!(value, Number::Flags(flags) if flags.is_empty()) {
            continue;
        }
        out.push(b' ');
        out.extend_from_slice(name.as_bytes());
        out.push(b' ');
        match value {
            Number::Plain(number) => decimal(out, *number),
            Number::Flags(flags) => out.extend_from_slice(flags.join("|").as_bytes()),
        }
    }
    out.push(b'\n');
}

/// Adds the events, or why they could not be decoded.
pub(super) fn add_to(entry: &mut Entry, located: &LocatedEntry<'_>) {
    match decode(located.header().operation(), located.body()) {
        None => {}
        Some(Err(reason)) => entry.not_decoded = reason.into(),
        Some(Ok(Decoded { events, batches })) => {
            let events: Vec<Event> = match events {
                Events::Accounts(accounts) => accounts.iter().map(|one| Event::Account(account(one))).collect(),
                Events::Transfers(transfers) => transfers.iter().map(|one| Event::Transfer(transfer(one))).collect(),
            };
            entry.events = events.into();
            entry.batches = batches.into();
        }
    }
}

fn account(account: &Account) -> inspect::Account {
    inspect::Account {
        id: Hex(account.id.get()),
        ledger: account.ledger.get(),
        code: account.code.get(),
        flags: flag_names(account.flags.get(), &ACCOUNT_FLAGS),
        debits_pending: Decimal(account.debits_pending.get()),
        debits_posted: Decimal(account.debits_posted.get()),
        credits_pending: Decimal(account.credits_pending.get()),
        credits_posted: Decimal(account.credits_posted.get()),
        user_data_128: Hex(account.user_data_128.get()),
        user_data_64: account.user_data_64.get(),
        user_data_32: account.user_data_32.get(),
        reserved: account.reserved.get(),
        timestamp: account.timestamp.get().into(),
    }
}

fn transfer(transfer: &Transfer) -> inspect::Transfer {
    inspect::Transfer {
        id: Hex(transfer.id.get()),
        debit_account_id: Hex(transfer.debit_account_id.get()),
        credit_account_id: Hex(transfer.credit_account_id.get()),
        amount: Decimal(transfer.amount.get()),
        ledger: transfer.ledger.get(),
        code: transfer.code.get(),
        flags: flag_names(transfer.flags.get(), &TRANSFER_FLAGS),
        pending_id: Hex(transfer.pending_id.get()),
        timeout: transfer.timeout.get(),
        user_data_128: Hex(transfer.user_data_128.get()),
        user_data_64: transfer.user_data_64.get(),
        user_data_32: transfer.user_data_32.get(),
        timestamp: transfer.timestamp.get().into(),
    }
}

type Field = (&'static str, Number);

/// What is printed of a field, in decimal as people read money and ids.
enum Number {
    Plain(u128),
    Flags(Vec<String>),
}

fn account_fields(account: &Account) -> [Field; 13] {
    [
        ("id", Number::Plain(account.id.get())),
        ("ledger", Number::Plain(account.ledger.get().into())),
        ("code", Number::Plain(account.code.get().into())),
        ("flags", Number::Flags(flag_names(account.flags.get(), &ACCOUNT_FLAGS))),
        ("debits_pending", Number::Plain(account.debits_pending.get())),
        ("debits_posted", Number::Plain(account.debits_posted.get())),
        ("credits_pending", Number::Plain(account.credits_pending.get())),
        ("credits_posted", Number::Plain(account.credits_posted.get())),
        ("user_data_128", Number::Plain(account.user_data_128.get())),
        ("user_data_64", Number::Plain(account.user_data_64.get().into())),
        ("user_data_32", Number::Plain(account.user_data_32.get().into())),
        ("reserved", Number::Plain(account.reserved.get().into())),
        ("timestamp", Number::Plain(account.timestamp.get().into())),
    ]
}

fn transfer_fields(transfer: &Transfer) -> [Field; 13] {
    [
        ("id", Number::Plain(transfer.id.get())),
        ("debit_account_id", Number::Plain(transfer.debit_account_id.get())),
        ("credit_account_id", Number::Plain(transfer.credit_account_id.get())),
        ("amount", Number::Plain(transfer.amount.get())),
        ("ledger", Number::Plain(transfer.ledger.get().into())),
        ("code", Number::Plain(transfer.code.get().into())),
        ("flags", Number::Flags(flag_names(transfer.flags.get(), &TRANSFER_FLAGS))),
        ("pending_id", Number::Plain(transfer.pending_id.get())),
        ("timeout", Number::Plain(transfer.timeout.get().into())),
        ("user_data_128", Number::Plain(transfer.user_data_128.get())),
        ("user_data_64", Number::Plain(transfer.user_data_64.get().into())),
        ("user_data_32", Number::Plain(transfer.user_data_32.get().into())),
        ("timestamp", Number::Plain(transfer.timestamp.get().into())),
    ]
}
