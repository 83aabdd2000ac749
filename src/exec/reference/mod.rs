//! Every operation on CPU tensors: the slow and obvious executor that faster ones are held against.
//!
//! In: an operation, its inputs and its weights, of shapes that [`crate::shape`] has checked. Out: its output, f32. Sums are
//! in f64 and in an order that depends on shapes alone, transcendental functions come from pure-Rust `libm`, and no fused
//! multiply-add is used: the same inputs give the same bits on every machine, for every batch and number of threads. One
//! file a family; each says what it takes beside its input and output, so that memory is known before a run.

mod activation;
mod conv;
mod conv_transpose;
mod dense;
mod matmul;
mod matrix;
mod merge;
mod norm;
mod pool;
mod reduce;
mod reshape;
mod resize;
mod stored;
mod unary;
mod view;

use crate::op::{Op, Shape};
use crate::tensor::Tensor;

/// The tensors that an operation owns; those that it does not own are empty.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Owned<'a> {
    pub weight: &'a [f32],
    pub bias: Option<&'a [f32]>,
    pub running_mean: &'a [f32],
    pub running_var: &'a [f32],
}

/// What a kernel did, counted by the loops that did it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// Multiply-accumulates.
    pub macs: u64,
    /// The most bytes that it had at once beside its inputs, output and weights.
    pub scratch: u64,
}

impl Tally {
    /// With what was done afterwards, when the scratch memory was free again.
    fn then(self, next: Self) -> Self {
        Self { macs: self.macs + next.macs, scratch: self.scratch.max(next.scratch) }
    }

    /// With what another thread did at the same time.
    fn beside(self, other: Self) -> Self {
        Self { macs: self.macs + other.macs, scratch: self.scratch + other.scratch }
    }

    /// While these were there too.
    fn holding<T>(self, data: &[T]) -> Self {
        Self { scratch: self.scratch + size_of_val(data) as u64, ..self }
    }
}

/// A dimension as an index: what a run needs has been compared with the address space.
fn size(value: u64) -> usize {
    usize::try_from(value).expect("memory was checked before the run")
}

/// Height and width of a batch of maps; a line is a row.
fn grid(x: &Tensor) -> [usize; 2] {
    match x.dims() {
        [_, _, length] => [1, *length],
        dims => [dims[2], dims[3]],
    }
}

/// Dimensions of a batch of images of this shape.
pub(super) fn with_batch(batch: usize, shape: Shape) -> Vec<usize> {
    std::iter::once(batch).chain(shape.dims().iter().map(|d| size(u64::from(*d)))).collect()
}

/// Bytes that an operation takes beside its inputs, output and weights; `u64::MAX` stands for anything larger.
pub(super) fn scratch_bytes(op: &Op, inputs: &[Shape], out: Shape, batch: u64, threads: usize) -> u64 {
    let threads = threads as u64;
    match op {
        Op::Conv(conv) => conv::conv_bytes(conv, inputs[0], out, threads),
        Op::ConvTranspose(conv) => conv_transpose::conv_transpose_bytes(conv, inputs[0], out, threads),
        Op::Linear(linear) => dense::linear_bytes(linear, inputs[0], batch),
        Op::MatMul => matmul::matmul_bytes(inputs[1]),
        // At most a line of an axis each.
        Op::Softmax(softmax) => inputs[0].dim(softmax.axis).saturating_mul(8),
        Op::Slice(slice) => out.dim(slice.axis).saturating_mul(8),
        Op::Gather(gather) => out.dim(gather.axis).saturating_mul(8),
        Op::Pad(_) => out.dim(out.rank() - 1).saturating_mul(16),
        Op::Upsample(upsample) => resize::upsample_bytes(*upsample, out),
        Op::Input(_)
        | Op::Param(_)
        | Op::Constant(_)
        | Op::BatchNorm(_)
        | Op::GroupNorm(_)
        | Op::LayerNorm(_)
        | Op::InstanceNorm(_)
        | Op::Lrn(_)
        | Op::Scale(_)
        | Op::Activation(_)
        | Op::Pool(_)
        | Op::GlobalPool(_)
        | Op::AdaptivePool(_)
        | Op::Concat(_)
        | Op::Elementwise(_)
        | Op::Scalar(_)
        | Op::Unary(_)
        | Op::Flatten
        | Op::Reshape(_)
        | Op::Transpose(_)
        | Op::DepthToSpace(_)
        | Op::SpaceToDepth(_)
        | Op::ChannelShuffle(_)
        | Op::Reduce(_)
        | Op::Repeat(_)
        | Op::Dropout(_)
        | Op::Identity => 0,
    }
}

/// Computes one node. Returns its output, whose shape is `out` behind the batch, and what was done; the few bytes of scratch
/// memory that kernels other than convolutions, linear layers and matrix products take are not counted.
pub(super) fn execute(
    op: &Op,
    inputs: &[&Tensor],
    weight: &Owned<'_>,
    (batch, out): (usize, Shape),
    threads: usize,
) -> (Tensor, Tally) {
    let Some(&x) = inputs.first() else { return (stored::repeated(op, weight, batch, out), Tally::default()) };
    let y = match op {
        Op::Conv(conv) => return conv::conv(conv, x, weight, out, threads),
        Op::ConvTranspose(conv) => return conv_transpose::conv_transpose(conv, x, weight, out, threads),
        Op::Linear(linear) => return dense::linear(linear, x, weight, out, threads),
        Op::MatMul => return matmul::matmul([x, inputs[1]], out, threads),
        Op::BatchNorm(norm) => norm::batch_norm(norm, x, weight),
        Op::GroupNorm(norm) => norm::group_norm(norm, x, weight),
        Op::LayerNorm(norm) => norm::layer_norm(norm, x, weight),
        Op::InstanceNorm(norm) => norm::instance_norm(norm, x, weight),
        Op::Lrn(lrn) => norm::lrn(lrn, x),
        Op::Scale(_) => norm::scale(x, weight),
        Op::Activation(f) => activation::activation(*f, x, weight),
        Op::Softmax(softmax) => activation::softmax(*softmax, x),
        Op::Pool(pool) => pool::pool(pool, x, out),
        Op::GlobalPool(pool) => pool::global(*pool, x, out),
        Op::AdaptivePool(pool) => pool::adaptive(*pool, x, out),
        Op::Concat(concat) => merge::concat(*concat, inputs, out),
        Op::Elementwise(elementwise) => merge::elementwise(*elementwise, inputs, out),
        Op::Scalar(scalar) => merge::scalar(*scalar, x),
        Op::Unary(unary) => unary::unary(*unary, x),
        Op::Transpose(transpose) => reshape::transpose(transpose, x, out),
        Op::Slice(slice) => reshape::taken(x, slice.axis, slice.places(), out),
        Op::Pad(pad) => reshape::pad(pad, x, out),
        Op::Upsample(upsample) => resize::upsample(*upsample, x, out),
        Op::DepthToSpace(op) => reshape::depth_to_space(*op, x, out),
        Op::SpaceToDepth(op) => reshape::space_to_depth(*op, x, out),
        Op::ChannelShuffle(op) => reshape::channel_shuffle(*op, x, out),
        Op::Reduce(reduce) => reduce::reduce(reduce, x, out),
        Op::Gather(gather) => reshape::taken(x, gather.axis, gather.indices.iter().copied(), out),
        Op::Repeat(repeat) => reshape::repeat(repeat, x, out),
        // Dropout drops nothing when a network is run; an input has no kernel, its tensor comes from the caller, and what
        // is stored has no input and was handed out above.
        Op::Input(_) | Op::Param(_) | Op::Constant(_) | Op::Flatten | Op::Reshape(_) | Op::Dropout(_) | Op::Identity => {
            Tensor::new(with_batch(x.dims()[0], out), x.data().to_vec())
        }
    };
    (y, Tally::default())
}
