//! Models of any operators, grown from bytes.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pointwise_fuzz::models(data));
