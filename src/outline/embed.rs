//! Whether one scope does what another does, some detours left out.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::classes::{Detour, Pattern, Ref};

/// How a smaller pattern lies in a larger one.
pub(super) struct Way {
    /// The detours of the larger one from now on.
    pub detours: Vec<Detour>,
    /// The step of the smaller one that each step of the larger one is.
    pub steps: Vec<Option<usize>>,
    /// The input of the smaller one that each input of the larger one is.
    pub inputs: Vec<usize>,
}

/// The way in which `small` is `large` without some of its steps, each run of which can be passed by.
pub(super) fn embed(small: &Pattern, large: &Pattern, detours: &[Detour]) -> Option<Way> {
    let by_name: HashMap<&str, usize> = large.steps.iter().enumerate().map(|(at, step)| (step.name.as_str(), at)).collect();
    let mut steps = vec![None; large.steps.len()];
    let mut place = Vec::new();
    for (at, step) in small.steps.iter().enumerate() {
        let own = *by_name.get(step.name.as_str())?;
        if large.steps[own].kind != step.kind {
            return None;
        }
        steps[own] = Some(at);
        place.push(own);
    }
    let runs = runs(large, &steps)?;
    let mut matching = Matching { place, inputs: BTreeMap::new(), past: vec![None; runs.len()], runs: &runs };
    for (at, step) in large.steps.iter().enumerate() {
        let Some(own) = steps[at] else { continue };
        let inputs = &small.steps[own].inputs;
        if inputs.len() != step.inputs.len() || !step.inputs.iter().zip(inputs).all(|(one, other)| matching.pair(*one, *other)) {
            return None;
        }
    }
    let results = large.result.zip(small.result);
    if !results.is_some_and(|(one, other)| matching.pair(one, other)) {
        return None;
    }
    let found: Option<Vec<Detour>> = runs
        .iter()
        .zip(&matching.past)
        .map(|(run, past)| {
            let past = (*past)?;
            let reads = |step: &usize| large.steps[*step].inputs.contains(&past);
            run.iter().any(reads).then(|| Detour { steps: run.clone(), past })
        })
        .collect();
    let inputs: Option<Vec<usize>> = (0..large.inputs).map(|at| matching.inputs.get(&at).copied()).collect();
    Some(Way { detours: together(found?, detours)?, steps, inputs: inputs? })
}

/// The steps that are left out, in runs of which each step but the first reads the one before and nothing else.
fn runs(large: &Pattern, steps: &[Option<usize>]) -> Option<Vec<Vec<usize>>> {
    let missing = |at: usize| steps[at].is_none();
    let mut runs: Vec<Vec<usize>> = Vec::new();
    for at in (0..steps.len()).filter(|at| missing(*at)) {
        let reads: BTreeSet<Ref> = large.steps[at].inputs.iter().copied().collect();
        let from: Vec<usize> =
            reads.iter().filter_map(|r| if let Ref::Step(of) = r { Some(*of).filter(|of| missing(*of)) } else { None }).collect();
        match from.as_slice() {
            [] => runs.push(vec![at]),
            [before] if large.steps[at].inputs.len() == 1 => {
                runs.iter_mut().find(|run| run.last() == Some(before))?.push(at);
            }
            _ => return None,
        }
    }
    // Only the last step of a run is read by others.
    let inner = |step: &usize| runs.iter().any(|run| run[..run.len() - 1].contains(step));
    let read = large.steps.iter().enumerate().filter(|(at, _)| !missing(*at)).flat_map(|(_, step)| &step.inputs);
    let leaks = read.chain(&large.result).any(|r| matches!(r, Ref::Step(of) if inner(of)));
    (!leaks).then_some(runs)
}

/// What is known of how the two correspond.
struct Matching<'a> {
    /// The step of the larger one for each of the smaller one.
    place: Vec<usize>,
    /// The input of the smaller one for each of the larger one.
    inputs: BTreeMap<usize, usize>,
    /// What stands for each run that is left out.
    past: Vec<Option<Ref>>,
    runs: &'a [Vec<usize>],
}

impl Matching<'_> {
    /// Whether a map of the larger one is this map of the smaller one.
    fn pair(&mut self, large: Ref, small: Ref) -> bool {
        let run = |of: usize| self.runs.iter().position(|run| run.last() == Some(&of));
        if let Ref::Step(of) = large
            && let Some(run) = run(of)
        {
            let Some(own) = self.as_large(small) else { return false };
            return *self.past[run].get_or_insert(own) == own;
        }
        match (large, small) {
            (Ref::Input(large), Ref::Input(small)) => {
                let is_new = !self.inputs.values().any(|other| *other == small);
                match self.inputs.get(&large) {
                    Some(known) => *known == small,
                    None if is_new => self.inputs.insert(large, small).is_none(),
                    None => false,
                }
            }
            (Ref::Step(large), Ref::Step(small)) => self.place[small] == large,
            (Ref::Input(_), Ref::Step(_)) | (Ref::Step(_), Ref::Input(_)) => false,
        }
    }

    /// A map of the smaller one as the larger one has it; an input that nothing is known of yet counts as the same one.
    fn as_large(&mut self, small: Ref) -> Option<Ref> {
        match small {
            Ref::Step(at) => Some(Ref::Step(self.place[at])),
            Ref::Input(at) => {
                let known = self.inputs.iter().find(|(_, own)| **own == at).map(|(large, _)| *large);
                if known.is_none() && self.inputs.contains_key(&at) {
                    return None;
                }
                let large = *self.inputs.entry(known.unwrap_or(at)).or_insert(at);
                Some(Ref::Input(known.unwrap_or(large)))
            }
        }
    }
}

/// The detours that were known with those that were found: each is the same as one of the others, or has no step of them.
fn together(found: Vec<Detour>, known: &[Detour]) -> Option<Vec<Detour>> {
    let mut all = known.to_vec();
    for detour in found {
        if all.contains(&detour) {
            continue;
        }
        if all.iter().any(|other| other.steps.iter().any(|step| detour.steps.contains(step))) {
            return None;
        }
        all.push(detour);
    }
    Some(all)
}
