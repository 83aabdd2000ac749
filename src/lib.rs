//! Pointwise: a compiler and static analyzer for convolutional networks.
//!
//! ```text
//! Source ─parse→ Ast ─lower→ Graph ─infer→ Shaped ─┬─ analyze → Analysis → report → table | json | yaml | csv | md | html
//!  text           spans,      nodes +     + shape   ├─ rewrite → Graph ─infer→ Shaped, Sources ─apply(weights)→ weights
//!                 no meaning  origin      of every  └─ prepare(weights) → Prepared ─run(inputs)→ outputs, times
//!                                         node      optimize: rewrite → Plan ─writeback→ text ─compile→ Shaped
//!  all failures: Diagnostics (plain data) → terminal | json | sarif | github
//! ```
//!
//! [`compile::compile`] is the pipeline, readable from top to bottom; [`optimize::optimize`] goes round it once more. Rooms,
//! lowest first; none imports a higher one:
//!
//! - [`source`], [`diagnostic`], [`code`], [`tensor`], [`metric`], [`digits`], [`quote`], [`random`], [`suggest`],
//!   [`foreign`], [`words`]: plain data and small tools
//! - [`syntax`]: text to tree and back · [`op`]: what each operation means
//! - [`graph`]: the network as a directed acyclic graph
//! - [`lower`]: tree to graph · [`shape`]: a graph whose every node has a shape
//! - [`flow`]: how data flows through it: readers, lifetimes, reachability, what fuses
//! - [`analysis`]: numbers · [`rewrite`]: bottlenecks and exact passes · [`weights`]: tensors by name
//! - [`interchange`]: safetensors, npy, images · [`exec`]: prepare, then run · [`writeback`]: edits on the source
//! - [`mod@compile`]: the pipeline · [`mod@optimize`]: passes and plan, written into the source
//! - [`report`]: documents · [`render`]: diagnostics as text
//! - [`cli`]: the command line, the only room that reads files and prints
//!
//! What a change touches:
//!
//! | what is new | files |
//! |---|---|
//! | an operation | its family in `op/` (payload, row, `impl Payload`), `OPS` in `op/table.rs`, the variant in `op/mod.rs`, its kernel in `exec/reference/`, and the matches that the compiler lists; step by step in `grammar/adding-an-operation.md` |
//! | a pass | a file in `rewrite/` and its row of `PASSES` in `rewrite/mod.rs`; a test in `tests/rewrite.rs` runs both graphs |
//! | a way that tensors come about | a variant of [`TensorSource`](rewrite::TensorSource) in `rewrite/sources.rs`, its arithmetic in `rewrite/apply.rs`, and the pass that names it |
//! | a kernel | the reference: its family in `exec/reference/`, with the scratch memory it takes; another engine: what implements [`exec::Engine`], which [`exec::prepare`] makes once and [`exec::Prepared::run`] runs many times |
//! | a word of the language | [`words`], `syntax/token.rs`, the parser and `syntax/ast.rs`, the formatter, [`lower`], and the three files of `grammar/` |
pub mod analysis;
pub mod cli;
pub mod code;
pub mod compile;
pub mod diagnostic;
pub mod digits;
pub mod exec;
pub mod flow;
pub mod foreign;
pub mod graph;
pub mod interchange;
pub mod lower;
pub mod metric;
pub mod op;
pub mod optimize;
pub mod quote;
pub mod random;
pub mod render;
pub mod report;
pub mod rewrite;
pub mod shape;
pub mod source;
pub mod suggest;
pub mod syntax;
pub mod tensor;
pub mod weights;
pub mod words;
pub mod writeback;

pub use analysis::{Analysis, analyze};
pub use compile::{Compiled, Settings, compile};
pub use diagnostic::Diagnostic;
pub use graph::Graph;
pub use op::{Op, Shape};
pub use optimize::optimize;
pub use shape::{Shaped, infer};
pub use tensor::Tensor;
pub use weights::Weights;
