//! Calls as they are written: found by their places, read argument by argument, and given further arguments.
//!
//! In: trees and the text of the file that is written. Out: [`Call`]s by their spans, and [`Edit`]s that add parameters to a
//! block's head and arguments to its calls. An argument stands by position where those before it do and none by name is in its
//! way, as a person would write it; a list with a line for each argument gets another line.
//! [`without`] takes out of a list what was put in.

use std::collections::BTreeMap;

use crate::diagnostic::Edit;
use crate::quote::quoted;
use crate::source::Span;
use crate::syntax::ast::{Arg, ArgList, Ast, Block, Body, Expr, ExprKind, Item, Param};
use crate::words::is_reserved;

/// A call of an operation or block.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call<'a> {
    /// The name called.
    pub callee: &'a str,
    /// The call.
    pub span: Span,
    /// Its parameters.
    pub list: Option<&'a ArgList>,
    /// Whether its inputs stand in the same list.
    is_mixed: bool,
}

/// The calls of a file by their spans, those in pipes by the stages'.
pub(super) fn calls(ast: &Ast) -> BTreeMap<Span, Call<'_>> {
    let mut found = BTreeMap::new();
    let exprs = bodies(ast).flat_map(Body::all_statements).flat_map(|s| s.exprs()).flat_map(Expr::all);
    for expr in exprs {
        let stages = if let ExprKind::Pipe(pipe) = &expr.kind { &pipe.stages[..] } else { &[] };
        for call in stages.iter().map(unnamed).filter_map(stage) {
            found.insert(call.span, call);
        }
        if let ExprKind::Call(call) = &expr.kind {
            let is_mixed = call.lists.len() == 1;
            let call = Call { callee: &call.callee.text, span: expr.span, list: call.lists.first(), is_mixed };
            found.entry(expr.span).or_insert(call);
        }
    }
    found
}

fn bodies(ast: &Ast) -> impl Iterator<Item = &Body> {
    ast.items.iter().filter_map(|item| match item {
        Item::Block(block) => Some(&block.body),
        Item::Net(net) => Some(&net.body),
        Item::Use(_) => None,
    })
}

/// A value without the name that `as` gives it.
pub(super) fn unnamed(expr: &Expr) -> &Expr {
    if let ExprKind::As(named) = &expr.kind { &named.value } else { expr }
}

fn stage(expr: &Expr) -> Option<Call<'_>> {
    if let ExprKind::Name(name) = &expr.kind {
        return Some(Call { callee: name, span: expr.span, list: None, is_mixed: false });
    }
    let ExprKind::Call(call) = &expr.kind else { return None };
    Some(Call { callee: &call.callee.text, span: expr.span, list: call.lists.first(), is_mixed: false })
}

impl<'a> Call<'a> {
    pub fn args(&self) -> &'a [Arg] {
        self.list.map_or(&[], |list| &list.args)
    }

    /// The argument of a parameter; `None` where it is not given, or may be an input.
    pub fn argument(&self, params: &[&str], name: &str) -> Option<&'a Expr> {
        let by_name = self.args().iter().find(|arg| arg.name.as_ref().is_some_and(|own| own.text == name));
        let position = params.iter().position(|param| *param == name).filter(|_| !self.is_mixed);
        let by_position = || self.args().get(position?).filter(|arg| arg.name.is_none());
        by_name.or_else(by_position).map(|arg| &arg.value)
    }

    /// The place among the arguments of that of a parameter; `None` where it is not given, or may be an input.
    pub fn place(&self, params: &[Param], name: &str) -> Option<usize> {
        let by_name = self.args().iter().position(|arg| arg.name.as_ref().is_some_and(|own| own.text == name));
        let position = || params.iter().position(|param| param.name.text == name).filter(|_| !self.is_mixed);
        by_name.or_else(|| position().filter(|at| self.args().get(*at).is_some_and(|arg| arg.name.is_none())))
    }

    /// How many arguments stand before the first by name.
    fn positional(&self) -> usize {
        self.args().iter().take_while(|arg| arg.name.is_none()).count()
    }
}

/// A parameter that a block gets.
#[derive(Debug, Clone)]
pub(super) struct Added {
    /// Its name.
    pub name: String,
    /// The parameter of the block that it comes before; after the last, the number of parameters.
    pub at: usize,
    /// Its default, which calls may leave it at.
    pub default: Option<String>,
}

/// Where an argument goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Anchor {
    Before(usize),
    End,
}

/// The edits that give a block's head further parameters.
pub(super) fn with_params(text: &str, block: &Block, added: &[Added]) -> Vec<Edit> {
    let written = |param: &Added| {
        let name = quoted(&param.name, is_reserved);
        param.default.as_ref().map_or_else(|| name.to_string(), |default| format!("{name}={default}"))
    };
    let mut at: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    for param in added {
        at.entry(param.at).or_default().push(written(param));
    }
    if block.params.is_empty() {
        let pieces: Vec<String> = at.into_values().flatten().collect();
        let name = block.name.span;
        let rest = &text[name.end as usize..block.header.end as usize];
        // A list may be there, and be empty: `block b()(x)`.
        let open = if rest.matches('(').count() > 1 { rest.find('(') } else { None };
        return vec![match open {
            Some(open) => Edit::after(Span { end: name.end + open as u32 + 1, ..name }, pieces.join(", ")),
            None => Edit::after(name, format!("({})", pieces.join(", "))),
        }];
    }
    let spans = param_spans(block);
    at.into_iter().filter_map(|(at, pieces)| listed(text, &spans, (at, &pieces))).collect()
}

/// The edits that give a call the values of parameters; those without one are left at their defaults.
pub(super) fn with_arguments(text: &str, call: &Call<'_>, block: &Block, values: &[(&Added, u64)]) -> Vec<Edit> {
    let (args, positional) = (call.args(), call.positional());
    let own = |at: usize| {
        let name = &block.params.get(at)?.name.text;
        args.iter().position(|arg| arg.name.as_ref().is_some_and(|own| own.text == *name))
    };
    let mut at: BTreeMap<Anchor, Vec<String>> = BTreeMap::new();
    for (param, value) in values {
        let is_placed = !call.is_mixed && param.default.is_none();
        let (anchor, is_named) = match own(param.at) {
            _ if is_placed && param.at < positional => (Anchor::Before(param.at), false),
            Some(own) => (Anchor::Before(own), true),
            None if is_placed && param.at == positional && positional == args.len() => (Anchor::End, false),
            None => (Anchor::End, true),
        };
        let named = || format!("{}={value}", quoted(&param.name, is_reserved));
        at.entry(anchor).or_default().push(if is_named { named() } else { value.to_string() });
    }
    let Some(list) = call.list.filter(|list| !list.args.is_empty()) else {
        let pieces = at.into_values().flatten().collect::<Vec<_>>().join(", ");
        return match call.list {
            Some(list) => vec![Edit::after(Span { end: list.span.start + 1, ..list.span }, pieces)],
            None if pieces.is_empty() => Vec::new(),
            None => vec![Edit::after(call.span, format!("({pieces})"))],
        };
    };
    let spans = arg_spans(&list.args);
    let index = |anchor| if let Anchor::Before(at) = anchor { at } else { spans.len() };
    at.into_iter().filter_map(|(anchor, pieces)| listed(text, &spans, (index(anchor), &pieces))).collect()
}

/// The edits that take items out of a list, with what they were put in by; without any, the list goes.
pub(super) fn without(list: Span, spans: &[Span], is_out: impl Fn(usize) -> bool) -> Vec<Edit> {
    if (0..spans.len()).all(&is_out) {
        return vec![Edit::replace(list, "")];
    }
    let mut edits = Vec::new();
    let mut at = 0;
    while at < spans.len() {
        let run = (at..spans.len()).take_while(|at| is_out(*at)).count();
        let (start, end) = match (spans.get(at + run), at.checked_sub(1)) {
            (Some(next), _) => (spans[at].start, next.start),
            (None, Some(before)) => (spans[before].end, spans[at + run - 1].end),
            (None, None) => break,
        };
        if run > 0 {
            edits.push(Edit::replace(Span { start, end, ..list }, ""));
        }
        at += run + 1;
    }
    edits
}

/// Where the parameters of a block stand, one by one.
pub(super) fn param_spans(block: &Block) -> Vec<Span> {
    let span = |param: &Param| param.default.as_ref().map_or(param.name.span, |default| param.name.span.to(default.span));
    block.params.iter().map(span).collect()
}

/// Where arguments stand, one by one.
pub(super) fn arg_spans(args: &[Arg]) -> Vec<Span> {
    args.iter().map(|arg| arg.name.as_ref().map_or(arg.value.span, |name| name.span.to(arg.value.span))).collect()
}

/// The edit that puts items into a list that has some: before one of them, or behind the last.
fn listed(text: &str, spans: &[Span], (at, pieces): (usize, &[String])) -> Option<Edit> {
    let (neighbour, is_last) = spans.get(at).map_or((*spans.last()?, true), |span| (*span, false));
    let (_, indent) = line_before(text, neighbour.start);
    let gap = indent.map_or_else(|| " ".to_owned(), |indent| format!("{}{indent}", line_end(text, neighbour.start as usize)));
    Some(if is_last {
        Edit::after(neighbour, pieces.iter().flat_map(|piece| [",", &gap, piece]).collect::<String>())
    } else {
        Edit::before(neighbour, pieces.iter().flat_map(|piece| [piece, ",", &gap]).collect::<String>())
    })
}

/// Where the line of a place starts, and what stands before it there, if it is only space.
pub(super) fn line_before(text: &str, at: u32) -> (usize, Option<&str>) {
    let start = text[..at as usize].rfind('\n').map_or(0, |at| at + 1);
    let before = &text[start..at as usize];
    (start, before.trim().is_empty().then_some(before))
}

/// The line end that is used round a place.
pub(super) fn line_end(text: &str, at: usize) -> &'static str {
    let line = text[..at].rfind('\n').or_else(|| text.find('\n'));
    if line.is_some_and(|at| text[..at].ends_with('\r')) { "\r\n" } else { "\n" }
}
