# The quick loop. `just` lists the recipes; each is a plain command that works without `just`.

default:
    @just --list

# Compile one crate, or all
check crate="":
    cargo check {{ if crate == "" { "--workspace" } else { "-p " + crate } }} --all-targets

# The tests of one crate; a name after it filters
test crate filter="":
    cargo test -p {{ crate }} -- {{ filter }}

# Format, and clippy for one crate
lint crate:
    cargo fmt --all
    cargo clippy -p {{ crate }} --all-targets -- -D warnings

# Steps of CI: `just ci format clippy`; all of them without names
ci *steps:
    .ci/run {{ steps }}

# The conformance suite on every storage of ours
suite:
    cargo test -p aof-memory -p aof-file -p aof-testkit conformance

# Random histories with crashes
simulate runs="50000" seed="0":
    cargo run --release -p aof-testkit --bin aof-simulate -- --runs {{ runs }} --seed {{ seed }}

# The table of cases in the testkit
table:
    cargo run -p aof-testkit --example table > aof-testkit/CASES.md

# The commands of a page, and what they print
page file:
    .ci/readme-commands {{ file }}

# The documentation, as docs.rs shows it
doc:
    cargo doc --workspace --no-deps --features aof-file/fault,aof-testkit/flawed
