//! From a reason without a place to a message that teaches: both sides, how each came about, a change that works.

use super::flowing::Flow;
use super::{Builder, Frame};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::digits::counted;
use crate::graph::{InstanceId, NodeId};
use crate::op::error::Side;
use crate::op::{Op, Padding, Shape, ShapeError};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};

/// Inputs of a `concat` above which no fix is looked for.
const MOST_INPUTS: usize = 256;

impl<'a> Builder<'a> {
    /// Reports why the inputs do not fit an operation. `op` is present where the operation itself could be built.
    pub(super) fn shape_error(
        &mut self,
        frame: &Frame<'a>,
        keyword: &str,
        op: Option<&Op>,
        inputs: &[Flow],
        shape_error: &ShapeError,
        span: Span,
    ) {
        self.here = frame.instance;
        let at = |code, message: String| self.at_input(Diagnostic::error(code, message, span, ""), inputs, 0);
        let line = inputs.first().is_some_and(|(id, _)| self.shapes[*id].rank() == 2);
        let diagnostic = match *shape_error {
            ShapeError::Concat { axis, left, right, dim } => self.concat(op, inputs, (axis, left, right, dim), span),
            ShapeError::Broadcast { left, right } => self.broadcast(keyword, op, inputs, (left, right), span),
            ShapeError::Product { left, right } => self.product(keyword, inputs, (left, right), span),
            ShapeError::Window { side, window, input, pad } => self.window(keyword, op, inputs, (side, window, input, pad), span),
            ShapeError::Groups { output, channels, groups } => self.groups(op, inputs, (output, channels, groups), span),
            ShapeError::Rank { input, needed, got } => {
                let message = format!("`{keyword}` needs a {needed} input, and gets {got}");
                let diagnostic = self.at_input(Diagnostic::error(Code::RankMismatch, message, span, ""), inputs, input);
                match got.rank() {
                    1 => diagnostic.help("let it see the map: put `flatten` or `linear` after it, not before"),
                    4 => self.four_dimensions(diagnostic, inputs, input),
                    _ => diagnostic,
                }
            }
            ShapeError::Arity { min, max, got } => arity(keyword, (min, max), got, span),
            ShapeError::Padding { side, pad, most, allowed } => {
                let side = side_name(side, line);
                at(Code::PaddingTooLarge, format!("`{keyword}` may be padded by at most {most} in {side}, not {pad}"))
                    .help(format!("write `pad={}`", allowed.written(line)))
            }
            ShapeError::Elements { from, have, want } => self.elements(keyword, inputs, (from, have, want), span),
            ShapeError::Axis { axis, rank } => {
                let has = counted(rank, "dimension");
                at(Code::AxisRange, format!("`{keyword}` asks for axis {axis}, and its input has {has}"))
                    .help("axes count from 0, which is the channels; the batch has no axis")
            }
            ShapeError::Extent { axis, dim, ref why } => {
                at(Code::AxisRange, format!("`{keyword}` does not fit axis {axis} of {dim}: {why}"))
            }
            ShapeError::Divide { what, value, by } => {
                at(Code::Divisibility, format!("{} cannot be divided evenly by {by}", extent(what, i128::from(value))))
            }
            ShapeError::Dimension { what, value } => {
                let why = if value < 1 { "a dimension is at least 1" } else { "a dimension is at most 2,147,483,647" };
                at(Code::DimensionRange, format!("`{keyword}` would make {}", extent(what, value))).note(why)
            }
            ShapeError::Overflow { what } => at(Code::CountOverflow, format!("the {what} of `{keyword}` do not fit in 64 bits")),
        };
        self.report(frame, diagnostic);
    }

    fn groups(&self, op: Option<&Op>, inputs: &[Flow], (output, channels, groups): (bool, u64, u64), span: Span) -> Diagnostic {
        let which = if output { "output" } else { "input" };
        let input = inputs.first().map_or(channels, |(id, _)| self.shapes[*id].channels());
        let made = op.map_or(channels, |op| if let Op::Conv(conv) = op { conv.out } else { channels });
        let sides = if input == made { format!("{input} channels") } else { format!("{input} and {made} channels") };
        let fewer = fewer_groups(groups, input, made);
        let message = format!("{groups} groups do not divide {channels} {which} channels");
        self.at_input(Diagnostic::error(Code::GroupsDivide, message, span, ""), inputs, 0)
            .help(format!("the largest number below that divides {sides} is {fewer}"))
    }

    fn elements(&self, keyword: &str, inputs: &[Flow], (from, have, want): (Shape, u64, u64), span: Span) -> Diagnostic {
        let (message, help) = if self.sources.text(span).contains("-1") {
            (format!("{have} elements cannot be shaped into a multiple of {want}"), "choose sizes whose product divides it")
        } else {
            let message = format!("`{keyword}` would turn {have} elements into {want}");
            (message, "write `-1` for one dimension to have it computed")
        };
        let label = format!("the input is {from}");
        self.at_input(Diagnostic::error(Code::ReshapeMismatch, message, span, label), inputs, 0).help(help)
    }

    fn concat(&self, op: Option<&Op>, inputs: &[Flow], at: (usize, usize, usize, Option<usize>), span: Span) -> Diagnostic {
        let (axis, left, right, dim) = at;
        let odd = self.odd_one(inputs, left, right, axis);
        let other = if odd == left { right } else { left };
        let message = match dim {
            None => "`concat` needs inputs of one rank, but its inputs differ".to_owned(),
            Some(1) if axis == 0 && self.shapes[inputs[left].0].rank() == 2 => {
                "`concat` needs one length, but its inputs differ".to_owned()
            }
            Some(1 | 2) if axis == 0 => "`concat` needs one height and width, but its inputs differ".to_owned(),
            Some(dim) => format!("`concat` along axis {axis} needs one size in axis {dim}, but its inputs differ"),
        };
        let reference = self.shapes[inputs[other].0];
        let label = format!("{} is {reference}", self.called(inputs, other));
        let diagnostic = Diagnostic::error(Code::ConcatMismatch, message, span, label);
        let diagnostic = self.explain(diagnostic, &self.called(inputs, odd), inputs[odd].0, reference);
        let diagnostic =
            self.explain_reference(diagnostic, &self.called(inputs, other), inputs[other].0, self.shapes[inputs[odd].0]);
        // Each of the fixes is tried on all inputs.
        let op = op.filter(|_| inputs.len() <= MOST_INPUTS);
        let resampled = op.map(|op| self.resampled(op, inputs)).unwrap_or_default();
        if !resampled.is_empty() {
            return diagnostic.with_fixes(resampled);
        }
        let mut fixed = self.with_fix(diagnostic, op, inputs, odd, other);
        // Of two alone neither is the odd one: the layer at fault may be behind the other.
        if inputs.len() == 2 {
            fixed = self.with_fix(fixed, op, inputs, other, odd);
        }
        let together = op.filter(|_| fixed.fixes.is_empty()).and_then(|op| self.fix_together(op, inputs));
        fixed.with_fixes(together)
    }

    fn broadcast(&self, keyword: &str, op: Option<&Op>, inputs: &[Flow], at: (usize, usize), span: Span) -> Diagnostic {
        let (left, right) = at;
        let shapes = (self.shapes[inputs[left].0], self.shapes[inputs[right].0]);
        let message = format!("`{keyword}` cannot combine {} with {}", shapes.0, shapes.1);
        let label = format!("{} is {}", self.called(inputs, left), shapes.0);
        let diagnostic = Diagnostic::error(Code::BroadcastMismatch, message, span, label);
        let diagnostic = self.explain(diagnostic, &self.called(inputs, right), inputs[right].0, shapes.0);
        let diagnostic = self.explain_reference(diagnostic, &self.called(inputs, left), inputs[left].0, shapes.1);
        let resampled = op.map(|op| self.resampled(op, inputs)).unwrap_or_default();
        if !resampled.is_empty() {
            return diagnostic.with_fixes(resampled);
        }
        if let Some(gate) = op.and_then(|op| self.gate_as_map(op, inputs)) {
            return diagnostic.with_fixes([gate]);
        }
        // Other channels want a projection, as on a residual's shortcut; another size is usually a slip upstream.
        let projected = |diagnostic| self.projected(diagnostic, inputs, left, right);
        let diagnostic = if shapes.0.channels() == shapes.1.channels() { diagnostic } else { projected(diagnostic) };
        let offered = diagnostic.fixes.len();
        for (odd, other) in [(right, left), (left, right)] {
            let fixed = self.with_fix(diagnostic.clone(), op, inputs, odd, other);
            if fixed.fixes.len() > offered {
                return fixed;
            }
        }
        if offered > 0 {
            return diagnostic;
        }
        match op.and_then(|op| self.fix_together(op, inputs)) {
            Some(fix) => diagnostic.with_fixes([fix]),
            None => projected(diagnostic),
        }
    }

    /// Offers a 1x1 convolution that brings one side to the channels and size of the other.
    fn projected(&self, diagnostic: Diagnostic, inputs: &[Flow], left: usize, right: usize) -> Diagnostic {
        // A projection belongs on the shortcut: the side that was computed earlier.
        let (short, long) = if inputs[left].0 < inputs[right].0 { (left, right) } else { (right, left) };
        let (from, to) = (self.shapes[inputs[short].0], self.shapes[inputs[long].0]);
        // Several results of one call have one place, which no projection can be put at.
        if inputs[left].1 == inputs[right].1 {
            return diagnostic;
        }
        let (Some(a), Some(b)) = (from.hw(), to.hw()) else { return diagnostic };
        let Some(stride) = [1, 2, 4, 8].into_iter().find(|s| (a.0.div_ceil(*s), a.1.div_ceil(*s)) == b) else {
            return diagnostic;
        };
        let span = inputs[short].1;
        let (short_text, long_text) = (self.sources.text(span), self.sources.text(inputs[long].1));
        // A block is used with other sizes too, which its own names follow and numbers would not.
        let in_block = self.graph.node(inputs[long].0).origin.instance.is_some();
        let by_name = in_block && is_name(short_text) && is_name(long_text);
        if let Some((replacement, call)) =
            Some(inputs[long].0).filter(|_| by_name).and_then(|id| self.conditional_projection(short_text, id))
        {
            let message = format!("a 1x1 convolution where the shortcut differs: `{call}` makes {to}");
            return diagnostic.fix(Unsafe, message, vec![Edit::replace(span, replacement)]);
        }
        let of = |what: &str, number: u64| if by_name { format!("{what}({long_text})") } else { number.to_string() };
        let out = of("channels", to.channels());
        let stride_text = match (stride, by_name) {
            (1, _) => String::new(),
            (_, true) => format!(", stride=height({short_text}) // height({long_text})"),
            (_, false) => format!(", stride={stride}"),
        };
        let call = format!("conv({out}, 1{stride_text})");
        let what = if from.channels() == to.channels() { "the size" } else { "the channels" };
        // Uses of a block that fit together stay as they are; what the block makes itself is alike in all of them.
        let made_here = self.graph.node(self.changer(inputs[short].0, 0)).origin.instance == self.here;
        if !in_block || (made_here && !is_name(short_text)) {
            let message = format!("a 1x1 convolution matches {what}: `{call}` makes {to}");
            return diagnostic.fix(Unsafe, message, vec![Edit::replace(span, format!("({short_text} -> {call})"))]);
        }
        if !is_name(short_text) {
            return diagnostic;
        }
        let resized = if stride == 1 { String::new() } else { format!(" or height({short_text}) != {}", of("height", b.0)) };
        let differs = format!("channels({short_text}) != {out}{resized}");
        let message = format!("a 1x1 convolution where the shortcut differs: `{call}` makes {to}");
        let replacement = format!("(if {differs} {{ {short_text} -> {call} }} else {{ {short_text} }})");
        diagnostic.fix(Unsafe, message, vec![Edit::replace(span, replacement)])
    }

    fn window(&self, keyword: &str, op: Option<&Op>, inputs: &[Flow], at: (Side, u64, u64, u64), span: Span) -> Diagnostic {
        let (side, window, input, pad) = at;
        let line = inputs.first().is_some_and(|(id, _)| self.shapes[*id].rank() == 2);
        let padding = if pad == 0 { String::new() } else { format!(" with {pad} of padding") };
        let message = format!("`{keyword}` slides a window of {window} over a {} of {input}{padding}", side_name(side, line));
        let diagnostic =
            self.at_input(Diagnostic::error(Code::KernelTooLarge, message, span, "the window does not fit"), inputs, 0);
        if let Some(Op::Pool(_)) = op {
            diagnostic.help("`global_avgpool` and `global_maxpool` take the whole map, whatever its size")
        } else {
            let shape = inputs.first().map(|(id, _)| self.shapes[*id]);
            let channels = shape.map(Shape::channels);
            if let Some(fix) = op.zip(shape).and_then(|(op, shape)| self.without_channels(op, shape, span)) {
                return diagnostic.with_fixes([fix]);
            }
            if let Some(spread) = op.and_then(|op| dilated(op, side)) {
                let (kernel, dilation) = spread;
                return diagnostic.help(format!(
                    "with a dilation of {dilation} a window of {kernel} spans {window}; use a smaller `dilation`, or more padding"
                ));
            }
            if op.is_some_and(|op| matches!(op, Op::Conv(conv) if Some(conv.out) == channels)) {
                return diagnostic.help("`conv` takes output channels, then the kernel; input channels follow from the input");
            }
            if let Some((height, width @ (1 | 3))) = shape.and_then(Shape::hw)
                && height > window
                && side == Side::Width
            {
                return diagnostic.help(format!("channels come first: [{width}, height, width]"));
            }
            diagnostic.help(format!(
                "use a smaller kernel, stride less before it, or pad the {} by at least {}",
                side_name(side, line),
                window.saturating_sub(input).div_ceil(2)
            ))
        }
    }

    fn with_fix(&self, diagnostic: Diagnostic, op: Option<&Op>, inputs: &[Flow], odd: usize, other: usize) -> Diagnostic {
        let Some(op) = op else { return diagnostic };
        let shapes: Vec<Shape> = inputs.iter().map(|(id, _)| self.shapes[*id]).collect();
        let reference = shapes[other];
        let wanted = matches!(op, Op::Elementwise(_)).then(|| as_gate(shapes[odd], reference));
        let fits = |shape: Shape| {
            let mut shapes = shapes.clone();
            shapes[odd] = shape;
            // A broadcast that happens to be legal (one pixel against a map) is not what was meant.
            wanted.is_none_or(|wanted| wanted == shape) && op.infer(&shapes).is_ok()
        };
        let name = Some(self.sources.text(inputs[other].1)).filter(|text| is_name(text));
        diagnostic.with_fixes(self.find_fix(inputs[odd].0, wanted.map(|wanted| (wanted, name)), &fits))
    }

    /// Which of two inputs differs from the majority.
    fn odd_one(&self, inputs: &[Flow], left: usize, right: usize, axis: usize) -> usize {
        let alike = |index: usize| {
            let shape = self.shapes[inputs[index].0];
            inputs.iter().filter(|(id, _)| same_but(self.shapes[*id], shape, axis)).count()
        };
        if alike(left) < alike(right) { left } else { right }
    }

    pub(super) fn at_input(&self, diagnostic: Diagnostic, inputs: &[Flow], index: usize) -> Diagnostic {
        let Some((id, _)) = inputs.get(index) else { return diagnostic };
        let name = self.called(inputs, index);
        self.explain_last(diagnostic, &name, *id)
    }

    /// "`c`" where the input is a name, else "input 3".
    fn called(&self, inputs: &[Flow], index: usize) -> String {
        let text = self.sources.text(inputs[index].1);
        let ordinary = self.graph.node(inputs[index].0);
        if is_name(text) && ordinary.origin.span != Some(inputs[index].1) {
            format!("`{text}`")
        } else if inputs.len() == 1 {
            format!("the input, `{}`,", ordinary.name)
        } else {
            format!("input {}", index + 1)
        }
    }

    /// Adds the layer that gave a tensor the dimension in which it differs from `reference`.
    pub(super) fn explain(&self, diagnostic: Diagnostic, name: &str, id: NodeId, reference: Shape) -> Diagnostic {
        self.label_layer(diagnostic, name, id, self.culprit(id, reference))
    }

    /// The same of the side that the primary label shows, unless its layer stands on that very line or is an input.
    fn explain_reference(&self, diagnostic: Diagnostic, name: &str, id: NodeId, odd: Shape) -> Diagnostic {
        let culprit = self.graph.node(self.culprit(id, odd));
        let line = |span: Span| self.sources.line_column(span).0;
        let (Some(primary), Some(span)) = (&diagnostic.primary, culprit.origin.span) else { return diagnostic };
        let told = primary.span.source == span.source && line(primary.span) == line(span);
        if culprit.inputs.is_empty() || told || diagnostic.secondary.iter().any(|label| label.span == span) {
            return diagnostic;
        }
        self.explain(diagnostic, name, id, odd)
    }

    /// The layer that gave a tensor the dimension in which it differs from `reference`.
    fn culprit(&self, id: NodeId, reference: Shape) -> NodeId {
        let shape = self.shapes[id];
        let differs = |axis: &usize| reference.rank() != shape.rank() || reference.dim(*axis) != shape.dim(*axis);
        // A dimension of one broadcasts, so it is to blame only where nothing else is.
        let clashes = |axis: &usize| differs(axis) && shape.dim(*axis) != 1;
        let differing = (0..shape.rank()).rev().find(clashes).or_else(|| (0..shape.rank()).rev().find(differs));
        differing.map_or(id, |axis| self.changer(id, axis))
    }

    fn explain_last(&self, diagnostic: Diagnostic, name: &str, id: NodeId) -> Diagnostic {
        self.label_layer(diagnostic, name, id, id)
    }

    fn label_layer(&self, diagnostic: Diagnostic, name: &str, id: NodeId, culprit: NodeId) -> Diagnostic {
        // Where nothing on the way changed it, the input is not to blame but the last layer, which kept it.
        let kept = culprit != id && self.graph.node(culprit).inputs.is_empty();
        if let Some(maker) = self.foreign(id).filter(|_| kept) {
            let maker = self.graph.instance(maker);
            return diagnostic.label(maker.call, format!("{name} is {}, from `{}`", self.shapes[id], maker.path));
        }
        let Some(span) = self.graph.node(if kept { id } else { culprit }).origin.span else { return diagnostic };
        let how = if kept {
            format!(", as large as `{}`", self.graph.node(culprit).name)
        } else {
            self.describe(culprit).map_or(String::new(), |how| format!(": {how}"))
        };
        let text = format!("{name} is {}{how}", self.shapes[id]);
        if diagnostic.primary.as_ref().is_some_and(|label| label.span == span) {
            return diagnostic.note(text);
        }
        diagnostic.label(span, text)
    }

    /// The outermost instance round a node that is not also round the place at hand.
    fn foreign(&self, id: NodeId) -> Option<InstanceId> {
        let parents = |at: Option<InstanceId>| self.graph.enclosing(at).map(|(id, _)| id);
        let around: Vec<InstanceId> = parents(self.here).collect();
        parents(self.graph.node(id).origin.instance).take_while(|instance| !around.contains(instance)).last()
    }

    /// The layer upstream that last changed a dimension.
    fn changer(&self, mut id: NodeId, axis: usize) -> NodeId {
        for _ in 0..256 {
            let shape = self.shapes[id];
            let Some(first) = self.graph.node(id).inputs.first() else { return id };
            let before = self.shapes[*first];
            if before.rank() != shape.rank() || before.dim(axis) != shape.dim(axis) {
                return id;
            }
            id = *first;
        }
        id
    }

    /// How a layer came to its shape: "a 5x5 without padding takes 4 off 28".
    fn describe(&self, id: NodeId) -> Option<String> {
        let node = self.graph.node(id);
        let after = self.shapes[id];
        let before = node.inputs.first().map(|input| self.shapes[*input]);
        let geometry = if let Op::Conv(conv) = &node.op {
            Some((conv.kernel, conv.stride, conv.pad, conv.dilation))
        } else if let Op::Pool(pool) = &node.op {
            Some((pool.kernel, pool.stride, pool.pad, pool.dilation))
        } else {
            None
        };
        let Some(before) = before else {
            return Some(
                if matches!(node.op, Op::Input(_)) { "the input is declared so" } else { "its shape is written so" }.to_owned(),
            );
        };
        if let (Op::Slice(_), Some("split")) = (&node.op, self.calls.get(id).and_then(|call| callee(call))) {
            return Some(format!("a part that `split` makes of {before}"));
        }
        let (Some((kernel, stride, pad, dilation)), Some(a), Some(b)) = (geometry, before.grid(), after.grid()) else {
            return (before != after).then(|| format!("`{}` turns {before} into {after}", node.op.keyword()));
        };
        if a == b {
            return (before.channels() != after.channels())
                .then(|| format!("`{}` makes {} channels", node.op.keyword(), after.channels()));
        }
        let padding = padded(pad, before.rank() == 2);
        let line = before.rank() == 2;
        let side = usize::from(line);
        let dilated = if dilation == [1, 1] { String::new() } else { format!(" with dilation {}", dilation[side]) };
        let window = if line { format!("a window of {}", kernel[1]) } else { format!("a {}x{}", kernel[0], kernel[1]) };
        let what = format!("{window}{dilated}");
        let (from, to) = if a.0 == b.0 { (a.1, b.1) } else { (a.0, b.0) };
        Some(if stride == [1, 1] && from > to {
            format!("{what} {padding} takes {} off {from}", from - to)
        } else if stride == [1, 1] {
            format!("{what} {padding} adds {} to {from}", to - from)
        } else {
            format!("{what} with stride {}, {padding}, takes {from} to {to}", stride[side])
        })
    }
}

fn arity(keyword: &str, (min, max): (usize, Option<usize>), got: usize, span: Span) -> Diagnostic {
    let takes = match max {
        Some(max) if max == min => counted(min, "input"),
        Some(max) => format!("{min} to {max} inputs"),
        None => format!("{} or more", counted(min, "input")),
    };
    let diagnostic = Diagnostic::error(Code::WrongInputs, format!("`{keyword}` takes {takes}, and gets {got}"), span, "");
    if got > min && max != Some(0) { diagnostic.help("join the tensors first, with `concat` or `+`") } else { diagnostic }
}

/// The kernel and the dilation on one side of a window that is spread.
fn dilated(op: &Op, side: Side) -> Option<(u64, u64)> {
    let Op::Conv(conv) = op else { return None };
    let at = match side {
        Side::Height => 0,
        Side::Width => 1,
    };
    (conv.dilation[at] > 1).then_some((conv.kernel[at], conv.dilation[at]))
}

/// "without padding", "with padding 1", "with padding 0 to 1" where the sides differ.
fn padded(pad: Padding, line: bool) -> String {
    let all = [pad.top, pad.bottom, pad.left, pad.right];
    let sides = if line { &all[2..] } else { &all };
    let (least, most) = sides.iter().fold((u64::MAX, 0), |(least, most), side| (least.min(*side), most.max(*side)));
    match (least, most) {
        (_, 0) => "without padding".to_owned(),
        (least, most) if least == most => format!("with padding {most}"),
        (least, most) => format!("with padding {least} to {most}"),
    }
}

/// The name that a call or a stage calls.
fn callee(call: &Expr) -> Option<&str> {
    if let ExprKind::Call(call) = &call.kind { Some(&call.callee.text) } else { None }
}

/// What a tensor should be to be combined with `reference`: a gate of one pixel stays one.
fn as_gate(shape: Shape, reference: Shape) -> Shape {
    match (shape.hw(), reference.hw()) {
        (Some((1, 1)), Some(_)) => reference.with_dim(1, 1).and_then(|s| s.with_dim(2, 1)).unwrap_or(reference),
        _ => reference,
    }
}

/// The largest number of groups up to `groups` that divides both sides.
fn fewer_groups(groups: u64, input: u64, output: u64) -> u64 {
    let (mut common, mut rest) = (input, output);
    while rest != 0 {
        (common, rest) = (rest, common % rest);
    }
    // The search is bounded because the numbers are a user's, who may ask for 2^31 groups.
    (1..=groups.min(common)).rev().take(1 << 16).find(|g| common.is_multiple_of(*g)).unwrap_or(1)
}

/// Whether a piece of source is a single name.
fn is_name(text: &str) -> bool {
    text.chars().all(|c| c.is_alphanumeric() || c == '_') && text.chars().next().is_some_and(|c| !c.is_numeric())
}

/// "30 channels", "a height of 27".
fn extent(what: &str, value: i128) -> String {
    if what.ends_with('s') { format!("{value} {what}") } else { format!("a {what} of {value}") }
}

fn same_but(a: Shape, b: Shape, axis: usize) -> bool {
    a.rank() == b.rank() && (0..a.rank()).all(|i| i == axis || a.dim(i) == b.dim(i))
}

fn side_name(side: Side, line: bool) -> &'static str {
    match side {
        Side::Width if line => "length",
        Side::Height => "height",
        Side::Width => "width",
    }
}
