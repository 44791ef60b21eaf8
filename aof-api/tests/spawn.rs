//! Every public async call can be spawned on a multi-threaded runtime: over any backend, and over one chosen at run time.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

use aof_api::format::Prepare;
use aof_api::log::{Durability, Follower, Meta};
use aof_api::read::LocatedEntry;
use aof_api::read::find::{Target, find};
use aof_api::{
    Aof, AofBackend, DynAofBackend, Entries, Error, GroupCommit, LogOptions, Operation, Result, Rule, read, validate,
};
use aof_memory::{MemoryBackend, MemoryReader};
use futures::{FutureExt, TryStreamExt};
use std::pin::pin;

const OPERATION: Operation = Operation(128);

/// Runs a call on a task of its own that owns the value it is a call of, and gives the value back.
macro_rules! spawned {
    ($value:ident . $($call:tt)+) => {{
        let task = tokio::spawn(async move {
            let outcome = $value.$($call)+.await;
            ($value, outcome)
        });
        let outcome;
        ($value, outcome) = task.await.unwrap();
        outcome
    }};
}

async fn spawn<T: Send + 'static>(future: impl Future<Output = T> + Send + 'static) -> T {
    tokio::spawn(future).await.unwrap()
}

fn on_threads<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap().block_on(future)
}

fn memory() -> MemoryBackend {
    MemoryBackend::with_capacity(1 << 20)
}

fn boxed() -> Box<dyn DynAofBackend> {
    Box::new(memory())
}

async fn prepares(count: usize) -> Vec<Prepare> {
    let mut log = Aof::create(memory(), LogOptions::new()).await.unwrap();
    for _ in 0..count {
        log.append(OPERATION, b"prepared").await.unwrap();
    }
    log.entries().await.unwrap().into_stream().try_collect().await.unwrap()
}

async fn every_call_of_a_log<B: AofBackend + 'static>(backend: B) {
    let prepares = prepares(3).await;
    let (first, others) = (prepares[0].clone(), prepares[1..].to_vec());
    let mut log = spawn(Aof::create(backend, LogOptions::new())).await.unwrap();
    spawned!(log.write(&first)).unwrap();
    spawned!(log.write_all(&others)).unwrap();
    assert_eq!(spawned!(log.append(OPERATION, b"one")).unwrap().op, 4);
    assert_eq!(spawned!(log.append_all(&[(OPERATION, b"two"), (OPERATION, b"six")])).unwrap().len(), 2);
    spawn(log.checkpoint()).await.unwrap();
    assert_eq!(spawned!(log.validate(Rule::Linear, None)).unwrap().entries, 6);
    assert_eq!(spawned!(log.seam()).unwrap().unwrap().prepare().op(), 6);
    assert_eq!(spawned!(log.get(2)).unwrap().unwrap().op(), 2);
    let mut from = spawned!(log.entries_from(Target::Op(3))).unwrap();
    assert_eq!(spawn(async move { from.next().await.unwrap().unwrap().op() }).await, 3);
    assert!(matches!(spawned!(log.prune(1)), Err(Error::Unsupported { .. })));
    every_call_of_entries(spawned!(log.entries()).unwrap()).await;
    let visit = |_: LocatedEntry<'_>| Ok(());
    let (mut log, recovery) = spawn(Aof::open_with(log.into_inner(), LogOptions::new(), visit)).await.unwrap();
    assert_eq!(recovery.entries, 6);
    assert_eq!(spawned!(log.append_with(Meta::new().view(2), OPERATION, b"")).unwrap().op, 7);
    let (log, recovery) = spawn(Aof::open(log.into_inner(), LogOptions::new())).await.unwrap();
    assert_eq!(recovery.entries, 7);
    spawn(log.close()).await.unwrap();
}

async fn every_call_of_entries<R: aof_api::AofRead + 'static>(mut entries: Entries<R>) {
    let (entries_back, op) = spawn(async move {
        let op = entries.next().await.unwrap().unwrap().header().op.get();
        (entries, op)
    })
    .await;
    entries = entries_back;
    assert_eq!(op, 1);
    assert!(spawned!(entries.resync()).unwrap().is_none());
    let mut reader = entries.into_inner();
    let place = spawned!(reader.find_op(2)).unwrap();
    let entries = Entries::starting_at(reader, place, read::Options::new());
    let mut stream = Box::pin(entries.into_stream());
    let (mut stream, second) = spawn(async move {
        let second = stream.try_next().await.unwrap().unwrap();
        (stream, second)
    })
    .await;
    assert_eq!(second.op(), 2);
    let rest = spawn(async move {
        let mut rest = 0;
        while stream.try_next().await.unwrap().is_some() {
            rest += 1;
        }
        rest
    });
    assert_eq!(rest.await, 4);
}

/// `find`, as a call of the reader.
trait Find {
    fn find_op(&mut self, op: u64) -> impl Future<Output = Result<u64>> + Send;
}

impl<R: aof_api::AofRead> Find for R {
    async fn find_op(&mut self, op: u64) -> Result<u64> {
        Ok(find(self, Target::Op(op), read::Options::new()).await?.unwrap().offset)
    }
}

async fn every_call_of_group_commit<B: AofBackend + 'static>(backend: B) {
    let mut log = GroupCommit::new(Aof::create(backend, LogOptions::new()).await.unwrap());
    assert_eq!(spawned!(log.append(OPERATION, "one")).unwrap().op, 1);
    assert_eq!(spawned!(log.append_all([(OPERATION, "two"), (OPERATION, "six")])).unwrap().len(), 2);
    let (appended, durability) = spawned!(log.submit(OPERATION, "four")).unwrap();
    assert_eq!(appended.op, 4);
    spawn(durability).await.unwrap();
    spawn(log.durable()).await.unwrap();
    let op = spawned!(log.with_log(|log| async { log.append(OPERATION, b"five").await }.boxed()));
    assert_eq!(op.unwrap().unwrap().op, 5);
    let mut entries = spawned!(log.entries()).unwrap();
    let op = spawn(async move { entries.next().await.unwrap().unwrap().header().op.get() });
    assert_eq!(op.await, 1);
    let mut follower = spawned!(log.follow(None)).unwrap();
    assert_eq!(spawned!(follower.next()).unwrap().op(), 1);
    assert_eq!(follower.place().unwrap().op, 1);
    spawn(async move { log.close().await }).await.unwrap();
}

async fn tasks_share_a_log<B: AofBackend + 'static>(backend: B) {
    let log = GroupCommit::new(Aof::create(backend, LogOptions::new()).await.unwrap());
    let mut follower = log.follow(None).await.unwrap();
    let follows = tokio::spawn(async move {
        for op in 1..=640 {
            assert_eq!(follower.next().await.unwrap().op(), op);
        }
    });
    let appends = (0..64).map(|_| {
        let log = log.clone();
        tokio::spawn(async move {
            for _ in 0..10 {
                log.append(OPERATION, "body").await.unwrap();
            }
        })
    });
    for append in appends.collect::<Vec<_>>() {
        append.await.unwrap();
    }
    follows.await.unwrap();
}

#[test]
fn every_call_of_a_log_can_be_spawned_over_any_backend() {
    on_threads(every_call_of_a_log(memory()));
}

#[test]
fn every_call_of_a_log_can_be_spawned_over_a_boxed_backend() {
    on_threads(every_call_of_a_log(boxed()));
}

#[test]
fn every_call_of_group_commit_can_be_spawned_over_any_backend() {
    on_threads(every_call_of_group_commit(memory()));
}

#[test]
fn every_call_of_group_commit_can_be_spawned_over_a_boxed_backend() {
    on_threads(every_call_of_group_commit(boxed()));
}

#[test]
fn many_tasks_share_a_log_and_a_follower_sees_every_entry() {
    on_threads(tasks_share_a_log(memory()));
    on_threads(tasks_share_a_log(boxed()));
}

#[test]
fn a_whole_program_over_a_backend_that_is_chosen_at_run_time_can_be_spawned() {
    on_threads(spawn(async {
        every_call_of_a_log(boxed()).await;
        every_call_of_group_commit(boxed()).await;
    }));
}

#[test]
fn a_log_is_driven_inside_of_a_runtime_of_one_thread() {
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    runtime.block_on(async {
        let mut program = pin!(tasks_share_a_log(boxed()));
        (&mut program).await;
    });
}

#[test]
fn a_validation_of_a_reader_can_be_spawned() {
    on_threads(async {
        let mut log = Aof::create(memory(), LogOptions::new()).await.unwrap();
        let reader: MemoryReader = log.entries().await.unwrap().into_inner();
        let validation = spawn(validate::validate(reader, validate::Options::new(), None)).await;
        assert_eq!(validation.unwrap().entries, 0);
    });
}

/// What the documentation says about threads.
const _: () = {
    const fn send<T: Send>() {}
    const fn send_sync<T: Send + Sync>() {}

    const fn of_any_backend<B: AofBackend + 'static>() {
        send::<Aof<B>>();
        send_sync::<GroupCommit<B>>();
        send_sync::<Durability<B>>();
        send::<Follower<B>>();
        send::<Entries<B::Reader>>();
    }
    of_any_backend::<MemoryBackend>();
    of_any_backend::<Box<dyn DynAofBackend>>();
    send_sync::<Aof<MemoryBackend>>();
    send_sync::<LogOptions>();
    send_sync::<Prepare>();
    send_sync::<aof_api::Error>();
    send_sync::<aof_api::Recovery>();
};
