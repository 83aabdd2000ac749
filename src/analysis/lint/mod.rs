//! What a reviewer would raise about a network: warnings, never errors.
//!
//! In: a [`Shaped`] graph, its [`Analysis`] and the source texts (for edits). Out: [`Diagnostic`]s of severity warning,
//! one a source location and kind: a block that is used sixteen times is said once. Each lint is one function of
//! [`LINTS`]. A lint that speaks where a good engineer would not change anything is a bug: thresholds stand beside their
//! reasons. Assertions that cannot fail and unused names are found while the graph is built, not here.

mod conv;
mod flow;
mod head;

use std::collections::HashMap;

use super::{Analysis, Layer};
use crate::code::Code;
use crate::diagnostic::{Applicability, Diagnostic, Edit, Fix, Severity};
use crate::graph::{Graph, Node, NodeId};
use crate::shape::Shaped;
use crate::source::{SourceSet, Span};

/// One kind of finding.
#[derive(Debug)]
pub struct Lint {
    /// Its code.
    pub code: Code,
    run: fn(&Context<'_>) -> Vec<Finding>,
}

/// All lints of finished graphs, by code.
pub static LINTS: &[Lint] = &[
    Lint { code: Code::LintWideKernel, run: conv::wide_kernel },
    Lint { code: Code::LintSimdWaste, run: conv::simd_waste },
    Lint { code: Code::LintBiasBeforeNorm, run: conv::bias_before_norm },
    Lint { code: Code::LintPaddingBorder, run: conv::padding_border },
    Lint { code: Code::LintDeadBranch, run: flow::dead_branch },
    Lint { code: Code::LintLogitActivation, run: flow::logit_activation },
    Lint { code: Code::LintUnusedRows, run: conv::unused_rows },
    Lint { code: Code::LintLinearOnMap, run: head::linear_on_map },
];

/// Runs all lints; findings in order of code, then of execution.
#[must_use]
pub fn lint(shaped: &Shaped, analysis: &Analysis, sources: &SourceSet) -> Vec<Diagnostic> {
    let context = Context::new(shaped, analysis, sources);
    LINTS.iter().flat_map(|lint| aggregate(lint.code, (lint.run)(&context), &context)).collect()
}

/// A network as lints see it: its graph, numbers and text. A lint reads this and nothing else, and changes nothing.
struct Context<'a> {
    graph: &'a Graph,
    shaped: &'a Shaped,
    analysis: &'a Analysis,
    sources: &'a SourceSet,
    /// How many layers each call in the text made, by operation: a call in a block that is used often makes many.
    made_by_call: HashMap<(Span, &'static str), usize>,
}

/// Something found at one layer.
struct Finding {
    node: NodeId,
    /// What stands for the group where one line makes several layers: the heaviest speaks.
    weight: u64,
    message: String,
    label: String,
    help: Vec<String>,
    fix: Option<Fix>,
}

impl<'a> Context<'a> {
    fn new(shaped: &'a Shaped, analysis: &'a Analysis, sources: &'a SourceSet) -> Self {
        let graph = shaped.graph();
        let mut made_by_call = HashMap::new();
        for node in analysis.layers.iter().map(|layer| graph.node(layer.node)) {
            if let Some(span) = node.origin.span {
                *made_by_call.entry((span, node.op.keyword())).or_insert(0) += 1;
            }
        }
        Self { graph, shaped, analysis, sources, made_by_call }
    }

    /// Layers with their nodes, in order of execution.
    fn layers(&self) -> impl Iterator<Item = (&'a Layer, &'a Node)> {
        let graph = self.graph;
        self.analysis.layers.iter().map(move |layer| (layer, graph.node(layer.node)))
    }

    /// The text of a node's call.
    fn text(&self, node: &Node) -> Option<(Span, &'a str)> {
        node.origin.span.map(|span| (span, self.sources.text(span)))
    }
}

/// One diagnostic a source location.
fn aggregate(code: Code, findings: Vec<Finding>, context: &Context<'_>) -> Vec<Diagnostic> {
    let mut groups: Vec<Vec<Finding>> = Vec::new();
    let mut places: HashMap<Span, usize> = HashMap::new();
    for finding in findings {
        match context.graph.node(finding.node).origin.span {
            Some(span) => {
                let place = *places.entry(span).or_insert_with(|| {
                    groups.push(Vec::new());
                    groups.len() - 1
                });
                groups[place].push(finding);
            }
            None => groups.push(vec![finding]),
        }
    }
    groups.into_iter().filter_map(|group| diagnostic(code, group, context)).collect()
}

fn diagnostic(code: Code, group: Vec<Finding>, context: &Context<'_>) -> Option<Diagnostic> {
    let count = group.len();
    let names: Vec<_> = group.iter().take(3).map(|finding| format!("`{}`", context.graph.node(finding.node).name)).collect();
    // The first of the heaviest.
    let worst = group.into_iter().reduce(|best, next| if next.weight > best.weight { next } else { best })?;
    let span = context.graph.node(worst.node).origin.span;
    let mut result = match span {
        Some(span) => Diagnostic::warning(code, worst.message, span, worst.label),
        None => Diagnostic::bare(code, Severity::Warning, worst.message),
    };
    if count > 1 {
        let more = if count > names.len() { ", …" } else { "" };
        result = result.note(format!("{count} instances: {}{more}", names.join(", ")));
    }
    result.help.extend(worst.help);
    // An edit changes every instance of the line, so it is offered only where all of them have the finding.
    let keyword = context.graph.node(worst.node).op.keyword();
    let made = span.and_then(|span| context.made_by_call.get(&(span, keyword)));
    result.fixes.extend(worst.fix.filter(|_| made == Some(&count)));
    Some(result)
}

/// A fix of one edit. What a lint proposes is another network, however like it is.
fn edit(message: impl Into<String>, span: Span, replacement: impl Into<String>) -> Fix {
    Fix { message: message.into(), applicability: Applicability::Unsafe, edits: vec![Edit::replace(span, replacement)] }
}
