//! What a network costs in all, as budgets and plans see it.
//!
//! In: a shaped network and a target. Out: [`Sums`], with the analysis that they are from.

use super::plan::{OptimizeError, Sums};
use super::price::Price;
use crate::analysis::roofline::{Cores, predict};
use crate::analysis::target::Target;
use crate::analysis::{Analysis, Options, analyze};
use crate::graph::NodeId;
use crate::shape::Shaped;

/// Totals of a network, for one image on all cores of a target.
///
/// # Errors
/// A count exceeds 64 bits.
pub fn sums(shaped: &Shaped, target: &Target) -> Result<(Sums, Analysis), OptimizeError> {
    let layer = |id: NodeId| shaped.graph().node(id).name.to_string();
    let analysis =
        analyze(shaped, &Options::default()).map_err(|overflow| OptimizeError::Overflow { layer: layer(overflow.node) })?;
    let ms = predict(&analysis, shaped, target, Cores::All).total_ms;
    let price = Price { macs: analysis.totals.macs, params: analysis.totals.params, ms };
    let (fused, totals) = (target.fuses, &analysis.totals);
    let peak = if fused { totals.fused_peak_activation_bytes } else { totals.peak_activation_bytes };
    Ok((Sums { price, peak, fused }, analysis))
}
