//! Clusters of three nodes in simulated time, on disks that lose power, fill up and lose what was not durable.

mod clients;
mod history;
mod network;
mod node;
mod run;
mod slow_disk;

pub use node::RestartedLeader;
pub use run::run;

use crate::kv::{Previous, Put};

openraft::declare_raft_types!(
    /// The key-value store in simulated time.
    pub Types: D = Put, R = Previous, AsyncRuntime = openraft_rt_sim::SimRuntime
);

/// The nodes of a cluster.
const NODES: [u64; 3] = [1, 2, 3];

/// Lets simulated time pass.
async fn sleep_ms(ms: u64) {
    use openraft::type_config::TypeConfigExt;
    Types::sleep(std::time::Duration::from_millis(ms)).await;
}
