//! A fixture for a wrapper, made from the fixture of what it wraps.

use crate::suite::capabilities::Capabilities;
use crate::suite::fixture::Fixture;
use crate::suite::scale::Scale;
use crate::suite::trouble::Trouble;
use aof_api::storage::DynAofRead;
use aof_api::{AofBackend, Result};
use std::future::Future;
use std::time::Duration;

/// A fixture whose backends are those of another one, wrapped.
///
/// For authors of wrappers: a `Metered<_>`, a cache, a cipher. The wrapper has to give its backend back.
///
/// ```
/// use aof_testkit::{Mapped, Metered, conformance, disk::SimFixture};
///
/// conformance!(metered, || Mapped::new(SimFixture::new(), Metered::new, Metered::into_inner));
/// ```
#[derive(Clone, Copy, Debug)]
pub struct Mapped<F, W, U> {
    fixture: F,
    wrap: W,
    unwrap: U,
}

impl<F, B, W, U> Mapped<F, W, U>
where
    F: Fixture,
    W: Fn(F::Backend) -> B,
    U: Fn(B) -> F::Backend,
{
    /// The backends of `fixture`, put into the wrapper by `wrap` and taken out by `unwrap`.
    pub fn new(fixture: F, wrap: W, unwrap: U) -> Mapped<F, W, U> {
        Mapped { fixture, wrap, unwrap }
    }
}

impl<F, B, W, U> Fixture for Mapped<F, W, U>
where
    F: Fixture,
    B: AofBackend + 'static,
    W: Fn(F::Backend) -> B + Sync,
    U: Fn(B) -> F::Backend + Sync,
{
    type Backend = B;

    fn capabilities(&self) -> Capabilities {
        self.fixture.capabilities()
    }

    async fn create(&self) -> Result<B> {
        self.fixture.create().await.map(&self.wrap)
    }

    async fn reopen(&self, backend: B) -> Result<B> {
        self.fixture.reopen((self.unwrap)(backend)).await.map(&self.wrap)
    }

    async fn create_with_capacity(&self, capacity: u64) -> Result<B> {
        self.fixture.create_with_capacity(capacity).await.map(&self.wrap)
    }

    async fn second_writer(&self) -> Result<B> {
        self.fixture.second_writer().await.map(&self.wrap)
    }

    async fn crash(&self, backend: B, seed: u64) -> Result<B> {
        self.fixture.crash((self.unwrap)(backend), seed).await.map(&self.wrap)
    }

    async fn reader_elsewhere(&self) -> Result<Box<dyn DynAofRead>> {
        self.fixture.reader_elsewhere().await
    }

    fn trouble(&self, trouble: Trouble) -> Result<()> {
        self.fixture.trouble(trouble)
    }

    fn scale(&self) -> Scale {
        self.fixture.scale()
    }

    fn patience(&self) -> Duration {
        self.fixture.patience()
    }

    fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.fixture.block_on(future)
    }
}
