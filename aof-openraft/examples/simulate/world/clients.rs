//! Clients that write, and remember what was acknowledged.

use super::history::History;
use super::network::Network;
use super::{NODES, Types, sleep_ms};
use crate::kv::Put;
use aof_testkit::Random;
use openraft::type_config::TypeConfigExt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Writes until it is told to stop: to any node, until the leader is found.
pub async fn client(number: usize, network: Network, history: History, mut random: Random, stop: Arc<AtomicBool>) {
    let mut serial = 0;
    while !stop.load(Ordering::Relaxed) {
        serial += 1;
        let put = Put { key: format!("key {}", random.below(8)), value: format!("{number}/{serial}") };
        let id = NODES[random.index(NODES.len())];
        if let Some(raft) = network.node(id) {
            let id = raft.current_leader().await.unwrap_or(id);
            let raft = network.node(id).unwrap_or(raft);
            let written = Types::timeout(Duration::from_millis(500), raft.client_write(put.clone())).await;
            if let Ok(Ok(written)) = written {
                history.acknowledged(written.log_id.index, put);
            }
        }
        sleep_ms(random.below(30)).await;
    }
}
