//! Operators that move elements.

use super::super::array::{self, Array, Values};
use super::super::attributes::Attributes;
use super::super::fold::{Why, equal, range_of};
use super::super::number::Number;
use super::super::proto::AttributeProto;
use super::super::tensor::ElementType;
use super::reading::{Reading, of_one};
use super::spatial::spatial;
use super::{Importer, Map, Use, Value};
use crate::op::{Concat, Op, Pad, PadMode, Padding, Slice, Transpose};

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
        "constant" => PadMode::Constant(super::arithmetic::exact(value.clamp(f32::MIN, f32::MAX))),
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
