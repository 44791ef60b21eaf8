//! What `aof-api` promises, one test for one behaviour, one file for one idea.

// The lint's own exception for tests does not know the functions that tests share.
#![allow(clippy::unwrap_used, clippy::panic)]

mod acknowledged;
mod append;
mod blocking;
mod bounded_work;
mod copy;
mod copy_pruned;
mod damage;
mod digest;
mod dropped_futures;
mod entries;
mod equivalence;
mod erased;
mod find;
mod format;
mod getting;
mod golden;
mod growing;
mod in_flight;
mod keeping;
mod linear;
mod merging;
mod merging_choices;
mod merging_damage;
mod noting;
mod opening;
mod opening_striped;
mod politeness;
mod pruned;
mod pruning;
mod resync;
mod seam;
mod striped;
mod support;
mod tails;
mod tails_in_zeros;
mod unreadable;
mod validate;
mod visiting;
mod write;
