//! What makes a module: the call of its class, and those of a loop's turns.

use super::Stop;
use super::class::Writer;
use super::fit::{self, Place};
use super::forms::Form;
use super::layout::Doc;
use super::python::{Arg, Kind, Py, Val};
use super::uses::{Made, Use};
use super::zip::Scene;
use crate::outline::What;

/// Turns that are made alike.
pub(super) struct Run {
    /// The first one's number.
    pub from: usize,
    pub count: usize,
    pub doc: Doc,
    /// Whether the call has the turn's number in it.
    pub counts: bool,
}

impl Writer<'_> {
    /// What makes the module of a step.
    pub(super) fn constructor(&mut self, step: usize) -> Result<Doc, Stop> {
        let name = self.body.steps[step].name.clone();
        let scene = Scene { place: Place::Init, ins: &[], name: &name };
        if let What::Call { .. } = self.body.steps[step].what {
            let calls = self.calls(step, 0);
            let calls: Vec<Option<&Py>> = calls.iter().map(Option::as_ref).collect();
            return self.params.zip(&calls, &scene).ok_or(Stop::Unlike);
        }
        let forms = self.forms[step].clone();
        let all: Vec<Option<&Py>> = forms.iter().map(|form| form.as_ref().and_then(Form::module)).collect();
        self.params.zip(&all, &scene).ok_or(Stop::Unlike)
    }

    /// The constructor of a block's class with what each use of this class gives it.
    fn calls(&self, step: usize, turn: usize) -> Vec<Option<Py>> {
        let (What::Call { block, .. } | What::Loop { block, .. } | What::Grow { block, .. }) = &self.body.steps[step].what else {
            return vec![None; self.uses.len()];
        };
        let class = &self.classes[*block];
        let call = |own: &Use| {
            let Made::Calls(places) = &own.steps[step] else { return None };
            let arg = |(param, is_named): (&fit::Param, bool)| Arg {
                key: is_named.then(|| param.name.clone()),
                value: Py::Val(param.values[places[turn]].clone(), param.kind),
                default: param.default.clone(),
            };
            Some(Py::Call(class.name.clone(), class.params.signature().into_iter().map(arg).collect()))
        };
        self.uses.iter().map(call).collect()
    }

    /// The constructors of a loop's turns.
    pub(super) fn turns(&mut self, step: usize, from: usize, turns: usize) -> Result<Vec<Run>, Stop> {
        let name = self.body.steps[step].name.clone();
        let scene = Scene { place: Place::Init, ins: &[], name: &name };
        let grown = matches!(self.body.steps[step].what, What::Grow { .. });
        let all: Vec<Vec<Option<Py>>> = (0..turns).map(|turn| self.calls(step, turn)).collect();
        if let Some(counted) = self.counted(&all, (from, grown), &name) {
            let own: Vec<Option<&Py>> = counted.iter().map(Option::as_ref).collect();
            let doc = self.params.zip(&own, &scene).ok_or(Stop::Unlike)?;
            return Ok(vec![Run { from, count: turns, doc, counts: true }]);
        }
        let mut runs: Vec<Run> = Vec::new();
        for (turn, calls) in all.iter().enumerate() {
            let own: Vec<Option<&Py>> = calls.iter().map(Option::as_ref).collect();
            let doc = self.params.zip(&own, &scene).ok_or(Stop::Unlike)?;
            match runs.last_mut().filter(|run| run.doc.flat() == doc.flat()) {
                Some(run) => run.count += 1,
                None => runs.push(Run { from: from + turn, count: 1, doc, counts: false }),
            }
        }
        Ok(runs)
    }

    /// The constructor of all turns by their number, where its arguments grow by the same each time.
    fn counted(&mut self, all: &[Vec<Option<Py>>], (from, grown): (usize, bool), name: &str) -> Option<Vec<Option<Py>>> {
        let args = |turn: &[Option<Py>], of: usize| match &turn[of] {
            Some(Py::Call(_, args)) => Some(args.clone()),
            _ => None,
        };
        // Of what a list grows to, two turns say how; elsewhere they may be any two numbers.
        let fewest = if grown { 2 } else { 3 };
        let mut own = all[0].clone();
        let count = (0..own.len()).find_map(|of| args(&all[0], of))?.len();
        let mut grows = false;
        for at in 0..count {
            let value = |turn: &[Option<Py>], of: usize| {
                let own = args(turn, of)?;
                if let Py::Val(value, _) = &own[at].value { Some(value.clone()) } else { None }
            };
            let rows: Vec<Option<Vec<Val>>> = (0..own.len()).map(|of| all.iter().map(|turn| value(turn, of)).collect()).collect();
            if rows.iter().flatten().all(|row| row.iter().all(|value| *value == row[0])) {
                continue;
            }
            let steps: Vec<Option<(i64, i64)>> =
                rows.iter().map(|row| row.as_ref().and_then(|row| fit::steps(row, fewest))).collect();
            let (_, step) = steps.iter().flatten().next().copied()?;
            if !rows.iter().zip(&steps).all(|(row, steps)| row.is_none() || steps.is_some_and(|(_, own)| own == step)) {
                return None;
            }
            let bases = steps.iter().map(|own| own.map(|(base, _)| Val::Int(base))).collect();
            let base = self.params.fit(&bases, Kind::Channels, Place::Init, &format!("{name}.in"));
            let turn = if from == 0 { "i".to_owned() } else { format!("(i - {from})") };
            let text = Py::Raw(format!("{base} + {step} * {turn}"));
            for call in own.iter_mut().flatten() {
                if let Py::Call(_, args) = call {
                    args[at].value = text.clone();
                }
            }
            grows = true;
        }
        grows.then_some(own)
    }
}
