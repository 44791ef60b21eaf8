//! Writers that are killed, and a store whose daemons are: `AOF_STORE_KILL` is a command that kills a part of the store
//! and starts it again, with the part (`osd` or `gateway`) as its argument.

use crate::fixture::options;
use crate::fresh_place;
use aof_api::{Aof, AofBackend, AofReadExt, LogOptions, Operation, Rule};
use aof_object_store::{ObjectReader, ObjectStoreBackend};
use futures::executor::block_on;
use std::io::{BufRead, BufReader, IoSlice};
use std::process::{Command, Stdio};
use std::time::Duration;

fn rounds() -> usize {
    std::env::var("AOF_STORE_KILLS").ok().and_then(|count| count.parse().ok()).unwrap_or(3)
}

/// Appends entries until it is killed, and prints each op once it is durable. Only for the test below, which starts this
/// program with the place of the log.
#[test]
fn a_writer_for_the_test_that_kills_it() {
    let Ok(url) = std::env::var("AOF_STORE_WRITE_TO") else { return };
    let place = aof_object_store::Location::parse(&url).unwrap();
    block_on(async {
        let backend = ObjectStoreBackend::open(place.store, &place.prefix, options()).await.unwrap();
        let (mut log, _) = Aof::open(backend, LogOptions::new()).await.unwrap();
        loop {
            log.append(Operation(200), &[7; 3000]).await.unwrap();
            log.checkpoint().await.unwrap();
            println!("durable {}", log.tip().map_or(0, |tip| tip.op));
        }
    });
}

#[test]
fn a_writer_that_is_killed_loses_nothing_acknowledged() {
    let Some(place) = fresh_place() else { return };
    let base = std::env::var("AOF_STORE_URL").unwrap_or_default();
    let (scheme, rest) = base.split_once("://").unwrap();
    let bucket = rest.split('/').next().unwrap();
    let url = format!("{scheme}://{bucket}/{}", place.prefix);
    let mut acknowledged = 0;
    for round in 0..rounds() {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed::a_writer_for_the_test_that_kills_it", "--nocapture"])
            .env("AOF_STORE_WRITE_TO", &url)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let goal = acknowledged + 5 + round as u64 * 3 % 17;
        while let Some(Ok(line)) = lines.next() {
            if let Some(op) = line.split("durable ").nth(1).and_then(|op| op.trim().parse().ok()) {
                acknowledged = op;
            }
            if acknowledged >= goal {
                break;
            }
        }
        assert!(acknowledged >= goal, "round {round}: the writer ended by itself at op {acknowledged}");
        child.kill().unwrap();
        // What it said before it was killed counts.
        for line in lines.map_while(Result::ok) {
            if let Some(op) = line.split("durable ").nth(1).and_then(|op| op.trim().parse().ok()) {
                acknowledged = op;
            }
        }
        child.wait().unwrap();
        block_on(async {
            let backend = ObjectStoreBackend::open(place.store.clone(), &place.prefix, options()).await.unwrap();
            let (mut log, _) = Aof::open(backend, LogOptions::new()).await.unwrap();
            assert!(
                log.tip().map_or(0, |tip| tip.op) >= acknowledged,
                "round {round}: op {acknowledged} was durable, the log ends at {}",
                log.tip().map_or(0, |tip| tip.op)
            );
            acknowledged = log.tip().map_or(0, |tip| tip.op);
            assert!(log.validate(Rule::Linear, None).await.unwrap().is_clean(), "round {round}");
        });
    }
    println!("a writer was killed {} times; {acknowledged} entries", rounds());
}

fn killing(part: &str) {
    let (Some(place), Ok(kill)) = (fresh_place(), std::env::var("AOF_STORE_KILL")) else {
        eprintln!("skipped: AOF_STORE_KILL is not set");
        return;
    };
    let (mut log, mut longest) = (Vec::new(), Duration::ZERO);
    block_on(async {
        let mut backend = ObjectStoreBackend::open(place.store.clone(), &place.prefix, options()).await.unwrap();
        for round in 0..rounds() {
            let killing = {
                let (kill, part) = (kill.clone(), part.to_owned());
                std::thread::spawn(move || Command::new(kill).arg(part).status().unwrap())
            };
            while !killing.is_finished() {
                let bytes = vec![round as u8; 20_000];
                backend.write(&[IoSlice::new(&bytes)]).await.unwrap();
                log.extend(bytes);
                let begun = std::time::Instant::now();
                assert_eq!(backend.checkpoint(&[]).await.unwrap(), log.len() as u64, "round {round}");
                longest = longest.max(begun.elapsed());
            }
            assert!(killing.join().unwrap().success(), "round {round}: AOF_STORE_KILL failed");
        }
        let mut reader = ObjectReader::open(place.store.clone(), &place.prefix, options()).await.unwrap();
        let mut seen = vec![0; log.len() + 1];
        let count = reader.read_all_at(0, &mut seen).await.unwrap();
        assert!(seen[..count] == log, "{count} bytes are there, {} were acknowledged", log.len());
    });
    println!("the {part} was killed {} times; {} bytes, the longest checkpoint took {longest:?}", rounds(), log.len());
}

#[test]
fn a_gateway_that_is_killed_under_load_loses_nothing_acknowledged() {
    killing("gateway");
}

#[test]
fn an_osd_that_is_killed_under_load_loses_nothing_acknowledged() {
    killing("osd");
}
