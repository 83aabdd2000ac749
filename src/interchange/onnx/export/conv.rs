//! Convolutions and products with weights.

use super::super::proto::AttributeProto;
use super::layer::{Layer, int, ints};
use crate::op::{Conv, ConvTranspose, Padding};

/// Numbers of height and width; of a line only the second.
pub(super) fn sides(pair: [u64; 2], line: bool) -> Vec<u64> {
    if line { vec![pair[1]] } else { pair.to_vec() }
}

/// Padding as ONNX orders it: before the axes, then behind them.
pub(super) fn pads(pad: Padding, line: bool) -> Vec<u64> {
    if line { vec![pad.left, pad.right] } else { vec![pad.top, pad.left, pad.bottom, pad.right] }
}

fn windows(kernel: [u64; 2], stride: [u64; 2], pad: Padding, line: bool) -> Vec<AttributeProto> {
    let sides = |name, pair| ints(name, sides(pair, line));
    vec![sides("kernel_shape", kernel), sides("strides", stride), ints("pads", pads(pad, line))]
}

fn weighted(layer: &mut Layer<'_>, op: &str, attributes: Vec<AttributeProto>) {
    let mut inputs = vec![layer.x()];
    inputs.extend(layer.tensor("weight"));
    inputs.extend(layer.tensor("bias"));
    let inputs: Vec<&str> = inputs.iter().map(String::as_str).collect();
    layer.add(op, "sum", &inputs, attributes);
}

pub(super) fn conv(layer: &mut Layer<'_>, conv: &Conv) {
    let mut attributes = windows(conv.kernel, conv.stride, conv.pad, conv.line);
    attributes.extend([ints("dilations", sides(conv.dilation, conv.line)), int("group", conv.groups)]);
    weighted(layer, "Conv", attributes);
}

pub(super) fn conv_transpose(layer: &mut Layer<'_>, conv: &ConvTranspose) {
    let mut attributes = windows(conv.kernel, conv.stride, conv.pad, conv.line);
    attributes.extend([
        ints("dilations", sides(conv.dilation, conv.line)),
        int("group", conv.groups),
        ints("output_padding", sides(conv.output_pad, conv.line)),
    ]);
    weighted(layer, "ConvTranspose", attributes);
}

pub(super) fn linear(layer: &mut Layer<'_>) {
    if layer.shape().rank() == 1 {
        return weighted(layer, "Gemm", vec![int("transB", 1)]);
    }
    let Some(weight) = layer.tensor("weight") else { return };
    let turned = layer.add("Transpose", "turned", &[&weight], vec![ints("perm", [1, 0])]);
    let product = layer.add("MatMul", "product", &[&layer.x(), &turned], vec![]);
    if let Some(bias) = layer.tensor("bias") {
        layer.add("Add", "sum", &[&product, &bias], vec![]);
    }
}

pub(super) fn matmul(layer: &mut Layer<'_>) {
    let rank = layer.place.output.rank();
    let [a, b] = [0, 1].map(|at| layer.aligned(at, rank));
    layer.add("MatMul", "product", &[&a, &b], vec![]);
}
