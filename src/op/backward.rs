//! What an operation keeps of a forward pass in training, so that its gradients can be computed.
//!
//! In: an operation. Out: [`Kept`], by this table. "Output" stands where the output tells what the derivative needs, as it
//! does for frameworks that compute an activation in place; the next layer mostly keeps that tensor anyway.
//!
//! | operation | keeps | because |
//! |---|---|---|
//! | `conv`, `conv_transpose`, `linear`, `scale` | input | the gradient of the weights is made from it |
//! | `bn`, `group_norm`, `layer_norm`, `instance_norm` | input; mean and deviation | they are normalised again |
//! | `lrn` | input; the map of denominators | both stand in its derivative |
//! | `relu`, `relu6`, `hard_sigmoid`, `leaky_relu`, `elu`, `selu`, `celu`, `thresholded_relu`, `sigmoid`, `tanh`, `softplus`, `softsign`, `softmax`, `log_softmax` | output | it tells the derivative |
//! | `sqrt`, `exp`, `reciprocal`, `clamp`, maximum and minimum with a constant, a constant over the input or to its power | output | it tells the derivative |
//! | `silu`, `hard_swish`, `gelu`, `mish`, `prelu`, `leaky_relu` or `elu` with a negative factor, `thresholded_relu` with a negative one, `softplus` with a threshold that shows | input | the output does not |
//! | `log`, `abs`, `erf`, `sin`, `cos`, a power with a constant exponent | input | the output does not |
//! | `maxpool`, `global_maxpool`, `adaptive_maxpool`, `amax`, `amin` | where each maximum stood, 8 bytes a position | only that element has a gradient |
//! | `max`, `min` | which input won, a byte an element | only that input has a gradient |
//! | `mul`, `matmul` | inputs | each one is the derivative of the others |
//! | `div` | divisors, and the dividend where they have a gradient | they stand in the derivatives |
//! | `pow` | inputs | both stand in the derivatives |
//! | `l1` | input | its signs are the derivative |
//! | `prod`, `l2` | input; output | both stand in its derivative |
//! | `dropout` | which elements were dropped, a byte an element | they have no gradient |
//! | everything else: sums, joins, means, copies, resizes, views, roundings, `neg`, `sign` | nothing | their derivatives are constants |

use super::activation::SOFTPLUS_THRESHOLD;
use super::work::elements;
use super::{Activation, AdaptivePool, GlobalPool, Merge, Op, PoolKind, Reduction, ScalarOp, Shape, Unary};

/// What is kept; of the maps an operation reads and makes, and of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Kept {
    /// Which maps.
    pub maps: Maps,
    /// What of its own.
    pub own: Own,
}

/// Maps that are kept as they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Maps {
    /// None.
    #[default]
    None,
    /// The input.
    Input,
    /// Each input that another input's gradient is made from.
    OtherInputs,
    /// All inputs but the first, and that too where one of the others has a gradient: divisors.
    Divisors,
    /// All inputs.
    Inputs,
    /// The output.
    Output,
}

/// What is made for the backward pass alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Own {
    /// Nothing.
    #[default]
    None,
    /// So many numbers for all images together, of the type of the tensors.
    Once(u64),
    /// So many numbers for each image, of the type of the tensors.
    Each(u64),
    /// So many bytes for each image.
    Bytes(u64),
}

/// Bytes of a position in a map.
const INDEX_BYTES: u64 = 8;

impl Kept {
    const NOTHING: Self = Self { maps: Maps::None, own: Own::None };
    const INPUT: Self = Self { maps: Maps::Input, own: Own::None };
    const OUTPUT: Self = Self { maps: Maps::Output, own: Own::None };

    const fn input_and(own: Own) -> Self {
        Self { maps: Maps::Input, own }
    }

    const fn only(own: Own) -> Self {
        Self { maps: Maps::None, own }
    }
}

impl Op {
    /// What is kept of inputs and output of these shapes; `None` where a count exceeds 64 bits.
    #[must_use]
    pub fn kept_for_backward(&self, inputs: &[Shape], output: Shape) -> Option<Kept> {
        let map = elements(output).ok()?;
        let channels = output.channels();
        Some(match self {
            Self::Conv(_) | Self::ConvTranspose(_) | Self::Linear(_) | Self::Scale(_) => Kept::INPUT,
            Self::BatchNorm(_) => Kept::input_and(Own::Once(channels.checked_mul(2)?)),
            Self::GroupNorm(norm) => Kept::input_and(Own::Each(norm.groups.checked_mul(2)?)),
            Self::InstanceNorm(_) => Kept::input_and(Own::Each(channels.checked_mul(2)?)),
            Self::LayerNorm(norm) => {
                let along = norm.axes.iter().try_fold(1u64, |product, axis| product.checked_mul(output.dim(*axis)))?;
                Kept::input_and(Own::Each((map / along).checked_mul(2)?))
            }
            Self::Lrn(_) => Kept::input_and(Own::Each(map)),
            Self::Activation(activation) => kept_by(activation),
            Self::Softmax(_) => Kept::OUTPUT,
            Self::Pool(pool) => match pool.kind {
                PoolKind::Max => Kept::only(Own::Bytes(map.checked_mul(INDEX_BYTES)?)),
                PoolKind::Avg { .. } => Kept::NOTHING,
            },
            Self::MatMul => Kept { maps: Maps::OtherInputs, own: Own::None },
            Self::Reduce(reduce) => match reduce.kind {
                Reduction::Sum | Reduction::Mean => Kept::NOTHING,
                Reduction::Amax | Reduction::Amin => Kept::only(Own::Bytes(map.checked_mul(INDEX_BYTES)?)),
                Reduction::L1 => Kept::INPUT,
                Reduction::Prod | Reduction::L2 => Kept::input_and(Own::Each(map)),
            },
            Self::GlobalPool(GlobalPool::Max) | Self::AdaptivePool(AdaptivePool { kind: GlobalPool::Max, .. }) => {
                Kept::only(Own::Bytes(map.checked_mul(INDEX_BYTES)?))
            }
            Self::Elementwise(elementwise) => match elementwise.merge {
                Merge::Mul => Kept { maps: Maps::OtherInputs, own: Own::None },
                Merge::Div => Kept { maps: Maps::Divisors, own: Own::None },
                Merge::Pow => Kept { maps: Maps::Inputs, own: Own::None },
                Merge::Max | Merge::Min => Kept::only(Own::Bytes(map)),
                Merge::Add | Merge::Sub => Kept::NOTHING,
            },
            Self::Scalar(scalar) => match scalar.op {
                ScalarOp::Max | ScalarOp::Min | ScalarOp::RevDiv | ScalarOp::RevPow => Kept::OUTPUT,
                ScalarOp::Pow => Kept::INPUT,
                ScalarOp::Add | ScalarOp::Sub | ScalarOp::RevSub | ScalarOp::Mul | ScalarOp::Div => Kept::NOTHING,
            },
            Self::Unary(unary) => kept_by_function(unary),
            Self::Dropout(_) if self.is_view_in_training() => Kept::NOTHING,
            Self::Dropout(_) => Kept::only(Own::Bytes(elements(*inputs.first()?).ok()?)),
            Self::Input(_)
            | Self::Param(_)
            | Self::Constant(_)
            | Self::GlobalPool(GlobalPool::Avg)
            | Self::AdaptivePool(AdaptivePool { kind: GlobalPool::Avg, .. })
            | Self::Concat(_)
            | Self::Flatten
            | Self::Reshape(_)
            | Self::Transpose(_)
            | Self::Slice(_)
            | Self::Pad(_)
            | Self::Upsample(_)
            | Self::DepthToSpace(_)
            | Self::SpaceToDepth(_)
            | Self::ChannelShuffle(_)
            | Self::Gather(_)
            | Self::Repeat(_)
            | Self::Identity => Kept::NOTHING,
        })
    }

    /// Whether its output is its input's memory in training too: dropout, which passes its input on when a network is run,
    /// makes a tensor of its own there.
    #[must_use]
    pub fn is_view_in_training(&self) -> bool {
        if let Self::Dropout(dropout) = self { dropout.p <= 0.0 } else { self.is_view() }
    }
}

fn kept_by(activation: &Activation) -> Kept {
    match activation {
        // Where it jumps, two inputs of other slopes give one output.
        Activation::Softplus { threshold, .. } if *threshold < SOFTPLUS_THRESHOLD => Kept::INPUT,
        Activation::Relu
        | Activation::Relu6
        | Activation::HardSigmoid { .. }
        | Activation::Sigmoid
        | Activation::Tanh
        | Activation::Softsign
        | Activation::Selu
        | Activation::Celu { .. }
        | Activation::Softplus { .. } => Kept::OUTPUT,
        // Below zero a negative factor gives positive outputs, which positive inputs give as well; a negative threshold lets
        // zero through, which stands for what it does not let through.
        Activation::LeakyRelu { slope: factor }
        | Activation::Elu { alpha: factor }
        | Activation::ThresholdedRelu { alpha: factor } => {
            if *factor >= 0.0 {
                Kept::OUTPUT
            } else {
                Kept::INPUT
            }
        }
        Activation::Silu
        | Activation::HardSwish
        | Activation::Gelu
        | Activation::GeluTanh
        | Activation::Mish
        | Activation::Prelu { .. } => Kept::INPUT,
    }
}

fn kept_by_function(unary: &Unary) -> Kept {
    match unary {
        Unary::Sqrt | Unary::Exp | Unary::Reciprocal | Unary::Clamp { .. } => Kept::OUTPUT,
        Unary::Log | Unary::Erf | Unary::Sin | Unary::Cos | Unary::Abs => Kept::INPUT,
        Unary::Neg | Unary::Sign | Unary::Floor | Unary::Ceil | Unary::Round => Kept::NOTHING,
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::op;
    use super::*;

    #[test]
    fn each_operation_keeps_what_its_derivative_needs() {
        let kept = |call: &str| {
            let (op, inputs) = op(call);
            op.kept_for_backward(&inputs, op.infer(&inputs).expect("it fits")).expect("countable")
        };
        for (call, wanted) in [
            ("conv(8, 3)([4, 8, 8])", Kept::INPUT),
            ("linear(8)([4])", Kept::INPUT),
            ("bn()([4, 8, 8])", Kept::input_and(Own::Once(8))),
            ("group_norm(2)([4, 8, 8])", Kept::input_and(Own::Each(4))),
            ("instance_norm()([4, 8, 8])", Kept::input_and(Own::Each(8))),
            ("layer_norm()([4, 8, 8])", Kept::input_and(Own::Each(128))),
            ("lrn(5)([4, 8, 8])", Kept::input_and(Own::Each(256))),
            ("relu()([4, 8, 8])", Kept::OUTPUT),
            ("leaky_relu(0.1)([4])", Kept::OUTPUT),
            ("leaky_relu(-0.1)([4])", Kept::INPUT),
            ("silu()([4])", Kept::INPUT),
            ("softmax()([4])", Kept::OUTPUT),
            ("maxpool(2)([4, 8, 8])", Kept::only(Own::Bytes(8 * 64))),
            ("avgpool(2)([4, 8, 8])", Kept::NOTHING),
            ("global_maxpool()([4, 8, 8])", Kept::only(Own::Bytes(32))),
            ("adaptive_maxpool(2)([4, 8, 8])", Kept::only(Own::Bytes(128))),
            ("mul()([4], [4])", Kept { maps: Maps::OtherInputs, own: Own::None }),
            ("max()([4], [4])", Kept::only(Own::Bytes(4))),
            ("min()([4], [4])", Kept::only(Own::Bytes(4))),
            ("div()([4], [4])", Kept { maps: Maps::Divisors, own: Own::None }),
            ("pow()([4], [4])", Kept { maps: Maps::Inputs, own: Own::None }),
            ("softplus(1, 2)([4])", Kept::INPUT),
            ("softplus(2)([4])", Kept::OUTPUT),
            ("exp()([4])", Kept::OUTPUT),
            ("log()([4])", Kept::INPUT),
            ("floor()([4])", Kept::NOTHING),
            ("add()([4], [4])", Kept::NOTHING),
            ("matmul()([4, 2], [2, 3])", Kept { maps: Maps::OtherInputs, own: Own::None }),
            ("layer_norm(axes=[1, 2])([4, 8, 8])", Kept::input_and(Own::Each(8))),
            ("sum(0)([4, 8])", Kept::NOTHING),
            ("amin(0)([4, 8])", Kept::only(Own::Bytes(64))),
            ("l1(0)([4, 8])", Kept::INPUT),
            ("l2(0)([4, 8])", Kept::input_and(Own::Each(8))),
            ("gather([1, 0])([4, 8])", Kept::NOTHING),
            ("concat()([4], [4])", Kept::NOTHING),
            ("dropout(0.5)([4])", Kept::only(Own::Bytes(4))),
            ("dropout(0)([4])", Kept::NOTHING),
            ("flatten()([4, 8, 8])", Kept::NOTHING),
        ] {
            assert_eq!(kept(call), wanted, "{call}");
        }
    }
}
