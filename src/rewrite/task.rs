//! What is asked of a network, in the words of the search.
//!
//! In: a shaped network, a [`Config`] and a target. Out: what everything that decides has in common. Nothing is decided here.

use super::budget::{Budget, Quantity};
use super::candidates::{LEAST_CHANNELS, LEAST_SHARE};
use super::config::Config;
use super::model::ErrorModel;
use super::plan::{Floors, Sums};
use super::totals::Meter;
use crate::analysis::Analysis;
use crate::analysis::target::Target;
use crate::shape::Shaped;

/// What is to be decided.
#[derive(Clone, Copy)]
pub(super) struct Task<'a> {
    pub shaped: &'a Shaped,
    pub config: &'a Config,
    pub target: &'a Target,
    pub model: &'a dyn ErrorModel,
    pub before: Sums,
    pub analysis: &'a Analysis,
}

impl Task<'_> {
    /// Whether the whole network may be given one width: a budget asks, and nothing is said of forms or of single layers.
    pub(super) fn may_be_uniform(&self) -> bool {
        let config = self.config;
        // What is kept keeps its channels.
        let is_open = config.form.is_none() && config.channels.is_none() && config.ratio.is_none() && config.rules.is_empty();
        is_open && !config.budgets.is_empty() && !self.is_marked()
    }

    /// Whether a mark asks for a bottleneck somewhere.
    pub(super) fn is_marked(&self) -> bool {
        self.shaped.order().iter().any(|id| self.shaped.graph().node(*id).directives.bottleneck.is_some())
    }

    /// What the search does not go below.
    pub(super) fn floors(&self) -> Floors {
        let Config { ratio, channels, .. } = self.config;
        Floors { ratio: ratio.unwrap_or(LEAST_SHARE), channels: channels.unwrap_or(LEAST_CHANNELS), align: self.block() }
    }

    /// Each budget with the most that it allows.
    pub(super) fn limits(&self) -> Vec<(Budget, f64)> {
        self.config.budgets.iter().map(|budget| (*budget, budget.most(self.before.of(budget.quantity)))).collect()
    }

    /// What is limited, in order.
    pub(super) fn limited(&self) -> Vec<Quantity> {
        let mut limited: Vec<_> = self.config.budgets.iter().map(|budget| budget.quantity).collect();
        limited.sort_unstable();
        limited.dedup();
        limited
    }

    /// What networks are measured by.
    pub(super) fn meter(&self) -> Meter<'_> {
        Meter { target: self.target, convention: self.config.counting() }
    }

    /// What widths are multiples of.
    pub(super) fn block(&self) -> u64 {
        self.config.align.unwrap_or(u64::from(self.target.simd_block))
    }
}
