//! `cargo +nightly fuzz run --features libfuzzer validate`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aof_fuzz::validate(data));
