//! Convolution and transposed convolution: one geometry for shape, work and receptive field.

/// Rows and columns of zeros round a map.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct Padding {
    /// Rows above.
    pub top: u64,
    /// Columns to the left.
    pub left: u64,
    /// Rows below.
    pub bottom: u64,
    /// Columns to the right.
    pub right: u64,
}

/// 2-D convolution of `[C, H, W]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Conv {
    /// Output channels.
    pub out: u64,
    /// `[kh, kw]`.
    pub kernel: [u64; 2],
    /// `[sh, sw]`.
    pub stride: [u64; 2],
    /// Zeros round the input; `same` has been resolved.
    pub pad: Padding,
    /// `[dh, dw]`.
    pub dilation: [u64; 2],
    /// Channel groups; divides input and output channels.
    pub groups: u64,
    /// Whether a bias is added.
    pub bias: bool,
    /// Written as `dwconv`: groups equal the input channels.
    pub depthwise: bool,
}

/// 2-D transposed convolution of `[C, H, W]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct ConvTranspose {
    /// Output channels.
    pub out: u64,
    /// `[kh, kw]`.
    pub kernel: [u64; 2],
    /// `[sh, sw]`.
    pub stride: [u64; 2],
    /// Rows and columns taken off the output.
    pub pad: Padding,
    /// Rows and columns added at the bottom and right, `[h, w]`.
    pub output_pad: [u64; 2],
    /// `[dh, dw]`.
    pub dilation: [u64; 2],
    /// Channel groups.
    pub groups: u64,
    /// Whether a bias is added.
    pub bias: bool,
}
