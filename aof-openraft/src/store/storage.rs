//! openraft's calls as records.

use super::AofLogStore;
use super::reader::AofLogReader;
use crate::codec::Codec;
use crate::error::invalid;
use crate::record;
use aof_api::AofBackend;
use openraft::alias::{LogIdOf, VoteOf};
use openraft::storage::{IOFlushed, LogState, RaftLogStorage};
use openraft::{OptionalSend, RaftTypeConfig};
use std::io;
use std::sync::Arc;

impl<C: RaftTypeConfig, B: AofBackend + 'static, K: Codec> RaftLogStorage<C> for AofLogStore<C, B, K> {
    type LogReader = AofLogReader<C, B, K>;

    async fn get_log_state(&mut self) -> Result<LogState<C>, io::Error> {
        let state = self.shared.state();
        Ok(LogState { last_purged_log_id: state.purged.clone(), last_log_id: state.last.clone() })
    }

    async fn get_log_reader(&mut self) -> Self::LogReader {
        AofLogReader::new(Arc::clone(&self.shared))
    }

    async fn save_vote(&mut self, vote: &VoteOf<C>) -> Result<(), io::Error> {
        let body = record::vote::<C, K>(vote).map_err(invalid)?;
        self.shared.write(|_| Ok(vec![(record::VOTE, body)]), |state, _| state.vote = Some(vote.clone())).await?;
        self.shared.durable().await
    }

    async fn save_committed(&mut self, committed: Option<LogIdOf<C>>) -> Result<(), io::Error> {
        let body = record::committed::<C, K>(committed.as_ref()).map_err(invalid)?;
        self.shared.write(|_| Ok(vec![(record::COMMITTED, body)]), |state, _| state.committed = committed).await?;
        Ok(())
    }

    async fn read_committed(&mut self) -> Result<Option<LogIdOf<C>>, io::Error> {
        Ok(self.shared.state().committed.clone())
    }

    async fn append<I>(&mut self, entries: I, callback: IOFlushed<C>) -> Result<(), io::Error>
    where
        I: IntoIterator<Item = C::Entry> + OptionalSend,
        I::IntoIter: OptionalSend,
    {
        self.shared.append(entries.into_iter().collect()).await?;
        self.shared.call_back(callback);
        Ok(())
    }

    async fn truncate_after(&mut self, last_log_id: Option<LogIdOf<C>>) -> Result<(), io::Error> {
        let body = record::truncate_after::<C, K>(last_log_id.as_ref()).map_err(invalid)?;
        let last = last_log_id.clone();
        let truncated = self.shared.write(
            |state| Ok(Vec::from_iter(state.truncates(last.as_ref()).then_some((record::TRUNCATE_AFTER, body)))),
            |state, _| state.truncate_after(last_log_id),
        );
        truncated.await?;
        Ok(())
    }

    async fn purge(&mut self, log_id: LogIdOf<C>) -> Result<(), io::Error> {
        let prunes = self.shared.queue().prunes();
        let prunable = self.shared.write(
            |state| {
                if !state.purges(&log_id) {
                    return Ok(Vec::new());
                }
                let mut records = vec![(record::PURGE, record::purge::<C, K>(&log_id).map_err(invalid)?)];
                if prunes {
                    // What the records before say would go with them.
                    let (vote, committed) = (state.vote.as_ref(), state.committed.as_ref());
                    let first = log_id.index.saturating_add(1);
                    let body = record::state::<C, K>(vote, committed, Some(&log_id), first).map_err(invalid)?;
                    records.push((record::STATE, body));
                }
                Ok(records)
            },
            |state, appended| {
                state.purge(log_id.clone());
                let kept = appended.get(1)?.op;
                Some(state.places.first().map_or(kept, |first| first.op.min(kept)))
            },
        );
        if let Some(Some(op)) = prunable.await? {
            self.shared.prune_later(op);
        }
        Ok(())
    }
}
