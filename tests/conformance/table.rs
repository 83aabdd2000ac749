//! What passes and what is left out, counted by operator.
//!
//! In: results by test. Out: the table, and what of it is not as the files beside this one say.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::suite::{Case, Part};

type Results = BTreeMap<String, Result<(), String>>;

const TABLE: &str = "tests/conformance/table.md";
const LEFT_OUT: &str = "tests/conformance/left_out.txt";

/// The tests that do not pass, each with the reason: lines of tests under a line `# reason`.
pub fn left_out() -> BTreeMap<String, String> {
    let text = std::fs::read_to_string(LEFT_OUT).expect("readable");
    let mut reason = String::new();
    let mut all = BTreeMap::new();
    for line in text.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix("# ") {
            Some(next) => next.clone_into(&mut reason),
            None => assert!(all.insert(line.to_owned(), reason.clone()).is_none(), "{line} is listed twice"),
        }
    }
    all
}

/// What fails and is not listed, and what is listed and passes or is no test.
pub fn compare(results: &Results, left_out: &BTreeMap<String, String>) -> Vec<String> {
    let unlisted = results.iter().filter(|(name, _)| !left_out.contains_key(*name));
    let unlisted = unlisted.filter_map(|(name, result)| Some(format!("{name} fails: {}", result.as_ref().err()?)));
    let untrue = left_out.keys().filter_map(|name| match results.get(name) {
        Some(Ok(())) => Some(format!("{name} passes: take it off {LEFT_OUT}")),
        None => Some(format!("{name} is no test: take it off {LEFT_OUT}")),
        Some(Err(_)) => None,
    });
    unlisted.chain(untrue).collect()
}

/// The table: operators with how many of their tests pass, of how many, and the reasons of the others.
pub fn table(cases: &[Case], results: &Results) -> String {
    let reasons = left_out();
    let mut groups: BTreeMap<(Part, &str), Group<'_>> = BTreeMap::new();
    for case in cases {
        let group = groups.entry((case.part, &case.group)).or_default();
        group.all += 1;
        match &results[&case.name] {
            Ok(()) => group.passed += 1,
            Err(_) => *group.reasons.entry(reasons.get(&case.name).map_or("not listed", String::as_str)).or_default() += 1,
        }
    }
    let passed: usize = groups.values().map(|group| group.passed).sum();
    let mut text = String::from("# ONNX's conformance suite, version 1.22.0\n\n");
    let _ = writeln!(text, "{passed} of {} tests pass.\n", cases.len());
    text.push_str("| Tests of | Passed | Of | Left out |\n| --- | ---: | ---: | --- |\n");
    for ((_, name), group) in &groups {
        let reasons: Vec<String> = group.reasons.iter().map(|(reason, count)| format!("{count}: {reason}")).collect();
        let _ = writeln!(text, "| {name} | {} | {} | {} |", group.passed, group.all, reasons.join("; "));
    }
    text
}

#[derive(Default)]
struct Group<'a> {
    passed: usize,
    all: usize,
    reasons: BTreeMap<&'a str, usize>,
}

/// Whether the file says what the table says, and the README its sum; with `BLESS=1` the file does.
pub fn held(table: &str) -> Vec<String> {
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(TABLE, table).expect("writable");
    }
    let read = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
    let mut problems = Vec::new();
    if read(TABLE) != table {
        problems.push(format!("{TABLE} is not this table: BLESS=1 rewrites it"));
    }
    let sum = table.lines().find(|line| line.contains(" tests pass")).unwrap_or_default().trim_end_matches('.');
    if !read("README.md").contains(sum) {
        problems.push(format!("README.md does not say that {sum}"));
    }
    problems
}
