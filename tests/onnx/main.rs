//! Networks of other programs: what exporters write is read, counted and run as PyTorch does; what is damaged is refused.
//!
//! `models/` holds networks of torchvision and timm, narrowed, with random weights and calibrated batch norms, and three made
//! by hand, each as PyTorch writes it in three ways: `folded` (the older exporter, version 17 of the operators, batch norms
//! folded), `kept` (the same, version 13, batch norms kept, a free batch) and `dynamo` (the newer exporter, version 20), with
//! an input and PyTorch's outputs.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

#[path = "../common/mod.rs"]
mod common;

mod arbitrary;
mod build;
mod damage;
mod exported;
mod grown;
mod held;
mod lazy;
mod readings;
mod written;
