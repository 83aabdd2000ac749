//! Takes back what an earlier run wrote: the steps of blocks that their comments name, with their parameters and arguments, and
//! the `refine` lines under their heading.
//!
//! In: a text and its tree. Out: [`Undone`]: edits after which the text is what it was made from, but for asserted numbers and
//! for defaults that were set. What a person wrote stays. Where somebody has changed what was written so that it cannot be told
//! from their own, an error says so; nothing is guessed.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::{arg_spans, calls, line_before, param_spans, unnamed, without};
use super::sentences::{Counts, Says, said_above, said_in, sentence};
use super::undo_lines;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;
use crate::syntax::ast::{Arg, Ast, Block, Body, Comment, Expr, ExprKind, Item, Statement, StatementKind};

/// What the parameters are named with that steps bring.
const OF_STEPS: &str = "reduce";

/// What was taken back.
#[derive(Debug, Default)]
pub struct Undone {
    /// The edits of the text.
    pub edits: Vec<Edit>,
    /// How many `refine` statements.
    pub lines: usize,
    /// How many steps of blocks.
    pub steps: usize,
    /// What headings say that the network came to before and after.
    pub(super) counts: Vec<(Counts, Counts)>,
}

impl Undone {
    /// What the network came to before all runs and after them, MACs and parameters, as the headings say it; `None` where they
    /// are no chain.
    #[must_use]
    pub fn counts(&self) -> Option<(Counts, Counts)> {
        let mut firsts = self.counts.iter().filter(|(before, _)| !self.counts.iter().any(|(_, after)| before == after));
        let mut lasts = self.counts.iter().filter(|(_, after)| !self.counts.iter().any(|(before, _)| before == after));
        let (first, last) = (firsts.next()?, lasts.next()?);
        (firsts.next().is_none() && lasts.next().is_none()).then_some((first.0, last.1))
    }
}

/// What an earlier run wrote into a text; without edits where there is nothing of it.
///
/// # Errors
/// It was changed so that it cannot be told from what a person wrote.
pub fn undone(text: &str, ast: &Ast) -> Result<Undone, Box<Diagnostic>> {
    let mut undone = Undone::default();
    let mut removed: Vec<Removed<'_>> = Vec::new();
    for item in &ast.items {
        match item {
            Item::Block(block) => {
                let steps = above(text, ast, block, &mut undone);
                for at in 0..steps.len() {
                    removed.push(found(text, block, (&steps, at))?);
                }
            }
            Item::Net(net) => undo_lines::lines(text, ast, net, &mut undone)?,
            Item::Use(_) => {}
        }
    }
    undone.steps = removed.len();
    for step in &removed {
        undone.edits.push(deletion(text, ast, step)?);
        let is_kept = !removed.iter().any(|other| other.statement.span == step.reader.span);
        undone.edits.extend(is_kept.then(|| Edit::replace(step.read.span, source(text, step, &removed))));
    }
    undone.edits.extend(parameters(text, ast, &removed));
    Ok(undone)
}

/// The finding that something was changed since it was written.
pub(super) fn changed(at: Span, message: impl Into<String>, label: &str) -> Box<Diagnostic> {
    let help =
        "optimize the file that this one was made from, or write the bottlenecks there by hand and take their comment away";
    Box::new(Diagnostic::error(Code::EarlierBottlenecks, message, at, label).help(help))
}

/// Takes back what is said above a block; the steps that it names, with the place where each is named.
fn above(text: &str, ast: &Ast, block: &Block, undone: &mut Undone) -> Vec<(String, Span)> {
    let comments = said_above(text, ast, block.span.start);
    let said: Vec<&str> = comments.iter().map(|comment| said_in(text, comment)).collect();
    let mut is_ours = vec![false; said.len()];
    let (mut steps, mut is_under_heading) = (Vec::new(), false);
    let mut at = 0;
    while at < said.len() {
        let is_ours_here = |says: &Says| match says {
            Says::Heading | Says::Steps(_) => true,
            Says::Counts(..) | Says::Claim => is_under_heading,
            Says::Lines => false,
        };
        let Some(sentence) = sentence(&said[at..]).filter(|sentence| is_ours_here(&sentence.says)) else {
            at += 1;
            continue;
        };
        is_ours[at..at + sentence.lines].fill(true);
        match sentence.says {
            Says::Steps(names) => steps.extend(names.into_iter().map(|name| (name, comments[at].span))),
            Says::Counts(before, after) => undone.counts.push((before, after)),
            Says::Heading => is_under_heading = true,
            Says::Claim | Says::Lines => {}
        }
        at += sentence.lines;
    }
    with_gaps(&said, &mut is_ours);
    let spans = comments.iter().zip(&is_ours).filter(|(_, is_ours)| **is_ours).map(|(comment, _)| comment.span);
    undone.edits.extend(spans.map(|span| whole_lines(text, span)));
    steps
}

/// The empty lines of a comment between what is taken out of it, and the one that parts this from the rest, go with it.
fn with_gaps(said: &[&str], is_ours: &mut [bool]) {
    let is_gap = |at: usize, is_ours: &[bool]| said[at].is_empty() && !is_ours[at];
    for at in 1..said.len().saturating_sub(1) {
        is_ours[at] |= is_gap(at, is_ours) && is_ours[at - 1] && is_ours[at + 1];
    }
    let mut at = 0;
    while at < said.len() {
        let run = is_ours[at..].iter().take_while(|is_ours| **is_ours).count();
        let after = at + run;
        if run > 0 && at > 0 && is_gap(at - 1, is_ours) {
            is_ours[at - 1] = true;
        } else if run > 0 && after < said.len() && is_gap(after, is_ours) {
            is_ours[after] = true;
        }
        at = after + 1;
    }
}

/// A step that is taken back.
struct Removed<'a> {
    block: &'a Block,
    name: String,
    statement: &'a Statement,
    /// What its 1x1 reads.
    source: &'a Expr,
    /// The call that makes it.
    call: &'a Expr,
    /// The statement behind it, and where that reads it.
    reader: &'a Statement,
    read: &'a Expr,
}

/// One of the steps that are named above a block.
fn found<'a>(text: &str, block: &'a Block, (steps, at): (&[(String, Span)], usize)) -> Result<Removed<'a>, Box<Diagnostic>> {
    let (name, named) = &steps[at];
    let mut statements = block.body.all_statements();
    statements.sort_by_key(|statement| statement.span);
    let binds = |statement: &Statement, name: &str| statement.binds().iter().any(|target| target.text == *name);
    let bound: Vec<usize> = (0..statements.len()).filter(|at| binds(statements[*at], name)).collect();
    let at = match bound[..] {
        [at] => at,
        [] => return Err(changed(*named, format!("`{name}` is not in the block `{}` any more", block.name.text), "named here")),
        [_, second, ..] => {
            return Err(changed(statements[second].span, format!("`{name}` is bound twice"), "an earlier run wrote one of them"));
        }
    };
    let statement = statements[at];
    let comment = text[statement.span.start as usize..statement.span.end as usize].contains('#');
    let Some((source, call)) = as_written(statement).filter(|_| !comment) else {
        return Err(changed(statement.span, format!("`{name}` is not what an earlier run wrote any more"), "changed by hand"));
    };
    let reader = statements[at..].iter().copied().find(|other| !statement.span.contains(other.span));
    let read = reader.and_then(first_read).filter(|read| matches!(&read.kind, ExprKind::Name(own) if own == name));
    let Some((reader, read)) = reader.zip(read) else {
        return Err(changed(statement.span, format!("what follows `{name}` is not the layer that it was written for"), "here"));
    };
    // A step behind it may read it twice, and goes too.
    let is_step = steps.iter().any(|(name, _)| binds(reader, name));
    let is_other = |at: &Span| if is_step { !reader.span.contains(*at) } else { *at != read.span };
    match uses(block, name).into_iter().find(is_other) {
        Some(other) => Err(changed(other, format!("`{name}` is used for more than the layer that it was written for"), "here")),
        None => Ok(Removed { block, name: name.clone(), statement, source, call, reader, read }),
    }
}

/// A statement as the step that it is.
fn as_written(statement: &Statement) -> Option<(&Expr, &Expr)> {
    let StatementKind::Bind { targets, value } = &statement.kind else { return None };
    (targets.len() == 1 && targets[0].shape.is_none() && statement.marks().is_empty()).then(|| step(value)).flatten()
}

/// What a step reads, and the call that makes its 1x1: of a pipe, or of an `if` that leaves it out.
fn step(value: &Expr) -> Option<(&Expr, &Expr)> {
    let ExprKind::If(choice) = &value.kind else { return piped(value).filter(|step| is_step(*step)) };
    let ([(_, with)], Some(without)) = (choice.arms.as_slice(), &choice.otherwise) else { return None };
    let (step, without) = (piped(alone(with)?)?, alone(without)?);
    let is_left_out = matches!((&step.0.kind, &without.kind), (ExprKind::Name(one), ExprKind::Name(other)) if one == other);
    Some(step).filter(|step| is_left_out && is_step(*step))
}

fn is_step((source, call): (&Expr, &Expr)) -> bool {
    matches!((&source.kind, &call.kind), (ExprKind::Name(_), ExprKind::Call(_)))
}

fn piped(value: &Expr) -> Option<(&Expr, &Expr)> {
    let ExprKind::Pipe(pipe) = &value.kind else { return None };
    Some((&pipe.first, unnamed(pipe.stages.first()?)))
}

/// The value that is all of a branch.
fn alone(body: &Body) -> Option<&Expr> {
    match body.statements.as_slice() {
        [statement @ Statement { kind: StatementKind::Expr(value), .. }] if statement.marks().is_empty() => Some(value),
        _ => None,
    }
}

/// What the pipe of a statement begins with.
fn first_read(statement: &Statement) -> Option<&Expr> {
    let value = match &statement.kind {
        StatementKind::Bind { value, .. } => value,
        StatementKind::Return(values) => values.first()?,
        StatementKind::Input { .. }
        | StatementKind::Output { .. }
        | StatementKind::Shared { .. }
        | StatementKind::For { .. }
        | StatementKind::Assert(_)
        | StatementKind::Refine { .. }
        | StatementKind::Expr(_) => return None,
    };
    // A step before a layer that is a step too stands in its `if`.
    if let ExprKind::Pipe(pipe) = &value.kind { Some(&pipe.first) } else { step(value).map(|(source, _)| source) }
}

/// Where a name stands in a block.
fn uses(block: &Block, name: &str) -> Vec<Span> {
    let exprs = block.body.all_statements().into_iter().flat_map(Statement::exprs).flat_map(Expr::all);
    exprs.filter(|expr| matches!(&expr.kind, ExprKind::Name(own) if own == name)).map(|expr| expr.span).collect()
}

/// What the layer behind a step reads without it, and without the steps before that.
fn source(text: &str, step: &Removed<'_>, removed: &[Removed<'_>]) -> String {
    let mut at = step;
    for _ in removed {
        let before = removed.iter().find(|other| other.reader.span == at.statement.span && other.read.span == at.source.span);
        let Some(before) = before else { break };
        at = before;
    }
    text[at.source.span.start as usize..at.source.span.end as usize].to_owned()
}

/// The edit that takes a step's statement away: its lines, or what stands before the next statement on the line.
fn deletion(text: &str, ast: &Ast, step: &Removed<'_>) -> Result<Edit, Box<Diagnostic>> {
    let span = step.statement.span;
    if is_alone(text, span) {
        return Ok(whole_lines(text, span));
    }
    let next = step.reader.marks().first().map_or(step.reader.span, |mark| mark.span).start;
    let between = ast.comments.iter().find(|comment| comment.span.start >= span.end && comment.span.start < next);
    match between {
        Some(Comment { span, .. }) => Err(changed(*span, format!("this stands behind `{}`, which goes", step.name), "a comment")),
        None => Ok(Edit::replace(Span { end: next, ..span }, "")),
    }
}

/// Whether nothing else stands on the lines of a place.
pub(super) fn is_alone(text: &str, span: Span) -> bool {
    let rest = text[span.end as usize..].lines().next().unwrap_or_default();
    line_before(text, span.start).1.is_some() && rest.trim().is_empty()
}

/// The edit that takes the lines of a place away.
pub(super) fn whole_lines(text: &str, span: Span) -> Edit {
    let start = line_before(text, span.start).0 as u32;
    let end = text[span.end as usize..].find('\n').map_or(text.len(), |at| span.end as usize + at + 1);
    Edit::replace(Span { start, end: end as u32, ..span }, "")
}

/// The edits that take the parameters of steps away, from their blocks' heads and from all calls.
fn parameters(text: &str, ast: &Ast, removed: &[Removed<'_>]) -> Vec<Edit> {
    let mut by_block: BTreeMap<Span, (&Block, BTreeSet<&str>)> = BTreeMap::new();
    for step in removed {
        let names = widths(step, removed);
        by_block.entry(step.block.span).or_insert((step.block, BTreeSet::new())).1.extend(names);
    }
    let calls = calls(ast);
    let mut edits = Vec::new();
    for (block, names) in by_block.into_values().filter(|(_, names)| !names.is_empty()) {
        let (name, spans) = (block.name.span, param_spans(block));
        let last = spans.last().map_or(name.end, |last| last.end);
        let close = text[last as usize..].find(')').map_or(last, |at| last + at as u32 + 1);
        let list = Span { start: name.end, end: close, ..name };
        edits.extend(without(list, &spans, |at| names.contains(block.params[at].name.text.as_str())));
        for call in calls.values().filter(|call| call.callee == block.name.text && call.span.source == ast.source) {
            let Some(list) = call.list else { continue };
            let out: Vec<usize> = names.iter().filter_map(|name| call.place(&block.params, name)).collect();
            if !out.is_empty() {
                edits.extend(without(list.span, &arg_spans(call.args()), |at| out.contains(&at)));
            }
        }
    }
    edits.retain(|edit| !removed.iter().any(|step| step.statement.span.contains(edit.span)));
    edits
}

/// The parameters that a step brought: those that its 1x1 takes and nothing else in the block does.
fn widths<'a>(step: &Removed<'a>, removed: &[Removed<'_>]) -> Vec<&'a str> {
    let ExprKind::Call(call) = &step.call.kind else { return Vec::new() };
    let name = |arg: &'a Arg| if let ExprKind::Name(name) = &arg.value.kind { Some(name.as_str()) } else { None };
    let args = call.lists.iter().flat_map(|list| &list.args).filter_map(name);
    let is_inside = |at: &Span| removed.iter().any(|other| other.statement.span.contains(*at));
    let is_param = |name: &&str| step.block.params.iter().any(|param| param.name.text == *name);
    args.filter(|name| name.contains(OF_STEPS) && is_param(name) && uses(step.block, name).iter().all(is_inside)).collect()
}
