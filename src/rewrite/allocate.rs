//! Which candidate each layer takes under budgets.
//!
//! In: the candidates of every layer, and how much all of them together may cost. Out: one candidate a layer, and a lower
//! bound on the error of every choice. Layers that are alike are decided together, and ranks are whole blocks, as a designer
//! would have it; what this costs is part of the gap to the bound, which is over every rank and every layer alone. Only where
//! it costs much are blocks halved, and after that layers decided alone.

use std::collections::{BTreeMap, HashMap};

use super::budget::Quantity;
use super::candidates::{Candidate, Layer, Options};
use super::knapsack::{Choice, Costs, Effort, Infeasible, MAX_LIMITS, Solution, lower_bound, solve};
use super::path::starred;
use super::regions::Region;
use super::widths::HALVINGS;
use crate::graph::{Graph, NodeId};
use crate::op::form::How;

/// What a candidate is chosen for.
#[derive(Debug, Clone)]
pub enum Item {
    /// A layer.
    Layer(Layer),
    /// Channels inside a bottleneck.
    Region(Region),
}

/// A layer or region, and what can be done with it.
#[derive(Debug, Clone)]
pub struct Entry {
    /// What it is.
    pub item: Item,
    /// Its candidates.
    pub options: Options,
    /// Every rank or width that it may take, for the bound.
    pub all: Vec<Choice>,
    /// Entries of one place are decided together only where this is equal: kernel and demand.
    pub likeness: String,
    /// The layers during which what it keeps alive is decided here.
    pub covers: Vec<NodeId>,
    /// What else is equal where they are alike in everything that costs.
    pub geometry: String,
}

impl Entry {
    /// The layer, or the first that makes the region's channels.
    #[must_use]
    pub fn node(&self) -> NodeId {
        match &self.item {
            Item::Layer(layer) => layer.node,
            Item::Region(region) => region.members[0],
        }
    }

    /// The channels that it makes.
    fn output(&self) -> u64 {
        match &self.item {
            Item::Layer(layer) => layer.geometry.output,
            Item::Region(region) => region.width,
        }
    }
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
    /// All that one path with wildcards addresses or one place of the text makes, strided ones included.
    Stage,
    /// Of those, the turns of one loop together, whichever block makes them elsewhere too.
    Loop,
    /// Of those, the ones of equal geometry.
    Alike,
    /// None.
    Alone,
}

/// From what reads best to what errs least, each with the share by which it has to lower the error: whole stages in whole
/// blocks, in halves and quarters of them; the turns of each loop; those layers of a stage together that are equal in all that costs;
/// each layer alone.
const LADDER: [(Tie, u8, f64); 6] = [
    (Tie::Stage, 0, 0.0),
    (Tie::Stage, 1, FINER_GAINS),
    (Tie::Stage, HALVINGS, FINER_GAINS),
    (Tie::Loop, HALVINGS, SPLITTING_GAINS),
    (Tie::Alike, HALVINGS, SPLITTING_GAINS),
    (Tie::Alone, HALVINGS, MIXING_GAINS),
];

/// A choice is taken, and nothing finer is looked for, where its error is above the bound by at most this share of it.
pub const GOOD_ENOUGH: f64 = 0.03;

/// Blocks are halved only where that lowers the error by more than this share.
pub const FINER_GAINS: f64 = 0.08;

/// Layers of one stage that read or make different maps get different forms only where that lowers the error by more than this
/// share.
pub const SPLITTING_GAINS: f64 = 0.25;

/// Layers that are alike get different forms only where that lowers the error by more than this share.
pub const MIXING_GAINS: f64 = 0.4;

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
    let most: Vec<_> = limits.iter().map(|(_, most)| *most).collect();
    let quantities: Vec<_> = limits.iter().map(|(quantity, _)| *quantity).collect();
    let all: Vec<_> = entries.iter().map(|entry| undominated(&entry.all, most.len())).collect();
    let bound = bound(&all, &most);
    let mut best: Option<(f64, Vec<usize>)> = None;
    let mut why_not = None;
    for (tie, halvings, gains) in LADDER.into_iter().filter(|(tie, ..)| !each_alone || *tie == Tie::Alone) {
        let together = Together::new(entries, groups(graph, entries, tie), (halvings, &quantities));
        match solve(&together.items, &most, Effort::default()) {
            Ok(solution) => {
                if best.as_ref().is_none_or(|(error, _)| solution.error < error * (1.0 - gains)) {
                    best = Some((solution.error, together.picks(entries, &solution)));
                }
            }
            Err(infeasible) => why_not = Some(together.misses(entries, &infeasible)),
        }
        if best.as_ref().is_some_and(|(error, _)| error - bound <= GOOD_ENOUGH * error) {
            break;
        }
    }
    match (best, why_not) {
        (Some((error, picks)), _) => Ok(Allocation { picks, bound: bound.min(error) }),
        (None, Some(infeasible)) => Err(infeasible),
        (None, None) => unreachable!("each step of the ladder ends in one or the other"),
    }
}

/// The choices that no other beats in error and every cost; of several costs, only those of the first two hundred best by
/// error are compared with.
fn undominated(choices: &[Choice], limits: usize) -> Vec<Choice> {
    const COMPARED: usize = 200;
    let mut sorted = choices.to_vec();
    sorted.sort_by(|a, b| a.error.total_cmp(&b.error).then_with(|| a.cost[0].total_cmp(&b.cost[0])));
    let mut kept: Vec<Choice> = Vec::new();
    for choice in sorted {
        let beats = |other: &Choice| (0..limits).all(|m| other.cost[m] <= choice.cost[m]);
        let is_beaten = if limits == 1 { kept.last().is_some_and(beats) } else { kept.iter().take(COMPARED).any(beats) };
        if !is_beaten {
            kept.push(choice);
        }
    }
    kept
}

/// Where so few items have a choice, every combination is looked at.
const FEW: usize = 10;

/// A lower bound on the error of every choice within the limits: by prices, which is far from what can be reached where few
/// items make large steps, and there by combinations.
fn bound(items: &[Vec<Choice>], most: &[f64]) -> f64 {
    let by_prices = lower_bound(items, most, Effort::default());
    if items.iter().filter(|options| options.len() > 1).count() > FEW {
        return by_prices;
    }
    solve(items, most, Effort::default()).map_or(by_prices, |solution| solution.bound.max(by_prices))
}

/// The cost of a candidate in a quantity.
#[must_use]
pub fn cost(candidate: &Candidate, quantity: Quantity) -> f64 {
    match quantity {
        Quantity::Macs => candidate.price.counted as f64,
        Quantity::Flops => candidate.price.flops as f64,
        Quantity::Params => candidate.price.params as f64,
        Quantity::Ms => candidate.price.ms,
        Quantity::Peak => candidate.peak as f64,
    }
}

/// The costs of a candidate in the quantities that are limited and add up over layers.
#[must_use]
pub fn costs(candidate: &Candidate, quantities: &[Quantity]) -> Costs {
    let mut costs = [0.0; MAX_LIMITS];
    let additive = quantities.iter().filter(|quantity| **quantity != Quantity::Peak);
    costs.iter_mut().zip(additive).for_each(|(to, quantity)| *to = cost(candidate, *quantity));
    costs
}

/// Entries that are decided together: each group in the order of its first.
fn groups(graph: &Graph, entries: &[Entry], tie: Tie) -> Vec<Vec<usize>> {
    let mut union = Union::new(entries.len());
    let mut seen: HashMap<String, usize> = HashMap::new();
    for (i, entry) in entries.iter().enumerate().filter(|_| tie != Tie::Alone) {
        let geometry = if tie == Tie::Alike { entry.geometry.as_str() } else { "" };
        for place in same_places(graph, entry, tie) {
            let first = *seen.entry(format!("{place} {} {geometry}", entry.likeness)).or_insert(i);
            union.join(first, i);
        }
    }
    union.groups()
}

/// What a layer's likes have in common with it: the path but for numbers, as turns of a loop; the block that it is made by and
/// the path in there, as instances. Over a stage widths must be alike too, or one rank would not fit all.
fn same_places(graph: &Graph, entry: &Entry, tie: Tie) -> Vec<String> {
    let node = graph.node(entry.node());
    let output = if matches!(tie, Tie::Stage | Tie::Loop) { entry.output() } else { 0 };
    let path = starred(&node.name);
    let by_path = format!("path {path} {output}");
    if tie == Tie::Loop && path != node.name.as_str() {
        return vec![by_path];
    }
    let by_block = graph.enclosing(node.origin.instance).last().and_then(|(_, instance)| {
        let inside = node.name.strip_prefix(instance.path.as_str())?;
        Some(format!("block {} {} {output}", instance.block, starred(inside)))
    });
    std::iter::once(by_path).chain(by_block).collect()
}

/// Sets that are joined.
struct Union {
    parent: Vec<usize>,
}

impl Union {
    fn new(count: usize) -> Self {
        Self { parent: (0..count).collect() }
    }

    fn root(&mut self, of: usize) -> usize {
        let mut at = of;
        while self.parent[at] != at {
            self.parent[at] = self.parent[self.parent[at]];
            at = self.parent[at];
        }
        at
    }

    /// Joins the sets of two; the lesser of their roots stays.
    fn join(&mut self, a: usize, b: usize) {
        let (a, b) = (self.root(a), self.root(b));
        self.parent[a.max(b)] = a.min(b);
    }

    fn groups(mut self) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for i in 0..self.parent.len() {
            groups.entry(self.root(i)).or_default().push(i);
        }
        groups.into_values().collect()
    }
}

/// Groups of layers as items: an option is a form that all of a group can take.
struct Together {
    groups: Vec<Vec<usize>>,
    hows: Vec<Vec<Option<How>>>,
    items: Vec<Vec<Choice>>,
}

impl Together {
    /// Of options whose ranks are blocks that are halved at most so often.
    fn new(entries: &[Entry], groups: Vec<Vec<usize>>, (halvings, quantities): (u8, &[Quantity])) -> Self {
        let mut together = Self { groups: Vec::new(), hows: Vec::new(), items: Vec::new() };
        for group in groups {
            if !together.add(entries, &group, (halvings, quantities)) {
                for one in group {
                    together.add(entries, &[one], (halvings, quantities));
                }
            }
        }
        together
    }

    /// Adds a group, if its layers have an option in common.
    fn add(&mut self, entries: &[Entry], group: &[usize], (halvings, quantities): (u8, &[Quantity])) -> bool {
        let mut sums: BTreeMap<Option<How>, (usize, Choice)> = BTreeMap::new();
        for &i in group {
            let options = &entries[i].options.options;
            // A layer that only finer ranks serve has these at every fineness.
            let finest = options.iter().map(|candidate| candidate.halvings).min().unwrap_or(0).max(halvings);
            for candidate in options.iter().filter(|candidate| candidate.halvings <= finest) {
                let entry = sums.entry(candidate.how).or_insert((0, Choice { error: 0.0, cost: [0.0; MAX_LIMITS] }));
                entry.0 += 1;
                entry.1 = plus(entry.1, &Choice { error: candidate.error, cost: costs(candidate, quantities) });
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
        self.of_groups(entries, &solution.picks)
    }

    fn of_groups(&self, entries: &[Entry], of_groups: &[usize]) -> Vec<usize> {
        let mut picks = vec![0; entries.len()];
        for ((group, hows), pick) in self.groups.iter().zip(&self.hows).zip(of_groups) {
            for &i in group {
                let found = entries[i].options.options.iter().position(|candidate| candidate.how == hows[*pick]);
                picks[i] = found.expect("an option of the group is one of each layer");
            }
        }
        picks
    }

    /// What was said of groups, said of entries.
    fn misses(&self, entries: &[Entry], infeasible: &Infeasible) -> Infeasible {
        Infeasible { picks: self.of_groups(entries, &infeasible.picks), ..*infeasible }
    }
}

fn plus(a: Choice, b: &Choice) -> Choice {
    let cost: Costs = std::array::from_fn(|m| a.cost[m] + b.cost[m]);
    Choice { error: a.error + b.error, cost }
}
