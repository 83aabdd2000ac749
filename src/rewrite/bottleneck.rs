//! Decides which layers get which bottleneck, and makes the network that has them.
//!
//! In: a shaped network, a [`Config`] and a target. Out: the new network with its [`Plan`], or the reason why there is none.
//! Exact passes are not run here: see [`run_passes`](super::run_passes).

use std::collections::BTreeSet;

use super::candidates::{Context, LEAST_SHARE, Prices};
use super::config::Config;
use super::entries::{Live, limit_peak};
use super::live::{around, lifetimes};
use super::model::{ErrorModel, KeptShares};
use super::place::places;
use super::plan::{BudgetUnreachable, OptimizeError, Plan, Proof};
use super::price::Clock;
use super::scale::uniform;
use super::search::{Search, saves};
use super::sources::Sources;
use super::survey::{Freedom, survey};
use super::task::Task;
use super::totals::sums;
use crate::analysis::roofline::Cores;
use crate::analysis::target::Target;
use crate::shape::Shaped;

/// A network with bottlenecks, and what was decided.
#[derive(Debug, Clone)]
pub struct Refined {
    /// The new network.
    pub shaped: Shaped,
    /// Where its tensors come from.
    pub sources: Sources,
    /// The decision.
    pub plan: Plan,
}

/// Inserts bottlenecks as the configuration asks, with [`KeptShares`] as error model and all of the target's cores.
///
/// # Errors
/// A budget cannot be met, or a rule or mark cannot be followed. That no layer can be changed as asked is no error: see
/// [`Plan::nothing_to_do`].
pub fn bottlenecks(shaped: &Shaped, config: &Config, target: &Target) -> Result<Refined, OptimizeError> {
    bottlenecks_with(shaped, config, target, &KeptShares)
}

/// As [`bottlenecks`], with another error model.
///
/// # Errors
/// As [`bottlenecks`].
pub fn bottlenecks_with(
    shaped: &Shaped,
    config: &Config,
    target: &Target,
    model: &dyn ErrorModel,
) -> Result<Refined, OptimizeError> {
    let (before, analysis) = sums(shaped, target)?;
    let task = Task { shaped, config, target, model, before, analysis: &analysis };
    if config.uniform {
        return task.at_one_width(&places(shaped, &analysis));
    }
    let miss = match task.plan(Freedom::Sane) {
        Err(OptimizeError::Unreachable(miss)) => miss,
        done => return done,
    };
    match task.plan(Freedom::EveryForm) {
        Err(OptimizeError::Unreachable(last)) => {
            Err(OptimizeError::Unreachable(Box::new(task.beyond(if last.least < miss.least { *last } else { *miss })?)))
        }
        done => done,
    }
}

impl Task<'_> {
    /// The best plan with such freedom.
    fn plan(&self, freedom: Freedom) -> Result<Refined, OptimizeError> {
        let survey = survey(self.shaped, self.config, freedom)?;
        let (limits, limited) = (self.limits(), self.limited());
        let places = places(self.shaped, self.analysis);
        let saves = saves(&limited);
        let context = Context {
            shaped: self.shaped,
            clock: Clock::new(self.target, Cores::All, self.analysis),
            model: self.model,
            places: &places,
            limited: &limited,
            saves: &saves,
            block: self.block(),
        };
        let life = lifetimes(self.shaped, self.target.fuses);
        let around = around(self.shaped, &life);
        let live = Live { life: &life, around: &around };
        let mut prices = Prices::default();
        let mut choices = self.choices(&context, (survey, freedom), (&live, &mut prices));
        limit_peak(self.shaped, &mut choices.entries, &limits, &around)?;
        let mut search = Search { task: *self, limits, entries: choices.entries, dropped: BTreeSet::new() };
        let decided = search.decide((&context, &mut prices))?;
        let planned = search.finish(decided, choices.refused, (&context, &mut prices));
        let Some((uniform, told)) = self.uniform(&planned.plan, &places)? else { return Ok(planned) };
        if self.may_be_uniform() && told.error < planned.plan.error {
            let narrower = self.narrower(uniform, &places);
            let bound = planned.plan.bound.min(told.error);
            return Ok(Refined { plan: Plan { bound, floors: planned.plan.floors, ..narrower.plan }, ..narrower });
        }
        Ok(Refined { plan: Plan { uniform: Some(told), ..planned.plan }, ..planned })
    }

    /// What is to be said of budgets that no plan meets: whether the floors are in the way, which lower floor is not, and
    /// whether the whole network can be narrower instead.
    fn beyond(&self, miss: BudgetUnreachable) -> Result<BudgetUnreachable, OptimizeError> {
        let floor = self.config.ratio.unwrap_or(LEAST_SHARE);
        let with = |ratio: u64, channels: Option<u64>| {
            let config = Config { ratio: Some(ratio), channels, ..self.config.clone() };
            Task { config: &config, ..*self }.plan(Freedom::EveryForm)
        };
        let ratios = (0..).map(|i| floor.saturating_mul(2 << i)).take_while(|ratio| *ratio <= MOST_RATIO);
        let reached = ratios.into_iter().find(|ratio| with(*ratio, None).is_ok());
        // Without any floor: a single channel will do.
        let proof = if let (None, Err(OptimizeError::Unreachable(last))) = (reached, with(u64::MAX, Some(1))) {
            last.proof
        } else {
            let narrower = [4, 2, 1].into_iter().find(|channels| reached.is_none() && with(floor, Some(*channels)).is_ok());
            Proof::Floor { ratio: floor, channels: self.config.channels, reached, narrower }
        };
        let uniform = uniform(self.shaped, &self.limits(), (self.block(), self.target))?.map(|found| found.scale.share());
        Ok(BudgetUnreachable { proof, uniform, fused: self.before.fused, ..miss })
    }
}

/// The largest ratio that is suggested.
const MOST_RATIO: u64 = 1 << 10;
