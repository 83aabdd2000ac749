//! Scopes that hold the same, but for numbers: one block each.
//!
//! In: the tree of scopes. Out: classes of scopes whose members have the same names, compute the same and read one another in
//! the same way. Where one scope has what another has and a detour more (a projection beside a residual, an expansion), both
//! are of one class, in which the detour is optional.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use super::embed;
use super::units::{Member, ROOT, UnitId, Units};
use crate::graph::{Graph, NodeId, print};
use crate::op::table;

/// Names a class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct ClassId(pub usize);

/// Where a map comes from in a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Ref {
    /// One of those that the block takes.
    Input(usize),
    /// What a step makes.
    Step(usize),
}

/// What a step does, without its numbers.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    /// An operation: its text where it takes no arguments, otherwise its word and which arguments it has.
    Layer(String),
    Unit(ClassId),
}

/// A step of a scope.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Step {
    /// Its name within the scope.
    pub name: String,
    pub kind: Kind,
    pub inputs: Vec<Ref>,
}

/// Steps of a class that not every scope has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Detour {
    /// Each reads the one before, in this order.
    pub steps: Vec<usize>,
    /// What readers of the last one get where the steps are left out.
    pub past: Ref,
}

/// What the scopes of a class do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(super) struct Pattern {
    pub steps: Vec<Step>,
    pub inputs: usize,
    /// What the block returns; of the root nothing.
    pub result: Option<Ref>,
}

/// A scope as one of its class.
#[derive(Debug, Clone)]
pub(super) struct Instance {
    pub unit: UnitId,
    /// What each step is in the scope; `None` in a detour that it does not take.
    pub steps: Vec<Option<Member>>,
    /// The maps that it takes.
    pub inputs: Vec<NodeId>,
}

/// Scopes that are one block.
#[derive(Debug, Clone)]
pub(super) struct Class {
    pub pattern: Pattern,
    pub detours: Vec<Detour>,
    pub instances: Vec<Instance>,
}

impl Class {
    /// The step that a member of the root is, which has one scope.
    pub(super) fn at(&self, member: Member) -> usize {
        let found = self.instances[0].steps.iter().position(|own| *own == Some(member));
        found.expect("every member is a step")
    }
}

/// All classes; the root is the last one.
#[derive(Debug)]
pub(super) struct Classes {
    pub all: Vec<Class>,
    /// The class of each scope, and which of its instances it is.
    pub of: HashMap<UnitId, (ClassId, usize)>,
}

impl Classes {
    pub(super) fn new(graph: &Graph, units: &Units<'_>) -> Self {
        let mut classes = Self { all: Vec::new(), of: HashMap::new() };
        let mut by_depth: BTreeMap<usize, Vec<UnitId>> = BTreeMap::new();
        for unit in units.blocks() {
            by_depth.entry(units.get(unit).path.segments().count()).or_default().push(unit);
        }
        let mut keys: HashMap<Pattern, ClassId> = HashMap::new();
        for (_, level) in by_depth.into_iter().rev() {
            // Larger scopes say already which of these classes they hold.
            let known = classes.all.len();
            let mut families: BTreeMap<String, Vec<ClassId>> = BTreeMap::new();
            for unit in level {
                let (pattern, instance) = classes.read(graph, units, unit);
                let class = *keys.entry(pattern.clone()).or_insert_with(|| {
                    classes.all.push(Class { pattern, detours: Vec::new(), instances: Vec::new() });
                    ClassId(classes.all.len() - 1)
                });
                classes.add(class, instance);
                let family = families.entry(family(&units.get(unit).path)).or_default();
                if !family.contains(&class) {
                    family.push(class);
                }
            }
            for family in families.into_values() {
                classes.unite(family, known);
            }
        }
        let (pattern, instance) = classes.read(graph, units, ROOT);
        classes.all.push(Class { pattern, detours: Vec::new(), instances: Vec::new() });
        classes.add(ClassId(classes.all.len() - 1), instance);
        classes
    }

    pub(super) fn root(&self) -> ClassId {
        ClassId(self.all.len() - 1)
    }

    pub(super) fn get(&self, id: ClassId) -> &Class {
        &self.all[id.0]
    }

    fn add(&mut self, class: ClassId, instance: Instance) {
        let instances = &mut self.all[class.0].instances;
        self.of.insert(instance.unit, (class, instances.len()));
        instances.push(instance);
    }

    /// Puts the scopes of smaller classes with those of larger ones that do the same by detours; classes before `known` stay.
    fn unite(&mut self, mut family: Vec<ClassId>, known: usize) {
        family.sort_by_key(|id| (std::cmp::Reverse(self.get(*id).pattern.steps.len()), *id));
        let mut whole: Vec<ClassId> = Vec::new();
        for small in family {
            let found = whole.iter().find_map(|large| {
                let class = self.get(*large);
                // What has detours itself is not put into another.
                let fits = self.get(small).detours.is_empty() && small.0 >= known;
                let way = fits.then(|| embed::embed(&self.get(small).pattern, &class.pattern, &class.detours)).flatten();
                way.map(|way| (*large, way))
            });
            let Some((large, way)) = found else {
                whole.push(small);
                continue;
            };
            self.all[large.0].detours.clone_from(&way.detours);
            for instance in std::mem::take(&mut self.all[small.0].instances) {
                let steps = way.steps.iter().map(|at| at.and_then(|at| instance.steps[at])).collect();
                let inputs = way.inputs.iter().map(|at| instance.inputs[*at]).collect();
                self.add(large, Instance { unit: instance.unit, steps, inputs });
            }
        }
    }

    fn read(&self, graph: &Graph, units: &Units<'_>, id: UnitId) -> (Pattern, Instance) {
        let unit = units.get(id);
        let mut place: HashMap<Member, usize> = HashMap::new();
        let mut steps = Vec::new();
        let mut inputs = unit.inputs.clone();
        if id != ROOT {
            inputs = first_uses(graph, self, units, id);
        }
        let refer = |layer: &NodeId, place: &HashMap<Member, usize>| {
            inputs.iter().position(|input| input == layer).map_or_else(
                || {
                    let member = units.member_of(id, *layer).expect("what is no input stands in the scope");
                    Ref::Step(place[&member])
                },
                Ref::Input,
            )
        };
        for member in &unit.members {
            let path = match member {
                Member::Layer(layer) => &graph.node(*layer).name,
                Member::Unit(child) => &units.get(*child).path,
            };
            let kind = match member {
                Member::Layer(layer) => Kind::Layer(layer_key(graph, *layer)),
                Member::Unit(child) => Kind::Unit(self.of[child].0),
            };
            let reads = self.reads(graph, *member).iter().map(|layer| refer(layer, &place)).collect();
            steps.push(Step { name: within(path, &unit.path).to_owned(), kind, inputs: reads });
            place.insert(*member, steps.len() - 1);
        }
        let result = unit.result.map(|result| refer(&result, &place));
        let pattern = Pattern { steps, inputs: inputs.len(), result };
        let instance = Instance { unit: id, steps: unit.members.iter().copied().map(Some).collect(), inputs };
        (pattern, instance)
    }

    /// The layers that a member reads, in the order of its class.
    pub(super) fn reads(&self, graph: &Graph, member: Member) -> Vec<NodeId> {
        match member {
            Member::Layer(layer) => graph.node(layer).inputs.clone(),
            Member::Unit(child) => {
                let (class, at) = self.of[&child];
                self.get(class).instances[at].inputs.clone()
            }
        }
    }
}

/// What a scope reads from outside, in the order in which its members read it.
fn first_uses(graph: &Graph, classes: &Classes, units: &Units<'_>, id: UnitId) -> Vec<NodeId> {
    let mut found = Vec::new();
    for layer in units.get(id).members.iter().flat_map(|member| classes.reads(graph, *member)) {
        if units.get(id).inputs.contains(&layer) && !found.contains(&layer) {
            found.push(layer);
        }
    }
    found
}

/// A path as it is said within a scope.
fn within<'p>(path: &'p str, scope: &str) -> &'p str {
    if scope.is_empty() { path } else { path.strip_prefix(scope).and_then(|rest| rest.strip_prefix('.')).unwrap_or(path) }
}

/// Scopes of one family have paths that differ in their numbers.
fn family(path: &str) -> String {
    let mut family = String::new();
    for c in path.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }) {
        if c != '#' || !family.ends_with('#') {
            family.push(c);
        }
    }
    family
}

/// An operation without the numbers that it takes.
fn layer_key(graph: &Graph, id: NodeId) -> String {
    let op = &graph.node(id).op;
    let args = table::all_args(op);
    if args.is_empty() {
        let operands: Vec<Cow<'_, str>> = graph.node(id).inputs.iter().map(|_| Cow::Borrowed("x")).collect();
        return print::infix(op, &operands).unwrap_or_else(|| print::call(op));
    }
    let given = args.iter().filter(|(_, value)| value.is_some()).map(|(name, _)| *name);
    format!("{}:{}", op.keyword(), given.collect::<Vec<_>>().join(","))
}
