//! What several operations mean together: exporters take apart what older versions of ONNX have no operator for.
//!
//! In: the operations of a model, each after what it reads. Out: the same, of which the last one of each known group has become
//! what the group computes and reads what the group read; what nothing reads any more is left out of the graph later. A group
//! is only taken where it computes the same, but for rounding.

#![expect(clippy::wildcard_enum_match_arm, reason = "no other operation is part of these groups")]

use super::super::arrays::{ArrayId, Arrays};
use super::draft::{Draft, DraftId};
use crate::op::{
    Activation, ChannelShuffle, Conv, Elementwise, GroupNorm, InstanceNorm, LayerNorm, Linear, Merge, Op, Pad, PadMode, Padding,
    Reduce, Reduction, Reshape, Scalar, ScalarOp, Transpose, Unary,
};

/// The operations, and the arrays that they learn.
struct View<'a, 'm> {
    drafts: &'a [Draft<'m>],
    arrays: &'a Arrays,
    readers: &'a [usize],
}

/// What the last operation of a group becomes.
struct Found {
    op: Op,
    inputs: Vec<DraftId>,
    learned: Vec<(&'static str, ArrayId)>,
}

impl Found {
    fn of(op: Op, input: DraftId) -> Self {
        Self { op, inputs: vec![input], learned: Vec::new() }
    }
}

type Pattern = fn(&View<'_, '_>, DraftId) -> Option<Found>;

/// Tried in this order at each operation.
const PATTERNS: &[Pattern] = &[
    padded,
    silu,
    hard_swish,
    hard_swish_of_relu6,
    gelu,
    normalised,
    scaled_norm,
    shifted_norm,
    grouped,
    affine_groups,
    shuffle,
    biased,
];

/// Puts what groups mean in their place.
pub(super) fn recognise(drafts: &mut [Draft<'_>], arrays: &mut Arrays, outputs: &[(String, DraftId)]) {
    let mut readers = vec![0usize; drafts.len()];
    drafts.iter().flat_map(|draft| &draft.inputs).chain(outputs.iter().map(|(_, id)| id)).for_each(|id| readers[id.0] += 1);
    for at in 0..drafts.len() {
        if drafts[at].told.is_some() {
            continue;
        }
        let view = View { drafts, arrays, readers: &readers };
        let Some(found) = PATTERNS.iter().find_map(|pattern| pattern(&view, DraftId(at))) else { continue };
        found.inputs.iter().for_each(|id| readers[id.0] += 1);
        let draft = &mut drafts[at];
        draft.inputs.iter().for_each(|id| readers[id.0] -= 1);
        (draft.op, draft.inputs) = (found.op, found.inputs);
        // A group that is learned for each channel may have stood there with axes of 1 behind them.
        draft.learned = found.learned;
        if let Op::GroupNorm(_) = draft.op {
            draft.learned = draft.learned.iter().map(|(role, array)| (*role, arrays.vector(*array).unwrap_or(*array))).collect();
        }
    }
}

impl View<'_, '_> {
    fn op(&self, id: DraftId) -> &Op {
        &self.drafts[id.0].op
    }

    /// The only input of an operation.
    fn input(&self, id: DraftId) -> Option<DraftId> {
        if let [input] = self.drafts[id.0].inputs.as_slice() { Some(*input) } else { None }
    }

    /// The input of an activation.
    fn activated(&self, id: DraftId, is_meant: impl Fn(&Activation) -> bool) -> Option<DraftId> {
        if let Op::Activation(activation) = self.op(id) { self.input(id).filter(|_| is_meant(activation)) } else { None }
    }

    /// The two operands of an operation, in both orders.
    fn operands(&self, id: DraftId, merge: Merge) -> Option<[(DraftId, DraftId); 2]> {
        match (self.op(id), self.drafts[id.0].inputs.as_slice()) {
            (Op::Elementwise(Elementwise { merge: own }), [a, b]) if *own == merge => Some([(*a, *b), (*b, *a)]),
            _ => None,
        }
    }

    /// What arithmetic with a constant is done on, where the constant is this one but for its last digits.
    fn scaled(&self, id: DraftId, op: ScalarOp, value: f64) -> Option<DraftId> {
        match self.op(id) {
            Op::Scalar(own) if own.op == op && (own.value - value).abs() <= value.abs() * 1e-5 => self.input(id),
            _ => None,
        }
    }

    /// The array of an operation that is nothing else: a learned tensor or given numbers.
    fn array(&self, id: DraftId) -> Option<ArrayId> {
        match (self.op(id), self.drafts[id.0].learned.as_slice()) {
            (Op::Param(_) | Op::Constant(_), [(_, array)]) => Some(*array),
            _ => None,
        }
    }

    /// A learned tensor whose dimensions are those of the last axes of a map.
    fn of_axes(&self, id: DraftId, map: DraftId, axes: &[usize]) -> Option<ArrayId> {
        let shape = self.drafts[map.0].shape;
        let wanted: Vec<usize> = axes.iter().map(|axis| shape.dim(*axis) as usize).collect();
        let is_last = axes.last().is_some_and(|last| last + 1 == shape.rank());
        self.array(id).filter(|array| is_last && self.arrays.get(*array).dims == wanted)
    }
}

/// A convolution of a map that is padded with zeros before it.
fn padded(view: &View<'_, '_>, at: DraftId) -> Option<Found> {
    let Op::Conv(conv) = view.op(at) else { return None };
    let before = view.input(at)?;
    let Op::Pad(Pad { pad, crop, mode: PadMode::Constant(value), .. }) = view.op(before) else { return None };
    let sum = |own: u64, more: u64| own.checked_add(more);
    let pad = Padding {
        top: sum(conv.pad.top, pad.top)?,
        left: sum(conv.pad.left, pad.left)?,
        bottom: sum(conv.pad.bottom, pad.bottom)?,
        right: sum(conv.pad.right, pad.right)?,
    };
    let is_plain = *crop == Padding::default() && *value == 0.0 && view.readers[before.0] == 1;
    let op = Op::Conv(Conv { pad, ..conv.clone() });
    let learned = view.drafts[at.0].learned.clone();
    is_plain.then(|| view.input(before)).flatten().map(|input| Found { op, inputs: vec![input], learned })
}

/// `x * sigmoid(x)`.
fn silu(view: &View<'_, '_>, at: DraftId) -> Option<Found> {
    let gated = view.operands(at, Merge::Mul)?.into_iter();
    let mut inputs = gated.filter(|(x, gate)| view.activated(*gate, |own| *own == Activation::Sigmoid) == Some(*x));
    inputs.next().map(|(x, _)| Found::of(Op::Activation(Activation::Silu), x))
}

/// `x * hard_sigmoid(x)`.
fn hard_swish(view: &View<'_, '_>, at: DraftId) -> Option<Found> {
    let gated = view.operands(at, Merge::Mul)?.into_iter();
    let mut inputs = gated.filter(|(x, gate)| view.activated(*gate, |own| *own == Activation::HARD_SIGMOID) == Some(*x));
    inputs.next().map(|(x, _)| Found::of(Op::Activation(Activation::HardSwish), x))
}

/// `x * relu6(x + 3) / 6`.
fn hard_swish_of_relu6(view: &View<'_, '_>, at: DraftId) -> Option<Found> {
    let product = view.scaled(at, ScalarOp::Div, 6.0).or_else(|| view.scaled(at, ScalarOp::Mul, 1.0 / 6.0))?;
    let shifted = |gate: DraftId| view.scaled(view.activated(gate, |own| *own == Activation::Relu6)?, ScalarOp::Add, 3.0);
    let mut inputs = view.operands(product, Merge::Mul)?.into_iter().filter(|(x, gate)| shifted(*gate) == Some(*x));
    inputs.next().map(|(x, _)| Found::of(Op::Activation(Activation::HardSwish), x))
}

/// `x * (1 + erf(x / sqrt(2))) * 0.5`, in any order of the factors.
fn gelu(view: &View<'_, '_>, at: DraftId) -> Option<Found> {
    let root = std::f64::consts::SQRT_2;
    // `1 + erf(x / sqrt(2))` of which `x`.
    let bell = |id: DraftId| {
        let erf = view.scaled(id, ScalarOp::Add, 1.0)?;
        let Op::Unary(Unary::Erf) = view.op(erf) else { return None };
        let inner = view.input(erf)?;
        view.scaled(inner, ScalarOp::Div, root).or_else(|| view.scaled(inner, ScalarOp::Mul, 1.0 / root))
    };
    let halved = |id: DraftId| view.scaled(id, ScalarOp::Mul, 0.5).or_else(|| view.scaled(id, ScalarOp::Div, 2.0));
    let gate = |id: DraftId, half: bool| {
        let pairs = view.operands(id, Merge::Mul)?.into_iter();
        let mut found = pairs.filter_map(|(x, gate)| {
            let x = if half { halved(x)? } else { x };
            (bell(gate) == Some(x)).then_some(x)
        });
        found.next()
    };
    // Of `x * (0.5 * (1 + erf))` the half stands at the gate.
    let halved_gate = |id: DraftId| {
        let mut pairs = view.operands(id, Merge::Mul)?.into_iter();
        pairs.find_map(|(x, gate)| (bell(halved(gate)?) == Some(x)).then_some(x))
    };
    let x = halved(at).and_then(|id| gate(id, false)).or_else(|| gate(at, true)).or_else(|| halved_gate(at))?;
    Some(Found::of(Op::Activation(Activation::Gelu), x))
}

/// `(x - mean) / sqrt(mean((x - mean) ** 2) + eps)` over consecutive axes.
fn normalised(view: &View<'_, '_>, at: DraftId) -> Option<Found> {
    let (Op::Elementwise(Elementwise { merge: Merge::Div }), [centred, deviation]) =
        (view.op(at), view.drafts[at.0].inputs.as_slice())
    else {
        return None;
    };
    let mean = |id: DraftId| match view.op(id) {
        Op::Reduce(Reduce { kind: Reduction::Mean, axes, keep: true }) => Some((axes.clone(), view.input(id)?)),
        _ => None,
    };
    let (Op::Elementwise(Elementwise { merge: Merge::Sub }), [x, centre]) =
        (view.op(*centred), view.drafts[centred.0].inputs.as_slice())
    else {
        return None;
    };
    let (axes, of) = mean(*centre)?;
    let Op::Unary(Unary::Sqrt) = view.op(*deviation) else { return None };
    let shifted = view.input(*deviation)?;
    let Op::Scalar(Scalar { op: ScalarOp::Add, value: eps }) = *view.op(shifted) else { return None };
    let (own, squares) = mean(view.input(shifted)?)?;
    let squared = view.scaled(squares, ScalarOp::Pow, 2.0).or_else(|| {
        let pairs = view.operands(squares, Merge::Mul)?;
        (pairs[0].0 == pairs[0].1).then_some(pairs[0].0)
    })?;
    // The mean is taken once, or once more for the squares.
    let is_centred = squared == *centred || {
        let [a, b] = view.drafts[squared.0].inputs.as_slice() else { return None };
        matches!(view.op(squared), Op::Elementwise(Elementwise { merge: Merge::Sub })) && a == x && mean(*b) == mean(*centre)
    };
    let consecutive = axes.windows(2).all(|pair| pair[1] == pair[0] + 1);
    let found = of == *x && own == axes && is_centred && consecutive && eps > 0.0;
    let norm = LayerNorm { eps, affine: false, axes, bias: false };
    found.then(|| Found::of(Op::LayerNorm(norm), *x))
}

/// A normalisation, and a learned tensor of its axes that it is multiplied by.
fn scaled_norm(view: &View<'_, '_>, at: DraftId) -> Option<Found> {
    view.operands(at, Merge::Mul)?.into_iter().find_map(|(norm, factor)| {
        let Op::LayerNorm(own @ LayerNorm { affine: false, .. }) = view.op(norm) else { return None };
        let array = view.of_axes(factor, norm, &own.axes)?;
        let op = Op::LayerNorm(LayerNorm { affine: true, ..own.clone() });
        (view.readers[norm.0] == 1).then(|| Found {
            op,
            inputs: view.drafts[norm.0].inputs.clone(),
            learned: vec![("weight", array)],
        })
    })
}

/// A normalisation with a factor, and a learned tensor of its axes that is added.
fn shifted_norm(view: &View<'_, '_>, at: DraftId) -> Option<Found> {
    view.operands(at, Merge::Add)?.into_iter().find_map(|(norm, added)| {
        let Op::LayerNorm(own @ LayerNorm { affine: true, bias: false, .. }) = view.op(norm) else { return None };
        let array = view.of_axes(added, norm, &own.axes)?;
        let mut learned = view.drafts[norm.0].learned.clone();
        learned.push(("bias", array));
        let op = Op::LayerNorm(LayerNorm { bias: true, ..own.clone() });
        (view.readers[norm.0] == 1).then(|| Found { op, inputs: view.drafts[norm.0].inputs.clone(), learned })
    })
}

/// Instance normalisation of channels that stand together as one, `[C, H, W]` as `[groups, C / groups * H * W]` and back.
fn grouped(view: &View<'_, '_>, at: DraftId) -> Option<Found> {
    let reshaped = |id: DraftId| if let Op::Reshape(Reshape { .. }) = view.op(id) { view.input(id) } else { None };
    let norm = reshaped(at)?;
    let Op::InstanceNorm(InstanceNorm { eps, affine: true }) = *view.op(norm) else { return None };
    let input = reshaped(view.input(norm)?)?;
    let all = |role: &str, value: f32| {
        let array = view.drafts[norm.0].learned.iter().find(|(own, _)| *own == role).map(|(_, array)| *array);
        let values = array.and_then(|array| view.arrays.get(array).values.as_ref()?.floats());
        values.is_some_and(|values| values.iter().all(|own| own.to_bits() == value.to_bits()))
    };
    let (whole, parts) = (view.drafts[input.0].shape, view.drafts[norm.0].shape);
    let groups = parts.dim(0);
    let is_whole = view.drafts[at.0].shape == whole && whole.rank() > 1 && whole.dim(0).is_multiple_of(groups);
    let found = is_whole && view.readers[norm.0] == 1 && all("weight", 1.0) && all("bias", 0.0);
    found.then(|| Found::of(Op::GroupNorm(GroupNorm { groups, eps, affine: false }), input))
}

/// A normalisation of groups, times and plus learned tensors that have a number for each channel.
fn affine_groups(view: &View<'_, '_>, at: DraftId) -> Option<Found> {
    let each = |id: DraftId, norm: DraftId| {
        let shape = view.drafts[norm.0].shape;
        let array = view.array(id)?;
        let dims = &view.arrays.get(array).dims;
        let is_each = dims.len() == shape.rank() && dims[0] as u64 == shape.dim(0) && dims[1..].iter().all(|dim| *dim == 1);
        is_each.then_some(array)
    };
    let scaled = |id: DraftId| {
        view.operands(id, Merge::Mul)?.into_iter().find_map(|(norm, factor)| {
            let Op::GroupNorm(own @ GroupNorm { affine: false, .. }) = view.op(norm) else { return None };
            let is_only = view.readers[norm.0] == 1 && view.readers[id.0] == 1;
            Some((own.clone(), view.input(norm)?, each(factor, norm)?)).filter(|_| is_only)
        })
    };
    view.operands(at, Merge::Add)?.into_iter().find_map(|(product, added)| {
        let (norm, input, weight) = scaled(product)?;
        let bias = each(added, product)?;
        let op = Op::GroupNorm(GroupNorm { affine: true, ..norm });
        Some(Found { op, inputs: vec![input], learned: vec![("weight", weight), ("bias", bias)] })
    })
}

/// `[C, ...]` as `[groups, C / groups, ...]`, these two the other way round, and back.
fn shuffle(view: &View<'_, '_>, at: DraftId) -> Option<Found> {
    let reshaped = |id: DraftId| if let Op::Reshape(Reshape { .. }) = view.op(id) { view.input(id) } else { None };
    let turned = reshaped(at)?;
    let Op::Transpose(Transpose { axes }) = view.op(turned) else { return None };
    let split = view.input(turned)?;
    let input = reshaped(split)?;
    let shape = |id: DraftId| view.drafts[id.0].shape;
    let swapped = axes.len() > 2 && axes[..2] == [1, 0] && axes[2..].iter().enumerate().all(|(i, axis)| *axis == i + 2);
    let (whole, parts) = (shape(input), shape(split));
    let kept = whole.dims()[1..] == parts.dims()[2..] && shape(at) == whole;
    let groups = parts.dim(0);
    (swapped && kept).then(|| Found::of(Op::ChannelShuffle(ChannelShuffle { groups }), input))
}

/// A linear layer, and a learned tensor added to what it makes.
fn biased(view: &View<'_, '_>, at: DraftId) -> Option<Found> {
    view.operands(at, Merge::Add)?.into_iter().find_map(|(linear, added)| {
        let Op::Linear(Linear { out, bias: false }) = view.op(linear) else { return None };
        let array = view.array(added).filter(|array| view.arrays.get(*array).dims == [*out as usize])?;
        let mut learned = view.drafts[linear.0].learned.clone();
        learned.push(("bias", array));
        let op = Op::Linear(Linear { out: *out, bias: true });
        (view.readers[linear.0] == 1).then(|| Found { op, inputs: view.drafts[linear.0].inputs.clone(), learned })
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::op::Shape;

    fn scalar(op: ScalarOp, value: f64) -> Op {
        Op::Scalar(Scalar { op, value })
    }

    fn draft(op: Op, inputs: &[usize]) -> Draft<'static> {
        let shape = Shape::new(&[8, 4, 4]).expect("a shape");
        let inputs = inputs.iter().map(|at| DraftId(*at)).collect();
        Draft { op, shape, inputs, from: None, name: "", learned: Vec::new(), told: None }
    }

    fn last(mut drafts: Vec<Draft<'static>>) -> (Op, Vec<DraftId>) {
        let end = DraftId(drafts.len() - 1);
        recognise(&mut drafts, &mut Arrays::default(), &[("y".to_owned(), end)]);
        (drafts[end.0].op.clone(), drafts[end.0].inputs.clone())
    }

    fn mul() -> Op {
        Op::Elementwise(Elementwise { merge: Merge::Mul })
    }

    #[test]
    fn gates_of_a_map_by_itself_are_activations() {
        let input = || draft(Op::Input(Shape::new(&[8, 4, 4]).expect("a shape")), &[]);
        let gate = |activation| vec![input(), draft(Op::Activation(activation), &[0]), draft(mul(), &[1, 0])];
        assert_eq!(last(gate(Activation::Sigmoid)), (Op::Activation(Activation::Silu), vec![DraftId(0)]));
        assert_eq!(last(gate(Activation::HARD_SIGMOID)).0, Op::Activation(Activation::HardSwish));
        assert_eq!(last(gate(Activation::Tanh)).0, mul());
        // A gate of another map is none of these.
        let other = vec![input(), input(), draft(Op::Activation(Activation::Sigmoid), &[1]), draft(mul(), &[2, 0])];
        assert_eq!(last(other).0, mul());
        let shifted = |by: f64| {
            let relu6 = draft(Op::Activation(Activation::Relu6), &[1]);
            vec![
                input(),
                draft(scalar(ScalarOp::Add, by), &[0]),
                relu6,
                draft(mul(), &[0, 2]),
                draft(scalar(ScalarOp::Div, 6.0), &[3]),
            ]
        };
        assert_eq!(last(shifted(3.0)).0, Op::Activation(Activation::HardSwish));
        assert_eq!(last(shifted(2.0)).0, scalar(ScalarOp::Div, 6.0));
    }
}
