//! Pointwise: a compiler and static analyzer for convolutional networks.
pub mod analysis;
pub mod code;
pub mod diagnostic;
pub mod graph;
pub mod op;
pub mod rewrite;
pub mod shape;
pub mod source;
pub mod syntax;
pub mod tensor;
pub mod weights;
pub mod random;
