//! The command line: what clap reads it into.

pub(crate) mod append;
pub(crate) mod compact;
pub(crate) mod copy;
pub(crate) mod diff;
pub(crate) mod digest;
pub(crate) mod doctor;
pub(crate) mod export;
pub(crate) mod hexdump;
pub(crate) mod ids;
pub(crate) mod inspect;
pub(crate) mod log;
pub(crate) mod manual;
pub(crate) mod merge;
pub(crate) mod output;
pub(crate) mod prune;
pub(crate) mod ranges;
pub(crate) mod records;
pub(crate) mod repair;
pub(crate) mod rule;
pub(crate) mod seconds;
pub(crate) mod ship;
pub(crate) mod size;
pub(crate) mod split;
pub(crate) mod stat;
pub(crate) mod status;
pub(crate) mod tail;
pub(crate) mod threads;
pub(crate) mod until;
pub(crate) mod validate;

use append::AppendArguments;
use clap::{Parser, Subcommand};
use compact::CompactArguments;
use copy::CopyArguments;
use diff::DiffArguments;
use digest::DigestArguments;
use doctor::DoctorArguments;
use export::ExportArguments;
use hexdump::HexdumpArguments;
use inspect::InspectArguments;
use manual::{CompletionsArguments, ManArguments};
use merge::MergeArguments;
use output::OutputArguments;
use prune::PruneArguments;
use repair::RepairArguments;
use ship::{FetchArguments, ShipArguments};
use split::{JoinArguments, SplitArguments};
use stat::StatArguments;
use status::StatusArguments;
use validate::ValidateArguments;

/// Append to, list, validate, count, compare, merge, repair, copy, prune and ship append-only logs, ours and TigerBeetle's.
#[derive(Parser, Debug)]
#[command(name = "aof", version = env!("AOF_VERSION"), max_term_width = 80)]
#[command(after_help = "Exit codes: 0 clean, 1 problems found in the log, 2 usage, 3 I/O error, 4 refused (locked, \
                        would overwrite).")]
pub(crate) struct Arguments {
    #[command(flatten)]
    pub(crate) output: OutputArguments,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Subcommand, Debug)]
pub(crate) enum Command {
    Append(AppendArguments),
    Inspect(InspectArguments),
    Validate(ValidateArguments),
    Diff(DiffArguments),
    Digest(DigestArguments),
    Export(ExportArguments),
    Hexdump(HexdumpArguments),
    Merge(MergeArguments),
    Repair(RepairArguments),
    Copy(CopyArguments),
    Ship(ShipArguments),
    Fetch(FetchArguments),
    Compact(CompactArguments),
    Doctor(DoctorArguments),
    Stat(StatArguments),
    Prune(PruneArguments),
    Split(SplitArguments),
    Join(JoinArguments),
    Status(StatusArguments),
    Completions(CompletionsArguments),
    Man(ManArguments),
}
