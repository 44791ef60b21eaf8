//! The point in time up to which a log is wanted.

use super::ranges::parse_time;
use aof_api::read::Until;
use clap::Args;
use std::str::FromStr;
use std::time::SystemTime;

#[derive(Args, Debug)]
pub(crate) struct UntilArguments {
    /// Leave out what is past this op
    #[arg(long, value_name = "OP", conflicts_with = "until")]
    until_op: Option<u64>,
    /// Leave out what is past this time in UTC: `2026-01-31T14:05:00Z`, or without seconds the whole minute, without a
    /// date that of today, or nanoseconds since 1970
    #[arg(long, value_name = "TIME")]
    until: Option<UntilTime>,
}

impl UntilArguments {
    pub(crate) fn until(&self) -> Option<Until> {
        let op = self.until_op.map(Until::Op);
        op.or(self.until.as_ref().map(|time| Until::Timestamp(time.0)))
    }

    /// As it was typed, for a command that is to be pasted; what has a blank is given in nanoseconds.
    pub(crate) fn in_command(&self) -> String {
        match self.until() {
            Some(Until::Op(op)) => format!("--until-op {op} "),
            Some(Until::Timestamp(timestamp)) => format!("--until {timestamp} "),
            _ => String::new(),
        }
    }
}

/// The last nanosecond that is wanted.
#[derive(Clone, Copy, Debug)]
struct UntilTime(u64);

impl FromStr for UntilTime {
    type Err = String;

    fn from_str(text: &str) -> Result<UntilTime, String> {
        parse_time(text, SystemTime::now()).map(|time| UntilTime(time.last))
    }
}
