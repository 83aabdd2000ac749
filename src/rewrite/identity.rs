//! Exact pass: removes operations that pass their input on unchanged when the network is run.

use super::rebuild::Rebuild;
use super::{Change, Rewrite};
use crate::op::{Op, Padding, Pool, Reduce, Reduction, Scalar, ScalarOp, Shape};
use crate::shape::Shaped;

/// Removes identities: dropout, 1x1 windows, reshapes to the same shape, `+ 0`, `* 1`, and their like.
///
/// One that would make a network input an output itself stays, so that every output remains a layer's.
#[must_use]
pub fn run(shaped: &Shaped) -> Rewrite {
    let graph = shaped.graph();
    let mut build = Rebuild::new(shaped);
    let mut changes = Vec::new();
    for &id in shaped.order() {
        let node = graph.node(id);
        let reason = identity(&node.op, &shaped.input_shapes(id)).filter(|_| !node.directives.keep);
        match reason {
            Some(reason) if !(graph.is_output(id) && build.is_input(build.inputs(id)[0])) => {
                build.alias(id, build.inputs(id)[0]);
                changes.push(Change::exact("identity", [&node.name], reason));
            }
            _ => drop(build.keep(id)),
        }
    }
    Rewrite::new(build.finish(), changes)
}

/// Why an operation changes nothing on inputs of these shapes; `None` where it does.
#[must_use]
pub fn identity(op: &Op, inputs: &[Shape]) -> Option<&'static str> {
    let [input] = inputs else { return None };
    let same = |holds: bool, why: &'static str| holds.then_some(why);
    match op {
        Op::Identity => Some("it passes its input on"),
        Op::Dropout(_) => Some("dropout is the identity when the network is run"),
        Op::Pool(pool) => same(is_single_window(pool), "its window is one pixel"),
        Op::GlobalPool(_) => same(input.grid() == Some((1, 1)), "its map is one pixel"),
        Op::AdaptivePool(pool) => same(input.grid() == Some((pool.out[0], pool.out[1])), "the map has that size already"),
        Op::Concat(_) => Some("it has one input"),
        Op::Scalar(scalar) => same(is_neutral(*scalar), "its constant changes nothing"),
        Op::Flatten => same(input.rank() == 1, "it is flat already"),
        Op::Reshape(reshape) => same(reshape.shape == *input, "it has that shape already"),
        Op::Transpose(transpose) => {
            same(transpose.axes.iter().enumerate().all(|(i, axis)| i == *axis), "the axes keep their order")
        }
        Op::Slice(slice) => same(
            slice.start == 0 && slice.step == 1 && u64::try_from(slice.end) == Ok(input.dim(slice.axis)),
            "it takes the whole axis",
        ),
        Op::Pad(pad) => same(pad.pad == Padding::default() && pad.crop == Padding::default(), "it pads nothing"),
        Op::Upsample(upsample) => {
            same(input.grid().is_some_and(|(h, w)| upsample.copies([h, w])), "the map has that size already")
        }
        Op::DepthToSpace(to) => same(to.block == 1, "its block is one pixel"),
        Op::SpaceToDepth(to) => same(to.block == 1, "its block is one pixel"),
        Op::ChannelShuffle(shuffle) => {
            same(shuffle.groups == 1 || shuffle.groups == input.channels(), "there is nothing to interleave")
        }
        Op::Reduce(reduce) => same(is_of_one(reduce, *input), "its axes have one element"),
        Op::Gather(gather) => {
            let dim = input.dim(gather.axis);
            same(gather.indices.iter().copied().eq(0..dim), "it takes the whole axis in order")
        }
        Op::Repeat(_) => same(op.infer(inputs).is_ok_and(|output| output == *input), "it has that shape already"),
        Op::Input(_)
        | Op::Param(_)
        | Op::Constant(_)
        | Op::Conv(_)
        | Op::ConvTranspose(_)
        | Op::Linear(_)
        | Op::MatMul
        | Op::BatchNorm(_)
        | Op::GroupNorm(_)
        | Op::LayerNorm(_)
        | Op::InstanceNorm(_)
        | Op::Lrn(_)
        | Op::Scale(_)
        | Op::Activation(_)
        | Op::Softmax(_)
        | Op::Unary(_)
        | Op::Elementwise(_) => None,
    }
}

/// Whether it makes each element of itself alone, and does nothing to it: an absolute value would.
fn is_of_one(reduce: &Reduce, input: Shape) -> bool {
    let passes_on = match reduce.kind {
        Reduction::Sum | Reduction::Mean | Reduction::Amax | Reduction::Amin | Reduction::Prod => true,
        Reduction::L1 | Reduction::L2 => false,
    };
    passes_on && reduce.keep && reduce.axes.iter().all(|axis| input.dim(*axis) == 1)
}

fn is_single_window(pool: &Pool) -> bool {
    pool.kernel == [1, 1] && pool.stride == [1, 1] && pool.pad == Padding::default()
}

#[expect(clippy::float_cmp, reason = "only the exact neutral element changes nothing")]
fn is_neutral(scalar: Scalar) -> bool {
    match scalar.op {
        ScalarOp::Add | ScalarOp::Sub => scalar.value == 0.0,
        ScalarOp::Mul | ScalarOp::Div | ScalarOp::Pow => scalar.value == 1.0,
        ScalarOp::RevSub | ScalarOp::RevDiv | ScalarOp::RevPow | ScalarOp::Max | ScalarOp::Min => false,
    }
}
