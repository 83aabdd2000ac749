//! Diagnostics for programs: one-liners, JSON and GitHub workflow commands; `sarif` has the fourth form.

use std::fmt::Write as _;

use serde::Serialize;

use super::place::{Place, Places};
use super::terminal::tame;
use super::{Findings, word};
use crate::diagnostic::{Diagnostic, Fix};
use crate::visible::{in_json, visible};

/// `file:line:column: error[PW0301]: message`, one line each.
pub(super) fn concise(findings: &Findings<'_>) -> String {
    let mut places = Places::new(findings.sources);
    let mut text = String::new();
    for d in findings.told() {
        if let Some(label) = &d.primary {
            let place = places.of(label.span);
            let name = tame(findings.sources.get(label.span.source).name());
            let _ = write!(text, "{name}:{}:{}: ", place.line, place.column);
        }
        let _ = writeln!(text, "{}[{}]: {}", word(d.severity), d.code.id(), one_line(&d.message));
    }
    text
}

/// Workflow commands: `::error file=x.net,line=3,col=5,…,title=PW0301::message`.
pub(super) fn github(findings: &Findings<'_>) -> String {
    let mut places = Places::new(findings.sources);
    let mut text = String::new();
    for d in findings.told() {
        let _ = write!(text, "::{} ", word(d.severity));
        if let Some(label) = &d.primary {
            let Place { line, column, end_line, end_column } = places.of(label.span);
            let file = property(findings.sources.get(label.span.source).name());
            let _ = write!(text, "file={file},line={line},endLine={end_line},col={column},endColumn={end_column},");
        }
        let mut message = d.message.clone();
        if let Some(label) = d.primary.as_ref().filter(|label| !label.text.is_empty()) {
            let _ = write!(message, "\n{}", label.text);
        }
        for extra in d.notes.iter().chain(&d.help).chain(d.fixes.iter().map(|fix| &fix.message)) {
            let _ = write!(message, "\n{extra}");
        }
        let _ = writeln!(text, "title={}::{}", d.code.id(), data(&message));
    }
    text
}

fn one_line(text: &str) -> String {
    tame(&text.replace(['\n', '\r'], " "))
}

/// Whoever reads a log of these reads it in a terminal.
fn data(text: &str) -> String {
    visible(text).replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[derive(Serialize)]
struct Document<'a> {
    schema_version: u32,
    diagnostics: Vec<Entry<'a>>,
    /// How many more comments in the text silence.
    suppressed: usize,
}

#[derive(Serialize)]
struct Entry<'a> {
    code: &'static str,
    severity: &'static str,
    message: &'a str,
    #[serde(flatten)]
    place: Option<Spot<'a>>,
    label: Option<&'a str>,
    related: Vec<Related<'a>>,
    notes: &'a [String],
    help: &'a [String],
    fixes: Vec<Change<'a>>,
}

#[derive(Serialize)]
struct Spot<'a> {
    file: &'a str,
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

#[derive(Serialize)]
struct Related<'a> {
    #[serde(flatten)]
    place: Spot<'a>,
    label: &'a str,
}

#[derive(Serialize)]
struct Change<'a> {
    message: &'a str,
    applicability: &'static str,
    edits: Vec<Replacement<'a>>,
}

#[derive(Serialize)]
struct Replacement<'a> {
    #[serde(flatten)]
    place: Spot<'a>,
    replacement: &'a str,
}

/// `{ "schema_version": 1, "diagnostics": [...], "suppressed": 0 }`, pretty.
pub(super) fn json(findings: &[Findings<'_>]) -> String {
    let mut diagnostics = Vec::new();
    for f in findings {
        let mut places = Places::new(f.sources);
        diagnostics.extend(f.told().map(|d| entry(f, &mut places, d)));
    }
    let suppressed = findings.iter().flat_map(|f| f.diagnostics).count() - diagnostics.len();
    let document = Document { schema_version: 1, diagnostics, suppressed };
    let text = serde_json::to_string_pretty(&document).expect("strings and numbers are always JSON");
    in_json(&text).into_owned() + "\n"
}

fn entry<'a>(findings: &Findings<'a>, places: &mut Places<'_>, d: &'a Diagnostic) -> Entry<'a> {
    Entry {
        code: d.code.id(),
        severity: word(d.severity),
        message: &d.message,
        place: d.primary.as_ref().map(|label| spot(findings, places, label.span)),
        label: d.primary.as_ref().map(|label| label.text.as_str()).filter(|text| !text.is_empty()),
        related: d.secondary.iter().map(|l| Related { place: spot(findings, places, l.span), label: &l.text }).collect(),
        notes: &d.notes,
        help: &d.help,
        fixes: d.fixes.iter().map(|fix| change(findings, places, fix)).collect(),
    }
}

fn change<'a>(findings: &Findings<'a>, places: &mut Places<'_>, fix: &'a Fix) -> Change<'a> {
    let edits = fix.edits.iter().map(|e| Replacement { place: spot(findings, places, e.span), replacement: &e.replacement });
    Change { message: &fix.message, applicability: fix.applicability.name(), edits: edits.collect() }
}

fn spot<'a>(findings: &Findings<'a>, places: &mut Places<'_>, span: crate::source::Span) -> Spot<'a> {
    let Place { line, column, end_line, end_column } = places.of(span);
    Spot { file: findings.sources.get(span.source).name(), line, column, end_line, end_column }
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;
    use crate::code::Code;
    use crate::diagnostic::Severity;
    use crate::source::{SourceSet, Span};

    fn sample(check: impl FnOnce(&Findings<'_>)) {
        let mut sources = SourceSet::new();
        let source = sources.add("a b,c.net", "é x\n  bad\n");
        let bad = Span { source, start: 7, end: 10 };
        let d = Diagnostic::error(Code::UnknownName, "50% `bad`\nreally", bad, "here").note("a note");
        check(&Findings {
            sources: &sources,
            diagnostics: &[d, Diagnostic::bare(Code::UnreadableFile, Severity::Error, "gone")],
        });
    }

    #[test]
    fn concise_is_one_line_each() {
        sample(|f| assert_eq!(concise(f), "a b,c.net:2:3: error[PW0201]: 50% `bad` really\nerror[PW0701]: gone\n"));
    }

    #[test]
    fn github_escapes() {
        sample(|f| {
            let text = github(f);
            let first = text.lines().next();
            let want =
                "::error file=a b%2Cc.net,line=2,endLine=2,col=3,endColumn=6,title=PW0201::50%25 `bad`%0Areally%0Ahere%0Aa note";
            assert_eq!(first, Some(want));
        });
    }

    #[test]
    fn json_is_valid_and_says_where() {
        sample(|f| {
            let value: Value = serde_json::from_str(&json(&[*f])).expect("JSON");
            assert_eq!(value["diagnostics"][0]["end_column"], 6);
            assert_eq!(value["diagnostics"][1].get("file"), None);
        });
    }
}
