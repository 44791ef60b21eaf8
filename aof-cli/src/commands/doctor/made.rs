//! The directories that a store in a directory makes for its objects, and does not remove with them.

use aof_object_store::Location;
use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

/// What was there before.
pub(super) struct Made {
    /// The directory of the store, and what it held.
    place: PathBuf,
    before: BTreeSet<OsString>,
    /// Directories on the way to it that were not there, from the place upwards.
    new: Vec<PathBuf>,
}

impl Made {
    /// Looks at the directory that the URL names; none for another store.
    pub(super) fn look(url: &str, location: &Location) -> Option<Made> {
        let place = url.starts_with("file:").then(|| Path::new("/").join(&location.prefix))?;
        let new = place.ancestors().take_while(|path| !path.exists()).map(Path::to_owned).collect();
        let before = names(&place);
        Some(Made { place, before, new })
    }

    /// Removes the directories that are there since and are empty.
    pub(super) fn remove_empty(&self) {
        for name in names(&self.place).difference(&self.before).filter(|name| is_scratch(name)) {
            remove_empty(&self.place.join(name));
        }
        for directory in &self.new {
            // One that is not empty stays.
            let _ = fs::remove_dir(directory);
        }
    }
}

fn is_scratch(name: &OsString) -> bool {
    name.to_str().is_some_and(|name| name.starts_with("doctor-"))
}

fn names(directory: &Path) -> BTreeSet<OsString> {
    fs::read_dir(directory).into_iter().flatten().flatten().map(|entry| entry.file_name()).collect()
}

/// The innermost first. What is not empty, or not a directory, stays.
fn remove_empty(directory: &Path) {
    for name in names(directory) {
        let path = directory.join(name);
        if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
            remove_empty(&path);
        }
    }
    let _ = fs::remove_dir(directory);
}
