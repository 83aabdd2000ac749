//! Lints of convolutions: what they cost, and what their windows do at the border.

use super::{Context, Finding, edit};
use crate::analysis::Layer;
use crate::diagnostic::Fix;
use crate::digits::{count_of, grouped};
use crate::flow::{behind, is_free_width, only_reader};
use crate::graph::Node;
use crate::op::form::Form;
use crate::op::form_cost::Geometry;
use crate::op::geometry::SlidingWindow;
use crate::op::{Class, Conv, Op, Padding};
use crate::quote::quoted;
use crate::source::Span;
use crate::words::is_reserved;

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
        let free = !node.directives.keep && node.directives.bottleneck.is_none() && node.origin.part.is_none();
        if !free
            || window < WIDE_WINDOW
            || channels < WIDE_CHANNELS
            || layer.params < WIDE_PARAMS
            || already_reduced(context, node)
        {
            continue;
        }
        let reduced = channels / 4;
        let Some(geometry) = Geometry::of(&node.op, layer.inputs[0], layer.output) else { continue };
        let costs = geometry.dense().zip(geometry.cost(Form::Reduce { r: reduced }));
        let Some((dense, bottleneck)) = costs else { continue };
        let halves = |new: u64, old: u64| 2 * u128::from(new) < u128::from(old);
        if !halves(bottleneck.weights, dense.weights) || !halves(bottleneck.macs, dense.macs) {
            continue;
        }
        let saved = |new: u64, old: u64| u128::from(old - new) * 100 / u128::from(old);
        findings.push(Finding {
            node: layer.node,
            weight: layer.params,
            message: format!(
                "a {} on {} channels costs {} parameters; `reduce({reduced})` before it saves {} % of them and {} % of its MACs",
                called(conv.kernel, conv.line),
                grouped(channels),
                grouped(layer.params),
                saved(bottleneck.weights, dense.weights),
                saved(bottleneck.macs, dense.macs),
            ),
            label: format!("`{}` takes {}", node.name, layer.inputs[0]),
            help: vec![format!(
                "add `refine {} = reduce({reduced})` at the end of the net, or let `pointwise optimize` choose the width",
                quoted(&node.name, is_reserved)
            )],
            fix: None,
        });
    }
    findings
}

/// Whether a 1x1 that does not widen feeds this layer, through normalisation and activation only.
fn already_reduced(context: &Context<'_>, node: &Node) -> bool {
    let Some(before) = behind(context.graph, node.inputs[0], Class::is_companion).map(|id| context.graph.node(id)) else {
        return false;
    };
    let Op::Conv(conv) = &before.op else { return false };
    conv.kernel == [1, 1] && conv.groups == 1 && conv.out <= context.shaped.shape(before.inputs[0]).channels()
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
        if conv.groups != 1 || (filled - conv.out) * 4 <= filled || !costs || !is_free_width(context.shaped, layer.node) {
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
                count_of(channels, "parameter"),
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

/// A window over rows or columns, and how many of them there are.
#[derive(Clone, Copy)]
struct Side {
    window: SlidingWindow,
    outputs: u64,
}

impl Side {
    /// Rows or columns of the input that no window reads.
    fn unread(self) -> u64 {
        self.window.unread_behind(self.outputs) + self.window.unread_between(self.outputs)
    }
}

/// Rows and columns of a convolution, or of a pooling that rounds down.
fn sides(layer: &Layer, node: &Node, pooling: bool) -> Option<[Side; 2]> {
    let (input, output) = (layer.inputs.first()?.grid()?, layer.output.grid()?);
    let map = [input.0, input.1];
    let [rows, columns] = if let Op::Conv(conv) = &node.op {
        conv.windows(map)
    } else if let Op::Pool(pool) = &node.op {
        (pooling && !pool.ceil).then(|| pool.windows(map))?
    } else {
        return None;
    };
    Some([Side { window: rows, outputs: output.0 }, Side { window: columns, outputs: output.1 }])
}

/// PW9004: outputs that see only padding, and weights that never meet the input.
pub(super) fn padding_border(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (layer, node) in context.layers() {
        let (Op::Conv(conv), Some(sides)) = (&node.op, sides(layer, node, false)) else { continue };
        let [blind_rows, blind_columns] = sides.map(|side| side.window.windows_in_padding(side.outputs));
        let useful = sides.map(|side| side.window.useful_taps(side.outputs));
        let (message, help) = if blind_rows + blind_columns > 0 {
            let across = if conv.line { "position" } else { "column" };
            let blind = [(blind_rows, "row"), (blind_columns, across)].into_iter().filter(|(n, _)| *n > 0);
            let blind: Vec<_> = blind.map(|(n, thing)| count_of(n, thing)).collect();
            (format!("{} of the {} output see only padding", blind.join(" and "), layer.output), Some(less_padding(conv, sides)))
        } else if useful != conv.kernel {
            let taps = conv.kernel[0] * conv.kernel[1];
            let idle = taps - useful[0] * useful[1];
            let [height, width] = sides.map(|side| side.window.input);
            (
                format!(
                    "{idle} of {taps} weights of each filter only ever meet padding, on a {}",
                    extent([height, width], conv.line)
                ),
                smaller_kernel(conv, layer, sides),
            )
        } else {
            continue;
        };
        let label = format!("`{}` takes {}", node.name, layer.inputs[0]);
        findings.push(Finding {
            node: layer.node,
            weight: layer.params,
            message,
            label,
            help: help.into_iter().collect(),
            fix: None,
        });
    }
    findings
}

/// The padding with which every window reaches the map: on each side less than the window.
fn less_padding(conv: &Conv, sides: [Side; 2]) -> String {
    let [rows, columns] = sides.map(|side| side.window.extent() - 1);
    let Padding { top, left, bottom, right } = conv.pad;
    let pad = Padding { top: top.min(rows), left: left.min(columns), bottom: bottom.min(rows), right: right.min(columns) };
    let most =
        if conv.line || rows == columns { format!("{columns}") } else { format!("{rows} in height and {columns} in width") };
    format!("pad a {} by at most {most}: `pad={}`", called(conv.kernel, conv.line), pad.written(conv.line))
}

/// The kernel of the taps that meet the map, with the padding that keeps them where they are.
fn smaller_kernel(conv: &Conv, layer: &Layer, sides: [Side; 2]) -> Option<String> {
    let [rows, columns] = sides.map(|side| side.window.without_idle_taps(side.outputs));
    let (rows, columns) = (rows?, columns?);
    let pad = Padding { top: rows.before, left: columns.before, bottom: rows.after, right: columns.after };
    let kernel = [rows.kernel, columns.kernel];
    let smaller = Op::Conv(Conv { kernel, pad, ..conv.clone() });
    let same = smaller.infer(&layer.inputs).is_ok_and(|output| output == layer.output);
    let text = || {
        format!(
            "use a {} with `pad={}`, which computes the same on this {}",
            window(kernel, conv.line),
            pad.written(conv.line),
            if conv.line { "line" } else { "map" }
        )
    };
    same.then(text)
}

/// PW9009: rows or columns of the input that no window reads. A strided 1x1 is left alone: it is meant to skip.
pub(super) fn unused_rows(context: &Context<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (layer, node) in context.layers() {
        let Some(sides) = sides(layer, node, true) else { continue };
        let [rows, columns] = sides.map(|side| side.window);
        // Of windows that see only padding there is another finding, and rows between them are none of the map's.
        let is_blind = [rows, columns].iter().any(|window| window.before >= window.extent());
        if is_blind || (rows.extent() == 1 && columns.extent() == 1) {
            continue;
        }
        let [unread_rows, unread_columns] = sides.map(Side::unread);
        let line = layer.output.rank() == 2;
        let across = if line { "position" } else { "column" };
        let parts = [(unread_rows, "row"), (unread_columns, across)].into_iter().filter(|(n, _)| *n > 0);
        let parts: Vec<_> = parts.map(|(n, thing)| count_of(n, thing)).collect();
        if parts.is_empty() {
            continue;
        }
        let [height, width] = sides.map(|side| side.window.input - side.window.unread_behind(side.outputs));
        let skips = sides.iter().any(|side| side.window.unread_between(side.outputs) > 0);
        findings.push(Finding {
            node: layer.node,
            weight: unread_rows + unread_columns,
            message: format!("no window reads {} of the {}", parts.join(" and "), input([rows.input, columns.input], line)),
            label: format!(
                "`{}` is {} with stride {}",
                node.name,
                kernel([rows.kernel, columns.kernel], line),
                strides(rows, columns, line)
            ),
            help: if skips {
                vec!["use a kernel at least as large as the stride".to_owned()]
            } else {
                vec![format!("the windows fit a {}; otherwise pad, or change the stride", input([height, width], line))]
            },
            fix: None,
        });
    }
    findings
}

fn strides(rows: SlidingWindow, columns: SlidingWindow, line: bool) -> String {
    if line || rows.stride == columns.stride {
        columns.stride.to_string()
    } else {
        format!("[{}, {}]", rows.stride, columns.stride)
    }
}

/// "3x3"; of a line "3".
fn kernel([h, w]: [u64; 2], line: bool) -> String {
    if line { w.to_string() } else { format!("{h}x{w}") }
}

/// "3x3"; of a line "kernel of 3".
fn called(size: [u64; 2], line: bool) -> String {
    if line { window(size, line) } else { kernel(size, line) }
}

/// "3x3 kernel"; of a line "kernel of 3".
fn window(size: [u64; 2], line: bool) -> String {
    if line { format!("kernel of {}", size[1]) } else { format!("{} kernel", kernel(size, line)) }
}

/// "map of 28x28"; "line of 28".
fn extent(size: [u64; 2], line: bool) -> String {
    format!("{} of {}", if line { "line" } else { "map" }, kernel(size, line))
}

/// "28x28 input"; "line of 28".
fn input(size: [u64; 2], line: bool) -> String {
    if line { extent(size, line) } else { format!("{} input", kernel(size, line)) }
}
