//! Operators that choose elements one by one, by numbers that are known.
//!
//! In: `Where` of a known condition, `GatherElements` of known indices. Out: elements of a map in one row, by their indices.

use super::super::array;
use super::super::fold::Why;
use super::super::number::Number;
use super::arithmetic::broadcast;
use super::repeat::{elements, indices};
use super::{Importer, Map, Use, Value, is_images};
use crate::op::{Concat, Op};

type Made = Result<Vec<Value>, Why>;

/// `Where` of a known condition: elements of both, joined, by their indices.
pub(super) fn by_condition<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let which = used.array(0).ok_or_else(|| Why::from("its condition is computed from the input"))?;
    let [yes, no] = match (used.map(1), used.map(2)) {
        (Ok(yes), Ok(no)) => [yes.clone(), no.clone()],
        (Ok(yes), Err(_)) => [yes.clone(), beside(importer, used, (2, yes))?],
        (Err(_), Ok(no)) => [beside(importer, used, (1, no))?, no.clone()],
        (Err(why), Err(_)) => return Err(why),
    };
    let truth = importer.arrays.get(which);
    let truth_dims: Vec<Number> = truth.dims.iter().map(|dim| Number::from(*dim as i64)).collect();
    let own = truth.dims.clone();
    let known = truth.known_ints().ok_or_else(|| Why::from("its condition is not known"))?;
    let dims = broadcast(&broadcast(&yes.dims, &no.dims)?, &truth_dims)?;
    let [yes, no] = [importer.expanded(used, &yes, dims.clone())?, importer.expanded(used, &no, dims.clone())?];
    let shape = importer.map_shape(&yes);
    let count = elements(shape)?;
    let batch = dims.iter().position(|dim| is_images(*dim));
    let sizes: Vec<usize> = dims.iter().map(|dim| dim.known().map_or(1, |size| size as usize)).collect();
    if batch.is_some_and(|at| (at + own.len()).checked_sub(dims.len()).is_some_and(|at| own[at] != 1)) {
        return Err(Why::from("its condition differs from image to image"));
    }
    let places = array::places(&sizes, &array::broadcast_strides(&own, &sizes), 0);
    let chosen = places.enumerate().map(|(at, place)| (at + if known[place] != 0 { 0 } else { count }) as u64).collect();
    let flat = |batch: Option<usize>, count: usize| -> Vec<Number> {
        batch.map(|_| Number::of_batch(1)).into_iter().chain([Number::from(count as i64)]).collect()
    };
    let axis = 0;
    let [yes, no] = [&yes, &no].map(|map| importer.viewed(used, map, flat(batch, count)));
    let joined = importer.add(used, Op::Concat(Concat { axis }), &[yes?.node, no?.node], flat(batch, 2 * count))?;
    let last = joined.rank() - 1;
    let taken = importer.taken(used, &joined, (last, axis), chosen)?;
    Ok(vec![Value::Map(importer.viewed(used, &taken, dims)?)])
}

fn beside<'m>(importer: &mut Importer<'m>, used: &Use<'m>, (at, map): (usize, &Map)) -> Result<Map, Why> {
    let array = used.array(at).ok_or_else(|| Why(format!("input {} is missing", at + 1)))?;
    importer.given(used, array, map)
}

/// `GatherElements`: of each place, the element at the index along an axis.
pub(super) fn by_index<'m>(importer: &mut Importer<'m>, used: &Use<'m>) -> Made {
    let map = used.map(0)?.clone();
    let which = used.array(1).ok_or_else(|| Why::from("its indices are computed from the input"))?;
    let at = used.axis("axis", 0, map.rank())?;
    let sizes: Option<Vec<usize>> = map.dims.iter().map(|dim| dim.known().and_then(|size| usize::try_from(size).ok())).collect();
    let sizes = sizes.ok_or_else(|| Why::from("its indices name images of a batch"))?;
    let count = elements(importer.map_shape(&map))?;
    let along = indices(importer, which, map.dims[at])?;
    let dims = importer.arrays.get(which).dims.clone();
    if dims.len() != sizes.len() || dims.iter().zip(&sizes).enumerate().any(|(i, (own, size))| i != at && own > size) {
        return Err(Why(format!("indices of {dims:?} do not go with {sizes:?}")));
    }
    let step = array::strides(&sizes)[at];
    let mut others = array::strides(&sizes);
    others[at] = 0;
    let chosen = array::places(&dims, &others, 0).zip(along.iter()).map(|(place, index)| place as u64 + index * step as u64);
    let chosen = chosen.collect();
    let flat = importer.viewed(used, &map, vec![Number::from(count as i64)])?;
    let taken = importer.taken(used, &flat, (0, 0), chosen)?;
    let dims = dims.iter().map(|dim| Number::from(*dim as i64)).collect();
    Ok(vec![Value::Map(importer.reshaped(used, &taken, dims)?)])
}
