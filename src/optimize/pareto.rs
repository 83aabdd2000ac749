//! The curve of budgets: what each of a row of budgets on one quantity reaches, and at which error.
//!
//! In: a network, a [`Task`], and the budgets as [`Steps`]. Out: a [`Curve`], whose every [`Point`] is what the task with that
//! one budget more comes to, by the same way: its text is made, compiled and held to its assertions, and thrown away. A budget
//! that nothing reaches is a point too, with the reason.

use super::{Outcome, Task, finished, rewritten, stages};
use crate::compile::{Compiled, Loaded, Loader, Network};
use crate::diagnostic::Diagnostic;
use crate::rewrite::budget::{Budget, Quantity, Steps};
use crate::rewrite::plan::Sums;
use crate::rewrite::totals::Meter;
use crate::rewrite::{BudgetUnreachable, OptimizeError, Plan, run_passes};

/// What budgets on one quantity reach.
#[derive(Debug)]
pub struct Curve {
    /// What is limited; it gives the unit of all limits: a count, milliseconds, or bytes.
    pub quantity: Quantity,
    /// The network as it is planned for, one image.
    pub before: Sums,
    /// A point a budget, the loosest first.
    pub points: Vec<Point>,
}

/// A budget, and what comes of it.
#[derive(Debug)]
pub struct Point {
    /// The budget.
    pub budget: Budget,
    /// What it comes to.
    pub reached: Reached,
    /// Where another point needs no more of the quantity and has no more error, and less of one of them: its place in the curve.
    /// Of several it is the one with the least error.
    pub dominated_by: Option<usize>,
}

/// What a budget comes to.
#[derive(Debug)]
pub enum Reached {
    /// A plan.
    Plan(Box<Planned>),
    /// No plan meets all budgets; that which is not met may be another than the point's own.
    Unreachable(Box<BudgetUnreachable>),
    /// A plan meets it, and the network cannot be written: it would break an assertion.
    Refused(Box<Diagnostic>),
}

/// A plan and its network.
#[derive(Debug)]
pub struct Planned {
    /// The decision; its sums and errors are those of one image.
    pub plan: Plan,
    /// What its text compiles to.
    pub network: Network,
}

impl Point {
    /// The plan, where there is one.
    #[must_use]
    pub fn plan(&self) -> Option<&Plan> {
        if let Reached::Plan(planned) = &self.reached { Some(&planned.plan) } else { None }
    }

    /// What the plan needs of the quantity, and its error.
    fn figures(&self) -> Option<(f64, f64)> {
        self.plan().map(|plan| (plan.after.of(self.budget.quantity), plan.error))
    }

    /// Why there is no plan, as the failure that the budget alone is.
    #[must_use]
    pub fn failure(&self) -> Option<Diagnostic> {
        match &self.reached {
            Reached::Plan(_) => None,
            Reached::Unreachable(miss) => Some(OptimizeError::Unreachable(miss.clone()).diagnostic()),
            Reached::Refused(why) => Some((**why).clone()),
        }
    }
}

impl Curve {
    /// The most that a point's budget allows, in the quantity's unit.
    #[must_use]
    pub fn most(&self, point: &Point) -> f64 {
        point.budget.most(self.before.of(self.quantity))
    }
}

/// The curve of a network under a task whose own budgets all hold as well; `done` is told how many points there are by now.
///
/// # Errors
/// No budget is met (the error is that of the loosest), or what [`optimize`](super::optimize()) finds wrong whatever the budget.
pub fn pareto(
    before: &Loaded,
    task: &Task<'_>,
    steps: &Steps,
    (loader, done): (&dyn Loader, &mut dyn FnMut(usize)),
) -> Result<Curve, Box<Diagnostic>> {
    let mut points = Vec::new();
    for budget in steps.budgets() {
        points.push(point(before, task, budget, loader)?);
        done(points.len());
    }
    let (quantity, before) = (steps.quantity(), start(before, task)?);
    let most = |point: &Point| point.budget.most(before.of(quantity));
    points.sort_by(|a, b| most(b).total_cmp(&most(a)));
    let is_met = points.iter().any(|point| point.plan().is_some());
    if let Some(failure) = points.first().and_then(Point::failure).filter(|_| !is_met) {
        return Err(Box::new(failure));
    }
    mark_dominated(&mut points);
    Ok(Curve { quantity, before, points })
}

/// The sums of the network that budgets are a share of: exact passes may run before the bottlenecks.
fn start(before: &Loaded, task: &Task<'_>) -> Result<Sums, Box<Diagnostic>> {
    let (start, ..) = run_passes(before.shaped(), stages(task.config)?.before);
    let meter = Meter { target: task.target, convention: task.config.convention };
    let (sums, _) = meter.sums(&start).map_err(|error| Box::new(error.diagnostic()))?;
    Ok(sums)
}

/// What a task with one budget more comes to.
fn point(before: &Loaded, task: &Task<'_>, budget: Budget, loader: &dyn Loader) -> Result<Point, Box<Diagnostic>> {
    let mut config = task.config.clone();
    config.budgets.push(budget);
    let task = Task { config: &config, weights: None, ..*task };
    let reached = match rewritten(before.shaped(), stages(&config)?, &task) {
        Ok(rewritten) => match finished(before, rewritten, &task, loader).and_then(planned) {
            Ok(planned) => Reached::Plan(Box::new(planned)),
            Err(why) => Reached::Refused(why),
        },
        Err(OptimizeError::Unreachable(miss)) => Reached::Unreachable(miss),
        Err(error) => return Err(Box::new(error.diagnostic())),
    };
    Ok(Point { budget, reached, dominated_by: None })
}

fn planned(outcome: Outcome) -> Result<Planned, Box<Diagnostic>> {
    let Outcome { plan, compiled: Compiled { network, diagnostics, .. }, .. } = outcome;
    match network {
        Some(network) => Ok(Planned { plan, network }),
        None => Err(Box::new(diagnostics.into_iter().find(Diagnostic::is_error).expect("without a network there is an error"))),
    }
}

/// Finds for each point what dominates it.
fn mark_dominated(points: &mut [Point]) {
    let figures: Vec<Option<(f64, f64)>> = points.iter().map(Point::figures).collect();
    for (point, own) in points.iter_mut().zip(&figures) {
        point.dominated_by = own.and_then(|own| dominator(&figures, own));
    }
}

/// Of the figures that are no worse in anything and better in something, those with the least error, the first of them.
fn dominator(figures: &[Option<(f64, f64)>], own: (f64, f64)) -> Option<usize> {
    let is_better = |other: &(f64, f64)| other.0 <= own.0 && other.1 <= own.1 && *other != own;
    let better = figures.iter().enumerate().filter_map(|(at, other)| Some((at, other.filter(is_better)?)));
    better.min_by(|(_, a), (_, b)| a.1.total_cmp(&b.1)).map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::dominator;

    #[test]
    fn what_is_no_worse_in_anything_and_better_in_something_dominates() {
        let figures = [Some((90.0, 0.1)), Some((80.0, 0.6)), None, Some((60.0, 0.5)), Some((60.0, 0.4)), Some((50.0, 0.4))];
        let found = |at: usize| figures[at].and_then(|own| dominator(&figures, own));
        assert_eq!([0, 1, 2, 3, 4, 5].map(found), [None, Some(4), None, Some(4), Some(5), None]);
        // Two budgets that come to the same plan do not dominate one another.
        assert_eq!(dominator(&[Some((1.0, 1.0)), Some((1.0, 1.0))], (1.0, 1.0)), None);
    }
}
