//! Where an argument of a layer is written: at its call, or where the block around it is used.
//!
//! In: a layer and the arguments that it should have. Out: the edits that give it these and change nothing for who else uses
//! its block; none where there are no such. It does not know why the arguments are wanted.

use super::Builder;
use crate::diagnostic::Edit;
use crate::graph::{InstanceId, NodeId};
use crate::op::table;
use crate::source::Span;
use crate::syntax::ast::{Arg, ArgList, Block, Expr, ExprKind, Statement};

/// Arguments by the names of their parameters.
pub(super) type Args = [(&'static str, String)];

/// The use of a block: its call, and the block.
pub(super) type Use<'a> = (&'a Expr, &'a Block);

impl Builder<'_> {
    /// The edits that set arguments of a layer. What a parameter of the block around it says is set where that is used; what
    /// is written in a block is changed for a finding in that block only.
    pub(super) fn edits_where_meant(&self, id: NodeId, args: &Args) -> Option<Vec<Edit>> {
        let node = self.graph.node(id);
        let (call, keyword, within) = (self.calls.get(id)?, node.op.keyword(), node.origin.instance);
        let given: Vec<Option<&Expr>> = args.iter().map(|(name, _)| argument(call, keyword, name)).collect();
        if let (Some(instance), [(_, value)], [Some(expr)]) = (within, args, given.as_slice())
            && let ExprKind::Name(name) = &expr.kind
        {
            return self.edits_at_use(instance, name, value);
        }
        let is_literal = |expr: &Expr| expr.all().iter().all(|part| !matches!(part.kind, ExprKind::Name(_)));
        let own = within.is_none() || given.into_iter().flatten().all(is_literal);
        (own && self.surrounds(within)).then(|| edits(call, keyword, args)).flatten()
    }

    /// The edits that give a layer the channels of an input of the block that it stands in, whatever these are in each use.
    pub(super) fn channels_of_input(&self, id: NodeId, input: &str) -> Option<Vec<Edit>> {
        let node = self.graph.node(id);
        let instance = node.origin.instance.filter(|instance| Some(*instance) == self.here)?;
        let (_, block) = self.uses_of_blocks.get(&instance)?;
        let is_input = block.inputs.iter().any(|own| own.text == input) && !rebinds(block, input);
        let args = [("out", format!("channels({input})"))];
        is_input.then(|| edits(self.calls.get(id)?, node.op.keyword(), &args)).flatten()
    }

    /// Whether the finding at hand stands in an instance, so that all uses of the block have it alike.
    pub(super) fn surrounds(&self, instance: Option<InstanceId>) -> bool {
        instance.is_none_or(|instance| self.graph.enclosing(self.here).any(|(id, _)| id == instance))
    }

    /// The edit that gives a block's parameter another value in one use, or in the use of the block around that.
    fn edits_at_use(&self, mut instance: InstanceId, name: &str, value: &str) -> Option<Vec<Edit>> {
        let mut name = name.to_owned();
        loop {
            let (call, block) = *self.uses_of_blocks.get(&instance)?;
            let index = block.params.iter().position(|param| param.name.text == name)?;
            // What other layers of the block get as well would change with it.
            if times_read(block, &name) != 1 {
                return None;
            }
            let within = self.graph.instance(instance).parent;
            let given = list(call).and_then(|list| find(list, index, &name));
            match (given.map(|arg| &arg.value), within) {
                (Some(Expr { kind: ExprKind::Name(outer), .. }), Some(parent)) => {
                    name = outer.to_string();
                    instance = parent;
                }
                (Some(expr), _) if self.surrounds(within) => return Some(vec![Edit::replace(expr.span, value)]),
                (None, _) if self.surrounds(within) => return added(call, &format!("{name}={value}")).map(|edit| vec![edit]),
                (Some(_) | None, _) => return None,
            }
        }
    }
}

fn rebinds(block: &Block, name: &str) -> bool {
    block.body.all_statements().into_iter().flat_map(Statement::binds).any(|bound| bound.text == name)
}

/// How often a block reads a name.
fn times_read(block: &Block, name: &str) -> usize {
    let defaults = block.params.iter().filter_map(|param| param.default.as_ref());
    let read = block.body.all_statements().into_iter().flat_map(Statement::exprs).chain(defaults).flat_map(Expr::all);
    read.filter(|expr| matches!(&expr.kind, ExprKind::Name(own) if own == name)).count()
}

/// Edits that set arguments of an operation's call.
fn edits(call: &Expr, keyword: &str, args: &Args) -> Option<Vec<Edit>> {
    let mut edits = Vec::new();
    let mut appended = Vec::new();
    for (name, value) in args {
        match argument(call, keyword, name) {
            Some(expr) => edits.push(Edit::replace(expr.span, value.clone())),
            None => appended.push(format!("{name}={value}")),
        }
    }
    if !appended.is_empty() {
        edits.push(added(call, &appended.join(", "))?);
    }
    Some(edits)
}

/// The edit that adds arguments behind the last one, in front of a comma or a comment that may stand there.
fn added(call: &Expr, args: &str) -> Option<Edit> {
    let Some(list) = list(call) else {
        return matches!(call.kind, ExprKind::Name(_)).then(|| Edit::after(call.span, format!("({args})")));
    };
    Some(match list.args.last() {
        Some(last) => Edit::after(last.value.span, format!(", {args}")),
        None => Edit::before(Span { start: list.span.start + 1, ..list.span }, args),
    })
}

fn list(call: &Expr) -> Option<&ArgList> {
    if let ExprKind::Call(call) = &call.kind { call.lists.first() } else { None }
}

/// What is given for a parameter of an operation.
fn argument<'e>(call: &'e Expr, keyword: &str, name: &str) -> Option<&'e Expr> {
    let index = table::find(keyword)?.params.iter().position(|param| param.name == name)?;
    find(list(call)?, index, name).map(|arg| &arg.value)
}

/// The argument of a name, or at a position that no name stands before.
fn find<'e>(list: &'e ArgList, index: usize, name: &str) -> Option<&'e Arg> {
    let by_name = list.args.iter().find(|arg| arg.name.as_ref().is_some_and(|own| own.text == name));
    by_name.or_else(|| list.args.get(index).filter(|_| list.args[..=index].iter().all(|arg| arg.name.is_none())))
}
