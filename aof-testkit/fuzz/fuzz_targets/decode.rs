#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| aof_testkit::fuzz::decode(bytes));
