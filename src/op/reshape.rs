//! Operations that move elements without computing: reshape, transpose, slice, pad, resize, shuffle; and the mean over axes.

use super::conv::Padding;
use super::shape::Shape;

/// Other dimensions of the same product; `-1` has been resolved.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Reshape {
    /// The new dimensions.
    pub shape: Shape,
}

/// Axes in another order: output axis `i` is input axis `axes[i]`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Transpose {
    /// A permutation of `0..rank`.
    pub axes: Vec<usize>,
}

/// Elements `start, start + step, … < end` of an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Slice {
    /// Axis of the batchless shape.
    pub axis: usize,
    /// First element.
    pub start: u64,
    /// One past the last element; resolved, so at most the dimension.
    pub end: u64,
    /// Distance, at least 1.
    pub step: u64,
    /// Written as `split`: which piece of how many (for names and printing).
    pub piece: Option<(u32, u32)>,
}

/// What padding is filled with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum PadMode {
    /// A constant.
    Constant(f64),
    /// Mirror without the edge.
    Reflect,
    /// The edge.
    Replicate,
}

/// Padding of `[C, H, W]` in space.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Pad {
    /// How much.
    pub pad: Padding,
    /// With what.
    pub mode: PadMode,
}

/// How a resize interpolates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UpsampleMode {
    /// Nearest neighbour: input index `floor(i * in / out)`.
    Nearest,
    /// Bilinear; half-pixel centres unless `align_corners`.
    Bilinear {
        /// Whether corner pixels keep their values.
        align_corners: bool,
    },
}

/// Resize of `[C, H, W]` to `size`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Upsample {
    /// `[h, w]` of the output.
    pub size: [u64; 2],
    /// Interpolation.
    pub mode: UpsampleMode,
}

/// `[C b², H, W]` to `[C, H b, W b]` (PyTorch's `PixelShuffle`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DepthToSpace {
    /// Block size `b`.
    pub block: u64,
}

/// `[C, H b, W b]` to `[C b², H, W]` (PyTorch's `PixelUnshuffle`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SpaceToDepth {
    /// Block size `b`.
    pub block: u64,
}

/// Interleaves `groups` groups of channels (Zhang et al., 2018).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChannelShuffle {
    /// Groups; divides the channels.
    pub groups: u64,
}

/// Mean over axes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Mean {
    /// Axes, ascending, without repetition.
    pub axes: Vec<usize>,
    /// Whether the axes stay, with size 1.
    pub keep: bool,
}
