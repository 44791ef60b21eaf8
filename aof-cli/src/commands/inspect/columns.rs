//! The columns of a listing: as wide as the terminal allows. Checksums are shortened first, then clients, dates next; where
//! that is not enough, clients and views are left out.

use crate::output::digits::{self, hex_digits};
use crate::output::time::{put_clock, put_short_time, put_time};
use crate::output::width::of_output;
use aof_api::format::{Header, Operation, size_disk};

/// How wide each column is, in characters.
#[derive(Clone)]
pub(super) struct Columns {
    op: usize,
    offset: usize,
    size: usize,
    /// 0 where it is left out, as the client.
    view: usize,
    time: Time,
    operation: usize,
    client: usize,
    checksum: usize,
}

/// How much of a time is shown.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Time {
    /// To the nanosecond, as RFC 3339.
    Full,
    /// To the millisecond.
    Short,
    /// Without the date.
    Clock,
}

impl Time {
    fn width(self) -> usize {
        match self {
            Time::Full => 30,
            Time::Short => 23,
            Time::Clock => 8,
        }
    }

    fn put(self, out: &mut Vec<u8>, nanoseconds: u64) {
        match self {
            Time::Full => put_time(out, nanoseconds),
            Time::Short => put_short_time(out, nanoseconds),
            Time::Clock => put_clock(out, nanoseconds),
        }
    }
}

const FULL: Columns =
    Columns { op: 12, offset: 14, size: 9, view: 5, time: Time::Full, operation: 26, client: 32, checksum: 32 };

/// The fewest digits of a checksum, or of a client, that are shown.
const DIGITS_MIN: usize = 8;

impl Columns {
    /// For standard output: all of everything where that is not a terminal.
    pub(super) fn of_output() -> Columns {
        of_output().map_or(FULL, Columns::within)
    }

    /// That fit so many characters, as far as they can.
    fn within(width: usize) -> Columns {
        let mut columns = FULL;
        let over = |columns: &Columns| columns.width().saturating_sub(width);
        columns.checksum = (FULL.checksum - over(&columns).min(FULL.checksum)).max(DIGITS_MIN);
        columns.client = (FULL.client - over(&columns).min(FULL.client)).max(DIGITS_MIN);
        for time in [Time::Short, Time::Clock] {
            if over(&columns) > 0 {
                columns.time = time;
            }
        }
        if over(&columns) > 0 {
            columns.client = 0;
        }
        if over(&columns) > 0 {
            columns.view = 0;
        }
        columns.offset -= over(&columns).min(3);
        columns.op -= over(&columns).min(4);
        columns.operation -= over(&columns).min(FULL.operation);
        columns
    }

    fn width(&self) -> usize {
        let shown = |width: usize| if width > 0 { 1 + width } else { 0 };
        let numbers = self.op + 1 + self.offset + 1 + self.size + shown(self.view);
        numbers + 2 + self.time.width() + 2 + self.operation + shown(self.client) + 1 + self.checksum
    }

    pub(super) fn heading(&self) -> String {
        let Columns { op, offset, size, view, time, operation, client, checksum } = self;
        let time = time.width();
        let name = if *checksum < "checksum".len() { "" } else { "checksum" };
        let heading = if time < "time (UTC)".len() { "UTC" } else { "time (UTC)" };
        let line = format!(
            "{:>op$} {:>offset$} {:>size$}{}  {heading:<time$}  {:<operation$}{} {name}",
            "op",
            "offset",
            "size",
            if *view > 0 { format!(" {:>view$}", "view") } else { String::new() },
            cut("operation", *operation),
            if *client > 0 { format!(" {:<client$}", "client") } else { String::new() },
        );
        line.trim_end().to_owned()
    }

    /// Puts the row of an entry at the end of a buffer.
    pub(super) fn put(&self, out: &mut Vec<u8>, entry_offset: u64, header: &Header) {
        digits::right(out, header.op.get(), self.op);
        out.push(b' ');
        digits::right(out, entry_offset, self.offset);
        out.push(b' ');
        digits::right(out, size_disk(header.size.get()), self.size);
        if self.view > 0 {
            out.push(b' ');
            digits::right(out, header.view.get(), self.view);
        }
        out.extend_from_slice(b"  ");
        self.time.put(out, header.timestamp.get());
        out.extend_from_slice(b"  ");
        put_operation(out, header.operation(), self.operation);
        put_client(out, header.client.get(), self.client);
        out.push(b' ');
        out.extend_from_slice(&hex_digits(header.checksum.into())[..self.checksum]);
        out.push(b'\n');
    }
}

/// As [`Operation`] is shown, `create_transfers(147)`, up to a width.
fn put_operation(out: &mut Vec<u8>, operation: Operation, width: usize) {
    let end = out.len() + width;
    if let Some(name) = operation.name() {
        out.extend_from_slice(name.as_bytes());
        out.push(b'(');
        digits::decimal(out, operation.0);
        out.push(b')');
    } else {
        digits::decimal(out, operation.0);
    }
    out.resize(end, b' ');
}

/// Nobody is the client of what a replica makes itself.
fn put_client(out: &mut Vec<u8>, client: u128, width: usize) {
    if width == 0 {
        return;
    }
    out.push(b' ');
    match client {
        0 => digits::left(out, b"-", width),
        _ => out.extend_from_slice(&hex_digits(client)[..width]),
    }
}

/// The first so many characters of ASCII text.
fn cut(text: &str, len: usize) -> &str {
    text.get(..len).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_fit_the_width_and_checksums_are_shortened_before_dates() {
        for width in [60, 72, 80, 95, 100, 110, 120, 129, 130, 145, 168, 169, 170, 200] {
            let columns = Columns::within(width);
            assert!(columns.width() <= width, "{width}: {}", columns.width());
            assert!(columns.time == Time::Full || columns.checksum == DIGITS_MIN, "{width}");
            assert!(columns.client > 0 || columns.time == Time::Clock, "{width}");
        }
        assert_eq!((Columns::within(169).checksum, Columns::within(169).client), (32, 32));
        assert_eq!((Columns::within(150).checksum, Columns::within(150).client), (13, 32));
        assert_eq!((Columns::within(125).checksum, Columns::within(125).client), (8, 12));
        assert!(Columns::within(115).time == Time::Short && Columns::within(80).time == Time::Clock);
        assert!(Columns::within(80).client == 0);
    }
}
