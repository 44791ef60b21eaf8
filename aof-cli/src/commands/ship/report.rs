//! How far a copy is, for people and scripts.

use crate::command_line::output::OutputArguments;
use crate::command_line::size::{Size, counted, grouped};
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::out::Out;
use aof_object_store::Shipped;
use std::io::Write;

/// One line for each look that copied something.
pub(super) struct Report {
    /// What was done: shipped or fetched.
    verb: &'static str,
    json: bool,
    quiet: bool,
    out: Out,
}

impl Report {
    pub(super) fn new(verb: &'static str, output: &OutputArguments) -> Report {
        Report { verb, json: output.json, quiet: output.quiet, out: Out::of_verdict() }
    }

    /// Prints a step that copied something, or the last one.
    pub(super) fn observe(&mut self, shipped: &Shipped, is_last: bool) -> Outcome<()> {
        if shipped.entries == 0 && !is_last {
            return Ok(());
        }
        if self.json {
            let Shipped { entries, bytes, len, bytes_behind, tip, .. } = *shipped;
            let (tip, tip_op) = (tip.map(|tip| tip.checksum.into()), tip.map(|tip| tip.op));
            return json::print(&mut self.out, &json::ship::Shipped { entries, bytes, len, bytes_behind, tip, tip_op });
        }
        if self.quiet && !is_last {
            return Ok(());
        }
        let (entries, bytes) = (counted(shipped.entries, "entry"), grouped(shipped.bytes));
        let copy = Size(shipped.len);
        let end = shipped
            .tip
            .map_or_else(|| "is empty".to_owned(), |tip| format!("ends in op {} ({})", tip.op, tip.checksum));
        let lag = match shipped.bytes_behind {
            0 => String::new(),
            lag => format!(", {} bytes are not copied yet", grouped(lag)),
        };
        let verb = self.verb;
        writeln!(self.out, "{verb} {entries}, {bytes} bytes; the copy ({copy}) {end}{lag}").map_err(Failure::output)
    }

    pub(super) fn finish(&mut self) -> Outcome<()> {
        self.out.finish()
    }
}
