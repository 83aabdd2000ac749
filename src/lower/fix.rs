//! Finding the one change that removes a shape error, by trying it.
//!
//! Candidates are single changes of layers upstream (padding that keeps the map, another stride, other channels, a
//! missing `flatten`); each is inferred down to the tensor in question, and only one that makes it fit is offered. That it
//! fits does not say that it was meant, so all of them are unsafe.

use super::{Builder, leading};
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Edit, Fix};
use crate::graph::NodeId;
use crate::op::{Conv, Op, Padding, Pool, Shape};
use crate::source::Span;
use crate::syntax::ast::Expr;

/// How many layers upstream are tried.
const REACH: usize = 24;

/// A changed operation, how to say it, and the arguments that write it.
struct Candidate {
    op: Op,
    message: String,
    args: Vec<(&'static str, String)>,
}

impl Builder<'_> {
    /// The nearest change upstream of `end` after which its shape fits.
    /// `wanted` is the shape that it should have, with the name of what has it.
    pub(super) fn find_fix(
        &self,
        end: NodeId,
        wanted: Option<(Shape, Option<&str>)>,
        fits: &dyn Fn(Shape) -> bool,
    ) -> Option<Fix> {
        let path = self.upstream(end);
        path.iter().enumerate().find_map(|(depth, id)| {
            let (op, call) = (&self.graph.node(*id).op, self.calls.get(*id)?);
            let shapes: Vec<Shape> = self.graph.node(*id).inputs.iter().map(|i| self.shapes[*i]).collect();
            let set = candidates(op, &shapes, wanted.map(|(shape, _)| shape)).into_iter().filter_map(|candidate| {
                let shape = candidate.op.infer(&shapes).ok()?;
                let named = wanted.and_then(|(wanted, name)| name.filter(|_| wanted.channels() == shape.channels()));
                let alike = named.filter(|_| candidate.args[0].0 == "out");
                if let Some((name, edits)) = alike.and_then(|name| Some((name, self.channels_of_input(*id, name)?))) {
                    return Some((shape, format!("`channels({name})` output channels match in every use"), edits));
                }
                Some((shape, candidate.message, self.edits_where_meant(*id, &candidate.args)?))
            });
            // What other uses of a block share is no matter of one of them.
            let rewritten =
                [without_in_channels(op, call, &shapes), flatten_first(op, self.graph.node(*id).origin.span, &shapes)]
                    .into_iter()
                    .filter(|_| self.surrounds(self.graph.node(*id).origin.instance))
                    .flatten();
            let mut changes = set.chain(rewritten);
            let (_, message, edits) =
                changes.find(|(shape, _, _)| self.flow_down(&path[..depth], *id, *shape).is_some_and(fits))?;
            Some(Fix { message, applicability: Unsafe, edits })
        })
    }

    /// The tensor and what it was made from, following first inputs.
    pub(super) fn upstream(&self, end: NodeId) -> Vec<NodeId> {
        let mut path = vec![end];
        while path.len() < REACH {
            match self.graph.node(path[path.len() - 1]).inputs.first() {
                Some(first) => path.push(*first),
                None => break,
            }
        }
        path
    }

    /// The shape at the end of a path (nearest last) if `changed` had another shape.
    fn flow_down(&self, below: &[NodeId], changed: NodeId, shape: Shape) -> Option<Shape> {
        let (mut from, mut shape) = (changed, shape);
        for id in below.iter().rev() {
            let node = self.graph.node(*id);
            let inputs: Vec<Shape> = node.inputs.iter().map(|i| if *i == from { shape } else { self.shapes[*i] }).collect();
            shape = node.op.infer(&inputs).ok()?;
            from = *id;
        }
        Some(shape)
    }
}

/// The shape after a change of a call, what the change does, and its edits.
type Change = (Shape, String, Vec<Edit>);

/// `conv(3, 64, 3)`: the input's channels come first, as in PyTorch's `Conv2d`, and all else moves along by one.
fn without_in_channels(op: &Op, call: &Expr, shapes: &[Shape]) -> Option<Change> {
    let [input] = shapes else { return None };
    let (shape, fix) = leading::left_out(op, call, *input)?;
    Some((shape, fix.message, fix.edits))
}

/// `linear` on a map works along its rows; what was meant is nearly always `flatten -> linear`, where
/// the layer stands: shared weights are declared elsewhere.
fn flatten_first(op: &Op, place: Option<Span>, shapes: &[Shape]) -> Option<Change> {
    let (Op::Linear(_), [input]) = (op, shapes) else { return None };
    if input.rank() == 1 {
        return None;
    }
    let shape = op.infer(&[Op::Flatten.infer(shapes).ok()?]).ok()?;
    let message = format!("`flatten` before `linear` makes one vector of {input}");
    Some((shape, message, vec![Edit::before(place?, "flatten -> ")]))
}

fn candidates(op: &Op, inputs: &[Shape], wanted: Option<Shape>) -> Vec<Candidate> {
    let size = inputs.first().and_then(|s| s.grid());
    if let Op::Conv(conv) = op {
        let channels = [wanted, inputs.first().copied()].map(|shape| shape.map(Shape::channels));
        conv_candidates(conv, size, channels.into_iter().flatten())
    } else if let Op::Pool(pool) = op {
        pool_candidates(pool, size)
    } else {
        Vec::new()
    }
}

fn conv_candidates(conv: &Conv, size: Option<(u64, u64)>, channels: impl Iterator<Item = u64>) -> Vec<Candidate> {
    let mut list = Vec::new();
    if let Some((pad, text)) = keeping(conv.kernel, conv.dilation, conv.line) {
        let message = size.map_or_else(
            || format!("`pad={text}`"),
            |s| format!("`pad={text}` {}", keeps((conv.kernel, conv.line), conv.stride, s)),
        );
        list.push(Candidate { op: Op::Conv(Conv { pad, ..conv.clone() }), message, args: vec![("pad", text)] });
    }
    for stride in [1, 2] {
        let strides = if conv.line { [1, stride] } else { [stride, stride] };
        if strides == conv.stride {
            continue;
        }
        let op = Op::Conv(Conv { stride: strides, ..conv.clone() });
        let message = format!("`stride={stride}` gives the size that is needed");
        list.push(Candidate { op, message, args: vec![("stride", stride.to_string())] });
    }
    for out in channels.filter(|_| !conv.depthwise) {
        let op = Op::Conv(Conv { out, ..conv.clone() });
        list.push(Candidate { op, message: format!("{out} output channels match"), args: vec![("out", out.to_string())] });
    }
    list
}

fn pool_candidates(pool: &Pool, size: Option<(u64, u64)>) -> Vec<Candidate> {
    let kept = keeping(pool.kernel, pool.dilation, pool.line);
    let lopsided = kept.as_ref().is_none_or(|(pad, _)| (pad.top, pad.left) != (pad.bottom, pad.right));
    let padded = |stride: [u64; 2]| {
        let (pad, text) = kept.clone()?;
        let mut args = vec![("pad", text)];
        if stride != pool.stride {
            args.insert(0, ("stride", "1".to_owned()));
        }
        let shown = args.iter().map(|(n, v)| format!("{n}={v}")).collect::<Vec<_>>().join(", ");
        let message =
            size.map_or_else(|| format!("`{shown}`"), |s| format!("`{shown}` {}", keeps((pool.kernel, pool.line), stride, s)));
        Some(Candidate { op: Op::Pool(Pool { stride, pad, ..pool.clone() }), message, args })
    };
    let ceil = !pool.ceil;
    let rounded = Candidate {
        op: Op::Pool(Pool { ceil, ..pool.clone() }),
        message: format!("`ceil={ceil}` rounds the other way"),
        args: vec![("ceil", ceil.to_string())],
    };
    let mut list: Vec<Candidate> = [padded(pool.stride), padded([1, 1])].into_iter().flatten().collect();
    // Nobody pads an even window on two sides where rounding does the same.
    list.insert(if lopsided { 0 } else { list.len() }, rounded);
    list
}

/// The padding that keeps a map's size at stride 1, or a line's, and how it is written.
pub(super) fn keeping(kernel: [u64; 2], dilation: [u64; 2], line: bool) -> Option<(Padding, String)> {
    let total = [dilation[0].checked_mul(kernel[0] - 1)?, dilation[1].checked_mul(kernel[1] - 1)?];
    let pad = Padding { top: total[0] / 2, left: total[1] / 2, bottom: total[0].div_ceil(2), right: total[1].div_ceil(2) };
    Some((pad, pad.written(line)))
}

/// "keeps a 5x5 at 28x28", "keeps a window of 5 at a length of 28".
fn keeps((kernel, line): ([u64; 2], bool), stride: [u64; 2], size: (u64, u64)) -> String {
    let to = (size.0.div_ceil(stride[0]), size.1.div_ceil(stride[1]));
    let verb = if stride == [1, 1] { "keeps" } else { "brings" };
    let preposition = if stride == [1, 1] { "at" } else { "to" };
    if line {
        return format!("{verb} a window of {} {preposition} a length of {}", kernel[1], to.1);
    }
    format!("{verb} a {}x{} {preposition} {}x{}", kernel[0], kernel[1], to.0, to.1)
}
