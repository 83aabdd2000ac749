//! Pointwise: a compiler and static analyzer for convolutional networks.
pub mod code;
pub mod diagnostic;
pub mod source;
pub mod syntax;
