//! One box of a picture: what it is called, what it says, how large it is.
//!
//! In: the [`Piece`]s that share it, and the block that it stands for, if any. Out: [`Unit`]s. No places.

use std::collections::BTreeMap;

use super::number::{grouped, shortened};
use super::pieces::{Enclosing, Mark, Piece};
use crate::digits::counted;
use crate::graph::print::call_with;
use crate::op::{Op, Shape};

/// Longest line in a box, in characters.
const LINE: usize = 42;
/// More lines of operations are cut.
const MOST_LINES: usize = 4;
/// Width of a character of the title and of the other lines, in pixels, on the safe side.
const CHARACTER: (f64, f64) = (7.2, 6.3);
/// Height of a line below the title.
pub(super) const LINE_HEIGHT: f64 = 15.0;

/// A box of the drawing.
#[derive(Debug, Clone)]
pub(super) struct Unit {
    pub kind: Kind,
    pub title: String,
    /// The first layer's name, where the box does not stand for a block.
    layer: Option<String>,
    pub lines: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Input,
    Output,
    /// Where data enters or leaves a block that is drawn open.
    Gate,
    Layers,
    Block,
    Changed,
    Inserted,
    Removed,
}

impl Kind {
    /// The class of its element.
    pub fn class(self) -> &'static str {
        match self {
            Self::Input | Self::Output => "port",
            Self::Gate => "gate",
            Self::Layers => "layer",
            Self::Block => "block",
            Self::Changed => "changed",
            Self::Inserted => "new",
            Self::Removed => "gone",
        }
    }

    fn marked(self, members: &[usize], pieces: &[Piece<'_>]) -> Self {
        let has = |mark| members.iter().any(|at| pieces[*at].mark == mark);
        if has(Mark::Inserted) {
            Self::Inserted
        } else if has(Mark::Changed) {
            Self::Changed
        } else if members.iter().all(|at| pieces[*at].mark == Mark::Removed) {
            Self::Removed
        } else {
            self
        }
    }
}

impl Unit {
    /// The box of an input, or of layers that share one; names are told without `scope`, the path of the block round them.
    pub fn layers(pieces: &[Piece<'_>], members: &[usize], scope: &str) -> Self {
        let (first, last) = (&pieces[members[0]], &pieces[members[members.len() - 1]]);
        let shape = dims(last.shape);
        if first.is_input() {
            return Self { kind: Kind::Input, title: shortened(first.name, LINE), layer: None, lines: vec![shape] };
        }
        let short = |name: &str| within(name, scope).to_owned();
        let bound = first.name.rsplit_once('.').map_or(first.name, |(bound, _)| bound);
        // What was inserted stands beside the layer that it was inserted for, under the same name but for its end.
        let title = if first.mark == Mark::Inserted || bound == scope { short(first.name) } else { short(bound) };
        let mut lines = wrapped(&members.iter().map(|at| brief(pieces[*at].op)).collect::<Vec<_>>());
        lines.push(shape);
        let kind = Kind::Layers.marked(members, pieces);
        Self { kind, title: shortened(&title, LINE), layer: Some(shortened(&short(first.name), LINE)), lines }
    }

    /// The box of a block.
    pub fn block(pieces: &[Piece<'_>], members: &[usize], block: Enclosing<'_>, scope: &str) -> Self {
        let count = |mark| members.iter().filter(|at| pieces[**at].mark == mark).count();
        let mut counts = counted(members.len(), "layer");
        for (mark, word) in [(Mark::Inserted, "new"), (Mark::Changed, "changed"), (Mark::Removed, "removed")] {
            let n = count(mark);
            counts = if n > 0 { format!("{counts}, {n} {word}") } else { counts };
        }
        let both = format!("{}, {counts}", block.block);
        let mut lines = if both.chars().count() <= LINE { vec![both] } else { vec![clip(block.block), clip(&counts)] };
        lines.push(dims(pieces[members[members.len() - 1]].shape));
        let short = within(block.path, scope);
        // A number alone says nothing.
        let title = if short.bytes().all(|b| b.is_ascii_digit()) { block.path } else { short };
        Self { kind: Kind::Block.marked(members, pieces), title: shortened(title, LINE), layer: None, lines }
    }

    /// The box of an output of the network.
    pub fn output(name: &str, shape: Shape) -> Self {
        Self { kind: Kind::Output, title: shortened(name, LINE), layer: None, lines: vec![dims(shape)] }
    }

    /// Where data enters or leaves a block.
    pub fn gate(word: &str) -> Self {
        Self { kind: Kind::Gate, title: word.to_owned(), layer: None, lines: Vec::new() }
    }

    /// Its width and height.
    pub fn size(&self) -> (f64, f64) {
        let wide = |text: &str, character: f64| text.chars().count() as f64 * character;
        if self.kind == Kind::Gate {
            return (wide(&self.title, CHARACTER.1) + 16.0, 18.0);
        }
        let longest = self.lines.iter().map(|l| wide(l, CHARACTER.1)).fold(wide(&self.title, CHARACTER.0), f64::max);
        ((longest + 24.0).max(84.0), 27.0 + LINE_HEIGHT * self.lines.len() as f64)
    }
}

/// A name as it is told inside a block.
fn within<'a>(name: &'a str, scope: &str) -> &'a str {
    let inside = name.strip_prefix(scope).and_then(|rest| rest.strip_prefix('.'));
    inside.filter(|_| !scope.is_empty()).unwrap_or(name)
}

/// Gives boxes of one title titles of their own: the first layer's name, or which part of the block it is.
pub(super) fn tell_apart(units: &mut [Unit]) {
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, unit) in units.iter().enumerate().filter(|(_, unit)| !matches!(unit.kind, Kind::Input | Kind::Output | Kind::Gate)) {
        alike.entry(unit.title.clone()).or_default().push(i);
    }
    for same in alike.into_values().filter(|same| same.len() > 1) {
        for (part, i) in same.iter().enumerate() {
            let own = units[*i].layer.clone();
            units[*i].title = own.unwrap_or_else(|| format!("{} ({} of {})", units[*i].title, part + 1, same.len()));
        }
    }
}

/// A call with the arguments that shape the network: `conv(64, 7, stride=2, pad=3)`; biases and the like are left out.
fn brief(op: &Op) -> String {
    if matches!(op, Op::BatchNorm(_) | Op::LayerNorm(_) | Op::InstanceNorm(_)) {
        return op.keyword().to_owned();
    }
    call_with(op, |name| matches!(name, "stride" | "pad" | "output_pad" | "groups" | "dilation" | "factor" | "axis"))
}

/// Calls behind one another, on as many lines as they need.
fn wrapped(calls: &[String]) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for call in calls {
        match lines.last_mut() {
            Some(line) if line.chars().count() + 3 + call.chars().count() <= LINE => *line = format!("{line} → {call}"),
            Some(line) => {
                line.push_str(" →");
                lines.push(clip(call));
            }
            None => lines.push(clip(call)),
        }
    }
    if lines.len() > MOST_LINES {
        let last = lines.len() - MOST_LINES;
        lines.truncate(MOST_LINES - 1);
        lines.push(format!("… and {}", counted(last + 1, "line")));
    }
    lines
}

/// `64 × 112 × 112`.
fn dims(shape: Shape) -> String {
    shape.dims().iter().map(|d| grouped(u64::from(*d))).collect::<Vec<_>>().join(" × ")
}

fn clip(text: &str) -> String {
    if text.chars().count() <= LINE { text.to_owned() } else { text.chars().take(LINE - 1).chain(['…']).collect() }
}
