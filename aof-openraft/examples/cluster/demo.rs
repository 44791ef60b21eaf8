//! Three nodes in this process.

use crate::client::Client;
use crate::node::Node;
use crate::peer::Peers;
use crate::{Failure, NODES};
use openraft::async_runtime::WatchReceiver;
use std::path::Path;
use tokio::net::TcpListener;

const PORT: u16 = 21_300;
const WRITES: usize = 700;

/// Runs them in this directory, where an earlier demonstration may have left them.
pub async fn run(home: &Path) -> Result<(), Failure> {
    let (mut nodes, mut servers) = (Vec::new(), Vec::new());
    for id in NODES {
        let listener = TcpListener::bind(("127.0.0.1", Peers { port: PORT }.port_of(id))).await?;
        let node = Node::open(id, &home.join(id.to_string()), PORT).await?;
        nodes.push(node.clone());
        servers.push(tokio::spawn(node.serve(listener)));
    }
    let mut client = Client::new(PORT);
    if !nodes[0].raft.is_initialized().await? {
        client.init().await?;
    }
    println!("key 7 was {:?}", client.get_until_done("key 7").await?);
    for number in 0..WRITES {
        client.put_until_done(&format!("key {}", number % 10), &number.to_string()).await?;
    }
    println!("{WRITES} writes; key 7 is {:?}", client.get_until_done("key 7").await?);
    for node in &nodes {
        let metrics = node.raft.metrics();
        let metrics = metrics.borrow_watched().clone();
        let show = |log_id: Option<String>| log_id.unwrap_or_else(|| "none".to_owned());
        println!(
            "node {}: {:?}, last applied {}, snapshot {}, purged {}",
            metrics.id,
            metrics.state,
            show(metrics.last_applied.map(|log_id| log_id.to_string())),
            show(metrics.snapshot.map(|log_id| log_id.to_string())),
            show(metrics.purged.map(|log_id| log_id.to_string())),
        );
    }
    servers.iter().for_each(tokio::task::JoinHandle::abort);
    for node in nodes {
        node.close().await?;
    }
    for id in NODES {
        let reopened = Node::open(id, &home.join(id.to_string()), PORT).await?;
        println!("node {id} opened its log again, up to {:?}", reopened.store.tip().await?.map(|tip| tip.op));
        reopened.close().await?;
    }
    Ok(())
}
