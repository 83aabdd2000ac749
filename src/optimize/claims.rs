//! What a source asserts, held against the new network: numbers that it records, and what it demands.
//!
//! In: the conditions of networks before, as lowering left them, and the numbers after. Out: edits of the numbers, or the
//! finding that an assertion is broken. An equality with a number that is written out is a record and follows the network;
//! everything else, a budget or a relation between counts, is a demand that a plan must keep. What did not hold before is left
//! as it is.

use std::collections::{BTreeMap, BTreeSet};

use super::edited::Origin;
use super::trials::{Trial, built};
use crate::compile::{Asserted, Network, Settings, asserted, broken, compile};
use crate::diagnostic::{Diagnostic, Edit};
use crate::lower::Condition;
use crate::metric::Metric;
use crate::source::{SourceSet, Span};
use crate::syntax::ast::{Expr, StatementKind};
use crate::writeback::assertions::{Numbers, Right, mended};

/// A network before, with what its text asserts of it, and the numbers after.
#[derive(Clone, Copy)]
pub(super) struct Pair<'a> {
    /// What is asserted.
    pub conditions: &'a [Condition],
    /// The numbers before.
    pub before: Numbers<'a>,
    /// The numbers after.
    pub after: Numbers<'a>,
}

/// What was found so far.
pub(super) struct Claims<'a> {
    on: &'a Origin<'a>,
    /// The numbers of the text, each with whether one of its assertions has become false.
    numbers: BTreeMap<Span, (Right, bool)>,
    reached: BTreeSet<Span>,
    broken: Option<Diagnostic>,
}

impl<'a> Claims<'a> {
    /// Nothing is found yet.
    pub fn new(on: &'a Origin<'a>) -> Self {
        Self { on, numbers: BTreeMap::new(), reached: BTreeSet::new(), broken: None }
    }

    /// Holds what is asserted with the text's own values, or in a trial, against the numbers after.
    pub fn hold(&mut self, pair: Pair<'_>, trial: Option<&Trial>) {
        let [before, after] = [pair.before, pair.after].map(|numbers| asserted(pair.conditions, numbers.graph, numbers.analysis));
        let outdated = outdated(self.on, trial);
        let in_file = in_file(self.on, trial, pair.conditions.len());
        for (at, (condition, (before, after))) in pair.conditions.iter().zip(before.iter().zip(&after)).enumerate() {
            self.reached.insert(condition.span);
            let is_demanded = before.holds || in_file.get(at).copied().unwrap_or_default();
            if after.is_record && (before.holds || outdated.contains(&condition.span)) {
                self.record(after, trial);
            } else if is_demanded && !after.holds {
                self.breaks((at, condition), pair.after, trial);
            }
        }
    }

    fn record(&mut self, asserted: &Asserted, trial: Option<&Trial>) {
        let (condition, main) = (asserted.condition, self.on.source.ast.source);
        for stated in asserted.stated.iter().filter(|stated| stated.at.source == main) {
            let right = || Right { at: stated.at, condition, cases: Vec::new(), otherwise: None };
            let (right, is_wrong) = self.numbers.entry(stated.at).or_insert_with(|| (right(), false));
            match trial {
                Some(trial) => right.cases.push((trial.condition(), stated.right)),
                None => right.otherwise = Some(stated.right),
            }
            *is_wrong |= !asserted.holds && !stated.holds;
        }
    }

    fn breaks(&mut self, (at, condition): (usize, &Condition), after: Numbers<'_>, trial: Option<&Trial>) {
        // A person looks for it in the file, from which the text differs.
        let file = self.on.replaces.and_then(|file| file.source.as_ref());
        let network = file.and_then(|_| of_file(self.on, trial));
        let network = network.filter(|network| network.conditions.len() > at);
        let (sources, condition) = match (file, &network) {
            (Some(file), Some(network)) => (&file.sources, &network.conditions[at]),
            _ => (&self.on.source.sources, condition),
        };
        let Some(mut found) = finding(sources, condition, after) else { return };
        if let Some(trial) = trial {
            found = found.note(format!("with `{}`", trial.shown()));
        }
        match &mut self.broken {
            Some(first) => {
                let told = first.primary.iter().chain(&first.secondary).any(|label| label.span == condition.span);
                first.secondary.extend(found.primary.filter(|_| !told));
            }
            none => *none = Some(found),
        }
    }

    /// The edits of numbers that have become wrong, and how many assertions they are in.
    ///
    /// # Errors
    /// An assertion is broken that is no record of a number.
    pub fn updates(self) -> Result<(Vec<Edit>, usize), Box<Diagnostic>> {
        if let Some(broken) = self.broken {
            return Err(Box::new(broken));
        }
        let wrong: Vec<Right> = self.numbers.into_values().filter(|(_, is_wrong)| *is_wrong).map(|(right, _)| right).collect();
        let conditions: BTreeSet<Span> = wrong.iter().map(|right| right.condition).collect();
        let text = self.on.source.text();
        Ok((wrong.iter().filter_map(|right| mended(text, right)).collect(), conditions.len()))
    }

    /// The edits of numbers that have become wrong, whatever else is.
    pub fn records(self) -> Vec<Edit> {
        Self { broken: None, ..self }.updates().map_or_else(|_| Vec::new(), |(edits, _)| edits)
    }

    /// The lines of assertions about the network that none of the values led to.
    pub fn unreached(&self) -> Vec<usize> {
        let main = self.on.source.sources.get(self.on.source.ast.source);
        let statements = self.on.net().into_iter().flat_map(|net| net.body.all_statements());
        let asserted = statements.filter_map(|statement| {
            let StatementKind::Assert(condition) = &statement.kind else { return None };
            (asks_for_metric(condition) && !self.reached.contains(&condition.span)).then_some(condition.span.start)
        });
        let lines: BTreeSet<usize> = asserted.map(|at| main.line_index(at) + 1).collect();
        lines.into_iter().collect()
    }
}

/// Holds the demands of a source against a network that is written out.
///
/// # Errors
/// One of them is broken.
pub(super) fn unbroken(on: &Origin<'_>, after: Numbers<'_>) -> Result<(), Box<Diagnostic>> {
    let conditions = &on.before.network.conditions;
    let mut claims = Claims::new(on);
    claims.hold(Pair { conditions, before: on.before_numbers(), after }, None);
    claims.updates().map(|_| ())
}

/// The assertions that speak of the network with other defaults than the new ones, and are to speak of these: those outside
/// every `if` and loop, where values are set.
fn outdated(on: &Origin<'_>, trial: Option<&Trial>) -> BTreeSet<Span> {
    if on.set.is_empty() {
        return BTreeSet::new();
    }
    let statements = on.net().into_iter().flat_map(|net| &net.body.statements);
    let plain: BTreeSet<Span> = statements
        .filter_map(|statement| if let StatementKind::Assert(condition) = &statement.kind { Some(condition.span) } else { None })
        .collect();
    let Some(trial) = trial else { return plain };
    let Some(network) = built(on, &trial.values) else { return BTreeSet::new() };
    let held = asserted(&network.conditions, network.shaped.graph(), &network.analysis);
    held.into_iter().filter(|one| one.holds && plain.contains(&one.condition)).map(|one| one.condition).collect()
}

/// What the file makes that earlier bottlenecks were taken out of, with the values at hand.
fn of_file(on: &Origin<'_>, trial: Option<&Trial>) -> Option<Network> {
    let source = on.replaces?.source.as_ref()?;
    let set = [on.set, trial.map_or(&[], |trial| &trial.values)].concat();
    let settings = Settings { set, ..Settings::default() };
    compile(&on.before.name, source.text().to_owned(), on.loader, &settings).network
}

/// For each condition whether it held in the file that earlier bottlenecks were taken out of; none where they are others there.
fn in_file(on: &Origin<'_>, trial: Option<&Trial>, count: usize) -> Vec<bool> {
    let Some(network) = of_file(on, trial).filter(|network| network.conditions.len() == count) else { return Vec::new() };
    let held = asserted(&network.conditions, network.shaped.graph(), &network.analysis);
    held.into_iter().map(|one| one.holds).collect()
}

fn finding(sources: &SourceSet, condition: &Condition, after: Numbers<'_>) -> Option<Diagnostic> {
    let found = broken(sources, condition, after.graph, after.analysis)?;
    let help = "change it in the source, or ask for a plan that keeps it; only numbers that something is equal to are brought up to date";
    Some(found.help(help))
}

/// Whether a condition is about the built network.
fn asks_for_metric(condition: &Expr) -> bool {
    condition.all().into_iter().filter_map(Expr::named).any(|name| Metric::from_name(name).is_some())
}
