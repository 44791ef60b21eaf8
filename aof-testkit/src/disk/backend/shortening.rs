//! Cutting the end of a log, and giving its beginning back.

use super::SimBackend;
use crate::disk::under_way::Step;
use crate::random::Random;
use crate::wrap::call::Call;
use crate::wrap::dropping::pending;
use crate::wrap::fault::{Fault, injected};
use aof_api::Result;

impl SimBackend {
    /// Drives the checkpoints under way, dropped ones too, a step for each poll. What poisons is an error.
    pub(super) async fn drive(&mut self) -> Result<()> {
        loop {
            match self.disk.advance() {
                Step::Idle => return self.extent.check(),
                Step::Taken => pending(1).await,
                Step::Settled => {}
            }
        }
    }

    /// Cuts a log that may be cut to its first `len` bytes.
    pub(super) async fn cut(&mut self, len: u64) -> Result<()> {
        let fault = self.disk.faults().strike(Call::Truncate);
        // What a note claims must never be more than is there.
        self.disk.state().forget_above(len, self.disk.options());
        if let Some(fault) = fault {
            if fault == Fault::TruncateStopsHalfway {
                let mut random = Random::new(self.disk.faults().draw_seed());
                let reached = len + random.below(self.extent.len() - len + 1);
                self.extent.truncate(reached);
                let mut state = self.disk.state();
                state.images.truncate(reached as usize, random.chance(0.5));
                state.set_len(reached);
            }
            if fault == Fault::TruncateAnswerLost {
                self.extent.truncate(len);
                let mut state = self.disk.state();
                state.images.truncate(len as usize, true);
                state.set_len(len);
            }
            let error = injected(Call::Truncate, len);
            self.extent.poison(&error);
            return Err(error);
        }
        self.cut_shown(len)?;
        // Dropped here, it is in doubt whether the cut is durable.
        self.in_doubt = Some(injected(Call::Truncate, len));
        pending(self.disk.faults().held_up()).await;
        let mut state = self.disk.state();
        // The log may be that of another writer by now.
        self.check_writer(&state, Call::Truncate)?;
        state.images.truncate(len as usize, true);
        drop(state);
        self.in_doubt = None;
        self.extent.set_durable(len);
        Ok(())
    }

    /// Cuts what is shown, which no sync has made durable yet.
    fn cut_shown(&mut self, len: u64) -> Result<()> {
        let disk = self.disk.clone();
        let mut state = disk.state();
        self.check_writer(&state, Call::Truncate)?;
        // Readers hear of it before the bytes go.
        self.extent.truncate(len);
        state.images.truncate(len as usize, false);
        state.set_len(len);
        Ok(())
    }

    /// Gives back what is below `to`, which may be given back, as far as the log may be divided.
    pub(super) async fn give_back(&mut self, to: u64) -> Result<u64> {
        let durable = self.extent.durable_len();
        if let Some(fault) = self.disk.faults().strike(Call::Prune) {
            let error = injected(Call::Prune, to);
            if matches!(fault, Fault::PruneStopsHalfway | Fault::PruneAnswerLost) {
                self.record_start(to, durable)?;
                if fault == Fault::PruneAnswerLost {
                    self.disk.state().settle_start();
                }
                self.extent.poison(&error);
            }
            return Err(error);
        }
        let start = self.record_start(to, durable)?;
        // Readers hear of it before the bytes go. Dropped here, the next prune or opening removes them.
        self.extent.prune(start);
        pending(self.disk.faults().held_up()).await;
        let mut state = self.disk.state();
        state.check_alive(self.lifetime, Call::Prune, 0)?;
        // It was recorded. Where another writer took over, that one has given the bytes back.
        if state.writer == Some(self.opening) {
            state.settle_start();
        }
        Ok(start)
    }

    fn record_start(&mut self, to: u64, durable: u64) -> Result<u64> {
        let mut state = self.disk.state();
        self.check_writer(&state, Call::Prune)?;
        let start = state.start_after(to, durable, self.disk.options());
        state.record_start(start, self.disk.options());
        Ok(start)
    }
}
