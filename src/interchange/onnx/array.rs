//! Arrays of numbers that are known without running the network: shapes, axes, weights.
//!
//! Row-major, with numpy's rules for axes and broadcasting. What arrays are made from each other by is [`fold`](super::fold).

use super::number::Number;
use super::tensor::Elements;

/// An array whose elements may be known later.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// Its dimensions; none for a single number.
    pub dims: Vec<usize>,
    /// Whether its elements are integers, as sizes, axes and truth values are.
    pub is_int: bool,
    /// Its elements, where they are known now.
    pub values: Option<Values>,
}

/// Elements of an array, row-major.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// With a fraction.
    Float(Vec<f32>),
    /// Integers and, as 0 and 1, truth values.
    Int(Vec<Number>),
}

impl From<Elements> for Values {
    fn from(elements: Elements) -> Self {
        match elements {
            Elements::Float(all) => Self::Float(all),
            Elements::Int(all) => Self::Int(all.into_iter().map(Number::from).collect()),
        }
    }
}

impl Values {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Float(all) => all.len(),
            Self::Int(all) => all.len(),
        }
    }

    /// The elements at places, in their order.
    #[must_use]
    pub fn pick(&self, places: impl Iterator<Item = usize>) -> Self {
        match self {
            Self::Float(all) => Self::Float(places.map(|at| all[at]).collect()),
            Self::Int(all) => Self::Int(places.map(|at| all[at]).collect()),
        }
    }

    /// As numbers with a fraction; `None` where one counts the batch.
    #[must_use]
    pub fn floats(&self) -> Option<Vec<f32>> {
        match self {
            Self::Float(all) => Some(all.clone()),
            Self::Int(all) => all.iter().map(|number| number.known().map(|n| n as f32)).collect(),
        }
    }
}

impl Array {
    /// Integers in a row.
    #[must_use]
    pub fn ints(all: Vec<Number>) -> Self {
        Self { dims: vec![all.len()], is_int: true, values: Some(Values::Int(all)) }
    }

    /// An array of known elements.
    ///
    /// # Panics
    /// If they are not as many as the dimensions say.
    #[must_use]
    pub fn of(dims: Vec<usize>, values: Values) -> Self {
        assert_eq!(dims.iter().product::<usize>(), values.len(), "as many elements as the dimensions say");
        let is_int = matches!(values, Values::Int(_));
        Self { dims, is_int, values: Some(values) }
    }

    /// How many elements.
    #[must_use]
    pub fn len(&self) -> usize {
        self.dims.iter().product()
    }

    /// Its integers, where they are integers and known.
    #[must_use]
    pub fn numbers(&self) -> Option<&[Number]> {
        match self.values.as_ref()? {
            Values::Int(all) => Some(all),
            Values::Float(_) => None,
        }
    }

    /// Its integers, where they are known and the same for every batch.
    #[must_use]
    pub fn known_ints(&self) -> Option<Vec<i64>> {
        self.numbers()?.iter().map(|number| number.known()).collect()
    }

    /// Its only element, as a number with a fraction.
    #[must_use]
    pub fn scalar(&self) -> Option<f32> {
        let values = self.values.as_ref().filter(|values| values.len() == 1)?;
        values.floats()?.first().copied()
    }
}

/// Steps through memory for one step along each axis.
#[must_use]
pub fn strides(dims: &[usize]) -> Vec<isize> {
    let mut strides = vec![1; dims.len()];
    for axis in (1..dims.len()).rev() {
        strides[axis - 1] = strides[axis] * dims[axis] as isize;
    }
    strides
}

/// Places in memory of an array's elements in row-major order, for steps along its axes that need not be those of a whole
/// array: 0 repeats, less than 0 goes backwards.
pub fn places(dims: &[usize], strides: &[isize], first: isize) -> impl Iterator<Item = usize> + use<> {
    let (dims, strides) = (dims.to_vec(), strides.to_vec());
    let count: usize = dims.iter().product();
    let (mut index, mut at) = (vec![0usize; dims.len()], first);
    (0..count).map(move |_| {
        let place = at as usize;
        for axis in (0..dims.len()).rev() {
            index[axis] += 1;
            at += strides[axis];
            if index[axis] < dims[axis] {
                break;
            }
            at -= strides[axis] * dims[axis] as isize;
            index[axis] = 0;
        }
        place
    })
}

/// The dimensions of two arrays combined element by element; `None` where they do not go together.
#[must_use]
pub fn broadcast(a: &[usize], b: &[usize]) -> Option<Vec<usize>> {
    let rank = a.len().max(b.len());
    let dim = |dims: &[usize], axis: usize| (axis + dims.len()).checked_sub(rank).map_or(1, |own| dims[own]);
    let both = |axis| match (dim(a, axis), dim(b, axis)) {
        (x, y) if x == y => Some(x),
        (1, other) | (other, 1) => Some(other),
        _ => None,
    };
    (0..rank).map(both).collect()
}

/// Steps along the axes of `to` through an array that is broadcast to it.
#[must_use]
pub fn broadcast_strides(dims: &[usize], to: &[usize]) -> Vec<isize> {
    let own = strides(dims);
    let missing = to.len() - dims.len();
    let stride = |axis: usize| axis.checked_sub(missing).map_or(0, |at| if dims[at] == 1 { 0 } else { own[at] });
    (0..to.len()).map(stride).collect()
}

/// An axis counted from the front; those below 0 count from behind.
#[must_use]
pub fn axis(axis: i64, rank: usize) -> Option<usize> {
    let rank = rank as i64;
    (-rank..rank).contains(&axis).then(|| (if axis < 0 { axis + rank } else { axis }) as usize)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_follow_strides() {
        let of = |dims: &[usize], strides: &[isize], first| places(dims, strides, first).collect::<Vec<_>>();
        assert_eq!(of(&[2, 3], &[3, 1], 0), [0, 1, 2, 3, 4, 5]);
        assert_eq!(of(&[3, 2], &[1, 3], 0), [0, 3, 1, 4, 2, 5], "transposed");
        assert_eq!(of(&[2, 2], &[0, 1], 0), [0, 1, 0, 1], "repeated");
        assert_eq!(of(&[3], &[-2], 4), [4, 2, 0], "backwards");
        assert_eq!(of(&[], &[], 0), [0], "one number");
        assert_eq!(of(&[0, 2], &[2, 1], 0), [0usize; 0], "none");
    }

    #[test]
    fn shapes_are_broadcast_as_numpy_does() {
        assert_eq!(broadcast(&[3, 1], &[4]), Some(vec![3, 4]));
        assert_eq!(broadcast(&[2, 3], &[2]), None);
        assert_eq!(broadcast_strides(&[3, 1], &[2, 3, 4]), [0, 1, 0]);
        assert_eq!((axis(-1, 3), axis(3, 3), axis(-4, 3)), (Some(2), None, None));
    }
}
