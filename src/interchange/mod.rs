//! Values and networks from and to other programs' files: safetensors, `.npy`, images, ONNX, darknet, Caffe.
//!
//! In: the bytes of a file. Out: tensors or a graph, or an error that says what is wrong with the bytes; and the way back. Nothing here
//! opens files, and no length that a file claims is trusted before it has been compared with the bytes that are there.

pub mod caffe;
pub mod darknet;
pub mod image;
mod jpeg;
pub mod listed;
pub(crate) mod naming;
pub mod npy;
mod npy_header;
mod number;
pub mod onnx;
mod resample;
pub mod safetensors;
