//! The layers of `aof-api`: imports point downwards, the root stays small, and no file is long.

// The lint's own exception for tests does not know the functions that tests share.
#![allow(clippy::unwrap_used)]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

/// Every layer and its floor. Two layers of one floor do not import each other.
const FLOORS: [(&str, u32); 8] =
    [("format", 1), ("storage", 2), ("chain", 3), ("read", 4), ("validate", 5), ("copy", 5), ("merge", 6), ("log", 6)];

const ROOT_NAMES_MAX: usize = 18;
const LINES_MAX: usize = 500;

/// A source file: its path below `src`, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// `read/scan/damage.rs` is the module `[read, scan, damage]`; the root is `[]`.
    fn module(&self) -> Vec<&str> {
        let module = self.path.trim_end_matches(".rs");
        if module == "lib" { Vec::new() } else { module.split('/').collect() }
    }
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut folders, mut sources) = (vec![root.clone()], Vec::new());
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let parts: Vec<_> =
                    path.strip_prefix(&root).unwrap().iter().map(|part| part.to_str().unwrap()).collect();
                sources.push(Source { path: parts.join("/"), text });
            }
        }
    }
    sources
}

fn floor(layer: &str) -> Option<u32> {
    FLOORS.iter().find(|(name, _)| *name == layer).map(|(_, floor)| *floor)
}

/// The line without its comment.
fn code(line: &str) -> &str {
    let line = line.trim_start();
    if line.starts_with("//") { "" } else { line.split(" //").next().unwrap_or_default() }
}

/// The names that follow `prefix` in the text: `a` for `prefix::a::b`, and `a` and `b` for `prefix::{a, b::c}`.
fn names_after<'a>(text: &'a str, prefix: &str) -> Vec<&'a str> {
    let mut names = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        let is_word_before =
            text[..at].ends_with(|before: char| before.is_alphanumeric() || before == '_' || before == '$');
        let rest = &text[at + prefix.len()..];
        if is_word_before {
            continue;
        }
        let Some(group) = rest.strip_prefix('{') else {
            names.push(word(rest));
            continue;
        };
        let (mut depth, mut begins) = (0, true);
        for (at, char) in group.char_indices() {
            match char {
                '{' => depth += 1,
                '}' if depth == 0 => break,
                '}' => depth -= 1,
                ',' if depth == 0 => begins = true,
                _ if begins && !char.is_whitespace() => {
                    names.push(word(&group[at..]));
                    begins = false;
                }
                _ => {}
            }
        }
    }
    names
}

fn word(text: &str) -> &str {
    let end = text.find(|char: char| !char.is_alphanumeric() && char != '_').unwrap_or(text.len());
    &text[..end]
}

/// The names that the root exports again, and the layer each comes from.
fn root_names(root: &str) -> BTreeMap<&str, &str> {
    let mut names = BTreeMap::new();
    for statement in root.split("pub use ").skip(1) {
        let statement = statement.split(';').next().unwrap_or_default();
        let (layer, exported) = statement.split_once("::").unwrap();
        for name in exported.trim_matches(['{', '}', '\n', ' ']).split(',') {
            names.extend([(name.trim(), layer)].into_iter().filter(|(name, _)| !name.is_empty()));
        }
    }
    names
}

/// Every import of the file that does not point downwards.
fn upward_imports(source: &Source, root_names: &BTreeMap<&str, &str>) -> Vec<String> {
    let module = source.module();
    let Some(layer) = module.first() else { return Vec::new() };
    let Some(own_floor) = floor(layer) else { return vec![format!("{}: {layer} is not a layer", source.path)] };
    let text: Vec<_> = source.text.lines().map(code).collect();
    let text = text.join("\n");
    let mut wrong = Vec::new();
    for name in names_after(&text, "crate::") {
        let target = root_names.get(name).copied().unwrap_or(name);
        let is_below = floor(target).is_some_and(|floor| floor < own_floor);
        if target != *layer && !is_below {
            wrong.push(format!("{}: {layer} imports crate::{name}", source.path));
        }
    }
    // As many `super` as the module is deep lead to the root, where any layer can be named.
    let to_root = "super::".repeat(module.len());
    for name in names_after(&text, &to_root) {
        if floor(name).is_some_and(|floor| floor >= own_floor && name != *layer) {
            wrong.push(format!("{}: {layer} imports {to_root}{name}", source.path));
        }
    }
    wrong
}

fn made_up(path: &str, text: &str) -> Vec<String> {
    let root = BTreeMap::from([("Aof", "log"), ("Rule", "chain")]);
    upward_imports(&Source { path: path.to_owned(), text: text.to_owned() }, &root)
}

#[test]
fn imports_point_downwards() {
    let sources = sources();
    let root = sources.iter().find(|source| source.path == "lib.rs").unwrap();
    let names = root_names(&root.text);
    let wrong: Vec<_> = sources.iter().flat_map(|source| upward_imports(source, &names)).collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(sources.len() > 60, "only {} files were looked at", sources.len());
}

#[test]
fn the_root_exports_few_names() {
    let sources = sources();
    let root = sources.iter().find(|source| source.path == "lib.rs").unwrap();
    let names = root_names(&root.text);
    assert!(names.contains_key("Aof") && names.contains_key("AofBackend"), "{names:?}");
    assert!(names.len() <= ROOT_NAMES_MAX, "{} names: {names:?}", names.len());
}

#[test]
fn no_file_is_long() {
    for Source { path, text } in sources() {
        let lines = text.lines().count();
        assert!(lines <= LINES_MAX, "{path} has {lines} lines");
    }
}

#[test]
fn an_import_from_above_or_beside_is_found() {
    for (path, text) in [
        ("format/header.rs", "use crate::storage::error::Error;"),
        ("chain/run.rs", "use crate::read::options::Options;"),
        ("copy/copier.rs", "use crate::validate::finding::Finding;"),
        ("merge/plan.rs", "use crate::log::aof::Aof;"),
        ("read/scan.rs", "use crate::Aof;"),
        ("read/scan/damage.rs", "fn f() { crate::log::aof::open() }"),
        ("read/scan.rs", "use crate::{format, log::aof};"),
        ("read/scan.rs", "use crate::{\n    format::{layout, header},\n    Aof,\n};"),
        ("read.rs", "use super::log::Aof;"),
        ("read/scan.rs", "use super::super::validate::Finding;"),
        ("utils/scan.rs", ""),
    ] {
        assert_eq!(made_up(path, text).len(), 1, "{path}: {text}");
    }
}

#[test]
fn imports_from_below_and_of_the_layer_itself_are_allowed() {
    for (path, text) in [
        ("log/aof.rs", "use crate::format::header::Header;\nuse crate::validate::Validation;"),
        ("log/aof.rs", "if rule == crate::Rule::Linear {}"),
        ("read/scan.rs", "/// As [`Aof`](crate::Aof).\n// crate::log is above\nuse crate::read::batch::Batch;"),
        ("read/scan.rs", "let x = 1; // crate::log is above"),
        ("merge/plan.rs", "use super::index::Index;\nuse crate::{chain::seen::{RecordIndex, Seen}, read};"),
        ("lib.rs", "pub use crate::log::Aof;"),
    ] {
        assert_eq!(made_up(path, text), [""; 0], "{path}: {text}");
    }
}
