//! What is wrong with an ONNX file.

use std::io;

use thiserror::Error;

/// Why a file is no ONNX model that can be read.
#[derive(Debug, Error)]
pub enum FormatError {
    /// The file cannot be read.
    #[error("{0}")]
    Read(#[from] io::Error),
    /// It ends, or a part of it does, before what it says is there.
    #[error("the file is cut off: what begins at byte {at} goes on behind the end of what holds it")]
    CutOff {
        /// Where.
        at: u64,
    },
    /// It is something else.
    #[error("this is no ONNX model: byte {at} cannot begin a field")]
    NotProtobuf {
        /// Where.
        at: u64,
    },
    /// It is a protobuf message of another kind.
    #[error("this is no ONNX model: {why}")]
    NotOnnx {
        /// What is missing or cannot be read.
        why: String,
    },
    /// Graphs in graphs without end.
    #[error("graphs stand within graphs more than 64 deep")]
    TooDeep,
    /// More nodes, names and attributes than a network has.
    #[error("the model has more structure than 64 MiB or 4,000,000 fields")]
    TooLarge,
    /// A tensor's description does not hold together.
    #[error("tensor `{name}`: {why}")]
    Tensor {
        /// Its name.
        name: String,
        /// A clause.
        why: String,
    },
}
