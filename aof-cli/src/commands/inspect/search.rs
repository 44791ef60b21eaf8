//! Searching the bodies for an account or a transfer.

use crate::command_line::ids::Id;
use crate::output::tigerbeetle::{Decoded, Events, decode};
use aof_api::read::LocatedEntry;

/// Whether an event of the entry has this id, as its own or as the id of another that it is about. A body that cannot be
/// decoded may have it.
pub(super) fn may_have(id: &Id, entry: &LocatedEntry<'_>) -> bool {
    match decode(entry.header().operation(), entry.body()) {
        None => false,
        Some(Err(_)) => true,
        Some(Ok(Decoded { events: Events::Accounts(accounts), .. })) => {
            accounts.iter().any(|account| id.is(account.id.get()))
        }
        Some(Ok(Decoded { events: Events::Transfers(transfers), .. })) => transfers.iter().any(|transfer| {
            let ids = [transfer.id, transfer.debit_account_id, transfer.credit_account_id, transfer.pending_id];
            ids.iter().any(|one| id.is(one.get()))
        }),
    }
}
