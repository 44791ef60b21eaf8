//! Readers of a simulated disk.

use super::sim_disk::SimDisk;
use crate::wrap::call::Call;
use crate::wrap::dropping::pending;
use crate::wrap::fault::{Fault, injected};
use aof_api::storage::extent::ExtentView;
use aof_api::{AofRead, Error, Result};
use std::io;

/// A reader of a [`SimBackend`](super::SimBackend). It lives on when the backend is closed, not when the power goes.
#[derive(Debug)]
pub struct SimReader {
    disk: SimDisk,
    view: ExtentView,
    lifetime: u64,
    cursor: u64,
}

impl SimReader {
    pub(super) fn new(disk: SimDisk, view: ExtentView, lifetime: u64) -> SimReader {
        SimReader { disk, view, lifetime, cursor: 0 }
    }

    fn check_alive(&self, operation: &'static str) -> Result<()> {
        if self.disk.images().lifetime != self.lifetime { Err(dead(operation, self.cursor)) } else { Ok(()) }
    }
}

/// The answer of everything that was opened before the power went.
pub(super) fn dead(operation: &'static str, offset: u64) -> Error {
    Error::io(operation, offset, io::Error::other("the simulated machine lost power: open the disk anew"))
}

/// Fills `buf` from the live image at `cursor`, which is there, as the faults will have it.
pub(super) async fn read_live(disk: &SimDisk, cursor: &mut u64, buf: &mut [u8]) -> Result<usize> {
    let wanted = match disk.faults().strike(Call::Read) {
        Some(Fault::ReadFails) => return Err(injected(Call::Read, *cursor)),
        Some(Fault::ReadIsShort) => buf.len().min(1),
        Some(Fault::ReadIsInterrupted) => {
            pending(1).await;
            buf.len()
        }
        _ => buf.len(),
    };
    let images = disk.images();
    // Nothing is wanted past the end, where the cursor may be anything; and a truncation may have come in between.
    let from = usize::try_from(*cursor).unwrap_or(usize::MAX).min(images.live.len());
    let count = wanted.min(images.live.len() - from);
    buf[..count].copy_from_slice(&images.live[from..from + count]);
    drop(images);
    disk.faults().flip(*cursor, &mut buf[..count]);
    *cursor += count as u64;
    Ok(count)
}

impl AofRead for SimReader {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        pending(self.disk.faults().held_up()).await;
        self.check_alive("seek")?;
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        pending(self.disk.faults().held_up()).await;
        self.check_alive("read")?;
        let wanted = self.view.readable(self.cursor, buf.len())?;
        let mut cursor = self.cursor;
        let read = read_live(&self.disk, &mut cursor, &mut buf[..wanted]).await?;
        // A truncation and new bytes may have come in between.
        let count = self.view.readable(self.cursor, read)?;
        self.cursor += count as u64;
        Ok(count)
    }

    async fn end(&mut self) -> Result<u64> {
        pending(self.disk.faults().held_up()).await;
        self.check_alive("end")?;
        match self.disk.faults().strike(Call::End) {
            Some(_) => Err(injected(Call::End, self.view.end())),
            None => Ok(self.view.end()),
        }
    }
}
