//! The command line of `aof export`.

use super::log;
use super::rule::RuleArguments;
use clap::{Args, ValueEnum};
use std::path::PathBuf;

/// Print what is in the bodies, one event a line
///
/// Events are the accounts and transfers to create, the ids of look-ups and the filters of queries, as TigerBeetle's
/// clients send them. Each has the op of its entry and its index in it, counted from 0. Accounts and transfers have the
/// timestamp that the server assigns: that of the entry, less one for each event of the entry after this one; imported ones
/// keep their own. Several files are one log, in the order in which they are given. What a restarted replica recorded again
/// is printed once; for that, 32 bytes or so of memory are needed for each entry.
///
/// A log records what was asked, not what the server replied: events that the server refused are printed too.
#[derive(Args, Debug)]
#[command(
    after_help = "Exit codes: 0 when all events were printed, 1 when there is damage, when ops are missing or forked, or \
                        when a body could not be decoded.\n\n\
                        Examples:\n  aof export --as csv ledger.aof > events.csv\n  \
                        aof export --ids decimal ledger.aof | jq 'select(.event == \"transfer\") | .amount'"
)]
pub(crate) struct ExportArguments {
    #[arg(required = true, value_name = "LOG", help = log::LOGS)]
    pub(crate) logs: Vec<PathBuf>,
    #[command(flatten)]
    pub(crate) rule: RuleArguments,
    /// What a line is
    #[arg(long = "as", value_enum, value_name = "FORMAT", default_value_t = Format::Jsonl)]
    pub(crate) format: Format,
    /// How ids are printed
    #[arg(long, value_enum, value_name = "HOW", default_value_t = Ids::Hex)]
    pub(crate) ids: Ids,
}

/// What a line is.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Format {
    /// A JSON object
    Jsonl,
    /// Values with commas between, after a line with their names
    Csv,
}

/// How ids are printed.
#[derive(ValueEnum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Ids {
    /// 32 hexadecimal digits
    Hex,
    /// Decimal digits
    Decimal,
}
