//! Arrays made from arrays: the arithmetic on shapes and weights that exporters leave in a model.
//!
//! In: an operator with its attributes and [`Array`]s, some of whose elements may not be known yet. Out: a [`Folded`] for
//! each output: dimensions at once, elements when they are asked for. The same functions serve while a model is read, when
//! shapes are known and weights are not, and when its weights are. Operators are those of ONNX, which states their meaning.

mod elementwise;

mod movement;
mod norm;
mod reduce;

use super::array::{Array, Values};
use super::attributes::Attributes;
pub(super) use movement::{equal, range_of};

/// An output: its dimensions, and how its elements are made once those of the inputs are known.
pub(super) struct Folded<'a> {
    /// Its dimensions.
    pub dims: Vec<usize>,
    /// Whether its elements are integers.
    pub is_int: bool,
    /// Its elements.
    pub make: Box<dyn FnOnce() -> Result<Values, Why> + 'a>,
}

/// Why something cannot be computed, as a clause.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Why(pub String);

impl From<&str> for Why {
    fn from(text: &str) -> Self {
        Self(text.to_owned())
    }
}

/// An operator and what it gets.
#[derive(Clone, Copy)]
pub(super) struct Call<'a> {
    /// The operator.
    pub op: &'a str,
    /// Its attributes.
    pub attributes: &'a Attributes,
    /// Its inputs; `None` where an optional one is left out.
    pub inputs: &'a [Option<&'a Array>],
    /// How many outputs are asked for.
    pub outputs: usize,
}

impl<'a> Call<'a> {
    /// An input that must be there.
    fn input(&self, at: usize) -> Result<&'a Array, Why> {
        self.optional(at).ok_or_else(|| Why(format!("input {} is missing", at + 1)))
    }

    /// An input that may be left out.
    fn optional(&self, at: usize) -> Option<&'a Array> {
        self.inputs.get(at).copied().flatten()
    }

    /// Integers that an attribute held in older versions and an input holds in newer ones; `None` where neither is there.
    fn ints(&self, attribute: &str, at: usize) -> Result<Option<Vec<i64>>, Why> {
        if let Some(ints) = self.attributes.ints(attribute) {
            return Ok(Some(ints.to_vec()));
        }
        match self.optional(at) {
            Some(array) => {
                array.known_ints().map(Some).ok_or_else(|| Why(format!("its {attribute} are not known, or hang on the batch")))
            }
            None => Ok(None),
        }
    }
}

/// What makes the outputs of an operator.
type Fold = for<'a> fn(Call<'a>) -> Result<Vec<Folded<'a>>, Why>;

/// The operators that arrays are folded by.
const FOLDS: &[(&str, Fold)] = &[
    ("Abs", elementwise::unary),
    ("Add", elementwise::binary),
    ("And", elementwise::binary),
    ("BatchNormalization", norm::batch),
    ("Cast", elementwise::cast),
    ("CastLike", elementwise::cast),
    ("Ceil", elementwise::unary),
    ("Clip", elementwise::clip),
    ("Concat", movement::concat),
    ("ConstantOfShape", movement::constant_of_shape),
    ("Div", elementwise::binary),
    ("Dropout", movement::identity),
    ("Equal", elementwise::binary),
    ("Erf", elementwise::unary),
    ("Exp", elementwise::unary),
    ("Expand", movement::expand),
    ("Flatten", movement::flatten),
    ("Floor", elementwise::unary),
    ("Gather", movement::gather),
    ("Greater", elementwise::binary),
    ("GreaterOrEqual", elementwise::binary),
    ("Identity", movement::identity),
    ("Less", elementwise::binary),
    ("LessOrEqual", elementwise::binary),
    ("Log", elementwise::unary),
    ("Max", elementwise::variadic),
    ("Mean", elementwise::variadic),
    ("Min", elementwise::variadic),
    ("Mod", elementwise::binary),
    ("Mul", elementwise::binary),
    ("Neg", elementwise::unary),
    ("Not", elementwise::unary),
    ("Or", elementwise::binary),
    ("Pow", elementwise::binary),
    ("Range", movement::range),
    ("Reciprocal", elementwise::unary),
    ("ReduceL1", reduce::reduce),
    ("ReduceL2", reduce::reduce),
    ("ReduceLogSum", reduce::reduce),
    ("ReduceLogSumExp", reduce::reduce),
    ("ReduceMax", reduce::reduce),
    ("ReduceMean", reduce::reduce),
    ("ReduceMin", reduce::reduce),
    ("ReduceProd", reduce::reduce),
    ("ReduceSum", reduce::reduce),
    ("ReduceSumSquare", reduce::reduce),
    ("Relu", elementwise::unary),
    ("Reshape", movement::reshape),
    ("Round", elementwise::unary),
    ("Shape", movement::shape),
    ("Sigmoid", elementwise::unary),
    ("Sign", elementwise::unary),
    ("Size", movement::size),
    ("Slice", movement::slice),
    ("Split", movement::split),
    ("Sqrt", elementwise::unary),
    ("Squeeze", movement::squeeze),
    ("Sub", elementwise::binary),
    ("Sum", elementwise::variadic),
    ("Tanh", elementwise::unary),
    ("Tile", movement::tile),
    ("Transpose", movement::transpose),
    ("Unsqueeze", movement::unsqueeze),
    ("Where", elementwise::choose),
    ("Xor", elementwise::binary),
];

/// Whether arrays are folded by an operator.
pub(super) fn is_known(op: &str) -> bool {
    find(op).is_some()
}

fn find(op: &str) -> Option<Fold> {
    FOLDS.binary_search_by(|(own, _)| (*own).cmp(op)).ok().map(|at| FOLDS[at].1)
}

/// The outputs of an operator whose inputs are all arrays.
///
/// # Errors
/// The operator is not folded, or its inputs do not fit it.
pub(super) fn fold(call: Call<'_>) -> Result<Vec<Folded<'_>>, Why> {
    find(call.op).ok_or_else(|| Why(format!("`{}` of constants is not computed", call.op)))?(call)
}

/// The elements of an input, which are known when elements are made.
fn values(array: &Array) -> Result<&Values, Why> {
    array.values.as_ref().ok_or_else(|| Why::from("its elements are not known before the weights are"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operators_are_in_order() {
        assert!(FOLDS.windows(2).all(|pair| pair[0].0 < pair[1].0));
        assert!(is_known("Where") && !is_known("Conv"));
    }
}
