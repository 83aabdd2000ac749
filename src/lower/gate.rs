//! A gate that was made a vector and meets a map: `x -> flatten -> linear`, multiplied with `x`.
//!
//! In: the inputs of an element-wise operation. Out: the edits after which the gate stays a map of one pixel, `conv(c, 1)` in
//! place of each `linear` and no `flatten`, tried by inference before they are offered.

use super::Builder;
use super::flowing::Flow;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Edit, Fix};
use crate::graph::NodeId;
use crate::op::{Conv, Op, Padding, Shape};
use crate::source::Span;
use crate::syntax::ast::{Call, Expr, ExprKind};

impl Builder<'_> {
    /// The gate among two inputs as a map of one pixel.
    pub(super) fn gate_as_map(&self, op: &Op, inputs: &[Flow]) -> Option<Fix> {
        let [a, b] = inputs else { return None };
        let (vector, map) = match (self.shapes[a.0].rank(), self.shapes[b.0].rank()) {
            (1, 3) => (a, b),
            (3, 1) => (b, a),
            _ => return None,
        };
        let (chain, flatten) = self.behind_flatten(vector.0)?;
        let mut shape = self.shapes[*self.graph.node(flatten).inputs.first()?];
        let mut edits = vec![self.without_flatten(flatten, shape)?];
        shape = shape.with_dim(1, 1)?.with_dim(2, 1)?;
        for id in chain.iter().rev() {
            let node = self.graph.node(*id);
            if let Op::Linear(linear) = &node.op {
                let conv = point(linear.out, linear.bias);
                shape = Op::Conv(conv).infer(&[shape]).ok()?;
                edits.extend(as_conv(self.calls.get(*id)?)?);
            } else {
                shape = node.op.infer(&[shape]).ok()?;
            }
        }
        let of_map = self.shapes[map.0];
        if op.infer(&[of_map, shape]).ok()? != of_map || shape.channels() != of_map.channels() {
            return None;
        }
        let message = format!("a gate is a map of one pixel, {shape}: 1x1 convolutions in place of `linear`, and no `flatten`");
        Some(Fix { message, applicability: Unsafe, edits })
    }

    /// The layers of a vector back to where it was flattened, nearest first, each read once; a linear layer is among them.
    fn behind_flatten(&self, end: NodeId) -> Option<(Vec<NodeId>, NodeId)> {
        let mut chain = Vec::new();
        for id in self.upstream(end) {
            let node = self.graph.node(id);
            let is_own = !self.graph.shares_tensors(id)
                && (id == end || self.graph.readers(id).count() == 1)
                && self.surrounds(node.origin.instance);
            if matches!(node.op, Op::Flatten) {
                let has_linear = chain.iter().any(|id| matches!(self.graph.node(*id).op, Op::Linear(_)));
                return (has_linear && is_own).then_some((chain, id));
            }
            let goes_on = matches!(node.op, Op::Linear(_) | Op::Activation(_) | Op::BatchNorm(_) | Op::Dropout(_) | Op::Identity);
            if !(goes_on && is_own) {
                return None;
            }
            chain.push(id);
        }
        None
    }

    /// Takes `flatten ->` out of a pipe; of more than one pixel the mean is what a gate is made of.
    fn without_flatten(&self, id: NodeId, map: Shape) -> Option<Edit> {
        let span = self.graph.node(id).origin.span?;
        if map.hw()? != (1, 1) {
            return Some(Edit::replace(span, "global_avgpool"));
        }
        let text = self.sources.get(span.source).text();
        let rest = &text[span.end as usize..];
        let stage = rest.trim_start().strip_prefix("->")?.trim_start();
        if stage.starts_with('#') {
            return None;
        }
        let end = u32::try_from(text.len() - stage.len()).ok()?;
        Some(Edit::replace(Span { end, ..span }, ""))
    }
}

/// A convolution of one pixel.
fn point(out: u64, bias: bool) -> Conv {
    Conv {
        out,
        kernel: [1, 1],
        stride: [1, 1],
        pad: Padding::default(),
        dilation: [1, 1],
        groups: 1,
        bias,
        depthwise: false,
        line: false,
    }
}

/// `linear(c)` as `conv(c, 1)`.
fn as_conv(call: &Expr) -> Option<Vec<Edit>> {
    let ExprKind::Call(call) = &call.kind else { return None };
    let Call { callee, lists } = &**call;
    let args = &lists.first()?.args;
    let mut edits = vec![Edit::replace(callee.span, "conv")];
    match args.iter().filter(|arg| arg.name.is_none()).count() {
        // The kernel is one pixel where none is given.
        0 => {}
        1 => edits.push(Edit::after(args.first()?.value.span, ", 1")),
        _ => return None,
    }
    Some(edits)
}
