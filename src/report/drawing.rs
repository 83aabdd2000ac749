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

/// The look of strips, with colours as custom properties that a page may set itself.
pub const COLOURS: &str = SHEET;

/// The picture of a network as an SVG element.
#[must_use]
pub fn svg(shaped: &Shaped) -> String {
    let graph = shaped.graph();
    let mark = |id| if is_inserted(graph, id) { Mark::Inserted } else { Mark::Same };
    let picture = Picture::of(&pieces(shaped, Side::After, mark));
    let (width, height) = picture.layout.size;
    let whole = View { left: 0.0, top: 0.0, width, height };
    let label = format!("graph of {}", graph.name());
    picture.drawn(&whole, &label, &Look::alone())
}

/// The same picture without colours of its own, cut between rows of boxes into pieces that fit a page; layers are marked as
/// told.
#[must_use]
pub fn strips(shaped: &Shaped, mark: impl Fn(NodeId) -> Mark) -> Vec<String> {
    let picture = Picture::of(&pieces(shaped, Side::After, mark));
    let cuts = picture.cuts();
    let name = shaped.graph().name();
    let draw = |(i, rows): (usize, &Range<usize>)| {
        let part = if cuts.len() > 1 { format!(", part {} of {}", i + 1, cuts.len()) } else { String::new() };
        picture.drawn(&picture.view(rows), &format!("graph of {name}{part}"), &Look(None))
    };
    cuts.iter().enumerate().map(draw).collect()
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
struct View {
    left: f64,
    top: f64,
    width: f64,
    height: f64,
}

/// Boxes and where they are.
struct Picture {
    units: Vec<Unit>,
    sizes: Vec<(f64, f64)>,
    layout: Layout,
}

impl Picture {
    fn of(pieces: &[Piece<'_>]) -> Self {
        let (units, edges) = units(pieces);
        let sizes: Vec<(f64, f64)> = units.iter().map(Unit::size).collect();
        let layout = layout(&sizes, &edges);
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

    /// What a strip shows: its rows with the gaps to the next ones, as wide as what is in it.
    fn view(&self, rows: &Range<usize>) -> View {
        let all = &self.layout.rows;
        let end = |row: usize| all[row].0 + all[row].1;
        let top = rows.start.checked_sub(1).map_or(0.0, end);
        let bottom = all.get(rows.end).map_or(self.layout.size.1, |next| next.0);
        let boxes = self.layout.boxes.iter().zip(&self.sizes).zip(&self.layout.ranks);
        let shown =
            boxes.filter(|(_, rank)| rows.contains(*rank)).flat_map(|((at, size), _)| [at.0 - size.0 / 2.0, at.0 + size.0 / 2.0]);
        let passing = self.layout.edges.iter().flatten().filter(|(_, y)| (top..=bottom).contains(y)).map(|(x, _)| *x);
        let (left, right) = shown.chain(passing).fold((f64::INFINITY, 0.0), |(l, r): (f64, f64), x| (l.min(x), r.max(x)));
        let left = if left.is_finite() { left } else { 0.0 };
        View { left, top, width: (right - left).max(0.0), height: bottom - top }
    }

    fn drawn(&self, view: &View, label: &str, look: &Look) -> String {
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
        // A line that only passes from a neighbouring row ends in the margin.
        let is_in = |first: f64, last: f64| first <= view.top + view.height + 0.05 && last >= view.top - 0.05;
        for points in &self.layout.edges {
            let (first, last) = (points[0], points[points.len() - 1]);
            // Lines without lanes pass behind all boxes: where there are too many for lanes, they are shown at their ends.
            let shown = if points.len() > 2 { is_in(first.1, last.1) } else { is_in(first.1, first.1) || is_in(last.1, last.1) };
            if shown {
                let _ = writeln!(out, "<path d=\"{}\"{line}/>{}", curve(points), arrow(last, &head));
            }
        }
        for ((unit, centre), size) in self.units.iter().zip(&self.layout.boxes).zip(&self.sizes) {
            if is_in(centre.1, centre.1) {
                draw(&mut out, unit, (*centre, *size), look);
            }
        }
        out.push_str("</g>\n</svg>\n");
        out
    }
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
