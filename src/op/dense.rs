//! Fully connected layers.

/// `y = x W^T + b` over the last axis.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Linear {
    /// Output features.
    pub out: u64,
    /// Whether a bias is added.
    pub bias: bool,
}
