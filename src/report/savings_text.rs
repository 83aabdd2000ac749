//! The savings report as tables for a terminal, Markdown and CSV.

use std::fmt::Write as _;

use super::grid::{Cell, Grid, Heading, escape_markdown};
use super::naming;
use super::number::{bytes, magnitude, milliseconds, significant};
use super::savings::{ChangedLayer, Cost, Savings};
use super::table;
use crate::digits::{counted, first_names};

fn heading(key: &'static str, title: &'static str) -> Heading {
    Heading { key, title }
}

/// Totals before and after, one row a quantity.
#[must_use]
pub fn totals(s: &Savings) -> Grid {
    let headings =
        vec![heading("total", "total"), heading("before", "before"), heading("after", "after"), heading("saved", "saved")];
    let (b, a) = (&s.before, &s.after);
    let row = |name: &str, before: String, after: String, percent: f64| {
        vec![Cell::Text(name.to_owned()), Cell::Text(before), Cell::Text(after), saved(percent / 100.0, "x as much")]
    };
    let mut rows = vec![
        row(naming::macs(s.convention), magnitude(b.macs), magnitude(a.macs), s.saved.macs.percent),
        row("parameters", magnitude(b.params), magnitude(a.params), s.saved.params.percent),
        row("weights", bytes(b.weight_bytes), bytes(a.weight_bytes), s.saved.weight_bytes.percent),
        row("activations", bytes(b.activation_bytes), bytes(a.activation_bytes), s.saved.activation_bytes.percent),
        row(
            "peak activations",
            bytes(b.peak_activation_bytes),
            bytes(a.peak_activation_bytes),
            s.saved.peak_activation_bytes.percent,
        ),
        row(
            "fused peak",
            bytes(b.fused_peak_activation_bytes),
            bytes(a.fused_peak_activation_bytes),
            s.saved.fused_peak_activation_bytes.percent,
        ),
    ];
    let mut time = |name: &str, before: f64, after: f64| {
        let percent = if before > 0.0 { 100.0 * (1.0 - after / before) } else { 0.0 };
        rows.push(row(name, milliseconds(before), milliseconds(after), percent));
    };
    if let Some(p) = &s.predicted {
        time(&format!("predicted on {}", p.target), p.before_ms, p.after_ms);
    }
    if let Some(m) = &s.measured {
        time("measured, median", m.before.median_ms, m.after.median_ms);
    }
    Grid { headings, rows, footer: None }
}

/// What was saved of a count: `52.3 %`, `3.00x as many`, or `new` where there was nothing.
fn saved_count(before: u64, after: u64) -> Cell {
    match (before, after) {
        (0, 0) => Cell::Empty,
        (0, _) => Cell::Text("new".to_owned()),
        (before, after) => saved(1.0 - after as f64 / before as f64, "x as many"),
    }
}

/// A share that was saved; what more than doubled is said as a multiple.
fn saved(share: f64, times: &str) -> Cell {
    if share < -1.0 { Cell::Text(format!("{}{times}", significant(1.0 - share))) } else { Cell::Share(share) }
}

/// Changed layers.
#[must_use]
pub fn changes(s: &Savings) -> Grid {
    let headings = vec![
        heading("layer", "layer"),
        heading("form", "form"),
        heading("channels", "channels"),
        heading("macs_before", naming::macs(s.convention)),
        heading("macs_after", "after"),
        heading("macs_saved", "saved"),
        heading("params_before", "params"),
        heading("params_after", "after"),
        heading("params_saved", "saved"),
    ];
    let row = |c: &ChangedLayer| {
        let channels = c.channels.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
        let mut row = vec![Cell::Name(c.layer.clone()), Cell::Text(c.form.clone()), Cell::Text(channels)];
        for (before, after) in [(c.before.macs, c.after.macs), (c.before.params, c.after.params)] {
            row.extend([Cell::Count(before), Cell::Count(after), saved_count(before, after)]);
        }
        row
    };
    Grid { headings, rows: s.changes.iter().map(row).collect(), footer: None }
}

/// For a terminal.
#[must_use]
pub fn terminal(s: &Savings, width: Option<usize>) -> String {
    let mut text = format!("{}  {} → {}\n", s.net, s.source_before, s.source_after);
    for fact in facts(s) {
        let _ = writeln!(text, "  {fact}");
    }
    text.push('\n');
    text.push_str(&table::draw(&totals(s), width));
    if s.changes.is_empty() {
        text.push_str("\nno layer differs\n");
    } else {
        let _ = writeln!(text, "\n{} (costs after include what was inserted)", counted(s.changes.len(), "layer"));
        text.push_str(&table::draw(&changes(s), width));
    }
    if !s.untouched.is_empty() {
        let _ = writeln!(text, "\n{} left alone", counted(s.untouched.len(), "layer"));
        for (reason, layers) in by_reason(s) {
            let _ = writeln!(text, "  {reason}: {}", first_names(&layers, 3));
        }
    }
    text
}

/// For a pull request or a wiki.
#[must_use]
pub fn markdown(s: &Savings) -> String {
    let plain = |text: &str| escape_markdown(text);
    let mut text = format!("# {}: savings report\n\n`{}` → `{}`\n\n", plain(&s.net), s.source_before, s.source_after);
    for fact in facts(s) {
        let _ = writeln!(text, "- {}", plain(&fact));
    }
    let _ = writeln!(text, "\n{}", totals(s).markdown());
    if !s.changes.is_empty() {
        let _ = writeln!(text, "## What changed\n\nCosts after include what was inserted.\n\n{}", changes(s).markdown());
    }
    let _ = writeln!(text, "## Block by block\n\n{}", blocks(s).markdown());
    if !s.untouched.is_empty() {
        text.push_str("## Left alone\n\n| layer | why |\n|---|---|\n");
        for u in &s.untouched {
            let _ = writeln!(text, "| {} | {} |", plain(&u.layer), plain(&u.reason));
        }
    }
    text
}

/// Every block before and after.
#[must_use]
pub fn blocks(s: &Savings) -> Grid {
    let headings = vec![
        heading("block", "block"),
        heading("macs_before", naming::macs(s.convention)),
        heading("macs_after", "after"),
        heading("params_before", "params"),
        heading("params_after", "after"),
        heading("inserted", "inserted"),
    ];
    let row = |name: &str, before: &Cost, after: &Cost, inserted: u64| {
        let counts = [before.macs, after.macs, before.params, after.params, inserted].map(Cell::Count);
        std::iter::once(Cell::Name(name.to_owned())).chain(counts).collect::<Vec<_>>()
    };
    let rows = s.blocks.iter().filter(|b| b.before.params + b.after.params + b.before.macs + b.after.macs > 0);
    Grid { headings, rows: rows.map(|b| row(&b.name, &b.before, &b.after, b.inserted)).collect(), footer: None }
}

/// One table: a row for the total, for each block and for each changed layer.
#[must_use]
pub fn csv(s: &Savings) -> String {
    let keys = [
        "kind",
        "name",
        "form",
        "channels",
        "layers_before",
        "layers_after",
        "params_before",
        "params_after",
        "macs_before",
        "macs_after",
        "weight_bytes_before",
        "weight_bytes_after",
        "activation_bytes_before",
        "activation_bytes_after",
    ];
    let headings = keys.map(|key| heading(key, key)).to_vec();
    let row = |kind: &str, name: &str, (form, channels): (&str, String), before: &Cost, after: &Cost| {
        let pairs = [
            (before.layers, after.layers),
            (before.params, after.params),
            (before.macs, after.macs),
            (before.weight_bytes, after.weight_bytes),
            (before.activation_bytes, after.activation_bytes),
        ];
        let mut row: Vec<Cell> = [kind, name, form].map(|t| Cell::Text(t.to_owned())).to_vec();
        row.push(Cell::Text(channels));
        row.extend(pairs.iter().flat_map(|(b, a)| [Cell::Count(*b), Cell::Count(*a)]));
        row
    };
    let total = |t: &super::network::Totals| Cost {
        layers: t.layers,
        params: t.params,
        macs: t.macs,
        weight_bytes: t.weight_bytes,
        activation_bytes: t.activation_bytes,
        predicted_ms: None,
    };
    let none = || ("", String::new());
    let mut rows = vec![row("total", &s.net, none(), &total(&s.before), &total(&s.after))];
    rows.extend(s.blocks.iter().map(|b| row("block", &b.name, none(), &b.before, &b.after)));
    rows.extend(s.changes.iter().map(|c| {
        let channels = c.channels.iter().map(u64::to_string).collect::<Vec<_>>().join(" ");
        row("layer", &c.layer, (&c.form, channels), &c.before, &c.after)
    }));
    Grid { headings, rows, footer: None }.csv()
}

/// What was asked for, how good the plan is, how time was measured.
fn facts(s: &Savings) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(plan) = &s.plan {
        facts.push(format!("asked for: {}", plan.goal));
        facts.extend(plan.facts.iter().cloned());
    }
    if let Some(m) = &s.measured {
        let spread = |t: &super::savings::Times| format!("{} to {} ms", significant(t.min_ms), significant(t.max_ms));
        facts.push(format!(
            "measured: {} runs of each in turn, {}; before {}, after {}",
            m.runs,
            counted(m.threads, "thread"),
            spread(&m.before),
            spread(&m.after)
        ));
    }
    facts
}

fn by_reason(s: &Savings) -> Vec<(&str, Vec<&str>)> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for u in &s.untouched {
        match reasons.iter_mut().find(|(reason, _)| *reason == u.reason) {
            Some((_, layers)) => layers.push(&u.layer),
            None => reasons.push((&u.reason, vec![&u.layer])),
        }
    }
    reasons
}
