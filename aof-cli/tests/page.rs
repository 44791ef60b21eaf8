//! `aof validate --html`: the verdict and the next step first, a map by offset, every finding as a table.

#![allow(clippy::unwrap_used, reason = "a test that cannot continue says where it stopped")]

mod support;

use std::fs;
use support::{ENTRY_LEN, aof, directory, log};

/// Where each of the texts is; they come in this order.
fn in_order(page: &str, texts: &[&str]) {
    let mut from = 0;
    for text in texts {
        let found = page[from..].find(text);
        assert!(found.is_some(), "{text} is not after byte {from} of {page}");
        from += found.unwrap();
    }
}

#[test]
fn the_verdict_comes_first_then_the_next_step_the_map_and_the_findings() {
    let directory = directory();
    let path = directory.path();
    let mut bytes = log(path, "log.aof", 200);
    bytes[50 * ENTRY_LEN + 300] ^= 1;
    fs::write(path.join("log.aof"), &bytes).unwrap();
    let ran = aof(path, &["validate", "--html", "page.html", "log.aof"]);
    assert_eq!(ran.code, 1, "{}", ran.err);
    assert!(ran.out.contains("FINDING damage log.aof at offset 18600"), "{}", ran.out);
    let page = fs::read_to_string(path.join("page.html")).unwrap();
    in_order(
        &page,
        &[
            "<strong>The log is not whole: 2 findings under the rule seen-parent</strong>",
            "<li><span class=\"kind\">damage</span> at offset 18600, op 51: damaged body",
            "<pre>aof merge -o OUT log.aof ANOTHER-COPY</pre>",
            "<rect class=\"damaged\"",
            "<tr><th scope=\"row\">18432</th>",
            "<dt>entries</dt><dd>199</dd>",
            "<caption>2 lines, by place</caption>",
            "<tr><th scope=\"row\">damage</th><td>18600</td><td>51</td><td>damaged body",
            "<tr><th scope=\"row\">gap</th><td>18972</td><td>52</td><td>op 51 is missing",
            "<code>aof validate --rule seen-parent --html page.html log.aof</code>",
        ],
    );
}

#[test]
fn entries_that_were_recorded_again_are_on_the_map_of_a_whole_log() {
    let directory = directory();
    let path = directory.path();
    let bytes = log(path, "whole.aof", 200);
    fs::write(path.join("log.aof"), [&bytes[..], &bytes[100 * ENTRY_LEN..]].concat()).unwrap();
    let page = aof(path, &["validate", "--html", "-", "log.aof"]);
    assert_eq!(page.code, 0, "{}", page.err);
    assert!(page.out.starts_with("<!doctype html>") && page.out.ends_with("</html>\n"), "{}", page.out);
    in_order(
        &page.out,
        &[
            "<strong>The log is whole under the rule seen-parent</strong>",
            "<rect class=\"whole\"",
            "<rect class=\"repeated\"",
            "recorded again",
            "<h2>Notes, which are legal</h2>",
            "<tr><th scope=\"row\">duplicate</th><td>74400</td>",
        ],
    );
    assert!(!page.out.contains("class=\"damaged\""), "{}", page.out);
}

#[test]
fn names_are_text_in_the_page_and_a_page_is_replaced_only_when_asked() {
    let directory = directory();
    let path = directory.path();
    let bytes = log(path, "log.aof", 20);
    fs::write(path.join("<b>&\".aof"), &bytes[ENTRY_LEN..]).unwrap();
    let arguments = ["validate", "--html", "page.html", "<b>&\".aof", "log.aof"];
    aof(path, &arguments);
    let page = fs::read_to_string(path.join("page.html")).unwrap();
    assert!(page.contains("&lt;b&gt;&amp;&quot;.aof") && !page.contains("<b>"), "{page}");
    let ran = aof(path, &arguments);
    assert_eq!(ran.code, 4, "{}", ran.err);
    assert!(ran.err.contains("page.html exists already"), "{}", ran.err);
    assert_ne!(aof(path, &[&arguments[..], &["--force"]].concat()).code, 4);
    let ran = aof(path, &["validate", "--force", "--html", "log.aof", "log.aof"]);
    assert!(ran.code == 4 || ran.code == 2, "{}{}", ran.out, ran.err);
    assert_eq!(fs::read(path.join("log.aof")).unwrap(), bytes);
}
