//! A storage that tries again is right to return `Ok`: trouble below it is not a failure of its calls.

use aof_api::storage::IoCall;
use aof_api::storage::simple::{Simple, SimpleStore};
use aof_api::{AofBackend, Error, Result};
use aof_testkit::{Call, Capabilities, Fixture, Trouble, conformance};
use std::io::{self, IoSlice};
use std::sync::{Arc, Mutex, MutexGuard};

/// What is far away: bytes, and the trouble that the next request of a kind meets.
#[derive(Default)]
struct Far {
    live: Vec<u8>,
    durable: Vec<u8>,
    trouble: Option<Trouble>,
    held: bool,
}

/// The client: makes each request until it is answered.
struct Retrying(Arc<Mutex<Far>>);

impl Retrying {
    fn open(far: &Arc<Mutex<Far>>) -> Result<Retrying> {
        let mut state = lock(far);
        if state.held {
            return Err(Error::Locked { what: "what is far away".to_owned() });
        }
        state.held = true;
        drop(state);
        Ok(Retrying(Arc::clone(far)))
    }

    /// Makes a request that may be made twice, at most three times.
    fn request<T>(&self, call: Call, run: impl Fn(&mut Far) -> T) -> Result<T> {
        for _ in 0..3 {
            let mut far = lock(&self.0);
            match far.trouble.take_if(|trouble| trouble.call() == call) {
                Some(Trouble::AnswerLost(_)) => drop(run(&mut far)),
                Some(_) => {}
                None => return Ok(run(&mut far)),
            }
        }
        Err(Error::io(IoCall::Write, 0, io::ErrorKind::TimedOut.into()))
    }
}

fn lock(far: &Mutex<Far>) -> MutexGuard<'_, Far> {
    far.lock().expect("no thread panics while holding the lock")
}

impl Drop for Retrying {
    fn drop(&mut self) {
        lock(&self.0).held = false;
    }
}

impl SimpleStore for Retrying {
    fn read_at(&self, offset: u64, buf: &mut [u8]) -> Result<usize> {
        let wanted = buf.len();
        let read = self.request(Call::Read, |far| {
            let there = far.live.get(offset as usize..).unwrap_or_default();
            there[..there.len().min(wanted)].to_vec()
        })?;
        buf[..read.len()].copy_from_slice(&read);
        Ok(read.len())
    }

    fn append(&self, at: u64, parts: &[IoSlice<'_>]) -> Result<()> {
        // By offset, so that it is there once, however often it is asked for.
        self.request(Call::Write, |far| {
            far.live.truncate(at as usize);
            parts.iter().for_each(|part| far.live.extend_from_slice(part));
        })
    }

    fn sync(&self) -> Result<()> {
        self.request(Call::Checkpoint, |far| {
            let known = far.durable.len().min(far.live.len());
            far.durable.truncate(known);
            far.durable.extend_from_slice(&far.live[known..]);
        })
    }

    fn cut(&self, len: u64) -> Result<()> {
        self.request(Call::Truncate, |far| {
            far.live.truncate(len as usize);
            far.durable.clone_from(&far.live);
        })
    }

    fn len(&self) -> Result<u64> {
        Ok(lock(&self.0).live.len() as u64)
    }
}

#[derive(Default)]
struct RetryingFixture(Arc<Mutex<Far>>);

impl RetryingFixture {
    fn open(&self) -> Result<Simple<Retrying>> {
        Simple::new(Retrying::open(&self.0)?)
    }
}

impl Fixture for RetryingFixture {
    type Backend = Simple<Retrying>;

    fn capabilities(&self) -> Capabilities {
        let calls = [Call::Read, Call::Write, Call::Checkpoint, Call::Truncate];
        let local = Capabilities::new().truncate().crash().locks().readers_hold_the_lock();
        local.failing(&calls).losing_answers(&calls)
    }

    async fn create(&self) -> Result<Simple<Retrying>> {
        self.open()
    }

    async fn reopen(&self, mut backend: Simple<Retrying>) -> Result<Simple<Retrying>> {
        let _ = backend.close().await;
        drop(backend);
        self.open()
    }

    async fn second_writer(&self) -> Result<Simple<Retrying>> {
        self.open()
    }

    async fn crash(&self, backend: Simple<Retrying>, seed: u64) -> Result<Simple<Retrying>> {
        let mut far = lock(&self.0);
        let later = far.live.len() - far.durable.len().min(far.live.len());
        // Of what is not durable, some of the first bytes may be there.
        let kept = far.durable.len() + if later > 0 { (seed as usize) % later } else { 0 };
        far.live.truncate(kept);
        drop(far);
        drop(backend);
        self.open()
    }

    fn trouble(&self, trouble: Trouble) -> Result<()> {
        lock(&self.0).trouble = Some(trouble);
        Ok(())
    }
}

conformance!(retrying, RetryingFixture::default);
