//! Whether files are given in the order of their entries.

use crate::input::source::Source;
use crate::output::json::log::{self, Finding, Note, plain_note};
use aof_api::Tip;
use aof_api::format::Checksum;
use aof_api::read::LocatedEntry;
use aof_api::validate::FindingKind;

/// The ends of one file.
pub(super) struct Part {
    /// The op, the parent and the checksum of the first entry.
    pub(super) first: Option<(u64, Checksum, Checksum)>,
    /// The last entry.
    pub(super) tip: Option<Tip>,
    pub(super) is_stream: bool,
}

impl Part {
    /// A file of which nothing was read yet.
    pub(super) fn of(source: &Source) -> Part {
        Part { first: None, tip: None, is_stream: source.is_stream() }
    }

    /// One more entry of it.
    pub(super) fn see(&mut self, entry: &LocatedEntry<'_>) {
        let (op, checksum) = (entry.op(), entry.checksum());
        self.first.get_or_insert((op, entry.header().parent, checksum));
        self.tip = Some(Tip { op, checksum });
    }

    /// Whether this one continues `before`: by its parent, or with a copy of the last entry, as a rotated file does.
    pub(super) fn follows(&self, before: &Part) -> bool {
        match (self.first, before.tip) {
            (Some((_, parent, checksum)), Some(tip)) => parent == tip.checksum || checksum == tip.checksum,
            _ => false,
        }
    }
}

/// The order in which the files are one log, where that is not the order in which they are given.
pub(super) fn right_order(parts: &[Part]) -> Option<Vec<usize>> {
    if parts.iter().any(|part| part.is_stream) {
        return None;
    }
    // Files without entries are wherever they are.
    let filled: Vec<usize> = (0..parts.len()).filter(|part| parts[*part].first.is_some()).collect();
    let order = linked(parts, &filled).or_else(|| apart(parts, &filled))?;
    (order != filled).then_some(order)
}

/// What is missing between files that are given in another order, which hides it: before which file, and its first op.
pub(super) fn missing_between(parts: &[Part], order: &[usize]) -> Vec<(usize, u64, FindingKind)> {
    let between = |pair: &[usize]| {
        let (before, after) = (&parts[pair[0]], &parts[pair[1]]);
        let ((op, parent, _), tip) = (after.first?, before.tip?);
        if after.follows(before) {
            return None;
        }
        let missing = tip.op.saturating_add(1)..=op.saturating_sub(1);
        let kind = match missing.is_empty() {
            false => FindingKind::Gap { missing, parent },
            true => FindingKind::Break { expected: tip.checksum, found: parent },
        };
        Some((pair[1], op, kind))
    };
    order.windows(2).filter_map(between).collect()
}

/// A note that the files are given in another order than that of their entries, where they are, with the `command` that
/// reads them in the right one.
/// It comes with what is missing between them.
pub(super) fn order_note(command: &str, sources: &[Source], parts: &[Part]) -> Option<(Note, Vec<Finding>)> {
    let order = right_order(parts)?;
    let names: Vec<String> = order.iter().map(|part| sources[*part].in_command()).collect();
    let command = format!("{command} {}", names.join(" "));
    let message = format!("the files are given in another order than that of their entries: {command}");
    let mut note = plain_note(&sources.first()?.path, "order", message);
    note.next = command.into();
    let found = |(part, op, kind): (usize, u64, FindingKind)| log::found(&sources[part].path, 0, Some(op), &kind);
    Some((note, missing_between(parts, &order).into_iter().map(found).collect()))
}

/// By the links between the files, if those make one chain of all.
fn linked(parts: &[Part], filled: &[usize]) -> Option<Vec<usize>> {
    let before = |part: usize| filled.iter().find(|other| **other != part && parts[part].follows(&parts[**other]));
    let mut starts = filled.iter().filter(|part| before(**part).is_none());
    let (mut order, None) = (vec![*starts.next()?], starts.next()) else { return None };
    while order.len() < filled.len() {
        let last = order[order.len() - 1];
        let next = filled.iter().find(|part| !order.contains(part) && parts[**part].follows(&parts[last]));
        order.push(*next?);
    }
    Some(order)
}

/// By their ops, if no two files have the same.
fn apart(parts: &[Part], filled: &[usize]) -> Option<Vec<usize>> {
    let ends = |part: usize| Some((parts[part].first?.0, parts[part].tip?.op));
    let mut order = filled.to_vec();
    order.sort_by_key(|part| ends(*part));
    let apart = order
        .windows(2)
        .all(|pair| matches!((ends(pair[0]), ends(pair[1])), (Some((_, end)), Some((begin, _))) if end <= begin));
    apart.then_some(order)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(first: u64, last: u64) -> Part {
        let checksum = |op: u64| Checksum::from(u128::from(op) + 1000);
        Part {
            first: Some((first, checksum(first - 1), checksum(first))),
            tip: Some(Tip { op: last, checksum: checksum(last) }),
            is_stream: false,
        }
    }

    #[test]
    fn files_in_their_order_are_left_so() {
        assert_eq!(right_order(&[part(1, 5)]), None);
        assert_eq!(right_order(&[part(1, 5), part(6, 9), part(9, 12)]), None);
        // A restart records ops again, which is legal.
        assert_eq!(right_order(&[part(1, 5), part(3, 9)]), None);
    }

    #[test]
    fn files_in_another_order_are_put_right() {
        assert_eq!(right_order(&[part(6, 9), part(1, 5)]), Some(vec![1, 0]));
        assert_eq!(right_order(&[part(9, 12), part(1, 5), part(5, 9)]), Some(vec![1, 2, 0]));
        // Something is missing between them.
        assert_eq!(right_order(&[part(20, 30), part(1, 5)]), Some(vec![1, 0]));
    }

    #[test]
    fn nothing_is_said_about_streams() {
        let stream = Part { is_stream: true, ..part(1, 5) };
        assert_eq!(right_order(&[part(6, 9), stream]), None);
    }
}
