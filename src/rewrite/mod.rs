//! Rewrites: bottlenecks that make a network cheaper, and exact passes that leave what it computes as it is.
//!
//! In: `&Shaped`. Out: a [`Rewrite`]: a bare [`Graph`], what changed, and where its tensors come from; the input is untouched,
//! and only `infer` makes a result shaped again, so no rewrite escapes verification. Rewrites see no weights: [`apply()`] makes
//! those of the new network, for any number of rewrites at once. Nothing here reads files, prints, or runs a network.
//!
//! | what | module |
//! |---|---|
//! | forms, who can take them, what they cost | [`forms`] [`price`] [`counts`] |
//! | putting one in, telling it again | [`neighbour`] [`chain`] [`insert`] [`refined`] |
//! | where a layer stands, and how wrong a form is thought to be | [`place`] [`model`] |
//! | deciding | [`config`] [`budget`] → [`bottleneck`]: [`survey`] → [`totals`] `entries` [`candidates`] [`widths`] → `search` [`allocate`] [`knapsack`] → `changes` `uniform` → [`plan`] [`advice`] |
//! | other widths, and what must stay equally wide | [`scale`](mod@scale) [`channels`] [`regions`] |
//! | layers by path | [`path`] |
//! | weights | [`sources`] → [`mod@apply`] |
//! | exact passes | [`fold_norm`] [`merge_conv`] [`dead`] [`duplicate`] [`identity`] |

pub mod advice;
pub mod allocate;
pub mod apply;
pub mod bottleneck;
pub mod budget;
pub mod candidates;
pub mod chain;
mod changes;
pub mod channels;
pub mod config;
pub mod counts;
pub mod dead;
pub mod duplicate;
mod entries;
pub mod fold_norm;
pub mod forms;
pub mod identity;
pub mod insert;
pub mod knapsack;
pub mod live;
pub mod merge_conv;
pub mod model;
pub mod neighbour;
pub mod path;
pub mod place;
pub mod plan;
pub mod price;
mod rebuild;
pub mod refined;
pub mod regions;
pub mod scale;
mod search;
pub mod sources;
pub mod survey;
mod task;
pub mod totals;
mod uniform;
pub mod widths;

pub use crate::op::form::{Between, Form, How, Kind, Refinement, Scale};
pub use apply::{Carried, apply};
pub use bottleneck::{Refined, bottlenecks};
pub use budget::{Budget, Limit, Quantity};
pub use config::Config;
pub use forms::Refusal;
pub use insert::{Request, refine};
pub use model::{ErrorModel, KeptShares};
pub use plan::{BudgetUnreachable, OptimizeError, Plan};
pub use sources::{Sources, TensorSource};

use crate::graph::{Graph, LayerPath};
use crate::shape::{Shaped, infer};

/// A new graph, what was changed, and where its tensors come from.
#[derive(Debug, Clone)]
pub struct Rewrite {
    /// The graph, not yet shaped.
    pub graph: Graph,
    /// What changed, in order of execution.
    pub changes: Vec<Change>,
    /// Where the tensors of the new graph come from.
    pub sources: Sources,
}

impl Rewrite {
    /// A rewrite that makes no tensors.
    fn new(graph: Graph, changes: Vec<Change>) -> Self {
        Self { graph, changes, sources: Sources::default() }
    }
}

/// One change of a pass.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The pass: "fold-norm".
    pub pass: &'static str,
    /// The layers that it concerns, by name before the pass.
    pub layers: Vec<String>,
    /// Whether outputs stay as they were, up to rounding.
    pub exact: bool,
    /// Why, or what it does; a clause.
    pub note: String,
}

impl Change {
    fn exact<const N: usize>(pass: &'static str, layers: [&LayerPath; N], note: impl Into<String>) -> Self {
        Self { pass, layers: layers.into_iter().map(LayerPath::to_string).collect(), exact: true, note: note.into() }
    }
}

/// A pass, by name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Pass {
    /// Inserts bottlenecks.
    Bottleneck,
    /// Folds batch normalisation.
    FoldNorm,
    /// Merges consecutive linear convolutions.
    MergeConv,
    /// Removes what no output needs.
    Dead,
    /// Computes once what is computed twice.
    Duplicate,
    /// Removes identities.
    Identity,
}

/// An exact pass as a function.
pub type ExactPass = fn(&Shaped) -> Rewrite;

/// One row of [`PASSES`].
#[derive(Debug, Clone, Copy)]
pub struct PassInfo {
    /// The pass.
    pub pass: Pass,
    /// As `passes.yaml` calls it.
    pub name: &'static str,
    /// One line: what it does.
    pub doc: &'static str,
    /// The function of an exact pass; `None` for [`Pass::Bottleneck`], which is lossy and needs a plan.
    pub run: Option<ExactPass>,
}

/// All passes: what `passes.yaml` may name; a test holds `grammar/passes.md` to it.
pub static PASSES: &[PassInfo] = &[
    PassInfo {
        pass: Pass::Bottleneck,
        name: "bottleneck",
        doc: "puts 1x1 bottlenecks where they save, within the budgets",
        run: None,
    },
    PassInfo {
        pass: Pass::Identity,
        name: "identity",
        doc: "removes what passes its input on: dropout, 1x1 windows, reshapes to the same shape, + 0, * 1",
        run: Some(identity::run),
    },
    PassInfo { pass: Pass::Duplicate, name: "duplicate", doc: "computes once what is computed twice", run: Some(duplicate::run) },
    PassInfo { pass: Pass::Dead, name: "dead", doc: "removes what no output needs", run: Some(dead::run) },
    PassInfo {
        pass: Pass::FoldNorm,
        name: "fold-norm",
        doc: "folds batch normalisation into the convolution or linear layer before it",
        run: Some(fold_norm::run),
    },
    PassInfo {
        pass: Pass::MergeConv,
        name: "merge-conv",
        doc: "merges convolutions and linear layers with nothing between, where one costs no more than two",
        run: Some(merge_conv::run),
    },
];

impl Pass {
    /// The row of the table.
    ///
    /// # Panics
    /// Never: a test holds that every pass has a row.
    #[must_use]
    pub fn info(self) -> &'static PassInfo {
        PASSES.iter().find(|info| info.pass == self).expect("every pass has a row")
    }
}

/// Runs the exact passes of a list, in order; [`Pass::Bottleneck`] is left to [`bottlenecks`]. The sources are those of all
/// passes together.
#[must_use]
pub fn run_passes(shaped: &Shaped, passes: &[Pass]) -> (Shaped, Sources, Vec<Change>) {
    let mut shaped = shaped.clone();
    let (mut sources, mut changes) = (Sources::default(), Vec::new());
    for run in passes.iter().filter_map(|pass| pass.info().run) {
        let rewrite = run(&shaped);
        changes.extend(rewrite.changes);
        sources.extend(rewrite.sources);
        shaped = reinfer(rewrite.graph);
    }
    (shaped, sources, changes)
}

/// Shapes a rewritten graph again.
///
/// # Panics
/// If the rewrite broke the graph, which is a fault of the rewrite and not of the input.
fn reinfer(graph: Graph) -> Shaped {
    match infer(graph) {
        Ok(shaped) => shaped,
        Err(unfit) => panic!("a rewrite broke the graph: {unfit}"),
    }
}
