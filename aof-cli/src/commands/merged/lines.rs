//! The same as JSON lines.

use super::{Merged, Out, gap_text};
use crate::output::exit::Outcome;
use crate::output::json;
use aof_api::merge::{self, Unmergeable};
use std::path::Path;

impl Merged<'_> {
    fn damage_json(&self, out: &mut Out, report: &merge::Report) -> Outcome<()> {
        for damage in &report.damage {
            let mut object = json::finding(self.path(damage.finding.part), &damage.finding);
            object["lost"] = damage.lost.into();
            json::print(out, &object)?;
        }
        report.notes.iter().try_for_each(|note| json::print(out, &json::note(self.path(note.part), note)))
    }

    pub(super) fn refuse_json(&self, out: &mut Out, report: &merge::Report, reason: &Unmergeable) -> Outcome<()> {
        self.damage_json(out, report)?;
        let Unmergeable::Fork(fork) = reason else {
            return json::print(out, &serde_json::json!({ "type": "refused", "message": reason.to_string() }));
        };
        let branches = fork.branches.iter().map(|branch| {
            serde_json::json!({
                "tip": branch.last.checksum.to_string(),
                "entries": json::number(branch.entries),
                "op_first": json::number(branch.first.op),
                "op_last": json::number(branch.last.op),
                "view_first": branch.views.map(|views| views.0),
                "view_last": branch.views.map(|views| views.1),
                "forks": json::number(branch.forks),
                "log": self.path(branch.input),
                "offset": json::number(branch.offset),
            })
        });
        let branches: Vec<_> = branches.collect();
        json::print(
            out,
            &serde_json::json!({
                "type": "fork",
                "parent": fork.parent.to_string(),
                "branch_count": json::number(fork.branch_count),
                "branches": branches,
            }),
        )
    }

    pub(super) fn print_json(
        &self,
        out: &mut Out,
        report: &merge::Report,
        written: Option<&Path>,
        kept: Option<&Path>,
    ) -> Outcome<()> {
        for (input, path) in report.inputs.iter().zip(&self.paths) {
            json::print(
                out,
                &serde_json::json!({
                    "type": "input",
                    "log": path,
                    "entries": json::number(input.entries),
                    "duplicates": json::number(input.duplicates),
                    "bytes": json::number(input.bytes),
                    "op_first": input.ops.as_ref().map(|ops| json::number(*ops.start())),
                    "op_last": input.ops.as_ref().map(|ops| json::number(*ops.end())),
                }),
            )?;
        }
        self.damage_json(out, report)?;
        for gap in &report.gaps {
            let missing = gap.missing();
            json::print(
                out,
                &serde_json::json!({
                    "type": "gap",
                    "message": gap_text(gap),
                    "missing_first": missing.as_ref().map(|missing| json::number(*missing.start())),
                    "missing_last": missing.as_ref().map(|missing| json::number(*missing.end())),
                    "parent": gap.parent.to_string(),
                }),
            )?;
        }
        for stretch in &report.stretches {
            json::print(
                out,
                &serde_json::json!({
                    "type": "left-out",
                    "entries": json::number(stretch.entries),
                    "op_first": json::number(stretch.first.op),
                    "op_last": json::number(stretch.last.op),
                    "parent": stretch.parent.to_string(),
                    "tip": stretch.last.checksum.to_string(),
                    "forks": json::number(stretch.forks),
                }),
            )?;
        }
        json::print(
            out,
            &serde_json::json!({
                "type": "summary",
                "output": written.map(|path| path.display().to_string()),
                "original": kept.map(|path| path.display().to_string()),
                "entries": json::number(report.entries),
                "op_first": report.first.map(|first| json::number(first.op)),
                "op_last": report.tip.map(|tip| json::number(tip.op)),
                "root": report.root.map(|root| root.to_string()),
                "tip": report.tip.map(|tip| tip.checksum.to_string()),
                "left_out": json::number(report.left_out()),
                "whole": report.is_whole(),
                "changes_nothing": report.changes_nothing(),
            }),
        )
    }
}
