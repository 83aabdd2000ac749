//! Pointwise: a compiler and static analyzer for convolutional networks.
pub mod analysis;
pub mod code;
pub mod compile;
pub mod diagnostic;
pub mod graph;
pub mod lower;
pub mod metric;
pub mod op;
pub mod render;
pub mod report;
pub mod rewrite;
pub mod shape;
pub mod source;
pub mod syntax;
pub mod tensor;
