//! What `aof --version` prints: the version, the commit where the sources are those of one, and the format.

use std::path::Path;
use std::process::Command;
use std::{env, fs};

/// The oldest release of the reference whose files have this format.
const FORMAT: &str = "format of TigerBeetle 0.16.21";

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let version = env::var("CARGO_PKG_VERSION").unwrap_or_default();
    let version = match checkout().or_else(package) {
        Some(commit) => format!("{version} (commit {commit}, {FORMAT})"),
        None => format!("{version} ({FORMAT})"),
    };
    println!("cargo::rustc-env=AOF_VERSION={version}");
}

/// The commit that is checked out, where this crate is tracked there: an unpacked package may be inside another checkout.
fn checkout() -> Option<String> {
    git(&["ls-files", "--error-unmatch", "Cargo.toml"])?;
    for file in ["HEAD", "logs/HEAD"] {
        // A file that is not there would run this again each time.
        let path = git(&["rev-parse", "--git-path", file]).filter(|path| Path::new(path).exists());
        if let Some(path) = path {
            println!("cargo::rerun-if-changed={path}");
        }
    }
    git(&["rev-parse", "--short=12", "HEAD"])
}

fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok().filter(|output| output.status.success())?;
    Some(String::from_utf8(output.stdout).ok()?.trim().to_owned())
}

/// The commit that a package was made from, as `cargo package` notes it.
fn package() -> Option<String> {
    let noted = fs::read_to_string(".cargo_vcs_info.json").ok()?;
    let (_, sha) = noted.split_once("\"sha1\": \"")?;
    sha.get(..12).filter(|sha| sha.bytes().all(|byte| byte.is_ascii_hexdigit())).map(str::to_owned)
}
