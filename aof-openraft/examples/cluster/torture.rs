//! Three processes that are killed under load, and clients that check what they saw.

use crate::client::{Answer, Client};
use crate::linearizable::{Kind, Operation, is_linearizable};
use crate::{Failure, NODES};
use aof_testkit::Random;
use std::collections::BTreeMap;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

const CLIENTS: usize = 6;
const KEYS: u64 = 4;

/// What all clients did, by key.
type Histories = Arc<Mutex<BTreeMap<String, Vec<Operation>>>>;

pub async fn run(kills: u64, seed: u64) -> Result<(), Failure> {
    let mut random = Random::new(seed);
    let home = tempfile::tempdir()?;
    let port = 22_000 + u16::try_from(random.below(10_000))?;
    let mut nodes = Vec::new();
    for id in NODES {
        nodes.push(Process(start(id, home.path(), port)?));
    }
    wait_for_init(port).await?;
    let (histories, round, stop) =
        (Histories::default(), Arc::new(AtomicU64::new(0)), Arc::new(AtomicBool::new(false)));
    let begun = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| {
            let client = Load { client: Client::new(port), number, begun, histories: Arc::clone(&histories) };
            tokio::spawn(client.run(Random::new(random.split()), Arc::clone(&round), Arc::clone(&stop)))
        })
        .collect();
    for kill in 0..kills {
        // The cluster must have done something since it was last hurt.
        progress(&histories).await?;
        tokio::time::sleep(Duration::from_millis(random.below(900))).await;
        let at = random.index(NODES.len());
        nodes[at].0.kill()?;
        nodes[at].0.wait()?;
        // Other keys, so that histories stay short.
        round.store(kill + 1, Ordering::Relaxed);
        tokio::time::sleep(Duration::from_millis(random.below(700))).await;
        nodes[at] = Process(start(NODES[at], home.path(), port)?);
    }
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await?;
    }
    let keys: Vec<_> = histories.lock().unwrap_or_else(PoisonError::into_inner).keys().cloned().collect();
    let mut client = Client::new(port);
    for key in keys {
        let began = nanos(begun);
        let value = client.get_until_done(&key).await?;
        record(&histories, key, began, Some(nanos(begun)), Kind::Read(value));
    }
    let histories = std::mem::take(&mut *histories.lock().unwrap_or_else(PoisonError::into_inner));
    let acknowledged = histories.values().flatten().filter(|operation| operation.end.is_some()).count();
    let unknown = histories.values().flatten().count() - acknowledged;
    let wrong: Vec<_> = histories.into_iter().filter(|(_, history)| !is_linearizable(history.clone())).collect();
    println!("{kills} kills, {acknowledged} acknowledged operations, {unknown} of unknown outcome, seed {seed}");
    match wrong.first() {
        None => Ok(()),
        Some((key, history)) => {
            history.iter().for_each(|operation| println!("{operation:?}"));
            Err(format!("the history of {key} has no explanation, and {} more", wrong.len() - 1).into())
        }
    }
}

/// Waits until clients have had some answers.
async fn progress(histories: &Histories) -> Result<(), Failure> {
    let answers = || {
        let histories = histories.lock().unwrap_or_else(PoisonError::into_inner);
        histories.values().flatten().filter(|operation| operation.end.is_some()).count()
    };
    let before = answers();
    for _ in 0..600 {
        if answers() >= before + 40 {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    Err("the cluster does nothing for 30 s".into())
}

/// A node that does not outlive this process's interest in it.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

fn start(id: u64, home: &Path, port: u16) -> Result<Child, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.arg("node").arg(id.to_string()).arg(home.join(id.to_string())).arg(port.to_string());
    Ok(command.stdout(Stdio::null()).spawn()?)
}

async fn wait_for_init(port: u16) -> Result<(), Failure> {
    let mut last = None;
    for _ in 0..100 {
        tokio::time::sleep(Duration::from_millis(100)).await;
        match Client::new(port).init().await {
            Ok(()) => return Ok(()),
            Err(error) => last = Some(error),
        }
    }
    Err(last.unwrap_or_else(|| "the nodes do not start".into()))
}

/// One client.
struct Load {
    client: Client,
    number: usize,
    begun: Instant,
    histories: Histories,
}

impl Load {
    async fn run(mut self, mut random: Random, round: Arc<AtomicU64>, stop: Arc<AtomicBool>) {
        let mut serial = 0_u64;
        while !stop.load(Ordering::Relaxed) {
            let key = format!("{}/{}", round.load(Ordering::Relaxed), random.below(KEYS));
            let began = nanos(self.begun);
            if random.chance(0.5) {
                serial += 1;
                let value = format!("{}.{serial}", self.number);
                match self.client.put(&key, &value).await {
                    Answer::Done(_) => self.record(key, began, true, Kind::Write(value)),
                    Answer::Unknown => self.record(key, began, false, Kind::Write(value)),
                    Answer::Refused => {}
                }
            } else if let Answer::Done(value) = self.client.get(&key).await {
                self.record(key, began, true, Kind::Read(value));
            }
            tokio::time::sleep(Duration::from_millis(random.below(20))).await;
        }
    }

    fn record(&self, key: String, began: u64, is_done: bool, kind: Kind) {
        record(&self.histories, key, began, is_done.then(|| nanos(self.begun)), kind);
    }
}

fn record(histories: &Histories, key: String, begin: u64, end: Option<u64>, kind: Kind) {
    let mut histories = histories.lock().unwrap_or_else(PoisonError::into_inner);
    histories.entry(key).or_default().push(Operation { begin, end, kind });
}

fn nanos(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_nanos()).unwrap_or(u64::MAX)
}
