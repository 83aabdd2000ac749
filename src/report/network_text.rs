//! A network's totals for people, below the table of its layers.

use std::fmt::Write as _;

use super::fit::wrapped;
use super::grid::escape_markdown;
use super::naming;
use super::network::{Dead, Excerpt, Network, Port};
use super::number::{bytes, grouped, magnitude, milliseconds, percent, significant};
use crate::digits::count_of;
use crate::visible::in_a_line;

/// The line above a table: name, file, batch, convention, type of the elements.
#[must_use]
pub fn title(n: &Network<'_>) -> String {
    let ports = |ports: &[Port<'_>]| {
        let one = |p: &Port<'_>| format!("{} {}", p.name, p.shape.iter().map(u64::to_string).collect::<Vec<_>>().join("x"));
        ports.iter().map(one).collect::<Vec<_>>().join(", ")
    };
    let mut text = format!("{}  {}  {} → {}", n.net, in_a_line(n.source), ports(&n.inputs), ports(&n.outputs));
    if n.batch != 1 {
        let _ = write!(text, "  batch {}", n.batch);
    }
    if n.convention != "default" {
        let _ = write!(text, "  {}", naming::macs(n.convention));
    }
    if let Some(dtype) = n.other_dtype() {
        let _ = write!(text, "  bytes of {dtype}");
    }
    text
}

/// Totals as `(name, value)` pairs, in the order in which they are shown.
#[must_use]
pub fn facts(n: &Network<'_>) -> Vec<(&'static str, String)> {
    let t = &n.totals;
    let exact = |value: u64| if value < 1000 { value.to_string() } else { format!("{} ({})", magnitude(value), grouped(value)) };
    let o = &t.other_ops;
    let by_default = if n.convention == "default" { "" } else { " by the default convention" };
    let mut facts = vec![
        ("parameters", exact(t.params)),
        (naming::macs(n.convention), exact(t.macs)),
        ("FLOPs", format!("{}, 2 x MACs + biases{by_default}", exact(t.flops))),
        ("other operations", other(&[(o.add, "add"), (o.mul, "mul"), (o.compare, "compare"), (o.exp, "exp"), (o.div, "div")])),
        ("weights", bytes(t.weight_bytes)),
        ("activations", format!("{} written in all", bytes(t.activation_bytes))),
        ("peak", peak(n)),
        (
            "fused peak",
            format!("{} at `{}`, element-wise layers in place", bytes(t.fused_peak_activation_bytes), n.fused_peak_at),
        ),
        ("intensity", format!("{} FLOP/byte", significant(t.flops_per_byte))),
    ];
    if t.buffers > 0 {
        facts.insert(1, ("buffers", exact(t.buffers)));
    }
    if n.dead.layers > 0 {
        facts.push(("dead", dead(n)));
    }
    if let Some(shown) = &n.shown {
        facts.insert(0, ("shown", excerpt(n, shown)));
    }
    if let Some(p) = &n.predicted {
        let arithmetic = n.other_dtype().map_or("", |_| ", arithmetic as fast as in f32");
        facts.push(("predicted time", format!("{} on {}{arithmetic}", milliseconds(p.total_ms), p.target)));
    }
    facts
}

/// `5 of 66 layers, with 45.2 % of the MACs and 12.0 % of the parameters`.
fn excerpt(n: &Network<'_>, shown: &Excerpt) -> String {
    let rows = if n.groups.is_some() { "groups" } else { "layers" };
    let (macs, params) = (percent(shown.macs_share), percent(shown.params_share));
    let (of, what) = (grouped(shown.of as u64), naming::macs(n.convention));
    format!("{} of {of} {rows}, with {macs} of the {what} and {params} of the parameters", grouped(shown.rows as u64))
}

fn dead(n: &Network<'_>) -> String {
    let Dead { layers, params, macs, .. } = n.dead;
    let counts = format!("{} and {} {}", count_of(params, "parameter"), grouped(macs), naming::macs(n.convention));
    let needs = if layers == 1 { "needs its result" } else { "needs their results" };
    format!("no output {needs}: {} with {counts}, which all totals count", count_of(layers, "layer"))
}

fn other(kinds: &[(u64, &str)]) -> String {
    let some: Vec<String> = kinds.iter().filter(|(n, _)| *n > 0).map(|(n, kind)| format!("{} {kind}", magnitude(*n))).collect();
    if some.is_empty() { "none".to_owned() } else { some.join(", ") }
}

/// `5.4 MiB at `conv1`, holding image 588 KiB, conv1 3.1 MiB; no order needs less than 4.2 MiB`.
fn peak(n: &Network<'_>) -> String {
    let p = &n.peak;
    let mut text = format!("{} at `{}`", bytes(p.bytes), p.at);
    let alive: Vec<String> = p.alive.iter().take(4).map(|a| format!("{} {}", a.name, bytes(a.bytes))).collect();
    if !alive.is_empty() {
        let _ = write!(text, ", holding {}", alive.join(" + "));
    }
    if p.alive.len() > 4 {
        let _ = write!(text, " + {} more", p.alive.len() - 4);
    }
    let _ = write!(text, "; no order needs less than {}", bytes(p.lower_bound_bytes));
    text
}

/// The facts for a terminal, aligned; in one of so many columns, wrapped at words.
#[must_use]
pub fn terminal(n: &Network<'_>, columns: Option<usize>) -> String {
    let facts = facts(n);
    let width = facts.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    facts.iter().fold(String::new(), |mut text, (name, value)| {
        let value = columns.map_or_else(|| value.clone(), |columns| wrapped_behind(value, columns, width + 2));
        let _ = writeln!(text, "{name:<width$}  {value}");
        text
    }) + &notes(n.notes, width)
}

/// Words behind so many columns that are taken already.
fn wrapped_behind(text: &str, columns: usize, indent: usize) -> String {
    let taken = "-".repeat(indent.saturating_sub(1));
    wrapped(&format!("{taken} {text}"), columns, indent)[indent..].to_owned()
}

/// Columns that notes are wrapped to.
const NOTE_WIDTH: usize = 110;

/// Notes beside the facts, wrapped at words.
fn notes(notes: &[String], indent: usize) -> String {
    let mut text = String::new();
    for note in notes {
        let mut name = "note";
        for paragraph in note.lines() {
            let mut line = String::new();
            for word in paragraph.split_whitespace() {
                if !line.is_empty() && indent + line.chars().count() + word.chars().count() > NOTE_WIDTH {
                    let _ = writeln!(text, "{name:<indent$}  {line}");
                    (name, line) = ("", String::new());
                }
                let space = if line.is_empty() { "" } else { " " };
                let _ = write!(line, "{space}{word}");
            }
            let _ = writeln!(text, "{name:<indent$}  {line}");
            name = "";
        }
    }
    text
}

/// The facts as a Markdown list.
#[must_use]
pub fn markdown(n: &Network<'_>) -> String {
    let notes = n.notes.iter().map(|note| ("note", note.replace('\n', " ")));
    facts(n).into_iter().chain(notes).fold(String::new(), |mut text, (name, value)| {
        let _ = writeln!(text, "- {name}: {}", escape_markdown(&value));
        text
    })
}
