//! The command line of `aof inspect`.

use super::log;
use super::rule::RuleArguments;
use crate::command_line::ids::Id;
use crate::command_line::ranges::{Inclusive, OpRange, Since, TimeRange};
use aof_api::Operation;
use aof_api::format::Header;
use clap::builder::{PossibleValue, TypedValueParser};
use clap::{Arg, Args, Command, ValueEnum};
use std::ffi::OsStr;
use std::path::PathBuf;

/// List the entries of a log
///
/// Several files are one log, in the order in which they are given. Damage, missing ops, another history and another cluster
/// are reported on standard error, and make the exit code 1. Of a long log, `--op`, `--time` and `--tail` read only the part
/// around what is listed, so damage elsewhere is not seen; with `--op`, what does not touch these ops is not counted, of a pipe
/// neither. `aof validate` reads everything.
///
/// A log records what was asked, not what the server replied: it has the requests that the server refused too.
#[derive(Args, Debug)]
#[command(after_help = "Examples:\n  aof inspect ledger.aof --op 10..20 --body text\n  \
                        aof inspect ledger.aof --operation create_transfers --limit 5\n  \
                        aof inspect ledger.aof --operation create_transfers --decode tigerbeetle\n  \
                        aof inspect ledger.aof --id 1001 --decode tigerbeetle\n  \
                        aof inspect --follow ledger.aof\n  \
                        aof inspect ledger.aof --time '2026-01-31 14:05..2026-01-31 14:10'\n  \
                        aof inspect ledger.aof --last 10m\n  \
                        aof inspect --tail 5 --reverse ledger.aof\n  \
                        aof inspect ledger.aof --time 14:05")]
pub(crate) struct InspectArguments {
    #[arg(required = true, value_name = "LOG", help = log::LOGS)]
    pub(crate) logs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rule: RuleArguments,
    /// Only these ops, both ends included: A..B, A.., ..B or A
    #[arg(long, value_name = "A..B")]
    pub(crate) op: Option<OpRange>,
    /// Only these times, both ends included, in UTC: `2026-01-31T14:05:00Z`, or without seconds for the whole minute,
    /// without a date for today, or nanoseconds since 1970; the right end takes the date of the left one
    #[arg(long, value_name = "A..B", group = "times")]
    pub(crate) time: Option<TimeRange>,
    /// Only from this time on, as in --time
    #[arg(long, value_name = "TIME", group = "times")]
    pub(crate) since: Option<Since>,
    /// Only what came so long before now: `10m`, `2h`, `1day 6h`
    #[arg(long, value_name = "DURATION", group = "times", value_parser = Since::of_last)]
    pub(crate) last: Option<Since>,
    /// Only this operation, a number or one of TigerBeetle's names
    #[arg(long, value_name = "OPERATION", value_parser = OperationParser, hide_possible_values = true)]
    pub(crate) operation: Option<Operation>,
    /// Only this client, in hexadecimal
    #[arg(long, value_name = "HEX", value_parser = parse_client)]
    pub(crate) client: Option<u128>,
    /// Only entries with this account or transfer of TigerBeetle's, also as debit, credit or pending id; in decimal, or in
    /// hexadecimal after `0x`, with letters or with 32 digits. Entries that cannot be decoded are listed too
    #[arg(long, value_name = "ID")]
    pub(crate) id: Option<Id>,
    /// Stop after so many entries
    #[arg(long, value_name = "N")]
    pub(crate) limit: Option<u64>,
    /// Only the last so many entries of those that are asked for; not of a stream
    #[arg(long, value_name = "N", conflicts_with = "limit")]
    pub(crate) tail: Option<u64>,
    /// The last entry first; not of a stream. Needs 16 bytes of memory for each entry that is listed
    #[arg(long, conflicts_with = "follow")]
    pub(crate) reverse: bool,
    /// How to print bodies
    #[arg(long, value_enum, default_value_t = Body::None)]
    pub(crate) body: Body,
    /// Show what is in the bodies
    #[arg(long, value_enum, value_name = "FORMAT")]
    pub(crate) decode: Option<Decode>,
    /// Read all of a long log, to find entries of these times also where times go back
    #[arg(long, requires = "times")]
    pub(crate) scan: bool,
    /// Wait for more entries at the end, also when the log is rotated
    #[arg(long, short)]
    pub(crate) follow: bool,
}

/// What bodies are read as.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Decode {
    /// TigerBeetle's accounts and transfers, where the operation creates such
    #[value(name = "tigerbeetle")]
    TigerBeetle,
    /// The records of a Raft log that aof-openraft wrote: which record, and its log id
    #[value(name = "openraft")]
    OpenRaft,
}

/// How bodies are printed.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Body {
    /// Not at all
    None,
    /// In hexadecimal
    Hex,
    /// As text; what is not printable is escaped
    Text,
}

/// Reads a number or a name; shells complete the names.
#[derive(Clone)]
struct OperationParser;

impl TypedValueParser for OperationParser {
    type Value = Operation;

    fn parse_ref(&self, command: &Command, argument: Option<&Arg>, value: &OsStr) -> Result<Operation, clap::Error> {
        parse_operation.parse_ref(command, argument, value)
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let names = (0..=u8::MAX).filter_map(|number| Operation(number).name());
        Some(Box::new(names.map(PossibleValue::new)))
    }
}

fn parse_operation(text: &str) -> Result<Operation, String> {
    if let Ok(number) = text.parse() {
        return Ok(Operation(number));
    }
    let named = (0..=u8::MAX).map(Operation).find(|operation| operation.name() == Some(text));
    named.ok_or_else(|| "give a number from 0 to 255, or a name of TigerBeetle's like create_transfers".to_owned())
}

fn parse_client(text: &str) -> Result<u128, String> {
    let digits = text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let client = u128::from_str_radix(text, 16).ok().filter(|_| digits);
    client.ok_or_else(|| "give 1 to 32 hexadecimal digits".to_owned())
}

impl InspectArguments {
    /// The times that are asked for.
    pub(crate) fn times(&self) -> Option<Inclusive> {
        let since = self.since.or(self.last).map(|since| Inclusive { first: since.0, last: u64::MAX });
        self.time.as_ref().map(|time| time.0).or(since)
    }

    /// Whether the filters let an entry through.
    pub(crate) fn takes(&self, header: &Header) -> bool {
        fn within(range: Option<&Inclusive>, value: u64) -> bool {
            range.is_none_or(|range| range.contains(value))
        }
        within(self.op.as_ref().map(|op| &op.0), header.op.get())
            && within(self.times().as_ref(), header.timestamp.get())
            && self.operation.is_none_or(|operation| operation == header.operation())
            && self.client.is_none_or(|client| client == header.client.get())
    }
}
