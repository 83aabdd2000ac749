//! Normalisations and the learnable per-channel scale.

/// Batch normalisation over axis 0 with running statistics.
#[derive(Debug, Clone, PartialEq)]
pub struct BatchNorm {
    /// Added to the variance.
    pub eps: f64,
    /// Whether scale and shift are learned.
    pub affine: bool,
}

/// Group normalisation (Wu & He, 2018).
#[derive(Debug, Clone, PartialEq)]
pub struct GroupNorm {
    /// Channel groups.
    pub groups: u64,
    /// Added to the variance.
    pub eps: f64,
    /// Whether scale and shift are learned.
    pub affine: bool,
}

/// Layer normalisation over axis 0 at each position, as in ConvNeXt.
#[derive(Debug, Clone, PartialEq)]
pub struct LayerNorm {
    /// Added to the variance.
    pub eps: f64,
    /// Whether scale and shift are learned.
    pub affine: bool,
}

/// Instance normalisation over each channel's map.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceNorm {
    /// Added to the variance.
    pub eps: f64,
    /// Whether scale and shift are learned.
    pub affine: bool,
}

/// Local response normalisation across channels, PyTorch's definition: `x / (k + alpha / size * sum x^2)^beta`.
#[derive(Debug, Clone, PartialEq)]
pub struct Lrn {
    /// Channels in the window.
    pub size: u64,
    /// Factor of the mean square.
    pub alpha: f64,
    /// Exponent.
    pub beta: f64,
    /// Constant.
    pub k: f64,
}

/// A learnable factor per channel, with a shift where `bias`.
#[derive(Debug, Clone, PartialEq)]
pub struct Scale {
    /// Value that training starts from.
    pub init: f64,
    /// Whether a shift is learned.
    pub bias: bool,
}
