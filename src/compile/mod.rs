//! The pipeline, readable from top to bottom: text, tree, graph, refinements, shapes, numbers, assertions, lints.
//!
//! In: the text of a `.net` file, a [`Loader`] for the files that it uses, [`Settings`]. Out: [`Compiled`], with everything
//! that could be made of it and all findings. This module does no IO itself.

mod assertions;
mod counted;
mod files;
mod network;
mod partial;
mod refinements;
mod settings;
mod silence;
mod tried;
mod unread;
mod written;

use crate::analysis::training::{Optimizer, Training};
use crate::analysis::{self, Analysis};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity, has_errors};
use crate::graph::Graph;
use crate::lower::{self, Limits, Lowered, Program};
use crate::shape::{self, Shaped};
use crate::source::SourceSet;
use crate::syntax::ast::Ast;

use unread::Unread;

pub use assertions::{Asserted, Stated, asserted, broken};
pub use files::{LoadError, Loader, NoFiles, Uses};
pub use network::{BeforeRefine, Loaded, Network, SourceTree};
pub use settings::literal;
pub use tried::tried;
pub use written::written;

/// What a compilation depends on besides the text.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Values for the net's parameters, `name` and text as on the command line; later ones win.
    pub set: Vec<(String, String)>,
    /// What building may cost.
    pub limits: Limits,
}

/// Everything that could be made of a file.
#[derive(Debug)]
pub struct Compiled {
    /// All files that were read, the main one first.
    pub sources: SourceSet,
    /// Their trees, in the same order.
    pub asts: Vec<Ast>,
    /// Which of them uses which.
    pub uses: Uses,
    /// The network, refinements applied; `None` after an error that leaves no whole graph.
    pub network: Option<Network>,
    /// Errors, failed assertions and lints, in order of position.
    pub diagnostics: Vec<Diagnostic>,
    /// How many expressions and statements were evaluated.
    pub steps: u64,
    /// Lints that comments at their lines silence.
    pub silenced: Vec<Diagnostic>,
}

impl Compiled {
    /// Whether there is an error.
    #[must_use]
    pub fn has_errors(&self) -> bool {
        has_errors(&self.diagnostics)
    }
}

/// Compiles a file.
#[must_use]
pub fn compile(name: &str, text: String, loader: &dyn Loader, settings: &Settings) -> Compiled {
    let mut sources = SourceSet::new();
    let mut diagnostics = Vec::new();
    let files = files::read(&mut sources, name, text, loader, &mut diagnostics);
    let (network, steps) = build(&sources, &files, settings, &mut diagnostics);
    let built = network.as_ref().filter(|_| settings.set.is_empty()).map(|network| network.shaped.graph());
    let silenced = silence::apply(&sources, &files.asts, &mut diagnostics, built);
    diagnostics.sort_by_key(|d| d.primary.as_ref().map(|label| (label.span.source, label.span.start)));
    Compiled { sources, asts: files.asts, uses: files.uses, network, diagnostics, silenced, steps }
}

/// The network, where there is one, and the steps that building it took.
fn build(
    sources: &SourceSet,
    files: &files::Files,
    settings: &Settings,
    diagnostics: &mut Vec<Diagnostic>,
) -> (Option<Network>, u64) {
    let unread = Unread::new(sources, &files.asts, diagnostics);
    let set = settings::values(&settings.set);
    let (program, clashes) = Program::new(sources, &files.asts, &files.uses);
    diagnostics.extend(clashes);
    let (lowered, found) = lower::lower(sources, &files.asts, &program, &set, settings.limits);
    diagnostics.extend(found.into_iter().filter(|d| !unread.explains(sources, d)));
    let Some(mut lowered) = lowered else { return (None, 0) };
    let found = std::mem::take(&mut lowered.diagnostics);
    diagnostics.extend(found.into_iter().filter(|d| !unread.explains(sources, d)));
    let steps = lowered.steps;
    if !has_errors(diagnostics) {
        return (whole(sources, lowered, diagnostics), steps);
    }
    if !unread.any() {
        diagnostics.extend(partial::check(sources, lowered));
    }
    (None, steps)
}

/// The network of a graph in which nothing is missing.
fn whole(sources: &SourceSet, lowered: Lowered, diagnostics: &mut Vec<Diagnostic>) -> Option<Network> {
    let built = shaped(lowered.graph, diagnostics)?;
    diagnostics.extend(counted::lint(sources, &lowered.refinements, &lowered.conditions, built.graph()));
    let (shaped, before_refine) = refinements::apply(built, &lowered.refinements, diagnostics)?;
    let analysis = match analysis::analyze(&shaped, &analysis::Options::default()) {
        Ok(analysis) => analysis,
        Err(overflow) => {
            diagnostics.push(too_large(shaped.graph(), &overflow));
            return None;
        }
    };
    diagnostics.extend(assertions::check(sources, &lowered.conditions, shaped.graph(), &analysis));
    diagnostics.extend(analysis::lint::lint(&shaped, &analysis, sources));
    Some(Network { shaped, before_refine, analysis, conditions: lowered.conditions })
}

/// Infers a graph that passes made; what does not fit is a finding at the layer's origin.
fn shaped(graph: Graph, diagnostics: &mut Vec<Diagnostic>) -> Option<Shaped> {
    match shape::infer(graph) {
        Ok(shaped) => Some(shaped),
        Err(unfit) => {
            let span = unfit.graph.node(unfit.node).origin.span;
            diagnostics.push(placed(Code::RankMismatch, unfit.to_string(), span));
            None
        }
    }
}

fn too_large(graph: &Graph, overflow: &analysis::Overflow) -> Diagnostic {
    placed(Code::CountOverflow, overflow_message(graph, overflow), graph.node(overflow.node).origin.span)
}

/// The numbers of a network that was compiled, under other options or after rewrites.
///
/// # Errors
/// A count exceeds 64 bits: a finding without a place.
pub fn analyze(shaped: &Shaped, options: &analysis::Options) -> Result<Analysis, Box<Diagnostic>> {
    analysis::analyze(shaped, options).map_err(|overflow| uncountable(shaped, &overflow))
}

/// The memory of a training step of a network that was analyzed.
///
/// # Errors
/// A count exceeds 64 bits: a finding without a place.
pub fn training(shaped: &Shaped, analysis: &Analysis, optimizer: Optimizer) -> Result<Training, Box<Diagnostic>> {
    analysis::training::training(shaped, analysis, optimizer).map_err(|overflow| uncountable(shaped, &overflow))
}

fn uncountable(shaped: &Shaped, overflow: &analysis::Overflow) -> Box<Diagnostic> {
    Box::new(Diagnostic::bare(Code::CountOverflow, Severity::Error, overflow_message(shaped.graph(), overflow)))
}

fn overflow_message(graph: &Graph, overflow: &analysis::Overflow) -> String {
    format!("the {} at `{}` do not fit in 64 bits", overflow.what, graph.node(overflow.node).name)
}

fn placed(code: Code, message: String, span: Option<crate::source::Span>) -> Diagnostic {
    match span {
        Some(span) => Diagnostic::error(code, message, span, ""),
        None => Diagnostic::bare(code, Severity::Error, message),
    }
}
