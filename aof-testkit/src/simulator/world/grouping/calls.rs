//! The callers of a shared log: what each asked for, what it heard, and what is in the log of it.

use super::super::*;
use aof_api::{Appended, Result};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

/// What a caller has heard by now.
#[derive(Clone, Debug)]
pub(super) enum Heard {
    /// Nothing, and it was never polled.
    NotBegun,
    /// Nothing.
    Nothing,
    /// Its entries are written.
    Written(Vec<Appended>),
    /// Its entries are durable.
    Durable(Vec<Appended>),
    /// It failed, and nothing of it was written.
    Refused(Error),
    /// Its entries are written, and it is not known whether they are durable.
    Undecided(Appended, Error),
}

/// A caller: so many entries, whose bodies begin with its number.
#[derive(Clone, Debug)]
pub(super) struct Call {
    number: u64,
    pub(super) entries: usize,
    heard: Arc<Mutex<Heard>>,
}

impl Call {
    pub(super) fn new(number: u64, entries: usize) -> Call {
        Call { number, entries, heard: Arc::new(Mutex::new(Heard::NotBegun)) }
    }

    pub(super) fn heard(&self) -> Heard {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn hears(&self, heard: Heard) {
        *self.heard.lock().unwrap_or_else(PoisonError::into_inner) = heard;
    }

    /// It hears what its call came to.
    pub(super) fn settle(&self, outcome: Result<Vec<Appended>>) {
        self.hears(match (outcome, self.heard()) {
            (Ok(appended), _) => Heard::Durable(appended),
            (Err(Error::Undecided { appended, cause }), _) => Heard::Undecided(appended, (*cause).clone()),
            // It heard before that it is written.
            (Err(error), Heard::Written(appended)) => match appended.first() {
                Some(first) => Heard::Undecided(*first, error),
                None => Heard::Refused(error),
            },
            (Err(error), _) => Heard::Refused(error),
        });
    }

    /// The body of one of its entries.
    pub(super) fn body(&self, index: u64, random: &mut Random) -> Vec<u8> {
        let len = random.between(0, 300);
        [&self.number.to_le_bytes()[..], &index.to_le_bytes(), &random.bytes(len)].concat()
    }
}

/// What the callers have written.
pub(super) struct Written {
    /// The prepares, in order, with their offsets.
    pub(super) prepares: Vec<(Prepare, u64)>,
    /// Where the entries of each caller are, by its number.
    places: BTreeMap<u64, Vec<usize>>,
}

fn number_at(body: &[u8], at: usize) -> u64 {
    body.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map_or(u64::MAX, u64::from_le_bytes)
}

impl Written {
    /// Reads what is in the log from `begin` on, whether it is durable or not.
    pub(super) fn read(live: &[u8], begin: u64) -> Seen<Written> {
        let (mut prepares, mut places) = (Vec::new(), BTreeMap::<u64, Vec<usize>>::new());
        let mut at = begin as usize;
        while at < live.len() {
            let prepare = Prepare::decode(&live[at..]).map_err(|damage| format!("at {at} is no entry: {damage:?}"))?;
            let (number, index) = (number_at(prepare.body(), 0), number_at(prepare.body(), 8));
            let of_caller = places.entry(number).or_default();
            must!(
                index == of_caller.len() as u64,
                "entry {index} of caller {number} is at {at}, out of order or twice"
            );
            of_caller.push(prepares.len());
            let offset = at as u64;
            at += prepare.size_disk() as usize;
            prepares.push((prepare, offset));
        }
        Ok(Written { prepares, places })
    }

    pub(super) fn end_of(&self, appended: &Appended) -> u64 {
        let place = self.prepares.iter().find(|(prepare, _)| prepare.checksum() == appended.checksum);
        place.map_or(0, |(prepare, offset)| offset + prepare.size_disk())
    }

    /// Whether the log holds of each caller what it heard, whole and in one piece.
    pub(super) fn check(&self, calls: &[Call]) -> Seen {
        for call in calls {
            let (number, heard) = (call.number, call.heard());
            let places = self.places.get(&number).map_or(&[][..], Vec::as_slice);
            let there = !places.is_empty();
            let whole = places.len() == call.entries && places.windows(2).all(|pair| pair[0] + 1 == pair[1]);
            must!(!there || whole, "of {} entries of caller {number}, these are there: {places:?}", call.entries);
            match &heard {
                Heard::Nothing => {}
                Heard::NotBegun => must!(!there, "caller {number} was never polled, and has written"),
                Heard::Refused(error) => must!(!there, "caller {number} has written, and heard {error:?}"),
                Heard::Undecided(appended, cause) => {
                    must!(there, "caller {number} heard that op {} was written ({cause:?})", appended.op);
                    self.agree(&places[..1], &[*appended], number)?;
                }
                Heard::Written(appended) | Heard::Durable(appended) => {
                    must!(there, "caller {number} heard {heard:?}, and nothing is there");
                    self.agree(places, appended, number)?;
                }
            }
        }
        Ok(())
    }

    fn agree(&self, places: &[usize], appended: &[Appended], number: u64) -> Seen {
        must!(places.len() == appended.len(), "caller {number} heard {appended:?} of {} entries", places.len());
        for (place, appended) in places.iter().zip(appended) {
            let (prepare, offset) = &self.prepares[*place];
            let there = (prepare.op(), prepare.checksum(), *offset);
            let heard = (appended.op, appended.checksum, appended.offset);
            must!(there == heard, "caller {number} heard {appended:?}, and {there:?} is there");
        }
        Ok(())
    }
}
