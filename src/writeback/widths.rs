//! Where the arguments of a layer come from: from its own call up through the blocks round it.
//!
//! In: the trees of all files and the network built from them. Out: for an argument of a layer, the expressions that it is,
//! each the argument of the parameter that the one before names. An argument is followed while it is the bare name of a
//! parameter that the block does not bind anew; what is computed is not looked into.

use std::collections::{BTreeMap, BTreeSet};

use super::calls::{Call, calls};
use crate::graph::{Graph, InstanceId, Node};
use crate::op::table;
use crate::source::{SourceSet, Span};
use crate::syntax::ast::{Ast, Block, Expr, ExprKind, Item, Pattern, Statement, StatementKind};

/// The trees of a network's files, the main one first, with what is looked up in them.
pub(super) struct Sources<'a> {
    pub main: &'a Ast,
    set: &'a SourceSet,
    calls: BTreeMap<Span, Call<'a>>,
    blocks: Vec<&'a Block>,
}

/// An argument as one of the calls round a layer has it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Argument<'a> {
    /// The instance whose block's text it stands in; `None` for the net's.
    pub instance: Option<InstanceId>,
    /// The argument.
    pub expr: &'a Expr,
    /// The block's parameter that it is for, by its place; `None` where the call is the operation's.
    pub of: Option<(&'a Block, usize)>,
}

impl<'a> Sources<'a> {
    /// `None` without files.
    pub fn new(set: &'a SourceSet, asts: &'a [Ast]) -> Option<Self> {
        let block = |item: &'a Item| if let Item::Block(block) = item { Some(block) } else { None };
        Some(Self {
            main: asts.first()?,
            set,
            calls: asts.iter().flat_map(calls).collect(),
            blocks: asts.iter().flat_map(|ast| &ast.items).filter_map(block).collect(),
        })
    }

    /// What stands at a place.
    pub fn text(&self, span: Span) -> &'a str {
        self.set.text(span)
    }

    /// The main file's text.
    pub fn main_text(&self) -> &'a str {
        self.set.get(self.main.source).text()
    }

    /// The call at a place.
    pub fn call(&self, span: Span) -> Option<Call<'a>> {
        self.calls.get(&span).copied()
    }

    /// The calls of a block in the main file.
    pub fn calls_of(&self, name: &str) -> impl Iterator<Item = Call<'a>> {
        self.calls.values().filter(move |call| call.callee == name && call.span.source == self.main.source).copied()
    }

    /// The block that a place stands in.
    pub fn block_at(&self, span: Span) -> Option<&'a Block> {
        self.blocks.iter().find(|block| block.span.contains(span)).copied()
    }

    /// An argument of a layer's operation, as its own call has it, then as the call of the block round it has it, and so on.
    pub fn argument(&self, graph: &Graph, node: &Node, name: &str) -> Vec<Argument<'a>> {
        let mut found = Vec::new();
        let Some(call) = node.origin.span.and_then(|span| self.call(span)) else { return found };
        let params: Vec<&str> = table::find(call.callee).map_or(&[][..], |op| op.params).iter().map(|p| p.name).collect();
        let Some(expr) = call.argument(&params, name) else { return found };
        let mut here = Argument { instance: node.origin.instance, expr, of: None };
        loop {
            found.push(here);
            match self.passed(graph, here) {
                Some(next) => here = next,
                None => return found,
            }
        }
    }

    /// What the call of an instance passes for the parameter that an argument in its block names.
    fn passed(&self, graph: &Graph, here: Argument<'a>) -> Option<Argument<'a>> {
        let instance = graph.instance(here.instance?);
        let block = self.block_at(here.expr.span)?;
        let index = param_of(block, here.expr)?;
        let params: Vec<&str> = block.params.iter().map(|param| param.name.text.as_str()).collect();
        let expr = self.call(instance.call)?.argument(&params, params[index])?;
        Some(Argument { instance: instance.parent, expr, of: Some((block, index)) })
    }
}

/// The parameter of its block that an expression is, by its place.
pub(super) fn param_of(block: &Block, expr: &Expr) -> Option<usize> {
    let ExprKind::Name(name) = &expr.kind else { return None };
    let index = block.params.iter().position(|param| param.name.text == *name)?;
    (!bound(block).contains(name.as_str())).then_some(index)
}

/// The names that a block's statements bind.
pub(super) fn bound(block: &Block) -> BTreeSet<&str> {
    fn in_pattern<'a>(pattern: &'a Pattern, names: &mut BTreeSet<&'a str>) {
        match pattern {
            Pattern::Name(name) => {
                names.insert(&name.text);
            }
            Pattern::List(parts, _) => parts.iter().for_each(|part| in_pattern(part, names)),
        }
    }
    let mut names = BTreeSet::new();
    for statement in block.body.all_statements() {
        names.extend(Statement::binds(statement).into_iter().map(|name| name.text.as_str()));
        if let StatementKind::For { pattern, .. } = &statement.kind {
            in_pattern(pattern, &mut names);
        }
    }
    names
}
