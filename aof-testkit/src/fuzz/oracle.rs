//! What must hold.

use crate::disk::{SimDisk, SimReader};
use aof_api::format::{AofEntry, Damage, ENTRY_SIZE_MAX, ENTRY_SIZE_MIN, Header, MAGIC, Prepare};
use aof_api::validate::{self, Observation, Validation, Validator};
use aof_api::{Aof, Entries, Error, LogOptions, Rule, Tail, read};
use futures::executor::block_on;
use zerocopy::FromBytes;

fn reader(bytes: &[u8]) -> SimReader {
    SimDisk::from_bytes(bytes).reader()
}

/// An entry decodes to itself or to a damage that fits the bytes.
///
/// # Panics
///
/// When it does not.
pub fn decode(bytes: &[u8]) {
    match AofEntry::decode(bytes) {
        Ok(entry) => {
            let size = entry.size_disk() as usize;
            assert!((ENTRY_SIZE_MIN..=ENTRY_SIZE_MAX).contains(&size) && size <= bytes.len());
            let written: Vec<u8> = entry.parts().iter().flat_map(|part| part.iter().copied()).collect();
            assert_eq!(written, bytes[..size]);
            let prepare = Prepare::decode(bytes).expect("what decodes borrowed decodes owned");
            assert_eq!(prepare, entry.to_prepare());
            assert_eq!((prepare.op(), prepare.checksum()), (entry.op(), entry.checksum()));
            let lints = entry.header().lints().count();
            assert!(lints <= 13);
            // Nothing after the entry counts, and nothing of it can be missing.
            assert_eq!(AofEntry::decode(&bytes[..size]).as_ref(), Ok(&entry));
            assert!(matches!(AofEntry::decode(&bytes[..size - 1]), Err(Damage::Torn { .. })));
        }
        Err(Damage::Torn { have, need }) => assert!(have == bytes.len() as u64 && have < need),
        Err(Damage::Size { size }) => assert!(!(256..=1 << 20).contains(&size)),
        Err(Damage::Magic) => assert!(!bytes.starts_with(&MAGIC) && !bytes.is_empty()),
        Err(_) => assert!(bytes.len() >= MAGIC.len()),
    }
}

/// A stretch of a log: an entry, or damage up to the next header that verifies.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Stretch {
    offset: usize,
    len: usize,
    damage: Option<Damage>,
}

/// The stretches of a log, found in the plainest way there is.
fn stretches(bytes: &[u8]) -> Vec<Stretch> {
    let mut stretches = Vec::new();
    let mut offset = 0;
    while offset < bytes.len() {
        let (len, damage) = match AofEntry::decode(&bytes[offset..]) {
            Ok(entry) => (entry.size_disk() as usize, None),
            Err(damage) => {
                let next = (offset + 1..bytes.len()).find(|at| header_verifies(&bytes[*at..]));
                (next.unwrap_or(bytes.len()) - offset, Some(damage))
            }
        };
        stretches.push(Stretch { offset, len, damage });
        offset += len;
    }
    stretches
}

fn header_verifies(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
        && bytes.get(MAGIC.len()..ENTRY_SIZE_MIN).is_some_and(|header| {
            Header::ref_from_bytes(header).is_ok_and(|header| header.valid_checksum() && header.valid_size())
        })
}

/// The stretches of a log as a reader finds them.
fn read(bytes: &[u8], options: read::Options) -> Vec<Stretch> {
    let mut entries = Entries::new(reader(bytes), options);
    let mut found = Vec::new();
    block_on(async {
        loop {
            match entries.next().await {
                Ok(Some(entry)) => {
                    found.push(Stretch {
                        offset: entry.offset as usize,
                        len: entry.size_disk() as usize,
                        damage: None,
                    });
                }
                Ok(None) => return found,
                Err(Error::Corrupt { offset, reason }) => {
                    let passed = entries.resync().await.expect("a disk without faults reads");
                    let passed = passed.expect("where there is damage there is something to pass");
                    assert_eq!((offset, reason.damage()), (passed.offset, passed.damage));
                    let range = passed.offset as usize..(passed.offset + passed.len) as usize;
                    assert_eq!(passed.zeros, bytes[range].iter().all(|byte| *byte == 0));
                    assert_eq!(passed.at_end, passed.offset + passed.len == bytes.len() as u64);
                    found.push(Stretch {
                        offset: passed.offset as usize,
                        len: passed.len as usize,
                        damage: Some(passed.damage),
                    });
                }
                Err(error) => unreachable!("a disk without faults failed with {error:?}"),
            }
        }
    })
}

/// Reading past damage finds what the plainest search finds, in windows of any size.
///
/// # Panics
///
/// When it does not.
pub fn resync(bytes: &[u8]) {
    let due = stretches(bytes);
    for options in [read::Options::new(), read::Options::new().chunk_len(4096)] {
        assert_eq!(read(bytes, options), due, "{options:?}");
    }
}

fn validated(bytes: &[u8], rule: Rule, read: read::Options) -> Validation {
    let options = validate::Options::new().rule(rule).read(read);
    block_on(aof_api::validate::validate(reader(bytes), options, None))
        .expect("without an expected tip, findings are no error")
}

/// Validation finds every entry and every damage, by every rule, and the same in windows of any size.
///
/// # Panics
///
/// When it does not.
pub fn validate(bytes: &[u8]) {
    let due = stretches(bytes);
    let entries = due.iter().filter(|stretch| stretch.damage.is_none()).count();
    for rule in Rule::ALL {
        let validation = validated(bytes, rule, read::Options::new());
        assert_eq!(validation, validated(bytes, rule, read::Options::new().chunk_len(4096)), "{rule}");
        remembering_late_finds_the_same(bytes, rule);
        assert_eq!(validation.entries, entries as u64, "{rule}");
        assert_eq!(validation.bytes, bytes.len() as u64, "{rule}");
        let damage = validation.findings.iter().filter(|finding| finding.kind.name() == "damage").count();
        assert_eq!(damage, due.len() - entries, "{rule}");
        let mut last = 0;
        for finding in &validation.findings {
            assert!(finding.offset >= last && finding.offset < bytes.len() as u64, "{rule}: {finding:?}");
            last = finding.offset;
        }
    }
}

/// A validator that remembers entries where it must finds what one finds that remembers every entry, which is the model.
fn remembering_late_finds_the_same(bytes: &[u8], rule: Rule) {
    let options = validate::Options::new().rule(rule).read(read::Options::new().chunk_len(4096));
    let [due, found] = [Validator::new(options), Validator::for_one_part(options)].map(|mut validator| {
        let mut observations: Vec<Observation> = Vec::new();
        let read = validator.read(reader(bytes), |observation| observations.push(observation));
        block_on(read).expect("a disk without faults reads");
        (validator.finish(), observations)
    });
    assert_eq!(found, due, "{rule}");
}

/// Opening the log changes nothing where it is refused; where it is not, opening it again finds nothing left to do.
///
/// # Panics
///
/// When it is not so.
pub fn open(bytes: &[u8]) {
    for rule in Rule::ALL {
        for tail in [Tail::Truncate, Tail::Keep, Tail::Refuse] {
            let disk = SimDisk::from_bytes(bytes);
            let options = LogOptions::new().rule(rule).tail(tail).read(read::Options::new().chunk_len(4096));
            let backend = disk.open().expect("nobody else has opened this disk");
            let Ok((log, recovery)) = block_on(Aof::open(backend, options.clone())) else {
                assert_eq!(disk.live(), bytes, "{rule}, {tail:?}: a refused opening changed the log");
                continue;
            };
            assert_eq!((log.len(), log.durable_len()), (recovery.len, recovery.len), "{rule}, {tail:?}");
            assert_eq!(log.tip(), recovery.tip, "{rule}, {tail:?}");
            drop(log);
            let left = disk.live();
            assert!(bytes.starts_with(&left), "{rule}, {tail:?}: opening changed what it kept");
            let cut: u64 = recovery.cut.iter().map(|cut| cut.len).sum();
            assert_eq!(left.len() as u64 + cut, bytes.len() as u64, "{rule}, {tail:?}");
            assert!(tail == Tail::Truncate || cut == 0, "{rule}, {tail:?}: something was cut");

            let backend = disk.open().expect("the other one is gone");
            let again = block_on(Aof::open(backend, options)).map(|(_, recovery)| recovery);
            let again = again.unwrap_or_else(|error| unreachable!("{rule}, {tail:?}: not opened again: {error:?}"));
            assert_eq!(
                (again.entries, again.tip, again.cut),
                (recovery.entries, recovery.tip, None),
                "{rule}, {tail:?}"
            );
            assert_eq!(disk.live(), left, "{rule}, {tail:?}: a second opening changed the log");
        }
    }
}
