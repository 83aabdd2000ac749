//! Which layer of one network is which of another.
//!
//! In: both networks, and what is known of how the one came of the other. Out: a `Correspondence`: for each layer after, the
//! layer before that it is or was inserted for; for each layer before, what it became or which layer took it up. What is known
//! comes first, then names, then the place in the chain where only one layer can be meant. Nothing is counted here.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::graph::{NodeId, NodeMap};
use crate::op::{Class, Op};
use crate::shape::Shaped;

/// What the optimizer knows and two networks alone do not say.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// Layers that were inserted, with the refined layer of each.
    pub inserted: BTreeMap<String, String>,
    /// Layers that became one, by their names before.
    pub joined: Vec<Joined>,
}

/// Two layers that became one, which has the name of one of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Joined {
    /// Both.
    pub layers: [String; 2],
    /// What happened to the one that is gone: "folded into it".
    pub how: &'static str,
}

/// What is said of a normalisation whose layer gained a bias.
pub const FOLDED: &str = "folded into it";

/// Which layer is which.
#[derive(Debug)]
pub(super) struct Correspondence {
    /// Of nodes after: the node before that each is or is a part of.
    base: NodeMap<NodeId>,
    /// Of nodes before: the node after that each is now.
    twin: NodeMap<NodeId>,
    /// Of nodes before: the node before that took each up, and how.
    host: NodeMap<(NodeId, &'static str)>,
}

impl Correspondence {
    /// Compares two networks.
    pub fn new(before: &Shaped, after: &Shaped, known: &Known) -> Self {
        let mut matcher = Matcher::new(before, after);
        matcher.by_name();
        matcher.inserted(&known.inserted);
        matcher.joined(&known.joined);
        matcher.beneath();
        // What is found in one way makes more plain in the other.
        let rounds = [Likeness::Window, Likeness::Output, Likeness::Window, Likeness::Output, Likeness::Class];
        for likeness in rounds {
            matcher.folded();
            matcher.by_place(likeness);
        }
        matcher.between();
        matcher.folded();
        matcher.found
    }

    /// The layer before that a layer after is or is a part of.
    pub fn base(&self, after: NodeId) -> Option<NodeId> {
        self.base.get(after).copied()
    }

    /// What a layer before is now.
    pub fn twin(&self, before: NodeId) -> Option<NodeId> {
        self.twin.get(before).copied()
    }

    /// The layer before that took another one up, and how.
    pub fn host(&self, before: NodeId) -> Option<(NodeId, &'static str)> {
        self.host.get(before).copied()
    }
}

/// How alike two layers in one place must be to be taken for the same under another name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Likeness {
    /// The same operation with the same window and stride.
    Window,
    /// The same operation with an output of the same shape.
    Output,
    /// An operation of the same class: another activation or norm; of others, with an output of the same shape.
    Class,
}

/// By what two layers are compared.
type Key = (Kind, Vec<u64>);

/// The operation, or its class.
#[derive(PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Word(&'static str),
    Class(String),
}

struct Matcher<'a> {
    before: &'a Shaped,
    after: &'a Shaped,
    readers: [Vec<Vec<NodeId>>; 2],
    /// Of nodes before, by index: the nodes after that stand for each, itself and parts.
    stands: Vec<Vec<NodeId>>,
    /// Of nodes before, by index: those that each took up.
    guests: Vec<Vec<NodeId>>,
    found: Correspondence,
}

impl<'a> Matcher<'a> {
    fn new(before: &'a Shaped, after: &'a Shaped) -> Self {
        let (old, new) = (before.graph().len(), after.graph().len());
        let (base, twin, host) = (NodeMap::with_bound(new), NodeMap::with_bound(old), NodeMap::with_bound(old));
        Self {
            before,
            after,
            readers: [before, after].map(readers),
            stands: vec![Vec::new(); old],
            guests: vec![Vec::new(); old],
            found: Correspondence { base, twin, host },
        }
    }

    fn same(&mut self, before: NodeId, after: NodeId) {
        self.found.twin.insert(before, after);
        self.part(before, after);
    }

    fn part(&mut self, before: NodeId, after: NodeId) {
        self.found.base.insert(after, before);
        self.stands[before.to_usize()].push(after);
    }

    fn is_new(&self, after: NodeId) -> bool {
        self.found.base(after).is_none()
    }

    fn is_gone(&self, before: NodeId) -> bool {
        self.found.twin(before).is_none() && self.found.host(before).is_none()
    }

    /// Names, and inputs in their order.
    fn by_name(&mut self) {
        let (old, new) = (self.before.graph(), self.after.graph());
        for id in new.ids() {
            if let Some(before) = old.find(&new.node(id).name) {
                self.same(before, id);
            }
        }
        if old.inputs().len() == new.inputs().len() {
            for (before, after) in old.inputs().iter().zip(new.inputs()) {
                if self.is_gone(*before) && self.is_new(*after) {
                    self.same(*before, *after);
                }
            }
        }
    }

    /// What says of itself, or is known, to be inserted for a layer.
    fn inserted(&mut self, known: &BTreeMap<String, String>) {
        let (old, new) = (self.before.graph(), self.after.graph());
        for id in new.ids().filter(|id| self.found.base.get(*id).is_none()).collect::<Vec<_>>() {
            let node = new.node(id);
            let own = node.inserted_for().map(|part| part.of.as_str());
            let of = own.into_iter().chain(known.get(node.name.as_str()).map(String::as_str)).find_map(|of| old.find(of));
            if let Some(before) = of {
                self.part(before, id);
            }
        }
    }

    /// Layers that a pass made one; the one that is gone may have been joined with others that are gone as well.
    fn joined(&mut self, joined: &[Joined]) {
        let mut of: BTreeMap<&str, Vec<(&str, &'static str)>> = BTreeMap::new();
        for Joined { layers: [one, other], how } in joined {
            of.entry(one).or_default().push((other, how));
            of.entry(other).or_default().push((one, how));
        }
        for id in self.before.graph().ids() {
            let name = self.before.graph().node(id).name.as_str();
            if let Some(host) = self.left(name, &of).filter(|_| self.is_gone(id)) {
                self.take_up(host.0, id, host.1);
            }
        }
    }

    /// The layer before that is left of those which were joined with this one, however many, and what happened to this one.
    fn left(&self, name: &str, of: &BTreeMap<&str, Vec<(&str, &'static str)>>) -> Option<(NodeId, &'static str)> {
        let (old, new) = (self.before.graph(), self.after.graph());
        let how = of.get(name)?.first()?.1;
        let (mut seen, mut open) = (BTreeSet::from([name]), VecDeque::from([name]));
        while let Some(next) = open.pop_front() {
            let base = new.find(next).and_then(|id| self.found.base(id));
            let kept = old.find(next).filter(|id| self.found.twin(*id).is_some()).or(base);
            if let Some(kept) = kept.filter(|_| next != name) {
                return Some((kept, how));
            }
            open.extend(of.get(next).into_iter().flatten().map(|(other, _)| *other).filter(|other| seen.insert(other)));
        }
        None
    }

    fn take_up(&mut self, host: NodeId, guest: NodeId, how: &'static str) {
        self.found.host.insert(guest, (host, how));
        self.guests[host.to_usize()].push(guest);
    }

    /// `conv1.reduce` belongs to the layer `conv1`: a scope and a layer are never called alike, so it was put there.
    fn beneath(&mut self) {
        let (old, new) = (self.before.graph(), self.after.graph());
        for id in new.ids() {
            let name = &new.node(id).name;
            let scopes = name.rmatch_indices('.').map(|(at, _)| &name[..at]);
            let is_layer = |scope: &str| old.find(scope).filter(|before| self.found.twin(*before) == new.find(scope));
            let layer = scopes.filter(|scope| new.find(scope).is_some()).find_map(is_layer);
            if let Some(before) = layer.filter(|_| self.is_new(id)) {
                self.part(before, id);
            }
        }
    }

    /// A normalisation that is gone, behind a layer that gained a bias, is in that layer's weights.
    fn folded(&mut self) {
        let (old, new) = (self.before.graph(), self.after.graph());
        for id in old.ids() {
            let node = old.node(id);
            let [input] = node.inputs[..] else { continue };
            if !matches!(node.op.class(), Class::Norm(_)) || !self.is_gone(id) {
                continue;
            }
            let host = self.found.host(input).map_or(input, |(host, _)| host);
            let twin = self.found.twin(host);
            if twin.is_some_and(|twin| !has_bias(&old.node(host).op) && has_bias(&new.node(twin).op)) {
                self.take_up(host, id, FOLDED);
            }
        }
    }

    /// Layers under another name in the place of layers that are gone, from what is matched outwards.
    fn by_place(&mut self, likeness: Likeness) {
        let mut open: VecDeque<NodeId> = self.before.graph().ids().filter(|id| self.found.twin(*id).is_some()).collect();
        while let Some(id) = open.pop_front() {
            for (before, after) in self.around(id, likeness) {
                if self.is_gone(before) && self.is_new(after) {
                    self.same(before, after);
                    open.push_back(before);
                }
            }
        }
    }

    /// Pairs beside a matched layer: readers that have no rival, and inputs in their order.
    fn around(&self, id: NodeId, likeness: Likeness) -> Vec<(NodeId, NodeId)> {
        let mut alike: BTreeMap<Key, [BTreeSet<NodeId>; 2]> = BTreeMap::new();
        let own = self.guests[id.to_usize()].iter().chain([&id]);
        for reader in own.flat_map(|id| &self.readers[0][id.to_usize()]).filter(|id| self.is_gone(**id)) {
            alike.entry(key(self.before, *reader, likeness)).or_default()[0].insert(*reader);
        }
        let own = self.stands[id.to_usize()].iter();
        for reader in own.flat_map(|id| &self.readers[1][id.to_usize()]).filter(|id| self.is_new(**id)) {
            alike.entry(key(self.after, *reader, likeness)).or_default()[1].insert(*reader);
        }
        let single = |nodes: &BTreeSet<NodeId>| nodes.first().copied().filter(|_| nodes.len() == 1);
        let readers = alike.values().filter_map(|[old, new]| single(old).zip(single(new)));
        let inputs = |shaped: &'a Shaped, id: NodeId| shaped.graph().node(id).inputs.as_slice();
        let (old, new) = (inputs(self.before, id), self.found.twin(id).map_or(&[][..], |twin| inputs(self.after, twin)));
        let sources = old.iter().copied().zip(new.iter().copied()).filter(|_| old.len() == new.len());
        let fits = |(old, new): &(NodeId, NodeId)| key(self.before, *old, likeness) == key(self.after, *new, likeness);
        let sources = sources.flat_map(|(old, new)| [(old, new), (self.normalised(old), new)]);
        readers.chain(sources.filter(fits)).collect()
    }

    /// What a normalisation that is gone reads: it may be in that layer's weights. Everything else is itself.
    fn normalised(&self, id: NodeId) -> NodeId {
        let node = self.before.graph().node(id);
        match node.inputs[..] {
            [input] if matches!(node.op.class(), Class::Norm(_)) && self.is_gone(id) => input,
            _ => id,
        }
    }

    /// New layers that stand alone between a layer and what it read, or between it and what reads it, and change how many channels
    /// it reads or writes: they were put there for it.
    fn between(&mut self) {
        let (old, new) = (self.before, self.after);
        for id in old.graph().ids() {
            let Some(twin) = self.found.twin(id).filter(|_| old.graph().node(id).op.is_layer()) else { continue };
            let channels = |shaped: &Shaped, id: NodeId| shaped.shape(id).channels();
            let read = |shaped: &Shaped, id: NodeId| shaped.graph().node(id).inputs.first().map(|input| channels(shaped, *input));
            if read(old, id) != read(new, twin) {
                self.before_layer(id, twin);
            }
            if channels(old, id) != channels(new, twin) {
                self.behind_layer(id, twin);
            }
        }
    }

    fn before_layer(&mut self, id: NodeId, twin: NodeId) {
        let graph = self.after.graph();
        let (mut chain, mut at) = (Vec::new(), twin);
        let end = loop {
            let [input] = graph.node(at).inputs[..] else { return };
            if !self.is_new(input) {
                break input;
            }
            if self.readers[1][input.to_usize()].len() != 1 {
                return;
            }
            chain.push(input);
            at = input;
        };
        let source = self.before.graph().node(id).inputs.first().and_then(|input| self.seen(*input));
        if source.is_some() && source == self.found.base(end) {
            self.put(id, chain);
        }
    }

    fn behind_layer(&mut self, id: NodeId, twin: NodeId) {
        let (mut chain, mut at) = (Vec::new(), twin);
        while let [reader] = self.readers[1][at.to_usize()][..] {
            if !self.is_new(reader) || self.after.graph().node(reader).inputs.len() != 1 {
                break;
            }
            chain.push(reader);
            at = reader;
        }
        let reads = |after: &NodeId| {
            let base = self.found.base(*after);
            let inputs = base.map_or(&[][..], |base| &self.before.graph().node(base).inputs[..]);
            inputs.iter().any(|input| self.seen(*input) == Some(id))
        };
        if self.readers[1][at.to_usize()].iter().all(reads) {
            self.put(id, chain);
        }
    }

    /// Takes a chain for a part of a layer where it has a layer itself.
    fn put(&mut self, id: NodeId, chain: Vec<NodeId>) {
        if chain.iter().any(|id| self.after.graph().node(*id).op.is_layer()) {
            for part in chain {
                self.part(id, part);
            }
        }
    }

    /// The layer before that a value comes from, seen through what is gone.
    fn seen(&self, mut id: NodeId) -> Option<NodeId> {
        loop {
            if self.found.twin(id).is_some() {
                return Some(id);
            }
            id = match (self.found.host(id), &self.before.graph().node(id).inputs[..]) {
                (Some((host, _)), _) => return Some(host),
                (None, [input]) => *input,
                (None, _) => return None,
            };
        }
    }
}

/// The readers of each node, by index; one that reads it twice is listed once.
fn readers(shaped: &Shaped) -> Vec<Vec<NodeId>> {
    let graph = shaped.graph();
    let mut readers: Vec<Vec<NodeId>> = vec![Vec::new(); graph.len()];
    for id in graph.ids() {
        for input in &graph.node(id).inputs {
            let readers = &mut readers[input.to_usize()];
            if readers.last() != Some(&id) {
                readers.push(id);
            }
        }
    }
    readers
}

fn key(shaped: &Shaped, id: NodeId, likeness: Likeness) -> Key {
    let op = &shaped.graph().node(id).op;
    let window = || {
        let attributes = op.attributes();
        attributes.kernel.into_iter().chain(attributes.stride).flatten().collect()
    };
    match likeness {
        Likeness::Window => (Kind::Word(op.keyword()), window()),
        Likeness::Output => (Kind::Word(op.keyword()), shaped.shape(id).to_vec()),
        Likeness::Class => {
            let class = op.class();
            let shape = if class.is_companion() { Vec::new() } else { shaped.shape(id).to_vec() };
            (Kind::Class(format!("{class:?}")), shape)
        }
    }
}

fn has_bias(op: &Op) -> bool {
    op.is_layer() && op.roles().contains(&"bias")
}
