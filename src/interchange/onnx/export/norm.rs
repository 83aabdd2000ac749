//! Normalisations.

use super::layer::{Layer, float, int, ints};
use crate::op::{BatchNorm, GroupNorm, InstanceNorm, LayerNorm, Lrn};

/// A tensor of the layer, or as many of one number where it has none.
fn tensor_or(layer: &mut Layer<'_>, role: &str, dims: &[u64], value: f64) -> String {
    layer.tensor(role).unwrap_or_else(|| layer.filled(role, dims.iter().copied(), value))
}

pub(super) fn batch_norm(layer: &mut Layer<'_>, norm: &BatchNorm) {
    let channels = [layer.shape().channels()];
    let tensors = [("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)];
    let tensors = tensors.map(|(role, value)| tensor_or(layer, role, &channels, value));
    let mut inputs = vec![layer.x()];
    inputs.extend(tensors);
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    layer.add("BatchNormalization", "normalized", &inputs, vec![float("epsilon", norm.eps)]);
}

/// Each group of channels as one channel of one row, which is normalised alone; then the factor and the shift of each channel.
pub(super) fn group_norm(layer: &mut Layer<'_>, norm: &GroupNorm) {
    let (shape, groups) = (layer.shape(), norm.groups);
    let split = layer.reshape(&layer.x(), "groups", [0, groups as i64, -1]);
    let [factor, shift] = [("one", 1.0), ("zero", 0.0)].map(|(part, value)| layer.filled(part, [groups], value));
    let epsilon = vec![float("epsilon", norm.eps)];
    let normalized = layer.add("InstanceNormalization", "normalized", &[&split, &factor, &shift], epsilon);
    let whole = layer.shaped(&normalized, "whole", shape);
    affine(layer, &whole);
}

/// The factor and the shift of each channel, where the layer has them.
pub(super) fn affine(layer: &mut Layer<'_>, x: &str) {
    let rank = layer.place.output.rank();
    let mut x = x.to_owned();
    for (role, op, part) in [("weight", "Mul", "scaled"), ("bias", "Add", "shifted")] {
        if let Some(tensor) = layer.tensor(role) {
            let tensor = layer.by_channel(&tensor, role, rank);
            x = layer.add(op, part, &[&x, &tensor], vec![]);
        }
    }
}

pub(super) fn instance_norm(layer: &mut Layer<'_>, norm: &InstanceNorm) {
    let shape = layer.shape();
    let channels = [shape.channels()];
    let [factor, shift] = [("weight", 1.0), ("bias", 0.0)].map(|(role, value)| tensor_or(layer, role, &channels, value));
    let epsilon = vec![float("epsilon", norm.eps)];
    if shape.rank() > 1 {
        layer.add("InstanceNormalization", "normalized", &[&layer.x(), &factor, &shift], epsilon);
        return;
    }
    let line = layer.reshape(&layer.x(), "line", [0, 0, 1]);
    let normalized = layer.add("InstanceNormalization", "normalized", &[&line, &factor, &shift], epsilon);
    layer.shaped(&normalized, "whole", shape);
}

/// ONNX normalises the last axes; others are turned there and back.
pub(super) fn layer_norm(layer: &mut Layer<'_>, norm: &LayerNorm) {
    let rank = layer.shape().rank();
    let others = (0..rank).filter(|axis| !norm.axes.contains(axis));
    let order: Vec<usize> = others.chain(norm.axes.iter().copied()).collect();
    let is_last = order.iter().enumerate().all(|(at, axis)| at == *axis);
    let x = if is_last { layer.x() } else { layer.transpose(&layer.x(), "turned", &order) };
    let dims: Vec<u64> = norm.axes.iter().map(|axis| layer.shape().dim(*axis)).collect();
    let mut inputs = vec![x, tensor_or(layer, "weight", &dims, 1.0)];
    inputs.extend(layer.tensor("bias"));
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    let first = rank - norm.axes.len() + 1;
    let attributes = vec![int("axis", first as u64), float("epsilon", norm.eps)];
    let normalized = layer.add("LayerNormalization", "normalized", &inputs, attributes);
    if !is_last {
        let mut back = vec![0; rank];
        order.iter().enumerate().for_each(|(at, axis)| back[*axis] = at);
        layer.transpose(&normalized, "whole", &back);
    }
}

/// ONNX has neighbourhoods of an odd size in maps; others are means of squares along the channels.
pub(super) fn lrn(layer: &mut Layer<'_>, lrn: &Lrn) {
    let shape = layer.shape();
    if lrn.size % 2 == 1 && shape.rank() == 3 {
        let numbers = [("alpha", lrn.alpha), ("beta", lrn.beta), ("bias", lrn.k)].map(|(name, value)| float(name, value));
        let attributes = std::iter::once(int("size", lrn.size)).chain(numbers).collect();
        layer.add("LRN", "normalized", &[&layer.x()], attributes);
        return;
    }
    let squares = layer.add("Mul", "squares", &[&layer.x(), &layer.x()], vec![]);
    let planes = layer.reshape(&squares, "planes", [0, 1, shape.channels() as i64, -1]);
    // A window that is cut off at an end still counts as whole.
    let (before, after) = (lrn.size / 2, lrn.size.div_ceil(2) - 1);
    let sides = [0, 0, before, 0, 0, 0, after, 0].map(|pad: u64| pad as i64);
    let sides = layer.ints("padded/pads", sides);
    let padded = layer.add("Pad", "padded", &[&planes, &sides], vec![]);
    let means = layer.add("AveragePool", "means", &[&padded], vec![ints("kernel_shape", [lrn.size, 1])]);
    let means = layer.shaped(&means, "whole", shape);
    let mut bound = means;
    for (op, part, value) in [("Mul", "alpha", lrn.alpha), ("Add", "k", lrn.k), ("Pow", "beta", lrn.beta)] {
        let number = layer.number(&format!("{part}/value"), value);
        bound = layer.add(op, part, &[&bound, &number], vec![]);
    }
    layer.add("Div", "normalized", &[&layer.x(), &bound], vec![]);
}
