//! What a layer costs, alone or as the steps of a form, with everything that stands between them.
//!
//! In: operations and the shape that flows in. Out: [`Price`]: MACs, parameters, predicted time, and the maps in between.
//! Counts come from the operations themselves, so a price is what analysis counts afterwards.

use super::chain::Step;
use crate::analysis::target::Target;
use crate::op::{Op, Shape};

/// Cost of a layer for one image.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Price {
    /// Multiply-accumulates, in the default convention.
    pub macs: u64,
    /// Learnable scalars: weights, biases, scales and shifts.
    pub params: u64,
    /// Predicted milliseconds.
    pub ms: f64,
}

impl Price {
    /// The sum; counts beyond 64 bits stay at the largest.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            macs: self.macs.saturating_add(other.macs),
            params: self.params.saturating_add(other.params),
            ms: self.ms + other.ms,
        }
    }
}

/// The price of one operation, or `None` where a count exceeds 64 bits.
#[must_use]
pub fn of_op(op: &Op, inputs: &[Shape], output: Shape, target: &Target) -> Option<Price> {
    let learned = op.weights(inputs);
    let params = learned.iter().filter(|spec| spec.learned).try_fold(0u64, |sum, spec| sum.checked_add(spec.elements()?))?;
    let macs = op.work(inputs, output).ok()?.macs;
    Some(Price { macs, params, ms: target.predict_ms(op, inputs, output)? })
}

/// The price of steps after each other, and the shape that each makes; `None` where one does not fit or overflows.
#[must_use]
pub fn of_steps(steps: &[Step], input: Shape, target: &Target) -> Option<(Price, Vec<Shape>)> {
    let mut shapes = Vec::with_capacity(steps.len());
    let mut price = Price::default();
    let mut shape = input;
    for step in steps {
        let output = step.op.infer(&[shape]).ok()?;
        price = price.plus(of_op(&step.op, &[shape], output, target)?);
        shapes.push(output);
        shape = output;
    }
    Some((price, shapes))
}
