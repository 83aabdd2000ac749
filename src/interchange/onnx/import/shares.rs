//! Resizes that are no resize of ours, as products with matrices: which share every pixel of the input has in each of the output.
//!
//! In: a side's sizes and how positions and shares are computed (ONNX, `Resize`). Out: a matrix `[output, input]` for each side,
//! and the pixels that stand outside of the input.

use super::super::array::{Array, Values};
use super::super::fold::Why;
use super::spatial::Spatial;
use super::{Importer, Map, Use, Value};
use crate::op::{Merge, Op};

/// Shares of a side that are written at most.
const MOST_SHARES: u64 = 1 << 20;

/// How shares of pixels follow from positions.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kernel {
    /// Of the two pixels round a position.
    Linear,
    /// Of the four round it, with this coefficient.
    Cubic(f64),
}

/// How positions follow from the pixels of the output.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Positions {
    /// In the middles of pixels, with this many pixels of the output for one of the input.
    Middles(f64),
    /// From the one part of the side to the other; what is outside of the input has a value of its own.
    Part([f64; 2]),
}

/// A resize of one side.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Side {
    /// Pixels of the input.
    pub from: u64,
    /// Pixels of the output.
    pub to: u64,
    pub positions: Positions,
    pub kernel: Kernel,
    /// Whether pixels of a smaller output are means of all that they stand for.
    pub smooth: bool,
    /// Whether pixels outside of the input have no share.
    pub exclude_outside: bool,
}

impl Side {
    /// Where a pixel of the output stands in the input; `None` outside of it.
    fn position(self, at: u64) -> Option<f64> {
        let (at, from, to) = (at as f64, self.from as f64, self.to as f64);
        match self.positions {
            Positions::Middles(scale) => Some((at + 0.5) / scale - 0.5),
            Positions::Part([start, end]) => {
                let last = from - 1.0;
                let along = if self.to == 1 { (end - start) * last / 2.0 } else { at * (end - start) * last / (to - 1.0) };
                Some(along + start * last).filter(|position| (0.0..=last).contains(position))
            }
        }
    }

    /// How much the kernel is drawn out, at most 1.
    fn narrowing(self) -> f64 {
        match self.positions {
            Positions::Middles(scale) if self.smooth => scale.min(1.0),
            Positions::Middles(_) | Positions::Part(_) => 1.0,
        }
    }

    /// The row of shares of a pixel of the output; zeros outside of the input.
    fn row(self, at: u64) -> Vec<f64> {
        let mut row = vec![0.0; self.from as usize];
        let Some(position) = self.position(at) else { return row };
        // A position on a pixel belongs to the interval before it.
        let base = position.ceil() - 1.0;
        let narrowing = self.narrowing();
        let reach = match self.kernel {
            Kernel::Linear => 1.0,
            Kernel::Cubic(_) => 2.0,
        };
        let first = (-reach / narrowing).floor() as i64 + 1;
        let shares: Vec<(i64, f64)> = (first..2 - first)
            .map(|step| (base as i64 + step, self.kernel.share((step as f64 + base - position) * narrowing)))
            .collect();
        let last = self.from as i64 - 1;
        let counts = |pixel: i64| !self.exclude_outside || (0..=last).contains(&pixel);
        let total: f64 = shares.iter().filter(|(pixel, _)| counts(*pixel)).map(|(_, share)| share).sum();
        for (pixel, share) in shares.into_iter().filter(|(pixel, _)| counts(*pixel)) {
            row[pixel.clamp(0, last) as usize] += share / total;
        }
        row
    }

    fn outside(self) -> Vec<bool> {
        (0..self.to).map(|at| self.position(at).is_none()).collect()
    }

    /// The matrix, or its transpose.
    fn matrix(self, is_transposed: bool) -> Result<Array, Why> {
        if self.from.saturating_mul(self.to) > MOST_SHARES {
            return Err(Why(format!("its {} shares of {} pixels are too many to write", self.to, self.from)));
        }
        let (from, to) = (self.from as usize, self.to as usize);
        let rows: Vec<Vec<f64>> = (0..self.to).map(|at| self.row(at)).collect();
        let all: Vec<f32> = if is_transposed {
            (0..from).flat_map(|pixel| rows.iter().map(move |row| row[pixel] as f32)).collect()
        } else {
            rows.concat().into_iter().map(|share| share as f32).collect()
        };
        Ok(Array::of(if is_transposed { vec![from, to] } else { vec![to, from] }, Values::Float(all)))
    }
}

impl Kernel {
    fn share(self, distance: f64) -> f64 {
        let x = distance.abs();
        match self {
            Self::Linear => (1.0 - x).max(0.0),
            Self::Cubic(a) if x <= 1.0 => ((a + 2.0) * x - (a + 3.0)) * x * x + 1.0,
            Self::Cubic(a) if x < 2.0 => ((a * x - 5.0 * a) * x + 8.0 * a) * x - 4.0 * a,
            Self::Cubic(_) => 0.0,
        }
    }
}

/// A map of another size by shares of height and width; where pixels stand outside of it they are `outside`.
pub(super) fn resized<'m>(
    importer: &mut Importer<'m>,
    used: &Use<'m>,
    (map, input): (&Map, Spatial),
    (sides, outside): ([Side; 2], f32),
) -> Result<Map, Why> {
    let mut made = map.clone();
    let mut size = input.size.map(i128::from);
    for (at, side) in sides.into_iter().enumerate().filter(|(at, _)| *at == 1 || !input.line) {
        size[at] = side.to.into();
        let dims = input.sized(map, input.channels, size)?;
        let matrix = importer.arrays.known(side.matrix(at == 1)?);
        let matrix = importer.given(used, matrix, &made)?;
        let factors = if at == 1 { [made.node, matrix.node] } else { [matrix.node, made.node] };
        made = importer.add(used, Op::MatMul, &factors, dims)?;
    }
    let [rows, columns] = sides.map(Side::outside);
    let rows = if input.line { vec![false] } else { rows };
    if outside == 0.0 || !rows.iter().chain(&columns).any(|is_outside| *is_outside) {
        return Ok(made);
    }
    let all = rows.iter().flat_map(|row| columns.iter().map(move |column| if *row || *column { outside } else { 0.0 }));
    let dims = if input.line { vec![columns.len()] } else { vec![rows.len(), columns.len()] };
    let values = importer.arrays.known(Array::of(dims, Values::Float(all.collect())));
    importer.combined(used, (Value::Map(made), Value::Array(values)), Merge::Add)
}
