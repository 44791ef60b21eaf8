//! Logs of this crate on the store: two writers, and PUTs whose results are lost.

use super::finding::{Check, Finding};
use super::scratch::{Scratch, bytes};
use crate::backend::ObjectStoreBackend;
use crate::reader::ObjectReader;
use crate::requests::Created;
use aof_api::{AofBackend, AofRead, AofReadExt, Error, Result};
use std::io::IoSlice;
use std::sync::Arc;
use std::time::Duration;
use tokio::time::{Instant, timeout};

/// How often the log is taken from its writer.
const TAKES: u8 = 5;

/// PUTs that are given up, at growing parts of the time that one takes.
const GIVEN_UP: u32 = 10;

impl Scratch {
    pub(super) async fn fences_displaced_writers(&self) -> Check {
        let (name, what) =
            ("fencing", "a writer whose log was taken over is refused, and no acknowledged byte is lost");
        match self.take_from_each_other().await {
            Ok(finding) => Check { name, what, finding },
            Err(error) => Check::failed(name, what, error.to_string()),
        }
    }

    async fn open(&self) -> Result<ObjectStoreBackend> {
        let (store, prefix) = (Arc::clone(self.store()), self.root.clone().join("log"));
        ObjectStoreBackend::open(store, &prefix, self.requests.options.clone().take_over()).await
    }

    async fn take_from_each_other(&self) -> Result<Finding> {
        let mut log = Vec::new();
        let mut holder = self.open().await?;
        for round in 0..TAKES {
            let piece = bytes(round.into(), 1000);
            holder.write(&[IoSlice::new(&piece)]).await?;
            holder.checkpoint(&[round]).await?;
            log.extend_from_slice(&piece);
            holder.write(&[IoSlice::new(b"not acknowledged")]).await?;
            let successor = self.open().await?;
            match holder.checkpoint(&[]).await {
                Err(Error::Fenced { .. }) => {}
                Ok(_) => {
                    return Ok(Finding::Failed("a displaced writer could still write: its chunk overwrote".into()));
                }
                Err(error) => return Err(error),
            }
            holder = successor;
        }
        let prefix = self.root.clone().join("log");
        let options = self.requests.options.clone();
        let mut reader = ObjectReader::open(Arc::clone(self.store()), &prefix, options).await?;
        let mut read = vec![0; log.len()];
        let whole = reader.end().await? == log.len() as u64 && reader.read_all_at(0, &mut read).await? == log.len();
        if !whole || read != log {
            return Ok(Finding::Failed("the log is not what was acknowledged".into()));
        }
        let start = holder.prune(1500).await?;
        if start != 1000 || reader.start().await? != 1000 {
            return Ok(Finding::Failed("a reader does not see that the log was pruned".into()));
        }
        Ok(Finding::Passed)
    }

    /// Gives PUTs up at different moments, as a broken connection does, and puts again.
    pub(super) async fn resolves_lost_answers(&self) -> Check {
        let (name, what) = ("lost_answers", "a PUT that was given up is there once, whole, or not at all");
        match self.give_up().await {
            Ok(finding) => Check { name, what, finding },
            Err(error) => Check::failed(name, what, error.to_string()),
        }
    }

    async fn give_up(&self) -> Result<Finding> {
        let began = Instant::now();
        self.requests.create(&self.key("lost", 0), &bytes(0, 64 << 10).into(), 0).await?;
        let usual = began.elapsed().max(Duration::from_micros(100));
        for number in 1..=GIVEN_UP {
            let (key, object) = (self.key("lost", number as usize), bytes(number as usize, 64 << 10));
            // Dropped half way: whether it was carried out is not known.
            let _ = timeout(usual * number / GIVEN_UP, self.create(&key, object.clone())).await;
            match self.requests.create(&key, &object.clone().into(), 0).await? {
                Created::Ours => {}
                Created::Theirs => return Ok(Finding::Failed("a PUT that was given up left other bytes".into())),
            }
            if self.requests.get_whole(&key).await?.as_ref() != Some(&object) {
                return Ok(Finding::Failed("a PUT that was given up changed the object after it was put again".into()));
            }
        }
        Ok(Finding::Passed)
    }
}
