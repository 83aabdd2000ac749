//! Resizes.
//!
//! Runtimes compute positions in single precision from a factor in single precision. Where that gives the pixels of our exact
//! positions, the layer is one `Resize`; elsewhere, and where ONNX 17 has no word for the positions, the nearest pixels are
//! gathered by their indices and mixtures are products with a matrix of shares.

use super::super::proto::AttributeProto;
use super::layer::{Layer, TooMany, float, int, word};
use crate::op::resample::AxisScale;
use crate::op::{Coordinates, ResizeTo, Rounding, Upsample, UpsampleMode};

/// One direction of a resize.
struct Axis {
    input: u64,
    output: u64,
    exact: AxisScale,
    /// The factor that is written.
    scale: f32,
}

pub(super) fn resize(layer: &mut Layer<'_>, resize: &Upsample) -> Result<(), TooMany> {
    let grid = |shape: crate::op::Shape| shape.grid().map_or([1, 1], |(height, width)| [height, width]);
    let (size, out) = (grid(layer.shape()), grid(layer.place.output));
    let axis = |at: usize| {
        let (input, output) = (size[at], out[at]);
        let ratio = output as f64 / input as f64;
        let scale = match resize.to {
            // What keeps its size is copied, whatever the factor.
            ResizeTo::Factor(factors) if input != output => factors[at],
            ResizeTo::Factor(_) | ResizeTo::Size(_) => ratio,
        };
        Axis { input, output, exact: resize.axis(at, input), scale: scale as f32 }
    };
    let axes = [axis(0), axis(1)];
    let mut is_one_node = true;
    for axis in &axes {
        is_one_node &= agrees(layer, resize, axis)?;
    }
    if is_one_node {
        one_node(layer, resize, &axes);
        return Ok(());
    }
    match resize.mode {
        UpsampleMode::Nearest(_) => nearest(layer, resize, &axes),
        UpsampleMode::Linear | UpsampleMode::Cubic { .. } => mixed(layer, resize, &axes),
    }
}

/// The word of ONNX 17 for which points lie on each other.
fn coordinates(coordinates: Coordinates) -> Option<&'static str> {
    match coordinates {
        Coordinates::HalfPixel => Some("half_pixel"),
        Coordinates::PytorchHalfPixel => Some("pytorch_half_pixel"),
        Coordinates::AlignCorners => Some("align_corners"),
        Coordinates::Asymmetric => Some("asymmetric"),
        Coordinates::HalfPixelSymmetric | Coordinates::TfHalfPixel => None,
    }
}

/// Where a runtime puts an output position.
fn position(coordinates: Coordinates, axis: &Axis, index: u64) -> f32 {
    let (at, input, output) = (index as f32, axis.input as f32, axis.output as f32);
    match coordinates {
        Coordinates::PytorchHalfPixel | Coordinates::AlignCorners if axis.output == 1 => 0.0,
        Coordinates::HalfPixel | Coordinates::PytorchHalfPixel | Coordinates::HalfPixelSymmetric => (at + 0.5) / axis.scale - 0.5,
        Coordinates::AlignCorners => at * (input - 1.0) / (output - 1.0),
        Coordinates::Asymmetric => at / axis.scale,
        Coordinates::TfHalfPixel => (at + 0.5) / axis.scale,
    }
}

/// Whether a runtime makes as many pixels and reads those that we read.
fn agrees(layer: &mut Layer<'_>, resize: &Upsample, axis: &Axis) -> Result<bool, TooMany> {
    let sized = [(axis.input as f32 * axis.scale).floor() as u64, (axis.input as f64 * f64::from(axis.scale)).floor() as u64];
    if sized != [axis.output; 2] || coordinates(resize.coordinates).is_none() {
        return Ok(false);
    }
    if axis.exact.copies() && axis.input == axis.output {
        return Ok(resize.coordinates != Coordinates::TfHalfPixel);
    }
    layer.spend(axis.output)?;
    let last = axis.input as i64 - 1;
    Ok((0..axis.output).all(|index| {
        let theirs = position(resize.coordinates, axis, index);
        let (at, behind) = axis.exact.position(index as i64);
        match resize.mode {
            UpsampleMode::Nearest(rounding) => rounded(theirs, rounding).clamp(0, last) == at.clamp(0, last),
            UpsampleMode::Linear | UpsampleMode::Cubic { .. } => (f64::from(theirs) - (at as f64 + behind)).abs() < 1e-4,
        }
    }))
}

fn rounded(position: f32, rounding: Rounding) -> i64 {
    (match rounding {
        Rounding::Floor => position.floor(),
        Rounding::Ceil => position.ceil(),
        Rounding::PreferFloor => (position - 0.5).ceil(),
        Rounding::PreferCeil => (position + 0.5).floor(),
    }) as i64
}

fn one_node(layer: &mut Layer<'_>, resize: &Upsample, axes: &[Axis; 2]) {
    let mut attributes: Vec<AttributeProto> = Vec::new();
    attributes.extend(coordinates(resize.coordinates).map(|own| word("coordinate_transformation_mode", own)));
    match resize.mode {
        UpsampleMode::Nearest(rounding) => {
            let rounding = match rounding {
                Rounding::Floor => "floor",
                Rounding::Ceil => "ceil",
                Rounding::PreferFloor => "round_prefer_floor",
                Rounding::PreferCeil => "round_prefer_ceil",
            };
            attributes.extend([word("mode", "nearest"), word("nearest_mode", rounding)]);
        }
        UpsampleMode::Linear => attributes.push(word("mode", "linear")),
        UpsampleMode::Cubic { a, exclude_outside } => {
            let outside = int("exclude_outside", exclude_outside.into());
            attributes.extend([word("mode", "cubic"), float("cubic_coeff_a", a), outside]);
        }
    }
    let mut x = layer.x();
    if resize.line {
        // A line is a map of one row: not every runtime resizes lines.
        let axis = layer.ints("row/axes", [2]);
        x = layer.add("Unsqueeze", "row", &[&x, &axis], vec![]);
    }
    let scales = layer.floats("scales", &[4], vec![1.0, 1.0, if resize.line { 1.0 } else { axes[0].scale }, axes[1].scale]);
    let resized = layer.add("Resize", "y", &[&x, "", &scales], attributes);
    if resize.line {
        let axis = layer.ints("line/axes", [2]);
        layer.add("Squeeze", "line", &[&resized, &axis], vec![]);
    }
}

/// The directions that a resize has, with their axes in one image.
fn directions<'a>(resize: &Upsample, axes: &'a [Axis; 2]) -> Vec<(&'static str, usize, &'a Axis)> {
    let [rows, columns] = axes;
    if resize.line { vec![("columns", 1, columns)] } else { vec![("rows", 1, rows), ("columns", 2, columns)] }
}

fn nearest(layer: &mut Layer<'_>, resize: &Upsample, axes: &[Axis; 2]) -> Result<(), TooMany> {
    let mut x = layer.x();
    for (part, axis_of_image, axis) in directions(resize, axes) {
        layer.spend(axis.output)?;
        let last = axis.input as i64 - 1;
        let places: Vec<i64> = (0..axis.output).map(|index| axis.exact.position(index as i64).0.clamp(0, last)).collect();
        let places = layer.ints(&format!("{part}/places"), places);
        x = layer.add("Gather", part, &[&x, &places], vec![int("axis", axis_of_image as u64 + 1)]);
    }
    Ok(())
}

fn mixed(layer: &mut Layer<'_>, resize: &Upsample, axes: &[Axis; 2]) -> Result<(), TooMany> {
    let mut x = layer.x();
    for (part, axis_of_image, axis) in directions(resize, axes) {
        layer.spend(axis.output.saturating_mul(axis.input))?;
        let (input, output) = (axis.input as usize, axis.output as usize);
        let is_columns = axis_of_image == layer.shape().rank() - 1;
        let mut shares = vec![0f32; input * output];
        let at = usize::from(part == "columns");
        for (index, taps) in resize.taps(at, (input, output)).into_iter().enumerate() {
            for (pixel, share) in taps {
                shares[if is_columns { pixel * output + index } else { index * input + pixel }] += share as f32;
            }
        }
        let name = format!("{part}/shares");
        x = if is_columns {
            let shares = layer.floats(&name, &[axis.input, axis.output], shares);
            layer.add("MatMul", part, &[&x, &shares], vec![])
        } else {
            let shares = layer.floats(&name, &[axis.output, axis.input], shares);
            layer.add("MatMul", part, &[&shares, &x], vec![])
        };
    }
    Ok(())
}
