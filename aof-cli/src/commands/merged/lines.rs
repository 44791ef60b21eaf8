//! The same as JSON lines.

use super::{Merged, gap_text};
use crate::output::failure::Outcome;
use crate::output::json;
use crate::output::json::log::{Gap, finding, name, note};
use crate::output::json::merge::{Branch, Fork, Input, LeftOut, Summary};
use crate::output::out::Out;
use aof_api::merge::{self, Unmergeable};
use std::path::Path;

impl Merged<'_> {
    fn damage_json(&self, out: &mut Out, report: &merge::Report) -> Outcome<()> {
        for damage in &report.damage {
            let mut object = finding(self.input_path(damage.finding.part), &damage.finding);
            object.lost = damage.lost.into();
            json::print(out, &object)?;
        }
        report.notes.iter().try_for_each(|one| json::print(out, &note(self.input_path(one.part), one)))
    }

    pub(super) fn refuse_json(&self, out: &mut Out, report: &merge::Report, reason: &Unmergeable) -> Outcome<()> {
        self.damage_json(out, report)?;
        let Unmergeable::Fork(fork) = reason else { return Ok(()) };
        let branches = fork.branches.iter().map(|branch| (branch, name(self.input_path(branch.input))));
        let branches = branches.map(|(branch, (log, log_hex))| Branch {
            tip: branch.last.checksum.into(),
            entries: branch.entries,
            op_first: branch.first.op,
            op_last: branch.last.op,
            view_first: branch.views.map(|views| views.0),
            view_last: branch.views.map(|views| views.1),
            forks: branch.forks,
            log,
            log_hex,
            offset: branch.offset,
        });
        let branches = branches.collect();
        json::print(out, &Fork { parent: fork.parent.into(), branch_count: fork.branch_count, branches })
    }

    pub(super) fn print_json(
        &self,
        out: &mut Out,
        report: &merge::Report,
        written: Option<&Path>,
        kept: Option<&Path>,
    ) -> Outcome<()> {
        for (input, path) in report.inputs.iter().zip(&self.paths) {
            let (log, log_hex) = name(path);
            let object = Input {
                log,
                log_hex,
                entries: input.entries,
                duplicates: input.duplicates,
                bytes: input.bytes,
                op_first: input.ops.as_ref().map(|ops| *ops.start()),
                op_last: input.ops.as_ref().map(|ops| *ops.end()),
            };
            json::print(out, &object)?;
        }
        self.damage_json(out, report)?;
        for gap in &report.gaps {
            let missing = gap.missing();
            let object = Gap {
                missing_first: missing.as_ref().map(|missing| *missing.start()),
                missing_last: missing.as_ref().map(|missing| *missing.end()),
                parent: gap.parent.into(),
                message: gap_text(gap),
            };
            json::print(out, &object)?;
        }
        for stretch in &report.stretches {
            let object = LeftOut {
                entries: stretch.entries,
                op_first: stretch.first.op,
                op_last: stretch.last.op,
                parent: stretch.parent.into(),
                tip: stretch.last.checksum.into(),
                forks: stretch.forks,
            };
            json::print(out, &object)?;
        }
        let (output, output_hex) = written.map(name).unzip();
        let (original, original_hex) = kept.map(name).unzip();
        let summary = Summary {
            output,
            output_hex: output_hex.unwrap_or_default(),
            original,
            original_hex: original_hex.unwrap_or_default(),
            entries: report.entries,
            op_first: report.first.map(|first| first.op),
            op_last: report.tip.map(|tip| tip.op),
            root: report.root.map(Into::into),
            tip: report.tip.map(|tip| tip.checksum.into()),
            left_out: report.left_out(),
            past: report.past,
            whole: report.is_whole(),
            changes_nothing: report.changes_nothing(),
        };
        json::print(out, &summary)
    }
}
