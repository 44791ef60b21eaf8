//! `aof stat`: numbers on the terminal, as JSON, as a page.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use aof_api::log::{Meta, blocking};
use aof_api::{LogOptions, Operation};
use aof_file::FileBackend;
use serde_json::Value;
use std::fs;
use support::{ENTRY_LEN, GOLDEN, aof, aof_with_input, directory, golden, log};

fn objects(out: &str) -> Vec<Value> {
    out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

#[test]
fn a_tigerbeetle_log_is_counted() {
    let directory = directory();
    let ran = aof(directory.path(), &["stat", GOLDEN]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    for line in [
        "entries     12\n",
        "bytes       29,120 (28.4 KiB)\n",
        "ops         1 to 12\n",
        "missing     none\n",
        "again       none\n",
        "clients     1\n",
        "create_transfers(147)        9  15,120       1,680  ████████████████████████████\n",
        "create_accounts(146)         1  13,200      13,200  ███▏\n",
        "up to 16 KiB           1  13,200      13,200  ███▍\n",
    ] {
        assert!(ran.out.contains(line), "{line}{}", ran.out);
    }
    let summary = objects(&aof(directory.path(), &["stat", "--json", GOLDEN]).out).pop().unwrap();
    assert_eq!((summary["entries"].as_u64(), summary["clients_exact"].as_bool()), (Some(12), Some(true)));
    let piped = aof_with_input(directory.path(), &["stat", "-"], &fs::read(GOLDEN).unwrap());
    assert_eq!(piped.out, ran.out);
}

#[test]
fn changes_of_the_view_are_counted() {
    let directory = directory();
    let backend = FileBackend::create(directory.path().join("views.aof")).unwrap();
    let mut log = blocking::Aof::create(backend, LogOptions::new()).unwrap();
    for view in [3, 3, 4, 6] {
        log.append_with(Meta::new().view(view), Operation(200), b"body").unwrap();
    }
    log.close().unwrap();
    let ran = aof(directory.path(), &["stat", "views.aof"]);
    assert!(ran.out.contains("views       2 changes, from view 3 to view 6\n"), "{}", ran.out);
    let summary = objects(&aof(directory.path(), &["stat", "--json", "views.aof"]).out).pop().unwrap();
    let fields = ["view_first", "view_last", "view_changes"].map(|field| summary[field].as_u64());
    assert_eq!(fields, [3, 6, 2].map(Some));
}

#[test]
fn what_is_recorded_again_missing_or_damaged_is_counted() {
    let directory = directory();
    let bytes = log(directory.path(), "log.aof", 20);
    let entry = |op: usize| &bytes[(op - 1) * ENTRY_LEN..op * ENTRY_LEN];
    let mut damaged = entry(9).to_vec();
    damaged[100] ^= 1;
    let parts = [&bytes[..5 * ENTRY_LEN], entry(4), entry(5), entry(8), &damaged, &bytes[9 * ENTRY_LEN..], entry(6)];
    fs::write(directory.path().join("odd.aof"), parts.concat()).unwrap();
    let ran = aof(directory.path(), &["stat", "odd.aof"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    for line in [
        "missing     3 ops in 2 gaps\n",
        "again       2 duplicates, 1 missing until then; the ops go back in 2 places\n",
        "damage      372 bytes in 1 place\n",
        "\n6 to 7           2  ",
    ] {
        assert!(ran.out.contains(line), "{line}{}", ran.out);
    }
    let all = objects(&aof(directory.path(), &["stat", "--json", "odd.aof"]).out);
    let gaps: Vec<_> = all.iter().filter(|object| object["type"] == "gap").collect();
    assert_eq!((gaps.len(), gaps[1]["missing_first"].as_u64()), (2, Some(9)));
}

#[test]
fn a_page_is_whole_and_never_replaces_another_unasked() {
    let directory = directory();
    let path = directory.path();
    let ran = aof(path, &["stat", "--html", "page.html", GOLDEN]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    let page = fs::read_to_string(path.join("page.html")).unwrap();
    assert!(page.starts_with("<!doctype html>") && page.ends_with("</html>\n"));
    assert!(page.contains("create_transfers(147)") && page.contains("<svg") && page.contains("prefers-color-scheme"));
    for outside in ["http:", "https:", "src=", "<script", "@import", "url("] {
        assert!(!page.contains(outside), "{outside}");
    }
    fs::write(path.join("page.html"), "mine").unwrap();
    let ran = aof(path, &["stat", "--html", "page.html", GOLDEN]);
    assert_eq!(ran.code, 4);
    assert!(ran.err.contains("--force"), "{}", ran.err);
    assert_eq!(fs::read_to_string(path.join("page.html")).unwrap(), "mine");
    assert_eq!(aof(path, &["stat", "--force", "--html", "page.html", GOLDEN]).code, 0);
    // But for when it was made, and how.
    let but_footer = |page: &str| page.split_once("<footer>").unwrap().0.to_owned();
    let again = fs::read_to_string(path.join("page.html")).unwrap();
    assert_eq!(but_footer(&again), but_footer(&page));
    assert_eq!(support::names(path), ["page.html"]);
}

#[test]
fn a_page_never_replaces_a_log() {
    let directory = support::directory();
    let path = directory.path();
    let bytes = support::log(path, "one.aof", 3);
    support::log(path, "two.aof", 4);
    fs::write(path.join("damaged.aof"), &bytes[5..]).unwrap();
    // As `--html *.aof` is read; an input; a log of another kind of damage that is an input.
    for arguments in [["one.aof", "two.aof"], ["one.aof", "one.aof"], ["damaged.aof", "damaged.aof"]] {
        let before = fs::read(path.join(arguments[0])).unwrap();
        let ran = aof(path, &["stat", "--force", "--html", arguments[0], arguments[1]]);
        assert_eq!(ran.code, 4, "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("is a log: choose another name for the page"), "{}", ran.err);
        assert_eq!(fs::read(path.join(arguments[0])).unwrap(), before);
    }
}

#[cfg(unix)]
#[test]
fn a_page_is_no_more_open_than_the_log() {
    use std::os::unix::fs::PermissionsExt;
    let directory = support::directory();
    let path = directory.path();
    support::log(path, "log.aof", 3);
    for mode in [0o600, 0o640] {
        fs::set_permissions(path.join("log.aof"), fs::Permissions::from_mode(mode)).unwrap();
        assert_eq!(aof(path, &["stat", "--force", "--html", "page.html", "log.aof"]).code, 0);
        let found = fs::metadata(path.join("page.html")).unwrap().permissions().mode() & 0o777;
        // The umask takes away more.
        assert_eq!(found & !mode, 0, "{found:o}");
    }
}

#[test]
fn names_of_files_do_not_become_markup() {
    let directory = directory();
    fs::copy(GOLDEN, directory.path().join("<b>&.aof")).unwrap();
    assert_eq!(aof(directory.path(), &["stat", "--html", "page.html", "<b>&.aof"]).code, 0);
    let page = fs::read_to_string(directory.path().join("page.html")).unwrap();
    assert!(page.contains("&lt;b&gt;&amp;.aof") && !page.contains("<b>"));
}

#[test]
fn an_empty_log_is_counted_too() {
    let directory = directory();
    fs::write(directory.path().join("empty"), b"").unwrap();
    let ran = aof(directory.path(), &["stat", "--html", "page.html", "empty"]);
    assert_eq!(ran.code, 0, "{}", ran.err);
    assert!(ran.out.starts_with("entries     0\n"), "{}", ran.out);
}

#[test]
fn rotated_files_are_one_log() {
    let directory = directory();
    let (first, second) = ("tigerbeetle-rotated-1.aof", "tigerbeetle-rotated-2.aof");
    if golden(directory.path(), first).and(golden(directory.path(), second)).is_none() {
        return;
    }
    let ran = aof(directory.path(), &["stat", first, second]);
    assert!(ran.out.contains("files       2\nentries     5,205\n"), "{}", ran.out);
    assert!(ran.out.contains("clients     2\n"), "{}", ran.out);
}

/// The page of these logs.
fn page_of(path: &std::path::Path, logs: &[&str]) -> String {
    aof(path, &[&["stat", "--html", "-"][..], logs].concat()).out
}

#[test]
fn a_page_begins_with_the_verdict_and_the_next_step() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "log.aof", 20);
    let page = page_of(path, &["log.aof"]);
    let verdict = page.split_once("<section").unwrap().1.split_once("</section>").unwrap().0;
    assert!(verdict.contains("Nothing is wrong") && !verdict.contains("aof "), "{verdict}");

    let mut bytes = [&whole[..15 * ENTRY_LEN], &whole[16 * ENTRY_LEN..]].concat();
    bytes[4 * ENTRY_LEN + 300] ^= 1;
    fs::write(path.join("bad.aof"), &bytes).unwrap();
    let page = page_of(path, &["bad.aof"]);
    let verdict = page.split_once("<section").unwrap().1.split_once("</section>").unwrap().0;
    for text in
        ["3 problems found: 1 damage, 2 gaps", "at offset 1488, op 5", "op 16 is missing", "aof validate bad.aof"]
    {
        assert!(verdict.contains(text), "{text}: {verdict}");
    }
    assert!(page.find("<section").unwrap() < page.find("<h2>").unwrap());
    // What is where, for eyes and for a screen reader.
    for text in
        ["class=\"damaged\"", "class=\"missing\"", "class=\"whole\"", "<td>damaged</td>", "role=\"img\" aria-label"]
    {
        assert!(page.contains(text), "{text}");
    }
}

#[test]
fn a_page_says_which_log_it_is_of_and_how_it_was_made() {
    let directory = directory();
    let path = directory.path();
    log(path, "a b.aof", 20);
    let page = page_of(path, &["a b.aof"]);
    let validated = aof(path, &["validate", "a b.aof"]).out;
    for name in ["root", "tip", "digest"] {
        let line = validated.lines().find(|line| line.starts_with(name)).unwrap();
        assert!(page.contains(line[10..].split(' ').next().unwrap()), "{line}");
    }
    assert!(page.contains("<code>aof stat --html - 'a b.aof'</code>"), "{page}");
    assert!(page.contains(&format!("Made by aof {} at 20", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn a_page_has_what_was_at_risk_between_checkpoints() {
    let directory = directory();
    let path = directory.path();
    for _ in 0..3 {
        let ran = aof(path, &["append", "--count", "10", "--size", "100", "--sync", "end", "log.aof"]);
        assert_eq!(ran.code, 0, "{}", ran.err);
    }
    let page = page_of(path, &["log.aof"]);
    // Ten entries of 372 bytes were written between two checkpoints.
    assert!(page.contains("entries at risk</th><td>5</td><td>9</td><td>10</td><td>10</td>"), "{page}");
    assert!(page.contains("bytes of a checkpoint</th><td>3.6 KiB</td>"), "{page}");
}

#[test]
fn every_table_of_a_page_has_a_caption_and_headings_and_every_element_is_closed() {
    let directory = directory();
    let path = directory.path();
    let whole = log(path, "log.aof", 20);
    fs::write(path.join("hole.aof"), [&whole[..9 * ENTRY_LEN], &whole[10 * ENTRY_LEN..]].concat()).unwrap();
    for logs in [&["log.aof"][..], &["hole.aof"], &[GOLDEN], &["hole.aof", "log.aof"]] {
        let page = page_of(path, logs);
        assert_eq!(page.matches("<table>").count(), page.matches("<caption>").count(), "{logs:?}");
        assert!(page.contains("<th scope=\"col\">") && page.contains("<th scope=\"row\">"));
        for element in [
            "table", "thead", "tbody", "tr", "td", "th", "svg", "section", "details", "div", "ul", "ol", "dl", "main",
            "rect",
        ] {
            let opened = page.matches(&format!("<{element}>")).count() + page.matches(&format!("<{element} ")).count();
            let closed = page.matches(&format!("</{element}>")).count();
            let empty = if element == "rect" { page.matches("\"/></svg>").count() } else { 0 };
            assert_eq!(opened, closed + empty, "{element}: {logs:?}");
        }
        for svg in page.split("<svg").skip(1) {
            let head = svg.split_once('>').unwrap().0;
            assert!(head.contains("aria-label") || head.contains("aria-hidden"), "{head}");
        }
        assert!(page.contains("@media print") && page.contains("prefers-color-scheme:dark"));
    }
}
