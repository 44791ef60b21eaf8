//! A replicated key-value store of three nodes, on `aof-openraft`.
//!
//! ```text
//! cluster demo [DIR]                three nodes in this process, and a short story; DIR keeps them
//! cluster node ID DIR PORT          one node; the three listen on 127.0.0.1, ports PORT+1, PORT+2, PORT+3
//! cluster init PORT                 the three become a cluster, once
//! cluster put PORT KEY VALUE        replicates a value
//! cluster get PORT KEY              reads it, linearizably
//! cluster torture [KILLS] [SEED]    three processes that are killed under load; checks what clients saw
//! ```
#![allow(missing_docs, unreachable_pub, reason = "an example is not documented as a library is")]

mod client;
mod demo;
mod kv;
mod linearizable;
mod node;
mod peer;
mod snapshot_file;
mod torture;
mod wire;

use client::Client;
use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

openraft::declare_raft_types!(
    /// The key-value store over TCP.
    pub Types: D = kv::Put, R = kv::Previous
);

/// What the commands fail with.
pub type Failure = Box<dyn Error + Send + Sync>;

/// The nodes of the cluster; each listens on a port of its own.
pub const NODES: [u64; 3] = [1, 2, 3];

const USAGE: &str = "usage: cluster demo [DIR] | node ID DIR PORT | init PORT | put PORT KEY VALUE | get PORT KEY | \
                     torture [KILLS] [SEED]";

fn main() -> ExitCode {
    let runtime = match tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
    match runtime.block_on(command(&arguments)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => failed(&failure),
    }
}

fn failed(failure: &Failure) -> ExitCode {
    eprintln!("cluster: {failure}");
    ExitCode::FAILURE
}

async fn command(arguments: &[&str]) -> Result<(), Failure> {
    match arguments {
        ["demo"] => demo::run(tempfile::tempdir()?.path()).await,
        ["demo", directory] => demo::run(Path::new(directory)).await,
        ["node", id, directory, port] => node::run(id.parse()?, Path::new(directory), port.parse()?).await,
        ["init", port] => Client::new(port.parse()?).init().await,
        ["put", port, key, value] => {
            let index = Client::new(port.parse()?).put_until_done(key, value).await?;
            println!("{key} = {value}, at index {index} of the Raft log");
            Ok(())
        }
        ["get", port, key] => {
            match Client::new(port.parse()?).get_until_done(key).await? {
                Some(value) => println!("{value}"),
                None => println!("(no value)"),
            }
            Ok(())
        }
        ["torture"] => torture::run(50, 0).await,
        ["torture", kills] => torture::run(kills.parse()?, 0).await,
        ["torture", kills, seed] => torture::run(kills.parse()?, seed.parse()?).await,
        _ => Err(USAGE.into()),
    }
}
