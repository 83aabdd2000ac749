//! Diagnostics to text: the only place that turns a [`Diagnostic`] into something to look at.
//!
//! In: diagnostics with the [`SourceSet`] that their spans belong to. Out: a string in one of the [`Format`]s. Terminal
//! text carries ANSI colours always; whoever prints it strips them where they are not wanted. No IO, no environment.

mod excerpt;
mod machine;
mod place;
mod sarif;
mod terminal;

use std::fmt::Write as _;

use crate::diagnostic::{Diagnostic, Severity};
use crate::source::SourceSet;

/// How diagnostics are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Format {
    /// For people: source lines, labels, notes and fixes shown as patches.
    Full,
    /// One line each: `file:line:column: error[PW0301]: message`.
    Concise,
    /// One JSON object with all of them.
    Json,
    /// SARIF 2.1.0.
    Sarif,
    /// Workflow commands of GitHub Actions.
    Github,
}

/// The findings of one compilation and the texts that they point into.
#[derive(Debug, Clone, Copy)]
pub struct Findings<'a> {
    /// The files.
    pub sources: &'a SourceSet,
    /// What was found in them.
    pub diagnostics: &'a [Diagnostic],
}

impl<'a> Findings<'a> {
    /// The findings that no comment silences. For people these are all; programs may want to know of the others.
    fn told(&self) -> impl Iterator<Item = &'a Diagnostic> + use<'a> {
        self.diagnostics.iter().filter(|diagnostic| diagnostic.silenced.is_none())
    }
}

/// The most diagnostics of one compilation that [`Format::Full`] draws; the rest is counted.
pub const MOST_DRAWN: usize = 100;

/// All findings in one format; `width` is the terminal's, in columns, and matters to [`Format::Full`] alone.
#[must_use]
pub fn render(findings: &[Findings<'_>], format: Format, width: usize) -> String {
    match format {
        Format::Full => findings.iter().map(|f| full(f, width)).collect(),
        Format::Concise => findings.iter().map(machine::concise).collect(),
        Format::Json => machine::json(findings),
        Format::Sarif => sarif::sarif(findings),
        Format::Github => findings.iter().map(machine::github).collect(),
    }
}

/// One diagnostic for people, with a final line end.
#[must_use]
pub fn one(sources: &SourceSet, diagnostic: &Diagnostic, width: usize) -> String {
    terminal::draw(sources, diagnostic, width)
}

fn full(findings: &Findings<'_>, width: usize) -> String {
    let mut text = String::new();
    let told: Vec<&Diagnostic> = findings.told().collect();
    for diagnostic in told.iter().take(MOST_DRAWN) {
        text.push_str(&terminal::draw(findings.sources, diagnostic, width));
        text.push('\n');
    }
    if let Some(rest) = told.len().checked_sub(MOST_DRAWN).filter(|rest| *rest > 0) {
        let _ = writeln!(text, "... and {rest} more findings; `--output-format concise` writes a line for each");
    }
    text
}

/// `error` or `warning`.
fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    }
}
