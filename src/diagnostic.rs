//! What went wrong, as plain data.
//!
//! A [`Diagnostic`] says what, where and which change removes it; only `render` turns it into text, JSON or SARIF.
//! Messages are lower case, without a final stop, with names in backticks; help is imperative.

use crate::code::Code;
use crate::source::Span;

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Severity {
    /// The input cannot be used.
    Error,
    /// A lint: the input can be used, and probably should not be.
    Warning,
}

/// A place and what is to be said about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Label {
    /// Where.
    pub span: Span,
    /// What is said there; may be empty.
    pub text: String,
}

/// One replacement of text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edit {
    /// What is replaced; empty for an insertion.
    pub span: Span,
    /// The new text.
    pub replacement: String,
}

impl Edit {
    /// Puts a text in the place of what stands there.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, replacement: text.into() }
    }

    /// Puts a text in front of what stands there.
    pub fn before(span: Span, text: impl Into<String>) -> Self {
        Self::replace(Span { end: span.start, ..span }, text)
    }

    /// Puts a text behind what stands there.
    pub fn after(span: Span, text: impl Into<String>) -> Self {
        Self::replace(span.after(), text)
    }
}

/// Whether a fix may be applied unseen, in ruff's terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Applicability {
    /// The text means afterwards what its author meant, beyond doubt: `check --fix` applies it.
    Safe,
    /// What the author meant is a guess: it is shown, for a person to decide.
    Unsafe,
}

impl Applicability {
    /// `safe` or `unsafe`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Safe => "safe",
            Self::Unsafe => "unsafe",
        }
    }

    /// Safe where this holds.
    #[must_use]
    pub fn safe_if(certain: bool) -> Self {
        if certain { Self::Safe } else { Self::Unsafe }
    }
}

/// A change that removes the problem: after all its edits the diagnostic is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fix {
    /// What the change does, imperative: "`pad=2` keeps a 5x5 at 28x28".
    pub message: String,
    /// Whether it keeps what the author meant.
    pub applicability: Applicability,
    /// Replacements that do not overlap.
    pub edits: Vec<Edit>,
}

/// One finding.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diagnostic {
    /// Its code, which has a page.
    pub code: Code,
    /// Error or warning.
    pub severity: Severity,
    /// One line.
    pub message: String,
    /// The place that it is about; absent where there is no text (a missing file, a binary input).
    pub primary: Option<Label>,
    /// Other places that matter, in the order in which they should be read.
    pub secondary: Vec<Label>,
    /// Facts that explain: "in block `inception`, used at googlenet.net:31".
    pub notes: Vec<String>,
    /// Advice without an edit.
    pub help: Vec<String>,
    /// Changes after which it is gone, the likeliest first.
    pub fixes: Vec<Fix>,
    /// The reason for which a comment at its line silences it; such a finding is counted and not told.
    pub silenced: Option<String>,
}

impl Diagnostic {
    /// An error with its place.
    pub fn error(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self { primary: Some(Label { span, text: label.into() }), ..Self::bare(code, Severity::Error, message) }
    }

    /// A lint with its place.
    pub fn warning(code: Code, message: impl Into<String>, span: Span, label: impl Into<String>) -> Self {
        Self { primary: Some(Label { span, text: label.into() }), ..Self::bare(code, Severity::Warning, message) }
    }

    /// A finding without a place.
    pub fn bare(code: Code, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            primary: None,
            secondary: Vec::new(),
            notes: Vec::new(),
            help: Vec::new(),
            fixes: Vec::new(),
            silenced: None,
        }
    }

    /// Adds a second place.
    #[must_use]
    pub fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        self.secondary.push(Label { span, text: text.into() });
        self
    }

    /// Adds a fact.
    #[must_use]
    pub fn note(mut self, text: impl Into<String>) -> Self {
        self.notes.push(text.into());
        self
    }

    /// Adds advice.
    #[must_use]
    pub fn help(mut self, text: impl Into<String>) -> Self {
        self.help.push(text.into());
        self
    }

    /// Adds a change after which it is gone.
    #[must_use]
    pub fn fix(self, applicability: Applicability, message: impl Into<String>, edits: Vec<Edit>) -> Self {
        self.with_fixes([Fix { message: message.into(), applicability, edits }])
    }

    /// Adds ready fixes, or one that there may be.
    #[must_use]
    pub fn with_fixes(mut self, fixes: impl IntoIterator<Item = Fix>) -> Self {
        self.fixes.extend(fixes);
        self
    }

    /// Whether it is an error.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// Whether any of them is an error.
#[must_use]
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(Diagnostic::is_error)
}
