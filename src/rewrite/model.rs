//! How wrong a form is thought to be, before anything is trained.
//!
//! In: a layer with its [`Place`], and a form. Out: an error: 0 for the dense layer, never less for fewer channels. The
//! optimizer keeps the sum of all errors least within its budgets; whoever knows more than geometry brings another
//! [`ErrorModel`]. `grammar/error-model.md` has the evidence for the one that is used otherwise.

use super::place::Place;
use crate::graph::NodeId;
use crate::op::form::{Between, Form, Kind, Refinement, Taps};
use crate::op::form_cost::Geometry;
use crate::shape::Shaped;

/// A layer as an error model sees it.
#[derive(Debug, Clone, Copy)]
pub struct Seen<'a> {
    /// The network.
    pub shaped: &'a Shaped,
    /// The layer.
    pub node: NodeId,
    /// What decides its cost.
    pub geometry: &'a Geometry,
    /// Where it stands.
    pub place: &'a Place,
}

/// How wrong forms are thought to be.
pub trait ErrorModel: std::fmt::Debug + Sync {
    /// What plans call it: "kept-shares".
    fn name(&self) -> &'static str;

    /// The error of a layer in a form: at least 0, and never less where a rank is smaller.
    fn error(&self, layer: &Seen<'_>, how: Refinement) -> f64;

    /// The error of a layer that keeps such a share of its MACs because it reads or makes fewer channels: at least 0, and never
    /// less for a smaller share.
    fn narrowed(&self, place: &Place, kept: f64) -> f64;
}

/// The share of channels that each form keeps, weighed by what its layer does in the network.
///
/// The error of a form is, with `m = min(c, n)` of a convolution from `c` to `n` channels:
///
/// `w · Σ SIDE · (-ln(r' / m) + BEYOND · -ln(r / full)) + LAYER for each added one`, with `r' = r / 2^crossing` in front of an
/// activation where [`crossing`](Place::crossing) is 1/2 or more, `r' = r` elsewhere, and no share above 1.
///
/// - *Shares multiply.* Summed logarithms keep the largest product of shares, so that halving a layer costs the same
///   wherever it starts, and no layer is squeezed to nothing.
/// - *Of the smaller side.* What passes between `c` and `n` channels is at most `m` wide. The reductions of GoogLeNet
///   (Szegedy et al., 2015, table 1) are a third to two thirds of `m`; of `c` they are anything. Ranks above `m`, up to the full
///   one, count less.
/// - *By what the layer does.* `w` is the share of the channels behind the layer that it makes ([`Place::crossing`]: a path of
///   an Inception module carries less than the trunk) times the square root of its share of the work, as much of it as is
///   left once no more than `m` channels pass. Without the root every layer would keep the same share, whatever that costs;
///   without the work all layers would end at the same MACs, whatever they do.
/// - *What a layer makes* counts 2.5 times as much as what it reads: through a kxk behind it a 1x1 to `r` channels passes `r` of
///   them at each of its places, and a 1x1 behind the kxk, or behind another 1x1, has `r` in all.
/// - *A narrower layer* loses `2.7 · (ln(its share of the MACs))²`, weighed by all of its work: one that is very narrow
///   more than several that are a little narrower.
/// - *An activation halves what passes* a layer that most has to pass (Sandler et al., 2018); on one path beside others it is the
///   non-linearity that an Inception module gains.
#[derive(Debug, Clone, Copy, Default)]
pub struct KeptShares;

/// What channels above the smaller side count: they carry no more from one side to the other, but fit more functions.
const BEYOND: f64 = 0.5;

/// What a share of the channels that a layer makes counts, where one of those that it reads counts 1.
const MADE: f64 = 2.5;

/// What the logarithm of a narrower layer's share of its MACs counts. A form that keeps as large a share of them keeps its
/// layer's inputs and outputs as well.
const NARROWED: f64 = 2.7;

/// The power of that logarithm: a layer that is very narrow loses more than several that are a little narrower.
const NARROWING: i32 = 2;

/// What each added layer counts.
const LAYER: f64 = 0.003;

impl ErrorModel for KeptShares {
    fn name(&self) -> &'static str {
        "kept-shares"
    }

    fn error(&self, layer: &Seen<'_>, how: Refinement) -> f64 {
        let stages = how.form.stages(layer.geometry.input, layer.geometry.output).len();
        let weight = weight(layer.place.work * essential_share(layer.geometry), layer.place.crossing);
        let is_halved = is_activated(layer, how) && layer.place.carries_most();
        let passing = if is_halved { (-layer.place.crossing).exp2() } else { 1.0 };
        weight * lost(layer.geometry, how.form, passing) + LAYER * (stages - 1) as f64
    }

    fn narrowed(&self, place: &Place, kept: f64) -> f64 {
        let lost = -kept.clamp(f64::MIN_POSITIVE, 1.0).ln();
        weight(place.work, place.crossing) * NARROWED * lost.powi(NARROWING)
    }
}

/// How much what a layer loses counts.
fn weight(work: f64, crossing: f64) -> f64 {
    work.sqrt() * crossing
}

/// The share of a layer's MACs that are left once no more channels pass than its smaller side, at what form does that best.
fn essential_share(geometry: &Geometry) -> f64 {
    let smaller = geometry.input.min(geometry.output).max(1);
    let costs = [Form::Reduce { r: smaller }, Form::Expand { r: smaller }].map(|form| geometry.cost(form));
    let least = costs.into_iter().flatten().map(|cost| cost.macs).min();
    let dense = geometry.dense().map(|cost| cost.macs.max(1));
    least.zip(dense).map_or(1.0, |(least, dense)| (least as f64 / dense as f64).min(1.0))
}

/// The logarithms of the shares that a form loses, where of the first rank such a part passes on.
fn lost(geometry: &Geometry, form: Form, passing: f64) -> f64 {
    let share = |rank: f64, full: u64| -(rank / full.max(1) as f64).min(1.0).ln();
    let smaller = essential_rank(geometry, form.kind());
    let ranks = form.ranks().into_iter().zip(geometry.full_ranks(form.kind()));
    let parts = std::iter::once(passing).chain(std::iter::repeat(1.0));
    let lost = |((rank, full), part): ((u64, u64), f64)| share(rank as f64 * part, smaller) + BEYOND * share(rank as f64, full);
    ranks.zip(parts).map(lost).zip(sides(form.kind())).map(|(lost, side)| side * lost).sum()
}

/// What the logarithm of each rank of a form counts.
fn sides(kind: Kind) -> &'static [f64] {
    match kind {
        Kind::Reduce | Kind::Spatial => &[1.0],
        Kind::Expand | Kind::Pointwise => &[MADE],
        Kind::Both => &[1.0, MADE],
    }
}

/// The rank above which a form is not thought to lose anything but ease: the smaller side of the layer, and for `spatial`, whose
/// factors each see only one axis of the kernel, the smaller side of what it factors.
#[must_use]
pub fn essential_rank(geometry: &Geometry, kind: Kind) -> u64 {
    match kind {
        Kind::Reduce | Kind::Expand | Kind::Both | Kind::Pointwise => geometry.input.min(geometry.output),
        Kind::Spatial => geometry.full_rank(kind),
    }
}

/// Whether an activation comes between the parts of a form.
fn is_activated(layer: &Seen<'_>, how: Refinement) -> bool {
    let stages = how.form.stages(layer.geometry.input, layer.geometry.output);
    let is_reduction = stages.windows(2).any(|pair| pair[0].taps == Taps::Point && pair[1].taps == Taps::Whole);
    match how.between {
        Between::ByForm => is_reduction && layer.place.activated,
        Between::Linear => false,
        Between::Nonlinear => true,
    }
}
