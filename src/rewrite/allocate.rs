//! Which candidate each layer takes under budgets.
//!
//! In: the candidates of every layer, and how much all of them together may cost. Out: one candidate a layer, and a lower
//! bound on the error of every choice. Layers that one path with wildcards addresses (`layer3.*.conv2`) are decided
//! together, so that the result reads as a person would have written it; the bound is that of deciding each alone, so
//! what this costs is part of the gap.

use std::collections::BTreeMap;

use super::budget::Quantity;
use super::candidates::{Candidate, Layer, Options};
use super::knapsack::{Choice, Costs, Effort, Infeasible, MAX_LIMITS, Solution, lower_bound, solve};
use super::path::starred;
use crate::graph::Graph;
use crate::op::form::Refinement;

/// A layer and what can be done with it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The layer.
    pub layer: Layer,
    /// Its candidates.
    pub options: Options,
}

/// One candidate a layer.
#[derive(Debug, Clone, PartialEq)]
pub struct Allocation {
    /// For each entry the index into its options.
    pub picks: Vec<usize>,
    /// No choice within the limits has a smaller error.
    pub bound: f64,
}

/// Which layers are decided together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Tie {
    /// All that one path with wildcards addresses, strided ones included.
    Path,
    /// Of those, the ones of equal geometry.
    Geometry,
}

impl Tie {
    /// From the shortest text to the least error.
    const ALL: [Self; 2] = [Self::Path, Self::Geometry];
}

/// How far above the bound, as a share of its error, a plan of layers decided together may lie before fewer are.
const TOGETHER_AT_MOST: f64 = 0.03;

/// Chooses within the limits.
///
/// # Errors
/// No choice is within the limits; the one that comes closest.
pub fn allocate(
    graph: &Graph,
    entries: &[Entry],
    limits: &[(Quantity, f64)],
    each_alone: bool,
) -> Result<Allocation, Infeasible> {
    let bounds: Vec<_> = limits.iter().map(|(_, most)| *most).collect();
    let quantities: Vec<_> = limits.iter().map(|(quantity, _)| *quantity).collect();
    let alone: Vec<_> =
        entries.iter().map(|entry| entry.options.options.iter().map(|c| choice(c, &quantities)).collect()).collect();
    let bound = lower_bound(&alone, &bounds, Effort::default());
    for tie in Tie::ALL.into_iter().filter(|_| !each_alone) {
        let together = Together::new(entries, groups(graph, entries, tie), &quantities);
        if let Ok(solution) = solve(&together.items, &bounds, Effort::default())
            && solution.error - bound <= TOGETHER_AT_MOST * solution.error
        {
            return Ok(Allocation { picks: together.picks(entries, &solution), bound: bound.min(solution.error) });
        }
    }
    let Solution { picks, bound, .. } = solve(&alone, &bounds, Effort::default())?;
    Ok(Allocation { picks, bound })
}

/// The cost of a candidate in a quantity.
#[must_use]
#[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
pub fn cost(candidate: &Candidate, quantity: Quantity) -> f64 {
    match quantity {
        Quantity::Macs => candidate.price.macs as f64,
        Quantity::Params => candidate.price.params as f64,
        Quantity::Ms => candidate.price.ms,
        Quantity::Peak => candidate.peak as f64,
    }
}

fn choice(candidate: &Candidate, quantities: &[Quantity]) -> Choice {
    let mut costs = [0.0; MAX_LIMITS];
    costs.iter_mut().zip(quantities).for_each(|(to, quantity)| *to = cost(candidate, *quantity));
    Choice { error: candidate.error, cost: costs }
}

/// Entries that one path with wildcards addresses, of one kernel and under one demand.
fn groups(graph: &Graph, entries: &[Entry], tie: Tie) -> Vec<Vec<usize>> {
    let mut index: BTreeMap<String, usize> = BTreeMap::new();
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for (i, entry) in entries.iter().enumerate() {
        let layer = &entry.layer;
        let path = starred(&graph.node(layer.node).name);
        let alike = match tie {
            Tie::Path => None,
            Tie::Geometry => Some(layer.geometry),
        };
        let key = format!("{path} {alike:?} {:?} {:?} {}", layer.geometry.kernel, layer.demand, layer.linear);
        let at = *index.entry(key).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Vec::new());
        }
        groups[at].push(i);
    }
    groups
}

/// Groups of layers as items: an option is a form that all of a group can take.
struct Together {
    groups: Vec<Vec<usize>>,
    hows: Vec<Vec<Option<Refinement>>>,
    items: Vec<Vec<Choice>>,
}

impl Together {
    fn new(entries: &[Entry], groups: Vec<Vec<usize>>, quantities: &[Quantity]) -> Self {
        let mut together = Self { groups: Vec::new(), hows: Vec::new(), items: Vec::new() };
        for group in groups {
            if !together.add(entries, &group, quantities) {
                for one in group {
                    together.add(entries, &[one], quantities);
                }
            }
        }
        together
    }

    /// Adds a group, if its layers have an option in common.
    fn add(&mut self, entries: &[Entry], group: &[usize], quantities: &[Quantity]) -> bool {
        let mut sums: BTreeMap<Option<Refinement>, (usize, Choice)> = BTreeMap::new();
        for &i in group {
            for candidate in &entries[i].options.options {
                let entry = sums.entry(candidate.how).or_insert((0, Choice { error: 0.0, cost: [0.0; MAX_LIMITS] }));
                entry.0 += 1;
                entry.1 = plus(entry.1, choice(candidate, quantities));
            }
        }
        let common: Vec<_> = sums.into_iter().filter(|(_, (count, _))| *count == group.len()).collect();
        if common.is_empty() {
            return false;
        }
        self.groups.push(group.to_vec());
        self.hows.push(common.iter().map(|(how, _)| *how).collect());
        self.items.push(common.into_iter().map(|(_, (_, choice))| choice).collect());
        true
    }

    /// The choice of groups as a choice of entries.
    fn picks(&self, entries: &[Entry], solution: &Solution) -> Vec<usize> {
        let mut picks = vec![0; entries.len()];
        for ((group, hows), pick) in self.groups.iter().zip(&self.hows).zip(&solution.picks) {
            for &i in group {
                let found = entries[i].options.options.iter().position(|candidate| candidate.how == hows[*pick]);
                picks[i] = found.expect("an option of the group is one of each layer");
            }
        }
        picks
    }
}

fn plus(a: Choice, b: Choice) -> Choice {
    let cost: Costs = std::array::from_fn(|m| a.cost[m] + b.cost[m]);
    Choice { error: a.error + b.error, cost }
}
