//! The tree that the parser makes: generic statements and expressions.
//!
//! Syntax knows no operation's name. Every leaf has a [`Span`]; comments are kept beside the tree, and comment
//! blocks directly above an item or statement are its documentation as well. Chains (`a + b - c`, `x -> f -> g`)
//! are flat, so that their length never becomes depth. What few statements have is boxed, for files may have millions.

use crate::source::{SourceId, Span};
use crate::words::DISCARD;

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Ident {
    /// The name, without the backquotes that it may be written in.
    pub text: String,
    /// Where.
    pub span: Span,
}

impl Ident {
    /// Whether it discards what is bound to it.
    #[must_use]
    pub fn discards(&self) -> bool {
        discards(&self.text, self.span)
    }
}

/// Whether a name is a bare `_`; in backquotes it is a name like any other.
#[must_use]
pub fn discards(name: &str, span: Span) -> bool {
    name == DISCARD && (span.end - span.start) as usize == DISCARD.len()
}

/// One parsed file.
#[derive(Debug, Clone)]
pub struct Ast {
    /// The file.
    pub source: SourceId,
    /// `use`, `block` and `net`, in order.
    pub items: Vec<Item>,
    /// Whether something could not be read whose name is not known either: what is not defined may be that.
    pub nameless: bool,
    /// All comments in order of position, documentation included.
    pub comments: Vec<Comment>,
}

/// `# text` up to the line's end.
#[derive(Debug, Clone, PartialEq)]
pub struct Comment {
    /// Covers the `#` and all up to, not including, the line end.
    pub span: Span,
    /// Whether something other than white space stands before it on its line.
    pub trailing: bool,
}

/// A top-level item.
#[derive(Debug, Clone)]
pub enum Item {
    /// `use "path.net"`.
    Use(Use),
    /// `block name(params)(inputs) { … }`.
    Block(Block),
    /// `net name(params) { … }`.
    Net(Net),
}

/// Brings in the blocks of another file.
#[derive(Debug, Clone)]
pub struct Use {
    /// The path as written, without quotes and with escapes resolved.
    pub path: String,
    /// Span of the string literal.
    pub path_span: Span,
    /// The whole item.
    pub span: Span,
}

/// A block definition.
#[derive(Debug, Clone)]
pub struct Block {
    /// The comment block above it, without `# `, lines joined by `\n`.
    pub doc: Option<String>,
    /// Its name.
    pub name: Ident,
    /// Compile-time parameters; empty where the first list is dropped.
    pub params: Vec<Param>,
    /// Tensor inputs.
    pub inputs: Vec<Ident>,
    /// The body.
    pub body: Body,
    /// The header, from `block` to the closing parenthesis.
    pub header: Span,
    /// The whole item.
    pub span: Span,
}

/// A net definition.
#[derive(Debug, Clone)]
pub struct Net {
    /// The comment block above it.
    pub doc: Option<String>,
    /// Its name.
    pub name: Ident,
    /// Parameters (the net's knobs).
    pub params: Vec<Param>,
    /// The body.
    pub body: Body,
    /// The header, from `net` to the name or closing parenthesis.
    pub header: Span,
    /// The whole item.
    pub span: Span,
}

/// A parameter with its default.
#[derive(Debug, Clone)]
pub struct Param {
    /// Its name.
    pub name: Ident,
    /// `name = default`.
    pub default: Option<Expr>,
}

/// `{ … }`: statements.
#[derive(Debug, Clone)]
pub struct Body {
    /// The statements in order.
    pub statements: Vec<Statement>,
    /// From `{` to `}`.
    pub span: Span,
}

/// A statement with the marks that stand above it.
#[derive(Debug, Clone)]
pub struct Statement {
    /// The comment block directly above it.
    pub doc: Option<String>,
    /// `@keep`, `@bottleneck(channels=64)`.
    pub marks: Vec<Mark>,
    /// What it is.
    pub kind: StatementKind,
    /// The statement without its marks.
    pub span: Span,
}

/// A mark for the compiler.
#[derive(Debug, Clone)]
pub struct Mark {
    /// The name after `@`.
    pub name: Ident,
    /// Its arguments; empty without a list.
    pub args: Vec<Arg>,
    /// From `@` on.
    pub span: Span,
}

/// The kinds of statement.
#[derive(Debug, Clone)]
pub enum StatementKind {
    /// `input name: [3, h, w]`.
    Input {
        /// Name of the input.
        name: Ident,
        /// Its shape without the batch.
        shape: Box<Expr>,
    },
    /// `output name: [classes] = value`.
    Output {
        /// Name of the output.
        name: Ident,
        /// Checked shape.
        shape: Option<Box<Expr>>,
        /// Its value; without one, `name` must be bound already.
        value: Option<Box<Expr>>,
    },
    /// `a = …`, `l, r = …`, `y: [256, 28, 28] = …`.
    Bind {
        /// The names; at least one.
        targets: Vec<Target>,
        /// The value.
        value: Expr,
    },
    /// `shared head = block(64)`: one set of weights for every use of the name.
    Shared {
        /// Its name.
        name: Ident,
        /// The block or operation, with its parameters: a name or a call with one list.
        value: Expr,
    },
    /// `return a, b`.
    Return(Vec<Expr>),
    /// `for i in 0..n { … }`, `for [width, depth] in list { … }`.
    For {
        /// What each turn binds.
        pattern: Pattern,
        /// What is walked.
        over: ForRange,
        /// The loop's body.
        body: Body,
    },
    /// `assert condition`.
    Assert(Expr),
    /// `refine stage3.*.conv2 = reduce(64)`.
    Refine {
        /// The layers addressed.
        path: Path,
        /// The form, a call.
        form: Expr,
    },
    /// An expression on its own: an `if` statement, or the value of a braced branch.
    Expr(Expr),
}

/// A bound name with its checked shape.
#[derive(Debug, Clone)]
pub struct Target {
    /// The name.
    pub name: Ident,
    /// `: [256, 28, 28]`.
    pub shape: Option<Box<Expr>>,
}

/// What a loop binds.
#[derive(Debug, Clone)]
pub enum Pattern {
    /// One name.
    Name(Ident),
    /// `[a, b]`, nested patterns allowed.
    List(Vec<Pattern>, Span),
}

/// What a loop walks.
#[derive(Debug, Clone)]
pub enum ForRange {
    /// `from..to`, `to` not included.
    Range(Box<Expr>, Box<Expr>),
    /// The elements of a list.
    List(Box<Expr>),
}

/// A dotted path of names; in a `refine` statement segments may be `*` (one segment), `**` (any number), or contain `*`.
#[derive(Debug, Clone, PartialEq)]
pub struct Path {
    /// Segments without the dots.
    pub segments: Vec<String>,
    /// Where.
    pub span: Span,
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// What it is.
    pub kind: ExprKind,
    /// Where, parentheses included.
    pub span: Span,
}

/// The kinds of expression.
#[derive(Debug, Clone)]
pub enum ExprKind {
    /// `1_000`, `7M`, `4MiB`: unit suffixes are resolved here.
    Int(i64),
    /// `0.75`, `1e-5`, `1.5M`.
    Float(f64),
    /// `true`, `false`.
    Bool(bool),
    /// `"text"`, escapes resolved.
    Str(String),
    /// A name, without the backquotes that it may be written in.
    Name(String),
    /// `layer1.0.conv2`: at least two segments.
    Path(Path),
    /// `[a, b]`.
    List(Vec<Expr>),
    /// `(a, b)`: two or more values. One value in parentheses is `Paren`.
    Tuple(Vec<Expr>),
    /// `(a)`.
    Paren(Box<Expr>),
    /// `-a`, `not a`.
    Unary(UnaryOp, Box<Expr>),
    /// A chain of operators of one precedence, left to right: `first op a op b`.
    Infix {
        /// Leftmost operand.
        first: Box<Expr>,
        /// Operators and operands that follow.
        rest: Vec<(InfixOp, Span, Expr)>,
    },
    /// `f(args)` or `f(args)(inputs)`.
    Call {
        /// The name called.
        callee: Ident,
        /// One or two argument lists.
        lists: Vec<ArgList>,
    },
    /// `list[i]`.
    Index {
        /// The list.
        base: Box<Expr>,
        /// The index.
        index: Box<Expr>,
    },
    /// `first -> stage -> stage`; a stage is a `Name` or a `Call`, or one of them `As` something.
    Pipe {
        /// What flows in.
        first: Box<Expr>,
        /// What it flows through.
        stages: Vec<Expr>,
    },
    /// `value as layer1.0.conv`: the last layer or block instance that the value makes has this name.
    As {
        /// The value; a `Name` or a `Call` where it is a stage.
        value: Box<Expr>,
        /// The name, dots included.
        name: Ident,
    },
    /// `if c { … } else if d { … } else { … }`.
    If {
        /// Conditions with their branches, in order.
        arms: Vec<(Expr, Body)>,
        /// The last `else`.
        otherwise: Option<Body>,
    },
    /// What the parser put where it could not read an expression; an error has been reported.
    Error,
}

/// One parenthesised argument list.
#[derive(Debug, Clone)]
pub struct ArgList {
    /// The arguments.
    pub args: Vec<Arg>,
    /// With the parentheses.
    pub span: Span,
}

/// One argument.
#[derive(Debug, Clone)]
pub struct Arg {
    /// `name=`.
    pub name: Option<Ident>,
    /// The value.
    pub value: Expr,
}

/// Prefix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOp {
    /// `-`
    Neg,
    /// `not`
    Not,
}

/// Operators between two operands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InfixOp {
    /// `or`
    Or,
    /// `and`
    And,
    /// `==`
    Eq,
    /// `!=`
    Ne,
    /// `<`
    Lt,
    /// `<=`
    Le,
    /// `>`
    Gt,
    /// `>=`
    Ge,
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`
    Mul,
    /// `/`
    Div,
    /// `//`
    FloorDiv,
    /// `%`
    Rem,
    /// `**`: a chain of these is a tree to the right, each with one operand behind it.
    Pow,
}

impl InfixOp {
    /// As it is written.
    #[must_use]
    pub fn text(self) -> &'static str {
        match self {
            Self::Or => "or",
            Self::And => "and",
            Self::Eq => "==",
            Self::Ne => "!=",
            Self::Lt => "<",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Ge => ">=",
            Self::Add => "+",
            Self::Sub => "-",
            Self::Mul => "*",
            Self::Div => "/",
            Self::FloorDiv => "//",
            Self::Rem => "%",
            Self::Pow => "**",
        }
    }
}
