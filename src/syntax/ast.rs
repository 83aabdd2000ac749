//! The tree that the parser makes: generic statements and expressions.
//!
//! Syntax knows no operation's name. Every leaf has a [`Span`]; comments are kept beside the tree, and comment
//! blocks directly above an item or statement are its documentation as well. Chains (`a + b - c`, `x -> f -> g`)
//! are flat, so that their length never becomes depth.
//!
//! Files may have millions of statements, so that the tree is small: names are shared, a list takes the room of a pointer,
//! what a place nearly always has one of stands in it, and what is large or rare is boxed. The compiler holds it to that.

use thin_vec::ThinVec;

use super::few::Few;
use super::name::Name;
use crate::source::{SourceId, Span};
use crate::words::DISCARD;

/// What the commonest parts of a tree take, in bytes.
const _: () = {
    assert!(size_of::<Expr>() <= 32);
    assert!(size_of::<Statement>() <= 88);
    assert!(size_of::<Target>() <= 32);
    assert!(size_of::<Call>() <= 48);
    assert!(size_of::<Arg>() <= 40);
    assert!(size_of::<Infix>() <= 80);
};

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq)]
pub struct Ident {
    /// The name, without the backquotes that it may be written in.
    pub text: Name,
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
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Ident,
    /// Compile-time parameters; empty where the first list is dropped.
    pub params: ThinVec<Param>,
    /// Tensor inputs.
    pub inputs: ThinVec<Ident>,
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
    pub doc: Option<Box<str>>,
    /// Its name.
    pub name: Ident,
    /// Parameters (the net's knobs).
    pub params: ThinVec<Param>,
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
    pub statements: ThinVec<Statement>,
    /// From `{` to `}`.
    pub span: Span,
}

/// A statement with what stands above it.
#[derive(Debug, Clone)]
pub struct Statement {
    /// Its documentation and marks, where it has any.
    pub above: Option<Box<Above>>,
    /// What it is.
    pub kind: StatementKind,
    /// The statement without its marks.
    pub span: Span,
}

impl Statement {
    /// The comment block directly above it.
    #[must_use]
    pub fn doc(&self) -> Option<&str> {
        self.above.as_ref()?.doc.as_deref()
    }

    /// `@keep`, `@bottleneck(channels=64)`.
    #[must_use]
    pub fn marks(&self) -> &[Mark] {
        self.above.as_ref().map_or(&[], |above| &above.marks)
    }
}

/// What stands above few statements.
#[derive(Debug, Clone)]
pub struct Above {
    /// The comment block.
    pub doc: Option<Box<str>>,
    /// The marks.
    pub marks: ThinVec<Mark>,
}

/// A mark for the compiler.
#[derive(Debug, Clone)]
pub struct Mark {
    /// The name after `@`.
    pub name: Ident,
    /// Its arguments; empty without a list.
    pub args: ThinVec<Arg>,
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
        targets: Few<Target>,
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
    Return(Few<Expr>),
    /// `for i in 0..n { … }`, `for [width, depth] in list { … }`.
    For {
        /// What each turn binds.
        pattern: Box<Pattern>,
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
    List(ThinVec<Pattern>, Span),
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
    pub segments: ThinVec<Name>,
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
    Str(Name),
    /// A name, without the backquotes that it may be written in.
    Name(Name),
    /// `layer1.0.conv2`: at least two segments.
    Path(Box<Path>),
    /// `[a, b]`.
    List(ThinVec<Expr>),
    /// `(a, b)`: two or more values. One value in parentheses is `Paren`.
    Tuple(ThinVec<Expr>),
    /// `(a)`.
    Paren(Box<Expr>),
    /// `-a`, `not a`.
    Unary(UnaryOp, Box<Expr>),
    /// `first op a op b`.
    Infix(Box<Infix>),
    /// `f(args)` or `f(args)(inputs)`.
    Call(Box<Call>),
    /// `list[i]`.
    Index(Box<Index>),
    /// `first -> stage -> stage`.
    Pipe(Box<Pipe>),
    /// `value as layer1.0.conv`.
    As(Box<As>),
    /// `if c { … } else if d { … } else { … }`.
    If(Box<If>),
    /// What the parser put where it could not read an expression; an error has been reported.
    Error,
}

/// A chain of operators of one precedence, left to right: `first op a op b`.
#[derive(Debug, Clone)]
pub struct Infix {
    /// Leftmost operand.
    pub first: Expr,
    /// Operators and operands that follow.
    pub rest: Few<(InfixOp, Span, Expr)>,
}

/// `f(args)` or `f(args)(inputs)`.
#[derive(Debug, Clone)]
pub struct Call {
    /// The name called.
    pub callee: Ident,
    /// One or two argument lists.
    pub lists: Few<ArgList>,
}

/// `list[i]`.
#[derive(Debug, Clone)]
pub struct Index {
    /// The list.
    pub base: Expr,
    /// The index.
    pub index: Expr,
}

/// `first -> stage -> stage`; a stage is a `Name` or a `Call`, or one of them `As` something.
#[derive(Debug, Clone)]
pub struct Pipe {
    /// What flows in.
    pub first: Expr,
    /// What it flows through.
    pub stages: ThinVec<Expr>,
}

/// `value as layer1.0.conv`: the last layer or block instance that the value makes has this name.
#[derive(Debug, Clone)]
pub struct As {
    /// The value; a `Name` or a `Call` where it is a stage.
    pub value: Expr,
    /// The name, dots included.
    pub name: Ident,
}

/// `if c { … } else if d { … } else { … }`.
#[derive(Debug, Clone)]
pub struct If {
    /// Conditions with their branches, in order.
    pub arms: ThinVec<(Expr, Body)>,
    /// The last `else`.
    pub otherwise: Option<Body>,
}

/// One parenthesised argument list.
#[derive(Debug, Clone)]
pub struct ArgList {
    /// The arguments.
    pub args: ThinVec<Arg>,
    /// With the parentheses.
    pub span: Span,
}

/// One argument.
#[derive(Debug, Clone)]
pub struct Arg {
    /// `name=`.
    pub name: Option<Box<Ident>>,
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
