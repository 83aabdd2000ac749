//! What the tree says of a text.

use pointwise::syntax::ast::{ExprKind, ForRange, InfixOp, Item, StatementKind, UnaryOp};

use super::common::parse_clean;

/// The expression `text`, with brackets around every operation.
fn structure(text: &str) -> String {
    let parsed = parse_clean(&format!("net a {{ x = {text} }}"));
    let Item::Net(net) = &parsed.ast.items[0] else { panic!("a net") };
    let StatementKind::Bind { value, .. } = &net.body.statements[0].kind else { panic!("a binding") };
    shown(&value.kind)
}

fn shown(kind: &ExprKind) -> String {
    let many = |items: &[pointwise::syntax::ast::Expr]| items.iter().map(|item| shown(&item.kind)).collect::<Vec<_>>().join(", ");
    match kind {
        ExprKind::Int(value) => value.to_string(),
        ExprKind::Float(value) => format!("{value:?}"),
        ExprKind::Bool(value) => value.to_string(),
        ExprKind::Str(value) => format!("{value:?}"),
        ExprKind::Name(name) => name.to_string(),
        ExprKind::Path(path) => path.segments.join("|"),
        ExprKind::List(items) => format!("[{}]", many(items)),
        ExprKind::Tuple(items) => format!("tuple({})", many(items)),
        ExprKind::Paren(inner) => shown(&inner.kind),
        ExprKind::Unary(UnaryOp::Neg, inner) => format!("(- {})", shown(&inner.kind)),
        ExprKind::Unary(UnaryOp::Not, inner) => format!("(not {})", shown(&inner.kind)),
        ExprKind::Infix(chain) => {
            let links = chain.rest.iter().map(|(op, _, operand)| format!(" {} {}", InfixOp::text(*op), shown(&operand.kind)));
            format!("({}{})", shown(&chain.first.kind), links.collect::<String>())
        }
        ExprKind::Call(call) => {
            let lists = call.lists.iter().map(|list| {
                let args = list.args.iter().map(|arg| {
                    let name = arg.name.as_ref().map_or(String::new(), |name| format!("{}=", name.text));
                    format!("{name}{}", shown(&arg.value.kind))
                });
                format!("({})", args.collect::<Vec<_>>().join(", "))
            });
            format!("{}{}", call.callee.text, lists.collect::<String>())
        }
        ExprKind::Index(at) => format!("({} at {})", shown(&at.base.kind), shown(&at.index.kind)),
        ExprKind::Pipe(pipe) => {
            let stages = pipe.stages.iter().map(|stage| format!(" -> {}", shown(&stage.kind)));
            format!("({}{})", shown(&pipe.first.kind), stages.collect::<String>())
        }
        ExprKind::If(choice) => format!("if {} arms, else {}", choice.arms.len(), choice.otherwise.is_some()),
        ExprKind::As(named) => format!("({} as {})", shown(&named.value.kind), named.name.text),
        ExprKind::Error => "error".into(),
    }
}

#[test]
fn precedence_from_loose_to_tight() {
    assert_eq!(structure("y + skip -> relu"), "((y + skip) -> relu)");
    assert_eq!(structure("x + (x -> f)"), "(x + (x -> f))");
    assert_eq!(structure("a or b and not c == d + e * -f"), "(a or (b and (not (c == (d + (e * (- f)))))))");
    assert_eq!(structure("not a == b"), "(not (a == b))");
    assert_eq!(structure("-a * b"), "((- a) * b)");
    assert_eq!(structure("a - b + c - d"), "(a - b + c - d)");
    assert_eq!(structure("a * b // c % d / e"), "(a * b // c % d / e)");
    assert_eq!(structure("-2 ** 2"), "(- (2 ** 2))");
    assert_eq!(structure("2 ** -1"), "(2 ** (- 1))");
    assert_eq!(structure("2 ** 3 ** 2"), "(2 ** (3 ** 2))");
    assert_eq!(structure("2 ** -3 ** 2"), "(2 ** (- (3 ** 2)))");
    assert_eq!(structure("a * l[0] ** 2 * b"), "(a * ((l at 0) ** 2) * b)");
    assert_eq!(structure("-f(x)[0]"), "(- (f(x) at 0))");
    assert_eq!(structure("a -> f(1, k=2) -> g"), "(a -> f(1, k=2) -> g)");
    assert_eq!(structure("f(1)(x, y)"), "f(1)(x, y)");
    assert_eq!(structure("(a, b) -> join(8)"), "(tuple(a, b) -> join(8))");
    assert_eq!(structure("l[0][1]"), "((l at 0) at 1)");
    assert_eq!(structure("macs(layer1.0.conv2)"), "macs(layer1|0|conv2)");
    assert_eq!(structure("[7M, 1.5M, 4MiB, 1e-5, \"a\", true]"), "[7000000, 1500000, 4194304, 1e-5, \"a\", true]");
}

#[test]
fn line_ends() {
    let parsed = parse_clean(
        "net a {
    x = y
        -> f
        # a comment does not end the pipe

        -> g
    z = [1,
        2
        ,
    ]
    w = 1 +
        2
    v = if a == 1 { b }
    else { c }
    output u: [1] =
        v
}",
    );
    let Item::Net(net) = &parsed.ast.items[0] else { panic!("a net") };
    assert_eq!(net.body.statements.len(), 5);
}

#[test]
fn ranges_paths_and_numbers_do_not_mix() {
    let parsed =
        parse_clean("net a {\n for i in 0..n { }\n for i in a.b..c { }\n for i in 1..2.5 { }\n refine a.*.conv2 = reduce(64)\n}");
    let Item::Net(net) = &parsed.ast.items[0] else { panic!("a net") };
    for statement in &net.body.statements[..3] {
        assert!(matches!(&statement.kind, StatementKind::For { over: ForRange::Range(..), .. }));
    }
    let StatementKind::Refine { path, .. } = &net.body.statements[3].kind else { panic!("a refinement") };
    assert_eq!(path.segments, ["a", "*", "conv2"]);
}

#[test]
fn documentation_is_the_comment_block_directly_above() {
    let parsed = parse_clean(
        "# The file.

# A block.
#   Indented.
block f(x) { # not this
    # The value.
    @keep
    return x
}

# Not this.

net a { }
",
    );
    let Item::Block(block) = &parsed.ast.items[0] else { panic!("a block") };
    assert_eq!(block.doc.as_deref(), Some("A block.\n  Indented."));
    assert_eq!(block.body.statements[0].doc(), Some("The value."));
    let Item::Net(net) = &parsed.ast.items[1] else { panic!("a net") };
    assert_eq!(net.doc, None);
    assert_eq!(parsed.ast.comments.len(), 6);
    assert!(parsed.ast.comments[3].trailing);
}

#[test]
fn spans_cover_just_their_text() {
    let parsed = parse_clean("block f(a)(x) {\n    @keep\n    y: [1] = (x, x) -> g(1) # c\n    return y\n}\n");
    let Item::Block(block) = &parsed.ast.items[0] else { panic!("a block") };
    let text = |span| parsed.sources.text(span);
    assert_eq!(text(block.header), "block f(a)(x)");
    assert!(text(block.span).ends_with('}'));
    let statement = &block.body.statements[0];
    assert_eq!(text(statement.span), "y: [1] = (x, x) -> g(1)");
    assert_eq!(text(statement.marks()[0].span), "@keep");
    let StatementKind::Bind { value, .. } = &statement.kind else { panic!("a binding") };
    assert_eq!(text(value.span), "(x, x) -> g(1)");
}

#[test]
fn line_ends_mean_nothing_in_brackets() {
    let parsed =
        parse_clean("net a {\n x = f(\n if\n a\n ==\n b\n { c = 1\n d = e\n d }\n else\n { g }\n ,\n k\n =\n [\n 1\n ]\n )\n}");
    let Item::Net(net) = &parsed.ast.items[0] else { panic!("a net") };
    assert_eq!(net.body.statements.len(), 1);
}
