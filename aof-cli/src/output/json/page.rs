//! `docs/json.md` lists what the code prints.

use super::object::Object;
use super::{
    any, append, compact, copy, diff, digest, doctor, export, hexdump, inspect, log, merge, raft, segments, ship, stat,
    status, validate,
};

/// One section of the page: whose objects they are, and what it says about them.
fn section<T: Object>(page: &mut String, part: Option<&str>) {
    let name = T::TYPE.or(part).unwrap_or_default();
    let about = T::ABOUT.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
    let fields = T::FIELDS.iter().map(|field| {
        let about = field.about.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ");
        format!("| `{}` | {} | {about} |\n", field.name, (field.kind)())
    });
    *page += &format!("### `{name}`\n\n{about}\n\n| field | value | meaning |\n|---|---|---|\n");
    let typed = T::TYPE.map(|name| format!("| `type` | string | `{name}` |\n"));
    page.extend(typed.into_iter().chain(fields));
    *page += "\n";
}

/// The part of the page that lists every type and field.
fn listed() -> String {
    let mut page = String::new();
    page += "## Every command\n\n";
    section::<any::Error>(&mut page, None);
    section::<any::Help>(&mut page, None);
    section::<any::Version>(&mut page, None);
    page +=
        "## Commands that read logs: `validate`, `digest`, `merge`, `repair`, `copy`, `inspect`, `export`, `stat`\n\n";
    section::<log::Finding>(&mut page, None);
    section::<log::Note>(&mut page, None);
    section::<log::Gap>(&mut page, None);
    page += "## `aof append`\n\n";
    section::<append::Recovery>(&mut page, None);
    section::<append::Rotated>(&mut page, None);
    section::<append::Acknowledged>(&mut page, None);
    section::<append::Durable>(&mut page, None);
    section::<append::Summary>(&mut page, None);
    page += "## `aof inspect`\n\n";
    section::<inspect::Entry>(&mut page, None);
    section::<inspect::Damaged>(&mut page, None);
    section::<inspect::Rotated>(&mut page, None);
    section::<inspect::Cut>(&mut page, None);
    page += "## `aof validate`\n\n";
    section::<raft::Raft>(&mut page, None);
    section::<validate::Summary>(&mut page, None);
    page += "## `aof digest`\n\n";
    section::<digest::Digest>(&mut page, None);
    page += "## `aof merge` and `aof repair`\n\n";
    section::<merge::Input>(&mut page, None);
    section::<merge::LeftOut>(&mut page, None);
    section::<merge::Fork>(&mut page, None);
    section::<merge::Summary>(&mut page, None);
    page += "## `aof diff` and `aof merge --dry-run`\n\n";
    section::<diff::Copy>(&mut page, None);
    section::<diff::Parting>(&mut page, None);
    section::<diff::Summary>(&mut page, None);
    page += "## `aof copy`\n\n";
    section::<copy::Summary>(&mut page, None);
    page += "## `aof export`\n\n";
    section::<inspect::Damaged>(&mut page, None);
    section::<export::Event>(&mut page, None);
    page += "## `aof hexdump`\n\n";
    section::<hexdump::Field>(&mut page, None);
    section::<hexdump::Summary>(&mut page, None);
    page += "## `aof ship` and `aof fetch`\n\n";
    section::<ship::Shipped>(&mut page, None);
    page += "## `aof compact`\n\n";
    section::<compact::Compacted>(&mut page, None);
    page += "## `aof doctor`\n\n";
    section::<doctor::Check>(&mut page, None);
    section::<doctor::Timing>(&mut page, None);
    section::<doctor::Verdict>(&mut page, None);
    page += "## `aof stat`\n\n";
    section::<stat::Operation>(&mut page, None);
    section::<stat::Size>(&mut page, None);
    section::<stat::Rate>(&mut page, None);
    section::<stat::Client>(&mut page, None);
    section::<raft::Raft>(&mut page, None);
    section::<stat::Summary>(&mut page, None);
    page += "## `aof prune`\n\n";
    section::<segments::Pruned>(&mut page, None);
    page += "## `aof split`\n\n";
    section::<segments::Split>(&mut page, None);
    page += "## `aof join`\n\n";
    section::<segments::Joined>(&mut page, None);
    page += "## `aof status`\n\n";
    section::<status::Status>(&mut page, None);
    page += "## `aof completions` and `aof man`\n\n";
    section::<any::Completions>(&mut page, None);
    section::<any::Manual>(&mut page, None);
    page += "## Objects inside others\n\n";
    section::<log::Damage>(&mut page, Some("damage"));
    section::<inspect::Account>(&mut page, Some("account"));
    section::<inspect::Transfer>(&mut page, Some("transfer"));
    section::<diff::Range>(&mut page, Some("range"));
    section::<merge::Branch>(&mut page, Some("branch"));
    page.trim_end().to_owned() + "\n"
}

/// A path that is not UTF-8 is in no text: beside each is a field with all of its bytes.
#[test]
fn every_path_has_its_bytes_beside_it() {
    let page = listed();
    let rows: Vec<_> = page.lines().collect();
    let (mut paths, names) = (0, ["log", "output", "original", "saved"]);
    for pair in rows.windows(2) {
        if let Some(name) = names.iter().find(|name| pair[0].starts_with(&format!("| `{name}` | string"))) {
            paths += 1;
            let expected = format!("| `{name}_hex` | string, left out where it does not apply |");
            assert!(pair[1].starts_with(&expected), "{}\n{}", pair[0], pair[1]);
        }
    }
    assert!(paths > 10, "{paths}");
}

/// To write the page again after a change: `AOF_WRITE_JSON_PAGE=1 cargo test -p aof-cli page`.
#[test]
fn the_page_lists_every_type_and_field() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/json.md");
    let page = std::fs::read_to_string(path).unwrap();
    let begin = page.find("## Every command\n").unwrap();
    if std::env::var_os("AOF_WRITE_JSON_PAGE").is_some() {
        std::fs::write(path, page[..begin].to_owned() + &listed()).unwrap();
        return;
    }
    assert_eq!(page[begin..], listed(), "docs/json.md differs from the code");
}
