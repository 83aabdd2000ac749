//! Maps that miss each other by a few rows, because one of them was halved and doubled again.
//!
//! In: the inputs of an operation that differ in size, behind an `upsample` or a `conv_transpose`. Out: the changes of a pooling,
//! a transposed convolution or a resize after which all fit, each tried with all that depends on it before it is offered.

use std::collections::BTreeMap;

use super::Builder;
use super::fix::keeping;
use super::flowing::Flow;
use super::setting::Args;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Edit, Fix};
use crate::graph::NodeId;
use crate::op::{ConvTranspose, Op, Pool, PoolKind, ResizeTo, Shape, Upsample};
use crate::source::Span;
use crate::syntax::ast::{Expr, ExprKind};

/// How many layers may depend on a change that is tried.
const MOST_TRIED: usize = 1024;

/// How many changes are offered.
const MOST_OFFERED: usize = 3;

/// A changed operation, what the change does, and its edits; the likelier first.
struct Change {
    rank: u8,
    op: Op,
    message: String,
    edits: Vec<Edit>,
}

impl Builder<'_> {
    /// Changes of resampling layers after which the inputs fit; none where nothing upstream of them resizes.
    pub(super) fn resampled(&self, op: &Op, inputs: &[Flow]) -> Vec<Fix> {
        let ends: Vec<NodeId> = inputs.iter().map(|(id, _)| *id).collect();
        let paths: Vec<Vec<NodeId>> = ends.iter().map(|id| self.upstream(*id)).collect();
        let resizes = |id: &NodeId| matches!(self.graph.node(*id).op, Op::Upsample(_) | Op::ConvTranspose(_));
        if !paths.iter().flatten().any(resizes) {
            return Vec::new();
        }
        let mut found: Vec<(u8, Fix)> = Vec::new();
        for (at, path) in paths.iter().enumerate() {
            let goals = inputs.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, goal)| goal);
            for goal in goals {
                for id in path {
                    for change in self.changes(*id, ends[at], goal) {
                        let known = |(_, fix): &(u8, Fix)| fix.edits == change.edits;
                        if !found.iter().any(known) && self.fits_with((*id, &change.op), op, &ends) {
                            let fix = Fix { message: change.message, applicability: Unsafe, edits: change.edits };
                            found.push((change.rank, fix));
                        }
                    }
                }
            }
        }
        found.sort_by_key(|(rank, _)| *rank);
        found.into_iter().map(|(_, fix)| fix).take(MOST_OFFERED).collect()
    }

    /// Ways to give a layer upstream of `end` another size, so that `end` may have the goal's.
    fn changes(&self, id: NodeId, end: NodeId, goal: &Flow) -> Vec<Change> {
        let node = self.graph.node(id);
        let (Some(call), Some(wanted), Some(have)) = (self.calls.get(id), self.shapes[goal.0].hw(), self.shapes[end].hw()) else {
            return Vec::new();
        };
        let set = |args: &Args| self.edits_where_meant(id, args);
        if let Op::Pool(pool) = &node.op {
            return pools(pool, &set);
        }
        if let Op::ConvTranspose(conv) = &node.op {
            return spread(conv, &set, (have, wanted)).into_iter().collect();
        }
        if let Op::Upsample(upsample) = &node.op
            && self.surrounds(node.origin.instance)
        {
            return self.sized(*upsample, call, (id, goal)).into_iter().collect();
        }
        Vec::new()
    }

    /// `upsample(size=...)` of the size of the tensor that it meets, by its name where it has one already.
    fn sized(&self, upsample: Upsample, call: &Expr, (id, goal): (NodeId, &Flow)) -> Option<Change> {
        let (height, width) = self.shapes[goal.0].hw()?;
        let ExprKind::Call(call) = &call.kind else { return None };
        let args = &call.lists.first()?.args;
        let factor = args.iter().enumerate().find(|(i, arg)| match &arg.name {
            Some(name) => name.text == "factor",
            None => *i == 0,
        });
        let (_, factor) = factor?;
        let name = self.sources.text(goal.1);
        let is_name = name.chars().all(|c| c.is_alphanumeric() || c == '_') && !name.starts_with(|c: char| c.is_numeric());
        let is_before = goal.0 < id && self.graph.node(goal.0).origin.span != Some(goal.1);
        let size = if is_name && is_before {
            format!("size=[height({name}), width({name})]")
        } else if height == width {
            format!("size={height}")
        } else {
            format!("size=[{height}, {width}]")
        };
        let start = factor.name.as_ref().map_or(factor.value.span.start, |name| name.span.start);
        let span = Span { start, ..factor.value.span };
        Some(Change {
            rank: 2,
            op: Op::Upsample(Upsample { to: ResizeTo::Size([height, width]), ..upsample }),
            message: format!("`{size}` makes the map as large as the other, {height}x{width}"),
            edits: vec![Edit::replace(span, size)],
        })
    }

    /// Whether the inputs fit an operation after a layer has been changed, and all that hangs on it still can be built.
    fn fits_with(&self, (changed, op): (NodeId, &Op), target: &Op, ends: &[NodeId]) -> bool {
        let Some(shapes) = self.shapes_with((changed, op)) else { return false };
        let inputs: Vec<Shape> = ends.iter().map(|id| shapes.get(id).copied().unwrap_or(self.shapes[*id])).collect();
        // Sums of one size only: one pixel against a map is legal, and not what was meant.
        let alike = inputs.windows(2).all(|pair| pair[0].hw() == pair[1].hw());
        alike && target.infer(&inputs).is_ok()
    }

    /// The shapes that are others after a change; `None` where something does not fit any more, or a written shape is wrong.
    fn shapes_with(&self, (changed, op): (NodeId, &Op)) -> Option<BTreeMap<NodeId, Shape>> {
        let mut shapes = BTreeMap::new();
        for (tried, id) in self.graph.ids().skip_while(|id| *id < changed).enumerate() {
            let node = self.graph.node(id);
            if id != changed && !node.inputs.iter().any(|input| shapes.contains_key(input)) {
                continue;
            }
            let inputs: Vec<Shape> =
                node.inputs.iter().map(|input| shapes.get(input).copied().unwrap_or(self.shapes[*input])).collect();
            let shape = if id == changed { op } else { &node.op }.infer(&inputs).ok()?;
            if shape != self.shapes[id] {
                if node.directives.has_written_shape || tried > MOST_TRIED {
                    return None;
                }
                shapes.insert(id, shape);
            }
        }
        Some(shapes)
    }
}

/// The edits that set arguments of the layer at hand, if there are any that leave others alone.
type Set<'s> = dyn Fn(&Args) -> Option<Vec<Edit>> + 's;

/// A pooling that rounds the other way, or keeps the size that it nearly kept.
fn pools(pool: &Pool, set: &Set<'_>) -> Vec<Change> {
    let change = |rank, op: Pool, arg: (&'static str, String), message: String| {
        Some(Change { rank, edits: set(&[arg])?, op: Op::Pool(op), message })
    };
    let ceil = !pool.ceil;
    let rounded = change(
        1,
        Pool { ceil, ..pool.clone() },
        ("ceil", ceil.to_string()),
        format!("`ceil={ceil}` rounds the other way, here to the size that comes back"),
    );
    // A mean would take in the zeros of the padding.
    let may_pad = pool.stride == [1, 1] && pool.kind == PoolKind::Max;
    let kept = keeping(pool.kernel, pool.dilation, pool.line).filter(|_| may_pad).and_then(|(pad, _)| {
        let message =
            format!("`pad=same` keeps a {}x{} window with stride 1 at the size of its map", pool.kernel[0], pool.kernel[1]);
        change(0, Pool { pad, ..pool.clone() }, ("pad", "same".to_owned()), message)
    });
    [kept, rounded].into_iter().flatten().collect()
}

/// A transposed convolution that adds the rows and columns which are missing at the end.
fn spread(conv: &ConvTranspose, set: &Set<'_>, (have, wanted): ((u64, u64), (u64, u64))) -> Option<Change> {
    let missing = [wanted.0.checked_sub(have.0)?, wanted.1.checked_sub(have.1)?];
    let mut output_pad = conv.output_pad;
    for (axis, pad) in output_pad.iter_mut().enumerate() {
        *pad = pad.checked_add(missing[axis]).filter(|pad| *pad < conv.stride[axis].max(conv.dilation[axis]))?;
    }
    let [h, w] = output_pad;
    let text = if h == w { h.to_string() } else { format!("[{h}, {w}]") };
    let message = format!("`output_pad={text}` adds what the division before it rounded away");
    let op = Op::ConvTranspose(ConvTranspose { output_pad, ..conv.clone() });
    Some(Change { rank: 1, edits: set(&[("output_pad", text)])?, op, message })
}
