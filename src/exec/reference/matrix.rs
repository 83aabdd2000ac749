//! The one product behind convolutions, linear layers and `matmul`: rows of weights times columns of inputs.
//!
//! Every output element is the sum over `k = 0, 1, 2, …` in that order, in f64, rounded to f32 once after the bias is added.
//! The order depends on nothing else, so neither threads nor batch nor tiling change a bit. Columns are packed in panels of
//! [`LANES`], which LLVM turns into vector instructions; weights are read as they are.

use std::sync::Mutex;

use super::Tally;

/// Columns of a panel.
pub(super) const LANES: usize = 4;

/// Rows that a tile computes at once.
const ROWS: usize = 4;

/// Products below which threads cost more than they save.
const WORTH_A_THREAD: u64 = 200_000;

/// Columns of `k` elements each, in panels `[column / LANES][k][LANES]`; lanes without a column are zero.
pub(super) struct Panels {
    k: usize,
    columns: usize,
    data: Vec<f64>,
}

/// How many f64 the panels of `columns` columns of `k` elements take.
pub(super) fn panel_elements(k: u64, columns: u64) -> u64 {
    k.saturating_mul(columns.div_ceil(LANES as u64).saturating_mul(LANES as u64))
}

impl Panels {
    /// Packs columns; `fill(column, slot)` is given the first column of a panel and its `[k][LANES]` zeros to fill.
    pub(super) fn pack(k: usize, columns: usize, threads: usize, fill: impl Fn(usize, &mut [[f64; LANES]]) + Sync) -> Self {
        let panels = columns.div_ceil(LANES);
        let mut data = vec![0.0; panels * k * LANES];
        let parts = parts(panels, threads_for((panels * k * LANES) as u64, threads));
        for_each_part(&mut data, parts, k * LANES, |first, part| {
            for (i, panel) in part.chunks_exact_mut(k * LANES).enumerate() {
                fill((first + i) * LANES, panel.as_chunks_mut().0);
            }
            Tally::default()
        });
        Self { k, columns, data }
    }

    /// All elements.
    pub(super) fn data(&self) -> &[f64] {
        &self.data
    }

    fn panel(&self, index: usize) -> &[[f64; LANES]] {
        self.data[index * self.k * LANES..(index + 1) * self.k * LANES].as_chunks().0
    }
}

/// Where the product of a matrix goes: element `[row][column]` to `row * stride + offset + column`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Target {
    pub stride: usize,
    pub offset: usize,
}

/// `out = weights x panels + bias`, where `weights` is row-major with `panels.k` columns.
pub(super) fn multiply(
    weights: &[f32],
    panels: &Panels,
    bias: Option<&[f32]>,
    out: &mut [f32],
    target: Target,
    threads: usize,
) -> Tally {
    let rows = weights.len() / panels.k;
    let threads = threads_for((weights.len() as u64).saturating_mul(panels.columns as u64), threads);
    for_each_part(out, parts(rows, threads), target.stride, |first, part| {
        let count = part.len() / target.stride;
        let weights = &weights[first * panels.k..(first + count) * panels.k];
        let bias = bias.map(|bias| &bias[first..first + count]);
        Tally { macs: rows_product(weights, panels, bias, part, target), scratch: 0 }
    })
}

/// The part of [`multiply`] that one thread does.
fn rows_product(weights: &[f32], panels: &Panels, bias: Option<&[f32]>, out: &mut [f32], target: Target) -> u64 {
    product(weights, panels, |row, column, sums| {
        let from = row * target.stride + target.offset + column;
        let bias = bias.map_or(0.0, |bias| f64::from(bias[row]));
        for (out, sum) in out[from..from + sums.len()].iter_mut().zip(sums) {
            *out = narrow(*sum + bias);
        }
    })
}

/// Gives `store(row, column, sums)` every element of `weights x panels`, a few columns at a time and always in the same order.
/// Returns the multiply-accumulates.
pub(super) fn product(weights: &[f32], panels: &Panels, mut store: impl FnMut(usize, usize, &[f64])) -> u64 {
    let (k, mut macs) = (panels.k, 0);
    for (block, weights) in weights.chunks(ROWS * k).enumerate() {
        for index in 0..panels.columns.div_ceil(LANES) {
            let (column, panel) = (index * LANES, panels.panel(index));
            let lanes = LANES.min(panels.columns - column);
            if weights.len() == ROWS * k {
                let sums = tile::<ROWS>(weights, panel);
                sums.iter().enumerate().for_each(|(row, sums)| store(block * ROWS + row, column, &sums[..lanes]));
                macs += (ROWS * lanes * panel.len()) as u64;
            } else {
                for (row, weights) in weights.chunks_exact(k).enumerate() {
                    store(block * ROWS + row, column, &tile::<1>(weights, panel)[0][..lanes]);
                    macs += (lanes * panel.len()) as u64;
                }
            }
        }
    }
    macs
}

/// `R` rows of weights times one panel.
fn tile<const R: usize>(weights: &[f32], panel: &[[f64; LANES]]) -> [[f64; LANES]; R] {
    let k = panel.len();
    let rows: [&[f32]; R] = std::array::from_fn(|row| &weights[row * k..(row + 1) * k]);
    let mut sums = [[0.0; LANES]; R];
    for (i, x) in panel.iter().enumerate() {
        for (sums, row) in sums.iter_mut().zip(rows) {
            let w = f64::from(row[i]);
            for (sum, x) in sums.iter_mut().zip(x) {
                *sum += w * x;
            }
        }
    }
    sums
}

/// Rounds to f32.
pub(super) fn narrow(value: f64) -> f32 {
    value as f32
}

/// As many threads as `work` elementary steps are worth.
pub(super) fn threads_for(work: u64, threads: usize) -> usize {
    threads.min(usize::try_from(work / WORTH_A_THREAD).unwrap_or(usize::MAX)).max(1)
}

/// Sizes that divide `items` evenly over `threads`.
pub(super) fn parts(items: usize, threads: usize) -> Vec<usize> {
    let threads = threads.min(items).max(1);
    (0..threads).map(|t| items * (t + 1) / threads - items * t / threads).collect()
}

/// Cuts `data`, rows of `stride`, into parts of so many rows, and runs `work(first row, part)` for each, on as many threads as
/// there are parts or as few as the machine will give. Returns what they did beside each other.
pub(super) fn for_each_part<T: Send>(
    data: &mut [T],
    parts: Vec<usize>,
    stride: usize,
    work: impl Fn(usize, &mut [T]) -> Tally + Sync,
) -> Tally {
    let (mut rest, mut first) = (data, 0);
    let mut pieces = Vec::with_capacity(parts.len());
    for rows in parts {
        let (piece, after) = rest.split_at_mut(rows * stride);
        pieces.push((first, piece));
        (rest, first) = (after, first + rows);
    }
    together(pieces, |(first, piece)| work(first, piece))
}

/// Does all pieces of work, this thread among others. They wait in one place for whoever is free, so that a thread that the
/// system refuses (a limit on processes or on address space) leaves its piece to the others.
fn together<P: Send>(pieces: Vec<P>, work: impl Fn(P) -> Tally + Sync) -> Tally {
    let others = pieces.len().saturating_sub(1);
    let waiting = Mutex::new(pieces.into_iter());
    let next = || waiting.lock().expect("taking a piece does not panic").next();
    let work_off = || {
        let mut done = Tally::default();
        while let Some(piece) = next() {
            done = done.beside(work(piece));
        }
        done
    };
    std::thread::scope(|scope| {
        let start = |_| std::thread::Builder::new().spawn_scoped(scope, work_off).ok();
        let helpers: Vec<_> = (0..others).map_while(start).collect();
        let own = work_off();
        helpers.into_iter().fold(own, |sum, other| sum.beside(other.join().expect("kernels do not panic")))
    })
}
