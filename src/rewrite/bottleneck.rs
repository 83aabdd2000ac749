//! Decides which layers get which bottleneck, and makes the network that has them.
//!
//! In: a shaped network, a [`Config`] and a target. Out: the new network with its [`Plan`], or the reason why there is none.
//! Exact passes are not run here: see [`run_passes`](super::run_passes).

use super::allocate::{Allocation, Entry, allocate, cost};
use super::budget::{Budget, Quantity};
use super::candidates::{Candidate, Context, Demand, LEAST_CHANNELS, LEAST_GAIN, LEAST_SHARE, Options, Prices};
use super::config::Config;
use super::forms::Refusal;
use super::insert::{Request, refine};
use super::live::{Around, around};
use super::model::{ErrorModel, KeptShares};
use super::place::places;
use super::plan::{BudgetUnreachable, Floors, Met, OptimizeError, Plan, PlannedChange, Proof, Sums, Untouched};
use super::price::{Clock, Price};
use super::reinfer;
use super::sources::Sources;
use super::survey::{Freedom, survey};
use crate::analysis::roofline::{Cores, predict};
use crate::analysis::target::Target;
use crate::analysis::{Analysis, analyze};
use crate::graph::{Maker, NodeId, NodeMap};
use crate::op::form::Refinement;
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
    let miss = match task.plan(Freedom::Sane) {
        Err(OptimizeError::Unreachable(miss)) => miss,
        done => return done,
    };
    match task.plan(Freedom::EveryForm) {
        Err(OptimizeError::Unreachable(last)) => {
            Err(OptimizeError::Unreachable(task.beyond(if last.least < miss.least { last } else { miss })))
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
        let limits: Vec<_> =
            config.budgets.iter().map(|budget| (*budget, budget.most(self.before.of(budget.quantity)))).collect();
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
            block: config.align.unwrap_or(u64::from(self.target.simd_block)),
        };
        let around = around(shaped);
        let mut refused = survey.refused;
        let mut prices = Prices::default();
        let mut entries = Vec::new();
        for layer in survey.layers {
            match context.candidates(&layer, &around[layer.node], &mut prices) {
                Ok(options) => {
                    let all = context.all_ranks(&layer, &options, (&around[layer.node], &mut prices));
                    entries.push(Entry { layer, options, all });
                }
                Err(refusal) => refused.push((layer.node, refusal)),
            }
        }
        limit_peak(shaped, &mut entries, &limits, &around)?;
        let search = Search { task: self, limits, entries };
        let decided = search.decide()?;
        Ok(search.finish(decided, refused, |node, how| context.price(node, how, &mut prices)))
    }

    /// What the search does not go below.
    fn floors(&self) -> Floors {
        let Config { ratio, channels, align, .. } = self.config;
        Floors {
            ratio: ratio.unwrap_or(LEAST_SHARE),
            channels: channels.unwrap_or(LEAST_CHANNELS),
            align: align.unwrap_or(u64::from(self.target.simd_block)),
        }
    }

    /// What is to be said of budgets that no plan meets: whether the floors are in the way, and which lower floor is not.
    fn beyond(&self, miss: BudgetUnreachable) -> BudgetUnreachable {
        let floor = self.config.ratio.unwrap_or(LEAST_SHARE);
        let lower = |ratio: u64| {
            let config = Config { ratio: Some(ratio), channels: None, ..self.config.clone() };
            Task { config: &config, ..*self }.plan(Freedom::EveryForm)
        };
        let ratios = (0..).map(|i| floor.saturating_mul(2 << i)).take_while(|ratio| *ratio <= MOST_RATIO);
        let reached = ratios.into_iter().find(|ratio| lower(*ratio).is_ok());
        let proof = match (reached, lower(u64::MAX)) {
            (None, Err(OptimizeError::Unreachable(last))) => last.proof,
            _ => Proof::Floor { ratio: floor, channels: self.config.channels, reached },
        };
        BudgetUnreachable { proof, ..miss }
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
    Ok((Sums { price, peak: analysis.totals.peak_activation_bytes }, analysis))
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
        let peaks = entry.options.options.iter().map(|candidate| candidate.peak);
        least.insert(entry.layer.node, peaks.min().unwrap_or(u64::MAX));
    }
    let worst = shaped.order().iter().filter_map(|id| least.get(*id).map(|peak| (*peak, *id)));
    if let Some((peak, id)) = worst.max_by_key(|(peak, id)| (*peak, std::cmp::Reverse(*id)))
        && exceeds(peak, *most)
    {
        let (least, at) = (as_f64(peak), Some(shaped.graph().node(id).name.to_string()));
        return Err(OptimizeError::Unreachable(BudgetUnreachable {
            budget: *budget,
            most: *most,
            least,
            at,
            proof: Proof::Alone,
        }));
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
    OptimizeError::Unreachable(BudgetUnreachable { budget, most, least, at: None, proof })
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

    fn make(&self, allocation: Allocation) -> Result<Decided, OptimizeError> {
        let picked = self.entries.iter().zip(&allocation.picks).map(|(entry, pick)| (entry, &entry.options.options[*pick]));
        let requests: Vec<_> = picked
            .filter_map(|(entry, candidate)| Some(Request { node: entry.layer.node, how: candidate.how?, by: Maker::Optimizer }))
            .collect();
        let rewrite = refine(self.task.shaped, &requests).expect("candidates fit their layers, each once");
        let shaped = reinfer(rewrite.graph);
        let (after, _) = sums(&shaped, self.task.target)?;
        Ok(Decided { allocation, shaped, sources: rewrite.sources, after })
    }

    fn finish(
        &self,
        decided: Decided,
        mut refused: Vec<(NodeId, Refusal)>,
        mut price: impl FnMut(NodeId, Option<Refinement>) -> Price,
    ) -> Refined {
        let graph = self.task.shaped.graph();
        let mut changes = Vec::new();
        for (entry, pick) in self.entries.iter().zip(&decided.allocation.picks) {
            let (node, candidate) = (entry.layer.node, &entry.options.options[*pick]);
            match candidate.how {
                None => refused.push((node, Refusal::NotNeeded)),
                Some(how) => changes.push(PlannedChange {
                    layer: graph.node(node).name.to_string(),
                    how,
                    geometry: entry.layer.geometry,
                    before: price(node, None),
                    after: price(node, Some(how)),
                    error: candidate.error,
                }),
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
            floors: self.is_searched().then(|| self.task.floors()),
            alternatives: Vec::new(),
        };
        Refined { shaped: decided.shaped, sources: decided.sources, plan }
    }

    fn is_searched(&self) -> bool {
        self.entries.iter().any(|entry| matches!(entry.layer.demand, Demand::Free { .. }))
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
