//! What readers of formats that list layers share: what is wrong at which place of a text, and a graph that is built layer by
//! layer with its shapes.
//!
//! In: operations with the names of their layers. Out: a [`Listed`] network, or [`Problem`]s with their places.

use std::collections::HashMap;
use std::ops::Range;

use super::naming::identifier;
use crate::graph::{Graph, LayerPath, Node, NodeId};
use crate::op::{Op, Shape};

/// Layers that a file lists at most; the largest networks have some thousands.
pub(super) const MOST_LAYERS: usize = 20_000;

/// A network that was read.
#[derive(Debug, Clone)]
pub struct Listed {
    /// The network, for one image.
    pub graph: Graph,
    /// What of the file is not in it, a sentence each.
    pub notes: Vec<String>,
}

/// What kind of problem it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The text is not of its format, or contradicts itself.
    Malformed,
    /// It says what cannot be said here.
    Unsupported,
}

/// What is wrong with a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Its kind.
    pub kind: Kind,
    /// The bytes that it is about.
    pub at: Range<usize>,
    /// One clause.
    pub message: String,
    /// Advice.
    pub help: Option<String>,
}

impl Problem {
    pub(super) fn malformed(at: &Range<usize>, message: impl Into<String>) -> Self {
        Self { kind: Kind::Malformed, at: at.clone(), message: message.into(), help: None }
    }

    pub(super) fn unsupported(at: &Range<usize>, message: impl Into<String>) -> Self {
        Self { kind: Kind::Unsupported, at: at.clone(), message: message.into(), help: None }
    }

    pub(super) fn help(self, text: impl Into<String>) -> Self {
        Self { help: Some(text.into()), ..self }
    }
}

/// A graph that grows.
pub(super) struct Builder {
    graph: Graph,
    shapes: Vec<Shape>,
    /// The last number that was appended to the name of an output.
    numbers: HashMap<String, u64>,
}

impl Builder {
    /// An empty graph, called after a text.
    pub(super) fn new(name: &str) -> Self {
        Self { graph: Graph::new(identifier(name), None), shapes: Vec::new(), numbers: HashMap::new() }
    }

    /// Adds an operation; where its inputs do not fit it, the clause that says so.
    pub(super) fn add(&mut self, name: &str, op: Op, inputs: &[NodeId]) -> Result<NodeId, String> {
        let shapes: Vec<Shape> = inputs.iter().map(|id| self.shape(*id)).collect();
        let shape = op.infer(&shapes).map_err(|_| {
            let shapes: Vec<String> = shapes.iter().map(ToString::to_string).collect();
            format!("`{}` with these numbers does not take {}", op.keyword(), shapes.join(" and "))
        })?;
        let id = self.graph.add(Node::new(LayerPath::new(name), op, inputs.to_vec()));
        self.shapes.push(shape);
        Ok(id)
    }

    /// A network's input.
    pub(super) fn input(&mut self, name: &str, dims: &[u64]) -> Result<NodeId, String> {
        let shape = Shape::new(dims)
            .ok_or_else(|| format!("{dims:?} is no shape here: 1 to 6 dimensions, each from 1 to 2,147,483,647"))?;
        self.add(&identifier(name), Op::Input(shape), &[])
    }

    pub(super) fn shape(&self, id: NodeId) -> Shape {
        self.shapes[id.to_usize()]
    }

    pub(super) fn graph(&self) -> &Graph {
        &self.graph
    }

    /// A node as a vector.
    pub(super) fn flat(&mut self, name: &str, id: NodeId) -> Result<NodeId, String> {
        if self.shape(id).rank() == 1 { Ok(id) } else { self.add(&format!("{name}.flatten"), Op::Flatten, &[id]) }
    }

    /// Declares an output under a name that no other one has.
    pub(super) fn output(&mut self, name: &str, id: NodeId) {
        let name = identifier(name);
        let mut free = name.clone();
        // The last number of each name is kept, so that many like names take no longer than others.
        while self.graph.has_output(&free) {
            let number = self.numbers.entry(name.clone()).or_insert(1);
            *number += 1;
            free = format!("{name}_{number}");
        }
        self.graph.add_output(free, id);
    }

    pub(super) fn done(self, notes: Vec<String>) -> Listed {
        Listed { graph: self.graph, notes }
    }
}

/// Names that a note tells, the first ones of many.
pub(super) fn told<'n>(names: impl IntoIterator<Item = &'n String>) -> String {
    const MOST: usize = 6;
    let all: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    let more = if all.len() > MOST { format!(" and {} more", all.len() - MOST) } else { String::new() };
    format!("{}{more}", all[..all.len().min(MOST)].join(", "))
}
