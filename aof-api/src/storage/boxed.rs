//! Object-safe twins of the backend traits, for programs that choose a backend at run time.

use crate::storage::backend::{AofBackend, AofRead};
use crate::storage::error::Result;
use async_trait::async_trait;
use futures::future::BoxFuture;
use std::io::IoSlice;

/// [`AofRead`] as an object. Every `AofRead` is one; nobody implements it by hand.
///
/// The methods are those of [`AofRead`], with the same promises; each call boxes its future.
#[async_trait]
pub trait DynAofRead: Send {
    /// As [`AofRead::seek`].
    async fn dyn_seek(&mut self, offset: u64) -> Result<()>;
    /// As [`AofRead::read`].
    async fn dyn_read(&mut self, buf: &mut [u8]) -> Result<usize>;
    /// As [`AofRead::start`].
    async fn dyn_start(&mut self) -> Result<u64>;
    /// As [`AofRead::end`].
    async fn dyn_end(&mut self) -> Result<u64>;
    /// As [`AofRead::changed`].
    async fn dyn_changed(&mut self, end: u64) -> Result<u64>;
    /// As [`AofRead::next_data`].
    async fn dyn_next_data(&mut self, offset: u64) -> Result<u64>;
    /// As [`AofRead::boundary`].
    async fn dyn_boundary(&mut self, offset: u64) -> Result<u64>;
}

/// [`AofBackend`] as an object. Every `AofBackend` is one, and `Box<dyn DynAofBackend>` is an `AofBackend` again.
///
/// ```
/// use aof_api::{Aof, DynAofBackend, LogOptions, Operation};
/// use aof_memory::MemoryBackend;
///
/// # futures::executor::block_on(async {
/// let backend: Box<dyn DynAofBackend> = Box::new(MemoryBackend::new());
/// let mut log = Aof::create(backend, LogOptions::new()).await?;
/// log.append(Operation(200), b"chosen at run time").await?;
/// log.checkpoint().await?;
/// # Ok::<(), aof_api::Error>(())
/// # }).unwrap();
/// ```
#[async_trait]
pub trait DynAofBackend: DynAofRead {
    /// As [`AofBackend::write`].
    async fn dyn_write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64>;
    /// As [`AofBackend::checkpoint`].
    fn dyn_checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>>;
    /// As [`AofBackend::truncate`].
    async fn dyn_truncate(&mut self, len: u64) -> Result<()>;
    /// As [`AofBackend::prune`].
    async fn dyn_prune(&mut self, to: u64) -> Result<u64>;
    /// As [`AofBackend::reader`].
    async fn dyn_reader(&mut self) -> Result<Box<dyn DynAofRead>>;
    /// As [`AofBackend::close`].
    async fn dyn_close(&mut self) -> Result<()>;
    /// As [`AofBackend::len`].
    fn dyn_len(&self) -> u64;
    /// As [`AofBackend::durable_len`].
    fn dyn_durable_len(&self) -> u64;
    /// As [`AofBackend::note`].
    fn dyn_note(&self) -> Option<(u64, Vec<u8>)>;
}

#[async_trait]
impl<R: AofRead> DynAofRead for R {
    async fn dyn_seek(&mut self, offset: u64) -> Result<()> {
        self.seek(offset).await
    }

    async fn dyn_read(&mut self, buf: &mut [u8]) -> Result<usize> {
        self.read(buf).await
    }

    async fn dyn_start(&mut self) -> Result<u64> {
        self.start().await
    }

    async fn dyn_end(&mut self) -> Result<u64> {
        self.end().await
    }

    async fn dyn_changed(&mut self, end: u64) -> Result<u64> {
        self.changed(end).await
    }

    async fn dyn_next_data(&mut self, offset: u64) -> Result<u64> {
        self.next_data(offset).await
    }

    async fn dyn_boundary(&mut self, offset: u64) -> Result<u64> {
        self.boundary(offset).await
    }
}

#[async_trait]
impl<B: AofBackend> DynAofBackend for B {
    async fn dyn_write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        self.write(parts).await
    }

    fn dyn_checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        Box::pin(self.checkpoint(note))
    }

    async fn dyn_truncate(&mut self, len: u64) -> Result<()> {
        self.truncate(len).await
    }

    async fn dyn_prune(&mut self, to: u64) -> Result<u64> {
        self.prune(to).await
    }

    async fn dyn_reader(&mut self) -> Result<Box<dyn DynAofRead>> {
        Ok(Box::new(self.reader().await?))
    }

    async fn dyn_close(&mut self) -> Result<()> {
        self.close().await
    }

    fn dyn_len(&self) -> u64 {
        self.len()
    }

    fn dyn_durable_len(&self) -> u64 {
        self.durable_len()
    }

    fn dyn_note(&self) -> Option<(u64, Vec<u8>)> {
        self.note()
    }
}

/// The read half for a box, the same for both objects. The lifetime matters: a box of a static object only would be no
/// backend inside of a future that is spawned.
macro_rules! read_through_box {
    ($object:ident) => {
        impl AofRead for Box<dyn $object + '_> {
            async fn seek(&mut self, offset: u64) -> Result<()> {
                (**self).dyn_seek(offset).await
            }

            async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
                (**self).dyn_read(buf).await
            }

            async fn start(&mut self) -> Result<u64> {
                (**self).dyn_start().await
            }

            async fn end(&mut self) -> Result<u64> {
                (**self).dyn_end().await
            }

            async fn changed(&mut self, end: u64) -> Result<u64> {
                (**self).dyn_changed(end).await
            }

            async fn next_data(&mut self, offset: u64) -> Result<u64> {
                (**self).dyn_next_data(offset).await
            }

            async fn boundary(&mut self, offset: u64) -> Result<u64> {
                (**self).dyn_boundary(offset).await
            }
        }
    };
}

read_through_box!(DynAofRead);
read_through_box!(DynAofBackend);

impl AofBackend for Box<dyn DynAofBackend + '_> {
    type Reader = Box<dyn DynAofRead>;
    type Checkpoint = BoxFuture<'static, Result<u64>>;

    async fn write(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        (**self).dyn_write(parts).await
    }

    fn checkpoint(&mut self, note: &[u8]) -> BoxFuture<'static, Result<u64>> {
        (**self).dyn_checkpoint(note)
    }

    async fn truncate(&mut self, len: u64) -> Result<()> {
        (**self).dyn_truncate(len).await
    }

    async fn prune(&mut self, to: u64) -> Result<u64> {
        (**self).dyn_prune(to).await
    }

    async fn reader(&mut self) -> Result<Box<dyn DynAofRead>> {
        (**self).dyn_reader().await
    }

    async fn close(&mut self) -> Result<()> {
        (**self).dyn_close().await
    }

    fn len(&self) -> u64 {
        (**self).dyn_len()
    }

    fn durable_len(&self) -> u64 {
        (**self).dyn_durable_len()
    }

    fn note(&self) -> Option<(u64, Vec<u8>)> {
        (**self).dyn_note()
    }
}
