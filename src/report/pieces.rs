//! The layers that a picture shows, whatever network they come from.
//!
//! In: a [`Shaped`] graph, or those before and after a change. Out: pieces in an order of execution, each with the
//! places of its inputs. No boxes and no text.

use std::collections::{BTreeMap, HashMap};

use crate::graph::NodeId;
use crate::op::{Op, Shape};
use crate::shape::Shaped;

/// What became of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Mark {
    /// Nothing.
    #[default]
    Same,
    /// It is another one now, or has other layers round it.
    Changed,
    /// It was not there before.
    Inserted,
    /// It is there no more.
    Removed,
}

/// Which network a layer stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Side {
    Before,
    After,
}

/// A block instance round a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Enclosing<'a> {
    /// Its path, which no other instance has.
    pub path: &'a str,
    /// The block's name.
    pub block: &'a str,
}

/// A layer or an input of a picture.
#[derive(Debug, Clone)]
pub(super) struct Piece<'a> {
    pub name: &'a str,
    pub op: &'a Op,
    pub shape: Shape,
    /// Places of its inputs among the pieces, all before its own.
    pub inputs: Vec<usize>,
    /// How many inputs of others it is.
    pub users: usize,
    /// The block instances round it, outermost first.
    pub groups: Vec<Enclosing<'a>>,
    /// The outputs of the network that it makes.
    pub outputs: Vec<&'a str>,
    pub mark: Mark,
    /// Its network, and its place in the order of execution there.
    pub source: (Side, usize),
}

impl<'a> Piece<'a> {
    pub fn is_input(&self) -> bool {
        matches!(self.op, Op::Input(_))
    }

    /// The innermost block instance round it.
    pub fn innermost(&self) -> Option<&'a str> {
        self.groups.last().map(|group| group.path)
    }
}

/// The pieces of one network, in order of execution.
pub(super) fn pieces(shaped: &Shaped, side: Side, mark: impl Fn(NodeId) -> Mark) -> Vec<Piece<'_>> {
    let graph = shaped.graph();
    let mut place = vec![0; graph.len()];
    for (at, id) in shaped.order().iter().enumerate() {
        place[id.to_usize()] = at;
    }
    let mut pieces: Vec<Piece<'_>> = Vec::with_capacity(place.len());
    for (at, id) in shaped.order().iter().enumerate() {
        let node = graph.node(*id);
        let around = graph.enclosing(node.origin.instance);
        let mut groups: Vec<_> = around.map(|(_, it)| Enclosing { path: it.path.as_str(), block: &it.block }).collect();
        groups.reverse();
        pieces.push(Piece {
            name: node.name.as_str(),
            op: &node.op,
            shape: shaped.shape(*id),
            inputs: node.inputs.iter().map(|input| place[input.to_usize()]).collect(),
            users: 0,
            groups,
            outputs: Vec::new(),
            mark: mark(*id),
            source: (side, at),
        });
    }
    for (name, id) in graph.outputs() {
        pieces[place[id.to_usize()]].outputs.push(name);
    }
    count_users(&mut pieces);
    pieces
}

/// The layers after and those that are there no more, each behind the inputs that it had; `None` where all are still there.
///
/// What a removed layer fed is drawn as fed by it, as far as it still stands behind it. `renamed` gives the names after of layers
/// that had others.
pub(super) fn merged<'a>(before: &[Piece<'a>], after: &[Piece<'a>], renamed: &BTreeMap<&str, &str>) -> Option<Vec<Piece<'a>>> {
    let kept: HashMap<&str, usize> = after.iter().enumerate().map(|(at, piece)| (piece.name, at)).collect();
    let kept = |piece: &Piece<'_>| kept.get(renamed.get(piece.name).copied().unwrap_or(piece.name)).copied();
    let is_removed = |piece: &Piece<'_>| kept(piece).is_none();
    if after.is_empty() || !before.iter().any(is_removed) {
        return None;
    }
    // Behind which layer after each layer before stands: a removed one behind the last of its inputs.
    let mut anchor = vec![0; before.len()];
    let mut behind: Vec<Vec<usize>> = vec![Vec::new(); after.len()];
    for (at, piece) in before.iter().enumerate() {
        anchor[at] = kept(piece).unwrap_or_else(|| {
            let last = piece.inputs.iter().map(|input| anchor[*input]).max().unwrap_or(0);
            behind[last].push(at);
            last
        });
    }
    let mut place_after = vec![0; after.len()];
    let mut place_before = vec![0; before.len()];
    let mut count = 0;
    for (at, removed) in behind.iter().enumerate() {
        place_after[at] = count;
        for (i, old) in removed.iter().enumerate() {
            place_before[*old] = count + 1 + i;
        }
        count += 1 + removed.len();
    }
    for (at, now) in before.iter().enumerate().filter_map(|(at, piece)| Some((at, kept(piece)?))) {
        place_before[at] = place_after[now];
    }
    let mut all = Vec::with_capacity(count);
    for (at, removed) in behind.iter().enumerate() {
        all.push(moved(&after[at], &place_after));
        all.extend(removed.iter().map(|old| Piece { mark: Mark::Removed, ..moved(&before[*old], &place_before) }));
    }
    for (at, piece) in before.iter().enumerate().filter(|(_, piece)| !is_removed(piece)) {
        let fed = piece.inputs.iter().filter(|input| is_removed(&before[**input])).map(|input| place_before[*input]);
        let fed: Vec<usize> = fed.filter(|input| *input < place_before[at]).collect();
        all[place_before[at]].inputs.extend(fed);
    }
    count_users(&mut all);
    Some(all)
}

/// A piece whose inputs have moved.
fn moved<'a>(piece: &Piece<'a>, place: &[usize]) -> Piece<'a> {
    Piece { inputs: piece.inputs.iter().map(|input| place[*input]).collect(), ..piece.clone() }
}

fn count_users(pieces: &mut [Piece<'_>]) {
    let mut users = vec![0; pieces.len()];
    for input in pieces.iter().flat_map(|piece| &piece.inputs) {
        users[*input] += 1;
    }
    for (piece, users) in pieces.iter_mut().zip(users) {
        piece.users = users;
    }
}
