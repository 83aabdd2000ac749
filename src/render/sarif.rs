//! Diagnostics as SARIF 2.1.0, which code hosts and editors read.
//!
//! In: findings. Out: a log with one run, its rules the codes that were found. Nothing in it depends on the machine.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::Findings;
use super::place::{Place, Places};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Fix, Label, Severity};
use crate::visible::in_json;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A SARIF 2.1.0 log with one run.
pub(super) fn sarif(findings: &[Findings<'_>]) -> String {
    let mut used: Vec<Code> = findings.iter().flat_map(|f| f.diagnostics).map(|d| d.code).collect();
    used.sort_unstable();
    used.dedup();
    let rules: Vec<Value> = used.iter().map(|code| rule(*code)).collect();
    let mut results = Vec::new();
    for f in findings {
        let mut places = Places::new(f.sources);
        results.extend(f.diagnostics.iter().map(|d| result(f, &mut places, (d, &used))));
    }
    let log = json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "pointwise",
                "informationUri": about(),
                "version": VERSION,
                "semanticVersion": VERSION,
                "rules": rules,
            } },
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    });
    in_json(&serde_json::to_string_pretty(&log).expect("a value is always JSON")).into_owned() + "\n"
}

/// Where this version is told of: the project's page where it has one, otherwise in the address itself.
fn about() -> String {
    let home = env!("CARGO_PKG_HOMEPAGE");
    let text = concat!("pointwise ", env!("CARGO_PKG_VERSION"), ": ", env!("CARGO_PKG_DESCRIPTION"));
    if home.is_empty() { format!("data:text/plain,{}", uri(text)) } else { home.to_owned() }
}

/// What is known of a code, with its page as help, so that no page elsewhere is needed.
fn rule(code: Code) -> Value {
    json!({
        "id": code.id(),
        "name": format!("{code:?}"),
        "shortDescription": { "text": code.title() },
        "fullDescription": { "text": first_paragraph(code.page()) },
        "help": { "text": code.page(), "markdown": code.page() },
        "defaultConfiguration": { "level": if code.is_lint() { "warning" } else { "error" } },
    })
}

/// The text below a page's title, in one line.
fn first_paragraph(page: &str) -> String {
    let below = page.split_once("\n\n").map_or("", |(_, rest)| rest);
    below.split("\n\n").next().unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" ")
}

fn result(f: &Findings<'_>, places: &mut Places<'_>, (d, used): (&Diagnostic, &[Code])) -> Value {
    let level = match d.severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
    };
    let mut text = d.message.clone();
    for extra in d.notes.iter().chain(&d.help) {
        let _ = write!(text, "\n{extra}");
    }
    let locations: Vec<Value> = d.primary.iter().map(|label| location(f, places, label)).collect();
    let related: Vec<Value> = d.secondary.iter().map(|label| location(f, places, label)).collect();
    let fixes: Vec<Value> = d.fixes.iter().map(|offered| fix(f, places, offered)).collect();
    let mut result = json!({
        "ruleId": d.code.id(),
        "ruleIndex": used.binary_search(&d.code).ok(),
        "level": level,
        "message": { "text": text },
        "locations": locations,
        "relatedLocations": related,
        "fixes": fixes,
    });
    if let Some(reason) = &d.silenced {
        result["suppressions"] = json!([{ "kind": "inSource", "justification": reason }]);
    }
    result
}

fn location(f: &Findings<'_>, places: &mut Places<'_>, label: &Label) -> Value {
    let place = places.of(label.span);
    let uri = uri(f.sources.get(label.span.source).name());
    let mut location = json!({ "physicalLocation": { "artifactLocation": { "uri": uri }, "region": region(place) } });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    location
}

fn fix(f: &Findings<'_>, places: &mut Places<'_>, fix: &Fix) -> Value {
    let changes: Vec<Value> = fix
        .edits
        .iter()
        .map(|e| {
            let replacement = json!({ "deletedRegion": region(places.of(e.span)), "insertedContent": { "text": e.replacement } });
            json!({ "artifactLocation": { "uri": uri(f.sources.get(e.span.source).name()) }, "replacements": [replacement] })
        })
        .collect();
    let properties = json!({ "applicability": fix.applicability.name() });
    json!({ "description": { "text": fix.message }, "artifactChanges": changes, "properties": properties })
}

fn region(place: Place) -> Value {
    json!({ "startLine": place.line, "startColumn": place.column, "endLine": place.end_line, "endColumn": place.end_column })
}

/// A path as a URI reference: everything but unreserved characters and `/` is percent-encoded.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceSet, Span};

    #[test]
    fn a_log_says_what_was_found_where_and_by_whom() {
        let mut sources = SourceSet::new();
        let source = sources.add("a b,c.net", "é x\n  bad\n");
        let bad = Span { source, start: 7, end: 10 };
        let named = Diagnostic::error(Code::UnknownName, "`bad`", bad, "here");
        let gone = Diagnostic::bare(Code::UnreadableFile, Severity::Error, "gone");
        let findings = Findings { sources: &sources, diagnostics: &[gone, named] };
        let log: Value = serde_json::from_str(&sarif(&[findings])).expect("JSON");
        let run = &log["runs"][0];
        let result = &run["results"][1];
        assert_eq!(result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"], "a%20b%2Cc.net");
        assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startColumn"], 3);
        let driver = &run["tool"]["driver"];
        let about = driver["informationUri"].as_str().expect("an address");
        assert!(about.split_once(':').is_some_and(|(scheme, rest)| !scheme.is_empty() && !rest.contains(' ')), "{about}");
        for result in run["results"].as_array().expect("a list") {
            let rule = &driver["rules"][result["ruleIndex"].as_u64().expect("an index") as usize];
            assert_eq!(rule["id"], result["ruleId"]);
        }
        assert_eq!(driver["rules"][0]["name"], "UnknownName");
        assert_eq!(run["results"][0]["locations"], json!([]), "what has no place names none");
    }

    #[test]
    fn every_code_has_a_description() {
        for code in Code::ALL {
            let rule = rule(*code);
            let full = rule["fullDescription"]["text"].as_str().expect("text");
            assert!(
                full.len() > 20 && !full.starts_with('#') && !full.contains('\n') && !full.contains("```"),
                "{}: {full}",
                code.id()
            );
        }
    }
}
