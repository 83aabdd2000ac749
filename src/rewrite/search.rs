//! Chooses within budgets, makes the network of a choice, and checks it.
//!
//! In: what may be chosen of. Out: the choice and its network, or what could not be met.

use std::collections::{BTreeMap, BTreeSet};

use super::allocate::{Allocation, Entry, Item, allocate, cost};
use super::bottleneck::Refined;
use super::budget::{Budget, Quantity};
use super::candidates::{Candidate, Context, Demand, LEAST_GAIN, Options, Prices};
use super::changes::{of_form, of_region};
use super::forms::Refusal;
use super::insert::{Request, refine};
use super::plan::{BudgetUnreachable, Met, OptimizeError, Plan, Proof, Sums, Untouched};
use super::price::Price;
use super::reinfer;
use super::scale::scale;
use super::sources::Sources;
use super::survey::Freedom;
use super::task::Task;
use crate::graph::{Maker, NodeId, NodeMap};
use crate::op::form::How;
use crate::shape::Shaped;

/// Worth taking: nothing that is limited grows and something shrinks by [`LEAST_GAIN`]; without a budget, MACs shrink. Where the
/// peak is limited, a lower peak is worth more of the rest. To know what no choice reaches, all counts that is less of anything.
pub(super) fn saves(limited: &[Quantity], freedom: Freedom) -> impl Fn(&Candidate, &Candidate) -> bool + use<> {
    let mut quantities: Vec<_> = limited.iter().copied().filter(|quantity| *quantity != Quantity::Peak).collect();
    let all = freedom == Freedom::Anything;
    let (peak, gain) = (quantities.len() < limited.len(), if limited.is_empty() || all { 0.0 } else { LEAST_GAIN });
    if quantities.is_empty() {
        quantities.push(Quantity::Macs);
    }
    move |candidate, dense| {
        let gain = if matches!(candidate.how, Some(How::Scale(_))) { 0.0 } else { gain };
        let costs = |quantity: &Quantity| (cost(candidate, *quantity), cost(dense, *quantity));
        let none_grows = quantities.iter().map(costs).all(|(new, old)| new <= old);
        let one_shrinks = quantities.iter().map(costs).any(|(new, old)| new < old && new <= old * (1.0 - gain));
        ((all || none_grows) && one_shrinks) || (peak && candidate.peak < dense.peak)
    }
}

pub(super) fn missed_by((budget, most): (Budget, f64), after: &Sums, proof: Proof) -> OptimizeError {
    let least = after.of(budget.quantity);
    OptimizeError::Unreachable(Box::new(BudgetUnreachable {
        budget,
        most,
        least,
        at: None,
        fused: after.fused,
        convention: after.convention,
        proof,
        is_partly_asked: false,
        uniform: None,
        untouched: Vec::new(),
    }))
}

/// Everything that a decision needs.
pub(super) struct Search<'a> {
    /// What is asked.
    pub task: Task<'a>,
    /// Each budget with the most that it allows.
    pub limits: Vec<(Budget, f64)>,
    /// What may be chosen of.
    pub entries: Vec<Entry>,
    /// Layers whose forms were left out because they would be slower.
    pub dropped: BTreeSet<NodeId>,
}

/// A decision and the network that it makes.
pub(super) struct Decided {
    allocation: Allocation,
    shaped: Shaped,
    sources: Sources,
    after: Sums,
    /// What it makes slower.
    slower: Vec<NodeId>,
}

/// Whether a candidate that a search may choose is predicted slower than the layer as it is.
fn is_slower(entry: &Entry, candidate: &Candidate, (context, prices): (&Context<'_>, &mut Prices)) -> bool {
    match (&entry.item, candidate.how) {
        (Item::Layer(layer), Some(How::Form(how))) if matches!(layer.demand, Demand::Free { .. }) => {
            context.price(layer.node, Some(how), prices).ms > context.price(layer.node, None, prices).ms
        }
        (Item::Layer(_) | Item::Region(_), _) => false,
    }
}

/// A plan is nearly as good as another where its error is larger by at most this share.
const NEARLY: f64 = 0.1;

/// How often layers that would be slower are left as they are, together or in halves of those.
const MOST_DROPS: usize = 24;

/// How often a plan whose prediction came out above the budget is tightened.
const REPAIRS: usize = 6;

impl Search<'_> {
    /// The best choice within the budgets that makes no layer slower by the target's prediction, where MACs are limited and time
    /// itself is not: whoever saves MACs means to save time. A layer that would be slower is left as it is; one without which
    /// no choice is within the budgets, or none that is nearly as good, stays changed and is told.
    pub(super) fn decide(&mut self, (context, prices): (&Context<'_>, &mut Prices)) -> Result<Decided, OptimizeError> {
        let mut decided = self.within_budgets()?;
        let bound = decided.allocation.bound;
        let limited = |quantity| self.limits.iter().any(|(budget, _)| budget.quantity == quantity);
        if (limited(Quantity::Macs) || limited(Quantity::Flops)) && !limited(Quantity::Ms) {
            decided = self.without_slower(decided, (context, prices));
        }
        // What was dropped might have been chosen: the bound is that on all of it.
        decided.allocation.bound = bound;
        Ok(decided)
    }

    /// Leaves layers as they are that a choice makes slower: all of them, or where that does not do, halves of those.
    fn without_slower(&mut self, mut decided: Decided, (context, prices): (&Context<'_>, &mut Prices)) -> Decided {
        let most = self.error(&decided.allocation) * (1.0 + NEARLY);
        let mut slower = self.slower(&decided.allocation, (context, prices));
        let mut open = vec![slower.clone()];
        for _ in 0..MOST_DROPS {
            let Some(mut some) = open.pop() else { break };
            // What was slower before others were left alone may be so no longer.
            some.retain(|i| slower.contains(i));
            if some.is_empty() {
                continue;
            }
            if let Some(next) = self.without(&some, most) {
                decided = next;
                let all = self.slower(&decided.allocation, (context, prices));
                open.push(all.iter().copied().filter(|i| !slower.contains(i)).collect());
                slower = all;
            } else if some.len() > 1 {
                let others = some.split_off(some.len() / 2);
                open.extend([others, some]);
            }
        }
        decided.slower = slower.into_iter().map(|i| self.entries[i].node()).collect();
        decided
    }

    /// The entries whose choice is predicted slower than the layer is.
    fn slower(&self, allocation: &Allocation, (context, prices): (&Context<'_>, &mut Prices)) -> Vec<usize> {
        let picked = self.entries.iter().zip(&allocation.picks).map(|(entry, pick)| (entry, &entry.options.options[*pick]));
        let is_slower = picked.map(|(entry, candidate)| is_slower(entry, candidate, (context, &mut *prices)));
        is_slower.enumerate().filter_map(|(i, is_slower)| is_slower.then_some(i)).collect()
    }

    /// The error of a choice.
    fn error(&self, allocation: &Allocation) -> f64 {
        self.entries.iter().zip(&allocation.picks).map(|(entry, pick)| entry.options.options[*pick].error).sum()
    }

    /// The best choice that leaves some entries as they are and errs at most so much; where there is none, they stay open.
    fn without(&mut self, some: &[usize], most: f64) -> Option<Decided> {
        let before: Vec<_> = some.iter().map(|i| self.entries[*i].options.options.clone()).collect();
        for i in some {
            self.entries[*i].options.options.retain(|candidate| candidate.how.is_none());
        }
        let can_stay = some.iter().all(|i| !self.entries[*i].options.options.is_empty());
        let decided = can_stay.then(|| self.within_budgets().ok()).flatten();
        let decided = decided.filter(|decided| self.error(&decided.allocation) <= most);
        match &decided {
            Some(_) => self.dropped.extend(some.iter().map(|i| self.entries[*i].node())),
            None => some.iter().zip(before).for_each(|(i, options)| self.entries[*i].options.options = options),
        }
        decided
    }

    /// Allocates, makes the network, and checks it by a full analysis. Time is not quite additive, since fewer weights may
    /// fit a faster cache, so a plan that misses is tightened by what it missed. What no plan beats is known from the budgets
    /// as they were given.
    fn within_budgets(&self) -> Result<Decided, OptimizeError> {
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
        let (after, _) = self.task.meter().sums(&shaped)?;
        Ok(Decided { allocation, shaped, sources, after, slower: Vec::new() })
    }

    pub(super) fn finish(
        &self,
        decided: Decided,
        mut refused: Vec<(NodeId, Refusal)>,
        (context, prices): (&Context<'_>, &mut Prices),
    ) -> Refined {
        let mut changes = Vec::new();
        for (entry, pick) in self.entries.iter().zip(&decided.allocation.picks) {
            let candidate = &entry.options.options[*pick];
            match (&entry.item, candidate.how) {
                (Item::Layer(layer), Some(How::Form(how))) => {
                    changes.push(of_form(context, layer, (how, candidate.error), prices));
                }
                (Item::Region(region), Some(How::Scale(scale))) => {
                    changes.extend(of_region(context, region, (scale, candidate.error)));
                }
                (Item::Region(region), _) => {
                    let layers = region.nodes.iter().filter(|id| self.task.shaped.graph().node(**id).op.is_layer());
                    refused.extend(layers.map(|id| (*id, Refusal::NotNeeded)));
                }
                (Item::Layer(layer), _) => {
                    let is_dropped = self.dropped.contains(&layer.node);
                    refused.push((layer.node, if is_dropped { Refusal::Slower } else { Refusal::NotNeeded }));
                }
            }
        }
        let untouched = self.untouched(refused);
        let name = |id: NodeId| self.task.shaped.graph().node(id).name.to_string();
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
            slower: decided.slower.iter().map(|id| name(*id)).collect(),
            is_uniform: false,
            by_parts: None,
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
