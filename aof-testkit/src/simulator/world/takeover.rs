//! The step in which another writer comes.

use super::checkpoints::Ended;
use super::*;

impl World {
    /// Another writer opens the log while this one has it: it is refused, or it takes over. Then the first can write no
    /// more, its checkpoints are settled, and whatever it does changes nothing.
    pub(super) async fn take_over(&mut self) -> Seen {
        if !self.storage.fences {
            let second = self.disk.open();
            must!(matches!(second, Err(Error::Locked { .. })), "a second writer was not refused: {second:?}");
            return Ok(());
        }
        let claimed = self.claimed()?;
        let Some(mut first) = self.log.take() else { return Ok(()) };
        let second = self.disk.open().map_err(|error| format!("a second writer failed with {error:?}"))?;
        self.tally.takeovers += 1;
        self.check_ended(Ended::Fenced, claimed).await?;
        let (len, durable_len) = (first.len(), first.durable_len());
        must!(
            len == claimed && durable_len == claimed,
            "a fenced writer of {claimed} bytes has {durable_len} of {len}"
        );
        let appended = first.append(OPERATION, b"too late").await;
        let forked = matches!(appended, Err(Error::Forked { .. })) && !self.model.appendable();
        must!(forked || matches!(appended, Err(Error::Fenced { .. })), "a fenced append: {appended:?}");
        let checkpoint = first.checkpoint().await;
        must!(matches!(checkpoint, Err(Error::Fenced { .. })), "a fenced checkpoint: {checkpoint:?}");
        let lingers = self.random.chance(0.5).then_some(first);
        self.open_on(second, Policy::Truncate).await?;
        let before = self.disk.live();
        drop(lingers);
        must!(self.disk.live() == before, "a displaced writer has changed the log");
        Ok(())
    }
}
