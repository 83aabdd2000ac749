//! The table of operations: keywords, parameters, documentation and builders.
//!
//! Help, reference, completion, name resolution and tests derive from [`OPS`].

use super::args::{ArgValue, Args, BuildError};
use super::shape::Shape;
use super::{Misfit, Op, WeightSpec, Window, Work};

/// A parameter of an operation.
#[derive(Debug, Clone, Copy)]
pub struct ParamInfo {
    /// Its name.
    pub name: &'static str,
    /// What it takes: "integer or [h, w]".
    pub kind: &'static str,
    /// Its default as written in the language; `None` where it must be given.
    pub default: Option<&'static str>,
    /// One line: what it means.
    pub doc: &'static str,
}

/// What a builder makes: one operation, or several results (`split`).
#[derive(Debug, Clone, PartialEq)]
pub enum Built {
    /// One node.
    One(Op),
    /// One node a result.
    Pieces(Vec<Op>),
}

/// One operation of the language.
#[derive(Debug)]
pub struct OpInfo {
    /// The word that calls it.
    pub keyword: &'static str,
    /// "convolution", "normalisation", "activation", "pooling", "joining", "shape".
    pub family: &'static str,
    /// One line: what it computes.
    pub summary: &'static str,
    /// Parameters in order.
    pub params: &'static [ParamInfo],
    /// Least and most tensor inputs.
    pub inputs: (usize, Option<usize>),
    /// Shapes: "[C, H, W] -> [out, H', W']".
    pub shapes: &'static str,
    /// The ONNX operator of the same meaning.
    pub onnx: &'static str,
    /// Makes the operation from its arguments for inputs of these shapes.
    pub build: fn(Args<'_>, &[Shape]) -> Result<Built, BuildError>,
}

/// All operations, by family.
pub static OPS: &[OpInfo] = &[];

/// The operation of a keyword.
#[must_use]
pub fn find(keyword: &str) -> Option<&'static OpInfo> {
    OPS.iter().find(|op| op.keyword == keyword)
}

pub(super) fn keyword(_op: &Op) -> &'static str {
    todo!()
}

pub(super) fn arity(_op: &Op) -> (usize, Option<usize>) {
    todo!()
}

pub(super) fn infer(_op: &Op, _inputs: &[Shape]) -> Result<Shape, Misfit> {
    todo!()
}

pub(super) fn weights(_op: &Op, _inputs: &[Shape]) -> Vec<WeightSpec> {
    todo!()
}

pub(super) fn work(_op: &Op, _inputs: &[Shape], _output: Shape) -> Result<Work, Misfit> {
    todo!()
}

pub(super) fn window(_op: &Op, _inputs: &[Shape]) -> Window {
    todo!()
}

/// The arguments that differ from their defaults, for printing the operation as `.net`; in the order of its parameters.
#[must_use]
pub fn printed_args(_op: &Op) -> Vec<(&'static str, ArgValue)> {
    todo!()
}
