//! Exact counts of a form at any rank, from a few ranks that were counted.
//!
//! Each convolution's weights and MACs are a product of its channels, biases are one a channel and norms so many numbers a channel,
//! whatever tool counts them: all counts of a form are `a + b r1 + c r2 + d r1 r2`. So two or four of them give all, in integers.

use crate::op::form::{Form, Kind};

/// What is counted of a form, as in a [`Price`](super::price::Price).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Multiply-accumulates for one image.
    pub macs: u64,
    /// What a budget on MACs counts.
    pub counted: u64,
    /// `2 x MACs + bias additions`.
    pub flops: u64,
    /// Learnable scalars.
    pub params: u64,
}

/// The counts of a form at any rank.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Counts {
    macs: [i128; 4],
    counted: [i128; 4],
    flops: [i128; 4],
    params: [i128; 4],
}

impl Counts {
    /// From how the form is counted at a rank; `None` where it cannot be.
    pub fn new(kind: Kind, mut count: impl FnMut(Form) -> Option<Count>) -> Option<Self> {
        let mut at = |ranks: [u64; 2]| count(Form::new(kind, &ranks[..kind.ranks()])?);
        let [one, second] = [at([1, 1])?, at([2, 1])?];
        let (third, fourth) = if kind.ranks() == 2 { (at([1, 2])?, at([2, 2])?) } else { (one, second) };
        let coefficients = |of: fn(Count) -> u64| {
            let [one, second, third, fourth] = [one, second, third, fourth].map(|count| i128::from(of(count)));
            let product = fourth - third - second + one;
            let (by_first, by_second) = (second - one - product, third - one - product);
            [one - by_first - by_second - product, by_first, by_second, product]
        };
        Some(Self {
            macs: coefficients(|count| count.macs),
            counted: coefficients(|count| count.counted),
            flops: coefficients(|count| count.flops),
            params: coefficients(|count| count.params),
        })
    }

    /// The counts of a form of the kind; `None` beyond 64 bits.
    #[must_use]
    pub fn at(&self, form: Form) -> Option<Count> {
        let ranks = form.ranks();
        let first = i128::from(*ranks.first()?);
        let second = i128::from(ranks.get(1).copied().unwrap_or(1));
        let value = |[a, b, c, d]: [i128; 4]| {
            let product = d.checked_mul(first)?.checked_mul(second)?;
            let sum = b.checked_mul(first)?.checked_add(c.checked_mul(second)?)?;
            u64::try_from(product.checked_add(sum)?.checked_add(a)?).ok()
        };
        Some(Count {
            macs: value(self.macs)?,
            counted: value(self.counted)?,
            flops: value(self.flops)?,
            params: value(self.params)?,
        })
    }
}
