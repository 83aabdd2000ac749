//! The shape of a tensor without its batch: `[C, H, W]`, `[F]`, or any rank up to [`MAX_RANK`].

use std::fmt;

/// The most dimensions that a tensor may have, the batch not counted.
pub const MAX_RANK: usize = 6;

/// The largest value of one dimension.
pub const MAX_DIM: u64 = (1 << 31) - 1;

/// Dimensions without the batch, each in `1..=MAX_DIM`; small and `Copy`.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Shape {
    rank: u8,
    dims: [u32; MAX_RANK],
}

impl Shape {
    /// A shape, or `None` where there are more than [`MAX_RANK`] dimensions, none, or one outside `1..=MAX_DIM`.
    #[must_use]
    pub fn new(dims: &[u64]) -> Option<Self> {
        if dims.is_empty() || dims.len() > MAX_RANK || dims.iter().any(|d| *d == 0 || *d > MAX_DIM) {
            return None;
        }
        let mut shape = Self { rank: u8::try_from(dims.len()).ok()?, dims: [1; MAX_RANK] };
        for (to, from) in shape.dims.iter_mut().zip(dims) {
            *to = u32::try_from(*from).ok()?;
        }
        Some(shape)
    }

    /// How many dimensions.
    #[must_use]
    pub fn rank(self) -> usize {
        usize::from(self.rank)
    }

    /// The dimension of an axis, which must be below [`Self::rank`].
    ///
    /// # Panics
    /// If it is not: callers have checked axes that a user wrote.
    #[must_use]
    pub fn dim(self, axis: usize) -> u64 {
        assert!(axis < self.rank(), "axis within the rank");
        u64::from(self.dims[axis])
    }

    /// The dimensions.
    #[must_use]
    pub fn dims(&self) -> &[u32] {
        &self.dims[..self.rank()]
    }

    /// The same shape with another dimension at an axis; `None` where there is no such axis or the dimension is out of bounds.
    #[must_use]
    pub fn with_dim(mut self, axis: usize, dim: u64) -> Option<Self> {
        if axis >= self.rank() || dim == 0 || dim > MAX_DIM {
            return None;
        }
        self.dims[axis] = u32::try_from(dim).ok()?;
        Some(self)
    }

    /// The dimensions in 64 bits.
    #[must_use]
    pub fn to_vec(self) -> Vec<u64> {
        self.dims().iter().map(|d| u64::from(*d)).collect()
    }

    /// Dimension 0: channels of `[C, H, W]`, features of `[F]`.
    #[must_use]
    pub fn channels(self) -> u64 {
        self.dim(0)
    }

    /// Height and width of `[C, H, W]`; `None` for any other rank.
    #[must_use]
    pub fn hw(self) -> Option<(u64, u64)> {
        (self.rank() == 3).then(|| (self.dim(1), self.dim(2)))
    }

    /// Height and width of `[C, H, W]`, and of a line `[C, L]`, which is one row of `L`; `None` for any other rank.
    #[must_use]
    pub fn grid(self) -> Option<(u64, u64)> {
        if self.rank() == 2 { Some((1, self.dim(1))) } else { self.hw() }
    }

    /// How many elements, or `None` where the product exceeds 64 bits.
    #[must_use]
    pub fn elements(self) -> Option<u64> {
        self.dims().iter().try_fold(1u64, |product, d| product.checked_mul(u64::from(*d)))
    }
}

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[")?;
        for (i, d) in self.dims().iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            write!(f, "{d}")?;
        }
        f.write_str("]")
    }
}

impl fmt::Debug for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dimensions_have_bounds() {
        for dims in [&[][..], &[0], &[MAX_DIM + 1], &[u64::MAX], &[1; MAX_RANK + 1]] {
            assert_eq!(Shape::new(dims), None, "{dims:?}");
        }
        let shape = Shape::new(&[MAX_DIM, 1, 7]).expect("within bounds");
        assert_eq!(
            (shape.to_string().as_str(), shape.to_vec(), shape.hw()),
            ("[2147483647, 1, 7]", vec![MAX_DIM, 1, 7], Some((1, 7)))
        );
    }

    #[test]
    fn one_dimension_changes() {
        let shape = Shape::new(&[3, 4]).expect("within bounds");
        assert_eq!(shape.with_dim(1, 5), Shape::new(&[3, 5]));
        assert_eq!((shape.with_dim(2, 5), shape.with_dim(1, 0), shape.with_dim(1, MAX_DIM + 1)), (None, None, None));
    }

    #[test]
    fn elements_do_not_wrap() {
        assert_eq!(Shape::new(&[MAX_DIM; 2]).and_then(Shape::elements), Some(MAX_DIM * MAX_DIM));
        assert_eq!(Shape::new(&[MAX_DIM; 3]).and_then(Shape::elements), None);
    }
}
