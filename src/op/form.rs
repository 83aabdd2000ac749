//! The forms that a bottleneck takes: one layer as two or three cheaper ones.
//!
//! Plain data: which convolutions stand for a layer and how many channels lie between them. Which layers can take a form
//! and what it costs is the matter of [`rewrite`](crate::rewrite).

use std::fmt;

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

/// Which of the layer's taps a convolution of a form has, and with them its stride, padding and dilation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taps {
    /// One: a 1x1 at stride 1.
    Point,
    /// All.
    Whole,
    /// The vertical ones, kx1.
    Column,
    /// The horizontal ones, 1xk.
    Row,
}

/// One convolution of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stage {
    /// Input channels.
    pub from: u64,
    /// Output channels.
    pub to: u64,
    /// Its kernel.
    pub taps: Taps,
    /// Whether it is the one that stands for the layer and keeps its name.
    pub is_core: bool,
}

impl Form {
    /// The convolutions that stand for a layer of `c` input and `n` output channels, in order.
    #[must_use]
    pub fn stages(self, c: u64, n: u64) -> Vec<Stage> {
        let core = |from, to, taps| Stage { from, to, taps, is_core: true };
        let factor = |from, to, taps| Stage { from, to, taps, is_core: false };
        match self {
            Self::Reduce { r } => vec![factor(c, r, Taps::Point), core(r, n, Taps::Whole)],
            Self::Expand { r } => vec![core(c, r, Taps::Whole), factor(r, n, Taps::Point)],
            Self::Both { r1, r2 } => {
                vec![factor(c, r1, Taps::Point), core(r1, r2, Taps::Whole), factor(r2, n, Taps::Point)]
            }
            Self::Spatial { r } => vec![factor(c, r, Taps::Column), core(r, n, Taps::Row)],
            // The layer's one tap may have a stride, which then leaves the second convolution fewer positions.
            Self::Pointwise { r } => vec![factor(c, r, Taps::Whole), core(r, n, Taps::Point)],
        }
    }
}

/// What stands between the convolutions of a form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Between {
    /// Behind a 1x1 that stands before the kxk, the layer's own normalisation and activation; nothing anywhere else.
    ///
    /// The 1x1 of an Inception module is followed by an activation (Szegedy et al., 2015); two factors of one convolution
    /// are not, since an activation between them only loses rank (Sandler et al., 2018, on linear bottlenecks).
    #[default]
    ByForm,
    /// Nothing.
    Linear,
    /// Everywhere the normalisation and activation that the layer's neighbourhood has.
    Nonlinear,
}

impl Between {
    /// As `linear=true` and `linear=false` say it; by form where nothing does.
    #[must_use]
    pub fn from_linear(linear: Option<bool>) -> Self {
        match linear {
            None => Self::ByForm,
            Some(true) => Self::Linear,
            Some(false) => Self::Nonlinear,
        }
    }

    /// As `linear` says it.
    #[must_use]
    pub fn linear(self) -> Option<bool> {
        match self {
            Self::ByForm => None,
            Self::Linear => Some(true),
            Self::Nonlinear => Some(false),
        }
    }
}

/// A form, and what stands between its convolutions.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Refinement {
    /// The form with its ranks.
    pub form: Form,
    /// What stands between its convolutions.
    pub between: Between,
}

impl fmt::Display for Refinement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = self.form.to_string();
        match self.between.linear() {
            Some(linear) => write!(f, "{}, linear={linear})", text.trim_end_matches(')')),
            None => f.write_str(&text),
        }
    }
}

/// More or fewer output channels for a layer that stays what it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Scale {
    /// The share of the channels, in parts of [`Self::WHOLE`].
    parts: u32,
    /// The new channels are a multiple of this.
    multiple: u64,
}

impl Scale {
    /// As it is written: `scale(0.75)`.
    pub const NAME: &'static str = "scale";

    /// The parts of a whole.
    pub const WHOLE: u32 = 10_000;

    /// The largest share.
    pub const MOST: f64 = 64.0;

    /// A share of the channels, rounded to parts of [`Self::WHOLE`], above 0 and at most [`Self::MOST`]; `multiple` at least 1.
    #[must_use]
    pub fn new(share: f64, multiple: u64) -> Option<Self> {
        let parts = (share * f64::from(Self::WHOLE)).round();
        let is_fit = multiple > 0 && (1.0..=Self::MOST * f64::from(Self::WHOLE)).contains(&parts);
        is_fit.then_some(Self { parts: parts as u32, multiple })
    }

    /// The share of the channels.
    #[must_use]
    pub fn share(self) -> f64 {
        f64::from(self.parts) / f64::from(Self::WHOLE)
    }

    /// What the new channels are a multiple of.
    #[must_use]
    pub fn multiple(self) -> u64 {
        self.multiple
    }

    /// The new channels of a layer with so many: the nearest multiple, at least one, and at most what is there where channels
    /// become fewer.
    #[must_use]
    pub fn width(self, channels: u64) -> u64 {
        let wanted = u128::from(channels) * u128::from(self.parts);
        let step = u128::from(self.multiple) * u128::from(Self::WHOLE);
        let steps = ((wanted + step / 2) / step).max(1);
        let width = u64::try_from(steps * u128::from(self.multiple)).unwrap_or(u64::MAX);
        if self.parts <= Self::WHOLE { width.min(channels) } else { width.max(channels) }
    }
}

impl fmt::Display for Scale {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.multiple {
            1 => write!(f, "{}({})", Self::NAME, self.share()),
            multiple => write!(f, "{}({}, multiple={multiple})", Self::NAME, self.share()),
        }
    }
}

/// What is done to a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum How {
    /// It becomes the convolutions of a form.
    Form(Refinement),
    /// It gets other output channels.
    Scale(Scale),
}

impl How {
    /// As it is written: `reduce`, `scale`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Form(refinement) => refinement.form.kind().name(),
            Self::Scale(_) => Scale::NAME,
        }
    }

    /// The form, where it is one.
    #[must_use]
    pub fn form(self) -> Option<Refinement> {
        match self {
            Self::Form(refinement) => Some(refinement),
            Self::Scale(_) => None,
        }
    }

    /// Every name that a `refine` statement knows.
    #[must_use]
    pub fn names() -> Vec<&'static str> {
        Kind::ALL.iter().map(|kind| kind.name()).chain([Scale::NAME]).collect()
    }
}

impl fmt::Display for How {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Form(refinement) => refinement.fmt(f),
            Self::Scale(scale) => scale.fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn widths_are_the_nearest_multiples() {
        let width = |share, multiple, channels| Scale::new(share, multiple).expect("it is a share").width(channels);
        assert_eq!(width(0.75, 1, 64), 48);
        assert_eq!(width(2.0 / 3.0, 1, 96), 64, "rounded shares give whole channels back");
        assert_eq!([width(0.7, 16, 64), width(0.1, 16, 64), width(0.7, 16, 10)], [48, 16, 10]);
        assert_eq!(width(1.4, 8, 24), 32);
        assert_eq!(Scale::new(0.7132, 16).map(|scale| scale.to_string()).as_deref(), Some("scale(0.7132, multiple=16)"));
        assert!(
            [Scale::new(0.0, 1), Scale::new(-1.0, 1), Scale::new(f64::NAN, 1), Scale::new(65.0, 1), Scale::new(0.5, 0)]
                .iter()
                .all(Option::is_none)
        );
    }
}
