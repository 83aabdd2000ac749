//! What a network costs in all, as budgets and plans see it.
//!
//! In: a shaped network, a target, and what a budget on MACs counts. Out: [`Sums`], with the analysis that they are from.

use super::plan::{OptimizeError, Sums};
use super::price::Price;
use crate::analysis::roofline::{Cores, predict};
use crate::analysis::target::Target;
use crate::analysis::{Analysis, Convention, Options, analyze};
use crate::graph::NodeId;
use crate::shape::Shaped;

/// What networks are measured by.
#[derive(Debug, Clone, Copy)]
pub struct Meter<'a> {
    /// The machine that time is predicted for.
    pub target: &'a Target,
    /// What a budget on MACs counts.
    pub convention: Convention,
}

impl Meter<'_> {
    /// Totals of a network, for one image on all cores of the target.
    ///
    /// # Errors
    /// A count exceeds 64 bits.
    pub fn sums(&self, shaped: &Shaped) -> Result<(Sums, Analysis), OptimizeError> {
        let layer = |id: NodeId| shaped.graph().node(id).name.to_string();
        let analysis = analyze(shaped, &counting(self.convention))
            .map_err(|overflow| OptimizeError::Overflow { layer: layer(overflow.node) })?;
        let ms = predict(&analysis, shaped, self.target, Cores::All).total_ms;
        let (fused, totals) = (self.target.fuses, &analysis.totals);
        let price = Price { macs: totals.work.macs, counted: totals.macs, flops: totals.flops, params: totals.params, ms };
        let peak = if fused { totals.fused_peak_activation_bytes } else { totals.peak_activation_bytes };
        Ok((Sums { price, peak, fused, convention: self.convention }, analysis))
    }
}

/// One image, MACs counted as a convention has them.
pub(super) fn counting(convention: Convention) -> Options {
    Options { convention, ..Options::default() }
}
