//! Classes as blocks, and everything that is used once where it is used.
//!
//! In: classes and their numbers. Out: the body of the net and those of the blocks that it needs, in which steps of scopes that
//! stand in one place only are written out.

use std::collections::{BTreeMap, BTreeSet};

use super::classes::{Class, ClassId, Classes, Detour, Kind, Ref};
use super::names;
use super::params::{Condition, Expr, Numbers, Param, Quantity};
use super::units::{Member, ROOT, Units};
use crate::graph::NodeId;
use crate::op::args::ArgValue;

/// A network as a person would write it.
#[derive(Debug, Clone)]
pub struct Outline {
    /// Blocks, each after those that it uses.
    pub blocks: Vec<Block>,
    /// The net, whose body takes its inputs and gives its outputs in order.
    pub net: Body,
}

/// Scopes that do the same.
#[derive(Debug, Clone)]
pub struct Block {
    /// A name that no other block has.
    pub name: String,
    /// What its uses differ in.
    pub params: Vec<Param>,
    /// What it does.
    pub body: Body,
}

/// What is done with some maps.
#[derive(Debug, Clone, Default)]
pub struct Body {
    /// How many maps it takes.
    pub inputs: usize,
    /// What is done, in order.
    pub steps: Vec<Step>,
    /// Steps that are left out under a condition; they follow one another.
    pub choices: Vec<Choice>,
    /// What a block returns; of a net its outputs.
    pub results: Vec<Ref>,
}

/// One thing that is done.
#[derive(Debug, Clone)]
pub struct Step {
    /// The layer's name, or that of the block's instance, within the body.
    pub name: String,
    /// What is done.
    pub what: What,
    /// The maps that it is done with.
    pub inputs: Vec<Ref>,
}

/// What a step does.
#[derive(Debug, Clone)]
pub enum What {
    /// A layer like this one, but for these arguments.
    Layer {
        /// A layer of the graph.
        like: NodeId,
        /// Arguments by name that are not as there.
        args: Vec<(&'static str, Expr)>,
    },
    /// A block with arguments for its parameters.
    Call {
        /// Its place among the blocks.
        block: usize,
        /// By parameter.
        args: Vec<Expr>,
    },
    /// A block again and again, each time with what it made before; the name is that of the list.
    Loop {
        /// Its place among the blocks.
        block: usize,
        /// By parameter.
        args: Vec<Turn>,
        /// How often.
        turns: usize,
    },
}

/// An argument in a loop.
#[derive(Debug, Clone, PartialEq)]
pub enum Turn {
    /// The same each time.
    Same(Expr),
    /// One value the first time and another one later.
    First(ArgValue, ArgValue),
    /// A value for each turn.
    Each(Vec<ArgValue>),
}

/// Steps that are taken under a condition.
#[derive(Debug, Clone)]
pub struct Choice {
    /// The first one.
    pub first: usize,
    /// How many.
    pub count: usize,
    /// When they are taken.
    pub condition: Condition,
    /// What stands for the last one's result where they are not taken.
    pub past: Ref,
}

/// The blocks and the net.
pub(super) fn outline(units: &Units<'_>, classes: &Classes, numbers: &BTreeMap<ClassId, Numbers>) -> Outline {
    let order = order(classes);
    let shown = shown(classes, &order);
    let mut writer = Writer { classes, numbers, shown: BTreeMap::new() };
    let mut blocks: Vec<Block> = Vec::new();
    for id in order.iter().rev().filter(|id| shown.contains(id)) {
        let body = writer.body(*id);
        let own = &numbers[id];
        let name = names::block(units, classes.get(*id), &body, &blocks);
        let params = own.params.iter().map(|varied| varied.param.clone()).collect();
        writer.shown.insert(*id, blocks.len());
        blocks.push(Block { name, params, body });
    }
    let (net, place) = writer.placed(classes.root());
    let results = units.graph().outputs().iter().map(|(_, layer)| match units.member_of(ROOT, *layer) {
        Some(member) => place[&classes.get(classes.root()).at(member)],
        None => Ref::Input(units.graph().inputs().iter().position(|input| input == layer).expect("outputs are made or given")),
    });
    Outline { net: Body { results: results.collect(), ..net }, blocks }
}

/// The classes that are used, each before those that it uses.
fn order(classes: &Classes) -> Vec<ClassId> {
    fn visit(classes: &Classes, id: ClassId, seen: &mut BTreeSet<ClassId>, order: &mut Vec<ClassId>) {
        for inner in inner(classes.get(id)) {
            if seen.insert(inner) {
                visit(classes, inner, seen, order);
            }
        }
        order.push(id);
    }
    let mut order = Vec::new();
    visit(classes, classes.root(), &mut BTreeSet::new(), &mut order);
    order.reverse();
    order
}

fn inner(class: &Class) -> impl Iterator<Item = ClassId> + '_ {
    class.pattern.steps.iter().filter_map(|step| if let Kind::Unit(class) = step.kind { Some(class) } else { None })
}

/// The classes that are blocks: those that are used in several places, and those whose steps do not fit into a branch.
fn shown(classes: &Classes, order: &[ClassId]) -> BTreeSet<ClassId> {
    let mut uses: BTreeMap<ClassId, usize> = BTreeMap::from([(classes.root(), 1)]);
    let mut shown = BTreeSet::new();
    for id in order {
        let own = uses.get(id).copied().unwrap_or(0);
        if *id != classes.root() && own > 1 {
            shown.insert(*id);
        }
        let class = classes.get(*id);
        for (at, step) in class.pattern.steps.iter().enumerate() {
            let Kind::Unit(inner) = step.kind else { continue };
            let in_branch = class.detours.iter().any(|detour| detour.steps.contains(&at));
            let fits = !in_branch || is_pipe(classes.get(inner));
            *uses.entry(inner).or_default() +=
                if shown.contains(id) || *id == classes.root() { 1 } else { own } + usize::from(!fits);
        }
    }
    shown
}

/// Whether every step reads just the one before.
fn is_pipe(class: &Class) -> bool {
    let steps = &class.pattern.steps;
    let from = |at: usize| if at == 0 { Ref::Input(0) } else { Ref::Step(at - 1) };
    let follows = |at: usize| steps[at].inputs == [from(at)] && matches!(steps[at].kind, Kind::Layer(_));
    class.detours.is_empty() && (0..steps.len()).all(follows) && class.pattern.result == Some(Ref::Step(steps.len() - 1))
}

struct Writer<'a> {
    classes: &'a Classes,
    numbers: &'a BTreeMap<ClassId, Numbers>,
    /// The block of each class that is one.
    shown: BTreeMap<ClassId, usize>,
}

impl Writer<'_> {
    /// The body of a class, with the steps of scopes that are no blocks written out.
    fn body(&self, id: ClassId) -> Body {
        let (body, place) = self.placed(id);
        let result = self.classes.get(id).pattern.result.map(|result| moved(result, &place));
        Body { results: result.into_iter().collect(), ..body }
    }

    /// The same without its results, and what each step of the class makes there.
    fn placed(&self, id: ClassId) -> (Body, BTreeMap<usize, Ref>) {
        let class = self.classes.get(id);
        let numbers = &self.numbers[&id];
        let mut body = Body { inputs: class.pattern.inputs, ..Body::default() };
        let mut place: BTreeMap<usize, Ref> = BTreeMap::new();
        for at in sequence(class) {
            let step = &class.pattern.steps[at];
            let inputs: Vec<Ref> = step.inputs.iter().map(|from| moved(*from, &place)).collect();
            let args: Vec<(&'static str, Expr)> =
                numbers.args[at].iter().map(|(name, expr)| (*name, expr.moved(&|from| moved(from, &place)))).collect();
            let first = body.steps.len();
            let made = match step.kind {
                Kind::Layer(_) => {
                    let like = class.instances.iter().find_map(|instance| match instance.steps[at] {
                        Some(Member::Layer(layer)) => Some(layer),
                        Some(Member::Unit(_)) | None => None,
                    });
                    let like = like.expect("a step is in some scope");
                    body.push(Step { name: step.name.clone(), what: What::Layer { like, args }, inputs })
                }
                Kind::Unit(inner) => {
                    let args: Vec<Expr> = args.into_iter().map(|(_, expr)| expr).collect();
                    match self.shown.get(&inner) {
                        Some(block) => {
                            body.push(Step { name: step.name.clone(), what: What::Call { block: *block, args }, inputs })
                        }
                        None => body.write_out(&self.body(inner), &step.name, &args, &inputs),
                    }
                }
            };
            place.insert(at, made);
            self.choose(class, numbers, at, first, &mut body, &place);
        }
        (body, place)
    }

    /// Notes the detour that ends with a step.
    fn choose(&self, class: &Class, numbers: &Numbers, step: usize, first: usize, body: &mut Body, place: &BTreeMap<usize, Ref>) {
        let ends = |detour: &Detour| detour.steps.last() == Some(&step);
        let Some(at) = class.detours.iter().position(ends) else { return };
        let detour = &class.detours[at];
        // The steps of a branch that are written out stand one after the other too.
        let begin = detour.steps.first().filter(|begin| **begin != step).map_or(first, |begin| match place[begin] {
            Ref::Step(last) => last + 1 - self.length(class, *begin),
            Ref::Input(_) => first,
        });
        let condition = numbers.conditions[at].moved(&|from| moved(from, place));
        body.choices.push(Choice { first: begin, count: body.steps.len() - begin, condition, past: moved(detour.past, place) });
    }

    /// How many steps a step is where it is written.
    fn length(&self, class: &Class, step: usize) -> usize {
        match class.pattern.steps[step].kind {
            Kind::Unit(inner) if !self.shown.contains_key(&inner) => self.body(inner).steps.len(),
            Kind::Unit(_) | Kind::Layer(_) => 1,
        }
    }
}

/// The steps of a class in order, those of a detour together.
fn sequence(class: &Class) -> Vec<usize> {
    let mut order = Vec::new();
    for at in 0..class.pattern.steps.len() {
        match class.detours.iter().find(|detour| detour.steps.contains(&at)) {
            Some(detour) if detour.steps[0] == at => order.extend(&detour.steps),
            Some(_) => {}
            None => order.push(at),
        }
    }
    order
}

fn moved(from: Ref, place: &BTreeMap<usize, Ref>) -> Ref {
    match from {
        Ref::Input(_) => from,
        Ref::Step(at) => place[&at],
    }
}

impl Body {
    fn push(&mut self, step: Step) -> Ref {
        self.steps.push(step);
        Ref::Step(self.steps.len() - 1)
    }

    /// Writes the steps of another body here, under a name, with arguments for its parameters and maps that it takes.
    fn write_out(&mut self, other: &Self, name: &str, args: &[Expr], inputs: &[Ref]) -> Ref {
        let offset = self.steps.len();
        let from = |from: Ref| match from {
            Ref::Input(at) => inputs[at],
            Ref::Step(at) => Ref::Step(at + offset),
        };
        let own = |expr: &Expr| expr.with(args, &from);
        for step in &other.steps {
            let what = match &step.what {
                What::Layer { like, args } => {
                    What::Layer { like: *like, args: args.iter().map(|(name, expr)| (*name, own(expr))).collect() }
                }
                What::Call { block, args } => What::Call { block: *block, args: args.iter().map(own).collect() },
                What::Loop { .. } => step.what.clone(),
            };
            let step =
                Step { name: format!("{name}.{}", step.name), what, inputs: step.inputs.iter().map(|r| from(*r)).collect() };
            self.steps.push(step);
        }
        for choice in &other.choices {
            let condition = choice.condition.with(args, &from);
            self.choices.push(Choice { first: choice.first + offset, condition, past: from(choice.past), ..*choice });
        }
        from(other.results[0])
    }
}

impl Expr {
    /// The same where maps come from elsewhere.
    pub(super) fn moved(&self, from: &impl Fn(Ref) -> Ref) -> Self {
        match self {
            Self::Of { of: Quantity::Channels(of), times, over } => {
                Self::Of { of: Quantity::Channels(from(*of)), times: *times, over: *over }
            }
            Self::List(all) => Self::List(all.iter().map(|expr| expr.moved(from)).collect()),
            Self::Of { of: Quantity::Param(_), .. } | Self::Value(_) => self.clone(),
        }
    }

    /// The same where parameters are these and maps come from elsewhere.
    fn with(&self, args: &[Self], from: &impl Fn(Ref) -> Ref) -> Self {
        if let Self::List(all) = self {
            return Self::List(all.iter().map(|expr| expr.with(args, from)).collect());
        }
        let Self::Of { of: Quantity::Param(at), times, over } = self else { return self.moved(from) };
        match &args[*at] {
            Self::Value(ArgValue::Int(n)) => Self::Value(ArgValue::Int(n * times / over)),
            Self::Value(_) | Self::List(_) => args[*at].clone(),
            // Nothing that is divided is multiplied later.
            Self::Of { of, times: inner, over: by } => Self::Of { of: *of, times: inner * times, over: by * over },
        }
    }
}

impl Condition {
    fn each(&self, change: &impl Fn(&Expr) -> Expr, from: &impl Fn(Ref) -> Ref) -> Self {
        let both = |stride: &Option<Expr>, channels: &Option<(Ref, Expr)>| {
            (stride.as_ref().map(change), channels.as_ref().map(|(of, out)| (from(*of), change(out))))
        };
        match self {
            Self::Flag(expr) => Self::Flag(change(expr)),
            Self::Keeps { stride, channels } => {
                let (stride, channels) = both(stride, channels);
                Self::Keeps { stride, channels }
            }
            Self::Changes { stride, channels } => {
                let (stride, channels) = both(stride, channels);
                Self::Changes { stride, channels }
            }
        }
    }

    pub(super) fn moved(&self, from: &impl Fn(Ref) -> Ref) -> Self {
        self.each(&|expr| expr.moved(from), from)
    }

    fn with(&self, args: &[Expr], from: &impl Fn(Ref) -> Ref) -> Self {
        self.each(&|expr| expr.with(args, from), from)
    }
}
