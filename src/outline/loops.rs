//! Chains of one block as loops.
//!
//! In: a body. Out: the same, in which elements of a list (`layer1.0`, `layer1.1`, …) that follow one another are one step.

use std::ops::Range;

use super::body::{Body, Step, Turn, What};
use super::classes::Ref;
use super::params::Expr;
use crate::op::args::ArgValue;

/// Puts loops in place of chains.
pub(super) fn fold(body: Body) -> Body {
    let reads = reads(&body);
    let mut runs: Vec<(Range<usize>, Vec<Turn>)> = Vec::new();
    let mut at = 0;
    while at < body.steps.len() {
        match run(&body, &reads, at) {
            Some((end, turns)) => {
                runs.push((at..end, turns));
                at = end;
            }
            None => at += 1,
        }
    }
    folded(body, runs)
}

/// How often each step is read.
fn reads(body: &Body) -> Vec<usize> {
    let mut reads = vec![0; body.steps.len()];
    let inputs = body.steps.iter().flat_map(|step| &step.inputs);
    for from in inputs.chain(&body.results).chain(body.choices.iter().map(|choice| &choice.past)) {
        if let Ref::Step(at) = from {
            reads[*at] += 1;
        }
    }
    reads
}

/// The end of the longest loop that begins with a step, and its arguments.
fn run(body: &Body, reads: &[usize], first: usize) -> Option<(usize, Vec<Turn>)> {
    let (list, 0) = element(&body.steps[first].name)? else { return None };
    let mut end = first + 1;
    while end < body.steps.len() && follows(body, reads, end) && element(&body.steps[end].name) == Some((list, end - first)) {
        end += 1;
    }
    // Fewer turns may have arguments that a loop can say.
    (first + 2..=end).rev().find_map(|end| Some((end, turns(&body.steps[first..end])?)))
}

/// Whether a step does the same as the one before with what that one made, which nothing else reads.
fn follows(body: &Body, reads: &[usize], at: usize) -> bool {
    let (before, step) = (&body.steps[at - 1], &body.steps[at]);
    let alike = match (&before.what, &step.what) {
        (What::Call { block, .. }, What::Call { block: other, .. }) => block == other,
        (What::Call { .. } | What::Layer { .. } | What::Loop { .. }, _) => false,
    };
    let chosen = |at: usize| body.choices.iter().any(|choice| (choice.first..choice.first + choice.count).contains(&at));
    alike
        && before.inputs.len() == 1
        && step.inputs == [Ref::Step(at - 1)]
        && reads[at - 1] == 1
        && !chosen(at)
        && !chosen(at - 1)
}

/// A list and the place of an element in it.
fn element(name: &str) -> Option<(&str, usize)> {
    let (list, number) = name.rsplit_once('.')?;
    let place = number.parse().ok()?;
    (number == usize::to_string(&place)).then_some((list, place))
}

fn turns(steps: &[Step]) -> Option<Vec<Turn>> {
    let args: Vec<&[Expr]> = steps
        .iter()
        .map(|step| match &step.what {
            What::Call { args, .. } => args.as_slice(),
            What::Layer { .. } | What::Loop { .. } => &[],
        })
        .collect();
    let found: Option<Vec<Turn>> = (0..args[0].len()).map(|at| turn(args.iter().map(|args| &args[at]).collect())).collect();
    // Of two turns of which several things differ the calls say more.
    let differ = |turns: &Vec<Turn>| turns.iter().filter(|turn| !matches!(turn, Turn::Same(_))).count();
    found.filter(|turns| steps.len() > 2 || differ(turns) < 2)
}

fn turn(all: Vec<&Expr>) -> Option<Turn> {
    if all.iter().all(|expr| *expr == all[0]) {
        return Some(Turn::Same(all[0].clone()));
    }
    let values: Option<Vec<ArgValue>> =
        all.into_iter().map(|expr| if let Expr::Value(value) = expr { Some(value.clone()) } else { None }).collect();
    let values = values?;
    let later = &values[1..];
    Some(if later.iter().all(|value| *value == later[0]) {
        Turn::First(values[0].clone(), later[0].clone())
    } else {
        Turn::Each(values)
    })
}

fn folded(body: Body, runs: Vec<(Range<usize>, Vec<Turn>)>) -> Body {
    // Where each step is after folding.
    let mut place = Vec::with_capacity(body.steps.len());
    let mut count = 0;
    for at in 0..body.steps.len() {
        let inner = runs.iter().any(|(run, _)| run.contains(&at) && run.start != at);
        count += usize::from(!inner);
        place.push(count - 1);
    }
    let moved = |from: Ref| if let Ref::Step(at) = from { Ref::Step(place[at]) } else { from };
    let mut steps = Vec::new();
    let mut loops = runs.into_iter().peekable();
    for (at, step) in body.steps.iter().enumerate() {
        if let Some((run, args)) = loops.next_if(|(run, _)| run.start == at) {
            let What::Call { block, .. } = step.what else { unreachable!("a run is of calls") };
            let name = step.name.rsplit_once('.').map_or("", |(list, _)| list).to_owned();
            let what = What::Loop { block, args, turns: run.len() };
            steps.push(Step { name, what, inputs: step.inputs.iter().map(|from| moved(*from)).collect() });
        } else if place[at] == steps.len() {
            let what = match &step.what {
                What::Layer { like, args } => {
                    What::Layer { like: *like, args: args.iter().map(|(name, expr)| (*name, expr.moved(&moved))).collect() }
                }
                What::Call { block, args } => {
                    What::Call { block: *block, args: args.iter().map(|expr| expr.moved(&moved)).collect() }
                }
                What::Loop { .. } => step.what.clone(),
            };
            steps.push(Step { name: step.name.clone(), what, inputs: step.inputs.iter().map(|from| moved(*from)).collect() });
        }
    }
    let choices = body.choices.into_iter().map(|choice| {
        let first = place[choice.first];
        super::body::Choice { first, condition: choice.condition.moved(&moved), past: moved(choice.past), ..choice }
    });
    Body { steps, choices: choices.collect(), results: body.results.into_iter().map(moved).collect(), ..body }
}
