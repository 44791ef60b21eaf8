//! Validating a log while somebody writes it.

use crate::support::block_on;
use crate::support::log::Log;
use aof_api::validate::{self, NoteKind, Observation, Validator};
use aof_api::{AofRead, Error, Result, Rule, read};

/// A log of which more can be read after each read, as it is while somebody writes it.
struct Growing {
    bytes: Vec<u8>,
    visible: usize,
    step: usize,
    cursor: u64,
}

impl AofRead for Growing {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let at = usize::try_from(self.cursor).unwrap().min(self.visible);
        let count = buf.len().min(self.visible - at).min(1000);
        buf[..count].copy_from_slice(&self.bytes[at..at + count]);
        self.cursor += count as u64;
        self.visible = (self.visible + self.step).min(self.bytes.len());
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        Ok(0)
    }

    async fn end(&mut self) -> Result<u64> {
        Ok(self.visible as u64)
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        match self.end().await? {
            len if len > end => Ok(len),
            _ => Err(Error::Unsupported { what: "waiting for a log of the tests" }),
        }
    }
}

#[test]
fn what_is_written_meanwhile_is_no_damage() {
    let bytes = Log::of((0..60).map(|number| vec![number; usize::from(number) * 50])).bytes();
    for step in [1, 7, 100, 1000, 50_000] {
        for visible in (0..bytes.len()).step_by(997) {
            for rule in Rule::ALL {
                let reader = Growing { bytes: bytes.clone(), visible, step, cursor: 0 };
                let read = read::Options::new().chunk_len(4096);
                let mut validator = Validator::new(validate::Options::new().rule(rule).read(read).live(true));
                let mut observed = Vec::new();
                block_on(validator.read(reader, |observation| observed.push(observation))).unwrap();
                let context = format!("{step} bytes more after each read, from {visible}, {rule}: {observed:?}");
                assert!(observed.len() <= 1, "{context}");
                let pending = observed.iter().all(|observation| {
                    matches!(observation, Observation::Note(note) if matches!(note.kind, NoteKind::Pending { .. }))
                });
                assert!(pending, "{context}");
                assert_eq!(validator.finish().bytes, visible as u64, "{context}");
            }
        }
    }
}
