//! Any text, compiled.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pointwise_fuzz::compile(data));
