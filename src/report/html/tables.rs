//! The tables of the page: what changed, every layer, what was left alone.
//!
//! In: a [`Savings`] document and the network after. Out: sections. Cells whose text is no plain number carry the one to sort
//! by in `data-v`; the script makes the headings of `table.sort` into buttons.

use maud::{Markup, html};

use super::{breakable, change_of, prose};
use crate::graph::print::call;
use crate::report::grid::Cell;
use crate::report::naming;
use crate::report::network::Subject;
use crate::report::number::{grouped, magnitude, milliseconds};
use crate::report::savings::{ChangedLayer, Cost, Saving, Savings};
use crate::report::savings_tables::{self, Room, Told, told};
use crate::report::savings_text::caption;

/// Longer lists are folded.
const MOST_OPEN: usize = 12;

/// What changed: like changes in one row, and each on its own in a fold.
pub(super) fn changes(s: &Savings) -> Markup {
    let told = told(s);
    let folded = told.len() < s.changes.len();
    html! {
        section {
            h2 { "What changed" }
            @if s.changes.is_empty() { p.note { "No layer differs." } }
            @else {
                p.note { (caption(s, false)) "." }
                @if !told.is_empty() { (change_table(s, "changes", &told.iter().map(Line::of).collect::<Vec<_>>())) }
                @if folded {
                    details { summary { "Each of " (s.changes.len()) " layers on its own" }
                        (change_table(s, "changed layers", &s.changes.iter().map(Line::alone).collect::<Vec<_>>()))
                    }
                }
            }
        }
    }
}

/// A row of changes.
struct Line<'a> {
    name: &'a str,
    times: usize,
    change: &'a ChangedLayer,
    clauses: &'a [String],
    before: Cost,
    after: Cost,
}

impl<'a> Line<'a> {
    fn of(told: &'a Told<'a>) -> Self {
        let (change, times) = (told.members[0], told.members.len());
        Self { name: told.name, times, change, clauses: told.changed, before: told.before, after: told.after }
    }

    fn alone(change: &'a ChangedLayer) -> Self {
        let ChangedLayer { layer, changed, before, after, .. } = change;
        Self { name: layer, times: 1, change, clauses: changed, before: *before, after: *after }
    }
}

fn change_table(s: &Savings, label: &str, lines: &[Line<'_>]) -> Markup {
    let macs = naming::macs(s.convention);
    let pair = |what: &str, before: u64, after: u64| {
        html! { td.n.pair-cell data-what=(what) data-v=(after) title={ (grouped(before)) " to " (grouped(after)) } { (magnitude(before)) " → " (magnitude(after)) } }
    };
    let channels = |change: &ChangedLayer| change.channels.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    html! {
        div.scroll.tall tabindex="0" role="region" aria-label=(label) { table.stack.sort {
            thead { tr { th { "layer" } th { "change" } th.n { "channels" } th.n { (macs) } th.n { "change" } th.n { "parameters" } th.n { "change" } } }
            tbody { @for line in lines { tr {
                th scope="row" { (breakable(line.name)) @if line.times > 1 { span.times { " ×" (line.times) } } }
                td { span.tag { (line.change.form) } @if !line.clauses.is_empty() { " " span.clauses { (prose(&line.clauses.join(", "))) } } }
                td.n.channels data-what="channels" { (channels(line.change)) }
                (pair(macs, line.before.macs, line.after.macs)) (delta(line.before.macs, line.after.macs))
                (pair("parameters", line.before.params, line.after.params)) (delta(line.before.params, line.after.params))
            } } }
        } }
    }
}

/// Layers taken together, where that was asked for.
pub(super) fn groups(s: &Savings) -> Markup {
    let Some(by) = &s.groups else { return html! {} };
    let grid = savings_tables::groups(s, (by.by, &by.rows), Room::Full);
    let numeric: Vec<bool> = (0..grid.headings.len()).map(|column| grid.is_numeric(column)).collect();
    html! {
        section {
            h2 { "By " (by.by) }
            div.scroll.tall tabindex="0" role="region" aria-label={ "by " (by.by) } { table.sort.wide {
                thead { tr { @for (heading, n) in grid.headings.iter().zip(&numeric) { th.n[*n] { (heading.title) } } } }
                tbody { @for row in &grid.rows { tr { @for (cell, n) in row.iter().zip(&numeric) {
                    @if let Cell::Name(name) = cell { th scope="row" { (breakable(name)) } }
                    @else { td.n[*n] data-v=[cell.weight()] { (cell.shown()) } }
                } } } }
            } }
        }
    }
}

fn delta(before: u64, after: u64) -> Markup {
    let percent = Saving::between(before, after).percent;
    // What is new has grown without measure.
    let weight = if before == 0 && after > 0 { "1e99".to_owned() } else { format!("{:.3}", -percent) };
    html! { td.n.down[percent > 0.05].more[percent < -0.05] data-v=(weight) { (change_of(before, after)) } }
}

/// Every layer after, for readers without a script and for those who want to sort.
pub(super) fn layers(s: &Savings, after: &Subject<'_>) -> Markup {
    let graph = after.shaped.graph();
    let times = after.forecast.map(|forecast| &forecast.times.layers);
    html! {
        section {
            h2 { "Every layer" @if !s.changes.is_empty() { " after" } }
            details { summary { "Show " (after.analysis.layers.len()) " layers" }
                div.scroll.tall tabindex="0" role="region" aria-label="layers" { table.sort.wide {
                    thead { tr {
                        th { "layer" } th { "operation" } th.n { "output" } th.n { "parameters" } th.n { (naming::macs(s.convention)) }
                        th.n { "receptive field" } @if times.is_some() { th.n { "predicted" } }
                    } }
                    tbody { @for (i, layer) in after.analysis.layers.iter().enumerate() {
                        @let node = graph.node(layer.node);
                        @let [h, w] = layer.receptive.field;
                        tr {
                            th scope="row" { (breakable(&node.name)) }
                            td.code { (call(&node.op)) }
                            td.n data-v=(layer.output.elements().unwrap_or(u64::MAX)) { (layer.output.dims().iter().map(u32::to_string).collect::<Vec<_>>().join(" × ")) }
                            td.n data-v=(layer.params) { @if layer.params > 0 { (grouped(layer.params)) } }
                            td.n data-v=(layer.macs) { @if layer.macs > 0 { (grouped(layer.macs)) } }
                            td.n data-v=(h.saturating_mul(w)) { (h) " × " (w) }
                            @if let Some(time) = times.and_then(|times| times.get(i)) {
                                td.n data-v={ (format!("{:.6}", time.total_us)) } { @if time.total_us > 0.0 { (milliseconds(time.total_us / 1e3)) } }
                            }
                        }
                    } }
                } }
            }
        }
    }
}

/// What was left alone, and why.
pub(super) fn untouched(s: &Savings) -> Markup {
    let table = html! {
        div.scroll { table.stack.sort {
            thead { tr { th { "layer" } th { "why" } } }
            tbody { @for u in &s.untouched { tr { th scope="row" { (breakable(&u.layer)) } td.why { (prose(&u.reason)) } } } }
        } }
    };
    html! {
        @if !s.untouched.is_empty() {
            section {
                h2 { "Left alone" }
                @if s.untouched.len() > MOST_OPEN {
                    details { summary { (s.untouched.len()) " layers and why" } (table) }
                } @else { (table) }
            }
        }
    }
}
