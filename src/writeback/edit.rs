//! Writes a plan down as edits on the source: `refine` statements at the net's end, with what each saves.
//!
//! In: the net's tree and text, the network before, the plan. Out: [`Edit`]s. Everything else in the text stays as it is,
//! byte for byte, whatever its layout, so the difference reads like a reviewed change. What the net asserts of itself is
//! brought up to date by [`assertions`](super::assertions).

use std::collections::BTreeMap;

use super::address::{Line, Other, lines};
use super::calls::line_end;
use super::comments;
use crate::diagnostic::Edit;
use crate::op::form::How;
use crate::quote::quoted_path;
use crate::rewrite::plan::{Plan, PlannedChange};
use crate::shape::Shaped;
use crate::source::Span;
use crate::syntax::ast::{Ast, Item, Net, Param, Statement};
use crate::words::is_reserved;

/// What the bottlenecks of a text are written with.
#[derive(Debug, Clone, Copy)]
pub struct Section<'a> {
    /// What was decided.
    pub plan: &'a Plan,
    /// The changes that are written as lines: all of the plan's, or those that are not written elsewhere.
    pub changes: &'a [PlannedChange],
    /// What made the plan, for the reader: "`pointwise optimize --ratio 4`".
    pub made_by: &'a str,
    /// Further lines of the comment above.
    pub notes: &'a [String],
    /// What the text makes with other values: the paths are right there too.
    pub others: &'a [Other<'a>],
}

/// The lines of a comment that says what a plan is.
#[must_use]
pub fn heading(section: &Section<'_>) -> Vec<String> {
    comments::heading(section.plan, section.made_by, section.notes)
}

/// The edit that puts a plan's bottlenecks at the end of the file's net; empty where the section changes nothing or the file
/// has no net. `text` is the file's; its line ends and its indentation are followed. `before` is what the lines are applied to.
#[must_use]
pub fn refinements(text: &str, ast: &Ast, before: &Shaped, section: &Section<'_>) -> Vec<Edit> {
    let Some(net) = net(ast) else { return Vec::new() };
    if section.changes.is_empty() {
        return Vec::new();
    }
    let mut written = Lines { lines: Vec::new(), indent: indentation(text, net) };
    for comment in heading(section) {
        written.push(1, &format!("# {comment}"));
    }
    let lines = lines(before, section.changes, section.others);
    let groups = alike(&lines);
    for guarded in groups.chunk_by(|one, next| !one[0].only_if.is_empty() && one[0].only_if == next[0].only_if) {
        let conditions = &guarded[0][0].only_if;
        let depth = if conditions.is_empty() { 1 } else { 2 };
        written.push(0, "");
        if !conditions.is_empty() {
            written.push(1, &format!("if {} {{", conditions.join(" and ")));
        }
        for (at, group) in guarded.iter().enumerate() {
            if at > 0 {
                written.push(0, "");
            }
            written.group(depth, group);
        }
        if !conditions.is_empty() {
            written.push(1, "}");
        }
    }
    vec![at_end(text, ast, net, &written.lines)]
}

/// Lines for layers of one kind stand together, in the order of the first of them: those that hold one place in their blocks, or
/// are none's, get a form of one name and have one kernel.
fn alike<'l, 'p>(lines: &'l [Line<'p>]) -> Vec<Vec<&'l Line<'p>>> {
    let mut groups: Vec<Vec<&Line<'_>>> = Vec::new();
    let mut place = BTreeMap::new();
    for line in lines {
        let at = *place.entry(kind(line)).or_insert(groups.len());
        if at == groups.len() {
            groups.push(Vec::new());
        }
        groups[at].push(line);
    }
    groups
}

/// What lines are told together by.
fn kind<'l>(line: &'l Line<'_>) -> (&'static str, [u64; 2], String, &'l [&'l str]) {
    let first = line.changes[0];
    let within = first.layer.split_once('.').map_or("", |(_, within)| within);
    // Of two loops under one name the turns of the second are `0_2`, `1_2`, ….
    let digits = |segment: &str| segment.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let segments: Vec<&str> = within.split('.').map(|segment| if digits(segment) { "*" } else { segment }).collect();
    (line.how.name(), first.geometry.kernel, segments.join("."), &line.only_if)
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

    /// Statements under what is said of them.
    fn group(&mut self, depth: usize, group: &[&Line<'_>]) {
        let changes: Vec<&PlannedChange> = group.iter().flat_map(|line| line.changes.iter().copied()).collect();
        let said = match group[0].how {
            How::Scale(scale) if group[0].path == "**" => vec![comments::of_everything(scale)],
            How::Scale(_) | How::Form(_) => comments::of_lines(&changes),
        };
        for comment in said {
            self.push(depth, &format!("# {comment}"));
        }
        for line in group {
            self.push(depth, &format!("refine {} = {}", quoted_path(&line.path, is_reserved), line.how));
        }
    }
}

/// The edit that puts lines at the end of a net, after an empty line: behind its last line, above that of the closing brace, or where more stands
/// on that line, between that and the brace.
fn at_end(text: &str, ast: &Ast, net: &Net, lines: &[String]) -> Edit {
    let close = net.body.span.end as usize - 1;
    let end = line_end(text, close);
    let body: String = lines.iter().flat_map(|line| [line, end]).collect();
    let line_start = text[..close].rfind('\n').map_or(0, |at| at + 1);
    let (from, to, replacement) = if text[line_start..close].trim().is_empty() {
        // Empty lines before the brace stay there, so that what is written can be told from them and taken back.
        let last = text[..line_start].trim_end().len();
        let at = text[last..].find('\n').map_or(line_start, |at| last + at + 1);
        (at, at, format!("{end}{body}"))
    } else {
        let net_start = text[..net.span.start as usize].rfind('\n').map_or(0, |at| at + 1);
        let outer: String = text[net_start..].chars().take_while(|c| matches!(c, ' ' | '\t')).collect();
        (text[..close].trim_end().len(), close, format!("{end}{end}{body}{outer}"))
    };
    Edit { span: Span { source: ast.source, start: from as u32, end: to as u32 }, replacement }
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
        Some((param.name.text.to_string(), text[span.start as usize..span.end as usize].to_owned()))
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
