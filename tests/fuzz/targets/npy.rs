//! Any bytes, read as an array.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pointwise_fuzz::npy(data));
