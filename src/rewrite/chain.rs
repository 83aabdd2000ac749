//! The operations of a layer in a form, in order, with their names.
//!
//! In: the layer's operation, a [`Refinement`] and the [`Neighbourhood`]. Out: [`Step`]s that replace the layer.
//! Stride, padding and dilation go where the map makes them exact: on the kxk; for `spatial`, the vertical ones on the
//! column and the horizontal ones on the row; for `pointwise`, on the first.

use super::neighbour::Neighbourhood;
use crate::graph::{Factor, LayerPath, Role};
use crate::op::form::{Form, Refinement};
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

/// The convolutions that a form is made of, before anything stands between them.
struct Piece {
    /// `None` for the core.
    factor: Option<Factor>,
    op: Op,
    channels: u64,
}

/// The steps of a layer in a form. The form must fit the layer ([`fits`](super::forms::fits)).
///
/// # Panics
/// If the operation is no convolution or linear layer.
#[must_use]
pub fn chain(op: &Op, how: &Refinement, around: &Neighbourhood) -> Vec<Step> {
    let parts = if let Op::Conv(conv) = op {
        conv_parts(conv, how.form)
    } else if let Op::Linear(linear) = op {
        linear_parts(linear, how.form)
    } else {
        unreachable!("`{}` has no form", op.keyword())
    };
    let between = if how.linear { Neighbourhood::default() } else { around.clone() };
    // Without a non-linearity an inner bias is redundant, and before padding it would leak into the border;
    // before a normalisation it is subtracted again.
    let inner_bias = between.norm.is_none() && between.activation.is_some();
    let last = parts.len() - 1;
    let mut steps = Vec::new();
    for (i, mut piece) in parts.into_iter().enumerate() {
        if i < last && !inner_bias {
            without_bias(&mut piece.op);
        }
        steps.push(Step { role: piece.factor.map_or(Role::Core, Role::Factor), op: piece.op });
        if i < last {
            steps.extend(companions(piece.factor, piece.channels, &between));
        }
    }
    steps
}

fn companions(behind: Option<Factor>, channels: u64, between: &Neighbourhood) -> impl Iterator<Item = Step> {
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

fn conv_parts(conv: &Conv, form: Form) -> Vec<Piece> {
    let piece = |factor, conv: Conv| Piece { factor, channels: conv.out, op: Op::Conv(conv) };
    let one = |out| Conv {
        out,
        kernel: [1, 1],
        stride: [1, 1],
        pad: Padding::default(),
        dilation: [1, 1],
        groups: 1,
        bias: conv.bias,
        depthwise: false,
    };
    let own = |out| Conv { out, ..conv.clone() };
    match form {
        Form::Reduce { r } => vec![piece(Some(Factor::Reduce), one(r)), piece(None, own(conv.out))],
        Form::Expand { r } => vec![piece(None, own(r)), piece(Some(Factor::Expand), one(conv.out))],
        Form::Both { r1, r2 } => {
            vec![piece(Some(Factor::Reduce), one(r1)), piece(None, own(r2)), piece(Some(Factor::Expand), one(conv.out))]
        }
        Form::Spatial { r } => vec![piece(Some(Factor::Vertical), column(conv, r)), piece(None, row(conv))],
        Form::Pointwise { r } => vec![piece(Some(Factor::Reduce), own(r)), piece(None, one(conv.out))],
    }
}

fn column(conv: &Conv, out: u64) -> Conv {
    Conv {
        out,
        kernel: [conv.kernel[0], 1],
        stride: [conv.stride[0], 1],
        pad: Padding { left: 0, right: 0, ..conv.pad },
        dilation: [conv.dilation[0], 1],
        ..conv.clone()
    }
}

fn row(conv: &Conv) -> Conv {
    Conv {
        kernel: [1, conv.kernel[1]],
        stride: [1, conv.stride[1]],
        pad: Padding { top: 0, bottom: 0, ..conv.pad },
        dilation: [1, conv.dilation[1]],
        ..conv.clone()
    }
}

fn linear_parts(linear: &Linear, form: Form) -> Vec<Piece> {
    let piece = |factor, out| Piece { factor, op: Op::Linear(Linear { out, ..linear.clone() }), channels: out };
    match form {
        Form::Pointwise { r } => vec![piece(Some(Factor::Reduce), r), piece(None, linear.out)],
        Form::Reduce { .. } | Form::Expand { .. } | Form::Both { .. } | Form::Spatial { .. } => {
            unreachable!("a linear layer takes only `pointwise`")
        }
    }
}
