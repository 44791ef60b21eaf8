//! `cargo +nightly fuzz run --features libfuzzer open`
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| aof_fuzz::open(data));
