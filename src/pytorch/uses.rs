//! Every use of every block of an outline: which layers its steps are there, and what its parameters are.
//!
//! In: a network and its outline. Out: the net's one use and those of each block, found again by the names of layers; `None`
//! where they do not say the network. What differs between the uses of a class is what its constructor is told.

use std::collections::BTreeSet;

use crate::graph::NodeId;
use crate::op::args::ArgValue;
use crate::outline::{Body, Choice, Condition, Expr, Outline, Quantity, Ref, Step, Turn, What};
use crate::shape::Shaped;

/// Maps that a step makes or takes: one, or those of a list.
pub(super) type Maps = Vec<NodeId>;

/// One use of a body.
#[derive(Debug, Clone)]
pub(super) struct Use {
    pub inputs: Vec<Maps>,
    pub params: Vec<ArgValue>,
    /// What each step is there.
    pub steps: Vec<Made>,
    /// What each step makes there.
    pub made: Vec<Maps>,
    /// Which choices are taken.
    pub taken: Vec<bool>,
}

/// A step where it is used.
#[derive(Debug, Clone)]
pub(super) enum Made {
    /// It is left out.
    Absent,
    Layer(NodeId),
    /// The places of a block's uses, one for each turn.
    Calls(Vec<usize>),
}

/// All uses.
#[derive(Debug)]
pub(super) struct Uses {
    pub blocks: Vec<Vec<Use>>,
    pub net: Use,
}

impl Use {
    /// The maps that a reference is.
    pub(super) fn maps(&self, from: Ref) -> &Maps {
        match from {
            Ref::Input(at) => &self.inputs[at],
            Ref::Step(at) => &self.made[at],
        }
    }
}

/// The uses of an outline's blocks, every layer of the network in one of them.
pub(super) fn uses(shaped: &Shaped, outline: &Outline) -> Option<Uses> {
    let blocks = outline.blocks.iter().map(|_| Vec::new()).collect();
    let mut walk = Walk { shaped, outline, blocks, seen: BTreeSet::new() };
    let inputs = shaped.graph().inputs().iter().map(|id| vec![*id]).collect();
    let net = walk.body(&outline.net, "", inputs, Vec::new())?;
    let is_whole = walk.seen.len() + shaped.graph().inputs().len() == shaped.graph().len();
    is_whole.then_some(Uses { blocks: walk.blocks, net })
}

struct Walk<'a> {
    shaped: &'a Shaped,
    outline: &'a Outline,
    blocks: Vec<Vec<Use>>,
    seen: BTreeSet<NodeId>,
}

impl Walk<'_> {
    fn body(&mut self, body: &Body, prefix: &str, inputs: Vec<Maps>, params: Vec<ArgValue>) -> Option<Use> {
        let mut own = Use { inputs, params, steps: Vec::new(), made: Vec::new(), taken: vec![false; body.choices.len()] };
        for (at, step) in body.steps.iter().enumerate() {
            let choice = body.choices.iter().position(|choice| (choice.first..choice.first + choice.count).contains(&at));
            if let Some(choice) = choice {
                let Choice { first, count, condition, past } = &body.choices[choice];
                if at == *first {
                    own.taken[choice] = self.holds(condition, &own)?;
                }
                if !own.taken[choice] {
                    own.steps.push(Made::Absent);
                    let last = at + 1 == first + count;
                    own.made.push(if last { own.maps(*past).clone() } else { Vec::new() });
                    continue;
                }
            }
            let (made, maps) = self.step(step, prefix, &own)?;
            own.steps.push(made);
            own.made.push(maps);
        }
        Some(own)
    }

    fn step(&mut self, step: &Step, prefix: &str, own: &Use) -> Option<(Made, Maps)> {
        let name = if prefix.is_empty() { step.name.clone() } else { format!("{prefix}.{}", step.name) };
        let inputs: Vec<Maps> = step.inputs.iter().map(|from| own.maps(*from).clone()).collect();
        match &step.what {
            What::Layer { .. } => {
                let layer = self.layer(&name, &inputs.concat())?;
                Some((Made::Layer(layer), vec![layer]))
            }
            What::Call { block, args } => {
                let args = args.iter().map(|expr| value(self.shaped, expr, own)).collect::<Option<_>>()?;
                let (place, made) = self.called(*block, &name, inputs, args)?;
                Some((Made::Calls(vec![place]), made))
            }
            What::Loop { block, args, from, turns } => {
                let (mut places, mut maps) = (Vec::new(), inputs.first()?.clone());
                for turn in 0..*turns {
                    let given = |arg: &Turn| match arg {
                        Turn::Same(expr) => value(self.shaped, expr, own),
                        Turn::First(first, later) => Some(if turn == 0 { first } else { later }.clone()),
                        Turn::Each(all) => all.get(turn).cloned(),
                    };
                    let args = args.iter().map(given).collect::<Option<_>>()?;
                    let (place, made) = self.called(*block, &format!("{name}{}", from + turn), vec![maps], args)?;
                    places.push(place);
                    maps = made;
                }
                Some((Made::Calls(places), maps))
            }
            What::Grow { block, args, from, turns, joint, .. } => {
                let args: Vec<ArgValue> = args.iter().map(|expr| value(self.shaped, expr, own)).collect::<Option<_>>()?;
                let (mut places, mut list) = (Vec::new(), inputs.concat());
                for turn in 0..*turns {
                    let called = format!("{name}{}", from + turn);
                    let join = self.layer(&format!("{called}{joint}"), &list)?;
                    let (place, made) = self.called(*block, &called, vec![vec![join]], args.clone())?;
                    places.push(place);
                    list.extend(made);
                }
                Some((Made::Calls(places), list))
            }
        }
    }

    /// The layer of a name, which reads these.
    fn layer(&mut self, name: &str, inputs: &[NodeId]) -> Option<NodeId> {
        let graph = self.shaped.graph();
        let layer = graph.find(name).filter(|layer| graph.node(*layer).inputs == inputs)?;
        self.seen.insert(layer).then_some(layer)
    }

    fn called(&mut self, block: usize, name: &str, inputs: Vec<Maps>, args: Vec<ArgValue>) -> Option<(usize, Maps)> {
        let body = &self.outline.blocks[block].body;
        let own = self.body(body, name, inputs, args)?;
        let made = own.maps(*body.results.first()?).clone();
        self.blocks[block].push(own);
        Some((self.blocks[block].len() - 1, made))
    }

    /// Whether a condition holds.
    fn holds(&self, condition: &Condition, own: &Use) -> Option<bool> {
        let keeps = |stride: &Option<Expr>, sizes: &Option<(Ref, Expr)>| -> Option<bool> {
            let steps = match stride {
                Some(stride) => value(self.shaped, stride, own)? != ArgValue::Int(1),
                None => false,
            };
            let grows = match sizes {
                Some((of, out)) => ArgValue::Int(channels(self.shaped, own.maps(*of))?) != value(self.shaped, out, own)?,
                None => false,
            };
            Some(!steps && !grows)
        };
        match condition {
            Condition::Flag(expr) => Some(value(self.shaped, expr, own)? == ArgValue::Bool(true)),
            Condition::Keeps { stride, channels } => keeps(stride, channels),
            Condition::Changes { stride, channels } => keeps(stride, channels).map(|keeps| !keeps),
        }
    }
}

/// What an expression is in a use.
pub(super) fn value(shaped: &Shaped, expr: &Expr, own: &Use) -> Option<ArgValue> {
    match expr {
        Expr::Value(own) => Some(own.clone()),
        Expr::List(all) => Some(ArgValue::List(all.iter().map(|expr| value(shaped, expr, own)).collect::<Option<_>>()?)),
        Expr::Of { of, times, over } => {
            let of = match of {
                Quantity::Param(at) => own.params.get(*at)?.clone(),
                Quantity::Channels(map) => ArgValue::Int(channels(shaped, own.maps(*map))?),
            };
            match of {
                ArgValue::Int(n) => Some(ArgValue::Int(n.checked_mul(*times)?.checked_div(*over)?)),
                ArgValue::Float(_) | ArgValue::Bool(_) | ArgValue::Str(_) | ArgValue::List(_) => {
                    (*times == 1 && *over == 1).then_some(of)
                }
            }
        }
    }
}

fn channels(shaped: &Shaped, maps: &Maps) -> Option<i64> {
    maps.first().map(|map| shaped.shape(*map).channels() as i64)
}
