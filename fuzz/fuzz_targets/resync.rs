//! `cargo +nightly fuzz run --features libfuzzer resync`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aof_fuzz::resync(data));
