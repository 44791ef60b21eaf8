//! The output of a listing. Rows without bodies are made on a thread of their own, batch by batch, while the next entries
//! are read: text takes longer to make than entries take to read.

use super::print::{How, put, put_header};
use crate::command_line::threads::cores;
use crate::output::failure::{Failure, Outcome};
use crate::output::out::Out;
use aof_api::format::Header;
use aof_api::read::LocatedEntry;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread;

/// How many rows are made at once: their headers and their text stay in the cache of a core.
const BATCH: usize = 512;

/// How many batches may wait for the thread, or for this one.
const UNDER_WAY: usize = 2;

/// An entry of which no text was made yet.
struct Row {
    offset: u64,
    header: Header,
}

/// Rows, and the text that was made of them.
struct Batch {
    rows: Vec<Row>,
    text: Vec<u8>,
    how: Arc<How>,
}

impl Batch {
    fn new(how: Arc<How>) -> Batch {
        Batch { rows: Vec::with_capacity(BATCH), text: Vec::new(), how }
    }

    fn make_text(&mut self) {
        for row in self.rows.drain(..) {
            put_header(&mut self.text, row.offset, &row.header, &self.how);
        }
    }
}

/// The thread.
struct Maker {
    to: SyncSender<Batch>,
    from: Receiver<Batch>,
}

impl Maker {
    /// None where there is no core for it, or the system gives no thread.
    fn start() -> Option<Maker> {
        let (to, batches) = sync_channel::<Batch>(UNDER_WAY);
        let (made, from) = sync_channel(UNDER_WAY);
        let work = move || {
            for mut batch in batches {
                batch.make_text();
                if made.send(batch).is_err() {
                    return;
                }
            }
        };
        let thread = (cores() > 1).then(|| thread::Builder::new().name("aof-rows".to_owned()).spawn(work));
        thread.is_some_and(|thread| thread.is_ok()).then_some(Maker { to, from })
    }
}

/// What a listing prints, in its order.
pub(super) struct Listed {
    out: Out,
    how: Arc<How>,
    /// Rows that come next.
    batch: Batch,
    /// Started with the first full batch; none before, and where there is none.
    maker: Option<Maker>,
    is_started: bool,
    under_way: usize,
    /// Text that was printed, for its memory.
    spare: Vec<Batch>,
}

impl Listed {
    pub(super) fn new(out: Out, how: How) -> Listed {
        let how = Arc::new(how);
        let batch = Batch::new(Arc::clone(&how));
        Listed { out, how, batch, maker: None, is_started: false, under_way: 0, spare: Vec::new() }
    }

    pub(super) fn how(&self) -> &How {
        &self.how
    }

    /// From here on, entries are printed so.
    pub(super) fn set_how(&mut self, how: How) -> Outcome<()> {
        self.drain().map_err(Failure::output)?;
        self.how = Arc::new(how);
        self.batch.how = Arc::clone(&self.how);
        Ok(())
    }

    /// For anything else, after the entries so far.
    pub(super) fn out(&mut self) -> Outcome<&mut Out> {
        self.drain().map_err(Failure::output)?;
        Ok(&mut self.out)
    }

    pub(super) fn finish(&mut self) -> Outcome<()> {
        self.out()?.finish()
    }

    pub(super) fn print(&mut self, entry: &LocatedEntry<'_>) -> Outcome<()> {
        if self.how.has_bodies() {
            let how = &self.how;
            return self.out.line(|out| put(out, entry, how)).map_err(Failure::output);
        }
        self.batch.rows.push(Row { offset: entry.offset, header: *entry.header() });
        if self.batch.rows.len() < BATCH { Ok(()) } else { self.pass_on().map_err(Failure::output) }
    }

    /// A batch is full.
    fn pass_on(&mut self) -> io::Result<()> {
        if !self.is_started {
            self.is_started = true;
            self.maker = Maker::start();
        }
        if self.under_way == UNDER_WAY {
            self.print_oldest()?;
        }
        let Some(maker) = &self.maker else { return self.print_batch() };
        let next = match self.spare.pop() {
            Some(batch) => Batch { how: Arc::clone(&self.how), ..batch },
            None => Batch::new(Arc::clone(&self.how)),
        };
        let full = std::mem::replace(&mut self.batch, next);
        maker.to.send(full).map_err(|_| gone())?;
        self.under_way += 1;
        Ok(())
    }

    fn print_oldest(&mut self) -> io::Result<()> {
        let Some(maker) = &self.maker else { return Ok(()) };
        let mut made = maker.from.recv().map_err(|_| gone())?;
        self.under_way -= 1;
        self.out.block(&made.text)?;
        made.text.clear();
        self.spare.push(made);
        Ok(())
    }

    /// Rows that no thread makes.
    fn print_batch(&mut self) -> io::Result<()> {
        let batch = &mut self.batch;
        batch.make_text();
        let printed = self.out.block(&batch.text);
        batch.text.clear();
        printed
    }

    /// Prints the entries so far.
    fn drain(&mut self) -> io::Result<()> {
        while self.under_way > 0 {
            self.print_oldest()?;
        }
        self.print_batch()
    }
}

/// Only a panic ends the thread before its channel.
fn gone() -> io::Error {
    io::Error::other("the thread that makes rows has ended")
}

impl Drop for Listed {
    /// What was listed before a failure is worth having; nobody hears of one here.
    fn drop(&mut self) {
        let _ = self.drain();
    }
}
