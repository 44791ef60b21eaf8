//! Bytes that come close to being a log.

use crate::generate::{Bodies, Generator, Log, Wound};
use crate::random::Random;
use aof_api::format::{ENTRY_SIZE_MIN, Header, MAGIC, Prepare};
use zerocopy::FromBytes;

/// Some log, damaged by wounds, by absurd headers under valid checksums, and by plain changes of bytes.
pub fn mutate(random: &mut Random) -> Vec<u8> {
    let mut bytes = seed_log(random);
    for _ in 0..random.index(4) {
        match random.below(6) {
            0 => absurd_header(random, &mut bytes),
            1 => splice(random, &mut bytes),
            2 => bytes.extend_from_slice(&MAGIC[..random.between(0, 16)]),
            _ => change(random, &mut bytes),
        }
    }
    bytes
}

/// Small logs of every shape, and with every kind of wound: what a fuzzer begins with. Each has a name.
#[must_use]
pub fn corpus() -> Vec<(String, Vec<u8>)> {
    let generator = Generator::new(1).entries(4).bodies(Bodies::Uniform { low: 0, high: 60 });
    let linear = generator.linear();
    let mut corpus = vec![
        ("empty".to_owned(), Vec::new()),
        ("linear".to_owned(), linear.bytes().to_vec()),
        ("restarted".to_owned(), generator.restarted().bytes().to_vec()),
        ("rotated".to_owned(), generator.rotated(2)[1].bytes().to_vec()),
        ("gapped".to_owned(), generator.gapped().0.bytes().to_vec()),
        ("forked".to_owned(), generator.forked().0.bytes().to_vec()),
        ("acknowledged".to_owned(), generator.checkpoint_every(2).linear().bytes().to_vec()),
        ("deceptive".to_owned(), generator.bodies(Bodies::Deceptive).linear().bytes().to_vec()),
    ];
    let wounds = [
        ("torn", Wound::Cut { len: linear.bytes().len() - 20 }),
        ("torn-in-zeros", Wound::CutInZeros { len: linear.bytes().len() - 20, zeros: 5000 }),
        ("zero-tail", Wound::ZeroTail { len: 300 }),
        ("garbage-tail", Wound::GarbageTail { len: 40, seed: 1 }),
        ("magic", Wound::Magic { entry: 1, bit: 3 }),
        ("header", Wound::Header { entry: 1, bit: 1000 }),
        ("size", Wound::Size { entry: 1, size: u32::MAX }),
        ("hole", Wound::Hole { range: linear.range(2) }),
        ("misdirected", Wound::Misdirected { from: 0, to: 2 }),
        ("torn-inside", Wound::TornInside { entry: 2, keep: 50 }),
        ("removed", Wound::Removed { entry: 2 }),
    ];
    corpus.extend(wounds.map(|(name, wound)| (name.to_owned(), linear.wounded(&wound).bytes)));
    corpus
}

fn seed_log(random: &mut Random) -> Vec<u8> {
    let bodies = [Bodies::Fixed(0), Bodies::Uniform { low: 0, high: 80 }, Bodies::Deceptive, Bodies::Mixed];
    let generator = Generator::new(random.next_u64()).entries(random.between(3, 9)).bodies(bodies[random.index(4)]);
    let generator = if random.chance(0.5) { generator.checkpoint_every(1 + random.below(4)) } else { generator };
    let log = match random.below(7) {
        0 => generator.restarted(),
        1 => generator.gapped().0,
        2 => generator.forked().0,
        3 => generator.rotated(2).swap_remove(1),
        _ => generator.linear(),
    };
    if random.chance(0.7) { log.wounded(&Wound::draw(random, &log)).bytes } else { shuffled(random, log) }
}

/// The entries of a log, now and then in another order.
fn shuffled(random: &mut Random, log: Log) -> Vec<u8> {
    if random.chance(0.6) {
        return log.bytes().to_vec();
    }
    let pick = |_| log.prepares()[random.index(log.prepares().len())].clone();
    let prepares: Vec<Prepare> = (0..log.prepares().len()).map(pick).collect();
    Log::new(prepares).bytes().to_vec()
}

/// Any field of some header, and a checksum that fits it.
fn absurd_header(random: &mut Random, bytes: &mut [u8]) {
    let starts: Vec<_> =
        (0..bytes.len().saturating_sub(ENTRY_SIZE_MIN)).filter(|at| bytes[*at..].starts_with(&MAGIC)).collect();
    let Some(at) = starts.get(random.index(starts.len())) else { return };
    let Ok(header) = Header::mut_from_bytes(&mut bytes[at + MAGIC.len()..at + ENTRY_SIZE_MIN]) else { return };
    let number = [0, 1, u64::MAX, u64::MAX - 1, 1 << 63, random.next_u64()][random.index(6)];
    match random.below(8) {
        0 => header.op = number.into(),
        1 => header.commit = number.into(),
        2 => header.timestamp = number.into(),
        3 => header.cluster = u128::from(number).into(),
        4 => header.size = (number as u32).into(),
        5 => header.operation = number as u8,
        6 => header.parent = header.checksum,
        _ => header.checkpoint_id = aof_api::format::CHECKPOINT_MARK.into(),
    }
    header.checksum = header.calculate_checksum();
}

/// A piece of the log in another place of it.
fn splice(random: &mut Random, bytes: &mut Vec<u8>) {
    let from = random.index(bytes.len());
    let to = random.between(from, (from + 400).min(bytes.len()));
    let piece = bytes[from..to].to_vec();
    let at = random.index(bytes.len() + 1);
    bytes.splice(at..at, piece);
}

fn change(random: &mut Random, bytes: &mut Vec<u8>) {
    if bytes.is_empty() {
        return;
    }
    let at = random.index(bytes.len());
    match random.below(3) {
        0 => bytes[at] ^= 1 << random.below(8),
        1 => bytes.truncate(at),
        _ => drop(bytes.drain(at..(at + random.between(1, 50)).min(bytes.len()))),
    }
}
