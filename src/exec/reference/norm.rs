//! Normalisations; statistics in f64, with the biased variance.

use super::matrix::narrow;
use super::{Owned, size};
use crate::op::{BatchNorm, GroupNorm, InstanceNorm, LayerNorm, Lrn};
use crate::tensor::Tensor;

/// Elements of one channel of one image: the product of the dimensions behind the channels.
pub(super) fn plane(x: &Tensor) -> usize {
    x.dims()[2..].iter().product()
}

/// Scale and shift of a channel; 1 and 0 where none are learned.
fn affine(weight: &Owned<'_>, channel: usize) -> (f64, f64) {
    let at = |values: Option<&[f32]>, default: f64| values.map_or(default, |v| f64::from(v[channel]));
    (if weight.weight.is_empty() { 1.0 } else { f64::from(weight.weight[channel]) }, at(weight.bias, 0.0))
}

/// `x * scale + shift` with one pair a channel.
pub(super) fn per_channel(x: &Tensor, pair: impl Fn(usize) -> (f64, f64)) -> Tensor {
    let (channels, plane) = (x.dims()[1], plane(x));
    let mut data = Vec::with_capacity(x.data().len());
    for (i, map) in x.data().chunks_exact(plane).enumerate() {
        let (scale, shift) = pair(i % channels);
        data.extend(map.iter().map(|x| narrow(f64::from(*x) * scale + shift)));
    }
    Tensor::new(x.dims().to_vec(), data)
}

/// With running statistics.
pub(super) fn batch_norm(op: &BatchNorm, x: &Tensor, weight: &Owned<'_>) -> Tensor {
    let (means, variances) = (weight.running_mean, weight.running_var);
    per_channel(x, |channel| {
        let (scale, shift) = affine(weight, channel);
        let scale = scale / (f64::from(variances[channel]) + op.eps).sqrt();
        (scale, shift - f64::from(means[channel]) * scale)
    })
}

/// A learned factor per channel.
pub(super) fn scale(x: &Tensor, weight: &Owned<'_>) -> Tensor {
    per_channel(x, |channel| affine(weight, channel))
}

/// Mean and `1 / sqrt(variance + eps)`.
fn statistics(values: impl Iterator<Item = f32> + Clone, eps: f64) -> (f64, f64) {
    let (sum, count) = values.clone().fold((0.0, 0.0), |(sum, count), x| (sum + f64::from(x), count + 1.0));
    let mean = sum / count;
    let squares: f64 = values.map(|x| (f64::from(x) - mean).powi(2)).sum();
    (mean, 1.0 / (squares / count + eps).sqrt())
}

/// Over groups of channels and all positions.
pub(super) fn group_norm(op: &GroupNorm, x: &Tensor, weight: &Owned<'_>) -> Tensor {
    over_groups(x, size(op.groups), op.eps, weight)
}

/// Over the positions of each channel.
pub(super) fn instance_norm(op: &InstanceNorm, x: &Tensor, weight: &Owned<'_>) -> Tensor {
    over_groups(x, x.dims()[1], op.eps, weight)
}

fn over_groups(x: &Tensor, groups: usize, eps: f64, weight: &Owned<'_>) -> Tensor {
    let (channels, plane) = (x.dims()[1], plane(x));
    let mut data = Vec::with_capacity(x.data().len());
    for (i, group) in x.data().chunks_exact(channels / groups * plane).enumerate() {
        let (mean, factor) = statistics(group.iter().copied(), eps);
        for (j, map) in group.chunks_exact(plane).enumerate() {
            let (scale, shift) = affine(weight, i % groups * (channels / groups) + j);
            data.extend(map.iter().map(|x| narrow((f64::from(*x) - mean) * factor * scale + shift)));
        }
    }
    Tensor::new(x.dims().to_vec(), data)
}

/// Over consecutive axes: each place before and behind them has statistics of its own.
pub(super) fn layer_norm(op: &LayerNorm, x: &Tensor, weight: &Owned<'_>) -> Tensor {
    let (first, last) = (op.axes[0] + 1, op.axes[0] + op.axes.len());
    let along: usize = x.dims()[first..=last].iter().product();
    let behind: usize = x.dims()[last + 1..].iter().product();
    let mut y = Tensor::zeros(x.dims().to_vec());
    for (x, y) in x.data().chunks_exact(along * behind).zip(y.data_mut().chunks_exact_mut(along * behind)) {
        for position in 0..behind {
            let values = x[position..].iter().step_by(behind).copied();
            let (mean, factor) = statistics(values.clone(), op.eps);
            for (place, (y, x)) in y[position..].iter_mut().step_by(behind).zip(values).enumerate() {
                let (scale, shift) = affine(weight, place);
                *y = narrow((f64::from(x) - mean) * factor * scale + shift);
            }
        }
    }
    y
}

/// `x / (k + alpha / size * sum of squares)^beta`; the window begins `size / 2` channels before its own, as in PyTorch.
pub(super) fn lrn(op: &Lrn, x: &Tensor) -> Tensor {
    let (channels, plane, window) = (x.dims()[1], plane(x), size(op.size));
    let factor = op.alpha / window as f64;
    let mut data = Vec::with_capacity(x.data().len());
    for image in x.data().chunks_exact(channels * plane) {
        for channel in 0..channels {
            let (first, end) = (channel.saturating_sub(window / 2), (channel + window.div_ceil(2)).min(channels));
            for position in 0..plane {
                let squares: f64 = (first..end).map(|c| f64::from(image[c * plane + position]).powi(2)).sum();
                let own = f64::from(image[channel * plane + position]);
                data.push(narrow(own / libm::pow(op.k + factor * squares, op.beta)));
            }
        }
    }
    Tensor::new(x.dims().to_vec(), data)
}
