//! Operators that repeat elements, or take some by their indices.

use std::sync::Arc;

use super::super::array;
use super::super::arrays::ArrayId;
use super::super::fold::Why;
use super::super::number::Number;
use super::arithmetic::broadcast;
use super::movement::ints;
use super::{Importer, Map, Use, Value, is_images, shape_of};
use crate::op::{Gather, Op, Repeat, Shape};

type Made = Result<Vec<Value>, Why>;

/// So many indices at most are written in a network's text.
pub(super) const MOST_INDICES: usize = 1 << 16;

/// `Expand` by broadcasting.
pub(super) fn expand<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let shape = used.array(1).ok_or_else(|| Why::from("its shape is computed from the input"))?;
    let mut asked = importer.arrays.get(shape).numbers().ok_or_else(|| Why::from("its shape is not known"))?.to_vec();
    let images = importer.batch.and_then(|images| i64::try_from(images).ok()).map(Number::from);
    let reaches_images = map.leads() && map.rank() == asked.len();
    if let Some(first) = asked.first_mut().filter(|first| reaches_images && images == Some(**first)) {
        // It was written for as many images as the file was made for.
        *first = Number::of_batch(1);
    }
    let dims = broadcast(&map.dims, &asked)?;
    Ok(vec![Value::Map(importer.expanded(used, &map, dims)?)])
}

/// `Tile`: the whole again and again along each axis.
pub(super) fn tile<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let repeats = ints(importer, used, ("repeats", 1))?.ok_or_else(|| Why::from("its repeats are missing"))?;
    if repeats.len() != map.rank() {
        return Err(Why(format!("{} repeats of {} axes", repeats.len(), map.rank())));
    }
    let (mut times, mut dims) = (Vec::new(), Vec::new());
    for (at, count) in repeats.iter().enumerate() {
        let whole = map.dims[at].mul(Number::from(*count)).ok_or_else(|| Why::from("it repeats too often"))?;
        dims.push(whole);
        match (map.axis(at), u64::try_from(*count)) {
            (Some(_), Ok(count)) if count > 0 => times.push(count),
            (None, Ok(1)) if is_images(map.dims[at]) => {}
            (None, Ok(1)) => times.push(1),
            (Some(_), _) => return Err(Why(format!("it repeats an axis {count} times"))),
            (None, _) => return Err(Why::from("it repeats images")),
        }
    }
    if times.iter().all(|times| *times == 1) {
        return super::movement::same(importer, used);
    }
    Ok(vec![Value::Map(importer.add(used, Op::Repeat(Repeat::Times(times)), &[map.node], dims)?)])
}

/// How many elements a map has, where each can be named by its index.
pub(super) fn elements(shape: Shape) -> Result<usize, Why> {
    let count = shape.dims().iter().try_fold(1usize, |count, dim| count.checked_mul(*dim as usize));
    count
        .filter(|count| *count <= MOST_INDICES)
        .ok_or_else(|| Why(format!("it takes elements of {shape} one by one, and of {MOST_INDICES} at most they can be written")))
}

/// Indices of an axis, of which those below 0 count from behind.
pub(super) fn indices(importer: &Importer<'_>, which: ArrayId, size: Number) -> Result<Arc<[u64]>, Why> {
    let size = size.known().and_then(|size| usize::try_from(size).ok());
    let size = size.ok_or_else(|| Why::from("it is along the images of a batch"))?;
    let known = importer.arrays.get(which);
    if known.len() > MOST_INDICES {
        return Err(Why(format!("it takes {} elements by their indices, and {MOST_INDICES} can be written", known.len())));
    }
    let known = known.known_ints().ok_or_else(|| Why::from("its indices are not known"))?;
    let place =
        |index: &i64| array::axis(*index, size).map(|at| at as u64).ok_or_else(|| Why(format!("index {index} of {size}")));
    known.iter().map(place).collect()
}

/// `Gather` along an axis.
pub(super) fn gather<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let which = used.array(1).ok_or_else(|| Why::from("its indices are computed from the input"))?;
    let at = used.axis("axis", 0, map.rank())?;
    if let Some(dims) = whole_image(importer, which, &map) {
        return Ok(vec![Value::Map(importer.reshaped(used, &map, dims)?)]);
    }
    let axis = map.axis(at).ok_or_else(|| Why::from("it is along the images of a batch"))?;
    let all = indices(importer, which, map.dims[at])?;
    let shape = importer.arrays.get(which).dims.iter().map(|dim| Number::from(*dim as i64));
    let dims: Vec<Number> = map.dims[..at].iter().copied().chain(shape).chain(map.dims[at + 1..].iter().copied()).collect();
    let is_whole =
        map.dims[at].known() == i64::try_from(all.len()).ok() && (0u64..).zip(all.iter()).all(|(at, index)| at == *index);
    let taken = if is_whole { map } else { importer.taken(used, &map, (at, axis), all)? };
    Ok(vec![Value::Map(importer.reshaped(used, &taken, dims)?)])
}

/// The dimensions that all elements of one image, in their order, get by their indices: PyTorch's exporter writes views so, of
/// one image, and those of more are meant.
fn whole_image(importer: &Importer<'_>, which: ArrayId, map: &Map) -> Option<Vec<Number>> {
    let [Number { fixed: 0, batch: size }] = *map.dims.as_slice() else { return None };
    let known = importer.arrays.get(which);
    let all = known.known_ints()?;
    let is_whole = i64::try_from(all.len()) == Ok(size) && (0..).zip(&all).all(|(at, index)| at == *index);
    let (first, rest) = known.dims.split_first()?;
    let rest = rest.iter().map(|dim| Number::from(*dim as i64));
    (is_whole && *first == 1 && size > 1).then(|| std::iter::once(Number::of_batch(1)).chain(rest).collect())
}

impl<'m> Importer<'m> {
    /// A map broadcast to dimensions.
    pub(super) fn expanded(&mut self, used: &Use<'m>, map: &Map, dims: Vec<Number>) -> Result<Map, Why> {
        let map = self.aligned(used, map, &dims)?;
        let shape = shape_of(&dims)?;
        if shape == self.map_shape(&map) {
            return Ok(Map { node: map.node, dims });
        }
        self.add(used, Op::Repeat(Repeat::To(shape)), &[map.node], dims)
    }

    /// Elements of an axis by their indices.
    pub(super) fn taken(
        &mut self,
        used: &Use<'m>,
        map: &Map,
        (at, axis): (usize, usize),
        indices: Arc<[u64]>,
    ) -> Result<Map, Why> {
        let mut dims = map.dims.clone();
        dims[at] = Number::from(indices.len() as i64);
        self.add(used, Op::Gather(Gather { axis, indices }), &[map.node], dims)
    }
}
