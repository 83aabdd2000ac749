//! Operators that move elements.

use super::super::array::{self, Array, Values};
use super::super::attributes::Attributes;
use super::super::fold::{Why, equal, range_of};
use super::super::number::Number;
use super::super::proto::AttributeProto;
use super::super::tensor::ElementType;
use super::reading::{Reading, of_one};
use super::spatial::{Spatial, spatial};
use super::{Importer, Map, Use, Value};
use crate::op::{
    ChannelShuffle, Concat, Coordinates, DepthToSpace, Op, Pad, PadMode, Padding, ResizeTo, Rounding, Slice, SpaceToDepth, Transpose, Upsample,
    UpsampleMode,
};

type Made = Result<Vec<Value>, Why>;

/// Operators that change nothing when a network is run.
pub(super) fn same<'m>(_: &mut Importer<'m>, used: &Use<'m>) -> Made {
    Ok(vec![Value::Map(used.map(0)?.clone())])
}

/// `Cast` and `CastLike` between numbers with a fraction, which are all of one kind here.
pub(super) fn cast<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let is_float = match used.inputs.get(1) {
        Some(Some(Value::Array(like))) => !importer.arrays.get(*like).is_int,
        Some(Some(Value::Map(_))) => true,
        Some(Some(Value::Lost) | None) | None => {
            let to = used.node.attributes.int_or("to", 1);
            let element = i32::try_from(to).map_err(|_| format!("unknown type {to}")).and_then(ElementType::of);
            element.map_err(|name| Why(format!("its output is of type {name}")))?.is_float()
        }
    };
    if !is_float {
        return Err(Why::from("it makes integers, and tensors that flow have fractions: end the model before it"));
    }
    match used.array(0) {
        // A constant that becomes what flows beside it.
        Some(array) => Ok(vec![Value::Array(importer.folded("Cast", &to_float(), array)?)]),
        None => same(importer, used),
    }
}

/// The attributes of a `Cast` to numbers with a fraction.
fn to_float() -> Attributes {
    Attributes::new(vec![AttributeProto { name: "to".to_owned(), i: Some(1), ..AttributeProto::default() }])
}

/// `Dropout`, which does nothing when a network is run.
pub(super) fn dropout<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let known = |at| used.array(at).and_then(|id| importer.arrays.get(id).scalar());
    let is_training = known(2).is_some_and(|training| training != 0.0) && known(1).is_none_or(|ratio| ratio != 0.0);
    if is_training { Err(Why::from("it drops at random, as in training")) } else { same(importer, used) }
}

/// `Size`, of which the batch is a factor.
pub(super) fn size<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?;
    let dims = map.dims.iter().map(|dim| if importer.reading == Reading::One { of_one(*dim) } else { *dim });
    let count = product(dims).ok_or_else(|| Why::from("it goes beyond 64 bits"))?;
    Ok(vec![Value::Array(importer.arrays.known(Array::of(Vec::new(), Values::Int(vec![count]))))])
}

/// Integers of an attribute or, in newer versions, an input.
pub(super) fn ints(importer: &Importer<'_>, used: &Use<'_>, (name, at): (&str, usize)) -> Result<Option<Vec<i64>>, Why> {
    if let Some(ints) = used.node.attributes.ints(name) {
        return Ok(Some(ints.to_vec()));
    }
    match used.array(at) {
        Some(id) => importer.arrays.get(id).known_ints().map(Some).ok_or_else(|| Why(format!("its {name} are not known"))),
        None if used.has(at) => Err(Why(format!("its {name} are computed from the input"))),
        None => Ok(None),
    }
}

/// `Shape`, of which the batch is one number.
pub(super) fn shape<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?;
    let rank = map.rank() as i64;
    let bound = |name: &str, default: i64| {
        let at = used.node.attributes.int_or(name, default);
        (if at < 0 { at + rank } else { at }).clamp(0, rank) as usize
    };
    let (start, end) = (bound("start", 0), bound("end", rank));
    let mut dims = map.dims.get(start..end).unwrap_or_default().to_vec();
    if importer.reading == Reading::One {
        dims = dims.into_iter().map(of_one).collect();
    }
    Ok(vec![Value::Array(importer.arrays.known(Array::ints(dims)))])
}

/// `Reshape`.
pub(super) fn reshape<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let asked: Vec<Number> = match (used.node.attributes.ints("shape"), used.array(1)) {
        (Some(ints), _) => ints.iter().map(|n| Number::from(*n)).collect(),
        (None, Some(id)) => importer.arrays.get(id).numbers().ok_or_else(|| Why::from("its shape is not known"))?.to_vec(),
        (None, None) => return Err(Why::from("its shape is computed from the input")),
    };
    let dims = asked_dims(&map, &asked, (importer.batch, used.node.attributes.flag("allowzero")))?;
    Ok(vec![Value::Map(importer.reshaped(used, &map, dims)?)])
}

/// The dimensions that a map is to have: 0 keeps one, -1 is what is left, and where the file was made for so many images their
/// number stands for them.
fn asked_dims(map: &Map, asked: &[Number], (images, keeps_zero): (Option<u64>, bool)) -> Result<Vec<Number>, Why> {
    let wrong = || Why(format!("{asked:?} is no shape for its input", asked = shown(asked)));
    let mut dims: Vec<Option<Number>> = Vec::new();
    for (at, dim) in asked.iter().enumerate() {
        dims.push(match dim.known() {
            Some(0) if !keeps_zero => Some(*map.dims.get(at).ok_or_else(wrong)?),
            Some(-1) => None,
            Some(size) if size < 1 => return Err(wrong()),
            Some(_) | None => Some(*dim),
        });
    }
    let whole = product(map.dims.iter().copied()).ok_or_else(wrong)?;
    let counts = |dims: &[Option<Number>]| dims.iter().flatten().any(|dim| dim.batch != 0);
    // A literal first dimension that was written for one number of images.
    if !counts(&dims) && whole.batch != 0 {
        let known = product(dims.iter().flatten().copied()).and_then(Number::known).ok_or_else(wrong)?;
        let is_free = dims.contains(&None) && whole.batch % known.max(1) == 0 && dims.first() == Some(&None);
        if let (false, Some(Some(first)), Some(images)) = (is_free, dims.first().copied(), images) {
            let first = first.known().unwrap_or(0);
            let images = i64::try_from(images).map_err(|_| wrong())?;
            if first % images != 0 || first == 0 {
                return Err(Why::from("images are mixed with what is in them"));
            }
            dims[0] = Some(Number::of_batch(first / images));
        }
    }
    let others = product(dims.iter().flatten().copied()).ok_or_else(wrong)?;
    if let Some(free) = dims.iter().position(Option::is_none) {
        dims[free] = Some(whole.div(others).ok_or_else(wrong)?);
    }
    let dims: Vec<Number> = dims.into_iter().flatten().collect();
    if dims.len() != asked.len() || product(dims.iter().copied()) != Some(whole) {
        return Err(wrong());
    }
    Ok(dims)
}

pub(super) fn product(mut all: impl Iterator<Item = Number>) -> Option<Number> {
    all.try_fold(Number::from(1), Number::mul)
}

fn shown(dims: &[Number]) -> Vec<String> {
    let one = |dim: &Number| match (dim.fixed, dim.batch) {
        (fixed, 0) => fixed.to_string(),
        (0, 1) => "n".to_owned(),
        (0, many) => format!("{many} n"),
        (fixed, many) => format!("{many} n + {fixed}"),
    };
    dims.iter().map(one).collect()
}

/// `Flatten`.
pub(super) fn flatten<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let rank = map.rank();
    let at = if used.node.attributes.int_or("axis", 1) == rank as i64 { rank } else { used.axis("axis", 1, rank)? };
    let half = |dims: &[Number]| product(dims.iter().copied());
    let dims =
        half(&map.dims[..at]).zip(half(&map.dims[at..])).ok_or_else(|| Why::from("images are mixed with what is in them"))?;
    Ok(vec![Value::Map(importer.reshaped(used, &map, vec![dims.0, dims.1])?)])
}

/// `Squeeze`.
pub(super) fn squeeze<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let axes = ints(importer, used, ("axes", 1))?;
    let one = Number::from(1);
    let mut gone: Vec<bool> = map.dims.iter().map(|dim| axes.is_none() && *dim == one).collect();
    for axis in axes.unwrap_or_default() {
        let at = array::axis(axis, map.rank()).filter(|at| map.dims[*at] == one);
        gone[at.ok_or_else(|| Why(format!("axis {axis} is not 1")))?] = true;
    }
    let dims = map.dims.iter().zip(&gone).filter(|(_, gone)| !**gone).map(|(dim, _)| *dim).collect();
    Ok(vec![Value::Map(importer.reshaped(used, &map, dims)?)])
}

/// `Unsqueeze`.
pub(super) fn unsqueeze<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let axes = ints(importer, used, ("axes", 1))?.ok_or_else(|| Why::from("its axes are missing"))?;
    let rank = map.rank() + axes.len();
    let mut new = vec![false; rank];
    for axis in axes {
        new[array::axis(axis, rank).ok_or_else(|| Why(format!("it has no axis {axis}")))?] = true;
    }
    let mut old = map.dims.iter().copied();
    let dims: Vec<Number> = new.into_iter().filter_map(|new| if new { Some(Number::from(1)) } else { old.next() }).collect();
    Ok(vec![Value::Map(importer.reshaped(used, &map, dims)?)])
}

/// `Transpose`.
pub(super) fn transpose<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let rank = map.rank();
    let order = match used.node.attributes.ints("perm") {
        Some(perm) => perm.iter().map(|axis| array::axis(*axis, rank)).collect::<Option<Vec<_>>>(),
        None => Some((0..rank).rev().collect()),
    };
    let order = order.filter(|order| order.len() == rank).ok_or_else(|| Why::from("its order is not one of its axes"))?;
    Ok(vec![Value::Map(importer.transposed(used, &map, &order)?)])
}

impl<'m> Importer<'m> {
    /// A map with its axes in another order.
    pub(super) fn transposed(&mut self, used: &Use<'m>, map: &Map, order: &[usize]) -> Result<Map, Why> {
        let dims: Vec<Number> = order.iter().map(|axis| map.dims[*axis]).collect();
        let moved = order.iter().filter(|axis| !super::is_images(map.dims[**axis])).map(|axis| map.axis(*axis));
        let axes: Option<Vec<usize>> = moved.collect();
        let axes = axes.ok_or_else(|| Why::from("images and other things share an axis of it"))?;
        if axes.windows(2).all(|pair| pair[0] < pair[1]) {
            return Ok(Map { node: map.node, dims });
        }
        self.add(used, Op::Transpose(Transpose { axes }), &[map.node], dims)
    }
}

/// `Concat`.
pub(super) fn concat<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let flowing = (0..used.inputs.len()).find_map(|at| used.map(at).ok().cloned());
    let flowing = flowing.ok_or_else(|| Why::from("no operand of it flows"))?;
    let mut maps = Vec::new();
    for at in 0..used.inputs.len() {
        maps.push(match used.array(at) {
            Some(array) => importer.given(used, array, &flowing)?,
            None => used.map(at)?.clone(),
        });
    }
    let first = maps.first().ok_or_else(|| Why::from("it has no operands"))?.clone();
    let at = used.axis("axis", 1, first.rank())?;
    let axis = first.axis(at).ok_or_else(|| Why::from("it is along the images of a batch"))?;
    let mut dims = first.dims.clone();
    for other in &maps[1..] {
        let fits = other.rank() == first.rank() && other.axis(at) == Some(axis);
        let sum = if fits { dims[at].add(other.dims[at]) } else { None };
        dims[at] = sum.ok_or_else(|| Why::from("its operands do not go together"))?;
    }
    let nodes: Vec<_> = maps.iter().map(|map| map.node).collect();
    Ok(vec![Value::Map(importer.add(used, Op::Concat(Concat { axis }), &nodes, dims)?)])
}

/// A part of an axis of a map.
fn part<'m>(
    importer: &mut Importer<'m>,
    used: &Use<'m>,
    map: &Map,
    (at, start, count, step): (usize, usize, usize, i64),
) -> Result<Map, Why> {
    let axis = map.axis(at).ok_or_else(|| Why::from("it is along the images of a batch"))?;
    if map.dims[at] == Number::from(count as i64) && step == 1 {
        return Ok(map.clone());
    }
    let mut dims = map.dims.clone();
    dims[at] = Number::from(count as i64);
    let end = start as i64 + (count as i64 - 1).max(0) * step + step.signum();
    importer.add(used, Op::Slice(Slice { axis, start: start as u64, end, step }), &[map.node], dims)
}

fn size_at(map: &Map, at: usize) -> Result<usize, Why> {
    map.dims[at].known().and_then(|size| usize::try_from(size).ok()).ok_or_else(|| Why::from("it is along the images of a batch"))
}

/// `Slice`.
pub(super) fn slice<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let mut map = used.map(0)?.clone();
    let need = |name: &'static str, at| ints(importer, used, (name, at))?.ok_or_else(|| Why(format!("its {name} are missing")));
    let (starts, ends) = (need("starts", 1)?, need("ends", 2)?);
    let axes = ints(importer, used, ("axes", 3))?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let steps = ints(importer, used, ("steps", 4))?.unwrap_or_else(|| vec![1; starts.len()]);
    for (((start, end), axis), step) in starts.iter().zip(&ends).zip(&axes).zip(&steps) {
        let at = array::axis(*axis, map.rank()).ok_or_else(|| Why(format!("it has no axis {axis}")))?;
        if map.axis(at).is_none() && *start == 0 && *end > i64::from(i32::MAX) - 1 && *step == 1 {
            continue;
        }
        let (start, count) = range_of(*start, *end, *step, size_at(&map, at)?).ok_or_else(|| Why::from("its step is 0"))?;
        map = part(importer, used, &map, (at, start, count, *step))?;
    }
    Ok(vec![Value::Map(map)])
}

/// `Split`.
pub(super) fn split<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let at = used.axis("axis", 0, map.rank())?;
    let dim = size_at(&map, at)?;
    let sizes = match ints(importer, used, ("split", 1))? {
        Some(sizes) => sizes,
        None => equal(dim, used.node.outputs.len())?,
    };
    let (mut start, mut parts) = (0, Vec::new());
    for size in sizes {
        let size = usize::try_from(size).map_err(|_| Why::from("a part of it is negative"))?;
        parts.push(Value::Map(part(importer, used, &map, (at, start, size, 1))?));
        start += size;
    }
    Ok(parts)
}

/// `Pad` of height and width.
pub(super) fn pad<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let attributes = &used.node.attributes;
    let pads = ints(importer, used, ("pads", 1))?.ok_or_else(|| Why::from("its pads are missing"))?;
    let value = match used.array(2) {
        Some(id) => importer.arrays.get(id).scalar().ok_or_else(|| Why::from("its value is not one known number"))?,
        None if used.has(2) => return Err(Why::from("its value is computed from the input")),
        None => attributes.float_or("value", 0.0),
    };
    let axes = match ints(importer, used, ("axes", 3))? {
        Some(axes) => axes.iter().map(|axis| array::axis(*axis, map.rank())).collect::<Option<Vec<_>>>(),
        None => Some((0..map.rank()).collect()),
    };
    let axes = axes.filter(|axes| axes.len() * 2 == pads.len()).ok_or_else(|| Why::from("its pads are not those of its axes"))?;
    let mut sides = vec![(0i64, 0i64); map.rank()];
    for (i, axis) in axes.iter().enumerate() {
        sides[*axis] = (pads[i], pads[i + axes.len()]);
    }
    if sides.iter().all(|side| *side == (0, 0)) {
        return same(importer, used);
    }
    let line = spatial(importer, &map).is_ok_and(|map| map.line);
    let sides_of = if line { sides.get(1..) } else { sides.get(..) }.unwrap_or_default();
    let ([.., rows, columns], true) = (sides_of, sides_of.iter().rev().skip(2).all(|side| *side == (0, 0))) else {
        return Err(Why::from("it pads other axes than height and width"));
    };
    if line && *rows != (0, 0) {
        return Err(Why::from("it pads channels: write it as a `Concat`"));
    }
    let sided = |n: i64| (u64::try_from(n).unwrap_or(0), u64::try_from(n.saturating_neg()).unwrap_or(0));
    let all = [rows.0, rows.1, columns.0, columns.1].map(sided);
    let [pad, crop] = [all.map(|(pad, _)| pad), all.map(|(_, crop)| crop)].map(|[top, bottom, left, right]| Padding {
        top,
        left,
        bottom,
        right,
    });
    let mode = match attributes.text_or("mode", "constant") {
        "constant" => PadMode::Constant(super::arithmetic::exact(value)),
        "reflect" => PadMode::Reflect,
        "edge" => PadMode::Replicate,
        "wrap" => PadMode::Circular,
        other => return Err(Why(format!("the mode `{other}` is not had here"))),
    };
    let mut dims = map.dims.clone();
    for (at, (before, after)) in sides.iter().enumerate().filter(|(_, side)| **side != (0, 0)) {
        let more = Number::from(before.saturating_add(*after));
        dims[at] = dims[at].add(more).ok_or_else(|| Why::from("it makes a map too large"))?;
    }
    Ok(vec![Value::Map(importer.add(used, Op::Pad(Pad { pad, crop, mode, line }), &[map.node], dims)?)])
}

/// `Resize` and `Upsample`.
pub(super) fn resize<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let attributes = &used.node.attributes;
    let input = spatial(importer, &map)?;
    let is_old = used.node.op == "Upsample" || importer.model.opset < 11;
    let at_scales = if is_old { 1 } else { 2 };
    let scales = match (attributes.floats("scales"), used.array(at_scales)) {
        (Some(scales), _) => Some(scales.to_vec()),
        (None, Some(id)) => importer.arrays.get(id).values.as_ref().and_then(super::super::array::Values::floats),
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
    if attributes.flag("antialias") {
        return Err(Why::from("it smooths where it makes maps smaller, which is not had here"));
    }
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
    let size = [0, 1].map(|side| if asked[side].is_some() { (input.size[side] as f64 * by).round() as u64 } else { input.size[side] });
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
