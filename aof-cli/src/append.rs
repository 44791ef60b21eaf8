//! `aof append`: append entries durably.

use crate::arguments::{AppendArguments, OutputArguments, Sync, cores};
use crate::exit::{Exit, Failure, Outcome};
use crate::input::Input;
use crate::json;
use crate::size::{Size, grouped};
use anstream::eprintln;
use aof_api::blocking::Aof;
use aof_api::{Operation, Options, Recovery, size_disk};
use aof_file::{FileBackend, FileOptions, SyncOn};
use std::io::Write;
use std::time::Instant;

/// How much may wait for a checkpoint in bytes, except under `--sync end`.
const GROUP_LEN: u64 = 1 << 20;

pub(crate) fn run(arguments: &AppendArguments, output: &OutputArguments) -> Outcome {
    let input = input(arguments)?;
    let failure = Failure::at(&arguments.log);
    // This thread has nothing else to do while the disk works.
    let backend = FileOptions::new().sync_on(SyncOn::Caller).open_or_create(&arguments.log).map_err(&failure)?;
    let (log, recovery) = Aof::open(backend, options(arguments)).map_err(&failure)?;
    report_recovery(&recovery, &log);
    let mut appending = Appending::new(arguments, log);
    let appended = appending.append_all(input);
    if let Err(error) = appended {
        match appending.durable {
            0 => eprintln!("nothing was appended durably"),
            durable => eprintln!("{} entries are durable, up to op {}", grouped(durable), appending.durable_op()),
        }
        return Err(error);
    }
    appending.finish(output)
}

fn input(arguments: &AppendArguments) -> Outcome<Input> {
    let Some(count) = arguments.count else { return Ok(Input::lines()) };
    let len = arguments.size.body_len().ok_or_else(|| {
        let limit = aof_api::BODY_SIZE_MAX;
        Failure::Usage(format!("--size {} is above the largest body, {limit} bytes", arguments.size))
    })?;
    Ok(Input::made_up(count, len))
}

fn options(arguments: &AppendArguments) -> Options {
    let options = Options::new().rule(arguments.rule.into()).tail(arguments.tail.into()).verify_threads(cores());
    match arguments.cluster {
        Some(cluster) => options.cluster(cluster),
        None => options,
    }
}

fn report_recovery(recovery: &Recovery, log: &Aof<FileBackend>) {
    if let Some(cut) = &recovery.cut {
        let (offset, len) = (cut.offset, grouped(cut.len));
        let kept = log.backend().kept_cut().map_or(String::new(), |path| format!("; kept as {}", path.display()));
        eprintln!(
            "cut a tail of {len} bytes at offset {offset} that was acknowledged to nobody ({}){kept}",
            cut.damage
        );
    }
    if recovery.kept_count > 0 {
        eprintln!("{} damaged places stay in the log; `aof validate` lists them", grouped(recovery.kept_count));
    }
}

struct Appending<'a> {
    arguments: &'a AppendArguments,
    log: Aof<FileBackend>,
    operation: Operation,
    start: Instant,
    /// Bodies that wait to be written, and what they will take.
    waiting: Vec<(Operation, Vec<u8>)>,
    waiting_len: u64,
    /// Entries appended by this command, and how many of them are durable.
    written: u64,
    written_len: u64,
    durable: u64,
    /// The op of the first entry that is not acknowledged yet.
    unacknowledged_op: u64,
}

impl<'a> Appending<'a> {
    fn new(arguments: &'a AppendArguments, log: Aof<FileBackend>) -> Appending<'a> {
        let operation = Operation(arguments.operation);
        let unacknowledged_op = log.tip().map_or(0, |tip| tip.op) + 1;
        Appending {
            arguments,
            log,
            operation,
            start: Instant::now(),
            waiting: Vec::new(),
            waiting_len: 0,
            written: 0,
            written_len: 0,
            durable: 0,
            unacknowledged_op,
        }
    }

    fn append_all(&mut self, mut input: Input) -> Outcome<()> {
        let mut body = Vec::new();
        let sync = self.arguments.sync;
        loop {
            if sync == Sync::Group && input.pauses() {
                self.checkpoint()?;
            }
            match input.next(&mut body) {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => {
                    self.checkpoint()?;
                    return Err(error);
                }
            }
            // An entry that waits costs its body; the vector is used again.
            self.waiting_len += size_disk(0) + 256 + body.len() as u64;
            self.waiting.push((self.operation, std::mem::take(&mut body)));
            match sync {
                Sync::Every => self.checkpoint()?,
                Sync::Group if self.waiting_len >= GROUP_LEN => self.checkpoint()?,
                Sync::End if self.waiting_len >= GROUP_LEN => self.write()?,
                Sync::Group | Sync::End => {}
            }
        }
        self.checkpoint()
    }

    /// Writes what waits.
    fn write(&mut self) -> Outcome<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        self.log.append_all(&self.waiting).map_err(Failure::at(&self.arguments.log))?;
        self.written += self.waiting.len() as u64;
        self.written_len += self.waiting_len;
        self.waiting.clear();
        self.waiting_len = 0;
        Ok(())
    }

    /// Writes what waits, makes everything durable, and acknowledges it.
    fn checkpoint(&mut self) -> Outcome<()> {
        self.write()?;
        if self.durable == self.written {
            return Ok(());
        }
        self.log.checkpoint().map_err(Failure::at(&self.arguments.log))?;
        let count = self.written - self.durable;
        self.durable = self.written;
        let first = self.unacknowledged_op;
        self.unacknowledged_op += count;
        if self.arguments.ack {
            let mut out = std::io::stdout().lock();
            for op in first..self.unacknowledged_op {
                writeln!(out, "{op}").map_err(Failure::output)?;
            }
            out.flush().map_err(Failure::output)?;
        }
        Ok(())
    }

    fn durable_op(&self) -> u64 {
        self.unacknowledged_op - 1
    }

    fn finish(self, output: &OutputArguments) -> Outcome {
        let elapsed = self.start.elapsed().as_secs_f64();
        let rate = if elapsed > 0.0 { self.written as f64 / elapsed } else { 0.0 };
        let (tip, len) = (self.log.tip(), self.log.len());
        let written = self.written;
        let summary = if output.json {
            serde_json::json!({
                "type": "summary",
                "entries": json::number(written),
                "bytes": json::number(self.written_len),
                "len": json::number(len),
                "tip": tip.map(|tip| tip.checksum.to_string()),
                "tip_op": tip.map(|tip| json::number(tip.op)),
                "entries_per_second": rate,
            })
            .to_string()
        } else {
            let tip = tip.map_or_else(|| "none".to_owned(), |tip| format!("{} (op {})", tip.checksum, tip.op));
            format!(
                "appended  {} entries, {} bytes ({}), durable\nlog       {} bytes ({})\ntip       {tip}\nrate      {} entries/s",
                grouped(written),
                grouped(self.written_len),
                Size(self.written_len),
                grouped(len),
                Size(len),
                grouped(rate as u64),
            )
        };
        self.log.close().map_err(Failure::at(&self.arguments.log))?;
        if self.arguments.ack {
            eprintln!("{summary}");
        } else {
            writeln!(std::io::stdout(), "{summary}").map_err(Failure::output)?;
        }
        Ok(Exit::Clean)
    }
}
