//! What a plan may choose of, and for what: layers that may get a form, and parts of the network that may be narrower.
//!
//! In: what was asked of each layer. Out: [`Choices`], each with its candidates. Nothing is decided here, but candidates that
//! exceed a peak budget are left out, since peaks are a matter of each layer on its own.

use std::collections::{BTreeMap, BTreeSet};

use super::allocate::{Entry, Item};
use super::budget::{Budget, Quantity};
use super::candidates::{Context, Demand, Layer, Options, Prices};
use super::forms::Refusal;
use super::knapsack::Choice;
use super::live::Around;
use super::plan::{BudgetUnreachable, OptimizeError, Proof};
use super::regions::regions;
use super::survey::{Freedom, Survey};
use super::task::Task;
use crate::graph::{NodeId, NodeMap};
use crate::op::form::Kind;
use crate::shape::Shaped;

/// What may be chosen of.
pub(super) struct Choices {
    /// Regions and layers, in order of execution.
    pub entries: Vec<Entry>,
    /// The layers that nothing can be done with, and why.
    pub refused: Vec<(NodeId, Refusal)>,
}

impl Task<'_> {
    /// Regions of bottlenecks where the plan is free to make these narrower, and all other layers.
    pub(super) fn choices(
        &self,
        context: &Context<'_>,
        (survey, freedom): (Survey, Freedom),
        (around, prices): (&NodeMap<Around>, &mut Prices),
    ) -> Choices {
        let mut entries = if freedom == Freedom::Sane { self.regions(context, &survey, around) } else { Vec::new() };
        let inside = |entry: &Entry| if let Item::Region(region) = &entry.item { region.nodes.clone() } else { Vec::new() };
        let taken: BTreeSet<NodeId> = entries.iter().flat_map(inside).collect();
        let mut refused = survey.refused;
        for layer in survey.layers.into_iter().filter(|layer| !taken.contains(&layer.node)) {
            match context.candidates(&layer, &around[layer.node], prices) {
                Ok(options) => {
                    let all = context.all_ranks(&layer, &options, (&around[layer.node], prices));
                    let between = context.between(&layer, Kind::Reduce);
                    let likeness = format!("{:?} {:?} {between:?}", layer.geometry.kernel, layer.demand);
                    let geometry = format!("{:?}", layer.geometry);
                    entries.push(Entry { item: Item::Layer(layer), options, all, likeness, geometry });
                }
                Err(refusal) => refused.push((layer.node, refusal)),
            }
        }
        entries.sort_by_key(Entry::node);
        Choices { entries, refused }
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
}

/// Leaves only candidates within the peak budget, which is a matter of each layer on its own.
pub(super) fn limit_peak(
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
