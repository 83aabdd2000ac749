//! Every layer of a network written out, for a text without `refine` lines: what has no source, or was asked for so.
//!
//! In: the network after, with the text that it came from where there is one. Out: a text in canonical layout with the source's
//! head comment, the parameters that only say how large its inputs are, and what the source asserts of the whole network.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::edited::Origin;
use super::{Task, Written, claims};
use crate::compile::{Settings, SourceTree, compile};
use crate::diagnostic::{Diagnostic, has_errors};
use crate::digits::counted;
use crate::graph::print;
use crate::rewrite::{Config, Plan, run_passes};
use crate::source::SourceSet;
use crate::syntax;
use crate::syntax::ast::StatementKind;
use crate::writeback::assertions::{self, Numbers};
use crate::writeback::knobs;

/// What a text begins with that is written out.
pub(super) const WRITTEN_OUT: &str = "Written out by ";

/// The network as a text.
///
/// # Errors
/// It breaks an assertion of the source.
pub(super) fn written_out(
    origin: Option<&Origin<'_>>,
    task: &Task<'_>,
    plan: &Plan,
    new: Numbers<'_>,
) -> Result<Written, Box<Diagnostic>> {
    let Some(on) = origin else {
        return Ok(Written { text: laid_out(text(None, task.said, new, &print::Signature::default())), ..Written::default() });
    };
    claims::unbroken(on, new)?;
    let notes = left_out(on, new);
    let signature = if plan.changes.is_empty() { signature(on, task.config, new) } else { print::Signature::default() };
    Ok(Written { text: laid_out(text(Some(on), task.said, new, &signature)), notes, ..Written::default() })
}

/// What is to be said of assertions that the text does not have.
fn left_out(on: &Origin<'_>, new: Numbers<'_>) -> Vec<String> {
    let statements = on.net().into_iter().flat_map(|net| net.body.all_statements());
    let all = statements.filter(|statement| matches!(statement.kind, StatementKind::Assert(_))).count();
    let kept = assertions::totals(&on.source.ast, new).len();
    let left = all.saturating_sub(kept);
    let note = || {
        format!(
            "{} of the source: not written out, for only those on totals of the whole network are",
            counted(left, "assertion")
        )
    };
    (left > 0).then(note).into_iter().collect()
}

/// How far from its value a parameter is tried, besides half and double.
const TRIED: [i64; 10] = [-8, -4, -3, -2, -1, 1, 2, 3, 4, 8];

/// The parameters that the network written out can keep: those that only say how large inputs are, where passes make the same
/// layers of the network built with other values. Values with which it cannot be built are no matter; one must do.
fn signature(on: &Origin<'_>, config: &Config, new: Numbers<'_>) -> print::Signature {
    let (text, ast) = (on.source.text(), &on.source.ast);
    let set = |name: &str| on.set.iter().rev().find(|(other, _)| other == name).map(|(_, value)| value.parse());
    let value = |knob: knobs::Knob| Some((set(&knob.name).unwrap_or(Ok(knob.value)).ok()?, knob.name));
    let body = layers(&print::print(new.graph));
    let is_kept = |(value, name): &(i64, String)| {
        let others = TRIED.map(|step| value + step).into_iter().chain([value * 2, value / 2]).filter(|other| *other > 0);
        let mut made = others.filter_map(|other| rebuilt(on, config, (name, other))).peekable();
        made.peek().is_some() && made.all(|other| other == body)
    };
    let params: Vec<_> = knobs::of_inputs(text, ast).into_iter().filter_map(value).filter(is_kept).collect();
    let names: Vec<&str> = params.iter().map(|(_, name)| name.as_str()).collect();
    let mut shapes = BTreeMap::new();
    for input in new.graph.inputs().iter().map(|id| &new.graph.node(*id).name) {
        match knobs::written_shape(text, ast, input, &names) {
            Ok(shape) => shapes.extend(shape.map(|shape| (input.to_string(), shape))),
            Err(knobs::Mixed) => return print::Signature::default(),
        }
    }
    print::Signature { params: params.into_iter().map(|(value, name)| (name, value)).collect(), shapes }
}

/// The layers that passes make of the network built with another value, as text.
fn rebuilt(on: &Origin<'_>, config: &Config, (name, value): (&str, i64)) -> Option<Vec<String>> {
    let mut set = on.set.to_vec();
    set.push((name.to_owned(), value.to_string()));
    let network =
        compile(&on.before.name, on.source.text().to_owned(), on.loader, &Settings { set, ..Settings::default() }).network?;
    let stages = config.stages().ok()?;
    let (before, _, _) = run_passes(&network.shaped, stages.before);
    let (after, _, _) = run_passes(&before, stages.after);
    Some(layers(&print::print(after.graph())))
}

/// The lines of a printed graph but its inputs.
fn layers(printed: &str) -> Vec<String> {
    printed.lines().filter(|line| !line.starts_with("    input ")).map(str::to_owned).collect()
}

/// The graph written out, under the head comment of the source, with what the source asserts of the whole network; where a
/// parameter is kept, what depends on it is asserted of its default.
fn text(origin: Option<&Origin<'_>>, said: &str, new: Numbers<'_>, signature: &print::Signature) -> String {
    let source = origin.map(|on| on.source);
    let comments = source.map_or("", SourceTree::text).lines().take_while(|line| line.starts_with('#'));
    let head: String = comments.flat_map(|line| [line, "\n"]).collect();
    let printed = print::print_as(new.graph, signature);
    // Directly above the net it is the net's own comment, which is printed anyway.
    let head = if printed.starts_with(&head) { String::new() } else { format!("{head}\n") };
    let note = format!("# {WRITTEN_OUT}{said}: layers keep their names, so weights fit.\n\n");
    let totals = source.map_or_else(Vec::new, |source| assertions::totals(&source.ast, new));
    let defaults: Vec<_> = signature.params.iter().map(|(name, value)| format!("{name} == {value}")).collect();
    let (always, at_default): (Vec<_>, Vec<_>) =
        totals.into_iter().partition(|(metric, _)| defaults.is_empty() || !metric.depends_on_size());
    let mut asserts: String = always.iter().flat_map(|(_, line)| ["    ", line, "\n"]).collect();
    if !at_default.is_empty() {
        let lines: String = at_default.iter().flat_map(|(_, line)| ["        ", line, "\n"]).collect();
        let _ = write!(asserts, "    if {} {{\n{lines}    }}\n", defaults.join(" and "));
    }
    let body = printed.strip_suffix("}\n").unwrap_or(&printed);
    let gap = if asserts.is_empty() { "" } else { "\n" };
    format!("{head}{note}{body}{gap}{asserts}}}\n")
}

/// The canonical layout; a text that cannot be read stays as it is, for its compilation to say why.
fn laid_out(text: String) -> String {
    let mut sources = SourceSet::new();
    let id = sources.add("", text.as_str());
    let (ast, diagnostics) = syntax::parse(&sources, id);
    if has_errors(&diagnostics) { text } else { syntax::format(&text, &ast) }
}
