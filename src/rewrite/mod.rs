//! Rewrites.
pub mod chain;
pub mod forms;
pub mod geometry;
pub mod insert;
pub mod neighbour;
pub mod path;
mod rebuild;
