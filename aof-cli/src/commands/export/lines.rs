//! Lines of events: JSON objects, or values with commas between.

use super::events::Exported;
use crate::command_line::export::{ExportArguments, Format};
use crate::output::failure::{Failure, Outcome};
use crate::output::json;
use crate::output::json::export::Event;
use crate::output::json::object::Object;
use crate::output::out::Out;
use aof_api::read::LocatedEntry;
use serde_json::Value;
use std::io::Write;

pub(super) struct Lines {
    format: Format,
    exported: Exported,
}

impl Lines {
    pub(super) fn new(arguments: &ExportArguments) -> Lines {
        Lines { format: arguments.format, exported: Exported { ids: arguments.ids } }
    }

    /// The names of the values, where lines do not have them.
    pub(super) fn head(&self, out: &mut Out) -> Outcome<()> {
        if self.format == Format::Jsonl {
            return Ok(());
        }
        let names: Vec<_> = Event::FIELDS.iter().map(|field| field.name).collect();
        writeln!(out, "{}", names.join(",")).map_err(Failure::output)
    }

    /// A line for each event of the entry, or why its body could not be decoded.
    pub(super) fn print(&self, out: &mut Out, entry: &LocatedEntry<'_>) -> Outcome<Result<(), &'static str>> {
        let events = match self.exported.events(entry) {
            Ok(events) => events,
            Err(reason) => return Ok(Err(reason)),
        };
        for event in events {
            match self.format {
                Format::Jsonl => json::print(out, &event)?,
                Format::Csv => print_csv(out, &event)?,
            }
        }
        Ok(Ok(()))
    }
}

/// Nothing in it needs quotes: all values are numbers, digits, names and times.
fn print_csv(out: &mut Out, event: &Event) -> Outcome<()> {
    let mut object = Vec::new();
    event.put(&mut object);
    let object: Value = serde_json::from_slice(&object).map_err(|error| Failure::output(error.into()))?;
    let values: Vec<String> = Event::FIELDS.iter().map(|field| text(&object[field.name])).collect();
    writeln!(out, "{}", values.join(",")).map_err(Failure::output)
}

fn text(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(text).collect::<Vec<_>>().join("|"),
        other => other.to_string(),
    }
}
