//! Clusters of three nodes in simulated time; `examples/simulate` runs many more.
#![allow(clippy::unwrap_used, reason = "a test stops where something failed")]

#[path = "../examples/cluster/kv/mod.rs"]
#[allow(unreachable_pub, missing_docs, reason = "shared with an example")]
mod kv;
#[path = "../examples/simulate/world/mod.rs"]
#[allow(unreachable_pub, missing_docs, reason = "shared with an example")]
mod world;

#[test]
fn no_acknowledged_entry_is_lost_whatever_happens_to_nodes_and_disks() {
    let outcomes: Vec<_> =
        (0..36).map(|seed| world::run(seed).unwrap_or_else(|why| panic!("seed {seed}: {why}"))).collect();
    // The runs must be worth something.
    assert!(outcomes.iter().map(|outcome| outcome.acknowledged).sum::<usize>() > 1000);
    assert!(outcomes.iter().map(|outcome| outcome.power_cuts).sum::<usize>() > 50);
    assert!(outcomes.iter().any(|outcome| outcome.pruned > 0));
}

#[test]
fn a_seed_reproduces_its_run() {
    assert_eq!(world::run(7).unwrap(), world::run(7).unwrap());
}
