//! How an optimizer's changes were chosen, in words and in numbers.
//!
//! In: its plan, and what exact passes changed. Out: the [`Extras`] of a savings document. Nothing is judged here.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::correspondence::{FOLDED, Joined, Known};
use super::number;
use super::savings::{Extras, Untouched};
use crate::analysis::Convention;
use crate::analysis::convention::word;
use crate::digits::{counted, first_names, grouped};
use crate::rewrite::budget::Quantity;
use crate::rewrite::plan::{Floors, Met, Sums, UniformWidth};
use crate::rewrite::{Change, Plan};

/// How the changes were chosen.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Rationale {
    /// What was asked for: `macs=50%`, `ratio 4`.
    pub goal: String,
    /// Facts about the plan: the error model, the bound, the gap.
    pub facts: Vec<String>,
    /// The name of the error model; `null` where none was asked.
    pub model: Option<&'static str>,
    /// The plan's error by that model, the sum of those of the changes.
    pub error: Option<f64>,
    /// No plan by forms and narrower insides has a smaller error within the budgets; `null` where nothing was searched or one width
    /// for the whole network errs less, as for the gap.
    pub bound: Option<f64>,
    /// The part of the error by which the plan may be worse than the best, of one.
    pub gap: Option<f64>,
    /// What no bottleneck of the search goes below; `null` where nothing was searched.
    pub floors: Option<Narrowest>,
    /// Budgets in the order in which they were asked for.
    pub budgets: Vec<Spent>,
    /// Other ways to the same budgets.
    pub alternatives: Vec<Other>,
}

/// What no bottleneck of the search goes below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Narrowest {
    /// One channel in so many is kept at least.
    pub ratio: u64,
    /// No fewer channels.
    pub channels: u64,
    /// Widths are multiples of this, or of its half or quarter.
    pub align: u64,
}

/// A budget and what the plan needs of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Spent {
    /// `macs`, `params`, `ms` or `peak` (bytes).
    pub metric: &'static str,
    /// As it was asked for: `50%`, or a number in the metric's unit.
    pub limit: String,
    /// The most that it allows, in the metric's unit.
    pub most: f64,
    /// What the plan needs.
    pub reached: f64,
}

/// Another way to the same budgets.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Other {
    /// What is done: `uniform width`.
    pub name: &'static str,
    /// The share of its channels that each layer keeps, of one.
    pub share: f64,
    /// Its error by the model, where the model knows one.
    pub error: Option<f64>,
    /// Multiply-accumulates.
    pub macs: u64,
    /// Learnable scalars.
    pub params: u64,
    /// Predicted milliseconds.
    pub ms: f64,
    /// Bytes alive at the peak.
    pub peak_activation_bytes: u64,
}

/// What a plan adds to the comparison of two networks; `goal` is what was asked for, empty where only marks in the source
/// ask.
#[must_use]
pub fn rationale(goal: String, plan: &Plan, changes: &[Change]) -> Extras {
    let untouched = plan.untouched.iter().map(|u| Untouched { layer: u.layer.clone(), reason: u.why.to_string() });
    let joined: Vec<Joined> = changes.iter().filter_map(joined).collect();
    Extras {
        forms: plan.changes.iter().filter_map(|change| Some((change.layer.clone(), change.how.form()?.form))).collect(),
        scaled: plan.changes.iter().filter(|change| change.how.form().is_none()).map(|change| change.layer.clone()).collect(),
        known: Known { inserted: BTreeMap::new(), joined },
        reasons: changes.iter().filter_map(reason).collect(),
        errors: plan.changes.iter().map(|change| (change.layer.clone(), change.error)).collect(),
        plan: Some(explained(goal, plan, changes)),
        untouched: untouched.collect(),
        ..Extras::default()
    }
}

/// The two layers that a pass made one.
fn joined(change: &Change) -> Option<Joined> {
    let [one, other] = &change.layers[..] else { return None };
    let how = if change.pass == "fold-norm" { FOLDED } else { "merged into it" };
    Some(Joined { layers: [one.clone(), other.clone()], how })
}

/// Why a pass removed a layer.
fn reason(change: &Change) -> Option<(String, String)> {
    let [layer] = &change.layers[..] else { return None };
    Some((layer.clone(), format!("{}: {}", change.pass, change.note)))
}

fn explained(goal: String, plan: &Plan, changes: &[Change]) -> Rationale {
    let goal = if goal.is_empty() { "the marks in the source".to_owned() } else { goal };
    let model = Some(plan.model).filter(|model| !model.is_empty());
    let certified = plan.is_certified();
    Rationale {
        goal,
        facts: facts(plan, changes),
        model,
        error: model.map(|_| plan.error),
        bound: certified.then_some(plan.bound),
        gap: certified.then(|| plan.gap()),
        floors: plan.floors.map(|Floors { ratio, channels, align }| Narrowest { ratio, channels, align }),
        budgets: plan.budgets.iter().map(spent).collect(),
        alternatives: plan.uniform.iter().map(other).collect(),
    }
}

fn spent(met: &Met) -> Spent {
    let Met { budget, most, reached } = *met;
    Spent { metric: budget.quantity.name(), limit: budget.limit.to_string(), most, reached }
}

fn other(uniform: &UniformWidth) -> Other {
    let Sums { price, peak, .. } = uniform.after;
    let (macs, params, ms) = (price.counted, price.params, price.ms);
    let (share, error) = (uniform.scale.share(), Some(uniform.error));
    Other { name: "uniform width", share, error, macs, params, ms, peak_activation_bytes: peak }
}

fn facts(plan: &Plan, changes: &[Change]) -> Vec<String> {
    let mut facts = Vec::new();
    for met in &plan.budgets {
        let shown = |value| shown(met.budget.quantity, value, plan.after.convention);
        let fused = if plan.after.fused && met.budget.quantity == Quantity::Peak { " (fused)" } else { "" };
        facts.push(format!("budget {}{fused}: at most {}, reached {}", met.budget, shown(met.most), shown(met.reached)));
    }
    facts.extend(plan.claim().map(|claim| format!("{claim} (a proxy: no weights were looked at)")));
    facts.extend(plan.by_parts.map(|error| {
        let (own, model) = (plan.error, plan.model);
        format!("one width for the whole network: error {own:.3}, and {error:.3} for the best plan by parts, under the {model} error model (a proxy: no weights were looked at)")
    }));
    facts.extend(plan.uniform.map(|uniform| {
        let same = if plan.budgets.is_empty() { "needs no more MACs" } else { "reaches the same budget" };
        let (price, own) = (uniform.after.price, plan.error);
        let better = if uniform.error < own { "; it errs less, but is not what was asked for: `--form scale` is" } else { "" };
        format!(
            "uniform width {:.2} {same}: {} {}, {} parameters, error {:.3} where the plan has {own:.3}{better}",
            uniform.scale.share(),
            grouped(price.counted),
            word(uniform.after.convention),
            grouped(price.params),
            uniform.error
        )
    }));
    if !plan.slower.is_empty() {
        let (count, named) = (counted(plan.slower.len(), "layer"), first_names(&plan.slower, NAMED));
        let are = if plan.slower.len() == 1 { "is" } else { "are" };
        let them = if plan.slower.len() == 1 { "it" } else { "them" };
        facts.push(format!(
            "{count} {are} predicted slower than before, and no plan without {them} was found that is nearly as good: {named}"
        ));
    }
    for pass in changes.iter().map(|change| change.pass).collect::<BTreeSet<_>>() {
        let count = changes.iter().filter(|change| change.pass == pass).count();
        facts.push(format!("pass {pass}: {}", counted(count, "change")));
    }
    facts
}

/// The most layers that a fact names.
const NAMED: usize = 3;

fn shown(quantity: Quantity, value: f64, convention: Convention) -> String {
    match quantity {
        Quantity::Macs | Quantity::Flops | Quantity::Params => quantity.in_full(value.floor(), convention),
        Quantity::Peak => number::bytes(value as u64),
        Quantity::Ms => number::milliseconds(value),
    }
}
