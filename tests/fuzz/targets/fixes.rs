//! Any text, with its fixes applied.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pointwise_fuzz::fixes(data));
