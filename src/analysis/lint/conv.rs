//! Lints of convolutions: what they cost, and what their windows do at the border.

use super::{Context, Finding, counted, edit, is_companion};
use crate::analysis::Layer;
use crate::diagnostic::Fix;
use crate::digits::grouped;
use crate::flow::only_reader;
use crate::graph::{Node, NodeId};
use crate::op::{Conv, Op};
use crate::source::Span;

/// Below this a layer is not worth a change, whatever its share: ResNet-18 and VGG-16 have few layers above it.
const WIDE_PARAMS: u64 = 1_000_000;
const WIDE_CHANNELS: u64 = 256;
/// A 2x2 with stride 2, as `ConvNeXt` has between its stages, is a downsampling and no large kernel.
const WIDE_WINDOW: u128 = 9;
/// Channels of a block of 512-bit vectors, the widest in use.
const SIMD_BLOCK: u64 = 16;
/// Share of a network's MACs below which waste does not matter, in percent, and MACs below which it cannot.
const WASTE_PERCENT: u64 = 1;
const WASTE_MACS: u64 = 1_000_000;

/// PW9001: a k x k on many channels, where a 1x1 to a quarter of them before it saves more than half of parameters and MACs.
pub(super) fn wide_kernel(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (layer, node) in context.layers() {
        let Op::Conv(conv) = &node.op else { continue };
        let channels = layer.inputs[0].channels();
        let window = u128::from(conv.kernel[0]) * u128::from(conv.kernel[1]);
        let free = conv.groups == 1 && !node.origin.keep && node.origin.wish.is_none() && node.origin.made_by.is_none();
        if !free
            || window < WIDE_WINDOW
            || channels < WIDE_CHANNELS
            || layer.params < WIDE_PARAMS
            || already_reduced(context, node)
        {
            continue;
        }
        let reduced = channels / 4;
        let (wide, narrow, out) = (u128::from(channels), u128::from(reduced), u128::from(conv.out));
        let pixels = |shape: crate::op::Shape| shape.hw().map_or(1, |(h, w)| u128::from(h) * u128::from(w));
        let (before, after) = (window * wide * out, wide * narrow + window * narrow * out);
        let macs = before * pixels(layer.output);
        let macs_after = wide * narrow * pixels(layer.inputs[0]) + window * narrow * out * pixels(layer.output);
        if 2 * after >= before || 2 * macs_after >= macs {
            continue;
        }
        let percent = |new: u128, old: u128| (old - new) * 100 / old;
        findings.push(Finding {
            node: layer.node,
            weight: layer.params,
            message: format!(
                "a {} on {} channels costs {} parameters; `reduce({reduced})` before it saves {} % of them and {} % of its MACs",
                kernel(conv),
                grouped(channels),
                grouped(layer.params),
                percent(after, before),
                percent(macs_after, macs),
            ),
            label: format!("`{}` takes {}", node.name, layer.inputs[0]),
            help: vec![format!(
                "add `refine {} = reduce({reduced})` at the end of the net, or let `pointwise optimize` choose the width",
                node.name
            )],
            fix: None,
        });
    }
    findings
}

/// Whether a 1x1 that does not widen feeds this layer, through normalisation and activation only.
fn already_reduced(context: &Context<'_>, node: &Node) -> bool {
    let mut id = node.inputs[0];
    // Companions come in ones and twos; the limit keeps a chain of a thousand activations linear.
    for _ in 0..8 {
        let before = context.graph.node(id);
        if let Op::Conv(conv) = &before.op {
            let from = context.shaped.shape(before.inputs[0]).channels();
            return conv.kernel == [1, 1] && conv.groups == 1 && conv.out <= from;
        }
        if !is_companion(&before.op) {
            return false;
        }
        id = before.inputs[0];
    }
    false
}

/// PW9002: output channels that leave more than a quarter of their SIMD blocks empty, in layers that cost something.
pub(super) fn simd_waste(context: &Context<'_>) -> Vec<Finding> {
    let total = context.analysis.totals.work.macs;
    let mut findings = Vec::new();
    for (layer, node) in context.layers() {
        let Op::Conv(conv) = &node.op else { continue };
        let blocks = conv.out.div_ceil(SIMD_BLOCK);
        let filled = blocks * SIMD_BLOCK;
        let costs =
            layer.work.macs >= WASTE_MACS && u128::from(layer.work.macs) * 100 >= u128::from(total) * u128::from(WASTE_PERCENT);
        if conv.groups != 1 || (filled - conv.out) * 4 <= filled || !costs || makes_output(context, layer.node) {
            continue;
        }
        let below = filled - SIMD_BLOCK;
        let instead = if below > 0 { format!("{below} or {filled}") } else { filled.to_string() };
        findings.push(Finding {
            node: layer.node,
            weight: layer.work.macs,
            message: format!(
                "{} channels leave {} % of {} empty, in a layer with {} % of all MACs",
                conv.out,
                (filled - conv.out) * 100 / filled,
                if blocks == 1 {
                    format!("a SIMD block of {SIMD_BLOCK}")
                } else {
                    format!("{blocks} SIMD blocks of {SIMD_BLOCK}")
                },
                u128::from(layer.work.macs) * 100 / u128::from(total.max(1)),
            ),
            label: format!("`{}` makes {}", node.name, layer.output),
            help: vec![format!("use {instead} channels: {filled} take the time that {} do", conv.out)],
            fix: None,
        });
    }
    findings
}

/// Whether a layer's channels are a network output's, which the task decides and not the engine.
fn makes_output(context: &Context<'_>, mut id: NodeId) -> bool {
    for _ in 0..8 {
        let Some(user) = only_reader(context.graph, id) else {
            return context.graph.is_output(id) && context.graph.uses(id) == 1;
        };
        let op = &context.graph.node(user).op;
        if !(is_companion(op)
            || matches!(op, Op::Softmax(_) | Op::GlobalPool(_) | Op::AdaptiveAvgPool(_) | Op::Mean(_) | Op::Upsample(_)))
        {
            return false;
        }
        id = user;
    }
    false
}

/// PW9003: a bias that the batch normalisation behind it subtracts again.
pub(super) fn bias_before_norm(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (layer, node) in context.layers() {
        let has_bias = adds_bias(&node.op, layer.output.rank());
        let user = only_reader(context.graph, layer.node).filter(|_| has_bias).map(|user| context.graph.node(user));
        let Some(user) = user.filter(|user| matches!(user.op, Op::BatchNorm(_))) else { continue };
        let channels = layer.output.channels();
        findings.push(Finding {
            node: layer.node,
            weight: channels,
            message: format!(
                "the bias of `{}` has no effect: `{}` subtracts the mean again ({} for nothing)",
                node.name,
                user.name,
                counted(channels, "parameter"),
            ),
            label: "this bias".to_owned(),
            help: Vec::new(),
            fix: context.text(node).and_then(|(span, text)| without_bias(span, text)),
        });
    }
    findings
}

/// Whether an operation adds a bias along axis 0. On maps a linear layer's lies along the last axis instead.
fn adds_bias(op: &Op, rank: usize) -> bool {
    matches!(op, Op::Conv(conv) if conv.bias)
        || matches!(op, Op::ConvTranspose(conv) if conv.bias)
        || matches!(op, Op::Linear(linear) if linear.bias && rank == 1)
}

/// `conv(8, 3)` as `conv(8, 3, bias=false)`.
fn without_bias(span: Span, call: &str) -> Option<Fix> {
    const MESSAGE: &str = "leave the bias out";
    if let Some(at) = call.find("bias=true") {
        let start = span.start + u32::try_from(at).ok()?;
        return Some(edit(MESSAGE, Span { start, end: start + 9, ..span }, "bias=false"));
    }
    let inner = call.strip_suffix(')')?.trim_end();
    // `conv` takes `bias` by position too, and a comment may hide the end: only plain calls are edited.
    if inner.contains("bias") || inner.contains('#') || !call.contains('(') {
        return None;
    }
    let at = span.start + u32::try_from(inner.len()).ok()?;
    let separator = match inner.chars().last() {
        Some('(') => "",
        Some(',') => " ",
        _ => ", ",
    };
    Some(edit(MESSAGE, Span { start: at, end: span.end - 1, ..span }, format!("{separator}bias=false")))
}

/// How a sweep of windows lies on `input` rows or columns.
#[derive(Clone, Copy)]
struct Sweep {
    input: i128,
    output: i128,
    taps: i128,
    dilation: i128,
    stride: i128,
    before: i128,
}

impl Sweep {
    fn extent(self) -> i128 {
        (self.taps - 1) * self.dilation + 1
    }

    /// Output indices whose window lies wholly in padding.
    fn blind(self) -> i128 {
        let leading = ceil(self.before - self.extent() + 1, self.stride).clamp(0, self.output);
        let trailing = (self.output - ceil(self.input + self.before, self.stride).max(0)).clamp(0, self.output - leading);
        leading + trailing
    }

    /// Taps that meet the input for some output index; of large kernels all are taken to.
    fn useful_taps(self) -> i128 {
        if self.taps > 64 {
            return self.taps;
        }
        let meets = |tap: &i128| {
            let start = self.before - tap * self.dilation;
            let first = ceil(start, self.stride).max(0);
            let last = (self.input - 1 + start).div_euclid(self.stride).min(self.output - 1);
            first <= last
        };
        (0..self.taps).filter(meets).count() as i128
    }

    /// Rows or columns of the input behind the last window.
    fn left_over(self) -> i128 {
        (self.input + self.before - (self.output - 1) * self.stride - self.extent()).max(0)
    }

    /// Rows or columns between windows that stand apart.
    fn skipped(self) -> i128 {
        (self.output - 1) * (self.stride - self.extent()).max(0)
    }
}

fn ceil(a: i128, b: i128) -> i128 {
    (a + b - 1).div_euclid(b)
}

/// Rows and columns of a convolution or of a pooling that rounds down.
fn sweeps(layer: &Layer, node: &Node, pooling: bool) -> Option<[Sweep; 2]> {
    let (input, output) = (layer.inputs.first()?.hw()?, layer.output.hw()?);
    let (kernel, stride, dilation, pad) = if let Op::Conv(conv) = &node.op {
        (conv.kernel, conv.stride, conv.dilation, conv.pad)
    } else if let Op::Pool(pool) = &node.op {
        (pooling && !pool.ceil).then_some((pool.kernel, pool.stride, pool.dilation, pool.pad))?
    } else {
        return None;
    };
    let sweep = |i: usize, input: u64, output: u64, before: u64| Sweep {
        input: input.into(),
        output: output.into(),
        taps: kernel[i].into(),
        dilation: dilation[i].into(),
        stride: stride[i].into(),
        before: before.into(),
    };
    Some([sweep(0, input.0, output.0, pad.top), sweep(1, input.1, output.1, pad.left)])
}

/// PW9004: outputs that see only padding, and weights that never meet the input.
pub(super) fn padding_border(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (layer, node) in context.layers() {
        let (Op::Conv(conv), Some([rows, columns])) = (&node.op, sweeps(layer, node, false)) else { continue };
        let (blind_rows, blind_columns) = (rows.blind(), columns.blind());
        let useful = [rows.useful_taps(), columns.useful_taps()];
        let (message, help) = if blind_rows + blind_columns > 0 {
            let blind = [(blind_rows, "row"), (blind_columns, "column")].into_iter().filter(|(n, _)| *n > 0);
            let blind: Vec<_> = blind.map(|(n, thing)| counted(n as u64, thing)).collect();
            let most = rows.extent().min(columns.extent()) - 1;
            (
                format!("{} of the {} output see only padding", blind.join(" and "), layer.output),
                format!("pad a {} by at most {most}", kernel(conv)),
            )
        } else if useful != [rows.taps, columns.taps] {
            let taps = rows.taps * columns.taps;
            let idle = taps - useful[0] * useful[1];
            (
                format!(
                    "{idle} of {taps} weights of each filter only ever meet padding, on a map of {}x{}",
                    rows.input, columns.input
                ),
                format!("use a {}x{} kernel, which computes the same on this map", useful[0], useful[1]),
            )
        } else {
            continue;
        };
        let label = format!("`{}` takes {}", node.name, layer.inputs[0]);
        findings.push(Finding { node: layer.node, weight: layer.params, message, label, help: vec![help], fix: None });
    }
    findings
}

/// PW9009: rows or columns of the input that no window reads. A strided 1x1 is left alone: it is meant to skip.
pub(super) fn unused_rows(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (layer, node) in context.layers() {
        let Some([rows, columns]) = sweeps(layer, node, true) else { continue };
        if rows.extent() == 1 && columns.extent() == 1 {
            continue;
        }
        let unread = |sweep: Sweep| sweep.left_over() + sweep.skipped();
        let parts = [(unread(rows), "row"), (unread(columns), "column")];
        let parts: Vec<_> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(n, thing)| counted(n as u64, thing)).collect();
        if parts.is_empty() {
            continue;
        }
        let fits = (rows.input - rows.left_over(), columns.input - columns.left_over());
        findings.push(Finding {
            node: layer.node,
            weight: (unread(rows) + unread(columns)) as u64,
            message: format!("no window reads {} of the {}x{} input", parts.join(" and "), rows.input, columns.input),
            label: format!("`{}` is {}x{} with stride {}", node.name, rows.taps, columns.taps, strides(rows, columns)),
            help: if rows.skipped() + columns.skipped() == 0 {
                vec![format!("the windows fit a {}x{} input; otherwise pad, or change the stride", fits.0, fits.1)]
            } else {
                vec!["use a kernel at least as large as the stride".to_owned()]
            },
            fix: None,
        });
    }
    findings
}

fn strides(rows: Sweep, columns: Sweep) -> String {
    if rows.stride == columns.stride { rows.stride.to_string() } else { format!("[{}, {}]", rows.stride, columns.stride) }
}

fn kernel(conv: &Conv) -> String {
    format!("{}x{}", conv.kernel[0], conv.kernel[1])
}
