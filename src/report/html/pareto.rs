//! The page of a curve of budgets: the chart of error over what is limited, and the table of the same numbers below it.

use maud::{Markup, html};

use super::plot::{self, Plot, Series, Spot};
use super::{prose, whole};
use crate::report::grid::Cell;
use crate::report::naming;
use crate::report::number::significant;
use crate::report::pareto::{Curve, Point};
use crate::rewrite::budget::Quantity;

/// The page.
#[must_use]
pub fn pareto(curve: &Curve) -> String {
    let body = html! {
        header {
            p.kicker { "Curve of budgets" }
            h1 { (curve.net) }
            p.files { code { (curve.source) } }
            ul.plan { @for fact in curve.facts() { li { (prose(&fact)) } } }
        }
        (chart(curve))
        (table(curve))
        (foot(curve))
    };
    whole(&format!("{}: budgets on {}", curve.net, curve.metric_name()), &body)
}

fn chart(curve: &Curve) -> Markup {
    let plot = plot(curve);
    let missed: Vec<&str> =
        curve.points.iter().filter(|point| point.missed.is_some()).map(|point| point.budget.as_str()).collect();
    html! {
        section {
            h2 { "Error over " (curve.metric_name()) }
            p.note.keys {
                span { (plot::key("plan")) " plan" }
                span { (plot::key("bound")) " bound on all plans that the search may choose" }
                span { (plot::key("uniform")) " uniform width" }
            }
            (plot::draw(&plot))
            @if !missed.is_empty() { p.note { "No plan, a cross on the axis: " (missed.join(", ")) "." } }
        }
    }
}

/// All lines begin at the network as it is, without error.
fn plot(curve: &Curve) -> Plot<'_> {
    let line = |class: &'static str, title: &str, spot: &dyn Fn(&Point) -> Option<Spot>| {
        let start = Spot { title: title.to_owned(), ..Spot::at(before(curve), 0.0) };
        let mut spots: Vec<Spot> = curve.points.iter().filter_map(spot).chain([start]).collect();
        spots.sort_by(|a, b| a.x.total_cmp(&b.x).then(b.y.total_cmp(&a.y)));
        Series { class, spots }
    };
    let said = |what: &str, x: f64, y: f64| format!("{what}: {}, error {}", curve.shown(x), significant(y));
    let plan = |point: &Point| {
        // All lines say what a budget allows; what is reached of it is in the table.
        let (x, y) = (point.most, point.error?);
        let label = point.budget.split_once('=').map_or("", |(_, limit)| limit).to_owned();
        Some(Spot { label, title: said(&point.budget, x, y), hollow: point.dominated_by.is_some(), ..Spot::at(x, y) })
    };
    let uniform = |point: &Point| {
        let uniform = point.uniform?;
        let (x, y) = (point.most, uniform.error?);
        Some(Spot { title: said(&format!("uniform width {}", significant(uniform.share)), x, y), ..Spot::at(x, y) })
    };
    let missed = curve.points.iter().filter(|point| point.missed.is_some()).map(|point| point.most);
    Plot {
        label: format!(
            "error over {} of the plan, its bound and the uniform width; the table has the numbers",
            curve.metric_name()
        ),
        axes: [axis(curve), curve.model.map_or("error".to_owned(), |model| format!("error by {model}"))],
        base: if curve.quantity == Quantity::Peak { 1024.0 } else { 1000.0 },
        shown: Box::new(|value| curve.shown(value)),
        missed: missed.collect(),
        series: [vec![line("uniform", "", &uniform)], bounds(curve), vec![line("plan", "as it is", &plan)]].concat(),
    }
}

/// The bound as a line for each row of budgets that have one: where nothing is certified there is none.
fn bounds(curve: &Curve) -> Vec<Series> {
    let start = Some(Spot::at(before(curve), 0.0));
    let bound = |point: &Point| point.bound.map(|y| Spot::at(point.most, y));
    let loosest_first: Vec<Option<Spot>> = std::iter::once(start).chain(curve.points.iter().map(bound)).collect();
    let runs = loosest_first.split(Option::is_none).map(|run| run.iter().flatten().rev().cloned().collect::<Vec<_>>());
    runs.filter(|spots| spots.len() > 1).map(|spots| Series { class: "bound", spots }).collect()
}

fn axis(curve: &Curve) -> String {
    let name = curve.metric_name();
    match (&curve.target, curve.quantity) {
        (Some(target), Quantity::Ms) => format!("{name} on {target}"),
        (_, Quantity::Macs | Quantity::Flops | Quantity::Params | Quantity::Ms | Quantity::Peak) => name.to_owned(),
    }
}

/// What the network needs of the metric as it is.
fn before(curve: &Curve) -> f64 {
    let before = &curve.before;
    match curve.quantity {
        Quantity::Macs => before.macs as f64,
        Quantity::Flops => before.flops as f64,
        Quantity::Params => before.params as f64,
        Quantity::Ms => curve.predicted_ms.unwrap_or(0.0),
        Quantity::Peak if curve.fused => before.fused_peak_activation_bytes as f64,
        Quantity::Peak => before.peak_activation_bytes as f64,
    }
}

fn table(curve: &Curve) -> Markup {
    let grid = curve.figures();
    let numeric: Vec<bool> = (0..grid.headings.len()).map(|column| grid.is_numeric(column)).collect();
    html! {
        section {
            h2 { "Budget by budget" }
            p.note { (prose(&curve.advice())) "." }
            div.scroll tabindex="0" role="region" aria-label="budgets" { table.sort.wide {
                thead { tr { @for (heading, n) in grid.headings.iter().zip(&numeric) { th.n[*n] { (heading.title) } } } }
                tbody { @for (row, point) in grid.rows.iter().zip(&curve.points) { tr { @for (cell, n) in row.iter().zip(&numeric) {
                    @if let Cell::Text(budget) = cell { th scope="row" { (budget) @if let Some(note) = point.note() { " " span.tag { (note) } } } }
                    @else { td.n[*n] data-v=[cell.weight()] { (cell.shown()) } }
                } } } }
            } }
            @for (budgets, reason) in curve.reasons() {
                p.note { strong { (budgets) } ": " (prose(&reason.join("; "))) "." }
            }
        }
    }
}

fn foot(curve: &Curve) -> Markup {
    html! {
        footer {
            p { "Layers are those that were given a form or another width. Uniform width is the share of all channels that the widest \
                 network of one width keeps within the same budget." }
            @if curve.convention_note.is_some() { p { (naming::macs(curve.convention)) ": the convention " code { (curve.convention) } "." } }
            @if curve.target.is_some() { p { "Predicted time comes from a model of the target, not from a run." } }
            p { "pointwise " (curve.tool_version) }
        }
    }
}
