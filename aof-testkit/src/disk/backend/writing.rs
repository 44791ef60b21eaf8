//! What a write does once it may.

use super::SimBackend;
use crate::disk::images::Images;
use crate::random::Random;
use crate::wrap::call::Call;
use crate::wrap::fault::{Fault, injected};
use aof_api::{Error, Result};
use std::io::IoSlice;

impl SimBackend {
    /// What a write finds wrong before a byte is accepted.
    fn refuse_write(&mut self, needed: u64) -> Result<Option<Fault>> {
        let len = self.extent.len();
        let held = len - self.extent.start();
        let available = self.disk.capacity().saturating_sub(held);
        if needed > available {
            return Err(Error::Full { needed, available });
        }
        let fault = self.disk.faults().strike(Call::Write);
        match fault {
            Some(Fault::WriteIsFull) => Err(Error::Full { needed, available: 0 }),
            Some(Fault::WriteFails) => Err(injected(Call::Write, len)),
            _ => Ok(fault),
        }
    }

    /// Appends all parts, or what the faults will have.
    pub(super) fn accept(&mut self, parts: &[IoSlice<'_>]) -> Result<u64> {
        let needed: usize = parts.iter().map(|part| part.len()).sum();
        let fault = self.refuse_write(needed as u64)?;
        let offset = self.extent.len();
        let mut state = self.disk.state();
        // Another writer may have taken over since it was looked at: what is refused must not be there.
        self.check_writer(&state, Call::Write)?;
        // What a failed write left after the end is overwritten, as a file system would.
        state.images.drop_beyond(offset);
        match fault {
            Some(Fault::WriteKeepsPart) => {
                let bytes: Vec<u8> = parts.iter().flat_map(|part| part.iter().copied()).collect();
                let kept = Random::new(self.disk.faults().draw_seed()).index(bytes.len() + 1);
                state.images.append(&bytes[..kept]);
                drop(state);
                let error = injected(Call::Write, offset);
                self.extent.poison(&error);
                return Err(error);
            }
            Some(Fault::WriteAnswerLost) => {
                parts.iter().for_each(|part| state.images.append(part));
                // Whole, where a crash keeps whole ones.
                state.writes.push(offset + needed as u64);
                drop(state);
                let error = injected(Call::Write, offset);
                self.extent.poison(&error);
                return Err(error);
            }
            Some(_) => {
                let bytes = misdirected(&state.images, needed);
                state.images.append(&bytes);
            }
            None => parts.iter().for_each(|part| state.images.append(part)),
        }
        let end = offset + needed as u64;
        state.writes.push(end);
        state.set_len(end);
        drop(state);
        self.extent.set_len(end);
        Ok(offset)
    }
}

/// The bytes of a write that landed in the wrong place: those before it, repeated.
fn misdirected(images: &Images, len: usize) -> Vec<u8> {
    let from = images.live.len().saturating_sub(len);
    let before = &images.live[from..];
    let mut bytes: Vec<u8> = before.iter().copied().cycle().take(len).collect();
    bytes.resize(len, 0);
    bytes
}
