//! The folders of the tool are its layers: imports go downwards only.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

use std::fs;
use std::path::{Path, PathBuf};

/// From the lowest up.
const LAYERS: [&str; 4] = ["command_line", "output", "input", "commands"];

fn source_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { source_files(&path, found) } else { found.push(path) }
    }
}

/// The modules that a line imports or names from the root of the crate.
fn named(line: &str) -> impl Iterator<Item = &str> {
    let code = line.split("//").next().unwrap_or("");
    code.split("crate::").skip(1).filter_map(|rest| rest.split(|c: char| !c.is_alphanumeric() && c != '_').next())
}

#[test]
fn imports_go_downwards_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let (mut files, mut imports) = (Vec::new(), 0);
    source_files(&source, &mut files);
    for file in files {
        let module = file.strip_prefix(&source).unwrap().with_extension("");
        let folder = module.iter().next().unwrap().to_str().unwrap().to_owned();
        let Some(own) = LAYERS.iter().position(|layer| *layer == folder) else {
            assert_eq!(folder, "main", "{}: not a layer", file.display());
            continue;
        };
        for line in fs::read_to_string(&file).unwrap().lines() {
            for name in named(line) {
                let imported = LAYERS.iter().position(|layer| *layer == name);
                assert!(imported.is_some_and(|imported| imported <= own), "{}: {line}", file.display());
                imports += 1;
            }
        }
    }
    assert!(imports > 100, "{imports} imports: the lines were not found");
}

#[test]
fn no_file_of_code_is_longer_than_500_lines() {
    let mut files = Vec::new();
    source_files(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut files);
    for file in files {
        let lines = fs::read_to_string(&file).unwrap().lines().count();
        assert!(lines <= 500, "{}: {lines} lines", file.display());
    }
}
