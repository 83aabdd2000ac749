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
//! - Axes keep their meaning through `transpose`, and through a `reshape` that leaves the axis whole and in place.
//! - Two maps of the same size but different pace that meet (an odd map, halved and resized back) are joined index by
//!   index, exactly inside the map; beyond 4,096 indices they count as seeing everything.

mod axis_field;

use std::rc::Rc;

use super::Receptive;
use crate::graph::{Node, NodeId, NodeMap};
use crate::op::geometry::adaptive_window;
use crate::op::{Op, Shape, Window};
use axis_field::{AxisField, gcd};

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
/// Layers that do not change a field share it, so a hundred thousand of them need little memory.
#[derive(Debug)]
pub struct Tracker {
    fields: NodeMap<Rc<Field>>,
    inputs: usize,
}

impl Tracker {
    /// A tracker for a graph of which all ids are below `bound`.
    #[must_use]
    pub fn new(bound: usize) -> Self {
        Self { fields: NodeMap::with_bound(bound), inputs: 0 }
    }

    /// The receptive field of the next node in order of execution; inputs see their own pixels.
    pub fn visit(&mut self, id: NodeId, node: &Node, inputs: &[Shape], output: Shape) -> Receptive {
        let field = if let Op::Input(shape) = &node.op {
            self.inputs += 1;
            Rc::new(source(self.inputs - 1, *shape))
        } else if node.op.is_stored() {
            Rc::new(NOTHING)
        } else {
            through(node, &self.fields, inputs, output)
        };
        let receptive = field.receptive();
        self.fields.insert(id, field);
        receptive
    }
}

/// The field of what is stored with the network: it sees no input, and where it meets what does, that counts.
const NOTHING: Field = Field { source: usize::MAX, extent: [0; 2], sides: [SEES_ALL, SEES_ALL] };

/// The field of an input: maps see their own pixels, anything else is seen whole.
fn source(source: usize, shape: Shape) -> Field {
    if let Some((h, w)) = shape.hw() {
        let side = |axis| Side { axis, field: AxisField::identity() };
        return Field { source, extent: [h, w], sides: [side(1), side(2)] };
    }
    let last = shape.rank() - 1;
    let height = if last > 0 { shape.dim(last - 1) } else { 1 };
    Field { source, extent: [height, shape.dim(last)], sides: [SEES_ALL, SEES_ALL] }
}

impl Field {
    fn receptive(&self) -> Receptive {
        let mut result = Receptive { field: self.extent, stride: [(0, 1); 2], offset: [0; 2] };
        for (i, side) in self.sides.iter().enumerate() {
            if let AxisField::Periodic(intervals) = &side.field {
                result.field[i] = intervals.extent();
                result.stride[i] = intervals.stride();
                result.offset[i] = intervals.offset();
            }
        }
        result
    }

    /// Each side changed on its own.
    fn map(&self, change: impl Fn(usize, &Side) -> Side) -> Self {
        let sides = [change(0, &self.sides[0]), change(1, &self.sides[1])];
        Self { source: self.source, extent: self.extent, sides }
    }

    /// Every side that lies along an axis of which `whole` says so sees all.
    fn seeing_all(&self, whole: impl Fn(usize) -> bool) -> Self {
        self.map(|_, side| if whole(side.axis) { SEES_ALL } else { side.clone() })
    }

    /// A spatial operation on `[C, H, W]`: `look` turns the field along height (0) or width (1) into the output's.
    fn spatial(&self, look: impl Fn(usize, &AxisField) -> AxisField) -> Self {
        self.map(|i, side| if side.axis == i + 1 { Side { axis: side.axis, field: look(i, &side.field) } } else { SEES_ALL })
    }
}

/// The field behind a node.
fn through(node: &Node, fields: &NodeMap<Rc<Field>>, shapes: &[Shape], output: Shape) -> Rc<Field> {
    let first = &fields[node.inputs[0]];
    Rc::new(match &node.op {
        Op::Concat(concat) => join(node, fields, shapes, (output, Some(concat.axis))),
        Op::Elementwise(_) => join(node, fields, shapes, (output, None)),
        Op::Linear(_) => first.seeing_all(|axis| axis == output.rank() - 1),
        Op::Softmax(softmax) => first.seeing_all(|axis| axis == softmax.axis),
        Op::Transpose(transpose) => first.map(|_, side| moved(side, transpose.axes.iter().position(|from| *from == side.axis))),
        Op::Flatten | Op::Reshape(_) => first.map(|_, side| moved(side, kept_axis(side.axis, shapes[0], output))),
        Op::Mean(mean) => first.map(|_, side| {
            let gone = mean.axes.iter().filter(|axis| **axis < side.axis).count();
            let place = if mean.keep { side.axis } else { side.axis.wrapping_sub(gone) };
            moved(side, (!mean.axes.contains(&side.axis)).then_some(place))
        }),
        Op::Slice(slice) => first.map(|_, side| {
            if side.axis != slice.axis {
                return side.clone();
            }
            let field = side.field.window(1, pixels(slice.step), -pixels(slice.start));
            Side { axis: side.axis, field }
        }),
        Op::ConvTranspose(conv) => first.spatial(|i, field| {
            let window = conv.windows([output.dim(1), output.dim(2)])[i];
            field.grid((pixels(window.stride), 1), |j| window.windows_over(j))
        }),
        Op::Upsample(upsample) => first.spatial(|i, field| {
            // Border clamping is left out, as padding is in all fields.
            let scale = upsample.axis(i, shapes[0].dim(i + 1));
            field.grid(scale.period(), |j| scale.reads(j))
        }),
        Op::AdaptiveAvgPool(_) => first.spatial(|i, field| {
            let (from, to) = (shapes[0].dim(i + 1), output.dim(i + 1));
            let common = gcd(pixels(from), pixels(to));
            let cell = |j: i64| {
                let cell = adaptive_window(j.unsigned_abs(), from, to);
                (pixels(cell.start), pixels(cell.end) - 1)
            };
            if to == 1 { AxisField::Whole } else { field.grid((pixels(to) / common, pixels(from) / common), cell) }
        }),
        Op::Input(_)
        | Op::Param(_)
        | Op::Constant(_)
        | Op::Conv(_)
        | Op::BatchNorm(_)
        | Op::GroupNorm(_)
        | Op::LayerNorm(_)
        | Op::InstanceNorm(_)
        | Op::Lrn(_)
        | Op::Scale(_)
        | Op::Activation(_)
        | Op::Pool(_)
        | Op::GlobalPool(_)
        | Op::Scalar(_)
        | Op::Pad(_)
        | Op::DepthToSpace(_)
        | Op::SpaceToDepth(_)
        | Op::ChannelShuffle(_)
        | Op::Dropout(_)
        | Op::Identity => return windowed(first, node.op.window(shapes)),
    })
}

/// The field behind an operation that its window describes.
fn windowed(first: &Rc<Field>, window: Window) -> Rc<Field> {
    Rc::new(match window {
        Window::Pixel => return Rc::clone(first),
        Window::Whole => first.map(|_, _| SEES_ALL),
        Window::Strided { extent, stride, before } => {
            first.spatial(|i, field| field.window(pixels(extent[i]), pixels(stride[i]), before[i]))
        }
        Window::Fractional { extent, scale, before } => first.spatial(|i, field| {
            let scale = pixels(scale[i]);
            field.grid((scale, 1), |j| {
                let from = j.div_euclid(scale) - before[i];
                (from, from + pixels(extent[i]) - 1)
            })
        }),
    })
}

/// The same side on another axis, or one that sees all where the axis is gone.
fn moved(side: &Side, axis: Option<usize>) -> Side {
    axis.map_or(SEES_ALL, |axis| Side { axis, field: side.field.clone() })
}

/// Where an axis is after a reshape: the axis of the same length with as many elements before it.
fn kept_axis(axis: usize, from: Shape, to: Shape) -> Option<usize> {
    if axis >= from.rank() {
        return None;
    }
    let before = |shape: Shape, axis: usize| shape.dims()[..axis].iter().map(|d| u128::from(*d)).product::<u128>();
    (0..to.rank()).find(|a| to.dim(*a) == from.dim(axis) && before(to, *a) == before(from, axis) && to.dim(*a) > 1)
}

/// The union of the inputs that see the first source; along `joined` the pieces follow each other.
fn join(node: &Node, fields: &NodeMap<Rc<Field>>, shapes: &[Shape], (output, joined): (Shape, Option<usize>)) -> Field {
    let source = node.inputs.iter().map(|input| fields[*input].source).min().expect("joins have inputs");
    let pieces: Vec<_> =
        node.inputs.iter().map(|input| &*fields[*input]).zip(shapes).filter(|(f, _)| f.source == source).collect();
    let sides = [0, 1].map(|i| {
        let along = pieces
            .iter()
            .find(|(f, _)| f.sides[i].field != AxisField::Whole)
            .map(|(f, s)| f.sides[i].axis + output.rank() - s.rank());
        let Some(axis) = along else { return SEES_ALL };
        if joined == Some(axis) {
            let parts: Vec<_> = pieces.iter().map(|(f, s)| (f.sides[i].field.clone(), s.dim(axis))).collect();
            return Side { axis, field: AxisField::joined(&parts) };
        }
        united(&pieces, i, (axis, output))
    });
    Field { source, extent: pieces[0].0.extent, sides }
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

/// A size as a signed number of pixels; sizes beyond 63 bits do not occur in maps and saturate.
fn pixels(value: u64) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}
