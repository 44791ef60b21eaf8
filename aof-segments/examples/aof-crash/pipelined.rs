//! Appends while checkpoints are under way: none of them is waited for before the next is called.

use crate::events::{now_ns, tell};
use crate::pruning::prune;
use crate::random::{Random, body};
use crate::writer::OPERATION;
use aof_api::{Aof, AofBackend, Appended};
use futures::FutureExt;
use std::collections::VecDeque;

/// How many checkpoints are under way at most.
const UNDER_WAY_MAX: u64 = 5;

/// Entries that are not acknowledged yet, and where each ends.
type Unacknowledged = VecDeque<(Appended, u64)>;

pub(crate) async fn write<B: AofBackend>(
    mut log: Aof<B>,
    seed: u64,
    round: u64,
    random: &mut Random,
    prunes: bool,
) -> aof_api::Result<()> {
    let (mut under_way, mut entries) = (VecDeque::<B::Checkpoint>::new(), Unacknowledged::new());
    for nonce in 0.. {
        tell(format_args!("T {nonce}"));
        let appended = log.append(OPERATION, &body(seed, round, nonce)).await?;
        entries.push_back((appended, log.len()));
        match random.below(8) {
            0..3 => under_way.push_back(log.checkpoint()),
            // One that was polled, and perhaps dropped half way.
            3 => acknowledge(&mut entries, log.checkpoint().now_or_never().transpose()?.unwrap_or(0)),
            // Nobody polls, and a helper thread makes it durable all the same.
            4 => acknowledge(&mut entries, log.durable_len()),
            _ => {}
        }
        while under_way.len() as u64 > random.below(UNDER_WAY_MAX) {
            // The last one covers what the others do, and they are dropped, begun or not.
            let newest = random.below(4) == 0;
            let checkpoint = if newest { under_way.drain(..).next_back() } else { under_way.pop_front() };
            if let Some(checkpoint) = checkpoint {
                acknowledge(&mut entries, checkpoint.await?);
            }
        }
        if prunes && random.below(32) == 0 {
            prune(&mut log, random.below(60)).await?;
        }
    }
    Ok(())
}

/// So many bytes of the log are durable.
fn acknowledge(entries: &mut Unacknowledged, durable_len: u64) {
    let at_ns = now_ns();
    while entries.front().is_some_and(|(_, end)| *end <= durable_len)
        && let Some((appended, _)) = entries.pop_front()
    {
        tell(format_args!("A {} {} {at_ns}", appended.op, appended.checksum));
    }
}
