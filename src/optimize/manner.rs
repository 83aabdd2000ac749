//! Which of a plan's bottlenecks are written as steps of blocks, and which as `refine` lines.
//!
//! In: the steps that the text's blocks could have. Out: a [`Manner`]. A step is taken where the text with it makes the network
//! that was decided, and with other values of the parameters the one that `refine` lines make; what is not taken is a line.

use super::edited::{Origin, with};
use super::same::{Renamed, same};
use super::trials::Trial;
use crate::compile::{Compiled, Network, Settings, compile};
use crate::diagnostic::Edit;
use crate::rewrite::Plan;
use crate::rewrite::plan::PlannedChange;
use crate::shape::Shaped;
use crate::writeback::address::Other;
use crate::writeback::blocks::{Blocks, Choice};
use crate::writeback::edit::{self, Section};

/// The most steps that are tried one by one where all together do not do.
const MOST: usize = 16;

/// The largest network with which they are.
const MOST_NODES: usize = 20_000;

/// What texts of a plan are made from.
#[derive(Clone, Copy)]
pub(super) struct Texts<'a> {
    pub on: &'a Origin<'a>,
    pub plan: &'a Plan,
    pub trials: &'a [Trial],
    /// What holds of the parameters unless in each of the trials.
    pub unless: &'a [String],
    /// What is edited whatever the plan is.
    pub edits: &'a [Edit],
    pub blocks: Option<&'a Blocks<'a>>,
}

/// A way of writing a plan down.
#[derive(Default)]
pub(super) struct Manner {
    /// The steps of blocks.
    choice: Choice,
    /// What lines are written for.
    rest: Vec<PlannedChange>,
    /// What they are applied to, and with each of the boolean trials; `None` where it is the source's own.
    bases: Option<(Network, Vec<Option<Network>>)>,
    /// What the text makes; `None` without steps.
    pub network: Option<Network>,
    /// What inserted layers are called.
    pub renamed: Renamed,
}

impl Texts<'_> {
    /// The manner with as many steps as do.
    pub fn best(&self, decided: &Shaped) -> Manner {
        let lines = || Manner { rest: self.plan.changes.clone(), ..Manner::default() };
        let Some(blocks) = self.blocks.filter(|blocks| !blocks.steps.is_empty()) else { return lines() };
        let text = self.text(&lines());
        let others: Vec<Option<Network>> = self.trials.iter().map(|trial| with(self.on, trial, &text).network).collect();
        let all: Choice = blocks.steps.iter().map(|_| Some(0)).collect();
        if let Some(manner) = self.tried(&all, decided, &others) {
            return manner;
        }
        let mut best = lines();
        let mut choice: Choice = vec![None; blocks.steps.len()];
        let most = if decided.graph().len() <= MOST_NODES { MOST } else { 0 };
        for at in 0..blocks.steps.len().min(most) {
            for way in 0..blocks.steps[at].ways.len() {
                choice[at] = Some(way);
                if let Some(manner) = self.tried(&choice, decided, &others) {
                    best = manner;
                    break;
                }
                choice[at] = None;
            }
        }
        best
    }

    /// The manner with these steps, where it makes the right networks.
    fn tried(&self, choice: &Choice, decided: &Shaped, others: &[Option<Network>]) -> Option<Manner> {
        let blocks = self.blocks?;
        let made = blocks.made(choice);
        let rest = self.plan.changes.iter().enumerate().filter(|(at, _)| !made.contains(at)).map(|(_, change)| change.clone());
        let mut manner = Manner { choice: choice.clone(), rest: rest.collect(), ..Manner::default() };
        if !manner.rest.is_empty() {
            let steps = [blocks.edits(choice, &[], &self.plan.changes), self.edits.to_vec()].concat();
            let text = edit::apply(self.on.source.text(), &steps);
            let bases = self.trials.iter().map(|trial| if trial.is_boolean { with(self.on, trial, &text).network } else { None });
            manner.bases = Some((self.compiled(&text).network?, bases.collect()));
        }
        let text = self.text(&manner);
        let network = self.compiled(&text).network?;
        manner.renamed = same(decided, &network.shaped)?;
        manner.network = Some(network);
        let holds = |(trial, other): (&Trial, &Option<Network>)| {
            let Some(other) = other else { return true };
            let made = with(self.on, trial, &text).network;
            made.is_some_and(|made| same(&other.shaped, &made.shaped).is_some())
        };
        self.trials.iter().zip(others).all(holds).then_some(manner)
    }

    /// The edits of a plan in a manner; `notes` are said of the plan.
    pub fn written(&self, manner: &Manner, notes: &[String]) -> Vec<Edit> {
        let bases = manner.bases.as_ref();
        let before = bases.map_or_else(|| self.on.before.shaped(), |(base, _)| &base.shaped);
        let mut others: Vec<Other<'_>> = Vec::new();
        for (at, (trial, unless)) in self.trials.iter().zip(self.unless).enumerate().filter(|(_, (trial, _))| trial.is_boolean) {
            let base = bases.and_then(|(_, bases)| bases[at].as_ref());
            others.push(Other { shaped: base.map_or(&trial.before.shaped, |base| &base.shaped), unless });
        }
        let section = Section { plan: self.plan, changes: &manner.rest, made_by: self.on.said, notes, others: &others };
        let mut edits = edit::refinements(self.on.source.text(), &self.on.source.ast, before, &section);
        // The plan is told once: with the lines where there are any.
        let heading = if manner.rest.is_empty() { edit::heading(&section) } else { Vec::new() };
        edits.extend(self.blocks.iter().flat_map(|blocks| blocks.edits(&manner.choice, &heading, &self.plan.changes)));
        edits
    }

    /// The text in a manner, its assertions as they were.
    fn text(&self, manner: &Manner) -> String {
        edit::apply(self.on.source.text(), &[self.written(manner, &[]), self.edits.to_vec()].concat())
    }

    /// What was set is in the text by now.
    fn compiled(&self, text: &str) -> Compiled {
        compile(self.on.name, text.to_owned(), self.on.loader, &Settings::default())
    }
}
