//! The cases, one file for each promise. [`conformance`](super::conformance) lists them.

pub(crate) mod b1;
pub(crate) mod b10;
pub(crate) mod b11;
pub(crate) mod b12;
pub(crate) mod b13;
pub(crate) mod b14;
pub(crate) mod b15;
pub(crate) mod b16;
pub(crate) mod b2;
pub(crate) mod b3;
pub(crate) mod b3_ended;
pub(crate) mod b3_threads;
pub(crate) mod b4;
pub(crate) mod b5;
pub(crate) mod b6;
pub(crate) mod b6_under_way;
pub(crate) mod b7;
pub(crate) mod b8;
pub(crate) mod b9;
pub(crate) mod elsewhere;
pub(crate) mod large;
pub(crate) mod log_chain;
pub(crate) mod log_dropping;
pub(crate) mod log_group;
pub(crate) mod log_reading;
pub(crate) mod log_tail;
