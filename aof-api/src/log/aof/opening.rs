//! Opening a log that a storage holds.

use super::Aof;
use crate::log::checkpoints::Checkpoints;
use crate::log::options::LogOptions;
use crate::log::position::{Position, Positions};
use crate::log::recovery::report::Recovery;
use crate::log::recovery::{Opened, Visitor, recover};
use crate::read::entries::LocatedEntry;
use crate::storage::backend::AofBackend;
use crate::storage::error::Result;

impl<B: AofBackend> Aof<B> {
    /// Opens the log that the backend holds, which may be empty: reads it, verifies every entry and the chain
    /// ([`LogOptions::rule`]), deals with a torn tail ([`LogOptions::tail`]), and makes a checkpoint, so that everything
    /// that the log holds on return is durable.
    ///
    /// A crash may keep any part of what was not checkpointed, so recovery distinguishes an unacknowledged tail from lost
    /// acknowledged data. Three sources say what was acknowledged, and each only adds: entries made by
    /// [`append`](Aof::append) record in `commit` the highest op that was durable when they were built;
    /// [`LogOptions::durable_len`]; and the note that a storage may keep with a checkpoint. Damage that they cover is
    /// refused, and so is a log that ends below. Other damage is a tail, also where whole entries follow it. The bytes
    /// that are cut are in the [`Recovery`].
    ///
    /// Two cases of lost acknowledged data pass for a tail where only entries say what was acknowledged: damage within the
    /// last batches before the crash, whose checkpoints no entry records, and damage that reaches the end of the log. Keep
    /// the checksum of the last acknowledged entry for [`LogOptions::expected_tip`] if the disk is not to be trusted.
    ///
    /// Under [`Rule::Linear`](crate::Rule::Linear), reading begins where an intact note of the storage says that everything
    /// before was verified and durable ([`Recovery::read_from`]); [`LogOptions::verify_all`] reads everything.
    ///
    /// Only a writer opens a log. To read or validate one, use [`Entries`](crate::Entries) or
    /// [`validate`](crate::validate::validate()), which change nothing.
    ///
    /// # Errors
    ///
    /// [`Error::Corrupt`](crate::Error::Corrupt) for a loss, for something that is not a log, for a tail that
    /// [`LogOptions::tail`] or the storage does not allow to be cut, and for a pruned log without a whole entry;
    /// [`Error::NoteTipMissing`](crate::Error::NoteTipMissing); [`Error::ChainBroken`](crate::Error::ChainBroken) and [`Error::Forked`](crate::Error::Forked) by the rule; [`Error::WrongCluster`](crate::Error::WrongCluster);
    /// [`Error::ChecksumMismatch`](crate::Error::ChecksumMismatch) and [`Error::MaybePruned`](crate::Error::MaybePruned) when [`LogOptions::expected_tip`] is not in the log;
    /// [`Error::TooLarge`](crate::Error::TooLarge) for a tail above [`LogOptions::cut_len_max`]. In all these cases nothing was changed. The
    /// failures of the backend.
    pub async fn open(backend: B, options: LogOptions) -> Result<(Aof<B>, Recovery)> {
        Aof::opened(backend, options, None).await
    }

    /// As [`open`](Aof::open), and hands each entry to `visit` in the same pass: for programs that build their state from
    /// the log.
    ///
    /// The visitor sees entries in order, once they count, from the start of the log or from
    /// [`LogOptions::visit_from`]; what is cut, kept as damage or left out after damage is never visited. An error of the
    /// visitor refuses the opening before anything is cut. State that a visitor builds counts only on `Ok`, up to the tip
    /// in the [`Recovery`].
    ///
    /// # Errors
    ///
    /// As [`open`](Aof::open); the error of the visitor.
    ///
    /// ```
    /// # use aof_api::{Aof, LogOptions, Operation};
    /// # use aof_memory::MemoryBackend;
    /// # futures::executor::block_on(async {
    /// # let mut log = Aof::create(MemoryBackend::new(), LogOptions::new()).await?;
    /// # log.append_all(&[(Operation(200), "3"), (Operation(200), "4")]).await?;
    /// # let storage = MemoryBackend::from_bytes(&log.into_inner().snapshot());
    /// let mut balance = 0;
    /// let (log, recovery) = Aof::open_with(storage, LogOptions::new(), |entry| {
    ///     balance += String::from_utf8_lossy(entry.body()).parse::<u64>().unwrap_or(0);
    ///     Ok(())
    /// })
    /// .await?;
    /// assert_eq!((balance, recovery.entries), (7, 2));
    /// # Ok::<(), aof_api::Error>(())
    /// # }).unwrap();
    /// ```
    pub async fn open_with(
        backend: B,
        options: LogOptions,
        mut visit: impl FnMut(LocatedEntry<'_>) -> Result<()> + Send,
    ) -> Result<(Aof<B>, Recovery)> {
        Aof::opened(backend, options, Some(&mut visit)).await
    }

    async fn opened(mut backend: B, options: LogOptions, visit: Option<Visitor<'_>>) -> Result<(Aof<B>, Recovery)> {
        let Opened { recovery, cluster, root, position, index, filler } =
            recover(&mut backend, &options, visit).await?;
        let mut log = Aof::new(backend, options);
        log.start = recovery.start;
        log.cluster = cluster.or(log.cluster);
        (log.filler, log.has_damage) = (filler, recovery.kept_count > 0);
        if position.is_written {
            log.root = root;
            log.positions = Positions::new(position);
            log.checkpoints = Checkpoints::new(position.op_max);
            log.index = index;
        } else {
            // An empty log begins with what the options say, in the cluster that they say.
            let base = log.positions.now().base;
            log.positions = Positions::new(Position { timestamp: position.timestamp, ..Position::before(base) });
        }
        // It makes durable what was found, which a crash may have left in a cache only.
        log.checkpoint().await?;
        tracing::debug!(entries = recovery.entries, len = recovery.len, "opened");
        Ok((log, recovery))
    }
}
