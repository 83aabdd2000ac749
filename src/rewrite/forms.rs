//! The forms that a bottleneck takes, and which layers can take them.
//!
//! In: an operation. Out: a [`Form`] with its ranks, or a [`Refusal`] that says why not. What a form costs is the matter
//! of [`geometry`](super::geometry); this module counts nothing and sees no graph.

use std::fmt;

use crate::op::Op;

/// Which form, without its ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// 1x1 before.
    Reduce,
    /// 1x1 after.
    Expand,
    /// 1x1 before and after.
    Both,
    /// A column and a row.
    Spatial,
    /// Two 1x1 for one.
    Pointwise,
}

impl Kind {
    /// Every kind, in the order in which ties are broken.
    pub const ALL: [Self; 5] = [Self::Reduce, Self::Expand, Self::Both, Self::Spatial, Self::Pointwise];

    /// As it is written in `refine PATH = reduce(64)`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Reduce => "reduce",
            Self::Expand => "expand",
            Self::Both => "both",
            Self::Spatial => "spatial",
            Self::Pointwise => "pointwise",
        }
    }

    /// The kind of a name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// How many ranks the form takes: two for `both`, otherwise one.
    #[must_use]
    pub fn ranks(self) -> usize {
        match self {
            Self::Both => 2,
            Self::Reduce | Self::Expand | Self::Spatial | Self::Pointwise => 1,
        }
    }

    /// Whether a layer can take this form, whatever the ranks; costs are not looked at.
    ///
    /// # Errors
    /// Why it cannot.
    pub fn fits(self, op: &Op) -> Result<(), Refusal> {
        let kernel = kernel(op)?;
        match (self, kernel) {
            (Self::Pointwise, [1, 1]) => Ok(()),
            (Self::Pointwise, _) => Err(Refusal::WiderThanOne { kernel }),
            (_, [1, 1]) if matches!(op, Op::Linear(_)) => Err(Refusal::FullyConnected { kind: self }),
            (_, [1, 1]) => Err(Refusal::OneByOne { kind: self }),
            (Self::Spatial, [1, _] | [_, 1]) => Err(Refusal::Flat { kernel }),
            (Self::Reduce | Self::Expand | Self::Both | Self::Spatial, _) => Ok(()),
        }
    }
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

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A form with its ranks: the channels between its convolutions, each at least 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Form {
    /// 1x1 c->r, then kxk r->n.
    Reduce {
        /// Channels between.
        r: u64,
    },
    /// kxk c->r, then 1x1 r->n.
    Expand {
        /// Channels between.
        r: u64,
    },
    /// 1x1 c->r1, kxk r1->r2, 1x1 r2->n.
    Both {
        /// Channels before the kxk.
        r1: u64,
        /// Channels after it.
        r2: u64,
    },
    /// kx1 c->r, then 1xk r->n.
    Spatial {
        /// Channels between.
        r: u64,
    },
    /// 1x1 c->r, then 1x1 r->n; for 1x1 convolutions and linear layers.
    Pointwise {
        /// Channels between.
        r: u64,
    },
}

impl Form {
    /// A form from its kind and ranks; `None` where their number is wrong or one is zero.
    #[must_use]
    pub fn new(kind: Kind, ranks: &[u64]) -> Option<Self> {
        if ranks.contains(&0) {
            return None;
        }
        match (kind, ranks) {
            (Kind::Reduce, &[r]) => Some(Self::Reduce { r }),
            (Kind::Expand, &[r]) => Some(Self::Expand { r }),
            (Kind::Both, &[r1, r2]) => Some(Self::Both { r1, r2 }),
            (Kind::Spatial, &[r]) => Some(Self::Spatial { r }),
            (Kind::Pointwise, &[r]) => Some(Self::Pointwise { r }),
            (Kind::Reduce | Kind::Expand | Kind::Both | Kind::Spatial | Kind::Pointwise, _) => None,
        }
    }

    /// Its kind.
    #[must_use]
    pub fn kind(self) -> Kind {
        match self {
            Self::Reduce { .. } => Kind::Reduce,
            Self::Expand { .. } => Kind::Expand,
            Self::Both { .. } => Kind::Both,
            Self::Spatial { .. } => Kind::Spatial,
            Self::Pointwise { .. } => Kind::Pointwise,
        }
    }

    /// Its ranks, in the order of the convolutions.
    #[must_use]
    pub fn ranks(self) -> Vec<u64> {
        match self {
            Self::Reduce { r } | Self::Expand { r } | Self::Spatial { r } | Self::Pointwise { r } => vec![r],
            Self::Both { r1, r2 } => vec![r1, r2],
        }
    }
}

impl fmt::Display for Form {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ranks: Vec<_> = self.ranks().iter().map(u64::to_string).collect();
        write!(f, "{}({})", self.kind(), ranks.join(", "))
    }
}

/// A form, and whether its convolutions follow each other directly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Refinement {
    /// The form with its ranks.
    pub form: Form,
    /// No normalisation and activation between its convolutions.
    pub linear: bool,
}

impl fmt::Display for Refinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.form.to_string();
        if self.linear { write!(f, "{}, linear=true)", text.trim_end_matches(')')) } else { f.write_str(&text) }
    }
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
    /// It is named twice in one request.
    Twice,
    /// No form saves at the ranks that were tried.
    CostsMore {
        /// For each form that was tried, the largest rank that saves (0: none).
        break_even: Vec<(Kind, u64)>,
    },
    /// The budget is met without it.
    NotNeeded,
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
            Self::Twice => f.write_str("it is refined twice"),
            Self::CostsMore { break_even } => write_break_even(f, break_even),
            Self::NotAsked => f.write_str("nothing asks for a bottleneck there"),
            Self::NotNeeded => f.write_str("the budget is met without it"),
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
