//! Any bytes, read as a model of ONNX.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| pointwise_fuzz::onnx(data));
