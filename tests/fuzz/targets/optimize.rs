//! Any text, with bottlenecks put in.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pointwise_fuzz::optimize(data));
