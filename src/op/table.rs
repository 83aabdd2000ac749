//! The table of operations: keywords, parameters, documentation and builders.
//!
//! Whatever is known of an operation before it is built stands in its row, once: help, reference, completion, name
//! resolution, the reader of arguments and the printer derive from [`OPS`]. Rows and behaviour are the families'.

use std::fmt;

use super::args::{ArgValue, Args, BuildError, Printed, Reader};
use super::param_kind::ParamKind;
use super::shape::Shape;
use super::{
    Op, activation, adaptive_pool, conv, conv_transpose, dense, gather, layer_norm, matmul, merge, norm, pad, pass, pool, reduce,
    repeat, reshape, resize, scale, slice, source, space, unary,
};

/// What a parameter is where it is not given.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum DefaultValue {
    /// It must be given.
    Required,
    /// Not given has a meaning of its own; written `none`.
    Absent,
    /// The same as another parameter.
    Same(&'static str),
    /// An integer; of a pair, both.
    Int(i64),
    /// A float.
    Float(f64),
    /// A boolean.
    Bool(bool),
    /// One of the words that it takes.
    Word(&'static str),
}

/// A parameter of an operation.
#[derive(Debug, Clone, Copy)]
pub struct ParamInfo {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub kind: ParamKind,
    /// What it is where it is not given.
    pub default: DefaultValue,
    /// One line: what it means.
    pub doc: &'static str,
}

impl ParamInfo {
    /// Whether it must be given.
    #[must_use]
    pub fn is_required(&self) -> bool {
        self.default == DefaultValue::Required
    }

    /// The default as written in the language; `None` where it must be given.
    #[must_use]
    pub fn default_text(&self) -> Option<String> {
        (!self.is_required()).then(|| self.default.to_string())
    }
}

impl fmt::Display for DefaultValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Required => f.write_str("required"),
            Self::Absent => f.write_str("none"),
            Self::Same(word) | Self::Word(word) => f.write_str(word),
            Self::Int(n) => write!(f, "{n}"),
            Self::Float(x) => {
                let (plain, scientific) = (format!("{x:?}"), format!("{x:e}"));
                f.write_str(if scientific.len() < plain.len() { &scientific } else { &plain })
            }
            Self::Bool(b) => write!(f, "{b}"),
        }
    }
}

/// A parameter that must be given.
pub(super) const fn required(name: &'static str, kind: ParamKind, doc: &'static str) -> ParamInfo {
    ParamInfo { name, kind, default: DefaultValue::Required, doc }
}

/// A parameter with a default.
pub(super) const fn optional(name: &'static str, kind: ParamKind, default: DefaultValue, doc: &'static str) -> ParamInfo {
    ParamInfo { name, kind, default, doc }
}

/// What a builder makes: one operation, or several results (`split`).
#[derive(Debug, Clone, PartialEq)]
pub enum Built {
    /// One node.
    One(Op),
    /// One node a result.
    Pieces(Vec<Op>),
}

/// How an operation's output comes about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Output {
    /// It is written anew for each image.
    Computed,
    /// It is the input by another name: no bytes move, and the two can share their memory.
    View,
    /// It is kept with the network and the same for each image: no tensor is read and no activation written.
    Stored,
}

/// Makes an operation from its arguments for inputs of these shapes.
pub(super) type Build = fn(&Reader<'_>, &[Shape]) -> Result<Built, BuildError>;

/// One operation of the language.
#[derive(Debug)]
pub struct OpInfo {
    /// The word that calls it.
    pub keyword: &'static str,
    /// "convolution", "dense", "normalisation", "activation", "pooling", "joining", "arithmetic", "source", "shape".
    pub family: &'static str,
    /// One line: what it computes.
    pub summary: &'static str,
    /// Parameters in order.
    pub params: &'static [ParamInfo],
    /// Least and most tensor inputs.
    pub inputs: (usize, Option<usize>),
    /// How its output comes about.
    pub output: Output,
    /// Shapes: "[C, H, W] -> [out, H', W']".
    pub shapes: &'static str,
    /// The ONNX operator of the same meaning.
    pub onnx: &'static str,
    pub(super) build: Build,
}

impl OpInfo {
    /// Makes the operation from its arguments, in the order of its parameters, for inputs of these shapes.
    ///
    /// # Errors
    /// The argument at fault, or why the inputs do not fit.
    pub fn build(&self, args: Args<'_>, inputs: &[Shape]) -> Result<Built, BuildError> {
        (self.build)(&Reader::new(self.params, args), inputs)
    }

    /// Its parameters with their defaults: "out, k=1, stride=1".
    #[must_use]
    pub fn signature(&self) -> String {
        let written =
            |p: &ParamInfo| p.default_text().map_or_else(|| p.name.to_owned(), |default| format!("{}={default}", p.name));
        self.params.iter().map(written).collect::<Vec<_>>().join(", ")
    }
}

/// All operations, by family.
pub static OPS: &[OpInfo] = &[
    conv::CONV,
    conv::DWCONV,
    conv_transpose::CONV_TRANSPOSE,
    dense::LINEAR,
    matmul::MATMUL,
    norm::BN,
    norm::GROUP_NORM,
    layer_norm::LAYER_NORM,
    norm::INSTANCE_NORM,
    norm::LRN,
    scale::SCALE,
    activation::RELU,
    activation::RELU6,
    activation::THRESHOLDED_RELU,
    activation::LEAKY_RELU,
    activation::PRELU,
    activation::ELU,
    activation::SELU,
    activation::CELU,
    activation::SIGMOID,
    activation::HARD_SIGMOID,
    activation::SILU,
    activation::HARD_SWISH,
    activation::GELU,
    activation::TANH,
    activation::SOFTPLUS,
    activation::SOFTSIGN,
    activation::MISH,
    activation::SOFTMAX,
    activation::LOG_SOFTMAX,
    pass::DROPOUT,
    pool::MAXPOOL,
    pool::AVGPOOL,
    pool::GLOBAL_AVGPOOL,
    pool::GLOBAL_MAXPOOL,
    adaptive_pool::ADAPTIVE_AVGPOOL,
    adaptive_pool::ADAPTIVE_MAXPOOL,
    reduce::MEAN,
    reduce::SUM,
    reduce::AMAX,
    reduce::AMIN,
    reduce::PROD,
    reduce::L1,
    reduce::L2,
    merge::CONCAT,
    slice::SPLIT,
    slice::SLICE,
    gather::GATHER,
    merge::ADD,
    merge::MUL,
    merge::SUB,
    merge::DIV,
    merge::POW,
    merge::MAX,
    merge::MIN,
    unary::SQRT,
    unary::EXP,
    unary::LOG,
    unary::ABS,
    unary::NEG,
    unary::SIGN,
    unary::FLOOR,
    unary::CEIL,
    unary::ROUND,
    unary::RECIPROCAL,
    unary::ERF,
    unary::SIN,
    unary::COS,
    unary::CLAMP,
    source::PARAM,
    source::CONSTANT,
    reshape::FLATTEN,
    reshape::RESHAPE,
    reshape::SQUEEZE,
    reshape::UNSQUEEZE,
    repeat::EXPAND,
    repeat::REPEAT,
    reshape::TRANSPOSE,
    pad::PAD,
    resize::UPSAMPLE,
    space::DEPTH_TO_SPACE,
    space::SPACE_TO_DEPTH,
    space::CHANNEL_SHUFFLE,
    pass::IDENTITY,
];

/// Indices into [`OPS`] by ascending keyword, made when the compiler is compiled.
static BY_KEYWORD: [usize; OPS.len()] = sorted();

const fn sorted() -> [usize; OPS.len()] {
    let mut order = [0; OPS.len()];
    let mut taken = 0;
    while taken < order.len() {
        let mut at = taken;
        while at > 0 && less(OPS[taken].keyword.as_bytes(), OPS[order[at - 1]].keyword.as_bytes()) {
            order[at] = order[at - 1];
            at -= 1;
        }
        order[at] = taken;
        taken += 1;
    }
    order
}

const fn less(a: &[u8], b: &[u8]) -> bool {
    let mut i = 0;
    while i < a.len() && i < b.len() {
        if a[i] != b[i] {
            return a[i] < b[i];
        }
        i += 1;
    }
    a.len() < b.len()
}

/// The operation of a keyword.
#[must_use]
pub fn find(keyword: &str) -> Option<&'static OpInfo> {
    BY_KEYWORD.binary_search_by(|i| OPS[*i].keyword.cmp(keyword)).ok().map(|at| &OPS[BY_KEYWORD[at]])
}

/// The arguments that differ from their defaults, for printing the operation as `.net`; in the order of its parameters.
///
/// A `split` prints as its slices; an input and arithmetic with a constant are not calls and have none.
#[must_use]
pub fn printed_args(op: &Op) -> Vec<(&'static str, ArgValue)> {
    if find(op.keyword()).is_some() { arguments(op) } else { Vec::new() }
}

/// Refuses an operation that no call makes of inputs of these shapes, so that no network of the language holds it.
///
/// # Errors
/// The rule that it breaks, as a clause.
pub fn check_call(op: &Op, inputs: &[Shape]) -> Result<(), String> {
    if let Op::Scalar(scalar) = op {
        return if scalar.value.is_finite() { Ok(()) } else { Err(format!("{} is no number of the language", scalar.value)) };
    }
    let Some(info) = find(op.keyword()) else { return Ok(()) };
    let written = arguments(op);
    let given = |param: &ParamInfo| written.iter().find(|(name, _)| *name == param.name).map(|(_, value)| value.clone());
    let args: Vec<Option<ArgValue>> = info.params.iter().map(given).collect();
    match info.build(&args, inputs) {
        Ok(Built::One(made)) if made == *op => Ok(()),
        Ok(Built::One(_) | Built::Pieces(_)) => Err("no call of it is the same".to_owned()),
        Err(BuildError::Argument { message, .. }) => Err(message),
        Err(BuildError::ShapeError(_)) => Err("its inputs do not fit".to_owned()),
    }
}

/// Every argument with its value, in the order of the parameters: where it is not given, its default; `None` where that is to
/// have none. What is not a call has no arguments.
#[must_use]
pub fn all_args(op: &Op) -> Vec<(&'static str, Option<ArgValue>)> {
    let Some(info) = find(op.keyword()) else { return Vec::new() };
    let written = arguments(op);
    let given = |name: &str| written.iter().find(|(other, _)| *other == name).map(|(_, value)| value.clone());
    let default = |param: &ParamInfo| match param.default {
        DefaultValue::Required | DefaultValue::Absent => None,
        DefaultValue::Same(other) => given(other),
        DefaultValue::Int(n) => Some(ArgValue::Int(n)),
        DefaultValue::Float(x) => Some(ArgValue::Float(x)),
        DefaultValue::Bool(b) => Some(ArgValue::Bool(b)),
        DefaultValue::Word(word) => Some(ArgValue::from(word)),
    };
    info.params.iter().map(|param| (param.name, given(param.name).or_else(|| default(param)))).collect()
}

/// Every attribute of an operation that differs from its default.
pub(super) fn arguments(op: &Op) -> Vec<(&'static str, ArgValue)> {
    op.payload().arguments(Printed::of(op.info().params)).done()
}
