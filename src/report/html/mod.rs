//! Reports as one HTML file: no network, light and dark, wide, narrow and printed.
//!
//! In: a [`Savings`] document and the networks that it compares, or a curve of budgets. Out: the page. All of it can be read without its script,
//! which sorts tables and lets the network be explored. The policy in its head forbids everything but its own styles and
//! that one script, named by its digest, so nothing that a name contains can run or load.

mod chart;
mod digest;
mod explorer;
mod facts;
mod pareto;
mod plot;
mod tables;

use maud::{DOCTYPE, Markup, PreEscaped, html};

pub use pareto::pareto;

use super::drawing::COLOURS;
use super::network::Subject;
use super::number::{bytes, grouped, magnitude, milliseconds, significant};
use super::savings::{Measured, Saving, Savings, Times};
use super::savings_tables::SLIGHT;
use super::{TOOL_VERSION, naming};

const STYLE: &str = concat!(include_str!("style.css"), include_str!("explorer.css"), include_str!("plot.css"));
const SCRIPT: &str = concat!(
    "'use strict';\n",
    include_str!("sort.js"),
    include_str!("layout.js"),
    include_str!("pane.js"),
    include_str!("detail.js"),
    include_str!("explorer.js")
);

/// The networks of a report.
pub struct Networks<'a> {
    /// Before.
    pub before: Subject<'a>,
    /// After.
    pub after: Subject<'a>,
}

/// The page.
#[must_use]
pub fn page(savings: &Savings, networks: Option<&Networks<'_>>) -> String {
    let body = html! {
        (head(savings))
        (figures(savings))
        @if let Some(measured) = &savings.measured { (measured_section(measured)) }
        (chart::charts(savings))
        (tables::groups(savings))
        (tables::changes(savings))
        @if let Some(networks) = networks { (explorer::section(savings, networks)) (tables::layers(savings, &networks.after)) }
        (tables::untouched(savings))
        (foot(savings))
    };
    whole(&format!("{}: savings report", savings.net), &body)
}

/// A page round its contents.
fn whole(title: &str, body: &Markup) -> String {
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        digest::digest(SCRIPT)
    );
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta http-equiv="Content-Security-Policy" content=(policy);
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content={ "pointwise " (TOOL_VERSION) };
                title { (title) }
                style { (PreEscaped(COLOURS)) (PreEscaped(STYLE)) }
            }
            body {
                main { (body) }
                script { (PreEscaped(SCRIPT)) }
            }
        }
    };
    page.into_string()
}

fn head(s: &Savings) -> Markup {
    html! {
        header {
            p.kicker { "Savings report" }
            h1 { (s.net) }
            p.files { code { (s.source_before) } " → " code { (s.source_after) } }
            @if let Some(doc) = &s.doc { p.doc { (prose(doc)) } }
            @if let Some(plan) = &s.plan {
                ul.plan {
                    li { "Asked for: " strong { (plan.goal) } }
                    @for fact in &plan.facts { li { (prose(fact)) } }
                }
            }
        }
    }
}

/// Text in which backticks mark code.
fn prose(text: &str) -> Markup {
    html! { @for (i, part) in text.split('`').enumerate() { @if i % 2 == 1 { code { (part) } } @else { (part) } } }
}

/// One big figure.
struct Figure {
    label: String,
    before: String,
    after: String,
    exact: String,
    /// `after / before`.
    ratio: f64,
    percent: f64,
}

fn figures(s: &Savings) -> Markup {
    let count = |label: &str, before: u64, after: u64, saving: Saving| Figure {
        label: label.to_owned(),
        before: magnitude(before),
        after: magnitude(after),
        exact: format!("{} to {}", grouped(before), grouped(after)),
        ratio: ratio(before as f64, after as f64),
        percent: saving.percent,
    };
    let memory = |label: &str, before: u64, after: u64, saving: Saving| Figure {
        before: bytes(before),
        after: bytes(after),
        ..count(label, before, after, saving)
    };
    let time = |label: String, before: f64, after: f64| Figure {
        label,
        before: milliseconds(before),
        after: milliseconds(after),
        exact: format!("{before:.3} ms to {after:.3} ms"),
        ratio: ratio(before, after),
        percent: 100.0 * (1.0 - ratio(before, after)),
    };
    let (b, a) = (&s.before, &s.after);
    let mut all = vec![
        count(naming::macs(s.convention), b.macs, a.macs, s.saved.macs),
        count("Parameters", b.params, a.params, s.saved.params),
        memory("Weights", b.weight_bytes, a.weight_bytes, s.saved.weight_bytes),
        count("FLOPs", b.flops, a.flops, s.saved.flops),
        count("Layers", b.layers, a.layers, s.saved.layers),
        memory("Activations", b.activation_bytes, a.activation_bytes, s.saved.activation_bytes),
        memory("Peak activations", b.peak_activation_bytes, a.peak_activation_bytes, s.saved.peak_activation_bytes),
        memory("Fused peak", b.fused_peak_activation_bytes, a.fused_peak_activation_bytes, s.saved.fused_peak_activation_bytes),
    ];
    all.extend(s.predicted.iter().map(|p| time(format!("Predicted time, {}", p.target), p.before_ms, p.after_ms)));
    all.extend(s.measured.iter().map(|m| time("Measured time, median".into(), m.before.median_ms, m.after.median_ms)));
    html! { section.figures { @for f in &all { (figure(f)) } } }
}

fn figure(f: &Figure) -> Markup {
    let (grew, even) = (f.percent < -SLIGHT, f.percent.abs() <= SLIGHT);
    html! {
        div.figure.worse[grew] title=(f.exact) {
            p.label { (f.label) @if grew { " " span.tag { "worse" } } }
            p.big.up[grew].even[even] { (change_text(f.percent)) }
            (chart::meter(f.ratio))
            p.pair { (f.before) " → " strong { (f.after) } }
        }
    }
}

fn ratio(before: f64, after: f64) -> f64 {
    if before > 0.0 { after / before } else { 1.0 }
}

/// A change as it is read: `−52.3 %` for a saving of 52.3 percent, `3.00x` for three times as many.
fn change_text(percent: f64) -> String {
    if percent.abs() <= SLIGHT {
        "±0 %".to_owned()
    } else if percent > 0.0 {
        format!("−{percent:.1} %")
    } else if percent >= -100.0 {
        format!("+{:.1} %", -percent)
    } else {
        format!("{}x", significant(1.0 - percent / 100.0))
    }
}

/// The change of a count: `new` where there was nothing.
fn change_of(before: u64, after: u64) -> String {
    match (before, after) {
        (0, 1..) => "new".to_owned(),
        (before, after) => change_text(Saving::between(before, after).percent),
    }
}

fn measured_section(m: &Measured) -> Markup {
    let row = |name: &str, t: &Times| {
        html! { tr { th scope="row" { (name) } @for ms in [t.min_ms, t.median_ms, t.p90_ms, t.max_ms] { td.n { (milliseconds(ms)) } } } }
    };
    html! {
        section {
            h2 { "Measured" }
            p.note { (m.runs) " runs of each network in turn, " (m.threads) @if m.threads == 1 { " thread." } @else { " threads." } }
            div.scroll { table {
                thead { tr { th { } th.n { "fastest" } th.n { "median" } th.n { "90 %" } th.n { "slowest" } } }
                tbody { (row("before", &m.before)) (row("after", &m.after)) }
            } }
        }
    }
}

/// A dotted name that may break at its dots.
fn breakable(name: &str) -> Markup {
    html! { @for (i, part) in name.split('.').enumerate() { @if i > 0 { "." wbr; } (part) } }
}

fn foot(s: &Savings) -> Markup {
    html! {
        footer {
            p {
                @match s.convention_note {
                    None => { "MACs are multiply-accumulates of convolutions, linear layers and matrix products, biases not counted" }
                    Some(_) => { (naming::macs(s.convention)) ": the convention " code { (s.convention) } }
                }
                ". Batch " (s.batch) ". Memory is for 4-byte floats; the peak is that of the order of execution, \
                 the fused one with element-wise layers in place."
            }
            @if s.predicted.is_some() { p { "Predicted time comes from a model of the target, not from a run." } }
            p { "pointwise " (s.tool_version) }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_script_is_whole_inside_its_element() {
        // What ends the element, or begins what hides its end.
        for text in ["</script", "<script", "<!--"] {
            assert!(!SCRIPT.contains(text), "{text}");
        }
        assert!(!STYLE.contains("</") && !COLOURS.contains("</"));
    }
}
