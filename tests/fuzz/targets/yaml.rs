//! Any text, read as a configuration and as a target.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pointwise_fuzz::yaml(data));
