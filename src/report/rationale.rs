//! How an optimizer's changes were chosen, in words.
//!
//! In: its plan, and what exact passes changed. Out: the [`Extras`] of a savings document. Nothing is judged here.

use std::collections::BTreeSet;

use super::number;
use super::savings::{Extras, Rationale, Untouched};
use crate::digits::{counted, grouped};
use crate::rewrite::budget::Quantity;
use crate::rewrite::{Change, Plan};

/// What a plan adds to the comparison of two networks; `goal` is what was asked for, empty where only marks in the source
/// ask.
#[must_use]
pub fn rationale(goal: String, plan: &Plan, changes: &[Change]) -> Extras {
    let goal = if goal.is_empty() { "the marks in the source".to_owned() } else { goal };
    let untouched = plan.untouched.iter().map(|u| Untouched { layer: u.layer.clone(), reason: u.why.to_string() });
    Extras {
        forms: plan.changes.iter().filter_map(|change| Some((change.layer.clone(), change.how.form()?.form))).collect(),
        plan: Some(Rationale { goal, facts: facts(plan, changes) }),
        untouched: untouched.collect(),
        ..Extras::default()
    }
}

fn facts(plan: &Plan, changes: &[Change]) -> Vec<String> {
    let mut facts = Vec::new();
    for met in &plan.budgets {
        let shown = |value| shown(met.budget.quantity, value);
        let fused = if plan.after.fused && met.budget.quantity == Quantity::Peak { " (fused)" } else { "" };
        facts.push(format!("budget {}{fused}: at most {}, reached {}", met.budget, shown(met.most), shown(met.reached)));
    }
    facts.extend(plan.claim().map(|claim| format!("{claim} (a proxy: no weights were looked at)")));
    facts.extend(plan.uniform.map(|uniform| {
        let same = if plan.budgets.is_empty() { "needs no more MACs" } else { "reaches the same budget" };
        let (price, own) = (uniform.after.price, plan.error);
        format!(
            "uniform width {:.2} {same}: {} MACs, {} parameters, error {:.3} where the plan has {own:.3}",
            uniform.scale.share(),
            grouped(price.macs),
            grouped(price.params),
            uniform.error
        )
    }));
    for pass in changes.iter().map(|change| change.pass).collect::<BTreeSet<_>>() {
        let count = changes.iter().filter(|change| change.pass == pass).count();
        facts.push(format!("pass {pass}: {}", counted(count, "change")));
    }
    facts
}

fn shown(quantity: Quantity, value: f64) -> String {
    match quantity {
        Quantity::Macs => format!("{} MACs", grouped(value as u64)),
        Quantity::Params => format!("{} parameters", grouped(value as u64)),
        Quantity::Peak => number::bytes(value as u64),
        Quantity::Ms => number::milliseconds(value),
    }
}
