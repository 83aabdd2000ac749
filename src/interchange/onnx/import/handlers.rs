//! Which function says what an operator means, where something flows through it.

use super::super::fold::Why;
use super::{Importer, Use, Value, arithmetic, choose, conv, einsum, function, movement, norm, pool, product, repeat, resample};

/// Says what a node means, and adds what computes that.
pub(super) type Handler = for<'m> fn(&mut Importer<'m>, &Use<'m>) -> Result<Vec<Value>, Why>;

/// The operators that maps go through.
const HANDLERS: &[(&str, Handler)] = &[
    ("Abs", arithmetic::unary),
    ("Add", arithmetic::merge),
    ("ArgMax", function::integers),
    ("ArgMin", function::integers),
    ("AveragePool", pool::window),
    ("BatchNormalization", norm::batch),
    ("Cast", movement::cast),
    ("CastLike", movement::cast),
    ("Ceil", arithmetic::unary),
    ("Celu", arithmetic::activation),
    ("Clip", arithmetic::clip),
    ("Concat", movement::concat),
    ("Conv", conv::conv),
    ("ConvTranspose", conv::transposed),
    ("Cos", arithmetic::unary),
    ("DepthToSpace", resample::depth_to_space),
    ("Div", arithmetic::merge),
    ("Dropout", movement::dropout),
    ("Einsum", einsum::einsum),
    ("Elu", arithmetic::activation),
    ("Erf", arithmetic::unary),
    ("Exp", arithmetic::unary),
    ("Expand", repeat::expand),
    ("Flatten", movement::flatten),
    ("Floor", arithmetic::unary),
    ("Gather", repeat::gather),
    ("GatherElements", choose::by_index),
    ("Gelu", arithmetic::activation),
    ("Gemm", product::gemm),
    ("GlobalAveragePool", pool::global),
    ("GlobalMaxPool", pool::global),
    ("GroupNormalization", norm::group),
    ("HardSigmoid", arithmetic::activation),
    ("HardSwish", arithmetic::activation),
    ("Hardmax", function::hardmax),
    ("Identity", movement::same),
    ("InstanceNormalization", norm::instance),
    ("LRN", norm::lrn),
    ("LayerNormalization", norm::layer),
    ("LeakyRelu", arithmetic::activation),
    ("Log", arithmetic::unary),
    ("LogSoftmax", arithmetic::softmax),
    ("LpNormalization", function::lp),
    ("LpPool", pool::lp),
    ("MatMul", product::matmul),
    ("Max", arithmetic::merge),
    ("MaxPool", pool::window),
    ("Mean", arithmetic::merge),
    ("MeanVarianceNormalization", function::mean_variance),
    ("Min", arithmetic::merge),
    ("Mish", arithmetic::activation),
    ("Mul", arithmetic::merge),
    ("Neg", arithmetic::unary),
    ("PRelu", arithmetic::prelu),
    ("Pad", movement::pad),
    ("Pow", arithmetic::merge),
    ("RMSNormalization", function::root_mean_square),
    ("Reciprocal", arithmetic::unary),
    ("ReduceL1", pool::reduce),
    ("ReduceL2", pool::reduce),
    ("ReduceLogSum", pool::reduce),
    ("ReduceLogSumExp", pool::reduce),
    ("ReduceMax", pool::reduce),
    ("ReduceMean", pool::reduce),
    ("ReduceMin", pool::reduce),
    ("ReduceProd", pool::reduce),
    ("ReduceSum", pool::reduce),
    ("ReduceSumSquare", pool::reduce),
    ("Relu", arithmetic::activation),
    ("Reshape", movement::reshape),
    ("Resize", resample::resize),
    ("Round", arithmetic::unary),
    ("Selu", function::selu),
    ("Shape", movement::shape),
    ("Shrink", function::shrink),
    ("Sigmoid", arithmetic::activation),
    ("Sign", arithmetic::unary),
    ("Sin", arithmetic::unary),
    ("Size", movement::size),
    ("Slice", movement::slice),
    ("Softmax", arithmetic::softmax),
    ("Softplus", arithmetic::activation),
    ("Softsign", arithmetic::activation),
    ("SpaceToDepth", resample::space_to_depth),
    ("Split", movement::split),
    ("Sqrt", arithmetic::unary),
    ("Squeeze", movement::squeeze),
    ("Sub", arithmetic::merge),
    ("Sum", arithmetic::merge),
    ("Swish", function::swish),
    ("Tan", function::tan),
    ("Tanh", arithmetic::activation),
    ("ThresholdedRelu", arithmetic::activation),
    ("Tile", repeat::tile),
    ("Transpose", movement::transpose),
    ("Unsqueeze", movement::unsqueeze),
    ("Upsample", resample::resize),
    ("Where", choose::by_condition),
];

/// The function for an operator.
pub(super) fn of(op: &str) -> Option<Handler> {
    HANDLERS.binary_search_by(|(own, _)| (*own).cmp(op)).ok().map(|at| HANDLERS[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_in_order() {
        assert!(HANDLERS.windows(2).all(|pair| pair[0].0 < pair[1].0));
    }
}
