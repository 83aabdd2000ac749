//! Pooling to a given size, with the windows that PyTorch chooses.
//!
//! In: arguments and input shapes. Out: the payload, its shape and counts.

use super::Op;
use super::args::{BuildError, Printed, Reader, sides};
use super::error::ShapeError;
use super::geometry::Map;
use super::param_kind::ParamKind::Pair;
use super::payload::Payload;
use super::pool::GlobalPool;
use super::shape::Shape;
use super::table::{Built, OpInfo, Output, ParamInfo, required};
use super::work::{Window, Work, elements, product};

const OUT: ParamInfo = required("out", Pair, "output size");

pub(super) const ADAPTIVE_AVGPOOL: OpInfo = OpInfo {
    keyword: "adaptive_avgpool",
    family: "pooling",
    summary: "average pooling to a given size, with windows that may overlap by a pixel",
    params: &[OUT],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, out, out], [C, L] -> [C, out]",
    onnx: "AveragePool",
    build: |read, inputs| build(read, inputs, GlobalPool::Avg),
};

pub(super) const ADAPTIVE_MAXPOOL: OpInfo = OpInfo {
    keyword: "adaptive_maxpool",
    family: "pooling",
    summary: "max pooling to a given size, with windows that may overlap by a pixel",
    params: &[OUT],
    inputs: (1, Some(1)),
    output: Output::Computed,
    shapes: "[C, H, W] -> [C, out, out], [C, L] -> [C, out]",
    onnx: "MaxPool",
    build: |read, inputs| build(read, inputs, GlobalPool::Max),
};

/// Pooling to `out`, windows as PyTorch chooses them: from `floor(i * H / h)` to `ceil((i + 1) * H / h)`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct AdaptivePool {
    /// What becomes of each window.
    pub kind: GlobalPool,
    /// `[h, w]`.
    pub out: [u64; 2],
    /// Whether its maps are lines `[C, L]`.
    pub line: bool,
}

fn build(read: &Reader<'_>, inputs: &[Shape], kind: GlobalPool) -> Result<Built, BuildError> {
    let Map { line, .. } = Map::of(inputs)?;
    Ok(Built::One(Op::AdaptivePool(AdaptivePool { kind, out: read.sides("out", line, (1, 1))?, line })))
}

impl Payload for AdaptivePool {
    fn info(&self) -> &'static OpInfo {
        match self.kind {
            GlobalPool::Avg => &ADAPTIVE_AVGPOOL,
            GlobalPool::Max => &ADAPTIVE_MAXPOOL,
        }
    }

    fn infer(&self, inputs: &[Shape]) -> Result<Shape, ShapeError> {
        let map = Map::like(inputs, self.line)?;
        map.resized(i128::from(map.channels), self.out.map(i128::from))
    }

    /// For each output element, of a window of `n` elements: `n - 1` additions and a division, or `n - 1` comparisons. The
    /// windows of `H` rows in `h` outputs have `H + h - gcd(H, h)` rows together.
    fn work(&self, inputs: &[Shape], output: Shape) -> Result<Work, ShapeError> {
        let input = inputs[0];
        let (h, w) = input.grid().unwrap_or((1, 1));
        let together = |input: u64, out: u64| input + out - gcd(input, out);
        let read = product("elements", &[together(h, self.out[0]), together(w, self.out[1]), input.channels()])?;
        let windows = elements(output)?;
        let steps = read.saturating_sub(windows);
        Ok(match self.kind {
            GlobalPool::Avg => Work { add: steps, div: windows, ..Work::NONE },
            GlobalPool::Max => Work { cmp: steps, ..Work::NONE },
        })
    }

    /// The widest of the windows, and their distance rounded up: exact where the output's size divides the input's.
    fn window(&self, input: Shape) -> Window {
        let Some((h, w)) = input.grid() else { return Window::Whole };
        if self.out == [1, 1] || self.out.contains(&0) {
            return Window::Whole;
        }
        let widest = |input: u64, out: u64| match input % out {
            0 => input / out,
            rest if rest == gcd(input, out) => input / out + 1,
            _ => input / out + 2,
        };
        Window::Strided {
            extent: [widest(h, self.out[0]), widest(w, self.out[1])],
            stride: [h.div_ceil(self.out[0]), w.div_ceil(self.out[1])],
            before: [0, 0],
        }
    }

    fn arguments(&self, printed: Printed) -> Printed {
        printed.arg("out", sides(self.out, self.line))
    }
}

/// Greatest common divisor.
fn gcd(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

#[cfg(test)]
mod tests {
    use super::super::tests::{printed, told, window, work};
    use super::*;

    /// Windows of adaptive pooling, counted one by one.
    #[test]
    fn adaptive_windows_are_those_of_pytorch() {
        for (input, out) in (1..13u64).flat_map(|i| (1..13).map(move |o| (i, o))) {
            let sizes: Vec<u64> = (0..out).map(|i| ((i + 1) * input).div_ceil(out) - i * input / out).collect();
            let call = format!("adaptive_avgpool([{out}, 1])([3, {input}, 1])");
            let (together, widest) = (sizes.iter().sum::<u64>(), sizes.iter().max().copied().unwrap_or(0));
            assert_eq!(work(&call), Work { add: 3 * (together - out), div: 3 * out, ..Work::NONE }, "{call}");
            let largest = call.replace("avg", "max");
            assert_eq!(work(&largest), Work { cmp: 3 * (together - out), ..Work::NONE }, "{largest}");
            match window(&call) {
                Window::Strided { extent, stride, .. } => {
                    assert_eq!((extent[0], stride[0]), (widest, input.div_ceil(out)), "{call}");
                }
                Window::Whole => assert_eq!(out, 1),
                other @ (Window::Pixel | Window::Fractional { .. }) => panic!("{call}: {other:?}"),
            }
        }
    }

    #[test]
    fn lines_have_one_size() {
        assert_eq!(told("adaptive_maxpool(3)([4, 10])"), "[4, 3]");
        assert_eq!(told("adaptive_maxpool(3)([4, 10, 7])"), "[4, 3, 3]");
        assert_eq!(printed("adaptive_maxpool(3)([4, 10])"), "out=3");
        assert_eq!(told("adaptive_avgpool([1, 3])([4, 10])"), "out is one number on a line [C, L], not the list [1, 3]");
    }
}
