//! Paths in what is printed: as they were typed, and so that they can be pasted.

use crate::output::exit::{Failure, Outcome};
use std::ffi::OsStr;
use std::path::Path;

/// `text`, in which a path that was made absolute on the way stands again as it was typed.
pub(crate) fn as_typed(text: &str, typed: &Path) -> String {
    match std::path::absolute(typed) {
        Ok(absolute) => text.replace(&*absolute.to_string_lossy(), &typed.to_string_lossy()),
        Err(_) => text.to_owned(),
    }
}

/// The path for a command that a shell reads, in quotes where it needs some.
pub(crate) fn quoted(path: &Path) -> String {
    let path = path.to_string_lossy();
    // Only a NUL cannot be quoted, and no path has one.
    shlex::try_quote(&path).map_or_else(|_| path.to_string(), |quoted| quoted.into_owned())
}

/// What is written is a file; `name` is one that would do in the directory.
pub(crate) fn refuse_directory(out: &Path, name: &OsStr) -> Outcome<()> {
    if !out.is_dir() {
        return Ok(());
    }
    let (directory, file) = (out.display(), quoted(&out.join(name)));
    Err(Failure::Usage(format!("{directory} is a directory: name a file in it, {file} for instance")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_told_as_it_was_typed() {
        let typed = Path::new("some/log.aof");
        let absolute = std::path::absolute(typed).unwrap();
        let text = format!("rename of {0}.partial to {0} failed", absolute.display());
        assert_eq!(as_typed(&text, typed), "rename of some/log.aof.partial to some/log.aof failed");
    }

    #[test]
    fn a_path_is_quoted_only_where_a_shell_needs_it() {
        assert_eq!(quoted(Path::new("/a/log-1.aof")), "/a/log-1.aof");
        assert_eq!(quoted(Path::new("my log.aof")), "'my log.aof'");
    }
}
