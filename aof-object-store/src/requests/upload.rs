//! A segment on its way to the store: an upload in parts, which nobody sees before it is complete.

use super::{Requests, broken, failed};
use aof_api::Result;
use aof_api::format::Checksum;
use aof_api::storage::IoCall;
use object_store::path::Path;
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutMultipartOptions};
use std::mem;
use tokio::time::timeout;

/// The length of each part but the last; S3 wants 5 MiB or more, some stores the same of all.
const PART_LEN: usize = 8 << 20;

/// An upload that was begun.
#[derive(Debug)]
pub(crate) struct Upload<'a> {
    requests: &'a Requests,
    key: Path,
    upload: Box<dyn MultipartUpload>,
    part: Vec<u8>,
    /// Of each part, to compare with what is stored in the end.
    checksums: Vec<Checksum>,
    len: u64,
}

impl Requests {
    /// Begins to upload an object in parts.
    pub(crate) async fn upload(&self, key: Path) -> Result<Upload<'_>> {
        let begun = self.within(self.store.put_multipart_opts(&key, PutMultipartOptions::default())).await;
        let upload = begun.map_err(|error| failed(IoCall::Create, &key, 0, error))?;
        Ok(Upload { requests: self, key, upload, part: Vec::new(), checksums: Vec::new(), len: 0 })
    }

    /// One attempt, of a request that the client library makes again by itself.
    async fn within<T>(&self, request: impl Future<Output = object_store::Result<T>>) -> object_store::Result<T> {
        let limit = self.options.request_timeout.max(self.options.deadline);
        timeout(limit, request).await.unwrap_or_else(|_| Err(super::attempts::timed_out(limit)))
    }
}

impl Upload<'_> {
    /// Adds bytes.
    pub(crate) async fn push(&mut self, mut bytes: &[u8]) -> Result<()> {
        while !bytes.is_empty() {
            let room = PART_LEN - self.part.len();
            let (now, later) = bytes.split_at(room.min(bytes.len()));
            self.part.extend_from_slice(now);
            bytes = later;
            if self.part.len() == PART_LEN {
                self.put_part().await?;
            }
        }
        Ok(())
    }

    async fn put_part(&mut self) -> Result<()> {
        let part = mem::take(&mut self.part);
        self.checksums.push(Checksum::of(&part));
        let (at, len) = (self.len, part.len() as u64);
        let put = self.upload.put_part(part.into());
        self.requests.within(put).await.map_err(|error| failed(IoCall::Write, &self.key, at, error))?;
        self.len += len;
        Ok(())
    }

    /// Completes the upload, and reads it back: what it is made of is removed after that.
    pub(crate) async fn finish(mut self) -> Result<()> {
        if !self.part.is_empty() {
            self.put_part().await?;
        }
        // A lost answer is no failure where the object is there: it is compared in either case.
        let completed = self.requests.within(self.upload.complete()).await;
        let mut at = 0;
        for checksum in &self.checksums {
            let end = self.len.min(at + PART_LEN as u64);
            let Some(part) = self.requests.get(&self.key, at..end, at).await? else {
                let missing = || broken(IoCall::Verify, &self.key, 0, "it was uploaded and is not there");
                return Err(completed.err().map_or_else(missing, |error| failed(IoCall::Write, &self.key, 0, error)));
            };
            if Checksum::of(&part) != *checksum {
                return Err(broken(IoCall::Verify, &self.key, at, "it is not what was uploaded"));
            }
            at = end;
        }
        let head = self.requests.store.head(&self.key).await;
        let stored = head.map_err(|error| failed(IoCall::Verify, &self.key, 0, error))?.size;
        if stored != self.len {
            return Err(broken(IoCall::Verify, &self.key, 0, format!("it has {stored} bytes, not {}", self.len)));
        }
        Ok(())
    }

    /// Gives it up; parts that stay are removed by a rule of the bucket, where it has one.
    pub(crate) async fn abort(mut self) {
        if let Err(error) = self.requests.within(self.upload.abort()).await {
            tracing::debug!(%error, key = %self.key, "an upload that failed could not be aborted");
        }
    }
}
