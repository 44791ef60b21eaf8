//! `aof append`: append entries durably.

mod moved;
mod refused;
mod report;
mod storage;

use super::directories::{SEGMENT_LEN, checkpoint_len};
use crate::command_line::append::{AppendArguments, Sync};
use crate::command_line::output::OutputArguments;
use crate::command_line::threads::cores;
use crate::input::lines::Input;
use crate::output::digits::decimal;
use crate::output::exit::Exit;
use crate::output::failure::{Failure, Outcome};
use crate::output::fresh::Fresh;
use crate::output::json;
use crate::output::json::append::Acknowledged;
use crate::output::out::Out;
use crate::output::paths::{quoted, refuse_stream};
use crate::output::progress::Spinner;
use crate::output::say::say;
use crate::output::signals::Interruption;
use aof_api::format::{BODY_SIZE_MAX, HEADER_SIZE, size_disk};
use aof_api::log::blocking::Aof;
use aof_api::{Error, LogOptions, Operation};
use aof_file::{FileOptions, SyncOn};
use aof_segments::{Directory, SegmentedOptions};
use moved::{Moved, go_on, go_on_before_close};
use refused::of_the_log;
use report::{report_durable, report_recovery, report_summary};
use std::io::{IsTerminal, Write};
use std::time::Instant;
use storage::Storage;

/// How much may wait for a checkpoint in bytes, except under `--sync end`.
const GROUP_LEN: u64 = 1 << 20;

/// The longest tail that is cut, in bytes: it is held in memory for as long as it is not kept beside the log.
const CUT_LEN_MAX: u64 = 16 << 30;

pub(crate) fn run(arguments: &AppendArguments, output: &OutputArguments) -> Outcome {
    refuse_stream(&arguments.log, "LOG")?;
    let body_len = body_len(arguments)?;
    let log = &arguments.log;
    let (failure, fresh) = (Failure::at(log), Fresh::look(log));
    // This thread has nothing else to do while the disk works.
    let options = FileOptions::new().sync_on(SyncOn::Caller).keep_cut(!arguments.discard_tail);
    if arguments.segments.is_none() && !Directory::has_segments(log) {
        let backend = options.open_or_create(log).map_err(&failure)?;
        return append(backend, Groups::of_file(), &fresh, body_len, arguments, output);
    }
    if log.is_file() {
        let log = quoted(log);
        return Err(Failure::Usage(format!(
            "--segments needs a directory, and {log} is a file; `aof split {log} DIRECTORY` makes segments of it"
        )));
    }
    let segment_len = arguments.segments.map_or(SEGMENT_LEN, |size| size.0);
    let segmented = SegmentedOptions::new().sync_on(SyncOn::Caller).file(options).segment_bytes(segment_len);
    let backend = segmented.open_or_create(log).map_err(&failure)?;
    append(backend, Groups::of_segments(segment_len), &fresh, body_len, arguments, output)
}

/// How many bytes go together.
#[derive(Clone, Copy)]
struct Groups {
    /// Into one write.
    written: u64,
    /// Into one checkpoint under `--sync end`; without a bound in a file.
    durable_at_end: Option<u64>,
}

impl Groups {
    fn of_file() -> Groups {
        Groups { written: GROUP_LEN, durable_at_end: None }
    }

    fn of_segments(segment_len: u64) -> Groups {
        let part = checkpoint_len(segment_len);
        Groups { written: part.min(GROUP_LEN), durable_at_end: Some(part) }
    }
}

/// Appends to the log on a storage that is open.
fn append<B: Storage>(
    backend: B,
    groups: Groups,
    fresh: &Fresh,
    body_len: usize,
    arguments: &AppendArguments,
    output: &OutputArguments,
) -> Outcome {
    let spinner = Spinner::new("reading the log", output);
    let opened = Aof::open(backend, options(arguments)).map_err(|error| of_the_log(arguments, error));
    let (log, recovery) = opened.inspect_err(|failure| fresh.discard_after(failure))?;
    spinner.finish();
    report_recovery(&recovery, &log, &arguments.log, output)?;
    if arguments.count.is_none() && std::io::stdin().is_terminal() && !output.quiet && !output.json {
        say!("reading lines, one entry each, until Ctrl-D");
    }
    // From here on a signal lets what was begun be finished. Opening the log ends at once.
    let input = input(arguments, body_len)?;
    let spinner = Spinner::counting("appending", arguments.count, output);
    let mut appending = Appending::new(arguments, output, log, groups, spinner);
    let appended = appending.append_all(input);
    appending.spinner.finish();
    match appended {
        Ok(()) => appending.finish(),
        Err(failure) => {
            let ended = appending.end_early(failure);
            fresh.discard_after(&ended);
            Err(ended)
        }
    }
}

/// The bytes in the body of a made-up entry.
fn body_len(arguments: &AppendArguments) -> Outcome<usize> {
    arguments.size.body_len().ok_or_else(|| {
        Failure::Usage(format!("--size {} is above the largest body, {BODY_SIZE_MAX} bytes", arguments.size))
    })
}

fn input(arguments: &AppendArguments, body_len: usize) -> Outcome<Input> {
    let interruption = Interruption::listen()?;
    Ok(match arguments.count {
        None => Input::lines(interruption),
        Some(count) => Input::made_up(count, body_len, interruption),
    })
}

fn options(arguments: &AppendArguments) -> LogOptions {
    let mut options = LogOptions::new()
        .rule(arguments.rule.into())
        .tail(arguments.tail.into())
        .cut_len_max(CUT_LEN_MAX)
        .verify_all(arguments.verify)
        .ignore_note(arguments.ignore_note)
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

struct Appending<'a, B: Storage> {
    arguments: &'a AppendArguments,
    output: &'a OutputArguments,
    log: Aof<B>,
    operation: Operation,
    groups: Groups,
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

impl<'a, B: Storage> Appending<'a, B> {
    fn new(
        arguments: &'a AppendArguments,
        output: &'a OutputArguments,
        log: Aof<B>,
        groups: Groups,
        spinner: Spinner,
    ) -> Appending<'a, B> {
        let operation = Operation(arguments.operation);
        let unacknowledged_op = log.tip().map_or(0, |tip| tip.op) + 1;
        Appending {
            arguments,
            output,
            log,
            operation,
            groups,
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
                Sync::Group if self.waiting_len >= self.groups.written => self.checkpoint()?,
                Sync::End if self.waiting_len >= self.groups.written => {
                    self.write()?;
                    if self.groups.durable_at_end.is_some_and(|most| self.log.unflushed() >= most) {
                        self.checkpoint_written()?;
                    }
                }
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
            Err(Error::Moved { .. }) => match go_on(&mut self.log, &self.arguments.log, self.output) {
                Moved::Continues => self.acknowledge()?,
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
            let mut out = Out::of_listing();
            for op in first..self.unacknowledged_op {
                let written = out.line(|out| {
                    if self.output.json {
                        json::put_line(out, &Acknowledged { op });
                    } else {
                        decimal(out, op);
                        out.push(b'\n');
                    }
                });
                written.map_err(Failure::Acknowledgement)?;
            }
            out.flush().map_err(Failure::Acknowledgement)?;
        }
        Ok(())
    }

    /// After a failure or a signal: reports what is durable, and closes the log.
    fn end_early(self, failure: Failure) -> Failure {
        let signal = match failure {
            Failure::Interrupted(signal) => Some(signal),
            _ => None,
        };
        let last = self.log.tip().map(|_| self.unacknowledged_op - 1).filter(|op| *op > 0);
        let reported = report_durable(self.durable, last, signal, self.arguments, self.output);
        // Whatever a close could still report, this failure came first.
        let _ = self.log.close();
        match reported {
            // A signal is no failure of its own: standard output is.
            Err(of_output) if signal.is_some() => of_output,
            _ => failure,
        }
    }

    fn finish(mut self) -> Outcome {
        let elapsed = self.start.elapsed().as_secs_f64();
        go_on_before_close(&mut self.log, &self.arguments.log, self.output)?;
        let rate = if elapsed > 0.0 { self.written as f64 / elapsed } else { 0.0 };
        let (tip, len) = (self.log.tip(), self.log.len());
        let summary = json::append::Summary {
            entries: self.written,
            bytes: self.written_len,
            len,
            tip: tip.map(|tip| tip.checksum.into()),
            tip_op: tip.map(|tip| tip.op),
            entries_per_second: rate,
        };
        self.log.close().map_err(Failure::at(&self.arguments.log))?;
        report_summary(&summary, self.arguments, self.output)?;
        Ok(Exit::Clean)
    }
}
