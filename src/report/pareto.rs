//! The curve of budgets as a document: a line a budget, with what its plan needs and what else reaches it.
//!
//! In: the network before and, for each budget, the plan with its network or why there is none. Out: [`Curve`], which
//! serialises, its grids, and what is to be said beside them. Which points dominate others was found before.

use std::fmt::Write as _;

use serde::Serialize;

use super::columns::maybe;
use super::grid::{Cell, Grid, Heading, escape_markdown};
use super::network::{Network, Totals};
use super::number::{bytes, magnitude, milliseconds};
use super::{SCHEMA_VERSION, TOOL_VERSION, naming, table};
use crate::diagnostic::Diagnostic;
use crate::op::form::How;
use crate::rewrite::budget::{Budget, Quantity};
use crate::rewrite::plan::UniformWidth;
use crate::rewrite::{BudgetUnreachable, Plan};
use crate::visible::in_a_line;

/// What budgets on one quantity reach.
#[derive(Debug, Clone, Serialize)]
pub struct Curve {
    /// The form of this document.
    pub schema_version: u32,
    /// The version of the program.
    pub tool_version: &'static str,
    /// The net's name.
    pub net: String,
    /// The file.
    pub source: String,
    /// Images at once.
    pub batch: u64,
    /// What `macs` counts.
    pub convention: &'static str,
    /// In words, where it is not the default.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub convention_note: Option<&'static str>,
    /// What was asked for: `--pareto macs --form reduce`.
    pub goal: String,
    /// What writes one of the networks, but for its budget.
    pub command: String,
    /// What is limited: `macs`, `flops`, `params`, `ms` or `peak` (bytes).
    pub metric: &'static str,
    /// Whether a peak is that of a target that fuses.
    pub fused: bool,
    /// The name of the error model.
    pub model: Option<&'static str>,
    /// What time is predicted for.
    pub target: Option<String>,
    /// Sums before.
    pub before: Totals,
    /// Predicted milliseconds before.
    pub predicted_ms: Option<f64>,
    /// A point a budget, the loosest first.
    pub points: Vec<Point>,
    /// What is limited.
    #[serde(skip)]
    pub quantity: Quantity,
}

/// A budget, and what comes of it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Point {
    /// As `--budget` takes it: `macs=50%`.
    pub budget: String,
    /// The most that it allows, in the metric's unit.
    pub most: f64,
    /// What the plan needs of the metric, in its unit; `null` where there is no plan, as for what follows.
    pub reached: Option<f64>,
    /// Sums of the plan's network.
    pub totals: Option<Totals>,
    /// Predicted milliseconds.
    pub predicted_ms: Option<f64>,
    /// The plan's error by the model.
    pub error: Option<f64>,
    /// No plan within the budgets has a smaller error; `null` where nothing was searched.
    pub bound: Option<f64>,
    /// The part of the error by which the plan may be worse than the best, of one.
    pub gap: Option<f64>,
    /// Layers that were given a form or another width.
    pub changed_layers: Option<usize>,
    /// The widest network of one width that meets the same budgets.
    pub uniform: Option<Uniform>,
    /// The budget of a point that needs no more of the metric, has no more error, and has less of one of them.
    pub dominated_by: Option<String>,
    /// Why there is no plan.
    pub missed: Option<Missed>,
}

/// A network of one width for all of it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Uniform {
    /// The share of its channels that each layer keeps, of one.
    pub share: f64,
    /// What it needs of the metric; `null` beside a budget that no plan meets, as for the error.
    pub reached: Option<f64>,
    /// Its error by the model.
    pub error: Option<f64>,
}

/// Why there is no plan.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Missed {
    /// In one sentence.
    pub message: String,
    /// What is proven.
    pub notes: Vec<String>,
    /// What can be done.
    pub help: Vec<String>,
    /// The least of what the message speaks of.
    #[serde(skip)]
    least: Option<String>,
}

/// A budget with the most that it allows.
pub type Limit = (Budget, f64);

impl Curve {
    /// A curve of a network, with its predicted time, without points yet: what was asked for, and the command that does it.
    #[must_use]
    pub fn new(before: &Network<'_>, (goal, command): (String, String), quantity: Quantity) -> Self {
        Self {
            schema_version: SCHEMA_VERSION,
            tool_version: TOOL_VERSION,
            net: before.net.to_owned(),
            source: before.source.to_owned(),
            batch: before.batch,
            convention: before.convention,
            convention_note: before.convention_note,
            goal,
            command,
            metric: quantity.name(),
            fused: false,
            model: None,
            target: before.predicted.as_ref().map(|predicted| predicted.target.clone()),
            before: before.totals,
            predicted_ms: before.predicted.as_ref().map(|predicted| predicted.total_ms),
            points: Vec::new(),
            quantity,
        }
    }

    /// A budget that a plan meets, with the plan's network.
    pub fn meet(&mut self, limit: Limit, plan: &Plan, after: &Network<'_>) {
        (self.model, self.fused) = (Some(plan.model), plan.after.fused);
        let searched = plan.floors.is_some();
        let uniform = plan.uniform.or_else(|| one_width(plan));
        self.points.push(Point {
            reached: Some(plan.after.of(self.quantity)),
            totals: Some(after.totals),
            predicted_ms: after.predicted.as_ref().map(|predicted| predicted.total_ms),
            error: Some(plan.error),
            bound: searched.then_some(plan.bound),
            gap: searched.then(|| plan.gap()),
            changed_layers: Some(plan.changes.len()),
            uniform: uniform.map(|uniform| Uniform {
                share: uniform.scale.share(),
                reached: Some(uniform.after.of(self.quantity)),
                error: Some(uniform.error),
            }),
            ..Point::new(limit)
        });
    }

    /// A budget that nothing comes of, and why; where no plan meets it, with what was found.
    pub fn miss(&mut self, limit: Limit, why: &Diagnostic, found: Option<&BudgetUnreachable>) {
        let uniform = found.and_then(|found| found.uniform);
        self.points.push(Point {
            uniform: uniform.map(|share| Uniform { share, reached: None, error: None }),
            missed: Some(Missed {
                message: why.message.clone(),
                notes: why.notes.clone(),
                help: why.help.clone(),
                least: found.map(|found| found.budget.quantity.in_full(found.least, found.convention)),
            }),
            ..Point::new(limit)
        });
    }

    /// What the metric is called.
    #[must_use]
    pub fn metric_name(&self) -> &'static str {
        match self.quantity {
            Quantity::Macs => naming::macs(self.convention),
            Quantity::Flops => "FLOPs",
            Quantity::Params => "parameters",
            Quantity::Ms => "predicted time",
            Quantity::Peak => self.peak_name(),
        }
    }

    fn peak_name(&self) -> &'static str {
        if self.fused { "fused peak" } else { "peak" }
    }

    fn peak(&self, totals: &Totals) -> u64 {
        if self.fused { totals.fused_peak_activation_bytes } else { totals.peak_activation_bytes }
    }

    /// The table for people, with notes where there are some.
    #[must_use]
    pub fn grid(&self) -> Grid {
        let mut grid = self.figures();
        if self.points.iter().any(|point| point.note().is_some()) {
            grid.headings.push(Heading { key: "note", title: "note" });
            for (row, point) in grid.rows.iter_mut().zip(&self.points) {
                row.push(point.note().map_or(Cell::Empty, Cell::Text));
            }
        }
        grid
    }

    /// The table for people without notes.
    #[must_use]
    pub fn figures(&self) -> Grid {
        let titles = [
            ("budget", "budget"),
            ("macs", naming::macs(self.convention)),
            ("params", "parameters"),
            ("predicted_ms", "time"),
            ("peak", self.peak_name()),
            ("error", "error"),
            ("gap", "gap"),
            ("changed_layers", "layers"),
            ("uniform_share", "uniform width"),
            ("uniform_error", "its error"),
        ];
        let row = |point: &Point| {
            let count = |of: fn(&Totals) -> u64| point.totals.as_ref().map_or(Cell::Empty, |totals| Cell::Magnitude(of(totals)));
            vec![
                Cell::Text(point.budget.clone()),
                count(|totals| totals.macs),
                count(|totals| totals.params),
                maybe(point.predicted_ms, Cell::Ms),
                point.totals.as_ref().map_or(Cell::Empty, |totals| Cell::Bytes(self.peak(totals))),
                maybe(point.error, Cell::Number),
                maybe(point.gap, Cell::Share),
                maybe(point.changed_layers, |n| Cell::Count(n as u64)),
                maybe(point.uniform, |uniform| Cell::Number(uniform.share)),
                maybe(point.uniform.and_then(|uniform| uniform.error), Cell::Number),
            ]
        };
        let headings = titles.map(|(key, title)| Heading { key, title }).into();
        let mut grid = Grid { headings, rows: self.points.iter().map(row).collect(), footer: None };
        if self.quantity == Quantity::Flops {
            grid.headings.insert(1, Heading { key: "flops", title: "FLOPs" });
            for (row, point) in grid.rows.iter_mut().zip(&self.points) {
                row.insert(1, point.totals.as_ref().map_or(Cell::Empty, |totals| Cell::Magnitude(totals.flops)));
            }
        }
        grid
    }

    /// The columns that matter least where a terminal has no room.
    fn minor(&self) -> Vec<&'static str> {
        let all = ["changed_layers", "peak", "gap", "params", "uniform_error", "uniform_share", "predicted_ms", "macs"];
        all.into_iter().filter(|key| *key != self.metric && !(*key == "predicted_ms" && self.metric == "ms")).collect()
    }

    /// For programs: every number exact, a row a budget.
    #[must_use]
    pub fn csv(&self) -> String {
        let row = |point: &Point| point.columns(self.quantity).into_iter().map(|(_, cell)| cell).collect();
        let headings =
            self.points.first().map(|point| point.columns(self.quantity).map(|(key, _)| Heading { key, title: key }).into());
        let rows = self.points.iter().map(row).collect();
        Grid { headings: headings.unwrap_or_default(), rows, footer: None }.csv()
    }

    /// For a terminal of this width.
    #[must_use]
    pub fn terminal(&self, width: Option<usize>) -> String {
        let mut text = format!("{}  {}\n", self.net, in_a_line(&self.source));
        for fact in self.facts() {
            let _ = writeln!(text, "  {fact}");
        }
        let _ = write!(text, "\n{}", table::draw_without(&self.grid(), width, &self.minor()));
        for (budgets, reason) in self.reasons() {
            let _ = writeln!(text, "\n{budgets}: {}", reason[0]);
            for line in &reason[1..] {
                let _ = writeln!(text, "  {line}");
            }
        }
        let _ = writeln!(text, "\n{}", self.advice());
        text
    }

    /// For a pull request or a wiki.
    #[must_use]
    pub fn markdown(&self) -> String {
        let mut text =
            format!("# {}: budgets on {}\n\n`{}`\n\n", escape_markdown(&self.net), self.metric_name(), in_a_line(&self.source));
        for fact in self.facts() {
            let _ = writeln!(text, "- {}", escape_markdown(&fact));
        }
        let _ = writeln!(text, "\n{}", self.grid().markdown());
        for (budgets, reason) in self.reasons() {
            let _ = writeln!(text, "- {budgets}: {}", escape_markdown(&reason.join("; ")));
        }
        let _ = writeln!(text, "{}{}", if self.is_met() { "" } else { "\n" }, escape_markdown(&self.advice()));
        text
    }

    fn is_met(&self) -> bool {
        self.points.iter().all(|point| point.missed.is_none())
    }

    /// What was asked for, of what, and how the numbers are to be read.
    #[must_use]
    pub fn facts(&self) -> Vec<String> {
        let (macs, b) = (naming::macs(self.convention), &self.before);
        let time = self.predicted_ms.zip(self.target.as_ref());
        let time = time.map_or(String::new(), |(ms, target)| format!(", {} predicted on {target}", milliseconds(ms)));
        let mut facts = vec![
            format!("asked for: {}", self.goal),
            format!(
                "as it is: {} {macs}, {} parameters{time}, {} {}",
                magnitude(b.macs),
                magnitude(b.params),
                self.peak_name(),
                bytes(self.peak(b))
            ),
        ];
        if self.batch != 1 {
            facts.push(format!("for {} images at once; errors and uniform widths do not depend on that", self.batch));
        }
        facts.extend(self.model.map(|model| {
            let times = if self.quantity == Quantity::Ms { ", times of layers taken to add up" } else { "" };
            format!(
                "errors by the {model} error model (a proxy: no weights were looked at); the gap is the share of it by which the \
                 best plan over all forms and widths that the search may choose can be better{times}"
            )
        }));
        if self.points.iter().any(|point| point.dominated_by.is_some()) {
            let metric = self.metric_name();
            facts.push(format!(
                "a dominated row has another that needs no more {metric} and has no more error: tight budgets let the search choose \
                 forms that it avoids otherwise"
            ));
        }
        facts
    }

    /// Why budgets have no plan: those of one reason together, and the reason in lines.
    #[must_use]
    pub fn reasons(&self) -> Vec<(String, Vec<String>)> {
        let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
        for point in &self.points {
            let Some(missed) = &point.missed else { continue };
            let first = match &missed.least {
                Some(least) => format!("no plan; the least that was found is {least}"),
                None => missed.message.clone(),
            };
            let reason: Vec<String> = [first].into_iter().chain(missed.notes.clone()).chain(missed.help.clone()).collect();
            match reasons.iter_mut().find(|(_, other)| *other == reason) {
                Some((budgets, _)) => *budgets = format!("{budgets}, {}", point.budget),
                None => reasons.push((point.budget.clone(), reason)),
            }
        }
        reasons
    }

    /// How one of the rows becomes a network.
    #[must_use]
    pub fn advice(&self) -> String {
        format!("`{} --budget BUDGET -o OUT.net` writes the network of a row", self.command)
    }

    /// An amount of the metric, for people.
    #[must_use]
    pub fn shown(&self, value: f64) -> String {
        match self.quantity {
            Quantity::Macs | Quantity::Flops | Quantity::Params => magnitude(value as u64),
            Quantity::Ms => milliseconds(value),
            Quantity::Peak => bytes(value as u64),
        }
    }
}

impl Point {
    fn new((budget, most): Limit) -> Self {
        Self {
            budget: budget.to_string(),
            most,
            reached: None,
            totals: None,
            predicted_ms: None,
            error: None,
            bound: None,
            gap: None,
            changed_layers: None,
            uniform: None,
            dominated_by: None,
            missed: None,
        }
    }

    /// What is to be said of it in a word or two.
    #[must_use]
    pub fn note(&self) -> Option<String> {
        match (&self.missed, &self.dominated_by) {
            (Some(_), _) => Some("no plan".to_owned()),
            (None, Some(other)) => Some(format!("dominated by {other}")),
            (None, None) => None,
        }
    }

    /// The row of CSV.
    fn columns(&self, quantity: Quantity) -> [(&'static str, Cell); 20] {
        let amount = |value: f64| if quantity == Quantity::Ms { Cell::Ms(value) } else { Cell::Count(value as u64) };
        let count = |of: fn(&Totals) -> u64| self.totals.as_ref().map_or(Cell::Empty, |totals| Cell::Count(of(totals)));
        let text = |text: Option<String>| text.map_or(Cell::Empty, Cell::Text);
        let missed = self.missed.as_ref();
        [
            ("budget", Cell::Text(self.budget.clone())),
            ("most", amount(self.most)),
            ("reached", maybe(self.reached, amount)),
            ("layers", count(|totals| totals.layers)),
            ("params", count(|totals| totals.params)),
            ("macs", count(|totals| totals.macs)),
            ("predicted_ms", maybe(self.predicted_ms, Cell::Ms)),
            ("peak_activation_bytes", count(|totals| totals.peak_activation_bytes)),
            ("fused_peak_activation_bytes", count(|totals| totals.fused_peak_activation_bytes)),
            ("error", maybe(self.error, Cell::Number)),
            ("bound", maybe(self.bound, Cell::Number)),
            ("gap", maybe(self.gap, Cell::Share)),
            ("changed_layers", maybe(self.changed_layers, |n| Cell::Count(n as u64))),
            ("uniform_share", maybe(self.uniform, |uniform| Cell::Number(uniform.share))),
            ("uniform_reached", maybe(self.uniform.and_then(|uniform| uniform.reached), amount)),
            ("uniform_error", maybe(self.uniform.and_then(|uniform| uniform.error), Cell::Number)),
            ("dominated_by", text(self.dominated_by.clone())),
            ("missed", text(missed.map(|missed| missed.message.clone()))),
            ("why", text(missed.map(|missed| missed.notes.join("; ")))),
            ("flops", count(|totals| totals.flops)),
        ]
    }
}

/// A plan that is itself one width for all of it.
fn one_width(plan: &Plan) -> Option<UniformWidth> {
    let How::Scale(scale) = plan.changes.first().filter(|_| plan.is_uniform)?.how else { return None };
    Some(UniformWidth { scale, after: plan.after, error: plan.error })
}
