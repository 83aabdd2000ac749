//! Writes a plan down as edits on the source: `refine` statements at the net's end, with what each saves.
//!
//! In: the net's tree and text, the network before, the plan. Out: [`Edit`]s. Everything else in the text stays as it is,
//! byte for byte, whatever its layout, so the difference reads like a reviewed change. What the net asserts of itself is
//! brought up to date by [`assertions`](super::assertions).

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::address::{Line, Other, lines};
use crate::diagnostic::Edit;
use crate::digits::{first_of, grouped};
use crate::graph::{Graph, InstanceId};
use crate::op::form::How;
use crate::quote::quoted_path;
use crate::rewrite::plan::{Plan, PlannedChange};
use crate::shape::Shaped;
use crate::source::Span;
use crate::syntax::ast::{Ast, Item, Net, Param, Statement};
use crate::words::is_reserved;

/// The most block instances that a comment lists.
const LISTED: usize = 4;

/// What the bottlenecks of a text are written with.
#[derive(Debug, Clone, Copy)]
pub struct Section<'a> {
    /// What was decided.
    pub plan: &'a Plan,
    /// What made the plan, for the reader: "`pointwise optimize --ratio 4`".
    pub made_by: &'a str,
    /// Further lines of the comment above.
    pub notes: &'a [String],
    /// What the text makes with other values: the paths are right there too.
    pub others: &'a [Other<'a>],
}

/// The edit that puts a plan's bottlenecks at the end of the file's net; empty where the plan changes nothing or the file
/// has no net. `text` is the file's; its line ends and its indentation are followed.
#[must_use]
pub fn refinements(text: &str, ast: &Ast, before: &Shaped, section: &Section<'_>) -> Vec<Edit> {
    let Some(net) = net(ast) else { return Vec::new() };
    let plan = section.plan;
    if plan.changes.is_empty() {
        return Vec::new();
    }
    let mut written = Lines { lines: Vec::new(), indent: indentation(text, net) };
    for comment in heading(plan, section.made_by).iter().chain(section.notes) {
        written.push(1, &format!("# {comment}"));
    }
    let uses = Uses::new(before);
    let lines = lines(before, &plan.changes, section.others);
    for group in lines.chunk_by(|one, next| !one.only_if.is_empty() && one.only_if == next.only_if) {
        let is_guarded = !group[0].only_if.is_empty();
        written.push(0, "");
        if is_guarded {
            written.push(1, &format!("if {} {{", group[0].only_if.join(" and ")));
        }
        for (at, line) in group.iter().enumerate() {
            if at > 0 {
                written.push(0, "");
            }
            let depth = if is_guarded { 2 } else { 1 };
            for comment in comments(before, &uses, line) {
                written.push(depth, &format!("# {comment}"));
            }
            written.push(depth, &format!("refine {} = {}", quoted_path(&line.path, is_reserved), line.how));
        }
        if is_guarded {
            written.push(1, "}");
        }
    }
    vec![at_end(text, ast, net, &written.lines)]
}

/// Lines under way, without their ends.
struct Lines {
    lines: Vec<String>,
    indent: String,
}

impl Lines {
    fn push(&mut self, depth: usize, line: &str) {
        self.lines.push(self.indent.repeat(depth) + line);
    }
}

/// The edit that puts lines at the end of a net, after an empty line: above the line of the closing brace, or where more stands
/// on that line, between that and the brace.
fn at_end(text: &str, ast: &Ast, net: &Net, lines: &[String]) -> Edit {
    let close = net.body.span.end as usize - 1;
    let end = line_end(text, close);
    let body: String = lines.iter().flat_map(|line| [line, end]).collect();
    let line_start = text[..close].rfind('\n').map_or(0, |at| at + 1);
    let (from, to, replacement) = if text[line_start..close].trim().is_empty() {
        let above = text[..line_start].trim_end_matches(['\n', '\r']);
        let above = text[above.len()..line_start].matches('\n').count();
        (line_start, line_start, format!("{}{body}", if above > 1 { "" } else { end }))
    } else {
        let net_start = text[..net.span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let outer: String = text[net_start..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        (text[..close].trim_end().len(), close, format!("{end}{end}{body}{outer}"))
    };
    Edit { span: Span { source: ast.source, start: from as u32, end: to as u32 }, replacement }
}

/// The line end that is used round a place.
fn line_end(text: &str, at: usize) -> &'static str {
    let line = text[..at].rfind('\n').or_else(|| text.find('\n'));
    if line.is_some_and(|at| text[..at].ends_with('\r')) { "\r\n" } else { "\n" }
}

/// How the statements of a net are indented.
fn indentation(text: &str, net: &Net) -> String {
    let before = |statement: &Statement| {
        let start = statement.span.start as usize;
        let line = &text[text[..start].rfind('\n').map_or(0, |at| at + 1)..start];
        (!line.is_empty() && line.trim().is_empty()).then(|| line.to_owned())
    };
    net.body.statements.iter().rev().find_map(before).unwrap_or_else(|| "    ".to_owned())
}

/// The edits that make values the defaults of the net's parameters, so that the file means what was built with them. The
/// values are texts of the language; of several for one parameter the last counts.
#[must_use]
pub fn defaults(ast: &Ast, values: &[(String, String)]) -> Vec<Edit> {
    let edit = |param: &Param| {
        let (_, value) = values.iter().rev().find(|(name, _)| *name == param.name.text)?;
        Some(match &param.default {
            Some(default) => Edit { span: default.span, replacement: value.clone() },
            None => Edit { span: Span { start: param.name.span.end, ..param.name.span }, replacement: format!("={value}") },
        })
    };
    net(ast).into_iter().flat_map(|net| &net.params).filter_map(edit).collect()
}

/// The defaults of the net's parameters as they are written.
#[must_use]
pub fn stated_defaults(text: &str, ast: &Ast) -> Vec<(String, String)> {
    let stated = |param: &Param| {
        let span = param.default.as_ref()?.span;
        Some((param.name.text.clone(), text[span.start as usize..span.end as usize].to_owned()))
    };
    net(ast).into_iter().flat_map(|net| &net.params).filter_map(stated).collect()
}

/// Applies edits that do not overlap to the text that they were made for.
#[must_use]
pub fn apply(text: &str, edits: &[Edit]) -> String {
    let mut sorted: Vec<_> = edits.iter().collect();
    sorted.sort_by_key(|edit| (edit.span.start, edit.span.end));
    let mut result = String::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted {
        result.push_str(&text[at..edit.span.start as usize]);
        result.push_str(&edit.replacement);
        at = edit.span.end as usize;
    }
    result.push_str(&text[at..]);
    result
}

/// The file's net.
#[must_use]
pub fn net(ast: &Ast) -> Option<&Net> {
    ast.items.iter().find_map(|item| match item {
        Item::Net(net) => Some(net),
        Item::Use(_) | Item::Block(_) => None,
    })
}

fn heading(plan: &Plan, made_by: &str) -> Vec<String> {
    let (before, after) = (plan.before.price, plan.after.price);
    let mut heading = vec![
        format!("Bottlenecks from {made_by}:"),
        format!(
            "{} -> {} MACs, {} -> {} parameters.",
            grouped(before.macs),
            grouped(after.macs),
            grouped(before.params),
            grouped(after.params)
        ),
    ];
    heading.extend(plan.claim().map(|claim| format!("The plan is {claim}.")));
    heading
}

/// What a statement saves, and which uses of a block it changes.
fn comments(before: &Shaped, uses: &Uses<'_>, line: &Line<'_>) -> Vec<String> {
    let mut comments = vec![described(line), savings(line)];
    comments.extend(uses.said(before.graph(), line));
    comments
}

fn savings(line: &Line<'_>) -> String {
    let first = line.changes[0];
    let same = |what: fn(&PlannedChange) -> (u64, u64)| line.changes.iter().all(|change| what(change) == what(first));
    let counts = |change: &PlannedChange| (change.before.params, change.after.params);
    let macs = |change: &PlannedChange| (change.before.macs, change.after.macs);
    let alike = same(counts) && same(macs);
    let sum = |what: fn(&PlannedChange) -> (u64, u64)| {
        let pairs = line.changes.iter().map(|change| what(change));
        if alike { what(first) } else { pairs.fold((0, 0), |sum, pair| (sum.0 + pair.0, sum.1 + pair.1)) }
    };
    let ((params, fewer_params), (work, less_work)) = (sum(counts), sum(macs));
    let scope = match (line.changes.len(), alike) {
        (1, _) => "",
        (_, true) => " each",
        (_, false) => " together",
    };
    format!(
        "{} -> {} parameters, {} -> {} MACs{scope}.",
        grouped(params),
        grouped(fewer_params),
        grouped(work),
        grouped(less_work)
    )
}

/// "3x3, 256 to 256 channels at 14x14", as far as the layers agree.
fn described(line: &Line<'_>) -> String {
    let first = line.changes[0].geometry;
    let all = |same: &dyn Fn(&PlannedChange) -> bool| line.changes.iter().all(|change| same(change));
    let [kh, kw] = first.kernel;
    let mut text = match line.changes.len() {
        1 => String::new(),
        count => format!("{count} layers, "),
    };
    let _ = write!(text, "{kh}x{kw}");
    if all(&|change| (change.geometry.input, change.geometry.output) == (first.input, first.output)) {
        let _ = write!(text, ", {} to {} channels", first.input, first.output);
    }
    let [h, w] = first.output_map;
    if all(&|change| change.geometry.output_map == first.output_map) && h * w > 1 {
        let _ = write!(text, " at {h}x{w}");
    }
    if let How::Scale(scale) = line.how
        && all(&|change| change.geometry.output == first.output)
    {
        let _ = write!(text, ", now to {}", scale.width(first.output));
    }
    text + ":"
}

/// Block instances, with how many convolutions and linear layers lie in each.
struct Uses<'s> {
    layers: BTreeMap<InstanceId, u32>,
    /// How often each block is used.
    blocks: BTreeMap<&'s str, usize>,
}

impl<'s> Uses<'s> {
    fn new(shaped: &'s Shaped) -> Self {
        let graph = shaped.graph();
        let mut layers = BTreeMap::new();
        for id in graph.ids() {
            let node = graph.node(id);
            for (instance, _) in graph.enclosing(node.origin.instance).filter(|_| node.op.is_layer()) {
                *layers.entry(instance).or_default() += 1;
            }
        }
        let mut blocks = BTreeMap::new();
        for (_, instance) in graph.instances() {
            *blocks.entry(instance.block.as_str()).or_default() += 1;
        }
        Self { layers, blocks }
    }

    /// The innermost block instance that holds more than this layer: a reader thinks of that, not of a `conv_bn`.
    fn instance(&self, graph: &Graph, layer: &str) -> Option<InstanceId> {
        let around = graph.enclosing(graph.node(graph.find(layer)?).origin.instance);
        around.map(|(id, _)| id).find(|id| self.layers.get(id).is_some_and(|count| *count > 1))
    }

    /// "changes 2 of the 16 uses of block `bottleneck`: layer3.0, layer3.1."
    fn said(&self, graph: &Graph, line: &Line<'_>) -> Option<String> {
        let changed: Option<Vec<_>> = line.changes.iter().map(|change| self.instance(graph, &change.layer)).collect();
        let mut changed = changed?;
        changed.dedup();
        let block = &graph.instance(*changed.first()?).block;
        if changed.iter().any(|id| graph.instance(*id).block != *block) {
            return None;
        }
        let total = self.blocks.get(block.as_str()).copied().unwrap_or_default();
        if total == 1 {
            return None;
        }
        let paths: Vec<_> = changed.iter().map(|id| graph.instance(*id).path.as_str()).collect();
        Some(if changed.len() == total {
            format!("Changes all {total} uses of block `{block}`.")
        } else {
            format!("Changes {} of the {total} uses of block `{block}`: {}.", changed.len(), first_of(&paths, LISTED))
        })
    }
}
