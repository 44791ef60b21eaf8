//! The folders of the crate are its layers: imports go downwards only.

use std::fs;
use std::path::{Path, PathBuf};

/// From the lowest up.
const LAYERS: [&str; 5] = ["system", "open", "reader", "writer", "names"];

fn source_files(directory: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => source_files(&path, found),
            false => found.push(path),
        }
    }
}

#[test]
fn imports_go_downwards_only() {
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    source_files(&source, &mut files);
    let mut imports = 0;
    for file in files {
        let module = file.strip_prefix(&source).unwrap().with_extension("");
        let folder = module.iter().next().unwrap().to_str().unwrap().to_owned();
        let Some(own) = LAYERS.iter().position(|layer| *layer == folder) else {
            assert_eq!(folder, "lib", "{}: a folder that is not a layer", file.display());
            continue;
        };
        for line in fs::read_to_string(&file).unwrap().lines() {
            let Some(rest) = line.trim_start().strip_prefix("use crate::") else { continue };
            let named = rest.split([':', ';', '{']).next().unwrap();
            let imported = LAYERS.iter().position(|layer| *layer == named);
            assert!(imported.is_some_and(|imported| imported <= own), "{}: {line}", file.display());
            imports += 1;
        }
    }
    assert!(imports > 50, "{imports} imports: the lines were not found");
}
