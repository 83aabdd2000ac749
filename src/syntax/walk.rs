//! Ways through a tree: what stands directly in an expression or statement, and all that stands anywhere in a body.

use super::ast::{Body, Expr, ExprKind, ForRange, Ident, Statement, StatementKind};

impl Expr {
    /// The expressions directly in it, in order of position; what an `if` holds in braces is not among them.
    #[must_use]
    pub fn operands(&self) -> Vec<&Expr> {
        match &self.kind {
            ExprKind::Int(_)
            | ExprKind::Float(_)
            | ExprKind::Bool(_)
            | ExprKind::Str(_)
            | ExprKind::Name(_)
            | ExprKind::Path(_)
            | ExprKind::Error => Vec::new(),
            ExprKind::List(items) | ExprKind::Tuple(items) => items.iter().collect(),
            ExprKind::Paren(inner) | ExprKind::Unary(_, inner) => vec![inner],
            ExprKind::As(named) => vec![&named.value],
            ExprKind::Infix(chain) => [&chain.first].into_iter().chain(chain.rest.iter().map(|(_, _, e)| e)).collect(),
            ExprKind::Call(call) => call.lists.iter().flat_map(|list| &list.args).map(|arg| &arg.value).collect(),
            ExprKind::Index(at) => vec![&at.base, &at.index],
            ExprKind::Pipe(pipe) => [&pipe.first].into_iter().chain(&pipe.stages).collect(),
            ExprKind::If(choice) => choice.arms.iter().map(|(condition, _)| condition).collect(),
        }
    }

    /// The branches of an `if`; none for anything else.
    #[must_use]
    pub fn branches(&self) -> Vec<&Body> {
        let ExprKind::If(choice) = &self.kind else { return Vec::new() };
        choice.arms.iter().map(|(_, body)| body).chain(&choice.otherwise).collect()
    }

    /// The name that it is, or that of what it calls.
    #[must_use]
    pub fn named(&self) -> Option<&str> {
        if let ExprKind::Call(call) = &self.kind {
            return Some(&call.callee.text);
        }
        if let ExprKind::Name(name) = &self.kind { Some(name) } else { None }
    }

    /// It and the expressions in it at any depth, but for what branches hold, in no particular order.
    #[must_use]
    pub fn all(&self) -> Vec<&Expr> {
        let mut all = vec![self];
        let mut at = 0;
        while let Some(expr) = all.get(at) {
            all.extend(expr.operands());
            at += 1;
        }
        all
    }
}

impl Statement {
    /// The expressions directly in it, those of its marks first.
    #[must_use]
    pub fn exprs(&self) -> Vec<&Expr> {
        let mut exprs: Vec<&Expr> = self.marks().iter().flat_map(|mark| &mark.args).map(|arg| &arg.value).collect();
        match &self.kind {
            StatementKind::Assert(expr)
            | StatementKind::Expr(expr)
            | StatementKind::Shared { value: expr, .. }
            | StatementKind::Refine { form: expr, .. } => exprs.push(expr),
            StatementKind::Input { shape, .. } => exprs.push(shape),
            StatementKind::Output { shape, value, .. } => exprs.extend(shape.iter().chain(value).map(|expr| &**expr)),
            StatementKind::Bind { targets, value } => {
                exprs.extend(targets.iter().filter_map(|target| target.shape.as_deref()).chain([value]));
            }
            StatementKind::Return(values) => exprs.extend(values),
            StatementKind::For { over: ForRange::Range(from, to), .. } => exprs.extend([&**from, to]),
            StatementKind::For { over: ForRange::List(list), .. } => exprs.push(list),
        }
        exprs
    }

    /// The names that it binds.
    #[must_use]
    pub fn binds(&self) -> Vec<&Ident> {
        match &self.kind {
            StatementKind::Bind { targets, .. } => targets.iter().map(|target| &target.name).collect(),
            StatementKind::Input { name, .. } | StatementKind::Output { name, .. } | StatementKind::Shared { name, .. } => {
                vec![name]
            }
            StatementKind::For { .. }
            | StatementKind::Expr(_)
            | StatementKind::Return(_)
            | StatementKind::Assert(_)
            | StatementKind::Refine { .. } => Vec::new(),
        }
    }
}

impl Body {
    /// All statements in it, those of loops and branches included wherever these stand, in no particular order.
    #[must_use]
    pub fn all_statements(&self) -> Vec<&Statement> {
        self.all_bodies().into_iter().flat_map(|body| &body.statements).collect()
    }

    /// It and the bodies of loops and branches in it at any depth, itself first.
    #[must_use]
    pub fn all_bodies(&self) -> Vec<&Body> {
        let mut all = vec![self];
        let mut at = 0;
        while let Some(body) = all.get(at) {
            for statement in &body.statements {
                let looped = if let StatementKind::For { body, .. } = &statement.kind { Some(body) } else { None };
                all.extend(statement.exprs().into_iter().flat_map(Expr::all).flat_map(Expr::branches).chain(looped));
            }
            at += 1;
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceSet;
    use crate::syntax::ast::Item;

    #[test]
    fn statements_are_found_wherever_they_stand() {
        let text = "net n(wide=true) {
            input x: [3, 8, 8]
            y = (if wide {\n a = x -> relu\n a } else {\n b = x -> tanh\n b }) -> relu
            for i in 0..2 {\n if wide {\n c = y\n }\n }
            output d = y -> conv(if wide {\n e = 1\n e } else { 2 }, 1)
        }";
        let mut sources = SourceSet::new();
        let id = sources.add("", text);
        let (ast, errors) = crate::syntax::parse(&sources, id);
        assert!(errors.is_empty(), "{errors:?}");
        let Some(Item::Net(net)) = ast.items.first() else { panic!("it is a net") };
        let mut names: Vec<&str> =
            net.body.all_statements().into_iter().flat_map(Statement::binds).map(|n| n.text.as_str()).collect();
        names.sort_unstable();
        assert_eq!(names, ["a", "b", "c", "d", "e", "x", "y"]);
    }
}
