//! A network as an SVG picture: layers in boxes, top to bottom.
//!
//! In: a [`Shaped`] graph. Out: SVG text, whole with a look of its own that every renderer draws, or cut into strips that a page
//! sets beside one another and gives their look. A layer and what only follows it (`conv -> bn -> relu`) share a box; large networks are drawn by
//! block. Inserted and changed layers are marked.

use std::fmt::Write as _;
use std::ops::Range;

use super::boxes::{edges, places};
use super::layout::{Layout, layout};
use super::palette::{Palette, SHEET};
use super::pieces::{Mark, Piece, Side, pieces};
use super::unit::{Kind, LINE_HEIGHT, Unit, tell_apart};
use crate::graph::{Graph, NodeId};
use crate::shape::Shaped;

/// Margin round the drawing.
const MARGIN: f64 = 12.0;
/// A strip is cut at the last row of boxes that ends within this height.
const STRIP: f64 = 1400.0;

/// A page draws no more boxes: a picture of more would be longer than anybody scrolls, and slow to open.
pub const MOST_BOXES: usize = 5_000;

/// The look of strips, with colours as custom properties that a page may set itself.
pub const COLOURS: &str = SHEET;

/// The picture of a network as an SVG element.
#[must_use]
pub fn svg(shaped: &Shaped) -> String {
    let graph = shaped.graph();
    let mark = |id| if is_inserted(graph, id) { Mark::Inserted } else { Mark::Same };
    let (units, edges) = units(&pieces(shaped, Side::After, mark));
    let picture = Picture::of(units, &edges);
    let label = format!("graph of {}", graph.name());
    picture.drawn(&picture.whole(), &label, &Look::alone())
}

/// The same picture without colours of its own, cut between rows of boxes into pieces that fit a page; layers are marked as
/// told. `None` where it has more boxes than anybody looks through.
#[must_use]
pub fn strips(shaped: &Shaped, mark: impl Fn(NodeId) -> Mark) -> Option<Vec<String>> {
    let (units, edges) = units(&pieces(shaped, Side::After, mark));
    if units.len() > MOST_BOXES {
        return None;
    }
    let picture = Picture::of(units, &edges);
    let strips = picture.strips();
    let name = shaped.graph().name();
    let draw = |(i, strip): (usize, &Strip)| {
        let part = if strips.len() > 1 { format!(", part {} of {}", i + 1, strips.len()) } else { String::new() };
        picture.drawn(strip, &format!("graph of {name}{part}"), &Look(None))
    };
    Some(strips.iter().enumerate().map(draw).collect())
}

/// How elements say what they look like: by attributes of their own, or not at all where a page does.
struct Look(Option<Palette>);

impl Look {
    fn alone() -> Self {
        Self(Some(Palette::new()))
    }

    /// Attributes of an element to which these selectors apply.
    fn of(&self, selectors: &[&str]) -> String {
        self.0.as_ref().map(|palette| palette.attributes(selectors)).unwrap_or_default()
    }
}

/// The part of a picture that is shown.
struct Strip {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
    /// Boxes in it.
    boxes: Vec<usize>,
    /// Lines of which it shows something.
    edges: Vec<usize>,
}

impl Strip {
    /// Whether a height is in it; what only passes from a neighbouring row ends in the margin.
    fn has(&self, y: f64) -> bool {
        (self.top - 0.05..=self.top + self.height + 0.05).contains(&y)
    }
}

/// Boxes and where they are.
struct Picture {
    units: Vec<Unit>,
    sizes: Vec<(f64, f64)>,
    layout: Layout,
}

impl Picture {
    fn of(units: Vec<Unit>, edges: &[(usize, usize)]) -> Self {
        let sizes: Vec<(f64, f64)> = units.iter().map(Unit::size).collect();
        let layout = layout(&sizes, edges);
        Self { units, sizes, layout }
    }

    /// Rows of boxes that a strip shows together.
    fn cuts(&self) -> Vec<Range<usize>> {
        let rows = &self.layout.rows;
        let mut cuts: Vec<Range<usize>> = Vec::new();
        for (i, (top, height)) in rows.iter().enumerate() {
            match cuts.last_mut() {
                Some(cut) if top + height - rows[cut.start].0 <= STRIP => cut.end = i + 1,
                Some(_) | None => cuts.push(i..i + 1),
            }
        }
        cuts
    }

    /// All of it.
    fn whole(&self) -> Strip {
        let (width, height) = self.layout.size;
        let (boxes, edges) = ((0..self.units.len()).collect(), (0..self.layout.edges.len()).collect());
        Strip { left: 0.0, top: 0.0, width, height, boxes, edges }
    }

    /// The rows cut into strips: each with the gaps to the next ones, as wide as what is in it.
    fn strips(&self) -> Vec<Strip> {
        let rows = &self.layout.rows;
        let strip = |cut: &Range<usize>| {
            let top = cut.start.checked_sub(1).map_or(0.0, |row| rows[row].0 + rows[row].1);
            let bottom = rows.get(cut.end).map_or(self.layout.size.1, |next| next.0);
            Strip { left: 0.0, top, width: 0.0, height: bottom - top, boxes: Vec::new(), edges: Vec::new() }
        };
        let mut strips: Vec<Strip> = self.cuts().iter().map(strip).collect();
        for (at, (_, y)) in self.layout.boxes.iter().enumerate() {
            showing(&mut strips, *y, *y).for_each(|strip| strip.boxes.push(at));
        }
        for (at, points) in self.layout.edges.iter().enumerate() {
            let (first, last) = (points[0].1, points[points.len() - 1].1);
            if points.len() > 2 {
                showing(&mut strips, first, last).for_each(|strip| strip.edges.push(at));
            } else {
                // Lines without lanes pass behind all boxes: where there are too many for lanes, they are shown at their ends.
                showing(&mut strips, first, first).for_each(|strip| strip.edges.push(at));
                showing(&mut strips, last, last).filter(|strip| !strip.has(first)).for_each(|strip| strip.edges.push(at));
            }
        }
        for strip in &mut strips {
            (strip.left, strip.width) = self.extent(strip);
        }
        strips
    }

    /// How far to the left a strip begins, and how wide it is.
    fn extent(&self, strip: &Strip) -> (f64, f64) {
        let layout = &self.layout;
        let sides = |at: &usize| [-0.5, 0.5].map(|half| layout.boxes[*at].0 + half * self.sizes[*at].0);
        let shown = strip.boxes.iter().flat_map(sides);
        let is_in = |y: &f64| (strip.top..=strip.top + strip.height).contains(y);
        let passing = strip.edges.iter().flat_map(|at| &layout.edges[*at]).filter(|(_, y)| is_in(y)).map(|(x, _)| *x);
        let (left, right) = shown.chain(passing).fold((f64::INFINITY, 0.0), |(l, r): (f64, f64), x| (l.min(x), r.max(x)));
        let left = if left.is_finite() { left } else { 0.0 };
        (left, (right - left).max(0.0))
    }

    fn drawn(&self, view: &Strip, label: &str, look: &Look) -> String {
        let (w, h) = (view.width + 2.0 * MARGIN, view.height + 2.0 * MARGIN);
        let (left, top) = (MARGIN - view.left, MARGIN - view.top);
        let mut out = format!(
            "<svg class=\"net\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w:.0} {h:.0}\" width=\"{w:.0}\" height=\"{h:.0}\"{} role=\"img\" aria-label=\"{}\">\n",
            if look.0.is_some() { look.of(&[""]) } else { format!(" style=\"--w:{w:.0}\"") },
            escape(label)
        );
        if let Some(palette) = &look.0 {
            let _ = writeln!(out, "<style>{}</style>", palette.dark());
        }
        let _ = writeln!(out, "<g transform=\"translate({left:.1} {top:.1})\">");
        let (line, head) = (look.of(&["path"]), look.of(&["path", "path.a"]));
        for points in view.edges.iter().map(|at| &self.layout.edges[*at]) {
            let _ = writeln!(out, "<path d=\"{}\"{line}/>{}", curve(points), arrow(points[points.len() - 1], &head));
        }
        for at in &view.boxes {
            draw(&mut out, &self.units[*at], (self.layout.boxes[*at], self.sizes[*at]), look);
        }
        out.push_str("</g>\n</svg>\n");
        out
    }
}

/// The strips that show something between two heights.
fn showing(strips: &mut [Strip], first: f64, last: f64) -> impl Iterator<Item = &mut Strip> {
    // Strips are in order of height, and so are their ends.
    let from = strips.partition_point(|strip| strip.top + strip.height + 0.05 < first);
    let to = strips.partition_point(|strip| strip.top - 0.05 <= last);
    strips[from..to.max(from)].iter_mut()
}

fn draw(out: &mut String, unit: &Unit, ((x, y), (w, h)): ((f64, f64), (f64, f64)), look: &Look) {
    let class = unit.kind.class();
    let (of_box, of_title) = (format!(".{class}>rect"), format!(".{class}>.t"));
    let round = if matches!(unit.kind, Kind::Input | Kind::Output) { h / 2.0 } else { 6.0 };
    let _ = write!(
        out,
        "<g class=\"{}\"><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"{round}\"{}/>",
        class,
        x - w / 2.0,
        y - h / 2.0,
        look.of(&["rect", &of_box])
    );
    let mut baseline = y - h / 2.0 + 18.0;
    let _ = write!(
        out,
        "<text class=\"t\" x=\"{x:.1}\" y=\"{baseline:.1}\"{}>{}</text>",
        look.of(&["text", ".t", &of_title]),
        escape(&unit.title)
    );
    let of_line = look.of(&["text"]);
    for line in &unit.lines {
        baseline += LINE_HEIGHT;
        let _ = write!(out, "<text x=\"{x:.1}\" y=\"{baseline:.1}\"{of_line}>{}</text>", escape(line));
    }
    out.push_str("</g>\n");
}

/// A smooth line through points, vertical at each of them.
fn curve(points: &[(f64, f64)]) -> String {
    let mut path = format!("M{:.1} {:.1}", points[0].0, points[0].1);
    for pair in points.windows(2) {
        let [(x0, y0), (x1, y1)] = [pair[0], pair[1]];
        if (x0 - x1).abs() < 0.05 {
            let _ = write!(path, "V{y1:.1}");
        } else {
            let middle = f64::midpoint(y0, y1);
            let _ = write!(path, "C{x0:.1} {middle:.1} {x1:.1} {middle:.1} {x1:.1} {y1:.1}");
        }
    }
    path
}

/// The head of a line that ends at a point.
fn arrow((x, y): (f64, f64), look: &str) -> String {
    format!("<path class=\"a\" d=\"M{x:.1} {y:.1}l-3.2 -6.4h6.4z\"{look}/>")
}

/// Boxes and the edges between them.
fn units(pieces: &[Piece<'_>]) -> (Vec<Unit>, Vec<(usize, usize)>) {
    let (place, depth) = places(pieces);
    let all: Vec<usize> = (0..pieces.len()).collect();
    let mut members: Vec<Vec<usize>> = vec![Vec::new(); place.values().max().map_or(0, |m| m + 1)];
    for at in &all {
        members[place[at]].push(*at);
    }
    let unit = |members: &Vec<usize>| {
        let groups = &pieces[members[0]].groups;
        let block = depth.and_then(|depth| groups[..depth.min(groups.len())].last());
        block.map_or_else(|| Unit::layers(pieces, members, ""), |block| Unit::block(pieces, members, *block, ""))
    };
    let mut units: Vec<Unit> = members.iter().map(unit).collect();
    tell_apart(&mut units);
    let mut edges = edges(pieces, &all, &place);
    let outputs = pieces.iter().enumerate().flat_map(|(at, piece)| piece.outputs.iter().map(move |name| (at, *name)));
    for (at, name) in outputs {
        edges.push((place[&at], units.len()));
        units.push(Unit::output(name, pieces[at].shape));
    }
    edges.sort_unstable();
    edges.dedup();
    (units, edges)
}

/// Whether a pass or a `refine` statement put the node there.
#[must_use]
pub fn is_inserted(graph: &Graph, id: NodeId) -> bool {
    graph.node(id).inserted_for().is_some()
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
