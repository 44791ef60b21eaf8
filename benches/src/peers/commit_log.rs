//! `commitlog`.

use super::retained::{Retained, SEGMENT_BYTES};
use super::{DurableLog, PAYLOAD_LEN, Payloads, Peer, Recovered, in_groups};
use commitlog::message::{MessageBuf, MessageSet};
use commitlog::{CommitLog, LogOptions, ReadLimit};
use std::path::Path;
use std::sync::Mutex;

pub(super) const LOG: Peer = Peer {
    name: "commitlog (does not sync)",
    promise: "CommitLog::flush: msync of the index, no fsync of the log: what was flushed may be lost in a crash",
    durable: false,
    create: |directory| Box::new(Mutex::new(open(directory))),
};

pub(super) const RETAINED: Retained = Retained {
    name: "commitlog",
    purges: "it cannot: only the end of the log can be cut",
    write,
    open: |directory| drop(open(directory)),
    purge: |_, _| {},
};

pub(super) const RECOVERED: Recovered = Recovered { name: "commitlog", write, read };

fn open(directory: &Path) -> CommitLog {
    let mut options = LogOptions::new(directory.join("commitlog"));
    // A group is one set of messages, and the largest here has 10,000.
    options.message_max_bytes(64 << 20).segment_max_bytes(SEGMENT_BYTES as usize);
    CommitLog::new(options).expect("the directory takes a log")
}

impl DurableLog for Mutex<CommitLog> {
    fn append(&self, _caller: usize, payloads: &[&[u8]]) {
        let mut log = self.lock().expect("no thread has panicked");
        append(&mut log, payloads);
        log.flush().expect("the disk has room");
    }
}

fn append(log: &mut CommitLog, payloads: &[&[u8]]) {
    if let [payload] = payloads {
        log.append_msg(payload).expect("the disk has room");
        return;
    }
    let mut messages: MessageBuf = payloads.iter().collect();
    log.append(&mut messages).expect("the disk has room");
}

fn write(directory: &Path, payloads: &Payloads, count: u64) {
    let mut log = open(directory);
    in_groups(payloads, count, |group| append(&mut log, group));
    log.flush().expect("the disk has room");
}

fn read(directory: &Path) -> u64 {
    let log = open(directory);
    let (mut next, mut count) = (0, 0);
    loop {
        let messages = log.read(next, ReadLimit::max_bytes(1 << 20)).expect("the log is whole");
        let Some(last) = messages.iter().last() else { return count };
        next = last.offset() + 1;
        let whole = messages.iter().filter(|message| message.payload().len() == PAYLOAD_LEN && message.verify_hash());
        count += whole.count() as u64;
    }
}
