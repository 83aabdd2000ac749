//! Operations that learn or hold tensors: modules whose tensors have the names and the layout of ours.

use super::super::python::{Py, Val, at, call, channels, key, unless};
use super::{Form, Site, batched};
use crate::op::{
    BatchNorm, Constant, Conv, ConvTranspose, GroupNorm, InstanceNorm, LayerNorm, Linear, Lrn, Padding, Param, Scale, Shape,
};

/// `nn.Conv2d`, or `nn.Conv1d` of a line.
fn of_map(name: &str, line: bool) -> String {
    format!("{name}{}d", if line { 1 } else { 2 })
}

/// Padding as `F.pad` takes it: the last axis first.
pub(super) fn sides(pad: Padding, line: bool) -> Val {
    let Padding { top, left, bottom, right } = pad;
    if line { Val::ints([left, right]) } else { Val::ints([left, right, top, bottom]) }
}

pub(super) fn conv(site: &Site<'_>, conv: &Conv) -> Form {
    let (line, input) = (conv.line, site.inputs[0].channels());
    let mut args = vec![at(channels(input)), at(channels(conv.out)), at(Val::pair(conv.kernel, line))];
    args.push(unless("stride", Val::pair(conv.stride, line), 1u64));
    args.push(if site.sided {
        key("pads", sides(conv.pad, line))
    } else {
        unless("padding", Val::pair([conv.pad.top, conv.pad.left], line), 0u64)
    });
    args.push(unless("dilation", Val::pair(conv.dilation, line), 1u64));
    args.push(super::super::python::Arg { default: Some(Val::Int(1)), ..key("groups", channels(conv.groups)) });
    args.push(unless("bias", conv.bias, true));
    Form::Module(call(&of_map(if site.sided { "PaddedConv" } else { "nn.Conv" }, line), args))
}

pub(super) fn conv_transpose(site: &Site<'_>, conv: &ConvTranspose) -> Form {
    let (line, input) = (conv.line, site.inputs[0].channels());
    let mut args = vec![at(channels(input)), at(channels(conv.out)), at(Val::pair(conv.kernel, line))];
    args.push(unless("stride", Val::pair(conv.stride, line), 1u64));
    args.push(if site.sided {
        key("crop", sides(conv.pad, line))
    } else {
        unless("padding", Val::pair([conv.pad.top, conv.pad.left], line), 0u64)
    });
    args.push(unless("output_padding", Val::pair(conv.output_pad, line), 0u64));
    args.push(super::super::python::Arg { default: Some(Val::Int(1)), ..key("groups", channels(conv.groups)) });
    args.push(unless("bias", conv.bias, true));
    args.push(unless("dilation", Val::pair(conv.dilation, line), 1u64));
    Form::Module(call(&of_map(if site.sided { "CroppedConvTranspose" } else { "nn.ConvTranspose" }, line), args))
}

pub(super) fn linear(site: &Site<'_>, linear: &Linear) -> Form {
    let features = site.inputs[0].dim(site.inputs[0].rank() - 1);
    Form::Module(call("nn.Linear", vec![at(channels(features)), at(channels(linear.out)), unless("bias", linear.bias, true)]))
}

pub(super) fn batch_norm(site: &Site<'_>, norm: &BatchNorm) -> Form {
    let args = vec![at(channels(site.inputs[0].channels())), unless("eps", norm.eps, 1e-5), unless("affine", norm.affine, true)];
    Form::Module(match site.inputs[0].rank() {
        1 | 2 => call("nn.BatchNorm1d", args),
        3 => call("nn.BatchNorm2d", args),
        4 => call("nn.BatchNorm3d", args),
        _ => call("BatchNormNd", args),
    })
}

pub(super) fn group_norm(site: &Site<'_>, norm: &GroupNorm) -> Form {
    let groups = Py::Val(Val::from(norm.groups), super::super::python::Kind::Channels);
    let args = vec![
        at(groups),
        at(channels(site.inputs[0].channels())),
        unless("eps", norm.eps, 1e-5),
        unless("affine", norm.affine, true),
    ];
    Form::Module(call("nn.GroupNorm", args))
}

pub(super) fn instance_norm(site: &Site<'_>, norm: &InstanceNorm) -> Form {
    let args = vec![at(channels(site.inputs[0].channels())), unless("eps", norm.eps, 1e-5), unless("affine", norm.affine, false)];
    Form::Module(call(if site.inputs[0].rank() == 2 { "nn.InstanceNorm1d" } else { "nn.InstanceNorm2d" }, args))
}

pub(super) fn layer_norm(site: &Site<'_>, norm: &LayerNorm) -> Form {
    let input = site.inputs[0];
    let dims: Vec<u64> = norm.axes.iter().map(|axis| input.dim(*axis)).collect();
    let shape = if let [one] = dims.as_slice() { channels(*one) } else { Val::ints(dims).into() };
    let mut args = vec![at(shape)];
    let is_last = norm.axes.last() == Some(&(input.rank() - 1));
    if !is_last {
        args.push(key("axes", Val::ints(norm.axes.iter().map(|axis| batched(*axis)))));
    }
    args.push(unless("eps", norm.eps, 1e-5));
    args.push(unless("elementwise_affine", norm.affine, true));
    args.push(unless("bias", norm.bias, true));
    Form::Module(call(if is_last { "nn.LayerNorm" } else { "AxisLayerNorm" }, args))
}

pub(super) fn scale(site: &Site<'_>, scale: &Scale) -> Form {
    let args = vec![at(channels(site.inputs[0].channels())), unless("init", scale.init, 1.0), unless("bias", scale.bias, false)];
    Form::Module(call("Scale", args))
}

pub(super) fn lrn(lrn: &Lrn) -> Form {
    let args = || vec![at(lrn.size), unless("alpha", lrn.alpha, 1e-4), unless("beta", lrn.beta, 0.75), unless("k", lrn.k, 1.0)];
    let expr = std::iter::once(at(Py::In(0))).chain(args()).collect();
    Form::plain(call("F.local_response_norm", expr), call("nn.LocalResponseNorm", args()))
}

/// The dimensions of a shape, each for itself.
pub(super) fn dims(shape: Shape) -> Py {
    Py::Group(shape.to_vec().into_iter().map(channels).collect())
}

pub(super) fn param(param: &Param) -> Form {
    Form::Module(call("Param", vec![at(dims(param.shape)), unless("init", param.init, 0.0)]))
}

pub(super) fn constant(constant: &Constant) -> Form {
    let first = constant.values.first().copied().unwrap_or_default();
    let is_filled = constant.values.iter().all(|value| value.to_bits() == first.to_bits());
    let values =
        if is_filled { Py::from(first) } else { Val::List(constant.values.iter().map(|v| Val::Float(*v)).collect()).into() };
    Form::Module(call("Constant", vec![at(values), at(dims(constant.shape))]))
}
