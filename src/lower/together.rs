//! Padding several branches at once, where no single change makes them fit.
//!
//! In: the inputs of an operation that differ in size. Out: one fix that lets the windows of every branch keep its size,
//! tried by inference before it is offered. It changes nothing above the layer that all branches come from.

use super::Builder;
use super::fix::keeping;
use super::flowing::Flow;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Edit, Fix};
use crate::graph::NodeId;
use crate::op::{Conv, Op, Padding, Pool, Shape};

/// A branch with padded windows: its shape then, and what writes it.
struct Padded {
    shape: Shape,
    edits: Vec<Edit>,
}

impl Builder<'_> {
    /// The padding of two or more branches after which all have one size and the operation takes them.
    pub(super) fn fix_together(&self, op: &Op, inputs: &[Flow]) -> Option<Fix> {
        let paths: Vec<Vec<NodeId>> = inputs.iter().map(|(id, _)| self.upstream(*id)).collect();
        let shared = |id: &NodeId| paths.iter().all(|path| path.contains(id));
        let branches = paths.iter().map(|path| {
            let own = path.iter().position(shared).unwrap_or(path.len());
            self.padded(&path[..own], path[0])
        });
        let branches = branches.collect::<Option<Vec<Padded>>>()?;
        let shapes: Vec<Shape> = branches.iter().map(|branch| branch.shape).collect();
        let (height, width) = shapes.first()?.hw()?;
        let changed = branches.iter().filter(|branch| !branch.edits.is_empty()).count();
        if changed < 2 || shapes.iter().any(|shape| shape.hw() != Some((height, width))) || op.infer(&shapes).is_err() {
            return None;
        }
        let who = if changed == 2 { "both".to_owned() } else { format!("all {changed}") };
        let edits: Vec<Edit> = branches.into_iter().flat_map(|branch| branch.edits).collect();
        // Branches that share a layer would write twice at one place.
        if (1..edits.len()).any(|i| edits[..i].iter().any(|other| other.span == edits[i].span)) {
            return None;
        }
        Some(Fix { message: format!("padding keeps {who} at {height}x{width}"), applicability: Unsafe, edits })
    }

    /// A branch (nearest layer first) after its windows have been padded to keep their sizes.
    fn padded(&self, own: &[NodeId], end: NodeId) -> Option<Padded> {
        let mut edits_made = Vec::new();
        let (mut from, mut shape) = (None, self.shapes[end]);
        for id in own.iter().rev() {
            let node = self.graph.node(*id);
            let inputs: Vec<Shape> =
                node.inputs.iter().map(|input| if Some(*input) == from { shape } else { self.shapes[*input] }).collect();
            let kept = with_padding(&node.op).and_then(|(op, text)| {
                let edits = self.edits_where_meant(*id, &[("pad", text)])?;
                Some((op, edits))
            });
            shape = match kept {
                Some((op, edits)) => {
                    edits_made.extend(edits);
                    op.infer(&inputs).ok()?
                }
                None if node.inputs.is_empty() => self.shapes[*id],
                None => node.op.infer(&inputs).ok()?,
            };
            from = Some(*id);
        }
        Some(Padded { shape, edits: edits_made })
    }
}

/// An operation whose odd window has too little padding to keep the size, with the padding that does.
fn with_padding(op: &Op) -> Option<(Op, String)> {
    let even = |pad: &Padding| (pad.top, pad.left) == (pad.bottom, pad.right);
    let short = |have: &Padding, want: &Padding| have.top < want.top || have.left < want.left;
    if let Op::Conv(conv) = op {
        let (pad, text) = keeping(conv.kernel, conv.dilation, conv.line).filter(|(pad, _)| even(pad) && short(&conv.pad, pad))?;
        Some((Op::Conv(Conv { pad, ..conv.clone() }), text))
    } else if let Op::Pool(pool) = op {
        let (pad, text) = keeping(pool.kernel, pool.dilation, pool.line).filter(|(pad, _)| even(pad) && short(&pool.pad, pad))?;
        Some((Op::Pool(Pool { pad, ..pool.clone() }), text))
    } else {
        None
    }
}
