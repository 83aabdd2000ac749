//! `assert`: evaluated as far as the body allows; the rest needs the whole graph.

#![expect(clippy::wildcard_enum_match_arm, reason = "every other kind of value or expression is the same mistake here")]

use super::callee::{Callee, Strange};
use super::naming::Scope;
use super::operator::{Folded, fold};
use super::{Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::metric::Metric;
use crate::source::Span;
use crate::suggest::nearest;
use crate::syntax::ast::{Expr, ExprKind, Ident, InfixOp, Path, Statement, StatementKind, UnaryOp, discards};
use crate::syntax::name::Name;

/// A condition whose metrics are still open.
#[derive(Debug, Clone)]
pub enum Symbolic {
    /// A constant, and where it is written if that names nothing else: another number may stand there.
    Value(Value, Option<Span>),
    /// A metric of the whole net or of what a path names.
    Metric(Metric, Option<Path>, Span),
    /// A prefix operator.
    Unary(UnaryOp, Box<Symbolic>),
    /// Infix operators of one precedence, applied from the left. A list, so that a long sum is not a deep tree.
    Infix {
        /// The first operand.
        first: Box<Symbolic>,
        /// What follows; at least one.
        rest: Vec<(InfixOp, Symbolic)>,
    },
}

impl Symbolic {
    /// How much there is to keep: its operands and operators, the segments of its paths, the values of its lists.
    fn size(&self) -> usize {
        match self {
            Self::Value(value, _) => 1 + value.weight(),
            Self::Metric(_, path, _) => {
                1 + path.iter().flat_map(|path| &path.segments).map(|segment| 1 + (segment.len() >> 6)).sum::<usize>()
            }
            Self::Unary(_, inner) => 1 + inner.size(),
            Self::Infix { first, rest } => 1 + first.size() + rest.iter().map(|(_, operand)| operand.size()).sum::<usize>(),
        }
    }
}

/// One `assert` statement, as a turn of the loops around it comes to it; one that is true whatever the network counts, once.
#[derive(Debug, Clone)]
pub struct Condition {
    /// What must hold.
    pub condition: Symbolic,
    /// The condition's text.
    pub span: Span,
    /// Whether nothing in it depends on the network or its parameters.
    pub constant: bool,
}

impl<'a> Builder<'a> {
    pub(super) fn assertion(&mut self, frame: &mut Frame<'a>, condition: &'a Expr) {
        let (mut first, mut rest) = (None, Vec::new());
        let demands = demands(condition);
        let read =
            |(_, demand): &(_, &'a Expr)| if self.measures_fit(frame, demand) { self.symbolic(frame, demand) } else { None };
        let known: Vec<Option<Symbolic>> = demands.iter().map(read).collect();
        if known.iter().any(Option::is_none) {
            // Where one of several demands cannot be read, the others are held on their own.
            for ((_, demand), symbolic) in demands.iter().zip(known) {
                if let Some(symbolic) = symbolic {
                    self.demand(frame, demand, symbolic);
                }
            }
            return;
        }
        for ((op, _), symbolic) in demands.iter().zip(known.into_iter().flatten()) {
            match op {
                Some(op) => rest.push((*op, symbolic)),
                None => first = Some(symbolic),
            }
        }
        let whole = first.and_then(|first| self.joined(frame, first, rest));
        if let Some(symbolic) = whole {
            self.demand(frame, condition, symbolic);
        }
    }

    /// A condition that was read: false, or to be held against the network.
    fn demand(&mut self, frame: &Frame<'a>, condition: &'a Expr, symbolic: Symbolic) {
        if let Symbolic::Value(value, _) = &symbolic {
            match value {
                Value::Bool(true) => {}
                Value::Bool(false) => {
                    let message = format!("the assertion `{}` does not hold", self.sources.text(condition.span));
                    self.report(frame, Diagnostic::error(Code::AssertionFailed, message, condition.span, "false"));
                    return;
                }
                Value::Poison => return,
                other => {
                    let message = format!("an assertion is true or false, and this is {}", other.kind());
                    self.report(frame, Diagnostic::error(Code::WrongType, message, condition.span, ""));
                    return;
                }
            }
        }
        // What is true in one turn of a loop is so in all of them that come to it.
        let is_kept = matches!(symbolic, Symbolic::Value(..)) && !self.decided.insert(condition.span);
        if !is_kept && self.may_keep(frame, symbolic.size(), condition.span) {
            self.conditions.push(Condition { condition: symbolic, span: condition.span, constant: is_constant(condition) });
        }
    }

    /// Evaluates what can be evaluated now; `None` after a report.
    fn symbolic(&mut self, frame: &mut Frame<'a>, expr: &'a Expr) -> Option<Symbolic> {
        self.symbolic_and_constant(frame, expr).map(|(symbolic, _)| symbolic)
    }

    /// The same, and whether it names nothing, which is told on the way up: each part is looked at once.
    fn symbolic_and_constant(&mut self, frame: &mut Frame<'a>, expr: &'a Expr) -> Option<(Symbolic, bool)> {
        match &expr.kind {
            ExprKind::Paren(inner) => self.symbolic_and_constant(frame, inner),
            ExprKind::Unary(op, inner) => {
                let (inner, constant) = self.symbolic_and_constant(frame, inner)?;
                Some((reduce(Symbolic::Unary(*op, Box::new(inner))), constant))
            }
            ExprKind::Infix(chain) => {
                let (symbolic, constant) = self.infix_symbolic(frame, &chain.first, &chain.rest)?;
                Some(match symbolic {
                    Symbolic::Value(value, _) => (Symbolic::Value(value, constant.then_some(expr.span)), constant),
                    open => (open, constant),
                })
            }
            _ => Some((self.operand(frame, expr)?, is_constant(expr))),
        }
    }

    /// What is no operator's: names, metrics, and what is evaluated now in any case.
    fn operand(&mut self, frame: &mut Frame<'a>, expr: &'a Expr) -> Option<Symbolic> {
        match &expr.kind {
            ExprKind::Name(name) if !discards(name, expr.span) && !frame.names.contains_key(name.as_str()) => {
                if let Some(metric) = Metric::from_name(name) {
                    self.metric(frame, metric, None, expr.span)
                } else {
                    self.unknown_metric(frame, name, expr.span);
                    None
                }
            }
            ExprKind::Call(call) if self.is_strange_metric(frame, &call.callee) => None,
            ExprKind::Call(call) => match (Metric::from_name(&call.callee.text), call.lists.as_slice()) {
                (Some(metric), [list]) => {
                    let path = match list.args.as_slice() {
                        [arg] if arg.name.is_none() => metric_path(&arg.value),
                        _ => None,
                    };
                    if path.is_none() {
                        let message = format!("`{}` takes one path of layers", call.callee.text);
                        let diagnostic = Diagnostic::error(Code::WrongType, message, list.span, "")
                            .help(format!("as in `{}(layer1.0.conv2)`", call.callee.text));
                        self.report(frame, diagnostic);
                    }
                    let path = path?;
                    if !metric.takes_path() {
                        let message = format!("`{}` is a number of the whole net", metric.name());
                        let edits = vec![Edit::replace(expr.span, metric.name())];
                        let diagnostic = Diagnostic::error(Code::WrongType, message, path.span, "").fix(
                            Unsafe,
                            format!("write `{}` alone", metric.name()),
                            edits,
                        );
                        self.report(frame, diagnostic);
                        return None;
                    }
                    self.metric(frame, metric, Some(path), expr.span)
                }
                _ => self.constant(frame, expr),
            },
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Str(_)
            | ExprKind::Name(_)
            | ExprKind::Path(_)
            | ExprKind::List(_)
            | ExprKind::Tuple(_)
            | ExprKind::Index(_)
            | ExprKind::Pipe(_)
            | ExprKind::If(_)
            | ExprKind::As(_)
            | ExprKind::Paren(_)
            | ExprKind::Unary(..)
            | ExprKind::Infix(_)
            | ExprKind::Error => self.constant(frame, expr),
        }
    }

    fn infix_symbolic(
        &mut self,
        frame: &mut Frame<'a>,
        first: &'a Expr,
        rest: &'a [(InfixOp, Span, Expr)],
    ) -> Option<(Symbolic, bool)> {
        let (first, mut constant) = self.symbolic_and_constant(frame, first)?;
        let mut operands = Vec::with_capacity(rest.len());
        for (op, span, right) in rest {
            let (right, is_constant) = self.symbolic_and_constant(frame, right)?;
            constant &= is_constant;
            operands.push(((*op, *span), right));
        }
        Some((self.joined(frame, first, operands)?, constant))
    }

    /// Operands of one precedence: those at the beginning that are constant are one.
    fn joined(&mut self, frame: &Frame<'a>, mut first: Symbolic, rest: Vec<((InfixOp, Span), Symbolic)>) -> Option<Symbolic> {
        let mut open = Vec::new();
        for ((op, span), right) in rest {
            match (&first, &right) {
                (Symbolic::Value(a, _), Symbolic::Value(b, _)) if open.is_empty() => {
                    first = Symbolic::Value(self.folded(frame, (op, span), a, b)?, None);
                }
                _ => open.push((op, right)),
            }
        }
        Some(if open.is_empty() { first } else { Symbolic::Infix { first: Box::new(first), rest: open } })
    }

    fn folded(&mut self, frame: &Frame<'a>, (op, span): (InfixOp, Span), left: &Value, right: &Value) -> Option<Value> {
        match fold(op, left, right) {
            Folded::Value(value) => Some(value),
            Folded::Arithmetic(why) => {
                self.report(frame, Diagnostic::error(Code::Arithmetic, why, span, ""));
                None
            }
            Folded::Types => {
                let message = format!("`{}` does not take {} and {}", op.text(), left.kind(), right.kind());
                self.report(frame, Diagnostic::error(Code::WrongType, message, span, ""));
                None
            }
        }
    }

    fn constant(&mut self, frame: &mut Frame<'a>, expr: &'a Expr) -> Option<Symbolic> {
        let (value, expr) = self.valued(frame, expr);
        (!value.is_poison()).then(|| constant_at(value, expr))
    }

    /// A value, and the expression that gives it: of an `if` what the branch taken consists of.
    fn valued(&mut self, frame: &mut Frame<'a>, expr: &'a Expr) -> (Value, &'a Expr) {
        let scope = Scope::none();
        match &expr.kind {
            ExprKind::Paren(inner) => self.valued(frame, inner),
            ExprKind::If(choice) => match self.taken(frame, &choice.arms, choice.otherwise.as_ref(), &scope) {
                Ok(Some(body)) => match body.statements.as_slice() {
                    [statement @ Statement { kind: StatementKind::Expr(value), .. }] if statement.marks().is_empty() => {
                        self.valued(frame, value)
                    }
                    _ => (self.body(frame, body, &scope), expr),
                },
                Ok(None) => (Value::Nothing, expr),
                Err(poison) => (poison, expr),
            },
            _ => (self.eval(frame, expr, &scope), expr),
        }
    }

    fn metric(&mut self, frame: &Frame<'a>, metric: Metric, path: Option<Path>, span: Span) -> Option<Symbolic> {
        if !frame.in_net {
            let message = format!("`{}` is a number of the whole net and cannot be asked inside a block", metric.name());
            self.report(
                frame,
                Diagnostic::error(Code::MisplacedStatement, message, span, "").help("move the assertion to the net"),
            );
            return None;
        }
        Some(Symbolic::Metric(metric, path, span))
    }

    /// Reports a call of nothing, or of an operation, that comes near to a metric, `mac(x)`: in an assertion a metric is meant.
    fn is_strange_metric(&mut self, frame: &Frame<'a>, callee: &Ident) -> bool {
        // An operation gives a tensor, which is no number.
        let is_unknown = match self.callee(frame, callee) {
            Ok(Callee::Op(_)) => true,
            Ok(Callee::Block(_) | Callee::Shared(_) | Callee::Function) => false,
            Err(strange) => strange == Strange::Unknown,
        };
        if !is_unknown || Metric::from_name(&callee.text).is_some() {
            return false;
        }
        if self.again(Code::UnknownName, callee.span) {
            return true;
        }
        let Some(near) = nearest(&callee.text, Metric::ALL.iter().map(|(word, _)| *word)) else { return false };
        let message = format!("`{}` is no metric", callee.text);
        let diagnostic = Diagnostic::error(Code::UnknownName, message, callee.span, "not defined");
        let edits = vec![Edit::replace(callee.span, near)];
        self.report(frame, diagnostic.fix(Unsafe, format!("did you mean `{near}`?"), edits));
        true
    }

    fn unknown_metric(&mut self, frame: &Frame<'a>, name: &str, span: Span) {
        if self.again(Code::UnknownName, span) {
            return;
        }
        let words = Metric::ALL.iter().map(|(word, _)| *word);
        let mut diagnostic =
            Diagnostic::error(Code::UnknownName, format!("`{name}` is neither a name nor a metric"), span, "not defined");
        let may = self.may_compare(frame.names.len());
        let near = may.then(|| nearest(name, words.chain(frame.names.keys().copied()))).flatten();
        diagnostic = match near {
            Some(near) => diagnostic.fix(Unsafe, format!("did you mean `{near}`?"), vec![Edit::replace(span, near)]),
            None => diagnostic
                .help("metrics are params, buffers, macs, flops, layers, weight_memory, activation_memory and peak_memory"),
        };
        self.report(frame, diagnostic);
    }
}

/// The demands of `a and b and c`, each with the operator before it; the condition itself where it is no such chain.
fn demands(condition: &Expr) -> Vec<(Option<(InfixOp, Span)>, &Expr)> {
    match &condition.kind {
        ExprKind::Paren(inner) => demands(inner),
        ExprKind::Infix(chain) if chain.rest.iter().all(|(op, _, _)| *op == InfixOp::And) => {
            let rest = chain.rest.iter().map(|(op, span, demand)| (Some((*op, *span)), demand));
            std::iter::once((None, &chain.first)).chain(rest).collect()
        }
        _ => vec![(None, condition)],
    }
}

fn reduce(symbolic: Symbolic) -> Symbolic {
    match symbolic {
        Symbolic::Unary(UnaryOp::Not, inner) => match *inner {
            Symbolic::Value(Value::Bool(b), _) => Symbolic::Value(Value::Bool(!b), None),
            inner => Symbolic::Unary(UnaryOp::Not, Box::new(inner)),
        },
        Symbolic::Unary(UnaryOp::Neg, inner) => match *inner {
            Symbolic::Value(Value::Int(i), _) if i != i64::MIN => Symbolic::Value(Value::Int(-i), None),
            Symbolic::Value(Value::Float(x), _) => Symbolic::Value(Value::Float(-x), None),
            inner => Symbolic::Unary(UnaryOp::Neg, Box::new(inner)),
        },
        other => other,
    }
}

fn constant_at(value: Value, expr: &Expr) -> Symbolic {
    Symbolic::Value(value, is_constant(expr).then_some(expr.span))
}

fn metric_path(expr: &Expr) -> Option<Path> {
    match &expr.kind {
        ExprKind::Name(name) => Some(Path { segments: std::iter::once(name.clone()).collect(), span: expr.span }),
        ExprKind::Path(path) => Some(Path::clone(path)),
        ExprKind::Str(text) => Some(Path { segments: text.split('.').map(Name::from).collect(), span: expr.span }),
        _ => None,
    }
}

/// Whether an expression names nothing: its value is the same in every network.
fn is_constant(expr: &Expr) -> bool {
    match &expr.kind {
        ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::Bool(_) | ExprKind::Str(_) => true,
        ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => is_constant(inner),
        ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().all(is_constant),
        ExprKind::Infix(chain) => is_constant(&chain.first) && chain.rest.iter().all(|(_, _, e)| is_constant(e)),
        ExprKind::Name(_)
        | ExprKind::Path(_)
        | ExprKind::Call(_)
        | ExprKind::Index(_)
        | ExprKind::Pipe(_)
        | ExprKind::If(_)
        | ExprKind::As(_)
        | ExprKind::Error => false,
    }
}
