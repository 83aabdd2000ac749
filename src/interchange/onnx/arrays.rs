//! All arrays of a model, and how each comes about from the tensors that it stores.
//!
//! While a model is read only what is small is known: shapes, axes, numbers. What is large, or computed from what is large, is
//! a recipe, whose dimensions are known and whose elements are made when somebody asks for weights. An array only ever
//! depends on earlier ones, so that making one is a walk in order and ends.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::array::{Array, Values};
use super::attributes::Attributes;
use super::fold::{Call, Why, fold};
use super::number::Number;
use super::tensor::{Data, Elements, Stored};

/// Names an array of one model.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArrayId(u32);

/// Arrays of more elements are made when they are asked for.
const MOST_KNOWN: usize = 4096;
/// No array of a network has more elements.
const MOST_ELEMENTS: usize = 1 << 31;

/// Reads bytes of files, for whoever knows where they are.
pub trait Bytes {
    /// So many bytes of a file from an offset on; of the model's own where it has no name.
    ///
    /// # Errors
    /// Why they cannot be read, as a clause.
    fn read(&mut self, file: Option<&str>, offset: u64, length: u64) -> Result<Vec<u8>, String>;
}

/// Where the elements of an array come from.
#[derive(Debug, Clone)]
enum Recipe {
    /// They are here.
    Known,
    /// They stand in a file.
    Stored(Stored),
    /// They are an output of an operator.
    Made(Arc<Operator>, usize),
}

/// An operator and what it reads.
#[derive(Debug, Clone)]
struct Operator {
    op: String,
    attributes: Attributes,
    inputs: Vec<Option<ArrayId>>,
    outputs: usize,
}

/// All arrays of a model.
#[derive(Debug, Clone, Default)]
pub struct Arrays {
    all: Vec<(Array, Recipe)>,
}

impl Arrays {
    /// An array with what is known of it.
    ///
    /// # Panics
    /// If it is not of these arrays.
    #[must_use]
    pub fn get(&self, id: ArrayId) -> &Array {
        &self.all[id.0 as usize].0
    }

    fn push(&mut self, array: Array, recipe: Recipe) -> ArrayId {
        self.all.push((array, recipe));
        ArrayId((self.all.len() - 1) as u32)
    }

    /// Adds an array whose elements are known.
    pub fn known(&mut self, array: Array) -> ArrayId {
        self.push(array, Recipe::Known)
    }

    /// Adds a tensor of the model.
    ///
    /// # Errors
    /// It has more elements than memory.
    pub(super) fn stored(&mut self, stored: Stored) -> Result<ArrayId, Why> {
        let dims: Vec<usize> = stored.dims.iter().map(|dim| usize::try_from(*dim).unwrap_or(usize::MAX)).collect();
        bounded(&dims)?;
        Ok(match stored.data {
            Data::Known(elements) => self.known(Array::of(dims, Values::from(elements))),
            Data::Apart { .. } => {
                let array = Array { dims, is_int: !stored.element.is_float(), values: None };
                self.push(array, Recipe::Stored(stored))
            }
        })
    }

    /// Adds the outputs of an operator.
    ///
    /// # Errors
    /// The operator is not folded, or its inputs do not fit it.
    pub(super) fn made(
        &mut self,
        op: &str,
        attributes: &Attributes,
        inputs: &[Option<ArrayId>],
        outputs: usize,
    ) -> Result<Vec<ArrayId>, Why> {
        let arrays: Vec<Option<&Array>> = inputs.iter().map(|id| id.map(|id| self.get(id))).collect();
        let is_known = arrays.iter().flatten().all(|array| array.values.is_some());
        let mut made = Vec::new();
        for folded in fold(Call { op, attributes, inputs: &arrays, outputs })? {
            bounded(&folded.dims)?;
            let count: usize = folded.dims.iter().product();
            let values = if is_known && count <= MOST_KNOWN { Some((folded.make)()?) } else { None };
            made.push(Array { dims: folded.dims, is_int: folded.is_int, values });
        }
        let operator = Arc::new(Operator { op: op.to_owned(), attributes: attributes.clone(), inputs: inputs.to_vec(), outputs });
        let ids = made.into_iter().enumerate().map(|(output, array)| {
            let recipe = if array.values.is_some() { Recipe::Known } else { Recipe::Made(Arc::clone(&operator), output) };
            self.push(array, recipe)
        });
        Ok(ids.collect())
    }

    /// An array of one dimension.
    pub(super) fn vector(&mut self, array: ArrayId) -> Result<ArrayId, Why> {
        let count = self.get(array).len();
        self.shaped(array, &[count])
    }

    /// An array under other dimensions.
    pub(super) fn shaped(&mut self, array: ArrayId, dims: &[usize]) -> Result<ArrayId, Why> {
        if self.get(array).dims == dims {
            return Ok(array);
        }
        let shape = self.known(Array::ints(dims.iter().map(|dim| Number::from(*dim as i64)).collect()));
        let made = self.made("Reshape", &Attributes::default(), &[Some(array), Some(shape)], 1)?;
        made.first().copied().ok_or_else(|| Why::from("nothing is made"))
    }

    /// Bytes that making an array's elements takes at most at once.
    #[must_use]
    pub fn memory(&self, id: ArrayId) -> u64 {
        let element = |id: &ArrayId| self.get(*id).len() as u64 * if self.get(*id).is_int { 16 } else { 4 };
        self.needed(id).iter().map(element).sum::<u64>() * 2
    }

    /// What an array depends on, itself included.
    fn needed(&self, id: ArrayId) -> BTreeSet<ArrayId> {
        let (mut needed, mut open) = (BTreeSet::new(), vec![id]);
        while let Some(id) = open.pop() {
            if needed.insert(id)
                && let Recipe::Made(operator, _) = &self.all[id.0 as usize].1
            {
                open.extend(operator.inputs.iter().flatten());
            }
        }
        needed
    }

    /// The elements of an array.
    ///
    /// # Errors
    /// Bytes of a file cannot be read, or an operator cannot be computed.
    pub fn elements(&self, id: ArrayId, bytes: &mut dyn Bytes) -> Result<Values, String> {
        let needed = self.needed(id);
        let mut readers: BTreeMap<ArrayId, usize> = BTreeMap::new();
        for one in &needed {
            if let Recipe::Made(operator, _) = &self.all[one.0 as usize].1 {
                operator.inputs.iter().flatten().for_each(|input| *readers.entry(*input).or_default() += 1);
            }
        }
        let mut made: BTreeMap<ArrayId, Array> = BTreeMap::new();
        for one in needed {
            let (array, recipe) = &self.all[one.0 as usize];
            let values = match recipe {
                Recipe::Known => array.values.clone().ok_or("its elements are not known")?,
                Recipe::Stored(stored) => Values::from(read(stored, bytes)?),
                Recipe::Made(operator, output) => compute(operator, *output, &made)?,
            };
            made.insert(one, Array { values: Some(values), ..array.clone() });
            // What nobody reads any more gives its memory back.
            if let Recipe::Made(operator, _) = recipe {
                for input in operator.inputs.iter().flatten() {
                    let left = readers.entry(*input).or_default();
                    *left -= 1;
                    if *left == 0 {
                        made.remove(input);
                    }
                }
            }
        }
        made.remove(&id).and_then(|array| array.values).ok_or_else(|| "its elements are not known".to_owned())
    }
}

fn bounded(dims: &[usize]) -> Result<(), Why> {
    let count = dims.iter().try_fold(1usize, |all, dim| all.checked_mul(*dim));
    match count.filter(|count| *count <= MOST_ELEMENTS) {
        Some(_) => Ok(()),
        None => Err(Why(format!("{dims:?} has more elements than memory"))),
    }
}

fn read(stored: &Stored, bytes: &mut dyn Bytes) -> Result<Elements, String> {
    match &stored.data {
        Data::Known(elements) => Ok(elements.clone()),
        Data::Apart { file, offset } => {
            let raw = bytes.read(file.as_deref(), *offset, stored.bytes())?;
            Ok(Elements::decode(stored.element, &raw))
        }
    }
}

fn compute(operator: &Operator, output: usize, made: &BTreeMap<ArrayId, Array>) -> Result<Values, String> {
    let inputs: Vec<Option<&Array>> = operator.inputs.iter().map(|id| id.and_then(|id| made.get(&id))).collect();
    let call = Call { op: &operator.op, attributes: &operator.attributes, inputs: &inputs, outputs: operator.outputs };
    let folded = fold(call).map_err(|why| why.0)?.into_iter().nth(output);
    (folded.ok_or("an output is missing")?.make)().map_err(|why| why.0)
}
