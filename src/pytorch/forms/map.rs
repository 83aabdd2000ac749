//! Operations on the grid of a map: padding, resizing, blocks of pixels.

use super::super::python::{Py, Val, at, call, key, unless};
use super::element::of_input;
use super::{Form, Site};
use crate::op::error::Side;
use crate::op::{Coordinates, Pad, PadMode, ResizeTo, Rounding, Upsample, UpsampleMode};

pub(super) fn pad(pad: &Pad) -> Form {
    let ((top, bottom), (left, right)) = (pad.along(Side::Height), pad.along(Side::Width));
    let sides: Vec<i64> = if pad.line { vec![left, right] } else { vec![left, right, top, bottom] };
    let sides = Val::Tuple(sides.into_iter().map(Val::Int).collect());
    let mut args = vec![at(Py::In(0)), at(sides.clone())];
    let module = match pad.mode {
        PadMode::Constant(value) => {
            args.push(unless("value", value, 0.0));
            if value == 0.0 { "Zero" } else { return Form::only(call("F.pad", args)) }
        }
        PadMode::Reflect => "Reflection",
        PadMode::Replicate => "Replication",
        PadMode::Circular => "Circular",
    };
    match pad.mode {
        PadMode::Constant(_) => {}
        PadMode::Reflect => args.push(key("mode", "reflect")),
        PadMode::Replicate => args.push(key("mode", "replicate")),
        PadMode::Circular => args.push(key("mode", "circular")),
    }
    let dims = if pad.line { 1 } else { 2 };
    Form::plain(call("F.pad", args), call(&format!("nn.{module}Pad{dims}d"), vec![at(sides)]))
}

pub(super) fn shuffled(name: &str, module: &str, block: u64) -> Form {
    let own = call(&format!("F.{name}"), vec![at(Py::In(0)), at(block)]);
    Form::plain(own, call(&format!("nn.{module}"), vec![at(block)]))
}

pub(super) fn channel_shuffle(site: &Site<'_>, groups: u64) -> Form {
    if site.inputs[0].rank() > 1 {
        let own = call("F.channel_shuffle", vec![at(Py::In(0)), at(groups)]);
        return Form::plain(own, call("nn.ChannelShuffle", vec![at(groups)]));
    }
    let groups = call("", vec![at(groups), at(-1i64)]);
    let grouped = of_input("unflatten", vec![at(1u64), at(groups)]);
    let turned = super::super::python::method(grouped, "transpose", vec![at(1u64), at(2u64)]);
    Form::only(super::super::python::method(turned, "flatten", vec![at(1u64)]))
}

pub(super) fn upsample(site: &Site<'_>, upsample: &Upsample) -> Form {
    let line = upsample.line;
    let mode = match (upsample.mode, upsample.coordinates) {
        (UpsampleMode::Nearest(Rounding::Floor), Coordinates::Asymmetric) => Some(("nearest", None)),
        (UpsampleMode::Nearest(Rounding::PreferCeil), Coordinates::HalfPixel) => Some(("nearest-exact", None)),
        (UpsampleMode::Linear, Coordinates::HalfPixel) => Some((if line { "linear" } else { "bilinear" }, Some(false))),
        (UpsampleMode::Linear, Coordinates::AlignCorners) => Some((if line { "linear" } else { "bilinear" }, Some(true))),
        (UpsampleMode::Cubic { a, exclude_outside: false }, Coordinates::HalfPixel | Coordinates::AlignCorners)
            if !line && a.to_bits() == (-0.75f64).to_bits() =>
        {
            Some(("bicubic", Some(upsample.coordinates == Coordinates::AlignCorners)))
        }
        (UpsampleMode::Nearest(_) | UpsampleMode::Linear | UpsampleMode::Cubic { .. }, _) => None,
    };
    let Some((mode, aligned)) = mode else { return resampled(site, upsample) };
    let to = match upsample.to {
        ResizeTo::Size(size) => key("size", if line { Val::from(size[1]) } else { Val::pair(size, line) }),
        ResizeTo::Factor([h, w]) if line || h.to_bits() == w.to_bits() => key("scale_factor", factor(w)),
        ResizeTo::Factor([h, w]) => key("scale_factor", Val::Tuple(vec![factor(h), factor(w)])),
    };
    let mut args = vec![to, unless("mode", mode, "nearest")];
    args.extend(aligned.map(|aligned| unless("align_corners", aligned, false)));
    let module = call("nn.Upsample", args.clone());
    Form::plain(call("F.interpolate", std::iter::once(at(Py::In(0))).chain(args).collect()), module)
}

fn factor(factor: f64) -> Val {
    if factor.fract() == 0.0 && factor.abs() < 1e15 { Val::Int(factor as i64) } else { Val::Float(factor) }
}

/// What PyTorch's `interpolate` does not do: the weights of each row and column, as they are computed here.
fn resampled(site: &Site<'_>, upsample: &Upsample) -> Form {
    let size = |shape: crate::op::Shape| shape.grid().map_or([1, 1], |(h, w)| [h, w]);
    let (from, to) = (size(site.inputs[0]), size(site.output));
    let (kind, a, outside) = match upsample.mode {
        UpsampleMode::Nearest(_) => ("nearest", 0.0, true),
        UpsampleMode::Linear => ("linear", 0.0, true),
        UpsampleMode::Cubic { a, exclude_outside } => ("cubic", a, !exclude_outside),
    };
    let first = usize::from(upsample.line);
    let mut expr = Py::In(0);
    for side in first..2 {
        let axis = upsample.axis(side, from[side]);
        let positions: Vec<(i64, f64)> = (0..to[side] as i64).map(|index| axis.position(index)).collect();
        let pixels = Val::List(positions.iter().map(|(pixel, _)| Val::Int(*pixel)).collect());
        let behind = Val::List(positions.iter().map(|(_, behind)| Val::Float(*behind)).collect());
        let dim = if upsample.line { 2 } else { side as u64 + 2 };
        let mut args = vec![at(expr), at(dim), at(pixels), at(behind), key("kind", kind)];
        if kind == "cubic" {
            args.push(unless("a", a, -0.75));
            args.push(unless("outside", outside, true));
        }
        expr = call("resample", args);
    }
    Form::only(expr)
}
