//! Maps of another size: resizes, and pixels and channels that change places.

use super::super::array;
use super::super::fold::Why;
use super::movement::ints;
use super::shares::{self, Kernel, Positions, Side};
use super::spatial::{Spatial, spatial};
use super::{Importer, Map, Use, Value};
use crate::op::{ChannelShuffle, Coordinates, DepthToSpace, Op, ResizeTo, Rounding, SpaceToDepth, Upsample, UpsampleMode};

type Made = Result<Vec<Value>, Why>;

/// `Resize` and `Upsample`.
pub(super) fn resize<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let attributes = &used.node.attributes;
    let input = spatial(importer, &map)?;
    let is_old = used.node.op == "Upsample" || importer.model.opset < 11;
    let at_scales = if is_old { 1 } else { 2 };
    let scales = match (attributes.floats("scales"), used.array(at_scales)) {
        (Some(scales), _) => Some(scales.to_vec()),
        (None, Some(id)) => importer.arrays.get(id).values.as_ref().and_then(array::Values::floats),
        (None, None) => None,
    };
    let scales = scales.filter(|scales| !scales.is_empty());
    let sizes = if is_old { None } else { ints(importer, used, ("sizes", 3))? };
    let way = attributes.text_or("coordinate_transformation_mode", if is_old { "asymmetric" } else { "half_pixel" });
    let policy = attributes.text("keep_aspect_ratio_policy").filter(|policy| *policy != "stretch");
    let to = target(input, (scales.as_deref(), sizes.as_deref(), policy), &resized_axes(used, &map)?)?;
    let size = match to {
        ResizeTo::Size(size) => size.map(i128::from),
        ResizeTo::Factor(by) => [0, 1].map(|at| (input.size[at] as f64 * by[at]).floor() as i128),
    };
    if way == "tf_crop_and_resize" || attributes.flag("antialias") {
        let by = Resized { way, to, axes: resized_axes(used, &map)? };
        let sides = by.sides(importer, used, input, size)?;
        let outside = attributes.float_or("extrapolation_value", 0.0);
        return Ok(vec![Value::Map(shares::resized(importer, used, (&map, input), (sides, outside))?)]);
    }
    let coordinates = match way {
        "half_pixel" => Coordinates::HalfPixel,
        "half_pixel_symmetric" => Coordinates::HalfPixelSymmetric,
        "pytorch_half_pixel" => Coordinates::PytorchHalfPixel,
        "align_corners" => Coordinates::AlignCorners,
        "asymmetric" => Coordinates::Asymmetric,
        "tf_half_pixel_for_nn" => Coordinates::TfHalfPixel,
        other => return Err(Why(format!("`{other}` positions are not had here"))),
    };
    let rounding = match attributes.text_or("nearest_mode", if is_old { "floor" } else { "round_prefer_floor" }) {
        "floor" => Rounding::Floor,
        "ceil" => Rounding::Ceil,
        "round_prefer_floor" => Rounding::PreferFloor,
        "round_prefer_ceil" => Rounding::PreferCeil,
        other => return Err(Why(format!("the rounding `{other}` is not had here"))),
    };
    let mode = match attributes.text_or("mode", "nearest") {
        "nearest" => UpsampleMode::Nearest(rounding),
        "linear" | "bilinear" => UpsampleMode::Linear,
        "cubic" => UpsampleMode::Cubic {
            a: super::arithmetic::exact(attributes.float_or("cubic_coeff_a", -0.75)),
            exclude_outside: attributes.flag("exclude_outside"),
        },
        other => return Err(Why(format!("the mode `{other}` is not had here"))),
    };
    let dims = input.sized(&map, input.channels, size)?;
    let op = Op::Upsample(Upsample { to, mode, coordinates, line: input.line });
    Ok(vec![Value::Map(importer.add(used, op, &[map.node], dims)?)])
}

/// A resize that is written as shares of pixels.
struct Resized<'n> {
    way: &'n str,
    to: ResizeTo,
    axes: Vec<usize>,
}

impl Resized<'_> {
    fn sides(&self, importer: &Importer<'_>, used: &Use<'_>, input: Spatial, size: [i128; 2]) -> Result<[Side; 2], Why> {
        let attributes = &used.node.attributes;
        let kernel = match attributes.text_or("mode", "nearest") {
            "linear" | "bilinear" => Kernel::Linear,
            "cubic" => Kernel::Cubic(f64::from(attributes.float_or("cubic_coeff_a", -0.75))),
            other => return Err(Why(format!("the mode `{other}` is not had here with `{}` positions or smoothing", self.way))),
        };
        let mut sides = Vec::new();
        for (at, to) in size.into_iter().enumerate() {
            let to = u64::try_from(to).map_err(|_| Why::from("it makes a map without pixels"))?;
            let scale = match self.to {
                ResizeTo::Factor(by) => by[at],
                ResizeTo::Size(_) => to as f64 / input.size[at] as f64,
            };
            let positions = match self.way {
                "half_pixel" => Positions::Middles(scale),
                "tf_crop_and_resize" => Positions::Part(self.part(importer, used, input, at)?),
                other => return Err(Why(format!("`{other}` positions are not had here where it smooths"))),
            };
            let (smooth, exclude_outside) = (attributes.flag("antialias"), attributes.flag("exclude_outside"));
            sides.push(Side { from: input.size[at], to, positions, kernel, smooth, exclude_outside });
        }
        Ok([sides[0], sides[1]])
    }

    /// Where the part of a side begins and ends that is cut out.
    fn part(&self, importer: &Importer<'_>, used: &Use<'_>, input: Spatial, side: usize) -> Result<[f64; 2], Why> {
        let known = used.array(1).and_then(|id| importer.arrays.get(id).values.as_ref().and_then(array::Values::floats));
        let known = known.ok_or_else(|| Why::from("the part that it cuts out is not known"))?;
        if known.len() != 2 * self.axes.len() {
            return Err(Why::from("the part that it cuts out is not said for each axis"));
        }
        let axis = if input.line { 2 } else { 2 + side };
        let of = |at: usize| [f64::from(known[at]), f64::from(known[self.axes.len() + at])];
        let others = (0..self.axes.len()).filter(|at| self.axes[*at] < 2);
        if others.map(of).any(|[start, end]| start.abs() > 0.0 || (end - 1.0).abs() > 0.0) {
            return Err(Why::from("it cuts a part out of other axes than height and width"));
        }
        let place = self.axes.iter().position(|own| *own == axis).filter(|_| side == 1 || !input.line);
        Ok(place.map_or([0.0, 1.0], of))
    }
}

/// Scales, sizes, and what is done about the ratio of the sides.
type Asked<'a> = (Option<&'a [f32]>, Option<&'a [i64]>, Option<&'a str>);

/// The axes that scales and sizes are of.
fn resized_axes(used: &Use<'_>, map: &Map) -> Result<Vec<usize>, Why> {
    match used.node.attributes.ints("axes") {
        Some(axes) => {
            let axes: Option<Vec<usize>> = axes.iter().map(|axis| array::axis(*axis, map.rank())).collect();
            axes.ok_or_else(|| Why::from("its axes are not those of its input"))
        }
        None => Ok((0..map.rank()).collect()),
    }
}

/// The size that keeps the ratio of the sides, within or round the one that is asked for.
fn kept_ratio(input: Spatial, asked: [Option<i64>; 2], policy: &str) -> Result<ResizeTo, Why> {
    let by = [0, 1].map(|side| asked[side].map(|to| to as f64 / input.size[side] as f64));
    let all = by.iter().flatten().copied();
    let by = match policy {
        "not_larger" => all.reduce(f64::min),
        "not_smaller" => all.reduce(f64::max),
        other => return Err(Why(format!("the policy `{other}` is not had here"))),
    };
    let by = by.ok_or_else(|| Why::from("neither its scales nor its sizes are known"))?;
    let size =
        [0, 1].map(|side| if asked[side].is_some() { (input.size[side] as f64 * by).round() as u64 } else { input.size[side] });
    Ok(ResizeTo::Size(size))
}

/// To which size a map is made, by factors or sizes of axes.
fn target(input: Spatial, (scales, sizes, policy): Asked<'_>, axes: &[usize]) -> Result<ResizeTo, Why> {
    let sides = if input.line { [None, Some(2)] } else { [Some(2), Some(3)] };
    let is_side = |axis: &usize| sides.contains(&Some(*axis));
    let at = |side: usize| sides[side].and_then(|side| axes.iter().position(|axis| *axis == side));
    if let Some(scales) = scales {
        let others = axes.iter().zip(scales).filter(|(axis, _)| !is_side(axis));
        if scales.len() != axes.len() || others.into_iter().any(|(_, scale)| (scale - 1.0).abs() > f32::EPSILON) {
            return Err(Why::from("it resizes other axes than height and width"));
        }
        return Ok(ResizeTo::Factor([0, 1].map(|side| at(side).map_or(1.0, |at| f64::from(scales[at])))));
    }
    let sizes = sizes.ok_or_else(|| Why::from("neither its scales nor its sizes are known"))?;
    if sizes.len() != axes.len() {
        return Err(Why::from("its sizes are not those of its axes"));
    }
    let size = |side: usize| at(side).map_or(Ok(input.size[side]), |at| u64::try_from(sizes[at]));
    if let Some(policy) = policy {
        return kept_ratio(input, [0, 1].map(|side| at(side).map(|at| sizes[at])), policy);
    }
    match [size(0), size(1)] {
        [Ok(height), Ok(width)] => Ok(ResizeTo::Size([height, width])),
        _ => Err(Why::from("a size of it is negative")),
    }
}

/// A map whose pixels and channels change places in blocks.
fn block<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Result<(Map, u64, Spatial), Why> {
    let map = used.map(0)?.clone();
    let block = used.node.attributes.int("blocksize").and_then(|block| u64::try_from(block).ok()).filter(|block| *block > 0);
    let block = block.ok_or_else(|| Why::from("its blocksize is missing"))?;
    let input = spatial(importer, &map)?;
    if input.line { Err(Why::from("its input is a line, which has no blocks")) } else { Ok((map, block, input)) }
}

/// Channels as blocks before what is in them, or the other way round: `[a * b, H, W]` to `[b * a, H, W]`, which is a shuffle of
/// groups.
fn regrouped<'m>(importer: &mut Importer<'m>, used: &Use<'m>, map: &Map, groups: u64) -> Result<Map, Why> {
    importer.mapped(used, map, Op::ChannelShuffle(ChannelShuffle { groups }))
}

/// `DepthToSpace`; here channels stand before the blocks of each, as in PyTorch's pixel shuffle.
pub(super) fn depth_to_space<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let (mut map, block, input) = block(importer, used)?;
    let area = block.checked_mul(block).filter(|area| input.channels.is_multiple_of(*area));
    let area = area.ok_or_else(|| Why(format!("{} channels are not made of blocks of {block}", input.channels)))?;
    if used.node.attributes.text_or("mode", "DCR") != "CRD" && input.channels != area {
        map = regrouped(importer, used, &map, area)?;
    }
    let dims = input.sized(&map, input.channels / area, input.size.map(|side| i128::from(side) * i128::from(block)))?;
    Ok(vec![Value::Map(importer.add(used, Op::DepthToSpace(DepthToSpace { block }), &[map.node], dims)?)])
}

/// `SpaceToDepth`, which puts blocks before channels.
pub(super) fn space_to_depth<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let (map, block, input) = block(importer, used)?;
    let channels = block.checked_mul(block).and_then(|area| area.checked_mul(input.channels));
    let channels = channels.ok_or_else(|| Why::from("its blocksize is too large"))?;
    let dims = input.sized(&map, channels, input.size.map(|side| i128::from(side / block)))?;
    let made = importer.add(used, Op::SpaceToDepth(SpaceToDepth { block }), &[map.node], dims)?;
    Ok(vec![Value::Map(if input.channels == 1 { made } else { regrouped(importer, used, &made, input.channels)? })])
}
