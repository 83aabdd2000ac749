//! Why inputs do not fit an operation: reasons without places.
//!
//! The pass that met the reason adds the spans, the history of the shapes and a fix.

use super::conv::Padding;
use super::shape::Shape;

/// A spatial axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    /// Rows.
    Height,
    /// Columns.
    Width,
}

/// Why inputs do not fit an operation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ShapeError {
    /// Wrong number of inputs.
    Arity {
        /// Least number.
        min: usize,
        /// Most, if bounded.
        max: Option<usize>,
        /// Given.
        got: usize,
    },
    /// An input has the wrong rank.
    Rank {
        /// Which input.
        input: usize,
        /// What is needed: "[C, H, W]".
        needed: &'static str,
        /// What came.
        got: Shape,
    },
    /// Inputs of a concat differ in a dimension other than the joined axis, or in rank.
    Concat {
        /// The joined axis.
        axis: usize,
        /// An input.
        left: usize,
        /// The input that differs from it.
        right: usize,
        /// The first dimension in which they differ; `None` where the ranks differ.
        dim: Option<usize>,
    },
    /// Shapes cannot be broadcast together.
    Broadcast {
        /// An input.
        left: usize,
        /// The input that does not fit it.
        right: usize,
    },
    /// Two tensors have no matrix product.
    Product {
        /// The left input.
        left: Shape,
        /// The right one.
        right: Shape,
    },
    /// A window is larger than the padded input.
    Window {
        /// Rows or columns.
        side: Side,
        /// Extent of the window, dilation included.
        window: u64,
        /// Extent of the input.
        input: u64,
        /// Padding on both sides together.
        pad: u64,
    },
    /// Groups do not divide channels.
    Groups {
        /// Whether it is the output's channels.
        output: bool,
        /// The channels.
        channels: u64,
        /// The groups.
        groups: u64,
    },
    /// Pooling padding exceeds half of the window, or reflection exceeds the map.
    Padding {
        /// Rows or columns.
        side: Side,
        /// The padding on one side.
        pad: u64,
        /// The most that is allowed.
        most: u64,
        /// The padding with each side as it was, or the most that is allowed there.
        allowed: Padding,
    },
    /// A reshape changes the number of elements.
    Elements {
        /// The input's shape.
        from: Shape,
        /// Elements of the input.
        have: u64,
        /// Elements of the new shape.
        want: u64,
    },
    /// An axis is not there.
    Axis {
        /// The axis.
        axis: i64,
        /// The rank.
        rank: usize,
    },
    /// A slice or split lies outside the dimension, or sizes do not add up to it.
    Extent {
        /// The axis.
        axis: usize,
        /// Its dimension.
        dim: u64,
        /// What is wrong, as a clause: "the sizes 3 and 4 add up to 7".
        why: String,
    },
    /// A dimension cannot be divided evenly.
    Divide {
        /// The dimension's name: "channels".
        what: &'static str,
        /// Its value.
        value: u64,
        /// By what.
        by: u64,
    },
    /// A dimension of the output would be zero, negative or too large.
    Dimension {
        /// The dimension's name: "height".
        what: &'static str,
        /// Its value.
        value: i128,
    },
    /// A count exceeds 64 bits.
    Overflow {
        /// Which: "MACs".
        what: &'static str,
    },
}
