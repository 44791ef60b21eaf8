//! Whose failure it was, where two storages take part.

use aof_api::{AofRead, Error, Result};
use std::mem::discriminant;
use std::sync::{Arc, Mutex, PoisonError};

/// Reads, and remembers the last failure.
pub(super) struct Witness<R> {
    reader: R,
    failed: Failed,
}

/// The last failure of a reader, for when that was given away.
#[derive(Clone, Default)]
pub(super) struct Failed(Arc<Mutex<Option<Error>>>);

impl Failed {
    /// Whether this is that failure. A reader that reads ahead may have failed, and somebody else before that is reported.
    pub(super) fn is(&self, error: &Error) -> bool {
        match (&*self.0.lock().unwrap_or_else(PoisonError::into_inner), error) {
            (Some(Error::Io { source: failed, .. }), Error::Io { source, .. }) => Arc::ptr_eq(failed, source),
            (Some(failed), error) => discriminant(failed) == discriminant(error),
            (None, _) => false,
        }
    }
}

impl<R> Witness<R> {
    pub(super) fn new(reader: R) -> Witness<R> {
        Witness { reader, failed: Failed::default() }
    }

    pub(super) fn failed(&self) -> Failed {
        self.failed.clone()
    }

    fn note<T>(&self, result: Result<T>) -> Result<T> {
        result.inspect_err(|error| {
            *self.failed.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(error.clone());
        })
    }
}

impl<R: AofRead> AofRead for Witness<R> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        let result = self.reader.seek(offset).await;
        self.note(result)
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let result = self.reader.read(buf).await;
        self.note(result)
    }

    async fn start(&mut self) -> Result<u64> {
        let result = self.reader.start().await;
        self.note(result)
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        let result = self.reader.changed(end).await;
        self.note(result)
    }

    async fn end(&mut self) -> Result<u64> {
        let result = self.reader.end().await;
        self.note(result)
    }

    async fn next_data(&mut self, offset: u64) -> Result<u64> {
        let result = self.reader.next_data(offset).await;
        self.note(result)
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        let result = self.reader.boundary(offset).await;
        self.note(result)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aof_api::storage::IoCall;
    use std::io;

    #[test]
    fn a_failure_is_distinguished_from_another_of_the_same_kind() {
        let error = |text: &str| Error::io(IoCall::Read, 0, io::Error::other(text.to_owned()));
        let (own, other) = (error("the same"), error("the same"));
        let witness = Witness::new(());
        let failed = witness.failed();
        assert!(!failed.is(&own));
        assert!(witness.note::<()>(Err(own.clone())).is_err());
        assert!(failed.is(&own) && !failed.is(&other) && !failed.is(&Error::Closed));
        assert!(witness.note::<()>(Err(Error::Closed)).is_err());
        assert!(failed.is(&Error::Closed) && !failed.is(&own));
    }
}
