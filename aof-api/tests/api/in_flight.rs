//! Reading a log in space allocated ahead, while its writer finishes an entry.

use crate::support::block_on;
use crate::support::disk::Disk;
use crate::support::log::Log;
use aof_api::copy::{self, copy};
use aof_api::validate::{self, NoteKind, Observation, Validator};
use aof_api::{AofRead, Entries, Error, Result, Rule, read};

/// Which of two states of a log a read sees, by the number of reads before it.
type Sees = fn(reads: usize, finished_after: usize) -> bool;

/// A log of a fixed length, of which an entry is in flight up to a read and whole after it.
#[derive(Clone)]
struct InFlight {
    before: Vec<u8>,
    after: Vec<u8>,
    sees_after: Sees,
    finished_after: usize,
    reads: usize,
    cursor: u64,
}

impl InFlight {
    fn new(log: &Log, cut: usize, finished_after: usize) -> InFlight {
        let mut after = log.bytes();
        let len = after.len();
        after.resize(len + 5000, 0);
        let mut before = after.clone();
        before[cut..].fill(0);
        let sees_after = |reads, finished_after| reads >= finished_after;
        InFlight { before, after, sees_after, finished_after, reads: 0, cursor: 0 }
    }
}

impl AofRead for InFlight {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.cursor = offset;
        Ok(())
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let seen = if (self.sees_after)(self.reads, self.finished_after) { &self.after } else { &self.before };
        self.reads += 1;
        let rest = &seen[seen.len().min(self.cursor as usize)..];
        let count = rest.len().min(buf.len());
        buf[..count].copy_from_slice(&rest[..count]);
        self.cursor += count as u64;
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        Ok(0)
    }

    async fn end(&mut self) -> Result<u64> {
        Ok(self.after.len() as u64)
    }

    async fn changed(&mut self, _: u64) -> Result<u64> {
        Err(Error::Unsupported { what: "waiting for a log of the tests" })
    }
}

fn small_chunks() -> read::Options {
    read::Options::new().chunk_len(4096)
}

/// A log of ten entries, of which the eighth and later ones may be in flight, and where it may be cut.
fn log_and_cuts() -> (Log, Vec<usize>) {
    let log = Log::of((0..10).map(|number| vec![number + 1; 100 + usize::from(number) * 300]));
    let (from, to) = (log.offset(7) as usize, log.bytes().len());
    // Densely in the first header, where a cut may leave what seems a whole but damaged one.
    (log, (from..from + 280).chain((from + 280..to).step_by(397)).collect())
}

#[test]
fn an_entry_in_flight_is_read_once_it_is_whole_and_is_no_damage() {
    let (log, cuts) = log_and_cuts();
    for cut in cuts {
        for finished_after in 0..10 {
            let mut entries = Entries::starting_at(InFlight::new(&log, cut, finished_after), 0, small_chunks());
            let (mut ops, mut looks) = (Vec::new(), 0);
            while ops.len() < 10 {
                let context = format!("cut at {cut}, finished after {finished_after} reads: {ops:?}");
                looks += 1;
                assert!(looks < 100, "{context}");
                match block_on(entries.next()) {
                    Ok(Some(entry)) => ops.push(entry.op()),
                    Ok(None) => panic!("the space ends in zeros: {context}"),
                    Err(Error::Corrupt { .. }) => {
                        if let Some(range) = block_on(entries.resync()).unwrap() {
                            assert!(range.torn_end, "{range:?}, {context}");
                            entries.seek(range.offset);
                        }
                    }
                    Err(error) => panic!("{error}, {context}"),
                }
            }
            assert_eq!(ops, (1..=10).collect::<Vec<_>>(), "cut at {cut}, finished after {finished_after} reads");
        }
    }
}

#[test]
fn validating_beside_a_writer_reports_an_entry_in_flight_as_pending_at_most() {
    let (log, cuts) = log_and_cuts();
    for cut in cuts.into_iter().step_by(7) {
        for finished_after in 0..10 {
            let options = validate::Options::new().rule(Rule::Linear).read(small_chunks()).live(true);
            let (mut validator, mut observed) = (Validator::new(options), Vec::new());
            let reader = InFlight::new(&log, cut, finished_after);
            block_on(validator.read(reader, |observation| observed.push(observation))).unwrap();
            let pending = observed.iter().all(|observation| {
                matches!(observation, Observation::Note(note) if matches!(note.kind, NoteKind::Pending { .. }))
            });
            assert!(pending, "cut at {cut}, finished after {finished_after} reads: {observed:?}");
        }
    }
}

#[test]
fn copying_beside_a_writer_takes_an_entry_in_flight_whole_or_leaves_it() {
    let (log, cuts) = log_and_cuts();
    let whole = log.bytes();
    for cut in cuts.into_iter().step_by(7) {
        for finished_after in 0..10 {
            let (disk, context) = (Disk::new(), format!("cut at {cut}, finished after {finished_after} reads"));
            let source = InFlight::new(&log, cut, finished_after);
            let options = copy::Options::new().live(true).read(small_chunks());
            let copied =
                block_on(copy(source, &mut disk.clone(), options)).unwrap_or_else(|error| panic!("{error}, {context}"));
            assert!(copied.entries >= 7 && whole.starts_with(&disk.bytes()), "{copied:?}, {context}");
        }
    }
}

#[test]
fn reads_that_differ_for_ever_end_the_walk() {
    let (log, cuts) = log_and_cuts();
    for cut in cuts.into_iter().step_by(31) {
        for period in 1..6 {
            let mut reader = InFlight::new(&log, cut, period);
            reader.sees_after = |reads, period| reads / period % 2 == 1;
            let mut entries = Entries::starting_at(reader, 0, small_chunks());
            let mut looks = 0;
            // At the end of the log, or with an error of the storage whose reads differ.
            while entries.offset() < log.bytes().len() as u64 + 5000 {
                looks += 1;
                assert!(looks < 100, "cut at {cut}, period {period}");
                match block_on(entries.next()) {
                    Ok(_) => {}
                    Err(Error::Corrupt { .. }) => match block_on(entries.resync()) {
                        Ok(_) => {}
                        Err(_) => break,
                    },
                    Err(_) => break,
                }
            }
        }
    }
}
