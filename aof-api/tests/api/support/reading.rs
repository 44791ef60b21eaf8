//! Reading a few bytes in a debug build, many times: with the smallest chunk, whose memory is quickly made.

use super::block_on;
use super::reader::SliceReader;
use aof_api::validate::{self, Observation, Validation, Validator, validate};
use aof_api::{AofRead, Rule, read};

/// The smallest chunk there is.
pub(crate) fn small_chunks() -> read::Options {
    read::Options::new().chunk_len(4096)
}

pub(crate) fn options(rule: Rule) -> validate::Options {
    validate::Options::new().rule(rule).read(small_chunks())
}

pub(crate) fn validate_bytes(rule: Rule, bytes: &[u8]) -> Validation {
    block_on(validate(SliceReader::new(bytes), options(rule), None)).unwrap()
}

/// One part, whose entries are remembered once somebody must know them, read in stripes where there are several readers.
pub(crate) fn validate_one_part<R: AofRead + 'static>(
    options: validate::Options,
    readers: Vec<R>,
) -> (Validation, Vec<Observation>) {
    let mut validator = Validator::for_one_part(options);
    let mut observations = Vec::new();
    block_on(validator.read_striped(readers, |observation| observations.push(observation))).unwrap();
    (validator.finish(), observations)
}

/// Several parts as one log: what it is, and everything that was said about it in order.
pub(crate) fn validate_parts<R: AofRead>(
    options: validate::Options,
    parts: impl IntoIterator<Item = R>,
) -> (Validation, Vec<Observation>) {
    let mut validator = Validator::new(options);
    let mut observations = Vec::new();
    for part in parts {
        block_on(validator.read(part, |observation| observations.push(observation))).unwrap();
    }
    (validator.finish(), observations)
}
