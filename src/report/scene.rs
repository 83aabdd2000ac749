//! A network as a tree of boxes that open: what the explorer of the HTML report shows.
//!
//! In: the layers of a network, or those before and after a change. Out: a [`Scene`]: one [`Scope`] for the whole network and
//! one for each block instance, each laid out on its own with the blocks in it folded. Every layer stands in one box of
//! one scope. No numbers of layers, no markup.

use std::collections::{BTreeMap, HashMap};

use super::boxes::{assign, edges, is_chain};
use super::layout::{Layout, layout};
use super::number::shortened;
use super::pieces::{Mark, Piece, Side, merged, pieces};
use super::unit::{Unit, tell_apart};
use crate::graph::NodeId;
use crate::shape::Shaped;

/// Inputs of a block that are shown one by one; more share a gate.
const MOST_GATES: usize = 5;
/// Longest name of a gate, in characters.
const GATE: usize = 26;

/// All scopes; the first is the whole network.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// The scopes.
    pub scopes: Vec<Scope>,
}

/// The inside of a block, or of the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Scope {
    /// Upper side and height of each rank.
    pub rows: Vec<[i64; 2]>,
    /// The boxes.
    pub boxes: Vec<Item>,
    /// The edges.
    pub edges: Vec<Edge>,
}

/// A box.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// The path of its block with the number of its part, or its first layer's name: the same before and after a change.
    pub key: String,
    /// The class of its element.
    pub kind: &'static str,
    /// What it is called.
    pub title: String,
    /// What it says.
    pub lines: Vec<String>,
    /// Its centre in its scope, with blocks folded.
    pub centre: [i64; 2],
    /// Its width and height, folded.
    pub size: [i64; 2],
    /// Its rank.
    pub rank: usize,
    /// Its layers; of a gate, where its data comes from.
    pub layers: Vec<LayerRef>,
    /// The block that it stands for.
    pub block: Option<String>,
    /// The scope that it opens to.
    pub inner: Option<usize>,
}

/// A layer: its place in the order of execution of one of the networks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LayerRef {
    /// Of the network before.
    Before(usize),
    /// Of the network after.
    After(usize),
}

/// An edge between boxes of a scope.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Edge {
    /// The box where it starts.
    pub from: usize,
    /// The box where it ends.
    pub to: usize,
    /// Where it passes the ranks between them, if they are followed.
    pub lanes: Vec<i64>,
}

/// The scene of one network, whose layers are those before a change or after it.
#[must_use]
pub fn scene(shaped: &Shaped, is_after: bool, mark: impl Fn(NodeId) -> Mark) -> Scene {
    let side = if is_after { Side::After } else { Side::Before };
    of(&pieces(shaped, side, mark))
}

/// The scene of the network after with the layers that are there no more; `None` where all are still there.
#[must_use]
pub fn overlay(before: &Shaped, after: &Shaped, renamed: &BTreeMap<&str, &str>, mark: impl Fn(NodeId) -> Mark) -> Option<Scene> {
    let old = pieces(before, Side::Before, |_| Mark::Same);
    merged(&old, &pieces(after, Side::After, mark), renamed).map(|all| of(&all))
}

/// A scope that is still to be made.
struct Frame<'a> {
    members: Vec<usize>,
    /// How many block instances are round it.
    depth: usize,
    path: &'a str,
}

fn of(pieces: &[Piece<'_>]) -> Scene {
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); pieces.len()];
    for (at, piece) in pieces.iter().enumerate() {
        for input in &piece.inputs {
            readers[*input].push(at);
        }
    }
    let mut frames = vec![Frame { members: (0..pieces.len()).collect(), depth: 0, path: "" }];
    let mut scopes = Vec::new();
    while scopes.len() < frames.len() {
        let draft = Draft::new(pieces, &frames[scopes.len()], &readers);
        scopes.push(draft.finish(&mut frames));
    }
    Scene { scopes }
}

/// A box that has no place yet.
struct Open<'a> {
    unit: Unit,
    key: String,
    layers: Vec<LayerRef>,
    block: Option<String>,
    inside: Option<Frame<'a>>,
}

/// A scope whose boxes have no places yet.
struct Draft<'a> {
    boxes: Vec<Open<'a>>,
    edges: Vec<(usize, usize)>,
}

impl<'a> Draft<'a> {
    fn new(pieces: &[Piece<'a>], frame: &Frame<'a>, readers: &[Vec<usize>]) -> Self {
        let (place, _) = assign(pieces, &frame.members, |at| pieces[at].groups.get(frame.depth).map(|group| group.path));
        let mut members: Vec<Vec<usize>> = vec![Vec::new(); place.values().max().map_or(0, |m| m + 1)];
        for at in &frame.members {
            members[place[at]].push(*at);
        }
        let mut parts: HashMap<&str, usize> = HashMap::new();
        let boxes = members.into_iter().map(|members| open(pieces, members, frame, &mut parts)).collect();
        let mut draft = Self { boxes, edges: edges(pieces, &frame.members, &place) };
        if frame.depth == 0 {
            draft.add_outputs(pieces, frame, &place);
        } else {
            draft.add_entries(pieces, frame, &place);
            draft.add_exit(pieces, frame, (&place, readers));
        }
        draft.edges.sort_unstable();
        draft.edges.dedup();
        draft
    }

    fn add(&mut self, unit: Unit, key: String, layers: Vec<LayerRef>) -> usize {
        self.boxes.push(Open { unit, key, layers, block: None, inside: None });
        self.boxes.len() - 1
    }

    fn add_outputs(&mut self, pieces: &[Piece<'a>], frame: &Frame<'a>, place: &HashMap<usize, usize>) {
        for at in &frame.members {
            for name in &pieces[*at].outputs {
                let made = self.add(Unit::output(name, pieces[*at].shape), format!("output {name}"), vec![layer(&pieces[*at])]);
                self.edges.push((place[at], made));
            }
        }
    }

    /// A gate for each layer outside that feeds one inside, or one for all where there are many.
    fn add_entries(&mut self, pieces: &[Piece<'a>], frame: &Frame<'a>, place: &HashMap<usize, usize>) {
        let fed = |at: &usize| pieces[*at].inputs.iter().map(|input| (*input, place[at])).collect::<Vec<_>>();
        let outside: Vec<_> = frame.members.iter().flat_map(fed).filter(|(input, _)| !place.contains_key(input)).collect();
        let mut sources: Vec<usize> = outside.iter().map(|(input, _)| *input).collect();
        sources.sort_unstable();
        sources.dedup();
        let together = sources.len() > MOST_GATES;
        let mut gates: HashMap<usize, usize> = HashMap::new();
        for source in &sources {
            let word = if together { format!("{} inputs", sources.len()) } else { shortened(pieces[*source].name, GATE) };
            let gate = match gates.values().next() {
                Some(gate) if together => *gate,
                Some(_) | None => self.add(Unit::gate(&word), format!("in {} {word}", frame.path), vec![layer(&pieces[*source])]),
            };
            gates.insert(*source, gate);
        }
        self.edges.extend(outside.iter().map(|(input, to)| (gates[input], *to)));
    }

    /// A gate for what is read outside.
    fn add_exit(&mut self, pieces: &[Piece<'a>], frame: &Frame<'a>, (place, readers): (&HashMap<usize, usize>, &[Vec<usize>])) {
        let leaves = |at: usize| !pieces[at].outputs.is_empty() || readers[at].iter().any(|reader| !place.contains_key(reader));
        let from: Vec<usize> = frame.members.iter().filter(|at| leaves(**at)).map(|at| place[at]).collect();
        if !from.is_empty() {
            let gate = self.add(Unit::gate("out"), format!("out {}", frame.path), Vec::new());
            self.edges.extend(from.into_iter().map(|from| (from, gate)));
        }
    }

    /// Gives every box its place, and hands on what boxes open to.
    fn finish(self, frames: &mut Vec<Frame<'a>>) -> Scope {
        let Self { boxes, edges } = self;
        let (mut units, rest): (Vec<Unit>, Vec<_>) =
            boxes.into_iter().map(|open| (open.unit, (open.key, open.layers, open.block, open.inside))).unzip();
        tell_apart(&mut units);
        // Even and whole, so that every side of a box is a whole number.
        let even = |x: f64| (x / 2.0).ceil() * 2.0;
        let sizes: Vec<(f64, f64)> = units.iter().map(Unit::size).map(|(w, h)| (even(w), even(h))).collect();
        let Layout { boxes: centres, ranks, rows, edges: paths, .. } = layout(&sizes, &edges);
        let whole = |x: f64| x.round() as i64;
        let boxes = units.into_iter().zip(rest).enumerate().map(|(i, (unit, (key, layers, block, inside)))| Item {
            key,
            kind: unit.kind.class(),
            title: unit.title,
            lines: unit.lines,
            centre: [whole(centres[i].0), whole(centres[i].1)],
            size: [whole(sizes[i].0), whole(sizes[i].1)],
            rank: ranks[i],
            layers,
            block,
            inner: inside.map(|frame| {
                frames.push(frame);
                frames.len() - 1
            }),
        });
        let boxes = boxes.collect();
        let lanes = |points: &[(f64, f64)]| points[1..points.len() - 1].iter().step_by(2).map(|(x, _)| whole(*x)).collect();
        Scope {
            rows: rows.iter().map(|(top, height)| [whole(*top), whole(*height)]).collect(),
            boxes,
            edges: edges
                .iter()
                .zip(&paths)
                .map(|((from, to), points)| Edge { from: *from, to: *to, lanes: lanes(points) })
                .collect(),
        }
    }
}

/// The box of some layers of a scope: a block that opens, unless it is but one layer with what follows it.
fn open<'a>(pieces: &[Piece<'a>], members: Vec<usize>, frame: &Frame<'a>, parts: &mut HashMap<&'a str, usize>) -> Open<'a> {
    let layers = members.iter().map(|at| layer(&pieces[*at])).collect();
    let first = &pieces[members[0]];
    let block = first.groups.get(frame.depth).filter(|_| !is_chain(pieces, &members));
    let Some(block) = block else {
        let unit = Unit::layers(pieces, &members, frame.path);
        return Open { unit, key: first.name.to_owned(), layers, block: None, inside: None };
    };
    let part = parts.entry(block.path).and_modify(|part| *part += 1).or_insert(1);
    let key = if *part > 1 { format!("{}#{part}", block.path) } else { block.path.to_owned() };
    let unit = Unit::block(pieces, &members, *block, frame.path);
    let block_name = block.block.to_owned();
    // A block that holds nothing but another one opens to what is in that.
    let shares = |depth: usize| {
        let path = first.groups.get(depth).map(|group| group.path);
        path.is_some() && members.iter().all(|at| pieces[*at].groups.get(depth).map(|group| group.path) == path)
    };
    let depth = (frame.depth + 1..=first.groups.len()).find(|depth| !shares(*depth)).unwrap_or(frame.depth + 1);
    let inside = Some(Frame { path: first.groups[depth - 1].path, members, depth });
    Open { unit, key, layers, block: Some(block_name), inside }
}

fn layer(piece: &Piece<'_>) -> LayerRef {
    match piece.source {
        (Side::Before, at) => LayerRef::Before(at),
        (Side::After, at) => LayerRef::After(at),
    }
}
