//! Decides which layers get which bottleneck, and makes the network that has them.
//!
//! In: a shaped network, a [`Config`] and a target. Out: the new network with its [`Plan`], or the reason why there is none.
//! Exact passes are not run here: see [`run_passes`](super::run_passes).

use std::collections::{BTreeMap, BTreeSet};

use super::allocate::{Allocation, Entry, Item, allocate, cost};
use super::budget::{Budget, Quantity};
use super::candidates::{Candidate, Context, Demand, LEAST_CHANNELS, LEAST_GAIN, LEAST_SHARE, Layer, Options, Prices};
use super::config::Config;
use super::forms::Refusal;
use super::insert::{Request, refine};
use super::knapsack::Choice;
use super::live::{Around, around};
use super::model::{ErrorModel, KeptShares};
use super::place::places;
use super::plan::{BudgetUnreachable, Floors, Met, OptimizeError, Plan, PlannedChange, Proof, Sums, UniformWidth, Untouched};
use super::price::{Clock, Price};
use super::regions::{Region, regions};
use super::reinfer;
use super::scale::{Uniform, as_many_macs, at_share, scale, uniform};
use super::sources::Sources;
use super::survey::{Freedom, RATIO_OF_MARKS, Survey, survey};
use crate::analysis::roofline::{Cores, predict};
use crate::analysis::target::Target;
use crate::analysis::{Analysis, Layer as AnalyzedLayer, analyze};
use crate::graph::{Maker, NodeId, NodeMap};
use crate::op::form::{How, Scale};
use crate::op::form_cost::Geometry;
use crate::op::{Op, Shape};
use crate::shape::Shaped;

/// A network with bottlenecks, and what was decided.
#[derive(Debug, Clone)]
pub struct Refined {
    /// The new network.
    pub shaped: Shaped,
    /// Where its tensors come from.
    pub sources: Sources,
    /// The decision.
    pub plan: Plan,
}

/// Inserts bottlenecks as the configuration asks, with [`KeptShares`] as error model and all of the target's cores.
///
/// # Errors
/// A budget cannot be met, or a rule or mark cannot be followed. That no layer can be changed as asked is no error: see
/// [`Plan::nothing_to_do`].
pub fn bottlenecks(shaped: &Shaped, config: &Config, target: &Target) -> Result<Refined, OptimizeError> {
    bottlenecks_with(shaped, config, target, &KeptShares)
}

/// As [`bottlenecks`], with another error model.
///
/// # Errors
/// As [`bottlenecks`].
pub fn bottlenecks_with(
    shaped: &Shaped,
    config: &Config,
    target: &Target,
    model: &dyn ErrorModel,
) -> Result<Refined, OptimizeError> {
    let (before, analysis) = sums(shaped, target)?;
    let task = Task { shaped, config, target, model, before, analysis: &analysis };
    if config.uniform {
        return task.narrowed();
    }
    let miss = match task.plan(Freedom::Sane) {
        Err(OptimizeError::Unreachable(miss)) => miss,
        done => return done,
    };
    match task.plan(Freedom::EveryForm) {
        Err(OptimizeError::Unreachable(last)) => {
            Err(OptimizeError::Unreachable(Box::new(task.beyond(if last.least < miss.least { *last } else { *miss })?)))
        }
        done => done,
    }
}

/// What is to be decided.
struct Task<'a> {
    shaped: &'a Shaped,
    config: &'a Config,
    target: &'a Target,
    model: &'a dyn ErrorModel,
    before: Sums,
    analysis: &'a Analysis,
}

impl Task<'_> {
    /// The best plan with such freedom.
    fn plan(&self, freedom: Freedom) -> Result<Refined, OptimizeError> {
        let (shaped, config) = (self.shaped, self.config);
        let survey = survey(shaped, config, freedom)?;
        let limits = self.limits();
        let mut limited: Vec<_> = limits.iter().map(|(budget, _)| budget.quantity).collect();
        limited.sort_unstable();
        limited.dedup();
        let saves = saves(&limited);
        let context = Context {
            shaped,
            clock: Clock::new(self.target, Cores::All, self.analysis),
            model: self.model,
            places: &places(shaped, self.analysis),
            limited: &limited,
            saves: &saves,
            block: self.block(),
        };
        let around = around(shaped, self.target.fuses);
        let mut prices = Prices::default();
        let (mut entries, refused) = self.entries(&context, (survey, freedom), (&around, &mut prices));
        limit_peak(shaped, &mut entries, &limits, &around)?;
        let search = Search { task: self, limits, entries };
        let decided = search.decide()?;
        let mut plan = search.finish(decided, refused, (&context, &mut prices));
        plan.plan.uniform = self.uniform(&search.limits, (&plan.plan, &context))?;
        let is_better = |uniform: &UniformWidth| uniform.error < plan.plan.error;
        if freedom == Freedom::Sane && self.may_be_uniform() && plan.plan.uniform.as_ref().is_some_and(is_better) {
            let narrower = self.narrowed()?;
            let bound = plan.plan.bound.min(narrower.plan.error);
            return Ok(Refined { plan: Plan { bound, floors: plan.plan.floors, ..narrower.plan }, ..narrower });
        }
        Ok(plan)
    }

    /// Whether the whole network may be given one width: a budget asks, and nothing is said of forms or of single layers.
    fn may_be_uniform(&self) -> bool {
        let config = self.config;
        let is_marked = |id: &NodeId| {
            let directives = &self.shaped.graph().node(*id).directives;
            directives.keep || directives.bottleneck.is_some()
        };
        let is_open = config.form.is_none() && config.channels.is_none() && config.ratio.is_none() && config.rules.is_empty();
        is_open && !config.budgets.is_empty() && !self.shaped.order().iter().any(is_marked)
    }

    /// What may be chosen of: regions of bottlenecks where the plan is free to make these narrower, and all other layers.
    fn entries(
        &self,
        context: &Context<'_>,
        (survey, freedom): (Survey, Freedom),
        (around, prices): (&NodeMap<Around>, &mut Prices),
    ) -> (Vec<Entry>, Vec<(NodeId, Refusal)>) {
        let mut entries = if freedom == Freedom::Sane { self.regions(context, &survey, around) } else { Vec::new() };
        let inside = |entry: &Entry| if let Item::Region(region) = &entry.item { region.nodes.clone() } else { Vec::new() };
        let taken: BTreeSet<NodeId> = entries.iter().flat_map(inside).collect();
        let mut refused = survey.refused;
        for layer in survey.layers.into_iter().filter(|layer| !taken.contains(&layer.node)) {
            match context.candidates(&layer, &around[layer.node], prices) {
                Ok(options) => {
                    let all = context.all_ranks(&layer, &options, (&around[layer.node], prices));
                    let likeness = format!("{:?} {:?} {:?}", layer.geometry.kernel, layer.demand, layer.between);
                    let geometry = format!("{:?}", layer.geometry);
                    entries.push(Entry { item: Item::Layer(layer), options, all, likeness, geometry });
                }
                Err(refusal) => refused.push((layer.node, refusal)),
            }
        }
        entries.sort_by_key(Entry::node);
        (entries, refused)
    }

    /// The regions all of whose layers a budget may choose for.
    fn regions(&self, context: &Context<'_>, survey: &Survey, around: &NodeMap<Around>) -> Vec<Entry> {
        let free = |layer: &&Layer| matches!(layer.demand, Demand::Free { sane: true, .. });
        let floors = survey.layers.iter().find(free).map(|layer| layer.demand.clone());
        let Some(Demand::Free { channels, ratio, .. }) = floors else { return Vec::new() };
        let others: BTreeSet<NodeId> =
            survey.layers.iter().filter(|layer| !free(layer)).map(|layer| layer.node).chain(survey.kept()).collect();
        let graph = self.shaped.graph();
        let mut entries = Vec::new();
        let mut known: BTreeMap<String, (Options, Vec<Choice>)> = BTreeMap::new();
        // A narrower part needs no more memory than before, but how much less is not worked out.
        let peak = self.config.budgets.iter().filter(|budget| budget.quantity == Quantity::Peak);
        let most = peak.map(|budget| budget.most(self.before.of(Quantity::Peak))).fold(f64::INFINITY, f64::min);
        let fits = |id: &NodeId| !others.contains(id) && around.get(*id).is_none_or(|around| !exceeds(around.all, most));
        let found = regions(self.shaped, context.places);
        for region in found.into_iter().filter(|region| region.nodes.iter().all(fits)) {
            let geometry = region.signature(self.shaped);
            let place = |id: &NodeId| format!("{:?}", context.places.get(*id));
            let key = format!("{geometry} {}", region.nodes.iter().map(place).collect::<String>());
            let found = if let Some(found) = known.get(&key) {
                found.clone()
            } else {
                let Ok(found) = context.widths_of(&region, (channels, ratio)) else { continue };
                known.insert(key, found.clone());
                found
            };
            let keywords = region.nodes.iter().filter(|id| graph.node(**id).op.is_layer()).count();
            let likeness = format!("region of {keywords} {channels:?} {ratio}");
            entries.push(Entry { item: Item::Region(region), options: found.0, all: found.1, likeness, geometry });
        }
        entries
    }

    /// The designer's first alternative: the whole network at one width.
    fn uniform(
        &self,
        limits: &[(Budget, f64)],
        (plan, context): (&Plan, &Context<'_>),
    ) -> Result<Option<UniformWidth>, OptimizeError> {
        if plan.changes.is_empty() {
            return Ok(None);
        }
        let as_the_plan = as_many_macs(&plan.after);
        let limits = if limits.is_empty() { &as_the_plan } else { limits };
        let found = uniform(self.shaped, limits, (context.block, self.target))?;
        Ok(found.map(|found| self.told(&found, context)))
    }

    fn told(&self, uniform: &Uniform, context: &Context<'_>) -> UniformWidth {
        let graph = uniform.shaped.graph();
        let after: BTreeMap<&str, u64> =
            uniform.analysis.layers.iter().map(|layer| (graph.node(layer.node).name.as_str(), layer.work.macs)).collect();
        let mut error = 0.0;
        for layer in self.analysis.layers.iter().filter(|layer| layer.work.macs > 0) {
            let left = after.get(self.shaped.graph().node(layer.node).name.as_str()).copied().unwrap_or(0);
            if let Some(place) = context.places.get(layer.node) {
                error += self.model.narrowed(place, left as f64 / layer.work.macs as f64);
            }
        }
        UniformWidth { scale: uniform.scale, after: uniform.sums, error }
    }

    /// The network at one width that meets the budgets, or keeps one channel in `ratio`.
    fn narrowed(&self) -> Result<Refined, OptimizeError> {
        let (limits, block) = (self.limits(), self.block());
        let found = match (limits.as_slice(), self.config.ratio) {
            ([], ratio) => at_share(self.shaped, 1.0 / ratio.unwrap_or(RATIO_OF_MARKS) as f64, (block, self.target))?,
            (limits, _) => uniform(self.shaped, limits, (block, self.target))?,
        };
        let Some(found) = found else {
            let Some(limit) = limits.first() else { return Ok(self.as_it_is()) };
            let least = at_share(self.shaped, 0.01, (block, self.target))?.map_or(self.before, |least| least.sums);
            return Err(missed_by(*limit, &least, Proof::Width));
        };
        let places = places(self.shaped, self.analysis);
        let clock = Clock::new(self.target, Cores::All, self.analysis);
        let context =
            Context { shaped: self.shaped, clock, model: self.model, places: &places, limited: &[], saves: &|_, _| true, block };
        let told = self.told(&found, &context);
        let changes = self.widths_of(&found, &context);
        let met = |(budget, most): &(Budget, f64)| Met { budget: *budget, most: *most, reached: found.sums.of(budget.quantity) };
        let plan = Plan {
            changes,
            before: self.before,
            after: found.sums,
            budgets: limits.iter().map(met).collect(),
            error: told.error,
            bound: told.error,
            model: self.model.name(),
            ..Plan::default()
        };
        Ok(Refined { shaped: found.shaped, sources: found.sources, plan })
    }

    fn as_it_is(&self) -> Refined {
        let plan = Plan { before: self.before, after: self.before, model: self.model.name(), ..Plan::default() };
        Refined { shaped: self.shaped.clone(), sources: Sources::default(), plan }
    }

    /// The layers whose channels became fewer, each with what it costs and what everything costs up to the next of them.
    fn widths_of(&self, found: &Uniform, context: &Context<'_>) -> Vec<PlannedChange> {
        let (graph, after) = (self.shaped.graph(), found.shaped.graph());
        let new = prices(&found.shaped, &found.analysis, self.target);
        let new: BTreeMap<&str, Price> = new.into_iter().map(|(id, price)| (after.node(id).name.as_str(), price)).collect();
        let is_narrower = |id: NodeId| {
            let copy = after.find(&graph.node(id).name);
            let width = |shaped: &Shaped, id: NodeId| shaped.shape(id).channels();
            is_resizable(&graph.node(id).op) && copy.is_some_and(|copy| width(&found.shaped, copy) != width(self.shaped, id))
        };
        let mut changes: Vec<PlannedChange> = Vec::new();
        let (mut before_any, mut after_any, mut error_any) = (Price::default(), Price::default(), 0.0);
        for (id, before) in prices(self.shaped, self.analysis, self.target) {
            let name = graph.node(id).name.as_str();
            let after = new.get(name).copied().unwrap_or_default();
            let place = context.places.get(id).filter(|_| before.macs > 0);
            let error = place.map_or(0.0, |place| self.model.narrowed(place, after.macs as f64 / before.macs as f64));
            if is_narrower(id) {
                changes.push(PlannedChange {
                    layer: name.to_owned(),
                    how: How::Scale(found.scale),
                    geometry: outline(self.shaped, id),
                    before: before.plus(std::mem::take(&mut before_any)),
                    after: after.plus(std::mem::take(&mut after_any)),
                    error: error + std::mem::take(&mut error_any),
                });
            } else if let Some(last) = changes.last_mut() {
                (last.before, last.after) = (last.before.plus(before), last.after.plus(after));
                last.error += error;
            } else {
                (before_any, after_any) = (before_any.plus(before), after_any.plus(after));
                error_any += error;
            }
        }
        changes
    }

    /// What the search does not go below.
    fn floors(&self) -> Floors {
        let Config { ratio, channels, .. } = self.config;
        Floors { ratio: ratio.unwrap_or(LEAST_SHARE), channels: channels.unwrap_or(LEAST_CHANNELS), align: self.block() }
    }

    /// What is to be said of budgets that no plan meets: whether the floors are in the way, which lower floor is not, and
    /// whether the whole network can be narrower instead.
    fn beyond(&self, miss: BudgetUnreachable) -> Result<BudgetUnreachable, OptimizeError> {
        let floor = self.config.ratio.unwrap_or(LEAST_SHARE);
        let with = |ratio: u64, channels: Option<u64>| {
            let config = Config { ratio: Some(ratio), channels, ..self.config.clone() };
            Task { config: &config, ..*self }.plan(Freedom::EveryForm)
        };
        let ratios = (0..).map(|i| floor.saturating_mul(2 << i)).take_while(|ratio| *ratio <= MOST_RATIO);
        let reached = ratios.into_iter().find(|ratio| with(*ratio, None).is_ok());
        // Without any floor: a single channel will do.
        let proof = if let (None, Err(OptimizeError::Unreachable(last))) = (reached, with(u64::MAX, Some(1))) {
            last.proof
        } else {
            let narrower = [4, 2, 1].into_iter().find(|channels| reached.is_none() && with(floor, Some(*channels)).is_ok());
            Proof::Floor { ratio: floor, channels: self.config.channels, reached, narrower }
        };
        let uniform = uniform(self.shaped, &self.limits(), (self.block(), self.target))?.map(|found| found.scale.share());
        Ok(BudgetUnreachable { proof, uniform, fused: self.before.fused, ..miss })
    }

    /// Each budget with the most that it allows.
    fn limits(&self) -> Vec<(Budget, f64)> {
        self.config.budgets.iter().map(|budget| (*budget, budget.most(self.before.of(budget.quantity)))).collect()
    }

    /// What widths are multiples of.
    fn block(&self) -> u64 {
        self.config.align.unwrap_or(u64::from(self.target.simd_block))
    }
}

/// The largest ratio that is suggested.
const MOST_RATIO: u64 = 1 << 10;

/// Totals of a network, for one image on all cores of a target.
///
/// # Errors
/// A count exceeds 64 bits.
pub fn sums(shaped: &Shaped, target: &Target) -> Result<(Sums, Analysis), OptimizeError> {
    let layer = |id: NodeId| shaped.graph().node(id).name.to_string();
    let analysis = analyze(shaped, &crate::analysis::Options::default())
        .map_err(|overflow| OptimizeError::Overflow { layer: layer(overflow.node) })?;
    let ms = predict(&analysis, shaped, target, Cores::All).total_ms;
    let price = Price { macs: analysis.totals.macs, params: analysis.totals.params, ms };
    let (fused, totals) = (target.fuses, &analysis.totals);
    let peak = if fused { totals.fused_peak_activation_bytes } else { totals.peak_activation_bytes };
    Ok((Sums { price, peak, fused }, analysis))
}

/// Worth taking: nothing that is limited grows and something shrinks by [`LEAST_GAIN`]; without a budget, MACs shrink. Where the
/// peak is limited, a lower peak is worth more of the rest.
fn saves(limited: &[Quantity]) -> impl Fn(&Candidate, &Candidate) -> bool + use<> {
    let mut quantities: Vec<_> = limited.iter().copied().filter(|quantity| *quantity != Quantity::Peak).collect();
    let (peak, gain) = (quantities.len() < limited.len(), if limited.is_empty() { 0.0 } else { LEAST_GAIN });
    if quantities.is_empty() {
        quantities.push(Quantity::Macs);
    }
    move |candidate, dense| {
        let gain = if matches!(candidate.how, Some(How::Scale(_))) { 0.0 } else { gain };
        let costs = |quantity: &Quantity| (cost(candidate, *quantity), cost(dense, *quantity));
        let none_grows = quantities.iter().map(costs).all(|(new, old)| new <= old);
        let one_shrinks = quantities.iter().map(costs).any(|(new, old)| new < old && new <= old * (1.0 - gain));
        (none_grows && one_shrinks) || (peak && candidate.peak < dense.peak)
    }
}

/// Leaves only candidates within the peak budget, which is a matter of each layer on its own.
fn limit_peak(
    shaped: &Shaped,
    entries: &mut [Entry],
    limits: &[(Budget, f64)],
    around: &NodeMap<Around>,
) -> Result<(), OptimizeError> {
    let peaks = limits.iter().filter(|(budget, _)| budget.quantity == Quantity::Peak);
    let Some((budget, most)) = peaks.min_by(|a, b| a.1.total_cmp(&b.1)) else { return Ok(()) };
    let mut least: NodeMap<u64> = NodeMap::with_bound(shaped.graph().len());
    for &id in shaped.order() {
        if let Some(around) = around.get(id) {
            least.insert(id, around.all);
        }
    }
    for entry in &*entries {
        let Item::Layer(layer) = &entry.item else { continue };
        let peaks = entry.options.options.iter().map(|candidate| candidate.peak);
        least.insert(layer.node, peaks.min().unwrap_or(u64::MAX));
    }
    let worst = shaped.order().iter().filter_map(|id| least.get(*id).map(|peak| (*peak, *id)));
    if let Some((peak, id)) = worst.max_by_key(|(peak, id)| (*peak, std::cmp::Reverse(*id)))
        && exceeds(peak, *most)
    {
        let (least, at) = (as_f64(peak), Some(shaped.graph().node(id).name.to_string()));
        return Err(OptimizeError::Unreachable(Box::new(BudgetUnreachable {
            budget: *budget,
            most: *most,
            least,
            at,
            fused: false,
            proof: Proof::Alone,
            uniform: None,
        })));
    }
    for entry in entries {
        entry.options.options.retain(|candidate| !exceeds(candidate.peak, *most));
    }
    Ok(())
}

fn as_f64(count: u64) -> f64 {
    count as f64
}

fn exceeds(count: u64, most: f64) -> bool {
    as_f64(count) > most
}

fn missed_by((budget, most): (Budget, f64), after: &Sums, proof: Proof) -> OptimizeError {
    let least = after.of(budget.quantity);
    OptimizeError::Unreachable(Box::new(BudgetUnreachable {
        budget,
        most,
        least,
        at: None,
        fused: after.fused,
        proof,
        uniform: None,
    }))
}

/// Everything that a decision needs.
struct Search<'a> {
    task: &'a Task<'a>,
    limits: Vec<(Budget, f64)>,
    entries: Vec<Entry>,
}

/// A decision and the network that it makes.
struct Decided {
    allocation: Allocation,
    shaped: Shaped,
    sources: Sources,
    after: Sums,
}

/// How often a plan whose prediction came out above the budget is tightened.
const REPAIRS: usize = 6;

impl Search<'_> {
    /// Allocates, makes the network, and checks it by a full analysis. Time is not quite additive, since fewer weights may
    /// fit a faster cache, so a plan that misses is tightened by what it missed. What no plan beats is known from the budgets
    /// as they were given.
    fn decide(&self) -> Result<Decided, OptimizeError> {
        let mut tighter = vec![0.0; self.limits.len()];
        let mut decided = self.make(self.allocate(&tighter)?)?;
        let bound = decided.allocation.bound;
        for _ in 0..REPAIRS {
            let missed = |(budget, most): &(Budget, f64)| decided.after.of(budget.quantity) - most;
            if self.limits.iter().all(|limit| missed(limit) <= 0.0) {
                break;
            }
            for (slack, limit) in tighter.iter_mut().zip(&self.limits) {
                *slack += missed(limit).max(0.0) * 1.01;
            }
            decided = self.make(self.allocate(&tighter)?)?;
        }
        decided.allocation.bound = bound;
        match self.limits.iter().find(|(budget, most)| decided.after.of(budget.quantity) > *most) {
            Some(limit) => Err(missed_by(*limit, &decided.after, Proof::Open)),
            None => Ok(decided),
        }
    }

    fn allocate(&self, tighter: &[f64]) -> Result<Allocation, OptimizeError> {
        let dense: Price = self.entries.iter().fold(Price::default(), |sum, entry| sum.plus(entry.options.dense.price));
        let total = Candidate { how: None, price: dense, peak: 0, error: 0.0, halvings: 0 };
        // Of several limits on one quantity only the tightest matters.
        let mut additive: Vec<(Quantity, f64)> = Vec::new();
        for ((budget, most), slack) in
            self.limits.iter().zip(tighter).filter(|((budget, _), _)| budget.quantity != Quantity::Peak)
        {
            let others = self.task.before.of(budget.quantity) - cost(&total, budget.quantity);
            let left = most - slack - others;
            match additive.iter_mut().find(|(quantity, _)| *quantity == budget.quantity) {
                Some((_, least)) => *least = least.min(left),
                None => additive.push((budget.quantity, left)),
            }
        }
        // In the order in which candidates have their costs.
        additive.sort_by_key(|(quantity, _)| *quantity);
        if additive.is_empty() {
            return Ok(self.cheapest_error());
        }
        allocate(self.task.shaped.graph(), &self.entries, &additive, self.task.config.each_alone).map_err(|infeasible| {
            let alone = infeasible.limit.map(|limit| additive[limit].0);
            let timed = additive.iter().any(|(quantity, _)| *quantity == Quantity::Ms);
            // Counts add up over layers; predicted times only nearly do, so nothing is proven of them.
            let proof = match alone {
                Some(quantity) if quantity != Quantity::Ms => Proof::Alone,
                None if infeasible.certain && !timed => Proof::Together,
                Some(_) | None => Proof::Open,
            };
            match self.make(Allocation { picks: infeasible.picks, bound: 0.0 }) {
                Ok(decided) => self.nearest_miss(&decided.after, alone, proof),
                Err(error) => error,
            }
        })
    }

    /// Without an additive budget every layer takes its own least error.
    fn cheapest_error(&self) -> Allocation {
        let least = |options: &Options| {
            let errors = options.options.iter().map(|candidate| candidate.error);
            errors.enumerate().min_by(|a, b| a.1.total_cmp(&b.1)).map_or(0, |(i, _)| i)
        };
        let picks: Vec<_> = self.entries.iter().map(|entry| least(&entry.options)).collect();
        let bound = self.entries.iter().zip(&picks).map(|(entry, pick)| entry.options.options[*pick].error).sum();
        Allocation { picks, bound }
    }

    /// The tightest budget on the quantity that cannot be met, otherwise the one that is missed by the largest share.
    fn nearest_miss(&self, after: &Sums, alone: Option<Quantity>, proof: Proof) -> OptimizeError {
        let miss = |(budget, most): &(Budget, f64)| after.of(budget.quantity) / most;
        let at_fault = self.limits.iter().filter(|(budget, _)| alone.is_none_or(|quantity| quantity == budget.quantity));
        let worst = at_fault.max_by(|a, b| miss(a).total_cmp(&miss(b)));
        missed_by(*worst.expect("only budgets are missed"), after, proof)
    }

    /// The network of a choice: other widths first, then forms.
    fn make(&self, allocation: Allocation) -> Result<Decided, OptimizeError> {
        let shaped = self.task.shaped;
        let (mut scales, mut forms) = (BTreeMap::new(), Vec::new());
        for (entry, pick) in self.entries.iter().zip(&allocation.picks) {
            match (&entry.item, entry.options.options[*pick].how) {
                (Item::Region(region), Some(How::Scale(scale))) => scales.extend(region.members.iter().map(|id| (*id, scale))),
                (Item::Layer(layer), Some(How::Form(how))) => forms.push((layer.node, how)),
                (Item::Region(_) | Item::Layer(_), _) => {}
            }
        }
        let (narrower, mut sources) = if scales.is_empty() {
            (shaped.clone(), Sources::default())
        } else {
            let rewrite = scale(shaped, &scales).expect("regions are whole groups");
            (reinfer(rewrite.graph), rewrite.sources)
        };
        let found = |id: NodeId| narrower.graph().find(&shaped.graph().node(id).name).expect("names stay");
        let requests: Vec<_> =
            forms.into_iter().map(|(node, how)| Request { node: found(node), how, by: Maker::Optimizer }).collect();
        let rewrite = refine(&narrower, &requests).expect("candidates fit their layers, each once");
        sources.extend(rewrite.sources);
        let shaped = reinfer(rewrite.graph);
        let (after, _) = sums(&shaped, self.task.target)?;
        Ok(Decided { allocation, shaped, sources, after })
    }

    fn finish(
        &self,
        decided: Decided,
        mut refused: Vec<(NodeId, Refusal)>,
        (context, prices): (&Context<'_>, &mut Prices),
    ) -> Refined {
        let shaped = self.task.shaped;
        let mut changes = Vec::new();
        for (entry, pick) in self.entries.iter().zip(&decided.allocation.picks) {
            let candidate = &entry.options.options[*pick];
            match (&entry.item, candidate.how) {
                (Item::Layer(layer), Some(How::Form(how))) => changes.push(PlannedChange {
                    layer: shaped.graph().node(layer.node).name.to_string(),
                    how: How::Form(how),
                    geometry: layer.geometry,
                    before: context.price(layer.node, None, prices),
                    after: context.price(layer.node, Some(how), prices),
                    error: candidate.error,
                }),
                (Item::Region(region), Some(How::Scale(scale))) => {
                    changes.extend(narrowed(context, region, (scale, candidate.error)));
                }
                (Item::Region(_) | Item::Layer(_), _) => refused.push((entry.node(), Refusal::NotNeeded)),
            }
        }
        let untouched = self.untouched(refused);
        let error = changes.iter().map(|change| change.error).sum();
        let met =
            |(budget, most): &(Budget, f64)| Met { budget: *budget, most: *most, reached: decided.after.of(budget.quantity) };
        let plan = Plan {
            untouched,
            before: self.task.before,
            after: decided.after,
            budgets: self.limits.iter().map(met).collect(),
            error,
            model: self.task.model.name(),
            bound: if self.is_searched() { decided.allocation.bound } else { error },
            changes,
            uniform: None,
            floors: self.is_searched().then(|| self.task.floors()),
        };
        Refined { shaped: decided.shaped, sources: decided.sources, plan }
    }

    fn is_searched(&self) -> bool {
        self.entries.iter().any(|entry| match &entry.item {
            Item::Layer(layer) => matches!(layer.demand, Demand::Free { .. }),
            Item::Region(_) => true,
        })
    }

    /// Layers that stay, in order of execution.
    fn untouched(&self, refused: Vec<(NodeId, Refusal)>) -> Vec<Untouched> {
        let mut why = NodeMap::with_bound(self.task.shaped.graph().len());
        for (id, refusal) in refused {
            why.insert(id, refusal);
        }
        let name = |id: NodeId| self.task.shaped.graph().node(id).name.to_string();
        self.task.shaped.order().iter().filter_map(|id| Some(Untouched { layer: name(*id), why: why.take(*id)? })).collect()
    }
}

/// The price of every node, in order of execution.
fn prices(shaped: &Shaped, analysis: &Analysis, target: &Target) -> Vec<(NodeId, Price)> {
    let times = predict(analysis, shaped, target, Cores::All).layers;
    let price = |layer: &AnalyzedLayer, ms: f64| Price { macs: layer.work.macs, params: layer.params, ms };
    analysis.layers.iter().zip(times).map(|(layer, time)| (layer.node, price(layer, time.total_us / 1000.0))).collect()
}

/// A region's change, told by the layers that make its channels: each with what its channels cost, whoever reads them; the error
/// with the first.
fn narrowed(context: &Context<'_>, region: &Region, (scale, error): (Scale, f64)) -> Vec<PlannedChange> {
    let shaped = context.shaped;
    let prices = |at| region.prices(shaped, at, &context.clock).expect("it was a candidate");
    let (before, after) = (prices(None), prices(Some(scale)));
    let sum = |member: NodeId, prices: &[Price]| {
        let own = region.nodes.iter().zip(prices).filter(|(id, _)| region.told_with(**id) == member);
        own.fold(Price::default(), |sum, (_, price)| sum.plus(*price))
    };
    let change = |(i, member): (usize, &NodeId)| PlannedChange {
        layer: shaped.graph().node(*member).name.to_string(),
        how: How::Scale(scale),
        geometry: outline(shaped, *member),
        before: sum(*member, &before),
        after: sum(*member, &after),
        error: if i == 0 { error } else { 0.0 },
    };
    region.members.iter().enumerate().map(change).collect()
}

/// The outline of a layer, as if it had no groups.
fn outline(shaped: &Shaped, id: NodeId) -> Geometry {
    let (input, output) = (shaped.input_shapes(id)[0], shaped.shape(id));
    let map = |shape: Shape| shape.hw().map_or([1, 1], |(h, w)| [h, w]);
    let op = &shaped.graph().node(id).op;
    let kernel = if let Op::Conv(conv) = op {
        conv.kernel
    } else if let Op::ConvTranspose(conv) = op {
        conv.kernel
    } else {
        [1, 1]
    };
    Geometry { input: input.channels(), output: output.channels(), kernel, input_map: map(input), output_map: map(output) }
}

/// Whether it makes channels of its own.
fn is_resizable(op: &Op) -> bool {
    op.is_layer() && !matches!(op, Op::Conv(conv) if conv.depthwise)
}
