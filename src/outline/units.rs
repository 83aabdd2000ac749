//! The scopes of a graph's names, and which of them can be blocks.
//!
//! In: a [`Graph`]. Out: a tree of scopes. One is a block only where the block's body can be said apart from everything round
//! it: few maps go in and one comes out, and what it holds can be computed in one go. The
//! layers of others stand in the scope outside of them.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::graph::{Graph, LayerPath, NodeId};
use crate::op::Op;

/// Names a scope.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(super) struct UnitId(pub usize);

/// The scope of everything.
pub(super) const ROOT: UnitId = UnitId(0);

/// Maps that a block takes at most.
const MOST_INPUTS: usize = 4;

/// A layer or a scope in a scope, in the order in which they are computed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Member {
    Layer(NodeId),
    Unit(UnitId),
}

/// A scope.
#[derive(Debug)]
pub(super) struct Unit {
    /// Its path; empty at the root.
    pub path: LayerPath,
    parent: UnitId,
    /// The scopes in it that can be blocks.
    children: BTreeSet<UnitId>,
    /// The layers in it that are in none of `children`.
    layers: BTreeSet<NodeId>,
    /// Everything in it, in order of execution.
    pub members: Vec<Member>,
    /// The layers outside that it reads, by first use; of the root the net's inputs.
    pub inputs: Vec<NodeId>,
    /// The layer that others read; none of the root.
    pub result: Option<NodeId>,
}

/// The tree.
#[derive(Debug)]
pub(super) struct Units<'g> {
    graph: &'g Graph,
    pub all: Vec<Unit>,
    /// The innermost scope of each layer, before any was given up.
    home: HashMap<NodeId, UnitId>,
}

impl<'g> Units<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        let root = Unit::new(LayerPath::root(), ROOT);
        let mut units = Self { graph, all: vec![root], home: HashMap::new() };
        units.read();
        units.lift_joins();
        for at in (1..units.all.len()).rev() {
            if !units.is_apart(UnitId(at)) {
                units.give_up(UnitId(at));
            }
        }
        units.all[0].inputs = graph.inputs().to_vec();
        units.order(ROOT);
        units
    }

    pub(super) fn graph(&self) -> &'g Graph {
        self.graph
    }

    pub(super) fn get(&self, id: UnitId) -> &Unit {
        &self.all[id.0]
    }

    /// Scopes that can be blocks, outer ones first.
    pub(super) fn blocks(&self) -> Vec<UnitId> {
        let (mut found, mut next) = (Vec::new(), vec![ROOT]);
        while let Some(id) = next.pop() {
            found.extend((id != ROOT).then_some(id));
            next.extend(self.get(id).children.iter().rev());
        }
        found
    }

    /// The scope of a unit that holds a layer directly or not; the layer itself where none does.
    pub(super) fn member_of(&self, id: UnitId, layer: NodeId) -> Option<Member> {
        let unit = self.get(id);
        if unit.layers.contains(&layer) {
            return Some(Member::Layer(layer));
        }
        let mut inner = *self.home.get(&layer)?;
        while inner != ROOT {
            let outer = self.get(inner).parent;
            if outer == id && unit.children.contains(&inner) {
                return Some(Member::Unit(inner));
            }
            inner = outer;
        }
        None
    }

    fn read(&mut self) {
        let graph = self.graph;
        let mut by_path: HashMap<&str, UnitId> = HashMap::from([("", ROOT)]);
        for id in graph.ids().filter(|id| !matches!(graph.node(*id).op, Op::Input(_))) {
            let mut home = ROOT;
            for scope in crate::graph::name::scopes(graph.node(id).name.split_last().0).filter(|scope| !scope.is_empty()) {
                home = *by_path.entry(scope).or_insert_with(|| {
                    self.all.push(Unit::new(LayerPath::new(scope), home));
                    let new = UnitId(self.all.len() - 1);
                    self.all[home.0].children.insert(new);
                    new
                });
            }
            self.all[home.0].layers.insert(id);
            self.home.insert(id, home);
        }
    }

    /// Puts a concatenation that a scope begins with outside of it, where scopes of its family join other numbers of maps: what
    /// they do with what is joined is the same then.
    fn lift_joins(&mut self) {
        let mut families: BTreeMap<String, Vec<(UnitId, NodeId)>> = BTreeMap::new();
        let mut sizes: BTreeMap<String, BTreeSet<usize>> = BTreeMap::new();
        for at in 1..self.all.len() {
            let unit = &self.all[at];
            let first = unit.layers.first().copied();
            let join = first.filter(|layer| matches!(self.graph.node(*layer).op, Op::Concat(_)));
            let key = family(&unit.path);
            sizes.entry(key.clone()).or_default().insert(join.map_or(1, |layer| self.graph.node(layer).inputs.len()));
            families.entry(key).or_default().extend(join.map(|layer| (UnitId(at), layer)));
        }
        for (unit, layer) in families.into_iter().filter(|(key, _)| sizes[key].len() > 1).flat_map(|(_, all)| all) {
            let parent = self.all[unit.0].parent;
            let inner = |input: &NodeId| self.home.get(input).is_some_and(|home| *home == unit);
            let begins = self.all[unit.0].children.is_empty() && !self.graph.node(layer).inputs.iter().any(inner);
            if begins && self.all[unit.0].layers.len() > 1 {
                self.all[unit.0].layers.remove(&layer);
                self.all[parent.0].layers.insert(layer);
                self.home.insert(layer, parent);
            }
        }
    }

    /// Layers of a scope and of all scopes in it, in order of execution.
    fn layers(&self, id: UnitId) -> BTreeSet<NodeId> {
        let unit = self.get(id);
        unit.children.iter().flat_map(|child| self.layers(*child)).chain(unit.layers.iter().copied()).collect()
    }

    /// Whether the scope can be a block by what goes in and out; those in it are known already. Fills in its inputs and result.
    fn is_apart(&mut self, id: UnitId) -> bool {
        let layers = self.layers(id);
        let graph = self.graph;
        let unit = self.get(id);
        let is_list = unit.layers.is_empty() && unit.children.iter().all(|child| is_element(&self.get(*child).path, &unit.path));
        // A use of a block is called as its scope, which is no name where a layer has it.
        if layers.len() < 2 || is_list || graph.find(&unit.path).is_some() {
            return false;
        }
        let is_read = |layer: &&NodeId| graph.is_output(**layer) || graph.readers(**layer).any(|by| !layers.contains(&by));
        let mut results = layers.iter().filter(is_read);
        let (Some(result), None) = (results.next().copied(), results.next()) else { return false };
        let mut inputs = Vec::new();
        for input in layers.iter().flat_map(|layer| &graph.node(*layer).inputs) {
            if !layers.contains(input) && !inputs.contains(input) {
                inputs.push(*input);
            }
        }
        let fits = !inputs.is_empty() && inputs.len() <= MOST_INPUTS;
        (self.all[id.0].inputs, self.all[id.0].result) = (inputs, Some(result));
        fits
    }

    /// Puts what a scope holds into the one outside.
    fn give_up(&mut self, id: UnitId) {
        let (children, layers) = (std::mem::take(&mut self.all[id.0].children), std::mem::take(&mut self.all[id.0].layers));
        let parent = self.all[id.0].parent;
        for child in &children {
            self.all[child.0].parent = parent;
        }
        let outer = &mut self.all[parent.0];
        outer.children.remove(&id);
        outer.children.extend(children);
        outer.layers.extend(layers);
    }

    /// Puts the members of a scope, and of those in it, in order. Where scopes wait for one another, they are given up.
    fn order(&mut self, id: UnitId) {
        loop {
            let (members, stuck) = self.sorted(id);
            if stuck.is_empty() {
                self.all[id.0].members = members;
                break;
            }
            for child in stuck {
                self.give_up(child);
            }
        }
        for child in self.all[id.0].children.clone() {
            self.order(child);
        }
    }

    /// Members by the first layer in them, each after what it reads, and the scopes that wait for one another.
    fn sorted(&self, id: UnitId) -> (Vec<Member>, Vec<UnitId>) {
        let unit = self.get(id);
        let mut keyed: Vec<(NodeId, Member, BTreeSet<NodeId>)> =
            unit.layers.iter().map(|layer| (*layer, Member::Layer(*layer), BTreeSet::from([*layer]))).collect();
        for child in &unit.children {
            let layers = self.layers(*child);
            let Some(first) = layers.first().copied() else { continue };
            keyed.push((first, Member::Unit(*child), layers));
        }
        keyed.sort_by_key(|(first, ..)| *first);
        let place: HashMap<NodeId, usize> =
            keyed.iter().enumerate().flat_map(|(at, (.., layers))| layers.iter().map(move |layer| (*layer, at))).collect();
        let mut waiting: Vec<BTreeSet<usize>> = Vec::new();
        let mut readers: Vec<Vec<usize>> = vec![Vec::new(); keyed.len()];
        for (at, (.., layers)) in keyed.iter().enumerate() {
            let inputs = layers.iter().flat_map(|layer| &self.graph.node(*layer).inputs);
            let needs: BTreeSet<usize> = inputs.filter_map(|input| place.get(input).copied()).filter(|of| *of != at).collect();
            for need in &needs {
                readers[*need].push(at);
            }
            waiting.push(needs);
        }
        let mut ready: BTreeSet<usize> = (0..keyed.len()).filter(|at| waiting[*at].is_empty()).collect();
        let mut order = Vec::new();
        while let Some(at) = ready.pop_first() {
            order.push(keyed[at].1);
            for reader in readers[at].clone() {
                waiting[reader].remove(&at);
                if waiting[reader].is_empty() {
                    ready.insert(reader);
                }
            }
        }
        let stuck = keyed.iter().zip(&waiting).filter(|(_, waiting)| !waiting.is_empty());
        let scopes = stuck.filter_map(|((_, member, _), _)| if let Member::Unit(unit) = member { Some(*unit) } else { None });
        (order, scopes.collect())
    }
}

impl Unit {
    fn new(path: LayerPath, parent: UnitId) -> Self {
        let (children, layers, members, inputs) = (BTreeSet::new(), BTreeSet::new(), Vec::new(), Vec::new());
        Self { path, parent, children, layers, members, inputs, result: None }
    }
}

/// Whether a scope is an element of a list: `layer1.0` of `layer1`.
fn is_element(path: &LayerPath, list: &LayerPath) -> bool {
    let (outer, number) = path.split_last();
    outer == list.as_str() && number.chars().all(|c| c.is_ascii_digit())
}

/// Scopes of one family have paths that differ in their numbers.
pub(super) fn family(path: &str) -> String {
    let mut family = String::new();
    for c in path.chars().map(|c| if c.is_ascii_digit() { '#' } else { c }) {
        if c != '#' || !family.ends_with('#') {
            family.push(c);
        }
    }
    family
}
