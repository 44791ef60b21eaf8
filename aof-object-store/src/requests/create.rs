//! Putting an object only where there is none: the one request that makes the log what it is.

use super::attempts::Attempts;
use super::failure::is_transient;
use super::{Requests, failed};
use crate::chunk::HEADER_LEN;
use aof_api::storage::IoCall;
use aof_api::{Error, Result};
use object_store::path::Path;
use object_store::{ObjectStore, PutMode, PutOptions, PutPayload};

/// How a create-only PUT ended.
#[derive(Debug)]
pub(crate) enum Created {
    /// The object is there, and it is this one.
    Ours,
    /// Another object is there.
    Theirs,
}

impl Requests {
    /// Puts `object` under `key` unless there is one, and finds out what became of it.
    ///
    /// An answer may be lost after the object was stored, and a store or a client library may report a conflict (HTTP 409)
    /// or its own earlier attempt as "already exists". So whatever is not a plain success is resolved by comparing what is
    /// there with what was to be put, under this key and no other. A failure means that this is not known.
    pub(crate) async fn create(&self, key: &Path, object: &PutPayload, offset: u64) -> Result<Created> {
        let mut attempts = Attempts::new(self);
        let call = IoCall::Write;
        loop {
            let options = PutOptions::from(PutMode::Create);
            let put = self.store.put_opts(key, object.clone(), options);
            let error = match attempts.run(put).await {
                Ok(_) => return Ok(Created::Ours),
                // The store has refused it, and will again.
                Err(error @ object_store::Error::NotSupported { .. })
                | Err(error @ object_store::Error::NotImplemented { .. }) => {
                    tracing::error!(%error, "the store cannot create an object only where there is none");
                    return Err(Error::Unsupported {
                        what: "creating an object only where there is none (If-None-Match), which the log needs,",
                    });
                }
                // It may have been stored: what is there decides.
                Err(error @ (object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. })) => {
                    error
                }
                Err(error) if is_transient(&error) => error,
                Err(error) => return Err(failed(call, key, offset, error)),
            };
            // Object headers hold the checksum of all the rest.
            let head: Vec<u8> = object.iter().flatten().copied().take(HEADER_LEN).collect();
            if let Some((meta, found)) = self.get_up_to(key, 0..head.len() as u64, offset).await? {
                let same = meta.size == object.content_length() as u64 && found == head;
                return Ok(if same { Created::Ours } else { Created::Theirs });
            }
            attempts.pause(error).await.map_err(|error| failed(call, key, offset, error))?;
        }
    }

    /// Whether the store refuses to create an object that is there. `object` is what is under `key`, so that nothing is
    /// changed by a store that does not.
    pub(crate) async fn refuses_to_replace(&self, key: &Path, object: &PutPayload) -> Result<bool> {
        let mut attempts = Attempts::new(self);
        loop {
            let put = self.store.put_opts(key, object.clone(), PutOptions::from(PutMode::Create));
            match attempts.run(put).await {
                Ok(_) => return Ok(false),
                Err(object_store::Error::AlreadyExists { .. } | object_store::Error::Precondition { .. }) => {
                    return Ok(true);
                }
                Err(object_store::Error::NotSupported { .. } | object_store::Error::NotImplemented { .. }) => {
                    return Ok(false);
                }
                Err(error) => attempts.again(error).await.map_err(|error| failed(IoCall::Create, key, 0, error))?,
            }
        }
    }
}
