//! The memory of a training step as a document and as a small table.

use serde::Serialize;

use super::grid::{Cell, Grid, Heading};
use crate::analysis::training;
use crate::digits::count_of;

/// What the numbers leave out, in words.
pub const LEFT_OUT: &str = "left out: gradients of activations in flight, workspaces, the allocator, the loss, mixed precision";

/// The memory of a training step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Training {
    /// What updates the weights.
    pub optimizer: &'static str,
    /// Bytes of weights and running statistics.
    pub weight_bytes: u64,
    /// Bytes of the gradients of parameters.
    pub gradient_bytes: u64,
    /// Bytes of the optimizer's state.
    pub optimizer_bytes: u64,
    /// Bytes that are kept of the forward pass for the backward pass.
    pub activation_bytes: u64,
    /// How many tensors that are.
    pub activation_tensors: u64,
    /// The sum.
    pub total_bytes: u64,
}

impl From<&training::Training> for Training {
    fn from(t: &training::Training) -> Self {
        Self {
            optimizer: t.optimizer.name(),
            weight_bytes: t.weight_bytes,
            gradient_bytes: t.gradient_bytes,
            optimizer_bytes: t.optimizer_bytes,
            activation_bytes: t.activation_bytes,
            activation_tensors: t.activation_tensors,
            total_bytes: t.total_bytes,
        }
    }
}

/// What takes how many bytes.
#[must_use]
pub fn grid(t: &Training) -> Grid {
    let heading = |key, title| Heading { key, title };
    let row = |what: &str, bytes: u64, of: String| vec![Cell::Text(what.to_owned()), Cell::Bytes(bytes), Cell::Text(of)];
    let state = match training::Optimizer::from_name(t.optimizer).map_or(0, training::Optimizer::state) {
        0 => format!("{} keeps nothing", t.optimizer),
        1 => format!("{} keeps a number for each parameter", t.optimizer),
        n => format!("{} keeps {n} numbers for each parameter", t.optimizer),
    };
    let kept = format!("{} kept for the backward pass", count_of(t.activation_tensors, "tensor"));
    Grid {
        headings: vec![heading("what", "training step"), heading("bytes", "bytes"), heading("of", "of")],
        rows: vec![
            row("weights", t.weight_bytes, "parameters and running statistics".to_owned()),
            row("gradients", t.gradient_bytes, "parameters".to_owned()),
            row("optimizer", t.optimizer_bytes, state),
            row("activations", t.activation_bytes, kept),
        ],
        footer: Some(row("total", t.total_bytes, String::new())),
    }
}
