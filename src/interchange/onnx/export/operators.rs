//! From an operation to the operators of ONNX that compute it.

use super::super::proto::NodeProto;
use super::layer::{Layer, Place, TooMany};
use super::{activation, conv, movement, norm, pool, resize};
use crate::op::Op;

/// The nodes of a layer; of an input none. What they write out in numbers is taken from the budget.
pub fn nodes(op: &Op, place: &Place, budget: &mut usize) -> Result<Vec<NodeProto>, TooMany> {
    let mut layer = Layer::new(place, budget);
    write(&mut layer, op)?;
    Ok(layer.done())
}

fn write(layer: &mut Layer<'_>, op: &Op) -> Result<(), TooMany> {
    match op {
        Op::Input(_) => {}
        Op::Param(_) => movement::param(layer),
        Op::Constant(constant) => return movement::constant(layer, &constant.values),
        Op::Conv(own) => conv::conv(layer, own),
        Op::ConvTranspose(own) => conv::conv_transpose(layer, own),
        Op::Linear(_) => conv::linear(layer),
        Op::MatMul => conv::matmul(layer),
        Op::BatchNorm(own) => norm::batch_norm(layer, own),
        Op::GroupNorm(own) => norm::group_norm(layer, own),
        Op::LayerNorm(own) => norm::layer_norm(layer, own),
        Op::InstanceNorm(own) => norm::instance_norm(layer, own),
        Op::Lrn(own) => norm::lrn(layer, own),
        Op::Scale(_) => {
            let x = layer.x();
            norm::affine(layer, &x);
        }
        Op::Activation(own) => activation::activation(layer, *own),
        Op::Softmax(own) => activation::softmax(layer, *own),
        Op::Pool(own) => return pool::pool(layer, own),
        Op::GlobalPool(own) => pool::global(layer, *own),
        Op::AdaptivePool(own) => return pool::adaptive(layer, *own),
        Op::Concat(own) => movement::concat(layer, *own),
        Op::Elementwise(own) => movement::elementwise(layer, own.merge),
        Op::Scalar(own) => activation::scalar(layer, own.op, own.value),
        Op::Unary(own) => activation::unary(layer, own),
        Op::Flatten => movement::flatten(layer),
        Op::Reshape(_) => movement::reshape(layer),
        Op::Transpose(own) => movement::transpose(layer, own),
        Op::Slice(own) => movement::slice(layer, *own),
        Op::Pad(own) => movement::pad(layer, own),
        Op::Upsample(own) => return resize::resize(layer, own),
        Op::DepthToSpace(own) => movement::depth_to_space(layer, *own),
        Op::SpaceToDepth(own) => movement::space_to_depth(layer, *own),
        Op::ChannelShuffle(own) => movement::channel_shuffle(layer, *own),
        Op::Reduce(own) => pool::reduce(layer, own),
        Op::Gather(own) => return movement::gather(layer, own),
        Op::Repeat(own) => movement::repeat(layer, own),
        Op::Dropout(own) => movement::dropout(layer, own.p),
        Op::Identity => {
            layer.add("Identity", "y", &[&layer.x()], vec![]);
        }
    }
    Ok(())
}
