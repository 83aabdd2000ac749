//! The operations of a layer in a form, in order, with their names.
//!
//! In: the layer's operation, a [`Refinement`] and the [`Neighbourhood`]. Out: [`Step`]s that replace the layer.
//! Stride, padding and dilation go where the map makes them exact: on the kxk; for `spatial`, the vertical ones on the
//! column and the horizontal ones on the row; for `pointwise`, on the first.

use super::neighbour::{Companions, Neighbourhood};
use crate::graph::{Factor, LayerPath, Role};
use crate::op::form::{Between, Refinement, Stage, Taps};
use crate::op::{Conv, Linear, Op, Padding};

/// One operation of a form.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    /// What it does in the form.
    pub role: Role,
    /// The operation.
    pub op: Op,
}

impl Step {
    /// What it is called where the refined layer has this path: the core keeps it.
    #[must_use]
    pub fn path(&self, of: &LayerPath) -> LayerPath {
        match self.role {
            Role::Core => of.clone(),
            Role::Factor(factor) => of.join(factor.word()),
            Role::Behind(factor) => of.join(factor.word()).join(self.op.keyword()),
            Role::BehindCore => of.join(self.op.keyword()),
        }
    }
}

/// The steps of a layer in a form. The form must fit the layer ([`fits`](super::forms::fits)).
///
/// # Panics
/// If the operation is no convolution or linear layer.
#[must_use]
pub fn chain(op: &Op, how: &Refinement, around: &Neighbourhood) -> Vec<Step> {
    // No operation states its input channels: they follow from what flows in.
    let stages = how.form.stages(0, outputs(op));
    let (mut steps, mut is_behind) = (Vec::new(), false);
    for (i, stage) in stages.iter().enumerate() {
        let mut piece = piece(op, stage);
        let between = stages.get(i + 1).map(|next| between(how.between, (stage, next), around));
        // Without a non-linearity an inner bias is redundant, and before padding it would leak into the border;
        // before a normalisation it is subtracted again.
        if between.is_some_and(|between| between.norm.is_some() || between.activation.is_none()) {
            without_bias(&mut piece);
        }
        let factor = (!stage.is_core).then(|| factor(stage, is_behind));
        is_behind |= stage.is_core;
        steps.push(Step { role: factor.map_or(Role::Core, Role::Factor), op: piece });
        steps.extend(between.into_iter().flat_map(|between| companions(factor, stage.to, between)));
    }
    steps
}

/// What goes between two convolutions of a form.
fn between<'a>(how: Between, (one, next): (&Stage, &Stage), around: &'a Neighbourhood) -> &'a Companions {
    const NOTHING: &Companions = &Companions { norm: None, activation: None };
    match how {
        Between::ByForm if one.taps == Taps::Point && next.taps == Taps::Whole => &around.own,
        Between::ByForm | Between::Linear => NOTHING,
        Between::Nonlinear => &around.usual,
    }
}

/// What a convolution that is not the core does, before the core or behind it.
fn factor(stage: &Stage, is_behind: bool) -> Factor {
    match (stage.taps, is_behind) {
        (Taps::Column, _) => Factor::Vertical,
        (Taps::Point | Taps::Whole | Taps::Row, true) => Factor::Expand,
        (Taps::Point | Taps::Whole | Taps::Row, false) => Factor::Reduce,
    }
}

fn companions(behind: Option<Factor>, channels: u64, between: &Companions) -> impl Iterator<Item = Step> {
    let norm = between.norm.clone().map(|op| for_channels(op, channels));
    let role = behind.map_or(Role::BehindCore, Role::Behind);
    norm.into_iter().chain(between.activation.clone()).map(move |op| Step { role, op })
}

/// Group normalisation keeps its groups where they divide the channels, otherwise the most that do.
fn for_channels(mut op: Op, channels: u64) -> Op {
    if let Op::GroupNorm(norm) = &mut op {
        norm.groups = (1..=norm.groups.min(channels)).rev().find(|groups| channels.is_multiple_of(*groups)).unwrap_or(1);
    }
    op
}

fn without_bias(op: &mut Op) {
    if let Op::Conv(conv) = op {
        conv.bias = false;
    } else if let Op::Linear(linear) = op {
        linear.bias = false;
    }
}

/// Output channels or features of a layer.
fn outputs(op: &Op) -> u64 {
    if let Op::Conv(conv) = op {
        return conv.out;
    }
    let Op::Linear(linear) = op else { unreachable!("`{}` has no form", op.keyword()) };
    linear.out
}

/// A layer as one stage of its form; a linear layer has one tap in any.
fn piece(op: &Op, stage: &Stage) -> Op {
    if let Op::Conv(conv) = op {
        return Op::Conv(convolution(conv, stage));
    }
    let Op::Linear(linear) = op else { unreachable!("`{}` has no form", op.keyword()) };
    Op::Linear(Linear { out: stage.to, ..linear.clone() })
}

/// A convolution as one stage of a form.
fn convolution(conv: &Conv, stage: &Stage) -> Conv {
    let own = Conv { out: stage.to, ..conv.clone() };
    match stage.taps {
        Taps::Whole => own,
        Taps::Point => Conv { kernel: [1, 1], stride: [1, 1], pad: Padding::default(), dilation: [1, 1], ..own },
        Taps::Column => Conv {
            kernel: [own.kernel[0], 1],
            stride: [own.stride[0], 1],
            pad: Padding { left: 0, right: 0, ..own.pad },
            dilation: [own.dilation[0], 1],
            ..own
        },
        Taps::Row => Conv {
            kernel: [1, own.kernel[1]],
            stride: [1, own.stride[1]],
            pad: Padding { top: 0, bottom: 0, ..own.pad },
            dilation: [1, own.dilation[1]],
            ..own
        },
    }
}
