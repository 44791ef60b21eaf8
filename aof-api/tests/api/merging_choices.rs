//! Merging: forks, and the choice of a root and a tip.

use crate::support::log::Log;
use crate::support::merging::{branch, merged, options, unmergeable};
use aof_api::format::{Checksum, Prepare};
use aof_api::merge::{Fork, Unmergeable};

/// A trunk of 10 entries, and two branches on op 6: 7 to 10 of the trunk itself, and 7 to 8.
fn forked() -> (Log, Log) {
    let trunk = Log::history(10);
    let other = branch(&trunk.prepares[5], 2, b"another history");
    (trunk, other)
}

fn fork(refused: Unmergeable) -> Fork {
    let Unmergeable::Fork(fork) = refused else { panic!("{refused}") };
    fork
}

#[test]
fn a_fork_is_refused_and_both_branches_are_named() {
    let (trunk, other) = forked();
    for inputs in [[trunk.bytes(), other.bytes()], [other.bytes(), trunk.bytes()]] {
        let refused = unmergeable(&inputs, options());
        let text = refused.to_string();
        let fork = fork(refused);
        assert_eq!((fork.parent, fork.branch_count), (trunk.checksum(5), 2));
        let mut branches: Vec<_> = fork.branches.iter().map(|branch| (branch.entries, branch.last)).collect();
        branches.sort_by_key(|(entries, _)| *entries);
        assert_eq!((branches[0].0, branches[0].1.op, branches[0].1.checksum), (2, 8, other.checksum(1)));
        assert_eq!((branches[1].0, branches[1].1.op, branches[1].1.checksum), (4, 10, trunk.checksum(9)));
        assert!(fork.branches.iter().all(|branch| branch.views == Some((0, 0)) && branch.forks == 0));
        for tip in [trunk.checksum(9), other.checksum(1)] {
            assert!(text.contains(&format!("tip {tip}")), "{text}");
        }
    }
}

#[test]
fn the_place_of_a_branch_is_told() {
    let (trunk, other) = forked();
    let fork = fork(unmergeable(&[trunk.bytes(), [trunk.bytes(), other.bytes()].concat()], options()));
    assert_eq!((fork.branches[0].input, fork.branches[0].offset), (0, trunk.offset(6)));
    assert_eq!((fork.branches[1].input, fork.branches[1].offset), (1, trunk.offset(10)));
}

#[test]
fn a_tip_chooses_a_branch() {
    let (trunk, other) = forked();
    let inputs = [trunk.bytes(), other.bytes()];
    let (bytes, report) = merged(&inputs, options().tip(trunk.checksum(9)));
    assert_eq!(bytes, trunk.bytes());
    assert_eq!((report.left_out(), report.chosen, report.is_whole()), (2, true, true));
    let (bytes, report) = merged(&inputs, options().tip(other.checksum(1)));
    assert_eq!(bytes, [&trunk.bytes()[..trunk.offset(6) as usize], &other.bytes()].concat());
    assert_eq!((report.entries, report.left_out()), (8, 4));
}

#[test]
fn what_stands_on_the_tip_is_left_out() {
    let log = Log::history(10);
    let (bytes, report) = merged(&[log.bytes()], options().tip(log.checksum(3)));
    assert_eq!(bytes, log.bytes()[..log.offset(4) as usize]);
    assert_eq!(report.left_out(), 6);
}

#[test]
fn forks_in_branches_are_counted_and_one_tip_chooses_through_all() {
    let (trunk, other) = forked();
    let third = branch(&other.prepares[0], 5, b"a third history");
    let inputs = [trunk.bytes(), other.bytes(), third.bytes()];
    let fork = fork(unmergeable(&inputs, options()));
    let forked = fork.branches.iter().find(|branch| branch.forks > 0).unwrap();
    assert_eq!((forked.forks, forked.entries, forked.last.checksum), (1, 6, third.checksum(4)));
    let (bytes, _) = merged(&inputs, options().tip(third.checksum(4)));
    let trunk_bytes = &trunk.bytes()[..trunk.offset(6) as usize];
    assert_eq!(bytes, [trunk_bytes, other.prepares[0].as_entry_bytes(), &third.bytes()].concat());
}

#[test]
fn a_fork_on_the_root_is_one_too() {
    let [one, two] = [b"one", b"two"].map(|body| branch(&Prepare::root(0), 3, body));
    let fork = fork(unmergeable(&[one.bytes(), two.bytes()], options()));
    assert_eq!(fork.parent, Prepare::root(0).checksum());
    assert_eq!(merged(&[one.bytes(), two.bytes()], options().tip(two.checksum(2))).0, two.bytes());
}

#[test]
fn many_branches_are_counted_and_some_are_named() {
    let trunk = Log::history(1);
    let branches = (0..100_u64).map(|index| branch(&trunk.prepares[0], 1, &index.to_le_bytes()).bytes());
    let bytes = [trunk.bytes(), branches.collect::<Vec<_>>().concat()].concat();
    let refused = unmergeable(&[bytes], options());
    assert!(refused.to_string().ends_with("and 84 more"), "{refused}");
    let fork = fork(refused);
    assert_eq!((fork.branches.len(), fork.branch_count), (16, 100));
}

#[test]
fn the_root_can_be_chosen_in_mid_chain_and_elsewhere() {
    let log = Log::history(10);
    let (bytes, report) = merged(&[log.bytes()], options().root(log.checksum(3)));
    assert_eq!(bytes, log.bytes()[log.offset(4) as usize..]);
    assert_eq!((report.root, report.left_out(), report.is_whole()), (Some(log.checksum(3)), 4, true));

    let other = branch(&Prepare::root(7), 3, b"elsewhere");
    let (bytes, _) = merged(&[log.bytes(), other.bytes()], options().root(Prepare::root(7).checksum()));
    assert_eq!(bytes, other.bytes());
    let (bytes, _) = merged(&[log.bytes()], options().root(log.checksum(3)).tip(log.checksum(6)));
    assert_eq!(bytes, log.bytes()[log.offset(4) as usize..log.offset(7) as usize]);
}

#[test]
fn a_root_or_tip_that_cannot_be_is_refused_with_the_reason() {
    let log = Log::history(10);
    let inputs = [log.bytes()];
    let unknown = Checksum::from(7);
    assert_eq!(unmergeable(&inputs, options().root(unknown)), Unmergeable::RootUnknown(unknown));
    // Nothing follows the last entry.
    let last = log.checksum(9);
    assert_eq!(unmergeable(&inputs, options().root(last)), Unmergeable::RootUnknown(last));
    assert_eq!(unmergeable(&inputs, options().tip(unknown)), Unmergeable::TipUnknown(unknown));
    // The root itself is no entry.
    let root = Prepare::root(0).checksum();
    assert_eq!(unmergeable(&inputs, options().tip(root)), Unmergeable::TipUnknown(root));
    let expected = Unmergeable::TipUnconnected { tip: log.checksum(2), root: log.checksum(5), op: 1, parent: root };
    assert_eq!(unmergeable(&inputs, options().root(log.checksum(5)).tip(log.checksum(2))), expected);
}

#[test]
fn a_tip_behind_a_gap_is_refused_and_written_where_gaps_are_kept() {
    let log = Log::history(12);
    let inputs = [Log::of_ops(&[1, 2, 3, 4, 8, 9, 10, 12]).bytes()];
    let tip = log.checksum(8);
    let refused = unmergeable(&inputs, options().tip(tip));
    let root = Prepare::root(0).checksum();
    assert_eq!(refused, Unmergeable::TipUnconnected { tip, root, op: 8, parent: log.checksum(6) });
    let (bytes, report) = merged(&inputs, options().tip(tip).keep_gaps(true));
    assert_eq!(bytes, Log::of_ops(&[1, 2, 3, 4, 8, 9]).bytes());
    assert_eq!(report.gaps[0].missing(), Some(5..=7));
    // The parent that the refusal names is a root for what follows.
    let (bytes, _) = merged(&inputs, options().tip(tip).root(log.checksum(6)));
    assert_eq!(bytes, Log::of_ops(&[8, 9]).bytes());
}

#[test]
fn a_fork_behind_a_gap_is_refused_only_where_it_would_be_written() {
    let (trunk, other) = forked();
    let inputs =
        [trunk.bytes()[..trunk.offset(3) as usize].to_vec(), trunk.bytes()[trunk.offset(5) as usize..].to_vec()];
    let inputs = [&inputs[0][..], &inputs[1], &other.bytes()];
    let (bytes, report) = merged(&inputs, options());
    assert_eq!(bytes, inputs[0]);
    assert_eq!((report.stretches[0].forks, report.stretches[0].entries, report.left_out()), (1, 5, 7));
    assert_eq!(fork(unmergeable(&inputs, options().keep_gaps(true))).parent, trunk.checksum(5));
    let (bytes, _) = merged(&inputs, options().keep_gaps(true).tip(trunk.checksum(9)));
    assert_eq!(bytes, [inputs[0], inputs[1]].concat());
}

#[test]
fn two_histories_of_the_same_ops_are_refused_where_gaps_are_kept_until_one_is_chosen() {
    let log = Log::history(12);
    let other = branch(&Prepare::root(7), 12, b"elsewhere");
    let inputs = [Log::of_ops(&[1, 2, 3, 8, 9, 10]).bytes(), other.bytes()[other.offset(8) as usize..].to_vec()];
    let refused = unmergeable(&inputs, options().keep_gaps(true));
    let Unmergeable::Overlap(one, two) = refused else { panic!("{refused}") };
    assert_eq!((one.first.op, one.last.op, two.first.op, two.last.op), (8, 10, 9, 12));
    let (bytes, report) = merged(&inputs, options().keep_gaps(true).tip(log.checksum(9)));
    assert_eq!(bytes, inputs[0]);
    assert_eq!(report.stretches.len(), 1);
}
