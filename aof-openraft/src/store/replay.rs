//! From the records of a log to its state, in the pass that opens it.

use super::places::Place;
use super::state::State;
use crate::codec::Codec;
use crate::error::{OpenError, RecordError};
use crate::options::StoreOptions;
use crate::record::{Record, decode};
use aof_api::read::LocatedEntry;
use aof_api::storage::IoCall;
use aof_api::{Aof, AofBackend, Error, Recovery};
use openraft::RaftTypeConfig;
use std::io;

/// Opens the log, and reads its records in the same pass.
pub(crate) async fn open<C: RaftTypeConfig, B: AofBackend, K: Codec>(
    backend: B,
    options: &StoreOptions,
) -> Result<(Aof<B>, State<C>, Recovery), OpenError> {
    let mut state = State::new(options.cache_bytes);
    let mut refused = None;
    // Every record counts, whatever the caller's options would leave out.
    let opened = Aof::open_with(backend, options.log.clone().visit_from(0), |entry| {
        replay::<C, K>(&mut state, &entry).map_err(|reason| {
            let (op, offset) = (entry.op(), entry.offset);
            refused = Some(OpenError::Record { op, offset, reason });
            // What it says is replaced by the refusal itself.
            Error::io(IoCall::Verify, offset, io::ErrorKind::InvalidData.into())
        })
    });
    let opened = opened.await;
    if let Some(refused) = refused {
        return Err(refused);
    }
    let (log, recovery) = opened?;
    let first = recovery.first.map_or(0, |first| first.op);
    state.complete().map_err(|reason| OpenError::Record { op: first, offset: recovery.start, reason })?;
    Ok((log, state, recovery))
}

fn replay<C: RaftTypeConfig, K: Codec>(state: &mut State<C>, entry: &LocatedEntry<'_>) -> Result<(), RecordError> {
    if state.op == 0 && entry.offset > 0 {
        state.begin_partial();
    }
    let place = Place { offset: entry.offset, op: entry.op() };
    match decode::<C, K>(entry.header().operation(), entry.body())? {
        Record::Entry(log_id) => {
            state.check_next(log_id.index)?;
            state.push(log_id, place, None);
        }
        Record::Vote(vote) => state.vote = Some(vote),
        Record::TruncateAfter(last) => state.truncate_after(last),
        Record::Purge(log_id) => state.purge(log_id),
        Record::Committed(committed) => state.committed = committed,
        Record::State { vote, committed, purged } => {
            (state.vote, state.committed) = (vote, committed);
            if let Some(purged) = purged {
                state.purge(purged);
            }
        }
    }
    state.op = place.op;
    Ok(())
}
