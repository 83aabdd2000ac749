//! A network with its numbers, and what it was made from.

use super::{Compiled, Uses};
use crate::analysis::Analysis;
use crate::diagnostic::Diagnostic;
use crate::lower::Condition;
use crate::rewrite::Sources;
use crate::shape::Shaped;
use crate::source::SourceSet;
use crate::syntax::{self, ast::Ast};
use crate::weights::{WeightProblem, Weights};

/// A network with the numbers that its assertions and lints were checked against.
#[derive(Debug)]
pub struct Network {
    /// Graph and shapes, refinements applied.
    pub shaped: Shaped,
    /// What the `refine` statements were applied to; `None` where there are none.
    pub before_refine: Option<BeforeRefine>,
    /// Numbers of [`Self::shaped`] for one image in the default convention.
    pub analysis: Analysis,
    /// What its text asserts of it.
    pub conditions: Vec<Condition>,
}

/// A network without its `refine` statements, and the way to the one with them.
#[derive(Debug)]
pub struct BeforeRefine {
    /// Graph and shapes.
    pub shaped: Shaped,
    /// Where the tensors that the statements made come from.
    pub sources: Sources,
}

/// A network that a command works on.
#[derive(Debug)]
pub struct Loaded {
    /// The file as it is shown.
    pub name: String,
    /// The network with its numbers for one image.
    pub network: Network,
    /// The text that it was read from; formats that are no text have none.
    pub source: Option<SourceTree>,
    /// Errors that leave the network whole: assertions that failed.
    pub errors: Vec<Diagnostic>,
}

/// The text of a network, and its tree.
#[derive(Debug)]
pub struct SourceTree {
    /// All texts, the main one first.
    pub sources: SourceSet,
    /// The main text's tree.
    pub ast: Ast,
    /// Which text uses which.
    pub uses: Uses,
    /// What the main text notes about its numbers.
    pub notes: Vec<String>,
}

impl Network {
    /// This network, and what it was before its `refine` statements.
    #[must_use]
    pub fn origins(&self) -> Vec<&Shaped> {
        std::iter::once(&self.shaped).chain(self.before_refine.as_ref().map(|before| &before.shaped)).collect()
    }

    /// The network that weights fit, this one or what it was before its `refine` statements, and where the tensors come from
    /// that were made since.
    ///
    /// # Errors
    /// Every way in which the weights do not fit this one.
    pub fn origin_of(&self, weights: &Weights) -> Result<(&Shaped, Sources), Vec<WeightProblem>> {
        match weights.check(&self.shaped) {
            Ok(()) => Ok((&self.shaped, Sources::default())),
            Err(problems) => {
                let before = self.before_refine.as_ref().filter(|before| weights.check(&before.shaped).is_ok());
                before.map(|before| (&before.shaped, before.sources.clone())).ok_or(problems)
            }
        }
    }
}

impl Loaded {
    /// What a compilation made, shown as `name`; its warnings are left out.
    ///
    /// # Errors
    /// The errors for which there is no network, with the texts that they point into.
    pub fn new(name: String, compiled: Compiled) -> Result<Self, (SourceSet, Vec<Diagnostic>)> {
        let Compiled { sources, asts, uses, network, diagnostics, .. } = compiled;
        let errors: Vec<Diagnostic> = diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        let (Some(network), Some(ast)) = (network, asts.into_iter().next()) else { return Err((sources, errors)) };
        let notes = syntax::notes(sources.get(ast.source).text(), &ast);
        Ok(Self { name, network, source: Some(SourceTree { sources, ast, uses, notes }), errors })
    }

    /// Graph and shapes.
    #[must_use]
    pub fn shaped(&self) -> &Shaped {
        &self.network.shaped
    }

    /// The texts that origins point into; without text no origin points anywhere.
    #[must_use]
    pub fn sources(&self) -> Option<&SourceSet> {
        self.source.as_ref().map(|source| &source.sources)
    }

    /// What the file notes about its numbers.
    #[must_use]
    pub fn notes(&self) -> &[String] {
        self.source.as_ref().map_or(&[], |source| &source.notes)
    }
}

impl SourceTree {
    /// The main text.
    #[must_use]
    pub fn text(&self) -> &str {
        self.sources.get(self.ast.source).text()
    }
    /// The trees of all texts, the main one first.
    #[must_use]
    pub fn trees(&self) -> Vec<Ast> {
        self.sources.iter().map(|(id, _)| syntax::parse(&self.sources, id).0).collect()
    }
}
