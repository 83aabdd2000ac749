//! What a plan may choose of, and for what: layers that may get a form, and parts of the network that may be narrower.
//!
//! In: what was asked of each layer. Out: [`Choices`], each with its candidates. Nothing is decided here, but candidates that
//! exceed a peak budget are left out, since peaks are a matter of each layer on its own.

use std::collections::{BTreeMap, BTreeSet};

use super::allocate::{Entry, Item};
use super::budget::{Budget, Quantity};
use super::candidates::{Candidate, Context, Demand, Layer, Options, Prices};
use super::forms::Refusal;
use super::knapsack::Choice;
use super::live::{Around, moments};
use super::plan::{BudgetUnreachable, OptimizeError, Proof};
use super::regions::regions;
use super::survey::{Freedom, Survey};
use super::task::Task;
use crate::analysis::Convention;
use crate::flow::Lifetimes;
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

/// What is alive when.
pub(super) struct Live<'a> {
    /// When each tensor is.
    pub life: &'a Lifetimes,
    /// How much is, round each layer.
    pub around: &'a NodeMap<Around>,
}

impl Task<'_> {
    /// Regions of bottlenecks where the plan is free to make these narrower, and all other layers.
    pub(super) fn choices(
        &self,
        context: &Context<'_>,
        (survey, freedom): (Survey, Freedom),
        (live, prices): (&Live<'_>, &mut Prices),
    ) -> Choices {
        let around = live.around;
        let mut entries = if freedom == Freedom::Sane { self.regions(context, &survey, live) } else { Vec::new() };
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
                    let covers = vec![layer.node];
                    entries.push(Entry { item: Item::Layer(layer), options, all, likeness, covers, geometry });
                }
                Err(refusal) => refused.push((layer.node, refusal)),
            }
        }
        entries.sort_by_key(Entry::node);
        Choices { entries, refused }
    }

    /// The regions all of whose layers a budget may choose for.
    fn regions(&self, context: &Context<'_>, survey: &Survey, live: &Live<'_>) -> Vec<Entry> {
        let free = |layer: &&Layer| matches!(layer.demand, Demand::Free { sane: true, .. });
        let floors = survey.layers.iter().find(free).map(|layer| layer.demand.clone());
        let Some(Demand::Free { channels, ratio, .. }) = floors else { return Vec::new() };
        let others: BTreeSet<NodeId> =
            survey.layers.iter().filter(|layer| !free(layer)).map(|layer| layer.node).chain(survey.kept()).collect();
        let graph = self.shaped.graph();
        let mut entries = Vec::new();
        let mut known: BTreeMap<String, (Options, Vec<Choice>)> = BTreeMap::new();
        let peaks = self.config.budgets.iter().filter(|budget| budget.quantity == Quantity::Peak);
        let most = peaks.map(|budget| budget.most(self.before.of(Quantity::Peak))).reduce(f64::min);
        let found = regions(self.shaped, context.places);
        for region in found.into_iter().filter(|region| !region.nodes.iter().any(|id| others.contains(id))) {
            // What is alive is of interest only where it is limited.
            let makers = most.map(|_| region.makers(graph)).unwrap_or_default();
            let moments = moments(self.shaped, live.life, (live.around, &makers));
            let geometry = region.signature(self.shaped);
            let place = |id: &NodeId| format!("{:?}", context.places.get(*id));
            let alive = moments.iter().map(|moment| moment.all).collect::<Vec<_>>();
            let key = format!("{geometry} {} {alive:?}", region.nodes.iter().map(place).collect::<String>());
            let found = if let Some(found) = known.get(&key) {
                found.clone()
            } else {
                let Ok(found) = context.widths_of((&region, &moments), (channels, ratio)) else { continue };
                known.insert(key, found.clone());
                found
            };
            let fits = |candidate: &Candidate| most.is_none_or(|most| !exceeds(candidate.peak, most));
            if !found.0.options.iter().any(fits) {
                // Forms of its layers may do what a width cannot.
                continue;
            }
            let covers = moments.iter().map(|moment| moment.node).collect();
            let keywords = region.nodes.iter().filter(|id| graph.node(**id).op.is_layer()).count();
            let likeness = format!("region of {keywords} {channels:?} {ratio}");
            entries.push(Entry { item: Item::Region(region), options: found.0, all: found.1, likeness, covers, geometry });
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
    let mut covered: BTreeMap<NodeId, u32> = BTreeMap::new();
    for entry in &*entries {
        let peaks = entry.options.options.iter().map(|candidate| candidate.peak);
        let lowest = peaks.min().unwrap_or(u64::MAX);
        entry.covers.iter().for_each(|id| *covered.entry(*id).or_default() += 1);
        // Of the moments of a region the worst is told, with its first.
        entry.covers.iter().for_each(|id| least.insert(*id, 0));
        entry.covers.first().into_iter().for_each(|id| least.insert(*id, lowest));
    }
    let worst = shaped.order().iter().filter_map(|id| least.get(*id).map(|peak| (*peak, *id)));
    if let Some((peak, id)) = worst.max_by_key(|(peak, id)| (*peak, std::cmp::Reverse(*id)))
        && exceeds(peak, *most)
    {
        // Where two decide together what is alive, no one of them says what is least.
        let proof = if covered.get(&id).is_some_and(|count| *count > 1) { Proof::Open } else { Proof::Alone };
        return Err(too_high(shaped, (*budget, *most), (peak, id), proof));
    }
    for entry in entries {
        let (node, lowest) = (entry.node(), entry.options.options.iter().map(|candidate| candidate.peak).min());
        entry.options.options.retain(|candidate| !exceeds(candidate.peak, *most));
        if entry.options.options.is_empty() {
            return Err(too_high(shaped, (*budget, *most), (lowest.unwrap_or(u64::MAX), node), Proof::Open));
        }
    }
    Ok(())
}

fn too_high(shaped: &Shaped, (budget, most): (Budget, f64), (peak, id): (u64, NodeId), proof: Proof) -> OptimizeError {
    let at = Some(shaped.graph().node(id).name.to_string());
    OptimizeError::Unreachable(Box::new(BudgetUnreachable {
        budget,
        most,
        least: as_f64(peak),
        at,
        fused: false,
        convention: Convention::Default,
        proof,
        is_partly_asked: false,
        uniform: None,
        untouched: Vec::new(),
    }))
}

fn as_f64(count: u64) -> f64 {
    count as f64
}

fn exceeds(count: u64, most: f64) -> bool {
    as_f64(count) > most
}
