//! What could be done to each layer: forms and ranks with their price and error.
//!
//! In: a layer and what is asked of it. Out: [`Candidate`]s, the dense layer first, or a [`Refusal`]; and for the bound on all
//! choices a [`Choice`] for every rank. Nothing is decided here.

use std::collections::{BTreeMap, HashMap};

use super::allocate::costs;
use super::budget::Quantity;
use super::chain::{Step, chain};
use super::counts::{Count as Counted, Counts};
use super::forms::{Refusal, fits};
use super::knapsack::Choice;
use super::live::{Around, Moment};
use super::model::{ErrorModel, Seen, essential_rank};
use super::neighbour::{Neighbourhood, neighbourhood};
use super::place::Place;
use super::price::{Clock, Price, of_steps};
use super::regions::Region;
use super::widths::{Cell, Width, aligned, cells, widths};
use crate::graph::{NodeId, NodeMap, Role};
use crate::op::form::{Between, Form, How, Kind, Refinement, Scale};
use crate::op::form_cost::{Count, Geometry};
use crate::op::{Key, Op, Shape};
use crate::shape::Shaped;

/// No bottleneck is narrower than this, unless it is asked for by number.
pub const LEAST_CHANNELS: u64 = 8;

/// Under a budget no bottleneck keeps a smaller share than this of the smaller side of its layer, unless `ratio` says
/// otherwise.
pub const LEAST_SHARE: u64 = 8;

/// Under a budget a form saves at least this share of what its layer costs: less is not worth another layer.
pub const LEAST_GAIN: f64 = 0.2;

/// The widest `expand` that a designer would call a bottleneck: this share of the smaller side of its layer.
const WIDEST_EXPAND: (u64, u64) = (2, 3);

/// The most widths of a part of the network that are tried.
const MOST_WIDTHS: u64 = 64;

/// The most widths of a part of the network that the bound looks at one by one.
const MOST_WIDTH_CELLS: u64 = 512;

/// The most pairs of ranks of one layer that are tried as choices.
const MOST_PAIRS: u64 = 1024;

/// The most cells of one rank, and of each of two, that the bound looks at where prices are counts, and where they are times,
/// which take longer to predict.
const MOST_CELLS: [(u64, u64); 2] = [(4096, 128), (64, 24)];

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
        /// Only where a designer would put it: no 1x1 next to a 1x1, and `pointwise` on linear layers alone.
        sane: bool,
    },
    /// The best of these forms at a share of one in `ratio`.
    Ratio {
        /// The forms.
        kinds: Vec<Kind>,
        /// One channel in so many is kept.
        ratio: u64,
    },
    /// The best of these forms with these ranks.
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
    /// What is to stand between the convolutions.
    pub between: Between,
}

/// One way to leave or change a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// What is done; `None` for the layer, or the part of the network, as it is.
    pub how: Option<How>,
    /// Its price, companions included; the time only where time is limited.
    pub price: Price,
    /// Peak bytes while it runs, where the peak is limited.
    pub peak: u64,
    /// Its error by the model.
    pub error: f64,
    /// How often a block has to be halved to divide its ranks.
    pub halvings: u8,
}

/// A layer's candidates.
#[derive(Debug, Clone, PartialEq)]
pub struct Options {
    /// The layer as it is.
    pub dense: Candidate,
    /// What may be chosen; never empty.
    pub options: Vec<Candidate>,
}

/// Whether a candidate (first) is worth taking over the dense layer (second). A form adds layers and must save [`LEAST_GAIN`];
/// another width adds nothing.
pub type Saves = dyn Fn(&Candidate, &Candidate) -> bool;

/// What candidates are made with.
pub struct Context<'a> {
    /// The network.
    pub shaped: &'a Shaped,
    /// The machine.
    pub clock: Clock<'a>,
    /// The error model.
    pub model: &'a dyn ErrorModel,
    /// Where layers stand.
    pub places: &'a NodeMap<Place>,
    /// What is limited.
    pub limited: &'a [Quantity],
    /// What counts as saving.
    pub saves: &'a Saves,
    /// Ranks are multiples of this, and of its half and quarter where that serves a budget badly.
    pub block: u64,
}

/// A price, and the map of each step.
type Priced = (Price, Vec<Shape>);

/// What makes layers cost the same: operation, input, and the normalisations and activations round it.
type KindKey = (Key, Shape, [Option<Key>; 4]);

/// Prices that were worked out, so that a thousand equal layers are priced once.
#[derive(Default)]
pub struct Prices {
    kinds: Vec<(Op, Shape, Neighbourhood)>,
    index: HashMap<KindKey, usize>,
    known: BTreeMap<(usize, Option<Refinement>), Option<Priced>>,
    counts: BTreeMap<(usize, Kind, Between), Option<Counts>>,
}

impl Prices {
    /// What a layer's prices are kept by.
    fn index(&mut self, shaped: &Shaped, id: NodeId) -> usize {
        let node = shaped.graph().node(id);
        let (input, around) = (shaped.input_shapes(id)[0], neighbourhood(shaped.graph(), id));
        let companions = [&around.own.norm, &around.own.activation, &around.usual.norm, &around.usual.activation];
        let key = (node.op.key(), input, companions.map(|op| op.as_ref().map(Op::key)));
        *self.index.entry(key).or_insert_with(|| {
            self.kinds.push((node.op.clone(), input, around));
            self.kinds.len() - 1
        })
    }

    /// The price of a layer in a form, or as it is, with its time and maps.
    fn full(&mut self, index: usize, how: Option<Refinement>, clock: &Clock<'_>) -> Option<&Priced> {
        let (op, input, around) = &self.kinds[index];
        let work_out = || {
            let dense = || vec![Step { role: Role::Core, op: op.clone() }];
            of_steps(&how.map_or_else(dense, |how| chain(op, &how, around)), *input, clock)
        };
        self.known.entry((index, how)).or_insert_with(work_out).as_ref()
    }

    /// The counts of a layer in a form.
    fn counted(&mut self, index: usize, how: Refinement, clock: &Clock<'_>) -> Option<Counted> {
        let (kind, between) = (how.form.kind(), how.between);
        if !self.counts.contains_key(&(index, kind, between)) {
            let count = |form: Form| {
                let (price, _) = self.full(index, Some(Refinement { form, between }), clock)?;
                Some(Counted { macs: price.macs, counted: price.counted, flops: price.flops, params: price.params })
            };
            let counts = Counts::new(kind, count);
            self.counts.insert((index, kind, between), counts);
        }
        self.counts[&(index, kind, between)]?.at(how.form)
    }
}

impl Context<'_> {
    /// What can be done with a layer. A fixed demand leaves one option; a free one has the dense layer as its first.
    ///
    /// # Errors
    /// Why nothing can be done, as for a layer that every form makes dearer.
    pub fn candidates(&self, layer: &Layer, around: &Around, prices: &mut Prices) -> Result<Options, Refusal> {
        let kinds = self.fitting(layer)?;
        let index = prices.index(self.shaped, layer.node);
        let Some(dense) = self.candidate((layer, None, 0), around, (index, prices)) else {
            return Err(costs_more(layer, &kinds));
        };
        let regardless = layer.demand.is_regardless();
        let forms = kinds.iter().flat_map(|kind| self.forms(layer, *kind));
        let all = forms.filter_map(|(form, halvings)| self.candidate((layer, Some(form), halvings), around, (index, prices)));
        let saving: Vec<_> = all.filter(|candidate| regardless || (self.saves)(candidate, &dense)).collect();
        if saving.is_empty() {
            return Err(costs_more(layer, &kinds));
        }
        let options = match layer.demand {
            Demand::Free { .. } => [vec![dense.clone()], saving].concat(),
            Demand::Ratio { .. } | Demand::Channels { .. } => {
                // As factors of the layer, whatever stands between them: of two that keep as much, the cheaper, and of two that
                // cost as much, the one with the 1x1 in front.
                let form = |c: &Candidate| c.how.and_then(How::form);
                let lost =
                    |c: &Candidate| form(c).map_or(0.0, |how| self.error(layer, Refinement { between: Between::Linear, ..how }));
                let price = |c: &Candidate| (c.price.macs, form(c).map(|how| how.form.kind()), c.price.params);
                let least = |a: &Candidate, b: &Candidate| lost(a).total_cmp(&lost(b)).then_with(|| price(a).cmp(&price(b)));
                saving.into_iter().min_by(least).into_iter().collect()
            }
        };
        Ok(Options { dense, options })
    }

    /// The full price of a layer in a form, or as it is.
    ///
    /// # Panics
    /// If it has no price, and then it is no candidate.
    pub fn price(&self, node: NodeId, how: Option<Refinement>, prices: &mut Prices) -> Price {
        let index = prices.index(self.shaped, node);
        prices.full(index, how, &self.clock).expect("candidates have a price").0
    }

    fn candidate(
        &self,
        (layer, form, halvings): (&Layer, Option<Form>, u8),
        around: &Around,
        (index, prices): (usize, &mut Prices),
    ) -> Option<Candidate> {
        let how = form.map(|form| Refinement { form, between: self.between(layer, form.kind()) });
        let error = how.map_or(0.0, |how| self.error(layer, how));
        let counted = how.filter(|_| !self.needs_maps());
        let (price, peak) = if let Some(how) = counted {
            (Price::from(prices.counted(index, how, &self.clock)?), 0)
        } else {
            let (price, maps) = prices.full(index, how, &self.clock)?;
            (*price, around.peak(maps))
        };
        Some(Candidate { how: how.map(How::Form), price, peak, error, halvings })
    }

    /// Whether more than counts decides.
    fn needs_maps(&self) -> bool {
        self.limited.iter().any(|quantity| matches!(quantity, Quantity::Ms | Quantity::Peak))
    }

    /// What can be done with a region, the region as it is first, and every width of it for the bound.
    ///
    /// # Errors
    /// No width saves anything.
    pub fn widths_of(
        &self,
        (region, moments): (&Region, &[Moment]),
        (least, ratio): (Option<u64>, u64),
    ) -> Result<(Options, Vec<Choice>), Refusal> {
        let floor = least.unwrap_or_else(|| share(region.width, ratio)).max(region.least);
        let before = region.prices(self.shaped, None, &self.clock).ok_or(Refusal::NotNeeded)?;
        let dense = self.at_width((region, moments, &before), None, 0).ok_or(Refusal::NotNeeded)?;
        let saving = |candidate: &Candidate| (self.saves)(candidate, &dense);
        let step = |width: &Width| if region.width <= self.block { 1 } else { (self.block >> width.halvings).max(1) };
        let tried = widths(region.width, floor, self.block, MOST_WIDTHS);
        let tried = tried.iter().filter_map(|width| Some((scale_to(width.channels, region.width, step(width))?, width.halvings)));
        let options: Vec<_> = tried
            .filter_map(|(scale, halvings)| self.at_width((region, moments, &before), Some(scale), halvings))
            .filter(saving)
            .collect();
        if options.is_empty() {
            return Err(Refusal::NotNeeded);
        }
        let choice = |candidate: &Candidate| Choice { error: candidate.error, cost: costs(candidate, self.limited) };
        let mut all = vec![choice(&dense)];
        for cell in cells(region.width, floor, MOST_WIDTH_CELLS) {
            let at = |width: u64| self.at_width((region, moments, &before), scale_to(width, region.width, 1), 0);
            if let Some((first, last)) = at(cell.first).zip(at(cell.last)).filter(|(first, _)| saving(first)) {
                all.push(Choice { error: last.error, cost: costs(&first, self.limited) });
            }
        }
        Ok((Options { options: [vec![dense.clone()], options].concat(), dense }, all))
    }

    /// A region, whose nodes cost `before`, at a width; the peak is that of its moments.
    fn at_width(
        &self,
        (region, moments, before): (&Region, &[Moment], &[Price]),
        scale: Option<Scale>,
        halvings: u8,
    ) -> Option<Candidate> {
        let after = scale.map_or_else(|| Some(before.to_vec()), |_| region.prices(self.shaped, scale, &self.clock))?;
        let mut error = 0.0;
        for ((id, before), after) in region.nodes.iter().zip(before).zip(&after).filter(|((_, before), _)| before.macs > 0) {
            if let Some(place) = self.places.get(*id) {
                error += self.model.narrowed(place, after.macs as f64 / before.macs as f64);
            }
        }
        let price = after.into_iter().fold(Price::default(), Price::plus);
        Some(Candidate { how: scale.map(How::Scale), price, peak: region.peak(moments, scale), error, halvings })
    }

    /// What stands between the parts of a form. Where a plan is free to choose, it puts no activation into a narrow place that
    /// most of what the network knows has to pass; beside other paths the 1x1 carries one, as in an Inception module.
    #[must_use]
    pub fn between(&self, layer: &Layer, kind: Kind) -> Between {
        let place = &self.places[layer.node];
        let is_choke = matches!(kind, Kind::Reduce | Kind::Both) && place.carries_most();
        let is_free = matches!(layer.demand, Demand::Free { .. }) && layer.between == Between::ByForm;
        if is_free && is_choke { Between::Linear } else { layer.between }
    }

    fn error(&self, layer: &Layer, how: Refinement) -> f64 {
        let seen = Seen { shaped: self.shaped, node: layer.node, geometry: &layer.geometry, place: &self.places[layer.node] };
        self.model.error(&seen, how)
    }

    fn fitting(&self, layer: &Layer) -> Result<Vec<Kind>, Refusal> {
        let op = &self.shaped.graph().node(layer.node).op;
        let (Demand::Free { kinds, .. } | Demand::Ratio { kinds, .. } | Demand::Channels { kinds, .. }) = &layer.demand;
        let fitting: Vec<_> = kinds.iter().copied().filter(|kind| fits(*kind, op).is_ok()).collect();
        let Some(first) = kinds.first() else { return Err(Refusal::NotNeeded) };
        if fitting.is_empty() {
            return Err(fits(*first, op).err().unwrap_or(Refusal::NotNeeded));
        }
        if !matches!(layer.demand, Demand::Free { sane: true, .. }) {
            return Ok(fitting);
        }
        let place = &self.places[layer.node];
        let sane = fitting.into_iter().filter(|kind| is_sane(*kind, op, place)).collect::<Vec<_>>();
        if sane.is_empty() { Err(Refusal::Points) } else { Ok(sane) }
    }

    /// The forms of a kind that a demand allows, by ascending rank, each with how often a block is halved for it.
    fn forms(&self, layer: &Layer, kind: Kind) -> Vec<(Form, u8)> {
        let full = layer.geometry.full_ranks(kind);
        match &layer.demand {
            Demand::Free { channels, ratio, .. } => {
                let floor = floor(layer, kind, *channels, *ratio);
                let most = if kind.ranks() == 2 { MOST_PAIRS.isqrt() } else { u64::MAX };
                let ceilings = ceilings(layer, kind);
                let mut tried: Vec<Vec<Width>> = full.iter().map(|full| widths(*full, floor, self.block, most)).collect();
                for (widths, ceiling) in tried.iter_mut().zip(&ceilings) {
                    widths.retain(|width| width.channels < *ceiling);
                }
                products(&tried).filter_map(|ranks| form(kind, &ranks)).collect()
            }
            Demand::Ratio { ratio, .. } => {
                let sides = layer.geometry.sides(kind);
                let rank = |(side, full): (&u64, &u64)| aligned(share(*side, *ratio), *full, self.block);
                let ranks: Vec<_> = sides.iter().zip(&full).map(rank).collect();
                Form::new(kind, &ranks).map(|form| (form, 0)).into_iter().collect()
            }
            Demand::Channels { ranks, .. } => {
                let ranks = if ranks.len() == 1 { vec![ranks[0]; kind.ranks()] } else { ranks.clone() };
                Form::new(kind, &ranks).map(|form| (form, 0)).into_iter().collect()
            }
        }
    }

    /// The dense layer and every rank of every form that a free demand allows, as choices for the bound: of a range of ranks
    /// that is looked at together the least cost and the least error.
    pub fn all_ranks(&self, layer: &Layer, entry: &Options, (around, prices): (&Around, &mut Prices)) -> Vec<Choice> {
        let chosen = |candidate: &Candidate| Choice { error: candidate.error, cost: costs(candidate, self.limited) };
        let Demand::Free { channels, ratio, .. } = layer.demand else { return entry.options.iter().map(chosen).collect() };
        let Ok(kinds) = self.fitting(layer) else { return vec![chosen(&entry.dense)] };
        let index = prices.index(self.shaped, layer.node);
        let mut choices = vec![chosen(&entry.dense)];
        let (most, most_of_two) = MOST_CELLS[usize::from(self.needs_maps())];
        for kind in kinds {
            let floor = floor(layer, kind, channels, ratio);
            let most = if kind.ranks() == 2 { most_of_two } else { most };
            let ranges: Vec<_> = ceilings(layer, kind).iter().map(|ceiling| cells(*ceiling, floor, most)).collect();
            for cell in products(&ranges) {
                let ends = |end: fn(&Cell) -> u64| Form::new(kind, &cell.iter().map(end).collect::<Vec<_>>());
                let Some((first, last)) = ends(|cell| cell.first).zip(ends(|cell| cell.last)) else { continue };
                let Some(cheapest) = self.candidate((layer, Some(first), 0), around, (index, prices)) else { continue };
                if (self.saves)(&cheapest, &entry.dense) {
                    let error = self.error(layer, Refinement { form: last, between: self.between(layer, kind) });
                    choices.push(Choice { error, cost: costs(&cheapest, self.limited) });
                }
            }
        }
        choices
    }
}

impl From<Counted> for Price {
    fn from(counted: Counted) -> Self {
        let Counted { macs, counted, flops, params } = counted;
        Self { macs, counted, flops, params, ms: 0.0 }
    }
}

/// Whether a designer would give the layer this kind of form.
fn is_sane(kind: Kind, op: &Op, place: &Place) -> bool {
    match kind {
        Kind::Reduce => !place.after_point,
        Kind::Expand => !place.before_point,
        Kind::Both => !place.after_point && !place.before_point,
        Kind::Spatial => true,
        Kind::Pointwise => matches!(op, Op::Linear(_)),
    }
}

/// The least rank that a free demand allows.
fn floor(layer: &Layer, kind: Kind, channels: Option<u64>, ratio: u64) -> u64 {
    channels.unwrap_or_else(|| share(essential_rank(&layer.geometry, kind), ratio)).max(1)
}

/// What the ranks that a free demand allows stay below.
fn ceilings(layer: &Layer, kind: Kind) -> Vec<u64> {
    let mut full = layer.geometry.full_ranks(kind);
    if let (Kind::Expand, Demand::Free { sane: true, .. }) = (kind, &layer.demand) {
        let (parts, of) = WIDEST_EXPAND;
        full[0] = full[0].min(essential_rank(&layer.geometry, kind).saturating_mul(parts) / of + 1);
    }
    full
}

/// Every combination of one element of each list; there are one or two lists.
fn products<T: Copy>(lists: &[Vec<T>]) -> impl Iterator<Item = Vec<T>> {
    let (first, second) = (lists[0].clone(), lists.get(1).cloned());
    first.into_iter().flat_map(move |one| match &second {
        None => vec![vec![one]],
        Some(second) => second.iter().map(|two| vec![one, *two]).collect(),
    })
}

fn form(kind: Kind, ranks: &[Width]) -> Option<(Form, u8)> {
    let form = Form::new(kind, &ranks.iter().map(|width| width.channels).collect::<Vec<_>>())?;
    Some((form, ranks.iter().map(|width| width.halvings).max().unwrap_or(0)))
}

/// The share that makes `width` channels of `full`, where rounding leaves it so.
fn scale_to(width: u64, full: u64, multiple: u64) -> Option<Scale> {
    Scale::new(width as f64 / full as f64, multiple).filter(|scale| scale.width(full) == width)
}

/// The largest rank that saves MACs, for each form.
fn costs_more(layer: &Layer, kinds: &[Kind]) -> Refusal {
    let break_even = kinds.iter().map(|kind| (*kind, layer.geometry.largest_saving(*kind, Count::Macs))).collect();
    Refusal::CostsMore { break_even }
}

/// One channel in `ratio`, rounded up, and not below the least.
fn share(full: u64, ratio: u64) -> u64 {
    full.div_ceil(ratio.max(1)).max(LEAST_CHANNELS.min(full))
}
