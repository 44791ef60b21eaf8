//! One run: a cluster, clients, and everything that goes wrong.

use super::clients::client;
use super::history::History;
use super::network::Network;
use super::node::{Node, RestartedLeader};
use super::{NODES, Types, sleep_ms};
use crate::kv::Put;
use aof_api::{Rule, validate};
use aof_testkit::Random;
use aof_testkit::disk::Retention;
use openraft::AsyncRuntime;
use openraft::type_config::TypeConfigExt;
use openraft_rt_sim::SimRuntime;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// What a run did; the same seed makes the same.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    pub acknowledged: usize,
    pub last_index: u64,
    /// Of the history that all nodes agree on.
    pub digest: u64,
    pub kills: usize,
    pub power_cuts: usize,
    pub full_disks: usize,
    pub partitions: usize,
    /// Logs whose beginning was given back.
    pub pruned: usize,
    /// How long it took, in simulated time.
    pub simulated_ms: u64,
}

/// Runs a cluster with this seed.
///
/// # Errors
///
/// What is wrong, in words.
pub fn run(seed: u64, restarted: RestartedLeader) -> Result<Outcome, String> {
    let mut runtime = SimRuntime::with_seed(seed);
    runtime.block_on(world(seed, restarted))
}

async fn world(seed: u64, restarted: RestartedLeader) -> Result<Outcome, String> {
    let begun = Types::now();
    let mut random = Random::new(seed);
    let (history, mut outcome) = (History::default(), Outcome::default());
    let loss = [0.0, 0.01, 0.1][random.index(3)];
    let network = Network::new(Random::new(random.split()), loss);
    let mut nodes: Vec<_> = NODES.iter().map(|id| Node::new(*id, Random::new(random.split()), restarted)).collect();
    for node in &mut nodes {
        node.start(&network, &history, u64::MAX).await?;
    }
    let members: BTreeMap<_, _> = NODES.iter().map(|id| (*id, openraft::BasicNode::new(""))).collect();
    let first = network.node(NODES[0]).ok_or("the first node runs")?;
    first.initialize(members).await.map_err(|error| error.to_string())?;

    let stop = Arc::new(AtomicBool::new(false));
    let clients: Vec<_> = (0..random.between(1, 4))
        .map(|number| {
            let random = Random::new(random.split());
            Types::spawn(client(number, network.clone(), history.clone(), random, Arc::clone(&stop)))
        })
        .collect();
    for _ in 0..random.between(5, 25) {
        sleep_ms(random.below(900)).await;
        // Into the middle of whatever runs now.
        for _ in 0..random.below(200) {
            Types::yield_now().await;
        }
        trouble(&mut random, &mut nodes, &network, &history, &mut outcome).await?;
        if let Some(violation) = history.facts().violations.first() {
            return Err(violation.clone());
        }
    }

    network.heal();
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.map_err(|error| format!("a client failed: {error}"))?;
    }
    restart_all(&mut random, &mut nodes, &network, &history).await?;
    agree(&nodes, &network, &history).await?;
    for node in &mut nodes {
        node.stop(&network).await?;
    }
    for node in &nodes {
        outcome.pruned += usize::from(node.disk.start() > 0);
        chain_is_whole(node).await?;
    }
    let facts = history.facts();
    if let Some(violation) = facts.violations.first() {
        return Err(violation.clone());
    }
    outcome.acknowledged = facts.acknowledged.len();
    drop(facts);
    (outcome.last_index, outcome.digest) = history.newest().ok_or("nothing was ever applied")?;
    outcome.simulated_ms = (Types::now() - begun).as_millis() as u64;
    Ok(outcome)
}

/// One thing that goes wrong, or is repaired.
async fn trouble(
    random: &mut Random,
    nodes: &mut [Node],
    network: &Network,
    history: &History,
    outcome: &mut Outcome,
) -> Result<(), String> {
    let at = random.index(nodes.len());
    match random.below(8) {
        0 | 1 => {
            outcome.power_cuts += 1;
            let retention = Retention::Random(random.split());
            nodes[at].kill(network, retention).await;
        }
        2 => {
            // The whole building.
            for node in nodes.iter_mut() {
                outcome.power_cuts += 1;
                node.kill(network, Retention::Random(random.split())).await;
            }
        }
        3 => {
            outcome.kills += 1;
            nodes[at].kill(network, Retention::All).await;
        }
        4 => {
            outcome.partitions += 1;
            let id = nodes[at].id;
            for other in NODES.into_iter().filter(|other| *other != id) {
                network.cut(id, other);
                if random.chance(0.7) {
                    network.cut(other, id);
                }
            }
        }
        5 => network.heal(),
        6 => {
            outcome.full_disks += 1;
            nodes[at].kill(network, Retention::All).await;
            nodes[at].start(network, history, random.below(20_000)).await?;
        }
        _ => {}
    }
    for node in nodes.iter_mut() {
        if !node.is_running() && random.chance(0.6) {
            node.start(network, history, u64::MAX).await?;
        }
    }
    Ok(())
}

/// Every node that a full disk stopped, and every other one, begins again with room.
async fn restart_all(
    random: &mut Random,
    nodes: &mut [Node],
    network: &Network,
    history: &History,
) -> Result<(), String> {
    for node in nodes.iter_mut() {
        node.kill(network, Retention::Random(random.split())).await;
        node.start(network, history, u64::MAX).await?;
    }
    Ok(())
}

/// Waits until one more write is on every node: then all that was acknowledged is, or the histories differ.
async fn agree(nodes: &[Node], network: &Network, history: &History) -> Result<(), String> {
    let deadline = Types::now() + Duration::from_secs(120);
    let last = Put { key: "last".to_owned(), value: "write".to_owned() };
    loop {
        if Types::now() > deadline {
            return Err("the cluster has no leader 120 s after the last trouble".to_owned());
        }
        sleep_ms(100).await;
        let Some(id) = network.node(NODES[0]).ok_or("it runs")?.current_leader().await else { continue };
        let raft = network.node(id).ok_or("every node runs")?;
        let written = Types::timeout(Duration::from_secs(2), raft.client_write(last.clone())).await;
        if let Ok(Ok(written)) = written {
            history.acknowledged(written.log_id.index, last.clone());
            break;
        }
    }
    while nodes.iter().any(|node| node.machine().and_then(|machine| machine.get("last")).is_none()) {
        if Types::now() > deadline {
            return Err("a node does not catch up within 120 s".to_owned());
        }
        sleep_ms(100).await;
    }
    history.nothing_is_lost()
}

/// The log of a node, as another program reads it.
async fn chain_is_whole(node: &Node) -> Result<(), String> {
    let options = validate::Options::new().rule(Rule::Linear);
    let validation = validate::validate(node.disk.reader(), options, None).await.map_err(|error| error.to_string())?;
    if !validation.is_clean() {
        return Err(format!("the chain of node {} is not whole: {:?}", node.id, validation.findings));
    }
    Ok(())
}
