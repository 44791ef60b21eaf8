//! What TigerBeetle's bodies hold, on the terminal and as JSON.

use crate::output::exit::{Failure, Outcome};
use crate::output::json;
use crate::output::tigerbeetle::{
    ACCOUNT_FLAGS, Account, Decoded, Events, TRANSFER_FLAGS, Transfer, decode, flag_names,
};
use aof_api::read::LocatedEntry;
use serde_json::{Map, Value, json};
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
            Number::Id(0) | Number::Amount(0) | Number::Plain(0) | Number::Long(0) | Number::Flags(_) => {}
            Number::Id(number) | Number::Amount(number) => write!(out, " {name} {number}")?,
            Number::Long(number) => write!(out, " {name} {number}")?,
            Number::Plain(number) => write!(out, " {name} {number}")?,
        }
    }
    writeln!(out)
}

/// Adds `events` and `batches`, or `not_decoded`.
pub(super) fn add_to(fields: &mut Map<String, Value>, located: &LocatedEntry<'_>) {
    let Some(decoded) = decode(located.header().operation(), located.body()) else { return };
    match decoded {
        Err(reason) => {
            fields.insert("not_decoded".to_owned(), reason.into());
        }
        Ok(Decoded { events, batches }) => {
            let events: Vec<Value> = match events {
                Events::Accounts(accounts) => accounts.iter().map(|account| object(&account_fields(account))).collect(),
                Events::Transfers(transfers) => {
                    transfers.iter().map(|transfer| object(&transfer_fields(transfer))).collect()
                }
            };
            fields.insert("events".to_owned(), events.into());
            fields.insert("batches".to_owned(), json!(batches));
        }
    }
}

type Field = (&'static str, Number);

/// The kinds of fields that an event has.
enum Number {
    /// Hexadecimal in JSON, as every u128 there.
    Id(u128),
    /// A sum of money, which people read in decimal everywhere.
    Amount(u128),
    Long(u64),
    Plain(u32),
    Flags(Vec<String>),
}

fn object(fields: &[Field]) -> Value {
    let value = |number: &Number| match number {
        Number::Id(number) => json::hex(*number),
        Number::Amount(number) => number.to_string().into(),
        Number::Long(number) => json::number(*number),
        Number::Plain(number) => (*number).into(),
        Number::Flags(flags) => json!(flags),
    };
    Value::Object(fields.iter().map(|(name, number)| ((*name).to_owned(), value(number))).collect())
}

fn account_fields(account: &Account) -> [Field; 13] {
    [
        ("id", Number::Id(account.id.get())),
        ("ledger", Number::Plain(account.ledger.get())),
        ("code", Number::Plain(account.code.get().into())),
        ("flags", Number::Flags(flag_names(account.flags.get(), &ACCOUNT_FLAGS))),
        ("debits_pending", Number::Amount(account.debits_pending.get())),
        ("debits_posted", Number::Amount(account.debits_posted.get())),
        ("credits_pending", Number::Amount(account.credits_pending.get())),
        ("credits_posted", Number::Amount(account.credits_posted.get())),
        ("user_data_128", Number::Id(account.user_data_128.get())),
        ("user_data_64", Number::Long(account.user_data_64.get())),
        ("user_data_32", Number::Plain(account.user_data_32.get())),
        ("reserved", Number::Plain(account.reserved.get())),
        ("timestamp", Number::Long(account.timestamp.get())),
    ]
}

fn transfer_fields(transfer: &Transfer) -> [Field; 13] {
    [
        ("id", Number::Id(transfer.id.get())),
        ("debit_account_id", Number::Id(transfer.debit_account_id.get())),
        ("credit_account_id", Number::Id(transfer.credit_account_id.get())),
        ("amount", Number::Amount(transfer.amount.get())),
        ("ledger", Number::Plain(transfer.ledger.get())),
        ("code", Number::Plain(transfer.code.get().into())),
        ("flags", Number::Flags(flag_names(transfer.flags.get(), &TRANSFER_FLAGS))),
        ("pending_id", Number::Id(transfer.pending_id.get())),
        ("timeout", Number::Plain(transfer.timeout.get())),
        ("user_data_128", Number::Id(transfer.user_data_128.get())),
        ("user_data_64", Number::Long(transfer.user_data_64.get())),
        ("user_data_32", Number::Plain(transfer.user_data_32.get())),
        ("timestamp", Number::Long(transfer.timestamp.get())),
    ]
}
