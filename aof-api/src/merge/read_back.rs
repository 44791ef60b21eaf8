//! The last look at the output, before it may have a name.

use super::report::Report;
use crate::chain::rule::Rule;
use crate::read;
use crate::storage::backend::AofBackend;
use crate::storage::error::{Error, IoCall, Result};
use crate::validate::finding::FindingKind;
use crate::validate::{self, Observation, Validator};

/// Validates the output as a chain with exactly so many gaps.
pub(super) async fn read_back<B: AofBackend>(
    output: &mut B,
    report: &Report,
    gaps_written: usize,
    read: read::Options,
) -> Result<()> {
    let mut validator = Validator::new(validate::Options::new().rule(Rule::Linear).read(read));
    let (mut gaps, mut failure) = (0, None);
    let reader = output.reader().await?;
    let observe = |observation| {
        let Observation::Finding(finding) = observation else { return };
        match finding.kind {
            FindingKind::Damage { damage, .. } => {
                failure.get_or_insert(Error::damaged(finding.offset, damage));
            }
            FindingKind::Unreadable { message, .. } => {
                failure.get_or_insert(Error::io(IoCall::ReadBack, finding.offset, std::io::Error::other(message)));
            }
            // Under the linear rule, these are the two that remain.
            _ => gaps += 1,
        }
    };
    validator.read(reader, observe).await?;
    if let Some(failure) = failure {
        return Err(failure);
    }
    let found = validator.finish();
    if found.entries == report.entries && found.tip == report.tip && found.root == report.root && gaps == gaps_written {
        return Ok(());
    }
    let (found, written) = (found.entries, report.entries);
    let text =
        format!("{found} entries are there where {written} were written, or others: the storage is not to be trusted");
    Err(Error::io(IoCall::ReadBack, 0, std::io::Error::other(text)))
}
