//! Which layers can take which form.
//!
//! In: an operation and a kind of form. Out: nothing, or a [`Refusal`] that says why not. What a form costs is the matter of
//! [`form_cost`](crate::op::form_cost); this module counts nothing and sees no graph.

use std::fmt;

use crate::op::form::Kind;
use crate::op::form_cost::Geometry;
use crate::op::{Op, Shape};

/// Whether a layer can take a kind of form, whatever the ranks; costs are not looked at.
///
/// # Errors
/// Why it cannot.
pub fn fits(kind: Kind, op: &Op) -> Result<(), Refusal> {
    let kernel = kernel(op)?;
    match (kind, kernel) {
        (Kind::Pointwise, [1, 1]) => Ok(()),
        (Kind::Pointwise, _) => Err(Refusal::WiderThanOne { kernel }),
        (_, [1, 1]) if matches!(op, Op::Linear(_)) => Err(Refusal::FullyConnected { kind }),
        (_, [1, 1]) => Err(Refusal::OneByOne { kind }),
        (Kind::Spatial, [1, _] | [_, 1]) => Err(Refusal::Flat { kernel }),
        (Kind::Reduce | Kind::Expand | Kind::Both | Kind::Spatial, _) => Ok(()),
    }
}

/// What decides the cost of a layer that can take some form.
///
/// # Errors
/// Why no form fits such a layer: it is no convolution, depthwise, grouped or transposed.
pub fn geometry(op: &Op, input: Shape, output: Shape) -> Result<Geometry, Refusal> {
    kernel(op)?;
    Geometry::of(op, input, output).ok_or(Refusal::NotConvolution { keyword: op.keyword() })
}

/// The kernel of a layer that can take a form at all.
fn kernel(op: &Op) -> Result<[u64; 2], Refusal> {
    if let Op::Conv(conv) = op {
        return match conv.groups {
            _ if conv.depthwise => Err(Refusal::Depthwise),
            0 | 1 => Ok(conv.kernel),
            groups => Err(Refusal::Grouped { groups }),
        };
    }
    if matches!(op, Op::Linear(_)) {
        return Ok([1, 1]);
    }
    let refusal =
        if matches!(op, Op::ConvTranspose(_)) { Refusal::Transposed } else { Refusal::NotConvolution { keyword: op.keyword() } };
    Err(refusal)
}

/// Why a layer is not changed.
#[derive(Debug, Clone, PartialEq)]
pub enum Refusal {
    /// It is no convolution.
    NotConvolution {
        /// What it is.
        keyword: &'static str,
    },
    /// A depthwise convolution has no channels to mix.
    Depthwise,
    /// Grouped convolutions keep their groups.
    Grouped {
        /// How many.
        groups: u64,
    },
    /// Transposed convolutions take no form.
    Transposed,
    /// A linear layer takes only `pointwise`.
    FullyConnected {
        /// What was asked for.
        kind: Kind,
    },
    /// A 1x1 convolution takes only `pointwise`.
    OneByOne {
        /// What was asked for.
        kind: Kind,
    },
    /// Only a 1x1 convolution or linear layer takes `pointwise`.
    WiderThanOne {
        /// `[kh, kw]`.
        kernel: [u64; 2],
    },
    /// A one-dimensional kernel is spatial already.
    Flat {
        /// `[kh, kw]`.
        kernel: [u64; 2],
    },
    /// It reads too few channels to share, as the first layer on an image does.
    FewChannels {
        /// How many.
        channels: u64,
    },
    /// Marked `@keep`, or kept by a rule.
    Kept,
    /// It has a bottleneck already, or is part of one.
    Refined,
    /// 1x1 convolutions stand next to it already, or it is one.
    Points,
    /// Other layers use its weights, and would have to change with it.
    Shared {
        /// How many layers use them.
        uses: u32,
    },
    /// It is named twice in one request.
    Twice,
    /// No form saves at the ranks that were tried.
    CostsMore {
        /// For each form that was tried, the largest rank that saves (0: none).
        break_even: Vec<(Kind, u64)>,
    },
    /// The budget is met without it.
    NotNeeded,
    /// What the budget would take of it is predicted slower than the layer is.
    Slower,
    /// No option, rule or mark asks for it.
    NotAsked,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotConvolution { keyword } => write!(f, "it is `{keyword}`, not a convolution or linear layer"),
            Self::Depthwise => f.write_str("it is depthwise: each channel has its own kernel, so no 1x1 can save"),
            Self::Grouped { groups } => write!(f, "it has {groups} groups, and a bottleneck would have to keep them"),
            Self::Transposed => f.write_str("it is a transposed convolution"),
            Self::OneByOne { kind } => {
                write!(f, "it is 1x1 already, so `{kind}` adds a layer and saves nothing; `pointwise` may")
            }
            Self::WiderThanOne { kernel: [h, w] } => write!(f, "it is {h}x{w}, and `pointwise` replaces 1x1 convolutions"),
            Self::FullyConnected { kind } => {
                write!(f, "it is fully connected and has no kernel for `{kind}`; `pointwise` may save")
            }
            Self::Flat { kernel: [h, w] } => write!(f, "it is {h}x{w}, one-dimensional already"),
            Self::FewChannels { channels } => {
                let s = if *channels == 1 { "" } else { "s" };
                write!(f, "it reads only {channels} channel{s}; a rule or mark with a number can ask for it")
            }
            Self::Kept => f.write_str("it is kept by request"),
            Self::Refined => f.write_str("it has a bottleneck already"),
            Self::Points => {
                f.write_str("it is a 1x1, or 1x1s stand next to it: another would do no more than make these narrower")
            }
            Self::Shared { uses } => write!(f, "{uses} layers share its weights; a `refine` statement changes them together"),
            Self::Twice => f.write_str("it is refined twice"),
            Self::CostsMore { break_even } => write_break_even(f, break_even),
            Self::NotAsked => f.write_str("nothing asks for a bottleneck there"),
            Self::NotNeeded => f.write_str("the budget is met without it"),
            Self::Slower => f.write_str("the form that the budget asks of it is predicted slower than the layer is"),
        }
    }
}

fn write_break_even(f: &mut fmt::Formatter<'_>, break_even: &[(Kind, u64)]) -> fmt::Result {
    f.write_str("every form costs more: ")?;
    for (i, (kind, most)) in break_even.iter().enumerate() {
        let join = if i > 0 { ", " } else { "" };
        match most {
            0 => write!(f, "{join}`{kind}` never saves")?,
            1 => write!(f, "{join}`{kind}` breaks even at 1 channel")?,
            most => write!(f, "{join}`{kind}` breaks even at {most} channels")?,
        }
    }
    Ok(())
}
