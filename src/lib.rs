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
//!   [`foreign`], [`words`], [`units`], [`visible`], [`yaml`]: plain data and small tools
//! - [`syntax`]: text to tree and back · [`op`]: what each operation means
//! - [`graph`]: the network as a directed acyclic graph
//! - [`lower`]: tree to graph · [`shape`]: a graph whose every node has a shape
//! - [`flow`]: how data flows through it: readers, lifetimes, reachability, what fuses
//! - [`outline`]: blocks and loops found in a flat graph
//! - [`analysis`]: numbers · [`rewrite`]: bottlenecks and exact passes · [`weights`]: tensors by name
//! - [`interchange`]: safetensors, npy, images · [`exec`]: prepare, then run · [`writeback`]: edits on the source
//! - [`pytorch`]: the network as a Python module
//! - [`mod@compile`]: the pipeline · [`mod@optimize`]: passes and plan, written into the source
//! - [`report`]: documents · [`render`]: diagnostics as text
//! - [`cli`]: the command line, the only room that reads files and prints
//!
//! What a change touches:
//!
//! | what is new | files |
//! |---|---|
//! | an operation | its family in `op/` (payload, row, `impl Payload`), `OPS` in `op/table.rs`, the variant in `op/mod.rs` (an activation: in `op/activation.rs`), its kernel in `exec/reference/`, the matches that the compiler lists, and the lists that tests hold to the table: `op/tests.rs`, `tests/kernels/`, the two grammars; step by step in `grammar/adding-an-operation.md` |
//! | an exact pass | first look whether an arm of `rewrite/identity.rs` says it; else a file in `rewrite/` that copies through `Rebuild`, and in `rewrite/mod.rs` its `mod`, its variant of `Pass` and its row of `PASSES`; its line in `grammar/passes.md` and in the list of `grammar/codes/PW0603.md`; a test in `tests/rewrite/main.rs` that runs both graphs |
//! | a way that tensors come about | in `rewrite/sources.rs` a variant of [`TensorSource`](rewrite::TensorSource) with what it is made of and whether it is trained anew, in `rewrite/apply.rs` its arithmetic, and the pass that names it; a test in `tests/rewrite/weights.rs` |
//! | a kernel of the reference | its family in `exec/reference/` with the scratch memory it takes: sums in f64 and in the same order, MACs and scratch counted as they are done; cases in `tests/kernels/` and, for scratch, `tests/exec.rs` |
//! | an engine | a file in `exec/` that implements [`exec::Plan`] and [`exec::Engine`]; in `exec/engine.rs` its variant of [`exec::EngineKind`], which the command line lists, with its name and what makes its plan; the kernel tests on both |
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
pub mod outline;
pub mod pytorch;
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
pub mod units;
pub mod visible;
pub mod weights;
pub mod words;
pub mod writeback;
pub mod yaml;

pub use analysis::{Analysis, analyze};
pub use compile::{Compiled, Settings, compile};
pub use diagnostic::Diagnostic;
pub use graph::Graph;
pub use op::{Op, Shape};
pub use optimize::optimize;
pub use shape::{Shaped, infer};
pub use tensor::Tensor;
pub use weights::Weights;
