//! What must hold for any bytes: four properties, each a function that panics when it does not.
//!
//! A fuzzer hands over bytes. Half of them are taken as they are, half as a recipe for a log ([`recipe`]), because
//! random bytes hardly ever have a valid checksum.

pub mod recipe;

use aof_api::{
    Aof, AofBackend, AofEntry, AofReadExt, BODY_SIZE_MAX, Entries, Error, Operation, Options, Prepare, ReadOptions,
    Rule, Tail, ValidateOptions, Validation, validate as validate_log,
};
use aof_memory::MemoryBackend;
use futures::executor::block_on;

/// The smallest chunk and one that swallows everything here.
const CHUNKS: [usize; 2] = [4096, 1 << 20];

fn backend(bytes: &[u8]) -> MemoryBackend {
    let capacity = (bytes.len() as u64 + 8192).next_multiple_of(4096);
    MemoryBackend::from_bytes_with_capacity(bytes, capacity)
}

/// Decoding never panics, and what it takes is what is encoded.
pub fn decode(data: &[u8]) {
    let bytes = recipe::bytes(data);
    let Ok(entry) = AofEntry::decode(&bytes) else {
        assert!(Prepare::decode(&bytes).is_err());
        return;
    };
    let len = usize::try_from(entry.size_disk()).expect("an entry is at most 1 MiB and a little");
    assert!(entry.body().len() <= BODY_SIZE_MAX as usize);
    assert_eq!(entry.parts().map(|part| part.to_vec()).concat(), bytes[..len]);
    let prepare = entry.to_prepare();
    assert_eq!(prepare.as_entry_bytes(), &bytes[..len]);
    assert_eq!(Prepare::decode(&bytes), Ok(prepare));
    assert!(entry.header().valid_checksum() && entry.header().valid_size());
    let _lints = entry.header().lints().count();
    for cut in [0, 1, 15, 16, 17, 271, len - 1] {
        assert!(AofEntry::decode(&bytes[..cut.min(len - 1)]).is_err());
    }
}

/// Where every entry begins, and every damaged range with its length.
type Map = (Vec<u64>, Vec<(u64, u64)>);

fn map(bytes: &[u8], options: ReadOptions) -> Map {
    let mut entries = Entries::new(backend(bytes), options);
    let (mut starts, mut damaged, mut at) = (Vec::new(), Vec::new(), 0);
    loop {
        match block_on(entries.next()) {
            Ok(None) => break,
            Ok(Some(entry)) => {
                assert_eq!(entry.offset, at);
                starts.push(at);
                at += entry.size_disk();
            }
            Err(Error::Corrupt { offset, .. }) => {
                assert_eq!(offset, at);
                let range = block_on(entries.resync()).expect("memory can be read").expect("there is damage");
                assert_eq!(range.offset, at);
                assert!(range.len > 0);
                damaged.push((at, range.len));
                at += range.len;
            }
            Err(error) => panic!("memory can be read: {error}"),
        }
    }
    assert_eq!(at, bytes.len() as u64, "every byte belongs to an entry or to damage");
    (starts, damaged)
}

/// Reading ends, accounts for every byte, and misses no entry, whatever the size of the chunks and the threads.
pub fn resync(data: &[u8]) {
    let bytes = recipe::bytes(data);
    let expected = map(&bytes, ReadOptions::new().chunk_len(CHUNKS[0]));
    assert_eq!(map(&bytes, ReadOptions::new().chunk_len(CHUNKS[1])), expected);
    assert_eq!(map(&bytes, ReadOptions::new().chunk_len(CHUNKS[0]).verify_threads(2)), expected);
    // An entry that stands in no other one is found.
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let inside = |start: u64, len: u64| (start..start + len).contains(&(at as u64));
        match AofEntry::decode(rest) {
            Ok(entry) => {
                let found = expected.0.contains(&(at as u64));
                let size = |start: u64| AofEntry::decode(&bytes[start as usize..]).map_or(0, |entry| entry.size_disk());
                let nested = expected.0.iter().any(|start| *start != at as u64 && inside(*start, size(*start)));
                assert!(found || nested, "the entry at {at} was passed over");
                at += entry.size_disk() as usize;
            }
            Err(_) => at += 1,
        }
    }
}

fn validated(bytes: &[u8], rule: Rule, read: ReadOptions) -> Validation {
    block_on(validate_log(backend(bytes), ValidateOptions::new().rule(rule).read(read), None))
        .expect("memory can be read")
}

/// Validation ends, counts what reading counts, and says the same whatever the chunks and the threads.
pub fn validate(data: &[u8]) {
    let bytes = recipe::bytes(data);
    let (starts, damaged) = map(&bytes, ReadOptions::new());
    for rule in Rule::ALL {
        let expected = validated(&bytes, rule, ReadOptions::new().chunk_len(CHUNKS[0]));
        assert_eq!(expected.bytes, bytes.len() as u64);
        assert_eq!(expected.entries, starts.len() as u64);
        let damage = expected.findings.iter().filter(|finding| finding.kind.name() == "damage");
        assert_eq!(
            damage.map(|finding| finding.offset).collect::<Vec<_>>(),
            damaged.iter().map(|range| range.0).collect::<Vec<_>>()
        );
        assert_eq!(validated(&bytes, rule, ReadOptions::new().chunk_len(CHUNKS[1])), expected);
        assert_eq!(validated(&bytes, rule, ReadOptions::new().chunk_len(CHUNKS[0]).verify_threads(2)), expected);
        for text in expected.findings.iter().map(|finding| finding.kind.to_string()) {
            assert!(!text.is_empty());
        }
    }
}

fn options(rule: Rule, tail: Tail, durable_len: Option<u64>) -> Options {
    let options = Options::new().rule(rule).tail(tail).clock(|| 1);
    match durable_len {
        Some(durable_len) => options.durable_len(durable_len),
        None => options,
    }
}

/// An opening either changes nothing, or leaves a log that opens again as it is and takes entries.
pub fn open(data: &[u8]) {
    let bytes = recipe::bytes(data);
    let half = bytes.len() as u64 / 2;
    for rule in Rule::ALL {
        for tail in [Tail::Truncate, Tail::Keep, Tail::Refuse] {
            for durable_len in [None, Some(0), Some(half)] {
                open_with(&bytes, &options(rule, tail, durable_len));
            }
        }
    }
}

fn open_with(bytes: &[u8], options: &Options) {
    let mut memory = backend(bytes);
    let opened = block_on(Aof::open(Borrowed(&mut memory), options.clone()));
    let Ok((mut log, recovery)) = opened else {
        drop(opened);
        assert_eq!(memory.snapshot(), bytes, "a refused log was changed");
        return;
    };
    let cut: u64 = recovery.cut.as_ref().map_or(0, |cut| cut.len);
    assert_eq!(recovery.len + cut, bytes.len() as u64);
    assert_eq!((log.len(), log.durable_len()), (recovery.len, recovery.len));
    assert_eq!(log.tip(), recovery.tip);
    let appended = block_on(log.append(Operation(128), b"go on"));
    drop(log);
    assert!(memory.snapshot().starts_with(&bytes[..usize::try_from(recovery.len).expect("it is in memory")]));
    match appended {
        Ok(appended) => {
            let (again, second) = block_on(Aof::open(Borrowed(&mut memory), options.clone()))
                .unwrap_or_else(|error| panic!("a log that was opened and appended to does not open again: {error}"));
            assert_eq!(again.tip().map(|tip| tip.checksum), Some(appended.checksum));
            assert_eq!(second.entries, recovery.entries + 1);
            assert!(second.cut.is_none(), "opening cut what an opening had left");
        }
        // The tip went back, or the ops are used up.
        Err(Error::Forked { .. }) => {}
        Err(error) => panic!("a log that was opened does not take an entry: {error}"),
    }
}

/// A backend that is looked at again afterwards.
struct Borrowed<'a>(&'a mut MemoryBackend);

impl aof_api::AofRead for Borrowed<'_> {
    async fn seek(&mut self, offset: u64) -> aof_api::Result<()> {
        self.0.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> aof_api::Result<usize> {
        // Short reads, all the time.
        let len = buf.len().min(1000);
        self.0.read_all(&mut buf[..len]).await
    }

    async fn end(&mut self) -> aof_api::Result<u64> {
        self.0.end().await
    }
}

impl AofBackend for Borrowed<'_> {
    type Reader = aof_memory::MemoryReader;

    async fn write(&mut self, parts: &[std::io::IoSlice<'_>]) -> aof_api::Result<u64> {
        self.0.write(parts).await
    }

    async fn checkpoint(&mut self) -> aof_api::Result<u64> {
        self.0.checkpoint().await
    }

    async fn truncate(&mut self, len: u64) -> aof_api::Result<()> {
        self.0.truncate(len).await
    }

    async fn reader(&mut self) -> aof_api::Result<Self::Reader> {
        self.0.reader().await
    }

    async fn close(&mut self) -> aof_api::Result<()> {
        self.0.close().await
    }

    fn len(&self) -> u64 {
        self.0.len()
    }

    fn durable_len(&self) -> u64 {
        self.0.durable_len()
    }

    fn recovery_offset(&self) -> u64 {
        self.0.recovery_offset()
    }
}
