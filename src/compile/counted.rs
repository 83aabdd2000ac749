//! Lint: paths of `refine` and `assert` that rest on a count.
//!
//! Layers that no binding tells apart are numbered in order (`x.conv_2`), and a statement added before them moves every number:
//! the path then means another layer. What pins such a name is offered where it keeps all names as they are.

use std::collections::HashMap;

use crate::code::Code;
use crate::diagnostic::{Applicability, Diagnostic, Edit};
use crate::graph::path::Pattern;
use crate::graph::{Graph, Instance, LayerPath};
use crate::lower::{Condition, Refinement, Symbolic};
use crate::quote::quoted;
use crate::source::{SourceSet, Span};
use crate::syntax::ast::Path;

/// One warning for each path that names a counted segment.
pub(super) fn lint(sources: &SourceSet, refinements: &[Refinement], conditions: &[Condition], graph: &Graph) -> Vec<Diagnostic> {
    if !graph.has_counted() {
        return Vec::new();
    }
    let uses = Uses::new(graph);
    let mut paths: Vec<&Path> = refinements.iter().map(|refinement| &refinement.path).collect();
    for condition in conditions {
        metric_paths(&condition.condition, &mut paths);
    }
    paths.into_iter().filter_map(|path| warning(sources, path, (graph, &uses))).collect()
}

fn metric_paths<'c>(condition: &'c Symbolic, found: &mut Vec<&'c Path>) {
    match condition {
        Symbolic::Value(..) => {}
        Symbolic::Metric(_, path, _) => found.extend(path),
        Symbolic::Unary(_, inner) => metric_paths(inner, found),
        Symbolic::Infix { first, rest } => {
            metric_paths(first, found);
            for (_, operand) in rest {
                metric_paths(operand, found);
            }
        }
    }
}

fn warning(sources: &SourceSet, path: &Path, (graph, uses): (&Graph, &Uses<'_>)) -> Option<Diagnostic> {
    let counted = graph.counted_in(&Pattern::new(&path.segments))?;
    let message = format!("`{counted}` is numbered by what stands before it");
    let diagnostic =
        Diagnostic::warning(Code::LintCountedPath, message, path.span, "a statement added before it makes this another layer");
    Some(match pin(sources, (graph, uses), counted) {
        Some(edit) => {
            let name = edit.replacement.trim_start().to_owned();
            diagnostic.fix(Applicability::Safe, format!("`{name}` keeps the name where it is made"), vec![edit])
        }
        None => diagnostic.help(format!(
            "give what makes it a name of its own, by a binding or by `as`, and write that instead of `{}`",
            counted.split_last().1
        )),
    })
}

/// The edit that gives a layer or block instance by `as` the name that it has anyway; only behind a stage of a pipe and outside
/// loops, where it is sure to name just that.
fn pin(sources: &SourceSet, (graph, uses): (&Graph, &Uses<'_>), counted: &LayerPath) -> Option<Edit> {
    let instance = |id| graph.instance(id);
    let (span, within) = if let Some(id) = graph.find(counted) {
        let origin = &graph.node(id).origin;
        (origin.span?, origin.instance.map(instance))
    } else {
        let made = uses.by_path.get(counted.as_str())?;
        (made.call, made.parent.map(instance))
    };
    let own = match within {
        Some(outer) => counted.strip_prefix(outer.path.as_str())?.strip_prefix('.')?,
        None => counted.as_str(),
    };
    // One line that makes several layers, in a loop, a block or by itself, would give all of them the name.
    if uses.made_at(span) != 1 {
        return None;
    }
    // `0`, and `1_2` where a second loop counts on.
    let is_turn = |segment: &str| segment.starts_with(|c: char| c.is_ascii_digit());
    let before = &sources.get(span.source).text()[..span.start as usize];
    if own.split('.').any(is_turn) || !before.trim_end().ends_with("->") {
        return None;
    }
    let name = quoted(own, crate::words::is_reserved);
    Some(Edit { span: Span { start: span.end, ..span }, replacement: format!(" as {name}") })
}

/// Block instances by path, and how many layers and instances each call makes.
struct Uses<'g> {
    by_path: HashMap<&'g str, &'g Instance>,
    made: HashMap<Span, usize>,
}

impl<'g> Uses<'g> {
    fn new(graph: &'g Graph) -> Self {
        let mut uses = Self { by_path: HashMap::new(), made: HashMap::new() };
        for (_, instance) in graph.instances() {
            uses.by_path.insert(&instance.path, instance);
            *uses.made.entry(instance.call).or_default() += 1;
        }
        for span in graph.ids().filter_map(|id| graph.node(id).origin.span) {
            *uses.made.entry(span).or_default() += 1;
        }
        uses
    }

    fn made_at(&self, span: Span) -> usize {
        self.made.get(&span).copied().unwrap_or_default()
    }
}
