//! What kind of thing an operation is to its neighbours: what may stand between two layers, what fuses, what forms refine.
//!
//! The one place that sorts operations; whoever asks whether "something like a normalisation" stands here asks it.

use super::{Conv, ConvTranspose, Linear, Op};

/// The kinds of operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Class {
    /// A value that is not made from others: an input, a learned tensor, a constant.
    Source,
    /// A convolution or linear layer.
    Layer,
    /// A normalisation of each channel or position.
    Norm(Statistics),
    /// A learned factor, and a shift, a channel.
    Scale,
    /// An element-wise non-linearity.
    Activation,
    /// What normalises values against their neighbours in other channels, and learns nothing.
    Competition,
    /// What sums products of two tensors.
    Product,
    /// What takes the mean or maximum of a window, of the whole map or of axes.
    Pooling,
    /// Element-wise arithmetic of tensors, or with a constant, and functions of each element that are no activation.
    Arithmetic,
    /// Other dimensions of the same elements in the same order.
    Reshape,
    /// What passes its input on when a network is run.
    Nothing,
    /// The same channels on a map of another size.
    Resize,
    /// What joins, cuts or reorders elements.
    Rearrangement,
}

/// Where a normalisation's mean and variance are from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Statistics {
    /// They were kept in training: it is a factor and a shift a channel.
    Kept,
    /// They are its input's, which it passes over first.
    OfInput,
}

/// A convolution or linear layer.
#[derive(Debug, Clone, Copy)]
pub enum Dense<'a> {
    /// 2-D convolution.
    Conv(&'a Conv),
    /// 2-D transposed convolution.
    ConvTranspose(&'a ConvTranspose),
    /// Fully connected.
    Linear(&'a Linear),
}

impl Class {
    /// Whether it changes neither the channels' meaning nor the place: what may stand between two layers that belong
    /// together.
    #[must_use]
    pub fn is_companion(self) -> bool {
        match self {
            Self::Norm(_) | Self::Scale | Self::Activation | Self::Reshape | Self::Nothing => true,
            Self::Source
            | Self::Layer
            | Self::Competition
            | Self::Product
            | Self::Pooling
            | Self::Arithmetic
            | Self::Resize
            | Self::Rearrangement => false,
        }
    }

    /// Whether each value that it makes hangs on the value at the same place in an input of that shape: it can be computed as
    /// that value leaves a layer, or written over it.
    #[must_use]
    pub fn is_elementwise(self) -> bool {
        match self {
            Self::Norm(Statistics::Kept) | Self::Scale | Self::Activation | Self::Arithmetic => true,
            Self::Source
            | Self::Layer
            | Self::Norm(Statistics::OfInput)
            | Self::Competition
            | Self::Product
            | Self::Pooling
            | Self::Reshape
            | Self::Nothing
            | Self::Resize
            | Self::Rearrangement => false,
        }
    }
}

impl Op {
    /// What kind of thing it is to its neighbours.
    #[must_use]
    pub fn class(&self) -> Class {
        match self {
            Self::Input(_) | Self::Param(_) | Self::Constant(_) => Class::Source,
            Self::Conv(_) | Self::ConvTranspose(_) | Self::Linear(_) => Class::Layer,
            Self::BatchNorm(_) => Class::Norm(Statistics::Kept),
            Self::GroupNorm(_) | Self::LayerNorm(_) | Self::InstanceNorm(_) => Class::Norm(Statistics::OfInput),
            Self::Scale(_) => Class::Scale,
            Self::Activation(_) => Class::Activation,
            Self::Lrn(_) | Self::Softmax(_) => Class::Competition,
            Self::Pool(_) | Self::GlobalPool(_) | Self::AdaptivePool(_) | Self::Reduce(_) => Class::Pooling,
            Self::MatMul => Class::Product,
            Self::Elementwise(_) | Self::Scalar(_) | Self::Unary(_) => Class::Arithmetic,
            Self::Flatten | Self::Reshape(_) => Class::Reshape,
            Self::Dropout(_) | Self::Identity => Class::Nothing,
            Self::Pad(_) | Self::Upsample(_) => Class::Resize,
            Self::Concat(_)
            | Self::Transpose(_)
            | Self::Slice(_)
            | Self::Gather(_)
            | Self::Repeat(_)
            | Self::DepthToSpace(_)
            | Self::SpaceToDepth(_)
            | Self::ChannelShuffle(_) => Class::Rearrangement,
        }
    }

    /// Whether it is a convolution or linear layer.
    #[must_use]
    pub fn is_layer(&self) -> bool {
        self.class() == Class::Layer
    }

    /// The convolution or linear layer that it is.
    #[must_use]
    pub fn as_dense(&self) -> Option<Dense<'_>> {
        if let Self::Conv(conv) = self {
            Some(Dense::Conv(conv))
        } else if let Self::ConvTranspose(conv) = self {
            Some(Dense::ConvTranspose(conv))
        } else if let Self::Linear(linear) = self {
            Some(Dense::Linear(linear))
        } else {
            None
        }
    }

    /// Whether it has factors of more than the channels: one for each element of a map.
    fn normalises_elements(&self) -> bool {
        matches!(self, Self::LayerNorm(norm) if norm.affine && norm.axes.len() > 1 && norm.axes.contains(&0))
    }

    /// Whether it works on any number of channels and makes each of its output's of the same one of its first input, in their
    /// order; of a map, `flatten` makes as many elements of each as the map has pixels.
    #[must_use]
    pub fn keeps_channels(&self) -> bool {
        match self.class() {
            Class::Norm(_) => !matches!(self, Self::GroupNorm(_)) && !self.normalises_elements(),
            Class::Pooling => !matches!(self, Self::Reduce(_)),
            Class::Arithmetic => !matches!(self, Self::Elementwise(_)),
            Class::Reshape => matches!(self, Self::Flatten),
            Class::Scale | Class::Activation | Class::Competition | Class::Nothing | Class::Resize => true,
            Class::Source | Class::Layer | Class::Product | Class::Rearrangement => false,
        }
    }
}
