//! What passes and what is left out, counted by operator.
//!
//! In: results by test. Out: the table, and what of it is not as the files beside this one say.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::suite::{Case, Part};

type Results = BTreeMap<String, Result<(), String>>;

const README: &str = "README.md";
/// What stands round the table there.
const BEGIN: &str = "<details><summary>The table, by operator</summary>";
const END: &str = "</details>";
const LEFT_OUT: &str = "tests/conformance/left_out.txt";

/// How reasons begin of tests that are read and give other values than the suite's; all others are refused.
const COMPUTED: [&str; 2] = ["nothing is rounded to 16 bits", "sizes are rounded down"];

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
    let untrue = left_out.iter().filter_map(|(name, reason)| match results.get(name) {
        Some(Ok(())) => Some(format!("{name} passes: take it off {LEFT_OUT}")),
        None => Some(format!("{name} is no test: take it off {LEFT_OUT}")),
        Some(Err(why)) if why.starts_with("WRONG") && !COMPUTED.iter().any(|own| reason.starts_with(own)) => {
            Some(format!("{name} is listed as not read, and is read wrongly: {why}"))
        }
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
    let mut text = format!("{passed} of {} tests pass.\n\n", cases.len());
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

/// Whether the README holds this table; with `BLESS=1` it does.
pub fn held(table: &str) -> Vec<String> {
    let readme = std::fs::read_to_string(README).expect("readable");
    let parts = readme.split_once(BEGIN).and_then(|(before, rest)| Some((before, rest.split_once(END)?)));
    let Some((before, (own, behind))) = parts else { return vec![format!("{README} has no place for the table")] };
    let wanted = format!("\n\n{table}\n");
    if own == wanted {
        return Vec::new();
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(README, [before, BEGIN, &wanted, END, behind].concat()).expect("writable");
        return Vec::new();
    }
    vec![format!("{README} has another table: BLESS=1 rewrites it")]
}
