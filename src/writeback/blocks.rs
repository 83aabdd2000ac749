//! The edits that make bottlenecks steps of blocks: a statement before the layer's, a parameter in the block's head, an argument
//! in each call, and what is said of them above the block.
//!
//! In: the [`Step`]s that are to be written, each with the way in which. Out: [`Edit`]s of the main file, which overlap neither
//! with each other nor with the numbers of assertions.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::{Added, line_before, line_end, with_arguments, with_params};
use super::comments::of_steps;
use super::sentences::{said_above, said_in};
use super::steps::{Planned, Step, Width, steps};
use super::style::HOLE;
use super::widths::Sources;
use crate::diagnostic::Edit;
use crate::quote::quoted;
use crate::rewrite::plan::PlannedChange;
use crate::source::{SourceSet, Span};
use crate::syntax::ast::{Ast, Block};
use crate::words::is_reserved;

/// A level of indentation, where the text shows none.
const LEVEL: &str = "    ";

/// The steps that a plan's bottlenecks can be.
pub struct Blocks<'a> {
    sources: Sources<'a>,
    /// The steps, in the order of the file.
    pub steps: Vec<Step<'a>>,
}

/// For each step the way in which it is written, by its place; `None` where it is not.
pub type Choice = Vec<Option<usize>>;

impl<'a> Blocks<'a> {
    /// The steps of a plan; `asts` are the trees of all files, the written one first.
    #[must_use]
    pub fn new(set: &'a SourceSet, asts: &'a [Ast], planned: &Planned<'_>) -> Option<Self> {
        let sources = Sources::new(set, asts)?;
        let steps = steps(&sources, planned);
        Some(Self { sources, steps })
    }

    /// The changes that chosen steps make.
    #[must_use]
    pub fn made(&self, choice: &Choice) -> Vec<usize> {
        self.chosen(choice).flat_map(|(step, _)| step.changes.iter().copied()).collect()
    }

    fn chosen<'s>(&'s self, choice: &'s Choice) -> impl Iterator<Item = (&'s Step<'a>, &'s str)> {
        self.steps.iter().zip(choice).filter_map(|(step, way)| Some((step, step.ways.get((*way)?)?.as_str())))
    }

    /// The edits of chosen steps of a plan; above the first of their blocks stands what the plan is.
    #[must_use]
    pub fn edits(&self, choice: &Choice, heading: &[String], changes: &[PlannedChange]) -> Vec<Edit> {
        let text = self.sources.main_text();
        let mut edits: Vec<Edit> = self.chosen(choice).flat_map(|(step, way)| self.step(step, way)).collect();
        let mut by_block: BTreeMap<Span, Vec<&Step<'a>>> = BTreeMap::new();
        for (step, _) in self.chosen(choice) {
            by_block.entry(step.block.span).or_default().push(step);
        }
        for (at, steps) in by_block.into_values().enumerate() {
            let block = steps[0].block;
            let mut said = if at == 0 { heading.to_vec() } else { Vec::new() };
            said.extend(kinds(&steps, changes).iter().flat_map(|(names, made)| of_steps(names, made)));
            edits.extend(above(&self.sources, block, &said));
            let mut passed: Vec<(&Added, &BTreeMap<Span, u64>)> = steps.iter().filter_map(|step| passed(step)).collect();
            // Several steps may have one parameter; those with defaults come last.
            let mut names = BTreeSet::new();
            passed.retain(|(added, _)| names.insert(added.name.as_str()));
            passed.sort_by_key(|(added, _)| added.default.is_some());
            let added: Vec<Added> = passed.iter().map(|(added, _)| (*added).clone()).collect();
            if added.is_empty() {
                continue;
            }
            edits.extend(with_params(text, block, &added));
            for call in self.sources.calls_of(&block.name.text) {
                let values: Vec<(&Added, u64)> =
                    passed.iter().filter_map(|(added, widths)| Some((*added, *widths.get(&call.span)?))).collect();
                edits.extend(with_arguments(text, &call, block, &values));
            }
        }
        edits
    }

    /// The statement that a step is, before the one that it is for, and what that one reads now.
    fn step(&self, step: &Step<'a>, way: &str) -> Vec<Edit> {
        let (text, place) = (self.sources.main_text(), &step.place);
        let (name, source) = (quoted(&step.name, is_reserved), self.sources.text(place.source.span));
        let first = place.statement.marks().first().map_or(place.statement.span, |mark| mark.span);
        let (start, indent) = line_before(text, first.start);
        let end = line_end(text, first.start as usize);
        let chain = |width: &str| format!("{source} -> {}", way.replace(HOLE, width));
        let value = match &step.width {
            Width::Fixed(width) => chain(&width.to_string()),
            Width::Passed(added, _) => {
                let width = quoted(&added.name, is_reserved);
                match (&added.default, indent) {
                    (None, _) => chain(&width),
                    (Some(_), None) => format!("if {width} > 0 {{ {} }} else {{ {source} }}", chain(&width)),
                    (Some(none), Some(indent)) => {
                        let inner = format!("{end}{indent}{LEVEL}");
                        let back = format!("{end}{indent}");
                        format!("if {width} > {none} {{{inner}{}{back}}} else {{{inner}{source}{back}}}", chain(&width))
                    }
                }
            }
        };
        let before = match indent {
            Some(indent) => {
                let at = Span { start: start as u32, end: start as u32, ..first };
                Edit::replace(at, format!("{indent}{name} = {value}{end}"))
            }
            None => Edit::before(first, format!("{name} = {value}; ")),
        };
        vec![before, Edit::replace(place.source.span, name)]
    }
}

/// Steps before layers of one kernel, with the changes that they make.
fn kinds<'c>(steps: &[&Step<'_>], changes: &'c [PlannedChange]) -> Vec<(Vec<String>, Vec<&'c PlannedChange>)> {
    let mut kinds: Vec<(Vec<String>, Vec<&PlannedChange>)> = Vec::new();
    for step in steps {
        let made: Vec<&PlannedChange> = step.changes.iter().map(|at| &changes[*at]).collect();
        match kinds.iter_mut().find(|(_, other)| other[0].geometry.kernel == made[0].geometry.kernel) {
            Some((names, other)) => {
                names.push(step.name.clone());
                other.extend(made);
            }
            None => kinds.push((vec![step.name.clone()], made)),
        }
    }
    kinds
}

fn passed<'s>(step: &'s Step<'_>) -> Option<(&'s Added, &'s BTreeMap<Span, u64>)> {
    if let Width::Passed(added, widths) = &step.width { Some((added, widths)) } else { None }
}

/// The edit that puts lines of comment above a block, behind what its author says there. A note that reports repeat goes on to
/// the end of its comment, so that they come before such a one.
fn above(sources: &Sources<'_>, block: &Block, lines: &[String]) -> Option<Edit> {
    let text = sources.main_text();
    if lines.is_empty() {
        return None;
    }
    let (start, indent) = line_before(text, block.span.start);
    let (end, indent) = (line_end(text, block.span.start as usize), indent.unwrap_or_default());
    let body: String = lines.iter().flat_map(|line| [indent, "# ", line, end]).collect();
    let gap = format!("{indent}#{end}");
    let said = said_above(text, sources.main, block.span.start);
    let has_note = said.iter().any(|comment| said_in(text, comment).starts_with("Note:"));
    let (at, body) = match said.first() {
        None => (start, body),
        Some(first) if has_note => (line_before(text, first.span.start).0, body + &gap),
        Some(_) => (start, gap + &body),
    };
    let at = Span { start: at as u32, end: at as u32, ..block.span };
    Some(Edit::replace(at, body))
}
