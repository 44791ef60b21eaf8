//! One run of one case: its fixture, its randomness, and the checks that most cases make.

use crate::random::Random;
use crate::suite::fixture::Fixture;
use crate::suite::trouble::Trouble;
use crate::suite::verdict::{Stop, Verdict, told};
use aof_api::{AofBackend, AofRead, Error, Result};
use std::cell::RefCell;
use std::io::IoSlice;
use std::rc::Rc;

/// What a case is given.
pub(crate) struct Trial<'a, F> {
    pub(crate) fixture: Rc<F>,
    new: &'a (dyn Fn() -> F + Sync),
    pub(crate) seed: u64,
    /// Every fixture of the case. They are dropped with the first trial, outside of every `block_on`: one that owns a
    /// runtime must not be dropped inside of it.
    made: Rc<RefCell<Vec<Rc<F>>>>,
}

impl<'a, F: Fixture> Trial<'a, F> {
    pub(crate) fn new(new: &'a (dyn Fn() -> F + Sync), seed: u64) -> Trial<'a, F> {
        Trial { fixture: Rc::new(new()), new, seed, made: Rc::default() }
    }

    /// A trial on another log, for cases that need many.
    pub(crate) fn another(&self) -> Trial<'a, F> {
        let fixture = Rc::new((self.new)());
        self.made.borrow_mut().push(Rc::clone(&fixture));
        Trial { fixture, new: self.new, seed: self.seed, made: Rc::clone(&self.made) }
    }

    pub(crate) fn random(&self) -> Random {
        Random::new(self.seed)
    }

    /// An empty log, and a check that it is one.
    pub(crate) async fn create(&self) -> Result<F::Backend, Stop> {
        let backend = self.fixture.create().await?;
        if backend.len() != 0 {
            return Err(Stop::broken(format_args!("a new log has a length of {}", backend.len())));
        }
        Ok(backend)
    }

    /// A log that holds `bytes`, not checkpointed.
    pub(crate) async fn create_with(&self, bytes: &[u8]) -> Result<F::Backend, Stop> {
        let mut backend = self.create().await?;
        append(&mut backend, bytes).await?;
        Ok(backend)
    }

    /// An empty log with room for `bytes`, also where logs are bounded.
    pub(crate) async fn create_for(&self, bytes: usize) -> Result<F::Backend, Stop> {
        match self.fixture.capabilities().can_fill() {
            true => Ok(self.fixture.create_with_capacity(bytes as u64).await?),
            false => self.create().await,
        }
    }

    /// Continues only where the log can be cut; elsewhere checks that it refuses, whatever the length, and skips.
    pub(crate) async fn needs_truncate(&self, backend: &mut F::Backend) -> Verdict {
        if self.fixture.capabilities().can_truncate() {
            return Ok(());
        }
        for len in [0, backend.len() + 1, u64::MAX] {
            let refused = backend.truncate(len).await;
            if !matches!(refused, Err(Error::Unsupported { .. })) {
                return self.absent("truncate", "Capabilities::truncate", refused);
            }
        }
        let len = backend.len();
        let refused = backend.truncate(len).await;
        self.absent("truncate", "Capabilities::truncate", refused)
    }

    /// Continues only where the fixture can lose power.
    pub(crate) async fn needs_crash(&self) -> Verdict {
        if self.fixture.capabilities().can_crash() {
            return Ok(());
        }
        let other = self.another();
        let backend = other.fixture.create().await?;
        let refused = other.fixture.crash(backend, self.seed).await.map(|_| ());
        self.absent("crash", "Capabilities::crash", refused)
    }

    /// Continues only where the fixture can make this trouble.
    pub(crate) fn needs_trouble(&self, trouble: Trouble) -> Verdict {
        if self.fixture.capabilities().can_have(trouble) {
            return Ok(());
        }
        let refused = self.another().fixture.trouble(trouble);
        self.absent(&format!("have {trouble}"), "Capabilities::failing or losing_answers", refused)
    }

    /// Stops the log in the hardest way that the fixture knows, and opens it again.
    pub(crate) async fn stop(&self, backend: F::Backend) -> Result<F::Backend, Stop> {
        match self.fixture.capabilities().can_crash() {
            true => Ok(self.fixture.crash(backend, self.seed).await?),
            false => Ok(self.fixture.reopen(backend).await?),
        }
    }

    /// Continues only where a write reports that there is no room for it.
    pub(crate) fn needs_unbuffered_writes(&self) -> Verdict {
        match self.fixture.capabilities().can_buffer_writes() {
            true => Err(Stop::Absent("cannot tell before a checkpoint that there is no room".to_owned())),
            false => Ok(()),
        }
    }

    /// Cuts the zeros past the first `len` bytes of a log that was not closed well, as opening the log on top does, where
    /// the storage allocates ahead.
    pub(crate) async fn cut_zeros_ahead(&self, backend: &mut F::Backend, len: usize) -> Verdict {
        if self.fixture.capabilities().has_zeros_ahead() && backend.len() > len as u64 {
            let ahead = read_from(backend, len as u64).await?;
            if ahead.iter().all(|byte| *byte == 0) {
                backend.truncate(len as u64).await?;
            }
        }
        Ok(())
    }

    /// Skips, if what is not declared was refused indeed.
    pub(crate) fn absent(&self, what: &str, declare: &str, refused: Result<()>) -> Verdict {
        match refused {
            Err(Error::Unsupported { .. }) => Err(Stop::Absent(format!("cannot {what}"))),
            other => Err(Stop::broken(format_args!(
                "{what} is not declared: expected Unsupported, got {}: declare it with {declare}",
                told(&other)
            ))),
        }
    }
}

/// Appends `bytes` in one part and checks what the call returns.
pub(crate) async fn append<B: AofBackend>(backend: &mut B, bytes: &[u8]) -> Verdict {
    append_parts(backend, &[IoSlice::new(bytes)]).await
}

/// Appends what `log` has beyond what the backend holds.
pub(crate) async fn grow<B: AofBackend>(backend: &mut B, log: &[u8]) -> Verdict {
    let Some(more) = log.get(backend.len() as usize..) else {
        return Err(Stop::broken(format_args!(
            "len() is {} where at most {} bytes were written",
            backend.len(),
            log.len()
        )));
    };
    append(backend, more).await
}

/// Appends `parts` and checks what the call returns.
pub(crate) async fn append_parts<B: AofBackend>(backend: &mut B, parts: &[IoSlice<'_>]) -> Verdict {
    let before = backend.len();
    let bytes: u64 = parts.iter().map(|part| part.len() as u64).sum();
    let offset = backend.write(parts).await?;
    if offset != before {
        return Err(Stop::broken(format_args!(
            "write returned offset {offset} where the length from before is {before}"
        )));
    }
    if backend.len() != before + bytes {
        return Err(Stop::broken(format_args!(
            "after a write of {bytes} bytes at {before} the length is {}",
            backend.len()
        )));
    }
    Ok(())
}

/// Everything that `cursor` can read from `offset` on.
pub(crate) async fn read_from<R: AofRead>(cursor: &mut R, offset: u64) -> Result<Vec<u8>> {
    cursor.seek(offset).await?;
    read_on(cursor).await
}

/// Everything that `cursor` can read from where it is.
pub(crate) async fn read_on<R: AofRead>(cursor: &mut R) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut buf = vec![0; 64 * 1024];
    loop {
        match cursor.read(&mut buf).await? {
            0 => return Ok(bytes),
            count => bytes.extend_from_slice(&buf[..count]),
        }
    }
}

/// Checks that `cursor` sees exactly `wanted` from the beginning.
pub(crate) async fn sees<R: AofRead>(cursor: &mut R, wanted: &[u8], when: &str) -> Verdict {
    let seen = read_from(cursor, 0).await?;
    same(&seen, wanted, when)
}

/// Checks that a whole backend is what it should be: content, length and end.
pub(crate) async fn holds<B: AofBackend>(backend: &mut B, wanted: &[u8], when: &str) -> Verdict {
    sees(backend, wanted, when).await?;
    let (len, end) = (backend.len(), backend.end().await?);
    if len != wanted.len() as u64 || end != len {
        return Err(Stop::broken(format_args!("{when}: len() is {len} and end() is {end} of {} bytes", wanted.len())));
    }
    Ok(())
}

/// Checks that bytes that were read are those that were written.
#[track_caller]
pub(crate) fn same(seen: &[u8], wanted: &[u8], when: &str) -> Verdict {
    match difference(seen, wanted) {
        None => Ok(()),
        Some(what) => Err(Stop::broken(format_args!("{when}: {what}"))),
    }
}

/// Checks that `seen` is a prefix of `written`, and has at least `least` bytes.
#[track_caller]
pub(crate) fn prefix(seen: &[u8], written: &[u8], least: usize, when: &str) -> Verdict {
    if seen.len() < least {
        return Err(Stop::broken(format_args!("{when}: expected at least {least} bytes, got {}", seen.len())));
    }
    same(seen, &written[..seen.len().min(written.len())], when)
}

/// Where two byte strings part, in words.
pub(crate) fn difference(seen: &[u8], wanted: &[u8]) -> Option<String> {
    // Whole first: byte by byte takes long over megabytes.
    if seen == wanted {
        return None;
    }
    let lens = format!("{} bytes seen, {} expected", seen.len(), wanted.len());
    match seen.iter().zip(wanted).position(|(seen, wanted)| seen != wanted) {
        Some(at) => Some(format!("at byte {at}: expected {:#04x}, got {:#04x} ({lens})", wanted[at], seen[at])),
        None => Some(format!("{lens}, the same as far as both go, up to {}", seen.len().min(wanted.len()))),
    }
}
