//! What TigerBeetle's bodies hold, on the terminal and as JSON.

use crate::output::failure::{Failure, Outcome};
use crate::output::json::inspect::{self, Entry, Event};
use crate::output::json::value::{Decimal, Hex};
use crate::output::tigerbeetle::{
    ACCOUNT_FLAGS, Account, Decoded, Events, TRANSFER_FLAGS, Transfer, decode, flag_names,
};
use aof_api::read::LocatedEntry;
use std::io::{self, Write};

/// A line for each event; nothing where the operation creates none.
pub(super) fn print(out: &mut impl Write, located: &LocatedEntry<'_>) -> Outcome<()> {
    let printed = match decode(located.header().operation(), located.body()) {
        None => Ok(()),
        Some(Err(reason)) => writeln!(out, "{:>12} not decoded: {reason}", ""),
        Some(Ok(Decoded { events: Events::Accounts(accounts), .. })) => {
            accounts.iter().try_for_each(|account| print_line(out, "account", &account_fields(account)))
        }
        Some(Ok(Decoded { events: Events::Transfers(transfers), .. })) => {
            transfers.iter().try_for_each(|transfer| print_line(out, "transfer", &transfer_fields(transfer)))
        }
    };
    printed.map_err(Failure::output)
}

/// What is zero is left out, but for what every event has.
fn print_line(out: &mut impl Write, what: &str, fields: &[Field]) -> io::Result<()> {
    write!(out, "{:>12} {what:<8}", "")?;
    for (name, value) in fields {
        match value {
            Number::Flags(flags) if !flags.is_empty() => write!(out, " {name} {}", flags.join("|"))?,
            Number::Plain(0) | Number::Flags(_) => {}
            Number::Plain(number) => write!(out, " {name} {number}")?,
        }
    }
    writeln!(out)
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
