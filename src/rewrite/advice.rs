//! What is to be said against bottlenecks that were asked for by number, and are there because of that.
//!
//! In: a plan and what was asked. Out: warnings without a place. A plan under a budget is chosen and needs none.

use super::config::Config;
use super::plan::{NAMED, Plan, PlannedChange};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::digits::{first_names, grouped};
use crate::op::form::How;

/// Warnings on what was done as asked: bottlenecks that cost more than they save, that let one channel through, and shares of
/// less than one channel.
#[must_use]
pub fn warnings(plan: &Plan, config: &Config) -> Vec<Diagnostic> {
    [dearer(plan), chokes(plan), less_than_one(plan, config)].into_iter().flatten().collect()
}

fn dearer(plan: &Plan) -> Option<Diagnostic> {
    let dearer = of(plan, |change| change.after.macs > change.before.macs);
    let first = dearer.first()?;
    let message = format!("{} with the bottleneck than without: {}", costs_more(&dearer), names(&dearer));
    let counts = format!("`{}`: {} MACs instead of {}", first.layer, grouped(first.after.macs), grouped(first.before.macs));
    Some(doubtful(message).note(counts).help("ask for fewer channels, or leave the layer as it is"))
}

fn costs_more(changes: &[&PlannedChange]) -> &'static str {
    if changes.len() == 1 { "a layer costs more" } else { "layers cost more" }
}

fn chokes(plan: &Plan) -> Option<Diagnostic> {
    let is_choke = |change: &PlannedChange| match change.how {
        How::Form(how) => how.form.ranks().contains(&1) && change.geometry.input.min(change.geometry.output) > 1,
        How::Scale(_) => change.geometry.output > 1 && change.width == 1,
    };
    let chokes = of(plan, is_choke);
    let message = format!("all that passes has to fit one channel in: {}", names(&chokes));
    (!chokes.is_empty()).then(|| doubtful(message).help("such a network can hardly learn anything; ask for more channels"))
}

fn less_than_one(plan: &Plan, config: &Config) -> Option<Diagnostic> {
    let asked = |change: &PlannedChange| {
        let rule = config.rules.iter().find(|rule| rule.pattern.scope(&change.layer).is_some());
        rule.map_or(config.ratio, |rule| rule.ratio)
    };
    let is_beyond = |change: &PlannedChange| {
        let How::Form(how) = change.how else { return false };
        let most = change.geometry.sides(how.form.kind()).into_iter().max().unwrap_or(0);
        config.budgets.is_empty() && asked(change).is_some_and(|ratio| ratio > most)
    };
    let beyond = of(plan, is_beyond);
    let first = beyond.first()?;
    let ratio = asked(first)?;
    let message = format!("one channel in {} is less than one: {}", grouped(ratio), names(&beyond));
    let kept = first.how.form().map(|how| how.form.to_string())?;
    Some(doubtful(message).note(format!("`{}` becomes `{kept}`, as narrow as a share makes it", first.layer)))
}

fn of(plan: &Plan, is_so: impl Fn(&PlannedChange) -> bool) -> Vec<&PlannedChange> {
    plan.changes.iter().filter(|change| is_so(change)).collect()
}

fn names(changes: &[&PlannedChange]) -> String {
    let names: Vec<_> = changes.iter().map(|change| change.layer.as_str()).collect();
    first_names(&names, NAMED)
}

fn doubtful(message: String) -> Diagnostic {
    Diagnostic::bare(Code::DoubtfulBottleneck, Severity::Warning, message)
}
