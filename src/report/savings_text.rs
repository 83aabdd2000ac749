//! The savings report for a terminal and as Markdown.
//!
//! In: a [`Savings`] document. Out: text made of the grids of `savings_tables`.

use std::fmt::Write as _;

use super::changed::RENAMED;
use super::grid::escape_markdown;
use super::number::significant;
use super::savings::Savings;
use super::savings_tables::{Room, blocks, changes, fitting, groups, is_follower, totals};
use super::table;
use crate::digits::{counted, first_names};
use crate::visible::in_a_line;

pub use super::savings_tables::csv;

/// How a report is shown.
#[derive(Debug, Clone, Copy, Default)]
pub struct View {
    /// Columns of the terminal, where there is one.
    pub width: Option<usize>,
    /// Gives each changed layer a row of its own.
    pub all: bool,
}

/// For a terminal.
#[must_use]
pub fn terminal(s: &Savings, view: View) -> String {
    let mut text = format!("{}  {} → {}\n", s.net, in_a_line(&s.source_before), in_a_line(&s.source_after));
    for fact in facts(s) {
        let _ = writeln!(text, "  {fact}");
    }
    text.push('\n');
    text.push_str(&table::draw(&totals(s), view.width));
    if let Some(by) = &s.groups {
        let grid = fitting(view.width, |room| groups(s, (by.by, &by.rows), room));
        let _ = write!(text, "\nby {}\n{}", by.by, table::draw(&grid, view.width));
    }
    if s.changes.is_empty() {
        text.push_str("\nno layer differs\n");
    } else {
        let _ = writeln!(text, "\n{}", caption(s, view.all));
    }
    if view.all && !s.changes.is_empty() || !s.alike.is_empty() {
        text.push_str(&table::draw(&fitting(view.width, |room| changes(s, view.all, room)), view.width));
    }
    if !s.untouched.is_empty() {
        let _ = writeln!(text, "\n{} left alone", counted(s.untouched.len(), "layer"));
        for (reason, layers) in by_reason(s) {
            let _ = writeln!(text, "  {reason}: {}", first_names(&layers, 3));
        }
    }
    text
}

/// For a pull request or a wiki.
#[must_use]
pub fn markdown(s: &Savings, all: bool) -> String {
    let plain = |text: &str| escape_markdown(text);
    let mut text = format!(
        "# {}: savings report\n\n`{}` → `{}`\n\n",
        plain(&s.net),
        in_a_line(&s.source_before),
        in_a_line(&s.source_after)
    );
    for fact in facts(s) {
        let _ = writeln!(text, "- {}", plain(&fact));
    }
    let _ = writeln!(text, "\n{}", totals(s).markdown());
    if !s.changes.is_empty() {
        let _ = writeln!(text, "## What changed\n\n{}.\n", caption(s, all));
    }
    if all && !s.changes.is_empty() || !s.alike.is_empty() {
        let _ = writeln!(text, "{}", changes(s, all, Room::Full).markdown());
    }
    match &s.groups {
        Some(by) => {
            let _ = writeln!(text, "## By {}\n\n{}", by.by, groups(s, (by.by, &by.rows), Room::Full).markdown());
        }
        None => {
            let _ = writeln!(text, "## Block by block\n\n{}", blocks(s).markdown());
        }
    }
    if !s.untouched.is_empty() {
        text.push_str("## Left alone\n\n| layer | why |\n|---|---|\n");
        for u in &s.untouched {
            let _ = writeln!(text, "| {} | {} |", plain(&u.layer), plain(&u.reason));
        }
    }
    text
}

/// `18 layers changed, 2 added (like ones in one row, summed; costs after include 36 inserted layers)`.
pub(super) fn caption(s: &Savings, all: bool) -> String {
    let of = |word: &str| s.changes.iter().filter(|change| change.form == word).count();
    let (added, removed, renamed) = (of("added"), of("removed"), of(RENAMED));
    let changed = s.changes.len() - added - removed - renamed;
    let counts = [(changed, "changed"), (added, "added"), (removed, "removed"), (renamed, RENAMED)];
    let counts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{} {word}", counted(*n, "layer"))).collect();
    let mut notes = Vec::new();
    if !all && s.alike.len() < s.changes.len() - renamed {
        notes.push("like ones in one row, summed".to_owned());
    }
    let followers = s.changes.iter().filter(|change| is_follower(change)).count();
    if !all && followers > 0 {
        notes.push(format!("without {} of no MACs that follow", counted(followers, "layer")));
    }
    if s.inserted() > 0 {
        notes.push(format!("costs after include {}", counted(s.inserted(), "inserted layer")));
    }
    if s.absorbed() > 0 {
        notes.push(format!("costs before include {} that became part of them", counted(s.absorbed(), "layer")));
    }
    let notes = if notes.is_empty() { String::new() } else { format!(" ({})", notes.join("; ")) };
    format!("{}{notes}", counts.join(", "))
}

/// What was asked for, how good the plan is, how time was measured.
fn facts(s: &Savings) -> Vec<String> {
    let mut facts = Vec::new();
    if let Some(plan) = &s.plan {
        facts.push(format!("asked for: {}", plan.goal));
        facts.extend(plan.facts.iter().cloned());
    }
    if s.plan.is_none() && !s.changes.is_empty() {
        facts.push(format!("{} of {} are the same in both", s.unchanged, counted(s.before.layers as usize, "layer")));
    }
    if let Some(m) = &s.measured {
        let spread = |t: &super::savings::Times| format!("{} to {} ms", significant(t.min_ms), significant(t.max_ms));
        facts.push(format!(
            "measured: {} runs of each in turn, {}; before {}, after {}",
            m.runs,
            counted(m.threads, "thread"),
            spread(&m.before),
            spread(&m.after)
        ));
    }
    facts
}

fn by_reason(s: &Savings) -> Vec<(&str, Vec<&str>)> {
    let mut reasons: Vec<(&str, Vec<&str>)> = Vec::new();
    for u in &s.untouched {
        match reasons.iter_mut().find(|(reason, _)| *reason == u.reason) {
            Some((_, layers)) => layers.push(&u.layer),
            None => reasons.push((&u.reason, vec![&u.layer])),
        }
    }
    reasons
}
