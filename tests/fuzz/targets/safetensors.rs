//! Any bytes, read as weights.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pointwise_fuzz::safetensors(data));
