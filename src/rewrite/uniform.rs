//! The whole network at one width: the designer's first alternative, as a plan and beside one.
//!
//! In: what is asked of a network. Out: the widest network of one width that meets it, told as a plan is.

use std::collections::BTreeMap;

use super::bottleneck::Refined;
use super::budget::Budget;
use super::changes::{outline, prices};
use super::place::Place;
use super::plan::{Met, OptimizeError, Plan, PlannedChange, Proof, UniformWidth};
use super::price::Price;
use super::scale::{Uniform, as_many_macs, at_share, uniform};
use super::search::missed_by;
use super::sources::Sources;
use super::survey::RATIO_OF_MARKS;
use super::task::Task;
use crate::graph::{NodeId, NodeMap};
use crate::op::Op;
use crate::op::form::How;

impl Task<'_> {
    /// The network of one width that meets the budgets, or without any needs as few MACs as a plan.
    pub(super) fn uniform(&self, plan: &Plan, places: &NodeMap<Place>) -> Result<Option<(Uniform, UniformWidth)>, OptimizeError> {
        if plan.changes.is_empty() {
            return Ok(None);
        }
        let asked = self.limits();
        if asked.is_empty() && plan.after.price.macs >= self.before.price.macs {
            // What saves nothing is no measure.
            return Ok(None);
        }
        let limits = if asked.is_empty() { as_many_macs(&plan.after) } else { asked };
        let found = uniform(self.shaped, &limits, (self.block(), self.meter()))?;
        Ok(found.map(|found| {
            let told = self.told(&found, places);
            (found, told)
        }))
    }

    /// What is said of it beside a plan.
    fn told(&self, uniform: &Uniform, places: &NodeMap<Place>) -> UniformWidth {
        let graph = uniform.shaped.graph();
        let after: BTreeMap<&str, u64> =
            uniform.analysis.layers.iter().map(|layer| (graph.node(layer.node).name.as_str(), layer.work.macs)).collect();
        let mut error = 0.0;
        for layer in &self.analysis.layers {
            let left = after.get(self.shaped.graph().node(layer.node).name.as_str()).copied().unwrap_or(0);
            error += self.error_of_width(places, layer.node, (layer.work.macs, left));
        }
        UniformWidth { scale: uniform.scale, after: uniform.sums, error }
    }

    fn error_of_width(&self, places: &NodeMap<Place>, node: NodeId, (before, after): (u64, u64)) -> f64 {
        let place = places.get(node).filter(|_| before > 0);
        place.map_or(0.0, |place| self.model.narrowed(place, after as f64 / before as f64))
    }

    /// The network at one width that meets the budgets, or keeps one channel in `ratio`.
    ///
    /// # Errors
    /// No width meets a budget.
    pub(super) fn at_one_width(&self, places: &NodeMap<Place>) -> Result<Refined, OptimizeError> {
        let (limits, how) = (self.limits(), (self.block(), self.meter()));
        let found = if limits.is_empty() {
            at_share(self.shaped, 1.0 / self.config.ratio.unwrap_or(RATIO_OF_MARKS) as f64, how)?
        } else {
            uniform(self.shaped, &limits, how)?
        };
        if let Some(found) = found {
            return Ok(self.narrower(found, places));
        }
        let least = at_share(self.shaped, 0.01, how)?.map_or(self.before, |least| least.sums);
        let missed = |(budget, most): &(Budget, f64)| least.of(budget.quantity) / most;
        match limits.iter().max_by(|a, b| missed(a).total_cmp(&missed(b))) {
            Some(worst) => {
                let multiple = self.block();
                let unaligned = multiple > 1 && uniform(self.shaped, &limits, (1, self.meter()))?.is_some();
                Err(missed_by(*worst, &least, Proof::Width { multiple, unaligned }))
            }
            None => Ok(self.as_it_is()),
        }
    }

    /// A width as a plan.
    pub(super) fn narrower(&self, found: Uniform, places: &NodeMap<Place>) -> Refined {
        let met = |(budget, most)| Met { budget, most, reached: found.sums.of(budget.quantity) };
        let error = self.told(&found, places).error;
        let plan = Plan {
            changes: self.changes_of_width(&found, places),
            before: self.before,
            after: found.sums,
            budgets: self.limits().into_iter().map(met).collect(),
            error,
            bound: error,
            is_uniform: true,
            model: self.model.name(),
            ..Plan::default()
        };
        Refined { shaped: found.shaped, sources: found.sources, plan }
    }

    fn as_it_is(&self) -> Refined {
        let plan = Plan { before: self.before, after: self.before, model: self.model.name(), ..Plan::default() };
        Refined { shaped: self.shaped.clone(), sources: Sources::default(), plan }
    }

    /// The layers whose channels became fewer, each with what it costs and what everything costs up to the next of them.
    fn changes_of_width(&self, found: &Uniform, places: &NodeMap<Place>) -> Vec<PlannedChange> {
        let (graph, after) = (self.shaped.graph(), found.shaped.graph());
        let new = prices(&found.shaped, &found.analysis, self.target);
        let new: BTreeMap<&str, Price> = new.into_iter().map(|(id, price)| (after.node(id).name.as_str(), price)).collect();
        let widths: BTreeMap<&str, u64> =
            found.shaped.order().iter().map(|id| (after.node(*id).name.as_str(), found.shaped.shape(*id).channels())).collect();
        let is_narrower = |id: NodeId| {
            let width = widths.get(graph.node(id).name.as_str());
            makes_channels(&graph.node(id).op) && width.is_some_and(|width| *width != self.shaped.shape(id).channels())
        };
        let mut changes: Vec<PlannedChange> = Vec::new();
        // What comes before the first of them is told with it.
        let mut ahead = (Price::default(), Price::default(), 0.0);
        for (id, before) in prices(self.shaped, self.analysis, self.target) {
            let name = graph.node(id).name.as_str();
            let after = new.get(name).copied().unwrap_or_default();
            let error = self.error_of_width(places, id, (before.macs, after.macs));
            if is_narrower(id) {
                let (before_it, after_it, error_before) = std::mem::take(&mut ahead);
                changes.push(PlannedChange {
                    layer: name.to_owned(),
                    how: How::Scale(found.scale),
                    geometry: outline(self.shaped, id),
                    width: widths.get(name).copied().unwrap_or_default(),
                    before: before.plus(before_it),
                    after: after.plus(after_it),
                    error: error + error_before,
                });
            } else if let Some(last) = changes.last_mut() {
                (last.before, last.after) = (last.before.plus(before), last.after.plus(after));
                last.error += error;
            } else {
                ahead = (ahead.0.plus(before), ahead.1.plus(after), ahead.2 + error);
            }
        }
        changes
    }
}

/// Whether it makes channels of its own.
fn makes_channels(op: &Op) -> bool {
    op.is_layer() && !matches!(op, Op::Conv(conv) if conv.depthwise)
}
