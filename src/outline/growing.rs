//! Lists that grow in loops: a block reads everything that was made before, joined, and adds to it, as in a dense block.
//!
//! In: a body. Out: the same, in which such chains are one step, whose result is the list.

use super::body::{Body, Step, What};
use super::classes::Ref;
use super::loops::numbered;
use crate::graph::Graph;
use crate::op::Op;

/// So many turns at least are a loop.
const FEWEST_TURNS: usize = 2;

/// Joins and calls that are one loop.
struct Run {
    /// The first join; each is followed by the call that reads it.
    first: usize,
    turns: usize,
    /// The step behind the run that reads the whole list.
    reader: usize,
}

/// Puts loops in place of growing chains.
pub(super) fn fold(graph: &Graph, mut body: Body) -> Body {
    let mut at = 0;
    while at < body.steps.len() {
        if let Some(run) = run(graph, &body, at) {
            body = folded(body, &run);
        }
        at += 1;
    }
    body
}

fn run(graph: &Graph, body: &Body, first: usize) -> Option<Run> {
    let mut turns = 0;
    while pair(graph, body, first, turns).is_some() {
        turns += 1;
    }
    let last = first + 2 * turns.checked_sub(FEWEST_TURNS.max(1)).map(|_| turns - 1)?;
    let mut list = body.steps[last].inputs.clone();
    list.push(Ref::Step(last + 1));
    let reader = (last + 2..body.steps.len()).find(|at| body.steps[*at].inputs == list)?;
    let is_inner = |from: &Ref| matches!(from, Ref::Step(at) if (first..last + 2).contains(at));
    let outside = body.steps.iter().enumerate().filter(|(at, _)| *at >= last + 2 && *at != reader);
    let leaks = outside.flat_map(|(_, step)| &step.inputs).chain(&body.results).any(is_inner);
    let chosen = body.choices.iter().any(|choice| choice.first + choice.count > first && choice.first < last + 2);
    (!leaks && !chosen).then_some(Run { first, turns, reader })
}

/// The join and the call of a turn, where they continue those before.
fn pair(graph: &Graph, body: &Body, first: usize, turn: usize) -> Option<()> {
    let at = first + 2 * turn;
    let (join, call) = (body.steps.get(at)?, body.steps.get(at + 1)?);
    let What::Layer { like, args } = &join.what else { return None };
    let What::Call { block, args: given } = &call.what else { return None };
    let (list, number) = numbered(&call.name)?;
    let joins = matches!(graph.node(*like).op, Op::Concat(_)) && args.is_empty() && call.inputs == [Ref::Step(at)];
    let (begin, rest) = (join.name.strip_prefix(&call.name)?, turn.checked_sub(1));
    let follows = rest.is_none_or(|_| {
        let (before, made) = (&body.steps[at - 2], &body.steps[at - 1]);
        let same = match (&before.what, &made.what) {
            (What::Layer { like: other, .. }, What::Call { block: own, args }) => {
                graph.node(*other).op == graph.node(*like).op && own == block && args == given
            }
            _ => false,
        };
        let grown = [before.inputs.as_slice(), &[Ref::Step(at - 1)]].concat();
        let ending = before.name.strip_prefix(&made.name);
        same && join.inputs == grown && ending == Some(begin) && numbered(&made.name) == number.checked_sub(1).map(|n| (list, n))
    });
    (joins && follows).then_some(())
}

fn folded(body: Body, run: &Run) -> Body {
    let end = run.first + 2 * run.turns;
    let moved = |from: Ref| match from {
        Ref::Step(at) if at >= end => Ref::Step(at + 1 - (end - run.first)),
        Ref::Step(_) | Ref::Input(_) => from,
    };
    let loop_ = {
        let (join, call) = (&body.steps[run.first], &body.steps[run.first + 1]);
        let (list, number) = numbered(&call.name).unwrap_or((&call.name, 0));
        let joint = join.name.strip_prefix(&call.name).unwrap_or_default().to_owned();
        let what = match (&join.what, &call.what) {
            (What::Layer { like, .. }, What::Call { block, args }) => {
                What::Grow { block: *block, args: args.clone(), from: number, turns: run.turns, join: *like, joint }
            }
            _ => call.what.clone(),
        };
        Step { name: list.to_owned(), what, inputs: join.inputs.clone() }
    };
    let mut steps: Vec<Step> = body.steps[..run.first].to_vec();
    steps.push(loop_);
    for (at, step) in body.steps.iter().enumerate().skip(end) {
        let inputs =
            if at == run.reader { vec![Ref::Step(run.first)] } else { step.inputs.iter().map(|from| moved(*from)).collect() };
        steps.push(Step { inputs, what: step.what.moved(&moved), name: step.name.clone() });
    }
    let choices = body.choices.into_iter().map(|choice| choice.moved(&moved)).collect();
    let results = body.results.into_iter().map(moved).collect();
    Body { steps, choices, results, ..body }
}
