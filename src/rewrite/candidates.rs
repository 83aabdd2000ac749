//! What could be done to each layer: forms and ranks with their price and error.
//!
//! In: a layer and what is asked of it. Out: [`Candidate`]s, the dense layer first, or a [`Refusal`]. Nothing is decided
//! here.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::chain::{Step, chain};
use super::forms::{Refusal, fits};
use super::live::Around;
use super::neighbour::{Neighbourhood, neighbourhood};
use super::price::{Clock, Price, of_steps};
use crate::graph::{NodeId, Role};
use crate::op::form::{Form, Kind, Refinement};
use crate::op::form_cost::{Count, Geometry};
use crate::op::{Key, Op, Shape};
use crate::shape::Shaped;

/// How wrong a form is thought to be.
#[derive(Debug, Clone, Copy)]
pub struct ErrorModel {
    /// What plans call it: "kept-channels".
    pub name: &'static str,
    /// The error of a layer in a form, without weights: 0 for the dense layer, larger for fewer channels.
    pub error: fn(&Geometry, Form) -> f64,
}

/// [`kept_channels`] as a model.
pub const KEPT_CHANNELS: ErrorModel = ErrorModel { name: "kept-channels", error: kept_channels };

/// `-ln` of the share of channels kept, relative to the rank at which the form can reproduce the dense layer; for `both`,
/// of both shares. Summed over layers this makes the plan keep the largest *product* of shares, so that halving a layer
/// costs the same everywhere and no layer is squeezed to nothing. A stated proxy, not a measurement.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "channel counts are small")]
pub fn kept_channels(geometry: &Geometry, form: Form) -> f64 {
    let full = geometry.full_ranks(form.kind());
    let shares = form.ranks().into_iter().zip(full).map(|(rank, full)| (rank as f64 / full as f64).min(1.0));
    shares.map(|share| -share.ln()).sum()
}

/// No bottleneck is narrower than this, unless it is asked for by number.
pub const LEAST_CHANNELS: u64 = 8;

/// Under a budget no bottleneck keeps a smaller share than this of the full rank, unless `ratio` says otherwise.
pub const LEAST_SHARE: u64 = 8;

/// The most ranks of one form that are tried where every rank is.
const MOST_RANKS: u64 = 512;

/// What is asked of a layer.
#[derive(Debug, Clone, PartialEq)]
pub enum Demand {
    /// Every form of these with any rank from a floor up.
    Free {
        /// The forms.
        kinds: Vec<Kind>,
        /// No narrower than this.
        channels: Option<u64>,
        /// No smaller share than one in so many.
        ratio: u64,
    },
    /// The cheapest of these forms at a share of one in `ratio`.
    Ratio {
        /// The forms.
        kinds: Vec<Kind>,
        /// One channel in so many is kept.
        ratio: u64,
    },
    /// The cheapest of these forms with these ranks.
    Channels {
        /// The forms.
        kinds: Vec<Kind>,
        /// One rank, or two for `both`.
        ranks: Vec<u64>,
        /// Asked for by name for this very layer: done even where it costs more.
        regardless: bool,
    },
}

impl Demand {
    /// Whether it holds even where the form costs more.
    #[must_use]
    pub fn is_regardless(&self) -> bool {
        matches!(self, Self::Channels { regardless: true, .. })
    }
}

/// A layer that could be changed.
#[derive(Debug, Clone)]
pub struct Layer {
    /// Its node.
    pub node: NodeId,
    /// What decides its cost.
    pub geometry: Geometry,
    /// What is asked of it.
    pub demand: Demand,
    /// No normalisation and activation between the convolutions.
    pub linear: bool,
}

/// One way to leave or change a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The form; `None` for the dense layer.
    pub how: Option<Refinement>,
    /// Its price, companions included.
    pub price: Price,
    /// Peak bytes while it runs.
    pub peak: u64,
    /// Its error by the model.
    pub error: f64,
}

/// A layer's candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The layer as it is.
    pub dense: Candidate,
    /// What may be chosen; never empty.
    pub options: Vec<Candidate>,
}

/// Whether a candidate (first) is worth taking over the dense layer (second).
pub type Saves = dyn Fn(&Candidate, &Candidate) -> bool;

/// What candidates are made with.
pub struct Context<'a> {
    /// The network.
    pub shaped: &'a Shaped,
    /// The machine.
    pub clock: Clock<'a>,
    /// The error model.
    pub model: ErrorModel,
    /// What counts as saving.
    pub saves: &'a Saves,
    /// Tries every rank instead of whole SIMD blocks: where so few layers can change that blocks would miss a budget by far.
    pub every_rank: bool,
}

/// A price, and the map of each step.
type Priced = (Price, Vec<Shape>);

/// What makes layers cost the same: operation, input, and the normalisation and activation round it.
type KindKey = (Key, Shape, Option<Key>, Option<Key>);

/// Prices that were worked out, so that a thousand equal layers are priced once.
#[derive(Default)]
pub struct Prices {
    kinds: Vec<(Op, Shape, Neighbourhood)>,
    index: HashMap<KindKey, usize>,
    known: BTreeMap<(usize, Option<Refinement>), Option<Priced>>,
}

impl Prices {
    fn index(&mut self, op: &Op, input: Shape, around: Neighbourhood) -> usize {
        let key = (op.key(), input, around.norm.as_ref().map(Op::key), around.activation.as_ref().map(Op::key));
        *self.index.entry(key).or_insert_with(|| {
            self.kinds.push((op.clone(), input, around));
            self.kinds.len() - 1
        })
    }

    fn price(&mut self, index: usize, how: Option<Refinement>, clock: &Clock<'_>) -> Option<&Priced> {
        let (op, input, around) = &self.kinds[index];
        let work_out = || {
            let dense = || vec![Step { role: Role::Core, op: op.clone() }];
            of_steps(&how.map_or_else(dense, |how| chain(op, &how, around)), *input, clock)
        };
        self.known.entry((index, how)).or_insert_with(work_out).as_ref()
    }
}

impl Context<'_> {
    /// What can be done with a layer. A fixed demand leaves one option; a free one has the dense layer as its first.
    ///
    /// # Errors
    /// Why nothing can be done, as for a layer that every form makes dearer.
    pub fn candidates(&self, layer: &Layer, around: &Around, prices: &mut Prices) -> Result<Options, Refusal> {
        let kinds = self.fitting(layer)?;
        let graph = self.shaped.graph();
        let node = graph.node(layer.node);
        let input = self.shaped.input_shapes(layer.node)[0];
        let index = prices.index(&node.op, input, neighbourhood(graph, layer.node));
        let mut candidate = |form: Option<Form>| {
            let how = form.map(|form| Refinement { form, linear: layer.linear });
            let (price, maps) = prices.price(index, how, &self.clock)?;
            let error = form.map_or(0.0, |form| (self.model.error)(&layer.geometry, form));
            Some(Candidate { how, price: *price, peak: around.peak(maps), error })
        };
        let Some(dense) = candidate(None) else { return Err(costs_more(layer, &kinds)) };
        let regardless = layer.demand.is_regardless();
        let forms = kinds.iter().flat_map(|kind| forms(layer, *kind, self.every_rank));
        let all = forms.filter_map(|form| candidate(Some(form)));
        let saving: Vec<_> = all.filter(|candidate| regardless || (self.saves)(candidate, &dense)).collect();
        if saving.is_empty() {
            return Err(costs_more(layer, &kinds));
        }
        let options = match layer.demand {
            Demand::Free { .. } => [vec![dense.clone()], saving].concat(),
            Demand::Ratio { .. } | Demand::Channels { .. } => {
                let cheapest = saving.into_iter().min_by_key(|candidate| (candidate.price.macs, candidate.price.params));
                cheapest.into_iter().collect()
            }
        };
        Ok(Options { dense, options })
    }

    fn fitting(&self, layer: &Layer) -> Result<Vec<Kind>, Refusal> {
        let op = &self.shaped.graph().node(layer.node).op;
        let (Demand::Free { kinds, .. } | Demand::Ratio { kinds, .. } | Demand::Channels { kinds, .. }) = &layer.demand;
        let fitting: Vec<_> = kinds.iter().copied().filter(|kind| fits(*kind, op).is_ok()).collect();
        match (fitting.is_empty(), kinds.first()) {
            (true, Some(first)) => Err(fits(*first, op).err().unwrap_or(Refusal::NotNeeded)),
            (true, None) => Err(Refusal::NotNeeded),
            (false, _) => Ok(fitting),
        }
    }
}

/// The largest rank that saves MACs, for each form.
fn costs_more(layer: &Layer, kinds: &[Kind]) -> Refusal {
    let break_even = kinds.iter().map(|kind| (*kind, layer.geometry.largest_saving(*kind, Count::Macs))).collect();
    Refusal::CostsMore { break_even }
}

/// The forms of a kind that a demand allows, by ascending rank.
fn forms(layer: &Layer, kind: Kind, every_rank: bool) -> Vec<Form> {
    let full = layer.geometry.full_ranks(kind);
    match &layer.demand {
        Demand::Free { channels, ratio, .. } => {
            let floors: Vec<_> = full.iter().map(|full| channels.unwrap_or_else(|| share(*full, *ratio)).max(1)).collect();
            if kind == Kind::Both { pairs(&full, &floors) } else { singles(layer, kind, (full[0], floors[0]), every_rank) }
        }
        Demand::Ratio { ratio, .. } => {
            let ranks: Vec<_> = full.iter().map(|full| share(*full, *ratio)).collect();
            Form::new(kind, &ranks).into_iter().collect()
        }
        Demand::Channels { ranks, .. } => {
            let ranks = if ranks.len() == 1 { vec![ranks[0]; kind.ranks()] } else { ranks.clone() };
            Form::new(kind, &ranks).into_iter().collect()
        }
    }
}

/// One channel in `ratio`, rounded up, and not below the least.
fn share(full: u64, ratio: u64) -> u64 {
    full.div_ceil(ratio.max(1)).max(LEAST_CHANNELS.min(full))
}

/// Ranks on a grid of whole SIMD blocks, and the exact ones: halves, quarters, eighths and the largest that saves.
fn singles(layer: &Layer, kind: Kind, (full, floor): (u64, u64), every_rank: bool) -> Vec<Form> {
    let step = match full {
        _ if every_rank => full.div_ceil(MOST_RANKS),
        0..=256 => 8,
        257..=1024 => 16,
        _ => full.div_ceil(64 * 16) * 16,
    };
    let mut ranks: BTreeSet<u64> = (1..=full / step).map(|i| i * step).collect();
    ranks.extend([full.div_ceil(2), full.div_ceil(4), full.div_ceil(8), floor]);
    ranks.extend([Count::Macs, Count::Weights].map(|count| layer.geometry.largest_saving(kind, count)));
    ranks.into_iter().filter(|rank| *rank >= floor && *rank < full).filter_map(|rank| Form::new(kind, &[rank])).collect()
}

/// Both ranks at the same share, in sixteenths, on the grid of SIMD blocks.
fn pairs(full: &[u64], floors: &[u64]) -> Vec<Form> {
    let block = |full: u64, part: u64| (full * part).div_ceil(16).next_multiple_of(8).min(full);
    let mut forms: Vec<_> = (1..16)
        .map(|part| [block(full[0], part).max(floors[0]), block(full[1], part).max(floors[1])])
        .filter_map(|ranks| Form::new(Kind::Both, &ranks))
        .collect();
    forms.dedup();
    forms
}
