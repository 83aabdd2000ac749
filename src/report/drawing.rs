//! A network as an SVG picture: layers in boxes, top to bottom.
//!
//! In: a [`Shaped`] graph. Out: SVG text that carries its own light and dark colours. A layer and what only follows it
//! (`conv -> bn -> relu`) share a box; large networks are drawn by block. Inserted layers are marked.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::boxes::{edges, places};
use super::layout::{Layout, layout};
use super::network::is_input;
use super::number::{grouped, shortened};
use crate::analysis::rollup::block;
use crate::digits::counted;
use crate::graph::{Graph, InstanceId, NodeId, print::call_with};
use crate::op::Op;
use crate::shape::Shaped;

/// Longest line in a box, in characters.
const LINE: usize = 42;
/// Margin round the drawing.
const MARGIN: f64 = 12.0;

/// A box of the drawing.
struct Unit {
    kind: Kind,
    title: String,
    /// The first layer's name, where the box does not stand for a block.
    layer: Option<String>,
    lines: Vec<String>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Input,
    Output,
    Layers,
    Block,
    Inserted,
}

impl Kind {
    fn class(self) -> &'static str {
        match self {
            Self::Input | Self::Output => "port",
            Self::Layers => "layer",
            Self::Block => "block",
            Self::Inserted => "new",
        }
    }
}

/// Colours of the drawing, as custom properties that a page may set itself.
pub const COLOURS: &str = "svg.net{--box:#fff;--line:#c3cad5;--text:#1d2433;--soft:#667085;--edge:#98a2b3;--port:#e8effc;--port-line:#9db7e8;--block:#f4f6f9;--new:#dff5e8;--new-line:#1f9d61}\
@media(prefers-color-scheme:dark){svg.net{--box:#1c2230;--line:#3a4456;--text:#e6eaf2;--soft:#96a1b5;--edge:#5b677d;--port:#1d2b47;--port-line:#40639f;--block:#222a39;--new:#143726;--new-line:#3fbf82}}\
svg.net{font-family:ui-sans-serif,system-ui,\"Segoe UI\",Helvetica,Arial,sans-serif;font-size:12px}\
svg.net rect{fill:var(--box);stroke:var(--line)}svg.net .port rect{fill:var(--port);stroke:var(--port-line)}svg.net .block rect{fill:var(--block)}\
svg.net .new rect{fill:var(--new);stroke:var(--new-line);stroke-width:1.6}svg.net text{fill:var(--soft);text-anchor:middle}\
svg.net .t{fill:var(--text);font-weight:600}svg.net .new .t{fill:var(--new-line)}svg.net path{fill:none;stroke:var(--edge);stroke-width:1.3}svg.net marker path{fill:var(--edge);stroke:none}";

/// The picture of a network as an SVG element.
#[must_use]
pub fn svg(shaped: &Shaped) -> String {
    let graph = shaped.graph();
    let (units, edges) = units(shaped);
    let sizes: Vec<(f64, f64)> = units.iter().map(size).collect();
    let Layout { size: (width, height), boxes, edges: paths } = layout(&sizes, &edges);
    let (w, h) = (width + 2.0 * MARGIN, height + 2.0 * MARGIN);
    let mut out = format!(
        "<svg class=\"net\" xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {w:.0} {h:.0}\" width=\"{w:.0}\" height=\"{h:.0}\" role=\"img\" aria-label=\"graph of {}\">\n",
        escape(graph.name())
    );
    let _ = writeln!(out, "<style>{COLOURS}</style>");
    out.push_str("<defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"7\" refY=\"4\" markerWidth=\"6\" markerHeight=\"6\" orient=\"auto\"><path d=\"M0 0.8 8 4 0 7.2z\"/></marker></defs>\n");
    let _ = writeln!(out, "<g transform=\"translate({MARGIN} {MARGIN})\">");
    for points in &paths {
        let _ = writeln!(out, "<path d=\"{}\" marker-end=\"url(#arrow)\"/>", curve(points));
    }
    for ((unit, centre), size) in units.iter().zip(&boxes).zip(&sizes) {
        draw(&mut out, unit, *centre, *size);
    }
    out.push_str("</g>\n</svg>\n");
    out
}

fn draw(out: &mut String, unit: &Unit, (x, y): (f64, f64), (w, h): (f64, f64)) {
    let round = if matches!(unit.kind, Kind::Input | Kind::Output) { h / 2.0 } else { 6.0 };
    let _ = write!(
        out,
        "<g class=\"{}\"><rect x=\"{:.1}\" y=\"{:.1}\" width=\"{w:.1}\" height=\"{h:.1}\" rx=\"{round}\"/>",
        unit.kind.class(),
        x - w / 2.0,
        y - h / 2.0
    );
    let mut baseline = y - h / 2.0 + 18.0;
    let _ = write!(out, "<text class=\"t\" x=\"{x:.1}\" y=\"{baseline:.1}\">{}</text>", escape(&unit.title));
    for line in &unit.lines {
        baseline += 15.0;
        let _ = write!(out, "<text x=\"{x:.1}\" y=\"{baseline:.1}\">{}</text>", escape(line));
    }
    out.push_str("</g>\n");
}

fn size(unit: &Unit) -> (f64, f64) {
    let longest =
        unit.lines.iter().map(|l| l.chars().count() as f64 * 6.3).fold(unit.title.chars().count() as f64 * 7.2, f64::max);
    ((longest + 24.0).max(84.0), 27.0 + 15.0 * unit.lines.len() as f64)
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

/// Boxes and the edges between them.
fn units(shaped: &Shaped) -> (Vec<Unit>, Vec<(usize, usize)>) {
    let graph = shaped.graph();
    let (place, depth) = places(graph, shaped.order());
    let mut members: Vec<Vec<NodeId>> = vec![Vec::new(); place.values().max().map_or(0, |m| m + 1)];
    for id in shaped.order() {
        members[place[id]].push(*id);
    }
    let mut units: Vec<Unit> = members.into_iter().map(|m| unit(shaped, &m, depth)).collect();
    tell_apart(&mut units);
    let mut edges = edges(graph, shaped.order(), &place);
    for (name, id) in graph.outputs() {
        edges.push((place[id], units.len()));
        units.push(Unit { kind: Kind::Output, title: name.clone(), layer: None, lines: vec![dims(shaped, *id)] });
    }
    edges.sort_unstable();
    edges.dedup();
    (units, edges)
}

/// Gives boxes of one title titles of their own: the first layer's name, or which part of the block it is.
fn tell_apart(units: &mut [Unit]) {
    let mut alike: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (i, unit) in units.iter().enumerate().filter(|(_, unit)| unit.kind != Kind::Input) {
        alike.entry(unit.title.clone()).or_default().push(i);
    }
    for same in alike.into_values().filter(|same| same.len() > 1) {
        for (part, i) in same.iter().enumerate() {
            let own = units[*i].layer.clone();
            units[*i].title = own.unwrap_or_else(|| format!("{} ({} of {})", units[*i].title, part + 1, same.len()));
        }
    }
}

fn unit(shaped: &Shaped, members: &[NodeId], depth: Option<usize>) -> Unit {
    let graph = shaped.graph();
    let (first, last) = (graph.node(members[0]), members[members.len() - 1]);
    let inserted = members.iter().filter(|id| is_inserted(graph, **id)).count();
    let shape = dims(shaped, last);
    if is_input(graph, members[0]) {
        return Unit { kind: Kind::Input, title: first.name.to_string(), layer: None, lines: vec![shape] };
    }
    let new = inserted > 0;
    if let Some((depth, path)) = depth.and_then(|depth| Some((depth, block(graph, members[0], depth)?))) {
        let name = first.origin.instance.map(|id| block_name(graph, id, depth)).unwrap_or_default();
        let mut line = format!("{name}, {}", counted(members.len(), "layer"));
        if new {
            let _ = write!(line, ", {inserted} new");
        }
        return Unit {
            kind: if new { Kind::Inserted } else { Kind::Block },
            title: shortened(path, LINE),
            layer: None,
            lines: vec![shortened(&line, LINE), shape],
        };
    }
    let calls: Vec<String> = members.iter().map(|id| brief(&graph.node(*id).op)).collect();
    let title = first.name.rsplit_once('.').map_or(first.name.as_str(), |(scope, _)| scope);
    let kind = if new { Kind::Inserted } else { Kind::Layers };
    let layer = Some(shortened(&first.name, LINE));
    Unit { kind, title: shortened(title, LINE), layer, lines: vec![clip(&calls.join(" → ")), shape] }
}

/// The block of the instance that stands `depth` deep round another, or of that one itself.
fn block_name(graph: &Graph, id: InstanceId, depth: usize) -> String {
    let chain: Vec<_> = graph.enclosing(id).collect();
    chain[chain.len().saturating_sub(depth)].1.block.clone()
}

/// A call with the arguments that shape the network: `conv(64, 7, stride=2)`; padding, biases and the like are left out.
fn brief(op: &Op) -> String {
    if matches!(op, Op::BatchNorm(_) | Op::LayerNorm(_) | Op::InstanceNorm(_)) {
        return op.keyword().to_owned();
    }
    call_with(op, |name| matches!(name, "stride" | "groups" | "dilation" | "factor" | "axis"))
}

/// Whether a pass or a `refine` statement put the node there.
#[must_use]
pub fn is_inserted(graph: &Graph, id: NodeId) -> bool {
    graph.node(id).inserted_for().is_some()
}

fn dims(shaped: &Shaped, id: NodeId) -> String {
    shaped.shape(id).dims().iter().map(|d| grouped(u64::from(*d))).collect::<Vec<_>>().join(" × ")
}

fn clip(text: &str) -> String {
    if text.chars().count() <= LINE { text.to_owned() } else { text.chars().take(LINE - 1).chain(['…']).collect() }
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
