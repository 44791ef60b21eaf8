//! What a `FileBackend` promises, one test for one behaviour. B1 to B16 are the numbers of the contract in `aof_api`.

// The lint's own exception for tests does not know the functions that tests share.
#![allow(clippy::unwrap_used, clippy::panic)]

mod ahead;
mod contract;
mod cutting;
mod drafting;
mod dropping;
mod early;
mod ending;
mod every_call;
mod failing;
mod fixture;
#[cfg(target_os = "linux")]
mod full_disk;
mod gathering;
mod holes;
mod layers;
mod locking;
mod opening;
mod outcomes;
mod pipelining;
mod reading;
mod rotating;
mod rotating_ahead;
mod waiting;
