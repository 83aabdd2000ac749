//! What a layer and its forms cost, from exact maps.
//!
//! In: a convolution or linear layer with its input and output shape. Out: exact counts of weights and MACs of the dense
//! layer and of every form, and the rank at which a form stops saving. The formulas hold for a
//! `kh x kw` convolution from `c` channels on `H x W` to `n` on `H' x W'`. Normalisation and activation between the
//! convolutions are not counted here.

use std::fmt;

use super::form::{Form, Kind, Stage, Taps};
use super::{Op, Shape};

/// The numbers that decide a layer's cost in every form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Geometry {
    /// Input channels `c`.
    pub input: u64,
    /// Output channels `n`.
    pub output: u64,
    /// `[kh, kw]`.
    pub kernel: [u64; 2],
    /// Input map `[H, W]`; positions of a linear layer as `[positions, 1]`.
    pub input_map: [u64; 2],
    /// Output map `[H', W']`.
    pub output_map: [u64; 2],
}

/// Exact counts of a layer or of all convolutions of a form; biases are counted apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Cost {
    /// Weights without biases.
    pub weights: u64,
    /// Multiply-accumulates for one image.
    pub macs: u64,
    /// Outputs of all its convolutions together: so many biases where each has one.
    pub channels: u64,
}

/// What a break-even is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Count {
    /// Weights without biases.
    Weights,
    /// Multiply-accumulates.
    Macs,
}

/// An exact rank: `numerator / denominator`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ratio {
    /// Cost of the dense layer.
    pub numerator: u128,
    /// Cost of one channel of the form; not 0.
    pub denominator: u128,
}

impl Ratio {
    /// The largest integer strictly below the ratio: the largest rank that still saves, 0 where none does.
    #[must_use]
    pub fn largest_below(self) -> u64 {
        u64::try_from(self.numerator.div_ceil(self.denominator).saturating_sub(1)).unwrap_or(u64::MAX)
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let tenths = self.numerator.saturating_mul(10) / self.denominator;
        write!(f, "{}.{}", tenths / 10, tenths % 10)
    }
}

impl Geometry {
    /// The geometry of a convolution without groups or of a linear layer; `None` for anything else, which has no forms.
    #[must_use]
    pub fn of(op: &Op, input: Shape, output: Shape) -> Option<Self> {
        if let Op::Conv(conv) = op {
            let (input_map, output_map) = (input.grid()?, output.grid()?);
            return (conv.groups == 1 && !conv.depthwise).then_some(Self {
                input: input.channels(),
                output: conv.out,
                kernel: conv.kernel,
                input_map: [input_map.0, input_map.1],
                output_map: [output_map.0, output_map.1],
            });
        }
        let last = input.rank() - 1;
        let positions = (0..last).map(|axis| input.dim(axis)).product();
        let map = [positions, 1];
        let linear = Self { input: input.dim(last), output: output.dim(last), kernel: [1, 1], input_map: map, output_map: map };
        matches!(op, Op::Linear(_)).then_some(linear)
    }

    /// The cost of the dense layer, or `None` beyond 64 bits.
    #[must_use]
    pub fn dense(&self) -> Option<Cost> {
        let layer = Stage { from: self.input, to: self.output, taps: Taps::Whole, is_core: true };
        total(&[self.stage(&layer, &mut self.input_map.clone())])
    }

    /// The cost of the layer in a form, its own 1x1 convolutions included, or `None` beyond 64 bits. The form must fit
    /// the layer.
    #[must_use]
    pub fn cost(&self, form: Form) -> Option<Cost> {
        let stages = form.stages(self.input, self.output);
        let mut map = self.input_map;
        let costs: Vec<_> = stages.iter().map(|stage| self.stage(stage, &mut map)).collect();
        total(&costs)
    }

    /// The cost of one convolution on a map, which becomes its output map.
    fn stage(&self, stage: &Stage, map: &mut [u64; 2]) -> Option<Cost> {
        let ([kh, kw], [down, across]) = (self.kernel, self.output_map);
        let kernel = match stage.taps {
            Taps::Point => [1, 1],
            Taps::Whole => [kh, kw],
            Taps::Column => [kh, 1],
            Taps::Row => [1, kw],
        };
        *map = match stage.taps {
            Taps::Point => *map,
            Taps::Whole => [down, across],
            // The column walks the rows with the layer's stride; the columns of the map are still those of the input.
            Taps::Column => [down, map[1]],
            Taps::Row => [map[0], across],
        };
        let weights = stage.from.checked_mul(stage.to)?.checked_mul(kernel[0])?.checked_mul(kernel[1])?;
        let macs = weights.checked_mul(map[0])?.checked_mul(map[1])?;
        Some(Cost { weights, macs, channels: stage.to })
    }

    /// The rank at which a one-rank form costs just what the dense layer costs, exactly; `None` for `both`, and beyond
    /// 128 bits.
    #[must_use]
    pub fn break_even(&self, kind: Kind, count: Count) -> Option<Ratio> {
        let at = |form: Form| {
            let cost = self.cost(form)?;
            Some(u128::from(pick(cost, count)))
        };
        let per_channel = match kind {
            Kind::Reduce => at(Form::Reduce { r: 1 })?,
            Kind::Expand => at(Form::Expand { r: 1 })?,
            Kind::Spatial => at(Form::Spatial { r: 1 })?,
            Kind::Pointwise => at(Form::Pointwise { r: 1 })?,
            Kind::Both => return None,
        };
        Some(Ratio { numerator: u128::from(pick(self.dense()?, count)), denominator: per_channel })
    }

    /// The largest rank at which the form still saves, 0 where none does; for `both`, the largest `r1 = r2`.
    #[must_use]
    pub fn largest_saving(&self, kind: Kind, count: Count) -> u64 {
        if let Some(ratio) = self.break_even(kind, count) {
            return ratio.largest_below();
        }
        let Some(dense) = self.dense().map(|cost| pick(cost, count)) else { return 0 };
        let saves = |r: u64| self.cost(Form::Both { r1: r, r2: r }).is_some_and(|cost| pick(cost, count) < dense);
        let (mut low, mut high) = (0, self.input.saturating_add(self.output));
        while low < high {
            let middle = low + (high - low).div_ceil(2);
            if saves(middle) { low = middle } else { high = middle - 1 }
        }
        low
    }

    /// The rank at which the form can reproduce any layer of this geometry: the smaller side of the unfolded weights
    /// that the form factors. For `both`, see [`Self::full_ranks`].
    #[must_use]
    pub fn full_rank(&self, kind: Kind) -> u64 {
        let [kh, kw] = self.kernel;
        let area = kh.saturating_mul(kw);
        let (c, n) = (self.input, self.output);
        match kind {
            Kind::Reduce | Kind::Both => c.min(area.saturating_mul(n)),
            Kind::Expand => n.min(area.saturating_mul(c)),
            Kind::Spatial => c.saturating_mul(kh).min(n.saturating_mul(kw)),
            Kind::Pointwise => c.min(n),
        }
    }

    /// The channels that each rank of the form stands for, of which a ratio keeps a share: those it reads for `reduce`, those it
    /// makes for `expand`, the fewer of both where the rank stands between two factors.
    #[must_use]
    pub fn sides(&self, kind: Kind) -> Vec<u64> {
        match kind {
            Kind::Reduce => vec![self.input],
            Kind::Expand => vec![self.output],
            Kind::Both => vec![self.input, self.output],
            Kind::Spatial | Kind::Pointwise => vec![self.input.min(self.output)],
        }
    }

    /// The full rank of each rank of the form.
    #[must_use]
    pub fn full_ranks(&self, kind: Kind) -> Vec<u64> {
        match kind {
            Kind::Both => vec![self.full_rank(Kind::Reduce), self.full_rank(Kind::Expand)],
            Kind::Reduce | Kind::Expand | Kind::Spatial | Kind::Pointwise => vec![self.full_rank(kind)],
        }
    }
}

fn pick(cost: Cost, count: Count) -> u64 {
    match count {
        Count::Weights => cost.weights,
        Count::Macs => cost.macs,
    }
}

fn total(stages: &[Option<Cost>]) -> Option<Cost> {
    stages.iter().try_fold(Cost { weights: 0, macs: 0, channels: 0 }, |sum, stage| {
        let stage = (*stage)?;
        Some(Cost {
            weights: sum.weights.checked_add(stage.weights)?,
            macs: sum.macs.checked_add(stage.macs)?,
            channels: sum.channels.checked_add(stage.channels)?,
        })
    })
}
