//! `docs/json.md`, as a test reads it: which objects each command may print, with which fields.

#![allow(clippy::panic, reason = "a test that cannot continue says where it stopped")]

use super::{Ran, aof_with_input};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// A kind for each field.
type Table = BTreeMap<String, String>;

/// The page: for each heading of a type, its tables, each with the section that it is in.
pub struct Page(BTreeMap<String, Vec<(String, Table)>>);

impl Page {
    pub fn read() -> Page {
        let page = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/json.md")).unwrap();
        let mut types: BTreeMap<String, Vec<(String, Table)>> = BTreeMap::new();
        let (mut section, mut name) = (String::new(), String::new());
        for line in page.lines() {
            if let Some(heading) = line.strip_prefix("## ") {
                section = heading.to_owned();
            } else if let Some(heading) = line.strip_prefix("### `") {
                name = heading.trim_end_matches('`').to_owned();
                types.entry(name.clone()).or_default().push((section.clone(), Table::new()));
            } else if let Some(row) = line.strip_prefix("| `") {
                let (field, rest) = row.split_once("` | ").unwrap();
                let kind = rest.split(" | ").next().unwrap();
                let (_, table) = types.get_mut(&name).unwrap().last_mut().unwrap();
                table.insert(field.to_owned(), kind.to_owned());
            }
        }
        Page(types)
    }

    /// The tables that an object of the command may be, as `section/name`.
    fn of(&self, command: &str, name: &str, object: &Value) -> Vec<String> {
        let in_section = |section: &str| match section.split_once(": ") {
            _ if section == "Every command" || section == "Objects inside others" => true,
            Some((_, commands)) => commands.contains(&format!("`{command}`")),
            // `aof merge --dry-run` has a section too.
            None => ['`', ' '].iter().any(|end| section.contains(&format!("`aof {command}{end}"))),
        };
        let tables = self.0.get(name).into_iter().flatten().filter(|(section, _)| in_section(section));
        let tables = tables.filter(|(_, table)| self.is_of(command, table, object));
        tables.map(|(section, _)| format!("{section}/{name}")).collect()
    }

    fn is_of(&self, command: &str, table: &Table, object: &Value) -> bool {
        let fields = object.as_object().unwrap();
        let is_known = |(field, value)| table.get(field).is_some_and(|kind| self.is(command, kind, value));
        let is_there = |(field, kind): (&String, &String)| kind.contains("left out") || fields.contains_key(field);
        fields.iter().all(is_known) && table.iter().all(is_there)
    }

    fn is(&self, command: &str, kind: &str, value: &Value) -> bool {
        let kind = kind.trim_end_matches(", left out where it does not apply");
        if let Some(kind) = kind.strip_suffix(" or null") {
            return value.is_null() || self.is(command, kind, value);
        }
        if let Some(kind) = kind.strip_prefix("array of ") {
            return value.as_array().is_some_and(|values| values.iter().all(|value| self.is(command, kind, value)));
        }
        if let Some(names) = kind.strip_prefix("object ") {
            return names.split(" or ").any(|name| !self.of(command, name.trim_matches('`'), value).is_empty());
        }
        let text = value.as_str();
        match kind {
            "number" => value.is_number(),
            "boolean" => value.is_boolean(),
            "string" => text.is_some(),
            "32 hex digits" => text.is_some_and(|text| text.len() == 32 && u128::from_str_radix(text, 16).is_ok()),
            "decimal digits, in a string" => text.is_some_and(|text| text.parse::<u128>().is_ok()),
            kind => panic!("{kind}"),
        }
    }

    /// Every table, as `section/name`.
    pub fn tables(&self) -> BTreeSet<String> {
        let tables = self.0.iter().flat_map(|(name, tables)| tables.iter().map(move |table| (name, table)));
        tables.map(|(name, (section, _))| format!("{section}/{name}")).collect()
    }

    /// Checks each line that a command printed; returns the objects.
    pub fn check(&self, seen: &mut BTreeSet<String>, command: &str, code: i32, out: &[u8]) -> Vec<Value> {
        // Other bytes than UTF-8 are no JSON.
        let out = std::str::from_utf8(out).unwrap();
        assert!(out.ends_with('\n'), "{command}: {out}");
        let parsed =
            |line: &str| serde_json::from_str(line).unwrap_or_else(|error| panic!("{command}: {error}: {line}"));
        let objects: Vec<Value> = out.lines().map(parsed).collect();
        for object in &objects {
            let tables = self.of(command, object["type"].as_str().unwrap(), object);
            assert!(!tables.is_empty(), "{command}: not on the page: {object}");
            seen.extend(tables);
        }
        let last = objects.last().unwrap();
        assert!(last["type"] != "error" || last["code"] == code, "{command} ended with {code}: {last}");
        assert!(code <= 1 || ["error", "summary"].contains(&last["type"].as_str().unwrap()), "{command}: {last}");
        objects
    }

    /// Runs a command with `--json`, and checks each line.
    pub fn run(&self, seen: &mut BTreeSet<String>, directory: &Path, arguments: &[&str], input: &[u8]) -> Ran {
        let ran = aof_with_input(directory, &[&["--json"], arguments].concat(), input);
        assert_eq!(ran.err, "", "{arguments:?}");
        self.check(seen, arguments.first().unwrap_or(&""), ran.code, ran.out.as_bytes());
        ran
    }
}
