//! Whether what clients saw of a register has an explanation: the algorithm of Wing and Gong, with the memory of Lowe.

use std::collections::HashSet;

/// What a client did to one register, and when it began and ended, on one clock.
#[derive(Clone, Debug)]
pub struct Operation {
    pub begin: u64,
    /// None where the client does not know whether it was done.
    pub end: Option<u64>,
    pub kind: Kind,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Each write of a history writes another value.
    Write(String),
    /// `None` before the first write.
    Read(Option<String>),
}

/// Whether there is an order of these operations, each at one moment between its begin and its end, in which every read
/// returns what was written last.
pub fn is_linearizable(mut history: Vec<Operation>) -> bool {
    let seen: HashSet<_> = history
        .iter()
        .filter_map(|operation| match &operation.kind {
            Kind::Read(value) => value.clone(),
            Kind::Write(_) => None,
        })
        .collect();
    // A read of unknown outcome says nothing. A write of unknown outcome that nobody saw may never have happened.
    history.retain(|operation| match &operation.kind {
        _ if operation.end.is_some() => true,
        Kind::Read(_) => false,
        Kind::Write(value) => seen.contains(value),
    });
    history.sort_by_key(|operation| operation.begin);
    Search { history: &history, refuted: HashSet::new() }.explains(vec![false; history.len()], None)
}

struct Search<'a> {
    history: &'a [Operation],
    /// Operations that are done, and the last written value, from which there is no way on.
    refuted: HashSet<(Vec<bool>, Option<usize>)>,
}

impl Search<'_> {
    fn explains(&mut self, mut done: Vec<bool>, mut written: Option<usize>) -> bool {
        // Each step of the way: what was done, and what may be tried next.
        let mut steps: Vec<(usize, Option<usize>)> = Vec::new();
        let mut from = 0;
        loop {
            if self.history.iter().zip(&done).all(|(operation, done)| *done || operation.end.is_none()) {
                return true;
            }
            match self.next(&done, written, from) {
                Some(chosen) => {
                    steps.push((chosen, written));
                    done[chosen] = true;
                    if matches!(self.history[chosen].kind, Kind::Write(_)) {
                        written = Some(chosen);
                    }
                    from = 0;
                    if !self.refuted.contains(&(done.clone(), written)) {
                        continue;
                    }
                }
                None => {
                    self.refuted.insert((done.clone(), written));
                }
            }
            let Some((chosen, before)) = steps.pop() else { return false };
            (done[chosen], written, from) = (false, before, chosen + 1);
        }
    }

    /// The first operation from `from` on that can come next.
    fn next(&self, done: &[bool], written: Option<usize>, from: usize) -> Option<usize> {
        // What began after another one ended cannot come before it.
        let open = self.history.iter().zip(done).filter(|(_, done)| !**done);
        let limit = open.filter_map(|(operation, _)| operation.end).min().unwrap_or(u64::MAX);
        let value = written.and_then(|written| match &self.history[written].kind {
            Kind::Write(value) => Some(value),
            Kind::Read(_) => None,
        });
        (from..self.history.len()).find(|&at| {
            !done[at]
                && self.history[at].begin <= limit
                && match &self.history[at].kind {
                    Kind::Write(_) => true,
                    Kind::Read(read) => read.as_ref() == value,
                }
        })
    }
}
