//! The log on top: its chain, on the storage under test.

use crate::generate::{Bodies, Generator, Log};
use crate::suite::fixture::Fixture;
use crate::suite::trial::{Trial, append, sees};
use crate::suite::verdict::{Stop, Verdict, ensure, ensure_eq, ensure_refused};
use aof_api::format::Checksum;
use aof_api::validate::{self, FindingKind, NoteKind, Validation, Validator, validate};
use aof_api::{Aof, AofBackend, Error, LogOptions, Operation, Rule};

impl<F: Fixture> Trial<'_, F> {
    /// Makes logs that are neither all small nor slow to write.
    pub(crate) fn generator(&self) -> Generator {
        Generator::new(self.seed).entries(24).bodies(Bodies::Uniform { low: 0, high: 700 })
    }

    /// The log on another fixture, written in pieces that do not end with its entries.
    pub(crate) async fn written(&self, bytes: &[u8]) -> Result<Written<'_, F>, Stop> {
        let trial = self.another();
        let mut backend = trial.create().await?;
        for piece in bytes.chunks(bytes.len() / 3 + 1) {
            append(&mut backend, piece).await?;
        }
        Ok(Written { trial, backend })
    }
}

/// A backend that holds a log, and the fixture that it lives on.
pub(crate) struct Written<'a, F: Fixture> {
    pub(crate) trial: Trial<'a, F>,
    pub(crate) backend: F::Backend,
}

impl<F: Fixture> Written<'_, F> {
    /// What validation by this rule finds.
    async fn validate(&mut self, rule: Rule, tip: Option<Checksum>) -> aof_api::Result<Validation> {
        validate(self.backend.reader().await?, validate::Options::new().rule(rule), tip).await
    }
}

fn kinds(validation: &Validation) -> Vec<&'static str> {
    validation.findings.iter().map(|finding| finding.kind.name()).collect()
}

pub(crate) async fn log_a_linear_log_is_clean_under_every_rule<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.generator().linear();
    let mut written = trial.written(log.bytes()).await?;
    for rule in Rule::ALL {
        let validation = written.validate(rule, log.tip()).await?;
        ensure!(validation.is_clean() && validation.notes.is_empty(), "{rule}: {validation:?}");
        ensure_eq!(validation.entries, 24, "entries by rule {rule}");
        ensure_eq!(validation.bytes, log.bytes().len() as u64, "bytes by rule {rule}");
        ensure_eq!(validation.ops, Some(1..=24), "ops by rule {rule}");
    }
    sees(&mut written.backend, log.bytes(), "the log after it was validated").await
}

pub(crate) async fn log_duplicates_and_backtracking_are_notes_and_break_a_linear_chain<F: Fixture>(
    trial: &Trial<'_, F>,
) -> Verdict {
    let log = trial.generator().restarted();
    let mut written = trial.written(log.bytes()).await?;
    for rule in [Rule::SeenParent, Rule::TigerBeetle] {
        let validation = written.validate(rule, log.tip()).await?;
        ensure!(validation.is_clean(), "{rule}: {:?}", validation.findings);
        let duplicates = validation.notes.iter().filter(|note| note.kind == NoteKind::Duplicate).count();
        ensure_eq!(duplicates, log.prepares().len() - 24, "duplicates by rule {rule}");
        let back = validation.notes.iter().filter(|note| matches!(note.kind, NoteKind::Backtrack { .. })).count();
        ensure!(back > 0, "{rule}: no note says that the ops go back");
    }
    let validation = written.validate(Rule::Linear, log.tip()).await?;
    ensure!(kinds(&validation).contains(&"break"), "linear: {:?}", validation.findings);
    Ok(())
}

pub(crate) async fn log_op_1_may_be_replayed<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let chain = trial.generator().entries(3).linear();
    let [one, two, three] = chain.prepares() else { return Err(Stop::broken("the generator made other entries")) };
    let log = Log::new([one, two, one, two, three].map(Clone::clone).to_vec());
    let mut written = trial.written(log.bytes()).await?;
    for rule in [Rule::SeenParent, Rule::TigerBeetle] {
        let validation = written.validate(rule, log.tip()).await?;
        ensure!(validation.is_clean(), "{rule}: {:?}", validation.findings);
        ensure_eq!(validation.ops, Some(1..=3), "ops by rule {rule}");
    }
    Ok(())
}

pub(crate) async fn log_a_gap_names_the_missing_ops<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (log, ops) = trial.generator().gapped();
    let mut written = trial.written(log.bytes()).await?;
    for rule in [Rule::Linear, Rule::SeenParent] {
        let validation = written.validate(rule, log.tip()).await?;
        let gap = validation.findings.iter().find_map(|finding| match &finding.kind {
            FindingKind::Gap { missing, .. } => Some(missing.clone()),
            _ => None,
        });
        ensure_eq!(gap, Some(ops.clone()), "the gap by rule {rule}");
        ensure_eq!(validation.findings.len(), 1, "findings by rule {rule}");
    }
    let validation = written.validate(Rule::TigerBeetle, log.tip()).await?;
    ensure!(validation.is_clean(), "tb: {:?}", validation.findings);
    ensure!(
        matches!(validation.notes[..], [ref note] if note.kind.name() == "parent-unseen"),
        "{:?}",
        validation.notes
    );
    Ok(())
}

pub(crate) async fn log_a_fork_names_both_histories<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let (log, on) = trial.generator().forked();
    let mut written = trial.written(log.bytes()).await?;
    for rule in [Rule::SeenParent, Rule::TigerBeetle] {
        let validation = written.validate(rule, log.tip()).await?;
        let children: Vec<_> = log.prepares().iter().filter(|prepare| prepare.header().parent == on).collect();
        let found = validation.findings.iter().any(|finding| {
            matches!(finding.kind, FindingKind::Fork { parent, other, checksum }
                if parent == on && other == children[0].checksum() && checksum == children[1].checksum())
        });
        ensure!(found, "{rule}: {:?} expected a fork on {on}", validation.findings);
    }
    let Written { trial, backend } = written;
    let opened = Aof::open(backend, LogOptions::new().rule(Rule::SeenParent)).await.map(|_| ());
    ensure_refused!(opened, Error::Forked { .. }, "the opening of a forked log");
    drop(trial);
    Ok(())
}

pub(crate) async fn log_an_expected_tip_has_to_be_there<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let log = trial.generator().linear();
    let last = log.prepares().len() - 1;
    let wrong = log.prepares()[last - 1].checksum();
    let mut written = trial.written(log.bytes()).await?;
    written.validate(Rule::Linear, log.tip()).await?;
    ensure_refused!(
        written.validate(Rule::Linear, Some(wrong)).await,
        Error::ChecksumMismatch { found, .. } if found == log.tip(),
        "validation with the last tip but one"
    );
    // The last entry is missing, and nothing else would tell.
    let short = log.offset(last) as usize;
    let mut written = trial.written(&log.bytes()[..short]).await?;
    ensure_refused!(
        written.validate(Rule::Linear, log.tip()).await,
        Error::ChecksumMismatch { found, .. } if found == Some(wrong),
        "validation of a log that lacks its tip"
    );
    let opened = match log.tip() {
        Some(tip) => Aof::open(written.backend, LogOptions::new().expected_tip(tip)).await.map(|_| ()),
        None => Ok(()),
    };
    ensure_refused!(opened, Error::ChecksumMismatch { .. }, "the opening of a log that lacks its tip");
    Ok(())
}

pub(crate) async fn log_an_empty_log_is_clean_and_lacks_any_expected_tip<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut written = trial.written(&[]).await?;
    for rule in Rule::ALL {
        let validation = written.validate(rule, None).await?;
        ensure!(validation.is_clean() && validation.entries == 0 && validation.tip.is_none(), "{validation:?}");
        let expected = Some(Checksum::EMPTY);
        ensure_refused!(
            written.validate(rule, expected).await,
            Error::ChecksumMismatch { found: None, .. },
            "an empty log with an expected tip, by rule {rule}"
        );
    }
    let (log, recovery) = Aof::open(written.backend, LogOptions::new()).await?;
    ensure!(log.tip().is_none() && log.is_empty() && recovery.cut.is_none(), "an empty log opens as {recovery:?}");
    Ok(())
}

pub(crate) async fn log_a_rotated_log_is_one_chain<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut validator = Validator::new(validate::Options::new());
    let mut observed = Vec::new();
    for file in trial.generator().rotated(3) {
        let mut written = trial.written(file.bytes()).await?;
        validator.read(written.backend.reader().await?, |observation| observed.push(observation)).await?;
    }
    let validation = validator.finish();
    ensure_eq!(validation.ops, Some(1..=24), "ops of all parts");
    let seams = observed.iter().all(
        |observation| matches!(observation, aof_api::validate::Observation::Note(note) if note.kind == NoteKind::Seam),
    );
    ensure!(seams && observed.len() == 2, "{observed:?} where two seams were due");
    Ok(())
}

pub(crate) async fn log_what_is_appended_is_there_after_a_reopen<F: Fixture>(trial: &Trial<'_, F>) -> Verdict {
    let mut backend = trial.create().await?;
    let mut random = trial.random();
    let mut tip = None;
    let mut entries = 0;
    for round in 0..5 {
        let (mut log, recovery) = Aof::open(backend, LogOptions::new()).await?;
        ensure_eq!(recovery.entries, entries, "entries at opening {round}");
        ensure_eq!(log.tip().map(|tip| tip.checksum), tip, "the tip at opening {round}");
        for _ in 0..4 {
            let len = random.between(0, 900);
            let appended = log.append(Operation(200), &random.bytes(len)).await?;
            entries += 1;
            ensure_eq!(appended.op, entries, "the op of an append");
            tip = Some(appended.checksum);
        }
        let durable = log.checkpoint().await?;
        ensure_eq!(durable, log.len(), "the result of a checkpoint");
        let validation = log.validate(Rule::Linear, tip).await?;
        ensure!(validation.is_clean() && validation.entries == entries, "round {round}: {validation:?}");
        backend = trial.fixture.reopen(log.into_inner()).await?;
    }
    Ok(())
}
