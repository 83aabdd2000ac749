//! The tables of the page: what changed, every layer, what was left alone.
//!
//! In: a [`Savings`] document and the network after. Out: sections. Cells whose text is no plain number carry the one to sort
//! by in `data-v`; the script makes the headings of `table.sort` into buttons.

use maud::{Markup, html};

use super::{breakable, change_of, prose};
use crate::graph::print::call;
use crate::report::naming;
use crate::report::network::Subject;
use crate::report::number::{grouped, magnitude, milliseconds};
use crate::report::savings::{ChangedLayer, Saving, Savings};

/// Longer lists are folded.
const MOST_OPEN: usize = 12;

/// What changed.
pub(super) fn changes(s: &Savings) -> Markup {
    html! {
        section {
            h2 { "What changed" }
            @if s.changes.is_empty() { p.note { "No layer differs." } }
            @else {
                p.note { (s.changes.len()) @if s.changes.len() == 1 { " layer." } @else { " layers." } " Costs after include what was inserted." }
                (change_table(s, &s.changes))
            }
        }
    }
}

fn change_table(s: &Savings, changes: &[ChangedLayer]) -> Markup {
    let macs = naming::macs(s.convention);
    let pair = |what: &str, before: u64, after: u64| {
        html! { td.n.pair-cell data-what=(what) data-v=(after) title={ (grouped(before)) " to " (grouped(after)) } { (magnitude(before)) " → " (magnitude(after)) } }
    };
    html! {
        div.scroll.tall tabindex="0" role="region" aria-label="changed layers" { table.stack.sort {
            thead { tr { th { "layer" } th { "form" } th.n { "channels" } th.n { (macs) } th.n { "change" } th.n { "parameters" } th.n { "change" } } }
            tbody { @for c in changes { tr {
                th scope="row" { (breakable(&c.layer)) }
                td { span.tag { (c.form) } }
                td.n.channels data-what="channels" { (c.channels.iter().map(u64::to_string).collect::<Vec<_>>().join(", ")) }
                (pair(macs, c.before.macs, c.after.macs)) (delta(c.before.macs, c.after.macs))
                (pair("parameters", c.before.params, c.after.params)) (delta(c.before.params, c.after.params))
            } } }
        } }
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
