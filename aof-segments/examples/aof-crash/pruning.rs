//! Pruning while the log is written.

use crate::events::{now_ns, tell};
use aof_api::{Aof, AofBackend};

/// Prunes what is below the last `kept` entries, and tells so before and after.
pub(crate) async fn prune<B: AofBackend>(log: &mut Aof<B>, kept: u64) -> aof_api::Result<()> {
    let Some(tip) = log.tip() else { return Ok(()) };
    let op = tip.op.saturating_sub(kept);
    tell(format_args!("P {op}"));
    log.prune(op).await?;
    tell(format_args!("Q {} {}", log.start(), now_ns()));
    Ok(())
}
