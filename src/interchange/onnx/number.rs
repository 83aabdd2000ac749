//! Integers that may count the batch.
//!
//! Exporters compute shapes in the graph, and where the batch is free some of these numbers are multiples of it: `Shape` of
//! `[n, 3, 224, 224]`, of which `Reshape` to `[n, -1]` is made. Nothing here knows how many images there are, only that
//! there is at least one.

use std::cmp::Ordering;

/// `fixed + batch * n`, where n is how many images there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Number {
    /// What does not depend on the batch.
    pub fixed: i64,
    /// How often the batch counts.
    pub batch: i64,
}

impl From<i64> for Number {
    fn from(fixed: i64) -> Self {
        Self { fixed, batch: 0 }
    }
}

impl Number {
    /// A multiple of the batch.
    #[must_use]
    pub fn of_batch(batch: i64) -> Self {
        Self { fixed: 0, batch }
    }

    /// The number, where it is the same for every batch.
    #[must_use]
    pub fn known(self) -> Option<i64> {
        (self.batch == 0).then_some(self.fixed)
    }

    /// The sum; `None` beyond 64 bits.
    #[must_use]
    pub fn add(self, other: Self) -> Option<Self> {
        Some(Self { fixed: self.fixed.checked_add(other.fixed)?, batch: self.batch.checked_add(other.batch)? })
    }

    /// The difference; `None` beyond 64 bits.
    #[must_use]
    pub fn sub(self, other: Self) -> Option<Self> {
        Some(Self { fixed: self.fixed.checked_sub(other.fixed)?, batch: self.batch.checked_sub(other.batch)? })
    }

    /// The product; `None` beyond 64 bits, or where the batch would count squared.
    #[must_use]
    pub fn mul(self, other: Self) -> Option<Self> {
        let (by, of) = if let Some(by) = self.known() { (by, other) } else { (other.known()?, self) };
        Some(Self { fixed: of.fixed.checked_mul(by)?, batch: of.batch.checked_mul(by)? })
    }

    /// The quotient rounded towards zero, as ONNX divides; `None` by zero, or where it differs from batch to batch.
    #[must_use]
    pub fn div(self, other: Self) -> Option<Self> {
        if let (Some(a), Some(b)) = (self.known(), other.known()) {
            return a.checked_div(b).map(Self::from);
        }
        let exact = |a: i64, b: i64| (a.checked_rem(b)? == 0).then(|| a / b);
        match other.known() {
            Some(by) => Some(Self { fixed: exact(self.fixed, by)?, batch: exact(self.batch, by)? }),
            None if other.fixed == 0 && self.fixed == 0 => exact(self.batch, other.batch).map(Self::from),
            None => None,
        }
    }

    /// Which is larger, where that is the same for every batch of at least one.
    #[must_use]
    pub fn compare(self, other: Self) -> Option<Ordering> {
        let apart = self.sub(other)?;
        let at_one = apart.fixed.checked_add(apart.batch)?;
        match (at_one.signum(), apart.batch.signum()) {
            (sign, 0) => Some(sign.cmp(&0)),
            (1, 1) => Some(Ordering::Greater),
            (-1, -1) => Some(Ordering::Less),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn n(fixed: i64, batch: i64) -> Number {
        Number { fixed, batch }
    }

    #[test]
    fn shapes_of_a_free_batch_are_computed() {
        assert_eq!(n(0, 1).mul(n(6, 0)), Some(n(0, 6)));
        assert_eq!(n(0, 6).div(n(2, 0)), Some(n(0, 3)));
        assert_eq!(n(0, 6).div(n(0, 2)), Some(n(3, 0)));
        assert_eq!(n(-7, 0).div(n(2, 0)), Some(n(-3, 0)));
        assert_eq!(n(0, 3).div(n(2, 0)), None, "3 images give 4, 4 give 6");
        assert_eq!(n(0, 1).mul(n(0, 1)), None);
        assert_eq!(n(1, 0).div(n(0, 0)), None);
    }

    #[test]
    fn what_holds_for_every_batch_is_compared() {
        assert_eq!(n(0, 1).compare(n(-1, 0)), Some(Ordering::Greater));
        assert_eq!(n(0, 1).compare(n(0, 1)), Some(Ordering::Equal));
        assert_eq!(n(0, 1).compare(n(1, 0)), None, "one image or more");
        assert_eq!(n(0, 1).compare(n(0, 2)), Some(Ordering::Less));
        assert_eq!(n(2, 0).compare(n(3, 0)), Some(Ordering::Less));
    }
}
