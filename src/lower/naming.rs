//! Names of layers: dotted paths of bindings, loop turns and block instances, made here and nowhere else.
//!
//! A binding names what it makes. The first thing that it makes, if that is a block, takes the binding's path as its own, so
//! that what is written behind it later renames nothing inside; everything else gets a segment of its own. Where two would
//! have one path, the later is numbered; a number gives way to a name that is written, and the graph remembers which paths are
//! counted, since they hang on how many statements stand before.

use std::collections::{HashMap, HashSet};

use super::value::Value;
use super::{Builder, Frame};
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::graph::{InstanceId, LayerPath};
use crate::op::Op;
use crate::syntax::ast::{Body, Expr, ExprKind, Ident, Statement};

/// Where layers stand: the path that names them, and beside it that of the shared weights which they use.
#[derive(Debug, Clone)]
pub(super) struct Place {
    pub(super) path: LayerPath,
    /// `None` outside of shared blocks, where layers have weights of their own.
    pub(super) weights: Option<LayerPath>,
}

impl Place {
    pub(super) fn root() -> Self {
        Self { path: LayerPath::root(), weights: None }
    }

    pub(super) fn join(&self, inner: &str) -> Self {
        Self { path: self.path.join(inner), weights: self.weights.as_ref().map(|path| path.join(inner)) }
    }
}

/// Where the layers of an expression get their names from.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub(super) place: Place,
    /// Whether the first thing made, if it is a block, takes `place` itself.
    lends: bool,
    /// What `as` calls the last thing made.
    pub(super) exact: Option<Place>,
    /// The shared weights of an operation that is shared itself.
    weights: Option<LayerPath>,
}

impl Scope {
    /// For expressions that make no layers.
    pub(super) fn none() -> Self {
        Self::at(Place::root())
    }

    /// A scope that lends its path to nothing.
    pub(super) fn at(place: Place) -> Self {
        Self { place, lends: false, exact: None, weights: None }
    }

    /// For what is not the first thing made, and not the last.
    pub(super) fn inner(&self) -> Self {
        Self::at(self.place.clone())
    }

    /// For the first of several things.
    pub(super) fn first(&self) -> Self {
        Self { exact: None, ..self.clone() }
    }

    /// For each of several expressions: where only one of them makes layers, it is the first thing made.
    pub(super) fn each<'e>(&self, exprs: impl Iterator<Item = &'e Expr>) -> Self {
        let mut makers = exprs.filter(|expr| !is_quiet(expr));
        let several = makers.next().is_some() && makers.next().is_some();
        if several { self.inner() } else { self.first() }
    }

    /// For an element of a list.
    pub(super) fn item(&self, index: usize) -> Self {
        let place = self.place.join(&index.to_string());
        Self { place, lends: self.lends, exact: None, weights: None }
    }

    /// For the last of several things.
    pub(super) fn last(&self) -> Self {
        Self { lends: false, ..self.clone() }
    }

    pub(super) fn named(&self, exact: Place) -> Self {
        Self { exact: Some(exact), ..self.clone() }
    }

    /// For an operation whose tensors are called after `weights`.
    pub(super) fn sharing(&self, weights: LayerPath) -> Self {
        Self { weights: Some(weights), ..self.clone() }
    }
}

/// The name that a node asks for, and the shared weights that it uses.
pub(super) struct Naming {
    pub(super) name: LayerPath,
    pub(super) owner: Option<LayerPath>,
}

impl Frame<'_> {
    /// The scope of layers that no binding names.
    pub(super) fn loose_scope(&self) -> Scope {
        Scope::at(self.prefix.join(&self.turns))
    }

    /// The scope of a binding's layers: prefix, name, loop indices. A rebound block input adds no name.
    pub(super) fn binding_scope(&self, name: &str) -> Scope {
        let is_input = self.names.get(name).is_some_and(|b| b.is_input);
        let own = if is_input && !(self.turns.is_empty() && self.prefix.path.is_empty()) { "" } else { name };
        let place = self.prefix.join(own).join(&self.turns);
        // A block's own path is taken by the block.
        let lends = place.path != self.prefix.path;
        Scope { place, lends, exact: None, weights: None }
    }

    /// The place of a name that is written out.
    pub(super) fn exact_place(&self, name: &str) -> Place {
        self.prefix.join(name).join(&self.turns)
    }

    /// Whether a statement of this body binds the name.
    fn writes(&mut self, name: &str) -> bool {
        let body = self.body;
        self.written.get_or_insert_with(|| names_bound(body)).contains(name)
    }
}

impl<'a> Builder<'a> {
    /// The place that `as` names. Where numbers stand in the name, they tell the turns of loops apart; otherwise these follow.
    pub(super) fn exactly(&mut self, frame: &Frame<'a>, name: &Ident) -> Place {
        if !name.text.contains(['{', '}']) {
            return frame.exact_place(&name.text);
        }
        let (mut text, mut counts) = (String::new(), false);
        for part in parts(&name.text) {
            match part {
                Part::Text(part) => text.push_str(part),
                Part::Number(variable) => {
                    let value = frame.names.get(variable).map(|binding| binding.value.clone());
                    if let Some(Value::Int(number)) = value {
                        counts = true;
                        text.push_str(&number.to_string());
                        continue;
                    }
                    // What follows is told apart by its turns.
                    text.push_str(variable);
                    if !matches!(value, Some(Value::Poison)) {
                        self.report(frame, no_number(name, variable, value.is_some()));
                    }
                }
                Part::Stray => {
                    let message = format!("a brace in `{}` stands alone", name.text);
                    let help = "write `{i}` for the number `i`, and `{{` for the character";
                    self.report(frame, Diagnostic::error(Code::WrongType, message, name.span, "").help(help));
                }
            }
        }
        if counts { frame.prefix.join(LayerPath::new(&text).as_str()) } else { frame.exact_place(&text) }
    }

    /// The name of a node of this operation.
    pub(super) fn naming(&mut self, scope: &Scope, op: &Op) -> Naming {
        let place = scope.exact.clone().unwrap_or_else(|| scope.place.join(op.keyword()));
        let owner = scope.weights.clone().or(place.weights).map(|path| self.count_use(path));
        Naming { name: place.path, owner }
    }

    /// The place of an instance of a block: what `as` says, the scope's own, or a segment of the block's name; numbered where
    /// taken. `None` where `as` names a path that is taken.
    pub(super) fn instance_place(&mut self, frame: &mut Frame<'_>, scope: &Scope, block: &str) -> Option<Place> {
        let is_exact = scope.exact.is_some();
        let place = match &scope.exact {
            Some(place) => place.clone(),
            None if scope.lends => scope.place.clone(),
            None => scope.place.join(block),
        };
        if is_exact && (self.scopes.contains_key(&place.path) || !self.graph.is_free(&place.path)) {
            return None;
        }
        let weights = place.weights.map(|path| self.count_use(path));
        Some(Place { path: self.free_scope(frame, place.path), weights })
    }

    /// The path of a scope, or the next of `path_2`, `path_3`, … that no other scope has and no statement writes.
    pub(super) fn free_scope(&mut self, frame: &mut Frame<'_>, path: LayerPath) -> LayerPath {
        let mut number = match self.scopes.get(&path) {
            Some(number) => *number,
            None if self.is_free_for_scope(&path) => {
                self.scopes.insert(path.clone(), 1);
                self.graph.claim_scope(path.clone());
                return path;
            }
            None => 1,
        };
        let fresh = loop {
            number += 1;
            let candidate = path.numbered(number);
            let taken = self.scopes.contains_key(&candidate) || !self.is_free_for_scope(&candidate);
            if frame.written.is_none() {
                self.steps += frame.body.statements.len() as u64;
            }
            if !taken && !frame.writes(candidate.split_last().1) {
                break candidate;
            }
        };
        self.scopes.insert(path, number);
        self.scopes.insert(fresh.clone(), 1);
        self.graph.claim_scope(fresh.clone());
        self.graph.count_path(fresh.clone());
        fresh
    }

    /// Whether no layer has the path. An input that is bound again leaves its name to the layers made of it.
    fn is_free_for_scope(&self, path: &LayerPath) -> bool {
        let holder = self.graph.find(path).map(|id| &self.graph.node(id).op);
        self.graph.is_free(path) || matches!(holder, Some(Op::Input(_)))
    }

    /// The path within the shared weights that are in use, numbered where this use has met it before: every use counts alike.
    pub(super) fn count_use(&mut self, path: LayerPath) -> LayerPath {
        let Some(counts) = self.uses.last_mut() else { return path };
        let count = counts.met.entry(path.clone()).or_insert(0);
        *count += 1;
        if *count == 1 { path } else { path.numbered(*count) }
    }
}

/// What a name by `as` is made of.
enum Part<'n> {
    Text(&'n str),
    /// The number that is bound to this.
    Number(&'n str),
    Stray,
}

/// `layer1.{i}`: numbers stand in braces, and two braces are one.
fn parts(name: &str) -> Vec<Part<'_>> {
    let (mut parts, mut rest) = (Vec::new(), name);
    while let Some(at) = rest.find(['{', '}']) {
        parts.push(Part::Text(&rest[..at]));
        let brace = &rest[at..];
        let number = brace.strip_prefix('{').and_then(|inner| inner.split_once('}')).filter(|(inner, _)| !inner.contains('{'));
        rest = if brace.starts_with("{{") || brace.starts_with("}}") {
            parts.push(Part::Text(&brace[..1]));
            &brace[2..]
        } else if let Some((variable, behind)) = number {
            parts.push(Part::Number(variable));
            behind
        } else {
            parts.push(Part::Stray);
            &brace[1..]
        };
    }
    parts.push(Part::Text(rest));
    parts
}

fn no_number(name: &Ident, variable: &str, is_bound: bool) -> Diagnostic {
    let what = if is_bound { "is no whole number" } else { "is not defined" };
    let code = if is_bound { Code::WrongType } else { Code::UnknownName };
    let message = format!("`{variable}`, which stands in the name `{}`, {what}", name.text);
    Diagnostic::error(code, message, name.span, "").help("a number of a loop may stand here; `{{` is the character")
}

fn names_bound(body: &Body) -> HashSet<&str> {
    body.all_statements().into_iter().flat_map(Statement::binds).map(|name| name.text.as_str()).collect()
}

/// Whether evaluating it adds no layers, as far as its form tells.
pub(super) fn is_quiet(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Name(_)
        | ExprKind::Int(_)
        | ExprKind::Float(_)
        | ExprKind::Bool(_)
        | ExprKind::Str(_)
        | ExprKind::Path(_)
        | ExprKind::Error => true,
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => is_quiet(inner),
        ExprKind::Tuple(items) | ExprKind::List(items) => items.iter().all(is_quiet),
        ExprKind::Index(at) => is_quiet(&at.base) && is_quiet(&at.index),
        ExprKind::As(_) | ExprKind::Infix(_) | ExprKind::Call(_) | ExprKind::Pipe(_) | ExprKind::If(_) => false,
    }
}

/// One use of shared weights that is under evaluation.
#[derive(Default)]
pub(super) struct UseCounts {
    /// The instance of the shared block; `None` where an operation is shared.
    pub(super) within: Option<InstanceId>,
    /// How often each path was met.
    met: HashMap<LayerPath, u64>,
}

impl UseCounts {
    pub(super) fn of(within: InstanceId) -> Self {
        Self { within: Some(within), met: HashMap::new() }
    }
}
