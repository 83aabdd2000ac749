//! Receptive field, effective stride and offset of every layer, on the directed acyclic graph.
//!
//! In: nodes in order of execution. Out: one [`Receptive`] a node. Linear in edges (times the short periods that
//! upsampling makes).
//!
//! - Fields are exact hulls: holes of dilated windows count as seen.
//! - Branches that meet see the union of what they saw. Where a network has several inputs, pixels of one mean nothing
//!   in another, so a layer's field is that in the first declared input which it depends on.
//! - What looks at the whole map sees the whole input: global pooling, a flattened or averaged map, and so everything
//!   behind a squeeze-and-excite gate. Such a field is the input's own extent; all others are theoretical and not clipped,
//!   as papers quote them.
//! - Axes keep their meaning through `transpose`, and through a `reshape` that leaves the axis whole and in place; what mixes
//!   another axis than usual (a norm, a convolution or a shuffle of channels behind a transpose) mixes what lies along it then.
//! - Where maps are joined end to end, an index sees what its own part saw, and a window over the seam all that its indices did.
//! - Two maps of the same size but different pace that meet (an odd map, halved and resized back) are joined index by
//!   index, exactly inside the map; beyond 4,096 indices they count as seeing everything.

mod axis_field;
mod irregular;
mod reach;

use std::rc::Rc;

use super::Receptive;
use crate::graph::{Graph, Node, NodeId, NodeMap};
use crate::op::{Op, Shape};
use axis_field::AxisField;
use reach::{Reach, reach};

/// The receptive field of a tensor in one input.
#[derive(Debug, Clone)]
struct Field {
    /// Position of the input among the network's inputs.
    source: usize,
    /// Height and width of that input.
    extent: [u64; 2],
    /// Rows and columns of the input.
    sides: [Side; 2],
}

/// The receptive field along the input's rows or columns.
#[derive(Debug, Clone)]
struct Side {
    /// The tensor's axis that runs along them; meaningless where all is seen.
    axis: usize,
    field: AxisField,
}

const SEES_ALL: Side = Side { axis: usize::MAX, field: AxisField::Whole };

/// Follows fields through a network.
///
/// Layers that do not change a field share it, and a field is kept until its last reader has been visited, so that a hundred
/// thousand layers need little memory.
#[derive(Debug)]
pub struct Tracker {
    fields: NodeMap<Rc<Field>>,
    /// Readers of each node that have not been visited.
    waiting: NodeMap<usize>,
    nothing: Rc<Field>,
    inputs: usize,
}

impl Tracker {
    /// A tracker for a graph.
    #[must_use]
    pub fn new(graph: &Graph, order: &[NodeId]) -> Self {
        let mut waiting: NodeMap<usize> = NodeMap::with_bound(graph.len());
        for input in order.iter().flat_map(|id| &graph.node(*id).inputs) {
            waiting.insert(*input, waiting.get(*input).map_or(1, |readers| readers + 1));
        }
        Self { fields: NodeMap::with_bound(graph.len()), waiting, nothing: Rc::new(NOTHING), inputs: 0 }
    }

    /// The receptive field of the next node in order of execution; inputs see their own pixels.
    pub fn visit(&mut self, id: NodeId, node: &Node, inputs: &[Shape], output: Shape) -> Receptive {
        let field = if let Op::Input(shape) = &node.op {
            self.inputs += 1;
            Rc::new(source(self.inputs - 1, *shape))
        } else if node.op.is_stored() {
            Rc::clone(&self.nothing)
        } else {
            through(node, &self.fields, inputs, output)
        };
        let receptive = field.receptive();
        self.fields.insert(id, field);
        for input in &node.inputs {
            let left = self.waiting.get(*input).map_or(0, |readers| readers.saturating_sub(1));
            self.waiting.insert(*input, left);
            if left == 0 {
                self.fields.take(*input);
            }
        }
        receptive
    }
}

/// The field of what is stored with the network: it sees no input, and where it meets what does, that counts.
const NOTHING: Field = Field { source: usize::MAX, extent: [0; 2], sides: [SEES_ALL, SEES_ALL] };

/// The field of an input: maps and lines see their own pixels, anything else is seen whole. A line has one row.
fn source(source: usize, shape: Shape) -> Field {
    let side = |axis| Side { axis, field: AxisField::identity() };
    if let Some((h, w)) = shape.hw() {
        return Field { source, extent: [h, w], sides: [side(1), side(2)] };
    }
    if let Some((h, w)) = shape.grid() {
        return Field { source, extent: [h, w], sides: [SEES_ALL, side(1)] };
    }
    let last = shape.rank() - 1;
    let height = if last > 0 { shape.dim(last - 1) } else { 1 };
    Field { source, extent: [height, shape.dim(last)], sides: [SEES_ALL, SEES_ALL] }
}

impl Field {
    fn receptive(&self) -> Receptive {
        let mut result = Receptive { field: self.extent, stride: [(0, 1); 2], offset: [0; 2] };
        for (i, side) in self.sides.iter().enumerate() {
            let (extent, stride, offset) = match &side.field {
                AxisField::Whole => continue,
                AxisField::Periodic(intervals) => (intervals.extent(), intervals.stride(), intervals.offset()),
                AxisField::Irregular(table) => (table.extent(), table.stride(), table.offset()),
            };
            (result.field[i], result.stride[i], result.offset[i]) = (extent, stride, offset);
        }
        result
    }

    /// Each side changed on its own.
    fn map(&self, change: impl Fn(usize, &Side) -> Side) -> Self {
        let sides = [change(0, &self.sides[0]), change(1, &self.sides[1])];
        Self { source: self.source, extent: self.extent, sides }
    }
}

/// The field behind a node.
fn through(node: &Node, fields: &NodeMap<Rc<Field>>, shapes: &[Shape], output: Shape) -> Rc<Field> {
    if let Op::Concat(concat) = &node.op {
        return Rc::new(join(node, fields, shapes, (output, Some(concat.axis))));
    }
    if let Op::Elementwise(_) = &node.op {
        return Rc::new(join(node, fields, shapes, (output, None)));
    }
    if let Op::MatMul = &node.op {
        return Rc::new(product(node, fields, shapes, output));
    }
    let first = &fields[node.inputs[0]];
    let reaches = [0, 1].map(|i| match first.sides[i].field {
        AxisField::Whole => Reach::Kept,
        AxisField::Periodic(_) | AxisField::Irregular(_) => reach(&node.op, first.sides[i].axis, (shapes[0], output)),
    });
    if reaches.iter().all(|reach| matches!(reach, Reach::Kept)) {
        return Rc::clone(first);
    }
    Rc::new(first.map(|i, side| behind(side, &reaches[i], output)))
}

/// One side behind an operation that does this to its axis.
fn behind(side: &Side, reach: &Reach<'_>, output: Shape) -> Side {
    let length = |axis: usize| output.dims().get(axis).map_or(1, |dim| u64::from(*dim));
    let here = |field| Side { axis: side.axis, field };
    match reach {
        Reach::Kept => side.clone(),
        Reach::All => SEES_ALL,
        Reach::Moved(axis) => Side { axis: *axis, field: side.field.clone() },
        Reach::Window(window) => here(side.field.window(*window, length(side.axis))),
        Reach::Grid(period, reads) => here(side.field.grid(*period, length(side.axis), reads)),
        Reach::Permuted(from, speed) => here(side.field.permuted(length(side.axis), from, *speed)),
        Reach::Repeated(axis, size) => Side { axis: *axis, field: side.field.repeated(*size, length(*axis)) },
    }
}

/// The union of the inputs that see the first source; along `joined` the pieces follow each other.
fn join(node: &Node, fields: &NodeMap<Rc<Field>>, shapes: &[Shape], at: (Shape, Option<usize>)) -> Field {
    join_of(&node.inputs.iter().map(|input| &*fields[*input]).zip(shapes).collect::<Vec<_>>(), at)
}

/// A matrix product: element `[i, j]` reads row `i` of the left tensor and column `j` of the right one, each of them whole.
fn product(node: &Node, fields: &NodeMap<Rc<Field>>, shapes: &[Shape], output: Shape) -> Field {
    let summed = [shapes[0].rank() - 1, shapes[1].rank() - 2];
    let read = [0, 1].map(|i| {
        let without = |_, side: &Side| if side.axis == summed[i] { SEES_ALL } else { side.clone() };
        fields[node.inputs[i]].map(without)
    });
    join_of(&read.iter().zip(shapes).collect::<Vec<_>>(), (output, None))
}

/// [`join`] of fields with the shapes of their tensors.
fn join_of(inputs: &[(&Field, &Shape)], (output, joined): (Shape, Option<usize>)) -> Field {
    let source = inputs.iter().map(|(field, _)| field.source).min().expect("joins have inputs");
    let pieces: Vec<_> = inputs.iter().copied().filter(|(field, _)| field.source == source).collect();
    let sides = [0, 1].map(|i| {
        let along = pieces
            .iter()
            .find(|(f, _)| f.sides[i].field != AxisField::Whole)
            .map(|(f, s)| f.sides[i].axis + output.rank() - s.rank());
        let Some(axis) = along else { return SEES_ALL };
        if joined == Some(axis) {
            return end_to_end(inputs, i, (source, axis));
        }
        united(&pieces, i, (axis, output))
    });
    Field { source, extent: pieces[0].0.extent, sides }
}

/// One side of pieces that follow each other along its axis; what does not see the source takes its place too.
fn end_to_end(inputs: &[(&Field, &Shape)], i: usize, (source, axis): (usize, usize)) -> Side {
    let mut parts = Vec::with_capacity(inputs.len());
    for (field, shape) in inputs {
        let side = &field.sides[i];
        let seen = if field.source != source {
            AxisField::nothing()
        } else if side.axis == axis {
            side.field.clone()
        } else {
            return SEES_ALL;
        };
        parts.push((seen, shape.dim(axis)));
    }
    Side { axis, field: AxisField::joined(&parts) }
}

/// The union of one side over pieces that are broadcast to `output`.
fn united(pieces: &[(&Field, &Shape)], i: usize, (axis, output): (usize, Shape)) -> Side {
    let length = output.dim(axis);
    let mut union: Option<AxisField> = None;
    for (field, shape) in pieces {
        let side = &field.sides[i];
        let shift = output.rank() - shape.rank();
        let aligned = side.field == AxisField::Whole || side.axis + shift == axis;
        if !aligned {
            return SEES_ALL;
        }
        let stretched = side.field != AxisField::Whole && shape.dim(side.axis) == 1 && length > 1;
        let here = if stretched { side.field.stretched() } else { side.field.clone() };
        union = Some(union.map_or_else(|| here.clone(), |so_far| so_far.union(&here, length)));
    }
    union.map_or(SEES_ALL, |field| Side { axis, field })
}
