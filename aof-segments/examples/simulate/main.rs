//! Random histories of a log in segments, on a simulated directory that loses power at any call, against a model.
//!
//! `cargo run --release -p aof-segments --example simulate -- [SEED] [RUNS]`. With `cargo test` it is a test, and runs the
//! suite on that directory.

mod history;
mod segment;
mod store;

use history::Tally;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1).map_while(|argument| argument.replace('_', "").parse::<u64>().ok());
    let (seed, runs) = (arguments.next().unwrap_or(0), arguments.next().unwrap_or(10_000));
    let (begun, mut tally) = (Instant::now(), Tally::default());
    for seed in seed..seed.saturating_add(runs) {
        match history::run(seed) {
            Ok(seen) => tally += seen,
            Err(seen) => {
                println!("a promise was broken: simulate {seed} 1\n{seen}");
                return ExitCode::FAILURE;
            }
        }
    }
    println!("{runs} histories from seed {seed} in {:.1} s: {tally:?}", begun.elapsed().as_secs_f64());
    ExitCode::SUCCESS
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::panic, reason = "a test that cannot continue fails")]

    use super::history::{Tally, run};
    use super::store::SimStore;
    use aof_api::{AofBackend, Result};
    use aof_file::SyncOn;
    use aof_segments::{Intent, SegmentedBackend, Tuning};
    use aof_testkit::{Capabilities, Fixture, Notes, conformance};

    #[test]
    fn no_history_loses_what_was_acknowledged_or_brings_back_what_was_pruned_or_cut() {
        let mut tally = Tally::default();
        for seed in 0..2000 {
            tally += run(seed).unwrap_or_else(|seen| panic!("seed {seed}: {seen}"));
        }
        let Tally { crashes, sealed, pruned, cuts, .. } = tally;
        assert!(crashes >= 8000 && sealed > 1000 && pruned > 200 && cuts > 500, "{tally:?}");
    }

    struct SimFixture {
        store: SimStore,
        tuning: Tuning,
    }

    impl SimFixture {
        fn new(segment_bytes: u64) -> SimFixture {
            let tuning = Tuning::new().segment_bytes(segment_bytes).sync_on(SyncOn::Caller);
            SimFixture { store: SimStore::default(), tuning }
        }

        fn open(&self) -> Result<SegmentedBackend<SimStore>> {
            SegmentedBackend::on(self.store.now(), self.tuning, Intent::OpenOrCreate)
        }
    }

    impl Fixture for SimFixture {
        type Backend = SegmentedBackend<SimStore>;

        fn capabilities(&self) -> Capabilities {
            let all = Capabilities::new().truncate().crash().locks().prune().notes(Notes::Some);
            if self.tuning == Tuning::new().segment_bytes(1).sync_on(SyncOn::Caller) { all } else { all.coarse() }
        }

        async fn create(&self) -> Result<Self::Backend> {
            self.open()
        }

        async fn reopen(&self, mut backend: Self::Backend) -> Result<Self::Backend> {
            let _ = backend.close().await;
            self.open()
        }

        async fn second_writer(&self) -> Result<Self::Backend> {
            self.open()
        }

        async fn crash(&self, backend: Self::Backend, seed: u64) -> Result<Self::Backend> {
            self.store.crash(seed);
            drop(backend);
            self.open()
        }
    }

    conformance!(simulated_1_byte, || SimFixture::new(1));
    conformance!(simulated_64_kib, || SimFixture::new(64 << 10));
    conformance!(simulated_64_mib, || SimFixture::new(64 << 20));
}
