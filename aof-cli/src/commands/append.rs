//! `aof append`: append entries durably.

mod input;
mod moved;

use crate::command_line::append::{AppendArguments, Sync};
use crate::command_line::output::OutputArguments;
use crate::command_line::size::{Size, counted, grouped};
use crate::command_line::threads::cores;
use crate::output::exit::{Exit, Failure, Outcome};
use crate::output::fresh::Fresh;
use crate::output::json;
use crate::output::paths::as_typed;
use crate::output::progress::Spinner;
use anstream::eprintln;
use aof_api::format::{HEADER_SIZE, size_disk};
use aof_api::log::TailKind;
use aof_api::log::blocking::Aof;
use aof_api::{Error, LogOptions, Operation, Recovery};
use aof_file::{FileBackend, FileOptions, SyncOn};
use input::Input;
use moved::{Moved, go_on, go_on_before_close};
use std::io::Write;
use std::path::Path;
use std::time::Instant;

/// How much may wait for a checkpoint in bytes, except under `--sync end`.
const GROUP_LEN: u64 = 1 << 20;

/// The longest tail that is cut, in bytes: it is held in memory for as long as it is not kept beside the log.
const CUT_LEN_MAX: u64 = 16 << 30;

pub(crate) fn run(arguments: &AppendArguments, output: &OutputArguments) -> Outcome {
    let input = input(arguments)?;
    let failure = Failure::at(&arguments.log);
    let spinner = Spinner::new("reading the log", output);
    let fresh = Fresh::look(&arguments.log);
    // This thread has nothing else to do while the disk works.
    let backend = FileOptions::new().sync_on(SyncOn::Caller).open_or_create(&arguments.log).map_err(&failure)?;
    let opened = Aof::open(backend, options(arguments));
    let (log, recovery) = opened.map_err(&failure).inspect_err(|failure| fresh.discard_after(failure))?;
    spinner.finish();
    report_recovery(&recovery, &log, &arguments.log);
    let mut appending = Appending::new(arguments, log, Spinner::new("appending", output));
    let appended = appending.append_all(input);
    appending.spinner.finish();
    if let Err(error) = appended {
        appending.report_durable();
        drop(appending);
        fresh.discard_after(&error);
        return Err(error);
    }
    appending.finish(output)
}

fn input(arguments: &AppendArguments) -> Outcome<Input> {
    let Some(count) = arguments.count else { return Ok(Input::lines()) };
    let len = arguments.size.body_len().ok_or_else(|| {
        let limit = aof_api::format::BODY_SIZE_MAX;
        Failure::Usage(format!("--size {} is above the largest body, {limit} bytes", arguments.size))
    })?;
    Ok(Input::made_up(count, len))
}

fn options(arguments: &AppendArguments) -> LogOptions {
    let mut options = LogOptions::new()
        .rule(arguments.rule.into())
        .tail(arguments.tail.into())
        .cut_len_max(CUT_LEN_MAX)
        .read_threads(cores())
        .verify_threads(cores());
    if let Some(cluster) = arguments.cluster {
        options = options.cluster(cluster);
    }
    if let Some(bytes) = arguments.durable_len {
        options = options.durable_len(bytes);
    }
    if let Some(checksum) = arguments.expected_tip {
        options = options.expected_tip(checksum);
    }
    options
}

fn report_recovery(recovery: &Recovery, log: &Aof<FileBackend>, typed: &Path) {
    if let Some(cut) = &recovery.cut {
        let (offset, len, damage) = (cut.offset, grouped(cut.len), cut.damage);
        eprintln!("cut a tail of {len} bytes at offset {offset}, of which no entry records a checkpoint ({damage})");
        if cut.entries > 0 {
            eprintln!("  whole entries in it: {}", grouped(cut.entries));
        }
        match log.backend().kept_cut() {
            Some(path) => {
                eprintln!("  its bytes are kept as {}", as_typed(&path.to_string_lossy(), typed));
            }
            None if cut.kind == TailKind::Zero => eprintln!("  nothing is lost: it was all zeros"),
            None => eprintln!("  its bytes are gone: there was no room to keep them"),
        }
    }
    if recovery.kept_count > 0 {
        eprintln!("{} in the log; `aof validate` lists all", counted(recovery.kept_count, "damaged place"));
    }
}

struct Appending<'a> {
    arguments: &'a AppendArguments,
    log: Aof<FileBackend>,
    operation: Operation,
    spinner: Spinner,
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
    fn new(arguments: &'a AppendArguments, log: Aof<FileBackend>, spinner: Spinner) -> Appending<'a> {
        let operation = Operation(arguments.operation);
        let unacknowledged_op = log.tip().map_or(0, |tip| tip.op) + 1;
        Appending {
            arguments,
            log,
            operation,
            spinner,
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
            // A body is at most BODY_SIZE_MAX, which leaves room for the header in 32 bits.
            self.waiting_len += size_disk(HEADER_SIZE + body.len() as u32);
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

    /// Writes what waits; where there is no room for all, what there is room for.
    fn write(&mut self) -> Outcome<()> {
        if self.waiting.is_empty() {
            return Ok(());
        }
        let failure = Failure::at(&self.arguments.log);
        match self.log.append_all(&self.waiting) {
            Ok(appended) => self.count(appended.len()),
            Err(Error::Full { .. }) => {
                for (operation, body) in std::mem::take(&mut self.waiting) {
                    if let Err(error) = self.log.append(operation, &body) {
                        // There is always room to make durable what was written (B12).
                        self.checkpoint_written()?;
                        return Err(failure(error));
                    }
                    self.written += 1;
                    self.written_len += size_disk(HEADER_SIZE + body.len() as u32);
                }
            }
            Err(error) => return Err(failure(error)),
        }
        self.waiting.clear();
        self.waiting_len = 0;
        Ok(())
    }

    fn count(&mut self, entries: usize) {
        self.written += entries as u64;
        self.written_len += self.waiting_len;
    }

    /// Writes what waits, makes everything durable, and acknowledges it.
    fn checkpoint(&mut self) -> Outcome<()> {
        self.write()?;
        self.checkpoint_written()
    }

    fn checkpoint_written(&mut self) -> Outcome<()> {
        if self.durable == self.written {
            return Ok(());
        }
        match self.log.checkpoint() {
            Ok(_) => self.acknowledge()?,
            Err(Error::Moved { .. }) => match go_on(&mut self.log, &self.arguments.log) {
                Moved::GoesOn => self.acknowledge()?,
                Moved::Ends(failure) => {
                    self.acknowledge()?;
                    return Err(failure);
                }
                Moved::Gone(failure) => {
                    (self.written, self.durable) = (0, 0);
                    return Err(failure);
                }
            },
            Err(error) => return Err(Failure::at(&self.arguments.log)(error)),
        }
        self.spinner.count(self.durable);
        Ok(())
    }

    fn acknowledge(&mut self) -> Outcome<()> {
        let first = self.unacknowledged_op;
        self.unacknowledged_op += self.written - self.durable;
        self.durable = self.written;
        if self.arguments.ack {
            let mut out = std::io::stdout().lock();
            for op in first..self.unacknowledged_op {
                writeln!(out, "{op}").map_err(Failure::Acknowledgement)?;
            }
            out.flush().map_err(Failure::Acknowledgement)?;
        }
        Ok(())
    }

    /// What is there when not everything is.
    fn report_durable(&self) {
        let (durable, op) = (self.durable, self.unacknowledged_op - 1);
        let next = match self.arguments.count {
            None => format!("; go on with line {}", grouped(durable + 1)),
            Some(_) => String::new(),
        };
        match durable {
            0 => eprintln!("nothing was appended durably"),
            _ => eprintln!(
                "{} durable, up to op {op}{next}",
                counted(durable, "entry") + if durable == 1 { " is" } else { " are" }
            ),
        }
    }

    fn finish(mut self, output: &OutputArguments) -> Outcome {
        let elapsed = self.start.elapsed().as_secs_f64();
        go_on_before_close(&mut self.log, &self.arguments.log)?;
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
                "appended  {}, {} bytes ({}), durable\nlog       {} bytes ({})\ntip       {tip}\nrate      {} entries/s",
                counted(written, "entry"),
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
