//! Elements that change places: shapes, slices, joins.

use super::{Call, Folded, Why, values};
use crate::interchange::onnx::array::{Array, Values, axis, broadcast, broadcast_strides, places, strides};
use crate::interchange::onnx::number::Number;

type Outputs<'a> = Result<Vec<Folded<'a>>, Why>;

#[expect(clippy::unnecessary_wraps, reason = "it ends functions that may fail")]
fn one<'a>(dims: Vec<usize>, is_int: bool, make: impl FnOnce() -> Result<Values, Why> + 'a) -> Outputs<'a> {
    Ok(vec![Folded { dims, is_int, make: Box::new(make) }])
}

/// The same elements under other dimensions.
fn same(input: &Array, dims: Vec<usize>) -> Outputs<'_> {
    if dims.iter().product::<usize>() != input.len() {
        return Err(Why(format!("{} elements do not make {dims:?}", input.len())));
    }
    one(dims, input.is_int, move || Ok(values(input)?.clone()))
}

/// Elements at steps through the input.
fn view(input: &Array, dims: Vec<usize>, steps: Vec<isize>, first: isize) -> Outputs<'_> {
    let to = dims.clone();
    one(dims, input.is_int, move || Ok(values(input)?.pick(places(&to, &steps, first))))
}

fn nth(given: i64, rank: usize) -> Result<usize, Why> {
    axis(given, rank).ok_or_else(|| Why(format!("axis {given} of {rank}")))
}

/// `Identity`, and `Dropout` where nothing is trained.
pub(super) fn identity(call: Call<'_>) -> Outputs<'_> {
    let input = call.input(0)?;
    same(input, input.dims.clone())
}

/// `Shape`, from `start` to `end` where these are given.
pub(super) fn shape(call: Call<'_>) -> Outputs<'_> {
    let input = call.input(0)?;
    let rank = input.dims.len() as i64;
    let bound = |name: &str, default: i64| {
        let at = call.attributes.int_or(name, default);
        (if at < 0 { at + rank } else { at }).clamp(0, rank) as usize
    };
    let (start, end) = (bound("start", 0), bound("end", rank));
    let dims = input.dims.get(start..end).unwrap_or_default();
    let all: Vec<Number> = dims.iter().map(|dim| Number::from(*dim as i64)).collect();
    one(vec![all.len()], true, move || Ok(Values::Int(all)))
}

/// `Size`.
pub(super) fn size(call: Call<'_>) -> Outputs<'_> {
    let count = call.input(0)?.len() as i64;
    one(Vec::new(), true, move || Ok(Values::Int(vec![count.into()])))
}

/// `Reshape`: 0 keeps a dimension, -1 takes what is left.
pub(super) fn reshape(call: Call<'_>) -> Outputs<'_> {
    let input = call.input(0)?;
    let asked = call.ints("shape", 1)?.ok_or_else(|| Why::from("its shape is missing"))?;
    let keeps_zero = call.attributes.flag("allowzero");
    let mut dims = Vec::new();
    for (at, dim) in asked.iter().enumerate() {
        dims.push(match dim {
            0 if !keeps_zero => *input.dims.get(at).ok_or_else(|| Why(format!("there is no dimension {at} to keep")))?,
            -1 => 1,
            dim => usize::try_from(*dim).map_err(|_| Why(format!("a dimension of {dim}")))?,
        });
    }
    let others = dims.iter().try_fold(1usize, |all, dim| all.checked_mul(*dim));
    let others = others.ok_or_else(|| Why::from("its shape has more elements than can be counted"))?;
    if let Some(at) = asked.iter().position(|dim| *dim == -1) {
        dims[at] = input.len().checked_div(others).unwrap_or(0);
    }
    same(input, dims)
}

/// `Flatten` to two dimensions.
pub(super) fn flatten(call: Call<'_>) -> Outputs<'_> {
    let input = call.input(0)?;
    let rank = input.dims.len();
    let given = call.attributes.int_or("axis", 1);
    let at = if given == rank as i64 { rank } else { nth(given, rank)? };
    let product = |dims: &[usize]| dims.iter().product::<usize>();
    same(input, vec![product(&input.dims[..at]), product(&input.dims[at..])])
}

/// `Squeeze`: dimensions of 1 go.
pub(super) fn squeeze(call: Call<'_>) -> Outputs<'_> {
    let input = call.input(0)?;
    let rank = input.dims.len();
    let axes = call.ints("axes", 1)?;
    let mut gone: Vec<bool> = input.dims.iter().map(|dim| axes.is_none() && *dim == 1).collect();
    for given in axes.unwrap_or_default() {
        gone[nth(given, rank)?] = true;
    }
    let kept = input.dims.iter().zip(gone).filter(|(_, gone)| !gone).map(|(dim, _)| *dim).collect();
    same(input, kept)
}

/// `Unsqueeze`: dimensions of 1 come.
pub(super) fn unsqueeze(call: Call<'_>) -> Outputs<'_> {
    let input = call.input(0)?;
    let axes = call.ints("axes", 1)?.ok_or_else(|| Why::from("its axes are missing"))?;
    let rank = input.dims.len() + axes.len();
    let mut new = vec![false; rank];
    for given in axes {
        new[nth(given, rank)?] = true;
    }
    if new.iter().filter(|new| **new).count() + input.dims.len() != rank {
        return Err(Why::from("it names an axis twice"));
    }
    let mut old = input.dims.iter();
    let dims = new.into_iter().map(|new| if new { 1 } else { old.next().copied().unwrap_or(1) }).collect();
    same(input, dims)
}

/// `Transpose`: without `perm` the other way round.
pub(super) fn transpose(call: Call<'_>) -> Outputs<'_> {
    let input = call.input(0)?;
    let rank = input.dims.len();
    let order = match call.attributes.ints("perm") {
        Some(perm) => perm.iter().map(|axis| nth(*axis, rank)).collect::<Result<Vec<_>, _>>()?,
        None => (0..rank).rev().collect(),
    };
    let mut sorted = order.clone();
    sorted.sort_unstable();
    if sorted != (0..rank).collect::<Vec<_>>() {
        return Err(Why(format!("{order:?} is no order of {rank} axes")));
    }
    let steps = strides(&input.dims);
    let dims = order.iter().map(|axis| input.dims[*axis]).collect();
    view(input, dims, order.iter().map(|axis| steps[*axis]).collect(), 0)
}

/// `Expand` by broadcasting.
pub(super) fn expand(call: Call<'_>) -> Outputs<'_> {
    let input = call.input(0)?;
    let asked = call.ints("shape", 1)?.ok_or_else(|| Why::from("its shape is missing"))?;
    let asked: Vec<usize> = asked
        .iter()
        .map(|dim| usize::try_from(*dim))
        .collect::<Result<_, _>>()
        .map_err(|_| Why::from("a dimension is negative"))?;
    let dims = broadcast(&input.dims, &asked).ok_or_else(|| Why(format!("{:?} does not expand to {asked:?}", input.dims)))?;
    let steps = broadcast_strides(&input.dims, &dims);
    view(input, dims, steps, 0)
}

/// `Tile`: the whole again and again along each axis.
pub(super) fn tile(call: Call<'_>) -> Outputs<'_> {
    let input = call.input(0)?;
    let repeats = call.ints("repeats", 1)?.ok_or_else(|| Why::from("its repeats are missing"))?;
    if repeats.len() != input.dims.len() {
        return Err(Why(format!("{} repeats of {} axes", repeats.len(), input.dims.len())));
    }
    let (mut split, mut steps, mut dims) = (Vec::new(), Vec::new(), Vec::new());
    for ((repeat, dim), step) in repeats.iter().zip(&input.dims).zip(strides(&input.dims)) {
        let repeat = usize::try_from(*repeat).map_err(|_| Why::from("a number of repeats is negative"))?;
        split.extend([repeat, *dim]);
        steps.extend([0, step]);
        dims.push(repeat.checked_mul(*dim).ok_or_else(|| Why::from("it repeats too often"))?);
    }
    one(dims, input.is_int, move || Ok(values(input)?.pick(places(&split, &steps, 0))))
}

/// `ConstantOfShape`.
pub(super) fn constant_of_shape(call: Call<'_>) -> Outputs<'_> {
    let shape = call.input(0)?.known_ints().ok_or_else(|| Why::from("its shape is not known, or hangs on the batch"))?;
    let dims: Vec<usize> = shape
        .iter()
        .map(|dim| usize::try_from(*dim))
        .collect::<Result<_, _>>()
        .map_err(|_| Why::from("a dimension is negative"))?;
    let count = dims.iter().try_fold(1usize, |all, dim| all.checked_mul(*dim));
    let count = count.ok_or_else(|| Why::from("it has more elements than can be counted"))?;
    let value = call.attributes.tensor("value").map_err(|error| Why(error.to_string()))?;
    let value = match value.map(|stored| stored.data) {
        None => Values::Float(vec![0.0]),
        Some(crate::interchange::onnx::tensor::Data::Known(elements)) => Values::from(elements),
        Some(crate::interchange::onnx::tensor::Data::Apart { .. }) => return Err(Why::from("its value is more than one number")),
    };
    if value.len() != 1 {
        return Err(Why::from("its value is not one number"));
    }
    let is_int = matches!(value, Values::Int(_));
    one(dims, is_int, move || Ok(value.pick(std::iter::repeat_n(0, count))))
}

/// `Range`.
pub(super) fn range(call: Call<'_>) -> Outputs<'_> {
    let ints = [call.input(0)?, call.input(1)?, call.input(2)?];
    let known = |array: &Array| array.known_ints().and_then(|all| all.first().copied());
    let [Some(start), Some(limit), Some(delta)] = ints.map(known) else {
        return Err(Why::from("`Range` of numbers that are not known, or no integers, is not computed"));
    };
    if delta == 0 {
        return Err(Why::from("its step is 0"));
    }
    let apart = i128::from(limit) - i128::from(start);
    let count = if (apart > 0) == (delta > 0) { apart.unsigned_abs().div_ceil(i128::from(delta).unsigned_abs()) } else { 0 };
    let count = usize::try_from(count).map_err(|_| Why::from("it is longer than memory"))?;
    one(vec![count], true, move || Ok(Values::Int((0..count as i64).map(|n| (start + n * delta).into()).collect())))
}

/// `Concat`.
pub(super) fn concat(call: Call<'_>) -> Outputs<'_> {
    let inputs = (0..call.inputs.len()).map(|at| call.input(at)).collect::<Result<Vec<_>, _>>()?;
    let first = call.input(0)?;
    let at = nth(call.attributes.int_or("axis", 1), first.dims.len())?;
    let mut dims = first.dims.clone();
    dims[at] = 0;
    for input in &inputs {
        let fits = input.dims.len() == dims.len() && (0..dims.len()).all(|i| i == at || input.dims[i] == dims[i]);
        if !fits {
            return Err(Why(format!("{:?} and {:?} cannot be joined along axis {at}", first.dims, input.dims)));
        }
        dims[at] += input.dims[at];
    }
    let outer: usize = dims[..at].iter().product();
    let is_int = inputs.iter().all(|input| input.is_int);
    one(dims, is_int, move || {
        let all = inputs.iter().map(|input| values(input)).collect::<Result<Vec<_>, _>>()?;
        let runs: Vec<usize> = inputs.iter().map(|input| input.dims[at..].iter().product()).collect();
        let spans = (0..outer).flat_map(|row| runs.iter().enumerate().map(move |(i, run)| (i, row * run, *run)));
        if let Some(ints) =
            all.iter().map(|one| if let Values::Int(ints) = one { Some(ints) } else { None }).collect::<Option<Vec<_>>>()
        {
            return Ok(Values::Int(spans.flat_map(|(i, from, run)| ints[i][from..from + run].iter().copied()).collect()));
        }
        let floats = all.iter().map(|one| one.floats()).collect::<Option<Vec<_>>>();
        let floats = floats.ok_or_else(|| Why::from("sizes of a batch are joined with numbers"))?;
        Ok(Values::Float(spans.flat_map(|(i, from, run)| floats[i][from..from + run].iter().copied()).collect()))
    })
}

/// `Gather` along an axis.
pub(super) fn gather(call: Call<'_>) -> Outputs<'_> {
    let (input, which) = (call.input(0)?, call.input(1)?);
    let at = nth(call.attributes.int_or("axis", 0), input.dims.len())?;
    let size = input.dims[at];
    let inner: usize = input.dims[at + 1..].iter().product();
    let outer: usize = input.dims[..at].iter().product();
    let mut dims = input.dims[..at].to_vec();
    dims.extend(&which.dims);
    dims.extend(&input.dims[at + 1..]);
    one(dims, input.is_int, move || {
        let which = which.known_ints().ok_or_else(|| Why::from("its indices are not known"))?;
        let place = |index: i64| axis(index, size).ok_or_else(|| Why(format!("index {index} of {size}")));
        let which = which.into_iter().map(place).collect::<Result<Vec<_>, _>>()?;
        let rows = (0..outer).flat_map(|row| which.iter().map(move |index| (row * size + index) * inner));
        Ok(values(input)?.pick(rows.flat_map(|from| from..from + inner)))
    })
}

/// `Slice` from, to and by along axes.
pub(super) fn slice(call: Call<'_>) -> Outputs<'_> {
    let input = call.input(0)?;
    let rank = input.dims.len();
    let need = |name: &str, at: usize| call.ints(name, at)?.ok_or_else(|| Why(format!("its {name} are missing")));
    let (starts, ends) = (need("starts", 1)?, need("ends", 2)?);
    let axes = call.ints("axes", 3)?.unwrap_or_else(|| (0..starts.len() as i64).collect());
    let by = call.ints("steps", 4)?.unwrap_or_else(|| vec![1; starts.len()]);
    if [ends.len(), axes.len(), by.len()] != [starts.len(); 3] {
        return Err(Why::from("its starts, ends, axes and steps are not equally many"));
    }
    let (mut dims, mut steps, mut first) = (input.dims.clone(), strides(&input.dims), 0isize);
    for (((start, end), given), by) in starts.iter().zip(&ends).zip(&axes).zip(&by) {
        let at = nth(*given, rank)?;
        let (from, count) = range_of(*start, *end, *by, input.dims[at]).ok_or_else(|| Why::from("its step is 0"))?;
        first += steps[at] * from as isize;
        dims[at] = count;
        steps[at] *= *by as isize;
    }
    view(input, dims, steps, first)
}

/// Where a slice begins and how many it takes, of a dimension; `None` for a step of 0.
pub(in crate::interchange::onnx) fn range_of(start: i64, end: i64, step: i64, dim: usize) -> Option<(usize, usize)> {
    let dim = i128::from(dim as u64);
    let from_front = |at: i64| if at < 0 { i128::from(at) + dim } else { i128::from(at) };
    let (low, high) = if step > 0 { (0, dim) } else { (-1, dim - 1) };
    let start = from_front(start).clamp(low.max(0), high.max(0));
    let end = from_front(end).clamp(low, high.max(low));
    let count = match step {
        0 => return None,
        1.. => (end - start).max(0).unsigned_abs().div_ceil(u128::from(step.unsigned_abs())),
        _ => (start - end).max(0).unsigned_abs().div_ceil(u128::from(step.unsigned_abs())),
    };
    let count = if dim == 0 { 0 } else { count };
    Some((start as usize, count as usize))
}

/// `Split` into parts of given sizes, or equal ones.
pub(super) fn split(call: Call<'_>) -> Outputs<'_> {
    let input = call.input(0)?;
    let at = nth(call.attributes.int_or("axis", 0), input.dims.len())?;
    let sizes = match call.ints("split", 1)? {
        Some(sizes) => sizes,
        None => equal(input.dims[at], call.attributes.int("num_outputs").map_or(call.outputs, |n| n.max(1) as usize))?,
    };
    if sizes.iter().sum::<i64>() != input.dims[at] as i64 || sizes.iter().any(|size| *size < 0) {
        return Err(Why(format!("{sizes:?} do not split {}", input.dims[at])));
    }
    let steps = strides(&input.dims);
    let mut first = 0isize;
    let mut parts = Vec::new();
    for size in sizes {
        let mut dims = input.dims.clone();
        dims[at] = size as usize;
        parts.extend(view(input, dims, steps.clone(), first)?);
        first += steps[at] * size as isize;
    }
    Ok(parts)
}

/// As equal as can be: the last one is smaller where it must be.
pub(in crate::interchange::onnx) fn equal(dim: usize, parts: usize) -> Result<Vec<i64>, Why> {
    let each = dim.div_ceil(parts.max(1));
    let sizes: Vec<i64> = (0..parts).map(|part| dim.saturating_sub(part * each).min(each) as i64).collect();
    if parts > dim.max(1) { Err(Why(format!("{dim} cannot be split into {parts}"))) } else { Ok(sizes) }
}
