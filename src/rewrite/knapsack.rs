//! The multiple-choice knapsack: one option an item, least error within several limits.
//!
//! In: items with options (an error and a cost for each limit) and limits. Out: a choice, and a lower bound on the error
//! of *every* choice within the limits. This module knows nothing of networks.
//!
//! 1. Lagrangian: for prices `p` every item picks its least `error + p · cost` alone; the sum minus `p · limit` is a lower
//!    bound for any `p >= 0`. A price is bisected with the others as they are, in turn; then
//!    all of several follow the subgradient.
//! 2. Labels: partial choices, item by item, that are neither dominated nor above the best known error by the bound of 1
//!    for what is left. Where they exceed [`Effort::labels`], the least promising are dropped, and the least bound among
//!    the dropped limits what is certified. If none is dropped the choice is optimal.

/// The most limits that one problem has.
pub const MAX_LIMITS: usize = 4;

/// Costs of an option, one for each limit; unused places are 0.
pub type Costs = [f64; MAX_LIMITS];

/// The most labels of all items together.
const TOTAL_LABELS: usize = 1 << 18;

/// How far a price is narrowed down.
const PRICE_BITS: usize = 50;

/// How often all exchanges are looked at.
const IMPROVING_WALKS: usize = 16;

/// How often the price of each of several limits is bisected, the others as they are.
const ROUNDS: usize = 6;

/// One way to settle an item.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Choice {
    /// Its error, at least 0.
    pub error: f64,
    /// Its costs, each at least 0.
    pub cost: Costs,
}

/// How much is tried before the gap is left open.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Effort {
    /// Partial choices kept for each item.
    pub labels: usize,
    /// Steps of the price search.
    pub steps: usize,
}

impl Default for Effort {
    fn default() -> Self {
        Self { labels: 2048, steps: 200 }
    }
}

/// A choice within the limits.
#[derive(Debug, Clone, PartialEq)]
pub struct Solution {
    /// The option taken for each item.
    pub picks: Vec<usize>,
    /// The sum of their errors.
    pub error: f64,
    /// No choice within the limits has a smaller error.
    pub bound: f64,
}

/// No choice within the limits was found.
#[derive(Debug, Clone, PartialEq)]
pub struct Infeasible {
    /// The choice that comes closest.
    pub picks: Vec<usize>,
    /// A limit that no choice keeps, whatever the others are: it is below the sum of every item's least cost.
    pub limit: Option<usize>,
    /// Whether it is certain that there is none.
    pub certain: bool,
}

/// Finds the choice of least error within the limits; every item must have an option.
///
/// # Errors
/// No choice within the limits exists, or none was found.
///
/// # Panics
/// If there are more than [`MAX_LIMITS`] limits, or an item without options.
pub fn solve(items: &[Vec<Choice>], limits: &[f64], effort: Effort) -> Result<Solution, Infeasible> {
    assert!(limits.len() <= MAX_LIMITS && items.iter().all(|options| !options.is_empty()), "as documented");
    if let Some(limit) = (0..limits.len()).find(|m| least(items, *m) > limits[*m]) {
        let cheapest = |options: &Vec<Choice>| position(options, |choice| choice.cost[limit]);
        return Err(Infeasible { picks: items.iter().map(cheapest).collect(), limit: Some(limit), certain: true });
    }
    let dual = dual(items, limits, effort.steps);
    let mut best = dual.feasible.clone().map(|picks| improve(items, limits, picks));
    // Long networks get fewer labels a layer, so that memory and time stay bounded.
    let room = effort.labels.min(TOTAL_LABELS / items.len().max(1)).max(1);
    let (found, dropped) = labels(items, limits, &dual.prices, best.as_deref(), room);
    best = found.or(best);
    let Some(picks) = best else {
        return Err(Infeasible { picks: dual.closest, limit: None, certain: dropped.is_none() });
    };
    let error = error(items, &picks);
    let bound = dropped.map_or(error, |dropped| dropped.min(error)).max(dual.bound.min(error));
    Ok(Solution { picks, error, bound })
}

/// A lower bound on the error of every choice within the limits; no choice is looked for.
#[must_use]
pub fn lower_bound(items: &[Vec<Choice>], limits: &[f64], effort: Effort) -> f64 {
    dual(items, limits, effort.steps).bound.max(0.0)
}

fn least(items: &[Vec<Choice>], limit: usize) -> f64 {
    items.iter().map(|options| options.iter().map(|o| o.cost[limit]).fold(f64::INFINITY, f64::min)).sum()
}

fn position(options: &[Choice], by: impl Fn(&Choice) -> f64) -> usize {
    let better = |best: usize, i: usize| if by(&options[i]) < by(&options[best]) { i } else { best };
    (1..options.len()).fold(0, better)
}

fn error(items: &[Vec<Choice>], picks: &[usize]) -> f64 {
    items.iter().zip(picks).map(|(options, pick)| options[*pick].error).sum()
}

fn costs(items: &[Vec<Choice>], picks: &[usize]) -> Costs {
    let mut sum = [0.0; MAX_LIMITS];
    for (options, pick) in items.iter().zip(picks) {
        add(&mut sum, &options[*pick].cost);
    }
    sum
}

fn add(sum: &mut Costs, cost: &Costs) {
    sum.iter_mut().zip(cost).for_each(|(s, c)| *s += c);
}

fn within(cost: &Costs, limits: &[f64]) -> bool {
    cost.iter().zip(limits).all(|(cost, limit)| cost <= limit)
}

fn priced(choice: &Choice, prices: &Costs) -> f64 {
    choice.error + choice.cost.iter().zip(prices).map(|(cost, price)| cost * price).sum::<f64>()
}

/// What the price search found.
struct Dual {
    prices: Costs,
    bound: f64,
    feasible: Option<Vec<usize>>,
    closest: Vec<usize>,
}

impl Dual {
    /// Tries prices: keeps the best bound, the best choice within the limits and the one that exceeds them least.
    fn visit(&mut self, items: &[Vec<Choice>], limits: &[f64], prices: Costs) -> Costs {
        let picks: Vec<_> = items.iter().map(|options| position(options, |choice| priced(choice, &prices))).collect();
        let cost = costs(items, &picks);
        let priced: f64 = items.iter().zip(&picks).map(|(options, pick)| priced(&options[*pick], &prices)).sum();
        let bound = priced - limits.iter().zip(&prices).map(|(limit, price)| limit * price).sum::<f64>();
        if bound > self.bound {
            (self.bound, self.prices) = (bound, prices);
        }
        if within(&cost, limits) {
            let better = self.feasible.as_ref().is_none_or(|best| error(items, &picks) < error(items, best));
            if better {
                self.feasible = Some(picks.clone());
            }
        }
        if excess(&cost, limits) < excess(&costs(items, &self.closest), limits) {
            self.closest = picks;
        }
        cost
    }
}

fn excess(cost: &Costs, limits: &[f64]) -> f64 {
    cost.iter().zip(limits).map(|(cost, limit)| (cost / limit - 1.0).max(0.0)).fold(0.0, f64::max)
}

fn dual(items: &[Vec<Choice>], limits: &[f64], steps: usize) -> Dual {
    let closest: Vec<_> = items.iter().map(|options| position(options, |choice| choice.error)).collect();
    let mut dual = Dual { prices: [0.0; MAX_LIMITS], bound: f64::NEG_INFINITY, feasible: None, closest };
    let cost = dual.visit(items, limits, [0.0; MAX_LIMITS]);
    if within(&cost, limits) {
        return dual;
    }
    let rounds = if limits.len() > 1 { ROUNDS } else { 1 };
    let mut prices = [0.0; MAX_LIMITS];
    for _ in 0..rounds {
        for limit in 0..limits.len() {
            bisect(items, limits, (limit, &mut prices), &mut dual);
        }
    }
    if limits.len() > 1 {
        climb(items, limits, steps, &mut dual);
    }
    dual
}

/// Sets one price to the least at which its limit is kept, the others as they are: the best along that coordinate.
fn bisect(items: &[Vec<Choice>], limits: &[f64], (limit, prices): (usize, &mut Costs), dual: &mut Dual) {
    let mut at = |price: f64| {
        prices[limit] = price;
        dual.visit(items, limits, *prices)[limit] <= limits[limit]
    };
    let (mut low, mut high) = (0.0, 1.0 / limits[limit].max(f64::MIN_POSITIVE));
    if at(low) {
        return;
    }
    // A price so high that errors no longer count finds the least cost, which is within the limit.
    for _ in 0..200 {
        if at(high) {
            break;
        }
        (low, high) = (high, high * 4.0);
    }
    for _ in 0..PRICE_BITS {
        let middle = low + (high - low) / 2.0;
        if at(middle) { high = middle } else { low = middle }
    }
    prices[limit] = high;
}

/// Subgradient ascent on the bound, in prices of whole limits so that counts and milliseconds weigh alike.
fn climb(items: &[Vec<Choice>], limits: &[f64], steps: usize, dual: &mut Dual) {
    let mut prices = dual.prices;
    let scale = 0.1 * limits.iter().zip(&prices).map(|(limit, price)| limit * price).fold(1e-9, f64::max);
    for step in 0..steps {
        let cost = dual.visit(items, limits, prices);
        #[expect(clippy::cast_precision_loss, reason = "a few hundred steps")]
        let length = scale / (1.0 + step as f64);
        for (m, limit) in limits.iter().enumerate() {
            prices[m] = (prices[m] + length * (cost[m] / limit - 1.0) / limit).max(0.0);
        }
    }
}

/// Exchanges single options while that lowers the error within the limits, those first that gain most for what they cost.
fn improve(items: &[Vec<Choice>], limits: &[f64], mut picks: Vec<usize>) -> Vec<usize> {
    for _ in 0..IMPROVING_WALKS {
        let mut exchanges = exchanges(items, limits, &picks);
        exchanges.sort_by(|a, b| b.0.total_cmp(&a.0).then((a.1, a.2).cmp(&(b.1, b.2))));
        let mut cost = costs(items, &picks);
        let mut improved = false;
        for (_, item, option) in exchanges {
            let (now, new) = (items[item][picks[item]], items[item][option]);
            let after: Costs = std::array::from_fn(|m| cost[m] + new.cost[m] - now.cost[m]);
            if new.error < now.error && within(&after, limits) {
                (cost, picks[item], improved) = (after, option, true);
            }
        }
        if !improved {
            break;
        }
    }
    picks
}

/// Every exchange that lowers the error: what it gains for the largest share of a limit that it takes, its item and option.
fn exchanges(items: &[Vec<Choice>], limits: &[f64], picks: &[usize]) -> Vec<(f64, usize, usize)> {
    let mut found = Vec::new();
    for (item, options) in items.iter().enumerate() {
        let now = options[picks[item]];
        for (option, choice) in options.iter().enumerate().filter(|(_, choice)| choice.error < now.error) {
            let shares = limits.iter().enumerate().map(|(m, limit)| (choice.cost[m] - now.cost[m]) / limit);
            let taken = shares.fold(f64::MIN_POSITIVE, f64::max);
            found.push(((now.error - choice.error) / taken, item, option));
        }
    }
    found
}

/// A partial choice.
#[derive(Clone, Copy)]
struct Label {
    cost: Costs,
    error: f64,
    parent: u32,
    option: u32,
}

/// The best choice better than `known`, if labels find one, and the least bound among what was dropped for lack of room.
fn labels(
    items: &[Vec<Choice>],
    limits: &[f64],
    prices: &Costs,
    known: Option<&[usize]>,
    room: usize,
) -> (Option<Vec<usize>>, Option<f64>) {
    let rest = Rest::new(items, limits, prices);
    let upper = known.map_or(f64::INFINITY, |picks| error(items, picks));
    let mut dropped: Option<f64> = None;
    let mut layers: Vec<Vec<Label>> = vec![vec![Label { cost: [0.0; MAX_LIMITS], error: 0.0, parent: 0, option: 0 }]];
    for (i, options) in items.iter().enumerate() {
        let mut next = Vec::new();
        for (parent, label) in layers[i].iter().enumerate() {
            for (option, choice) in options.iter().enumerate() {
                let mut cost = label.cost;
                add(&mut cost, &choice.cost);
                let new = Label { cost, error: label.error + choice.error, parent: parent as u32, option: option as u32 };
                if rest.fits(i + 1, &new) && rest.bound(i + 1, &new) < upper * (1.0 - 1e-12) {
                    next.push(new);
                }
            }
        }
        undominated(&mut next, limits.len());
        if next.len() > room {
            next.sort_by(|a, b| rest.bound(i + 1, a).total_cmp(&rest.bound(i + 1, b)));
            let least = rest.bound(i + 1, &next[room]);
            dropped = Some(dropped.map_or(least, |d| d.min(least)));
            next.truncate(room);
        }
        layers.push(next);
    }
    let last = layers.last().expect("the first layer is always there");
    let best = (0..last.len()).min_by(|a, b| last[*a].error.total_cmp(&last[*b].error));
    (best.map(|best| trace(&layers, best)), dropped)
}

fn trace(layers: &[Vec<Label>], last: usize) -> Vec<usize> {
    let mut at = last;
    let mut picks: Vec<_> = layers[1..]
        .iter()
        .rev()
        .map(|layer| {
            let label = layer[at];
            at = label.parent as usize;
            label.option as usize
        })
        .collect();
    picks.reverse();
    picks
}

/// What the items from some index on need at least.
struct Rest<'a> {
    limits: &'a [f64],
    prices: &'a Costs,
    least_cost: Vec<Costs>,
    least_priced: Vec<f64>,
}

impl<'a> Rest<'a> {
    fn new(items: &[Vec<Choice>], limits: &'a [f64], prices: &'a Costs) -> Self {
        let mut least_cost = vec![[0.0; MAX_LIMITS]; items.len() + 1];
        let mut least_priced = vec![0.0; items.len() + 1];
        for (i, options) in items.iter().enumerate().rev() {
            let least = |m: usize| options.iter().map(|o| o.cost[m]).fold(f64::INFINITY, f64::min);
            least_cost[i] = std::array::from_fn(|m| least_cost[i + 1][m] + least(m));
            least_priced[i] = least_priced[i + 1] + options.iter().map(|o| priced(o, prices)).fold(f64::INFINITY, f64::min);
        }
        Self { limits, prices, least_cost, least_priced }
    }

    fn fits(&self, from: usize, label: &Label) -> bool {
        let mut cost = label.cost;
        add(&mut cost, &self.least_cost[from]);
        within(&cost, self.limits)
    }

    /// A lower bound on the error of every completion within the limits.
    fn bound(&self, from: usize, label: &Label) -> f64 {
        let left = self.limits.iter().enumerate().map(|(m, limit)| self.prices[m] * (limit - label.cost[m])).sum::<f64>();
        (label.error + self.least_priced[from] - left).max(label.error)
    }
}

/// How many undominated labels each label is compared with, where there are several limits.
const COMPARED: usize = 64;

/// Drops labels that another one beats in error and every cost.
fn undominated(labels: &mut Vec<Label>, limits: usize) {
    labels.sort_by(|a, b| {
        let costs = a.cost.iter().zip(&b.cost).map(|(a, b)| a.total_cmp(b));
        costs.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then).then(a.error.total_cmp(&b.error))
    });
    let mut kept: Vec<Label> = Vec::with_capacity(labels.len());
    for label in labels.iter() {
        let window = if limits == 1 { 1 } else { COMPARED };
        let beaten = kept
            .iter()
            .rev()
            .take(window)
            .any(|other| other.error <= label.error && other.cost.iter().zip(&label.cost).all(|(a, b)| a <= b));
        if !beaten {
            kept.push(*label);
        }
    }
    *labels = kept;
}
