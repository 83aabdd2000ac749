//! Which layers share a box of the drawing.
//!
//! In: [`Piece`]s and which of them are drawn. Out: a box for each, numbered from 0, such that the boxes form no cycle: a
//! block whose layers stand before and after another box is drawn in several parts. No text and no places.

use std::collections::HashMap;

use super::pieces::{Mark, Piece};
use crate::op::Op;

/// Up to so many boxes a network is drawn layer by layer, otherwise by block.
const MOST_BOXES: usize = 130;
/// Fewer boxes show next to nothing of a large network.
const FEWEST_BOXES: usize = 8;

/// The box of each piece that is drawn.
pub(super) type Places = HashMap<usize, usize>;

/// The box of each piece, and the depth of the blocks that boxes stand for: none where all layers fit, otherwise the
/// deepest that fits with every block whole, or, where that would show next to nothing, with blocks in parts.
pub(super) fn places(pieces: &[Piece<'_>]) -> (Places, Option<usize>) {
    let all: Vec<usize> = (0..pieces.len()).collect();
    let count = |place: &Places| place.values().max().map_or(0, |m| m + 1);
    let (fine, _) = assign(pieces, &all, |_| None);
    if count(&fine) <= MOST_BOXES {
        return (fine, None);
    }
    let by = |depth: usize| assign(pieces, &all, |at| block(&pieces[at], depth));
    let deepest = pieces.iter().map(|piece| piece.groups.len()).max().unwrap_or(1);
    let mut in_parts = None;
    for depth in (1..=deepest.min(8)).rev() {
        let (place, whole) = by(depth);
        if count(&place) <= MOST_BOXES {
            if whole && count(&place) >= FEWEST_BOXES {
                return (place, Some(depth));
            }
            in_parts.get_or_insert((place, Some(depth)));
        }
    }
    in_parts.unwrap_or_else(|| (by(1).0, Some(1)))
}

/// The path of the block instance that a piece stands in, `depth` instances deep at most (1: the outermost).
pub(super) fn block<'a>(piece: &Piece<'a>, depth: usize) -> Option<&'a str> {
    piece.groups.get(..depth.min(piece.groups.len()))?.last().map(|group| group.path)
}

/// The box of each piece of `drawn` (ascending): that of its block where `by` names one, otherwise shared with a sole input
/// of one follower; blocks in parts where whole ones would form a cycle. Also whether all are whole.
pub(super) fn assign<'a>(pieces: &[Piece<'a>], drawn: &[usize], by: impl Fn(usize) -> Option<&'a str>) -> (Places, bool) {
    let mut place = Places::new();
    let mut blocks: HashMap<&str, usize> = HashMap::new();
    let mut next = 0;
    for at in drawn {
        let name = by(*at);
        let shared = match name {
            Some(name) => blocks.get(name).copied(),
            None => follows(pieces, *at).filter(|last| by(*last).is_none()).and_then(|last| place.get(&last).copied()),
        };
        let chosen = shared.unwrap_or_else(|| {
            next += 1;
            next - 1
        });
        if let Some(name) = name {
            blocks.insert(name, chosen);
        }
        place.insert(*at, chosen);
    }
    untangled(pieces, drawn, place)
}

/// The layer whose box this one joins: its only input, which nothing else uses, if this one has no work of its own to show
/// and stands in the same block.
fn follows(pieces: &[Piece<'_>], at: usize) -> Option<usize> {
    let is_removed = |at: usize| pieces[at].mark == Mark::Removed;
    chained(pieces, at)
        .filter(|before| pieces[at].innermost() == pieces[*before].innermost() && is_removed(at) == is_removed(*before))
}

/// Whether pieces are one layer with what only follows it, in whatever blocks these stand.
pub(super) fn is_chain(pieces: &[Piece<'_>], members: &[usize]) -> bool {
    members.windows(2).all(|pair| chained(pieces, pair[1]) == Some(pair[0]))
}

/// The only input of a layer that has no work of its own to show, where nothing else uses that input.
fn chained(pieces: &[Piece<'_>], at: usize) -> Option<usize> {
    let piece = &pieces[at];
    let [before] = piece.inputs.as_slice() else { return None };
    let minor = !(piece.op.is_layer() || matches!(piece.op, Op::Pool(_) | Op::Concat(_)));
    let input = &pieces[*before];
    (minor && input.users == 1 && input.outputs.is_empty() && !input.is_input()).then_some(*before)
}

/// Edges between boxes, each once, in ascending order.
pub(super) fn edges(pieces: &[Piece<'_>], drawn: &[usize], place: &Places) -> Vec<(usize, usize)> {
    let inputs = |at: &usize| {
        let known = pieces[*at].inputs.iter().filter_map(|input| place.get(input));
        known.map(|input| (*input, place[at])).collect::<Vec<_>>()
    };
    let mut edges: Vec<_> = drawn.iter().flat_map(inputs).filter(|(from, to)| from != to).collect();
    edges.sort_unstable();
    edges.dedup();
    edges
}

/// Splits boxes that lie on cycles. Each part has a level, and every edge between parts climbs, so none is left: a layer
/// joins the last part of its box only if all its other inputs are below that part. Also whether nothing was split.
fn untangled(pieces: &[Piece<'_>], drawn: &[usize], place: Places) -> (Places, bool) {
    let count = place.values().max().map_or(0, |m| m + 1);
    let tangled = tangled(count, &edges(pieces, drawn, &place));
    if !tangled.contains(&true) {
        return (place, true);
    }
    let mut parts = Places::new();
    let mut levels: Vec<usize> = Vec::new();
    let mut last: HashMap<usize, usize> = HashMap::new();
    for at in drawn {
        let old = place[at];
        let open = last.get(&old).copied();
        let above = |except: Option<usize>| {
            let known = pieces[*at].inputs.iter().filter(|input| place.get(input).is_some_and(|input| tangled[*input]));
            let inputs = known.map(|input| parts[input]);
            inputs.filter(|part| Some(*part) != except).map(|part| levels[part] + 1).max().unwrap_or(0)
        };
        let joined = open.filter(|part| !tangled[old] || above(open) <= levels[*part]);
        let fresh = above(None);
        let part = joined.unwrap_or_else(|| {
            levels.push(fresh);
            levels.len() - 1
        });
        last.insert(old, part);
        parts.insert(*at, part);
    }
    (parts, false)
}

/// Which boxes lie on a cycle or between two: what is left when sources, and then sinks, are taken away again and again.
fn tangled(count: usize, edges: &[(usize, usize)]) -> Vec<bool> {
    let mut left = vec![true; count];
    peel(&mut left, edges.iter().copied());
    peel(&mut left, edges.iter().map(|(from, to)| (*to, *from)));
    left
}

/// Takes away, again and again, what no edge of what is left comes to.
fn peel(left: &mut [bool], edges: impl Iterator<Item = (usize, usize)>) {
    let mut followers = vec![Vec::new(); left.len()];
    let mut inputs = vec![0usize; left.len()];
    for (from, to) in edges.filter(|(from, to)| left[*from] && left[*to]) {
        followers[from].push(to);
        inputs[to] += 1;
    }
    let mut ready: Vec<usize> = (0..left.len()).filter(|at| left[*at] && inputs[*at] == 0).collect();
    while let Some(at) = ready.pop() {
        left[at] = false;
        for to in &followers[at] {
            inputs[*to] -= 1;
            if inputs[*to] == 0 {
                ready.push(*to);
            }
        }
    }
}
