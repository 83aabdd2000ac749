//! Any text, laid out and read again.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pointwise_fuzz::text(data));
