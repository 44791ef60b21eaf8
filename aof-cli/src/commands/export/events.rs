//! The events of an entry, with what the server makes of its timestamp.

use crate::command_line::export::Ids;
use crate::output::json::export::Event;
use crate::output::json::value::{Decimal, Hex, Sometimes, Time};
use crate::output::tigerbeetle::reads::{
    ACCOUNT_FILTER_FLAGS, AccountFilter, QUERY_FILTER_FLAGS, QueryFilter, Reads, decode_reads,
};
use crate::output::tigerbeetle::{
    ACCOUNT_FLAGS, Account, Events, TRANSFER_FLAGS, Transfer, decode, flag_names, flag_names_of_u32,
};
use aof_api::read::LocatedEntry;

/// How events are made.
pub(super) struct Exported {
    pub(super) ids: Ids,
}

/// The bit of `imported` in the flags.
const ACCOUNT_IMPORTED: u16 = 1 << 4;
const TRANSFER_IMPORTED: u16 = 1 << 8;

impl Exported {
    /// The events; none of an operation that has none.
    pub(super) fn events(&self, entry: &LocatedEntry<'_>) -> Result<Vec<Event>, &'static str> {
        let (operation, body) = (entry.header().operation(), entry.body());
        if let Some(decoded) = decode(operation, body) {
            return Ok(match decoded?.events {
                Events::Accounts(all) => self.all(entry, all, Exported::account),
                Events::Transfers(all) => self.all(entry, all, Exported::transfer),
            });
        }
        Ok(match decode_reads(operation, body).transpose()? {
            Some(Reads::Ids(all)) => self.all(entry, all, |exported, event, id| event.id = exported.id(id.get())),
            Some(Reads::AccountFilters(all)) => self.all(entry, all, Exported::account_filter),
            Some(Reads::QueryFilters(all)) => self.all(entry, all, Exported::query_filter),
            None => Vec::new(),
        })
    }

    fn all<T>(&self, entry: &LocatedEntry<'_>, all: &[T], fill: impl Fn(&Exported, &mut Event, &T)) -> Vec<Event> {
        let one = |(index, one)| {
            let mut event = blank(entry, index as u64, all.len() as u64);
            fill(self, &mut event, one);
            event
        };
        all.iter().enumerate().map(one).collect()
    }

    fn id(&self, id: u128) -> Sometimes<String> {
        match self.ids {
            Ids::Hex => Hex(id).to_string().into(),
            Ids::Decimal => id.to_string().into(),
        }
    }

    fn account(&self, event: &mut Event, account: &Account) {
        let flags = account.flags.get();
        event.event = "account";
        event.id = self.id(account.id.get());
        event.ledger = account.ledger.get().into();
        event.code = account.code.get().into();
        event.flags = flag_names(flags, &ACCOUNT_FLAGS).into();
        event.user_data_128 = self.id(account.user_data_128.get());
        event.user_data_64 = account.user_data_64.get().into();
        event.user_data_32 = account.user_data_32.get().into();
        assign(event, (flags & ACCOUNT_IMPORTED != 0).then_some(account.timestamp.get()));
    }

    fn transfer(&self, event: &mut Event, transfer: &Transfer) {
        let flags = transfer.flags.get();
        event.event = "transfer";
        event.id = self.id(transfer.id.get());
        event.debit_account_id = self.id(transfer.debit_account_id.get());
        event.credit_account_id = self.id(transfer.credit_account_id.get());
        event.amount = Decimal(transfer.amount.get()).into();
        event.pending_id = self.id(transfer.pending_id.get());
        event.timeout = transfer.timeout.get().into();
        event.ledger = transfer.ledger.get().into();
        event.code = transfer.code.get().into();
        event.flags = flag_names(flags, &TRANSFER_FLAGS).into();
        event.user_data_128 = self.id(transfer.user_data_128.get());
        event.user_data_64 = transfer.user_data_64.get().into();
        event.user_data_32 = transfer.user_data_32.get().into();
        assign(event, (flags & TRANSFER_IMPORTED != 0).then_some(transfer.timestamp.get()));
    }

    fn account_filter(&self, event: &mut Event, filter: &AccountFilter) {
        event.event = "account_filter";
        event.account_id = self.id(filter.account_id.get());
        event.code = filter.code.get().into();
        event.flags = flag_names_of_u32(filter.flags.get(), &ACCOUNT_FILTER_FLAGS).into();
        event.user_data_128 = self.id(filter.user_data_128.get());
        event.user_data_64 = filter.user_data_64.get().into();
        event.user_data_32 = filter.user_data_32.get().into();
        event.timestamp_min = Decimal::from(filter.timestamp_min.get()).into();
        event.timestamp_max = Decimal::from(filter.timestamp_max.get()).into();
        event.limit = filter.limit.get().into();
    }

    fn query_filter(&self, event: &mut Event, filter: &QueryFilter) {
        event.event = "query_filter";
        event.ledger = filter.ledger.get().into();
        event.code = filter.code.get().into();
        event.flags = flag_names_of_u32(filter.flags.get(), &QUERY_FILTER_FLAGS).into();
        event.user_data_128 = self.id(filter.user_data_128.get());
        event.user_data_64 = filter.user_data_64.get().into();
        event.user_data_32 = filter.user_data_32.get().into();
        event.timestamp_min = Decimal::from(filter.timestamp_min.get()).into();
        event.timestamp_max = Decimal::from(filter.timestamp_max.get()).into();
        event.limit = filter.limit.get().into();
    }
}

/// The timestamp that an event has after it was created: its own where it is imported.
fn assign(event: &mut Event, imported: Option<u64>) {
    if let Some(own) = imported {
        (event.timestamp, event.time) = (own.into(), Time(own));
    }
}

/// An event with what all of an entry have. Only those that create something have timestamps of their own.
fn blank(entry: &LocatedEntry<'_>, index: u64, count: u64) -> Event {
    let header = entry.header();
    let creates = decode(header.operation(), &[]).is_some();
    let after = if creates { count - index - 1 } else { 0 };
    let timestamp = header.timestamp.get().saturating_sub(after);
    Event {
        op: entry.op(),
        index,
        operation: header.operation,
        operation_name: header.operation().name(),
        event: "id",
        timestamp: timestamp.into(),
        time: Time(timestamp),
        id: Sometimes(None),
        account_id: Sometimes(None),
        debit_account_id: Sometimes(None),
        credit_account_id: Sometimes(None),
        amount: Sometimes(None),
        pending_id: Sometimes(None),
        timeout: Sometimes(None),
        ledger: Sometimes(None),
        code: Sometimes(None),
        flags: Sometimes(None),
        user_data_128: Sometimes(None),
        user_data_64: Sometimes(None),
        user_data_32: Sometimes(None),
        timestamp_min: Sometimes(None),
        timestamp_max: Sometimes(None),
        limit: Sometimes(None),
    }
}
