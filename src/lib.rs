//! Pointwise: a compiler and static analyzer for convolutional networks.
pub mod analysis;
pub mod code;
pub mod compile;
pub mod diagnostic;
pub mod exec;
pub mod graph;
pub mod interchange;
pub mod lower;
pub mod metric;
pub mod op;
pub mod random;
pub mod rewrite;
pub mod shape;
pub mod source;
pub mod syntax;
pub mod tensor;
pub mod weights;
