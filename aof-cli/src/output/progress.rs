//! Progress on standard error, for what takes more than a second, when somebody looks.

use crate::command_line::output::OutputArguments;
use crate::command_line::size::{counted, rate as per_second};
use aof_api::{AofRead, Result};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::io::IsTerminal;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

const DELAY: Duration = Duration::from_secs(1);

/// A bar over bytes, shared by the readers of a log. It clears itself at the end.
#[derive(Clone)]
pub(crate) struct Progress {
    bar: ProgressBar,
    start: Instant,
    /// Somebody looks.
    wanted: bool,
    /// Not before its time, and not where nobody looks.
    hidden: Arc<AtomicBool>,
    entries: Arc<AtomicU64>,
}

impl Progress {
    /// Over so many bytes; `None` where nobody knows how many come.
    pub(crate) fn new(total_bytes: Option<u64>, output: &OutputArguments) -> Progress {
        let wanted = !output.quiet && !output.json && std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(total_bytes, ProgressDrawTarget::hidden());
        let template = match total_bytes {
            Some(_) => "{prefix} {wide_bar} {bytes}/{total_bytes}{msg} {bytes_per_sec} {eta}",
            None => "{spinner} {prefix} {bytes}{msg} {bytes_per_sec} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_prefix("reading");
        let hidden = Arc::new(AtomicBool::new(wanted));
        Progress { bar, start: Instant::now(), wanted, hidden, entries: Arc::default() }
    }

    /// So many entries were read by now.
    pub(crate) fn set_entries(&self, entries: u64) {
        self.entries.store(entries, Ordering::Relaxed);
    }

    /// Somebody else counts the entries. For before anything is watched.
    pub(crate) fn follow_entries(&mut self, counter: Arc<AtomicU64>) {
        self.entries = counter;
    }

    /// Counts what this reader reads.
    pub(crate) fn watch<R>(&self, reader: R) -> Watched<R> {
        Watched { reader, progress: self.clone() }
    }

    /// What is under way, where that is not reading.
    pub(crate) fn name(&self, name: &'static str) {
        self.bar.set_prefix(name);
    }

    /// The next phase, over so many bytes more.
    pub(crate) fn phase(&self, name: &'static str, bytes: u64) {
        self.bar.set_prefix(name);
        self.bar.inc_length(bytes);
    }

    /// The next phase, which does not report how far it is. It is drawn from time to time, so that it is seen at all.
    pub(crate) fn wait(&self, name: &'static str) {
        self.bar.set_prefix(name);
        if self.wanted {
            self.bar.enable_steady_tick(DELAY);
            if self.hidden.swap(false, Ordering::Relaxed) {
                self.bar.set_draw_target(ProgressDrawTarget::stderr());
            }
        }
    }

    fn add(&self, bytes: u64) {
        self.bar.inc(bytes);
        if self.start.elapsed() > DELAY && !self.bar.is_hidden() {
            let entries = self.entries.load(Ordering::Relaxed);
            if entries > 0 {
                self.bar.set_message(format!(" {}", counted(entries, "entry")));
            }
        }
        if self.hidden.load(Ordering::Relaxed)
            && self.start.elapsed() > DELAY
            && self.hidden.swap(false, Ordering::Relaxed)
        {
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
    }

    /// Runs `print` so that the bar is not in what it prints.
    pub(crate) fn suspend<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// Shows that something is under way of which nobody knows how long it takes.
pub(crate) struct Spinner {
    bar: ProgressBar,
    start: Instant,
    wanted: bool,
}

impl Spinner {
    pub(crate) fn new(what: &'static str, output: &OutputArguments) -> Spinner {
        Spinner::counting(what, None, output)
    }

    /// A bar, where it is known how many entries come.
    pub(crate) fn counting(what: &'static str, entries: Option<u64>, output: &OutputArguments) -> Spinner {
        let wanted = !output.quiet && !output.json && std::io::stderr().is_terminal();
        let bar = ProgressBar::with_draw_target(entries, ProgressDrawTarget::hidden());
        let template = match entries {
            Some(_) => "{wide_bar} {percent}% {msg} {eta}",
            None => "{spinner} {msg} {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        let spinner = Spinner { bar, start: Instant::now(), wanted };
        if wanted {
            // A thread that wakes after the delay, and draws from then on.
            spinner.bar.enable_steady_tick(DELAY);
            spinner.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        spinner
    }

    /// So many entries are durable by now.
    pub(crate) fn count(&self, entries: u64) {
        if self.wanted && self.start.elapsed() > DELAY {
            self.bar.set_position(entries);
            let rate = entries as f64 / self.start.elapsed().as_secs_f64();
            let (entries, rate) = (counted(entries, "entry"), per_second(rate));
            self.bar.set_message(format!("{entries} durable, {rate} entries/s"));
        }
    }

    pub(crate) fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

/// A reader that reports how far it is.
pub(crate) struct Watched<R> {
    reader: R,
    progress: Progress,
}

impl<R: AofRead> AofRead for Watched<R> {
    async fn seek(&mut self, offset: u64) -> Result<()> {
        self.reader.seek(offset).await
    }

    async fn read(&mut self, buf: &mut [u8]) -> Result<usize> {
        let count = self.reader.read(buf).await?;
        self.progress.add(count as u64);
        Ok(count)
    }

    async fn start(&mut self) -> Result<u64> {
        self.reader.start().await
    }

    async fn end(&mut self) -> Result<u64> {
        self.reader.end().await
    }

    async fn changed(&mut self, end: u64) -> Result<u64> {
        self.reader.changed(end).await
    }

    async fn next_data(&mut self, offset: u64) -> Result<u64> {
        let data = self.reader.next_data(offset).await?;
        self.progress.add(data.saturating_sub(offset));
        Ok(data)
    }

    async fn boundary(&mut self, offset: u64) -> Result<u64> {
        self.reader.boundary(offset).await
    }
}
