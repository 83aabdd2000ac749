//! Decides which layers get which bottleneck, and makes the network that has them.
//!
//! In: a shaped network, a [`Config`] and a target. Out: the new network with its [`Plan`], or the reason why there is none.
//! Exact passes are not run here: see [`run_passes`](super::run_passes).

use std::collections::BTreeSet;

use super::budget::Budget;
use super::candidates::{Context, LEAST_SHARE, Prices};
use super::config::Config;
use super::entries::{Live, limit_peak};
use super::forms::Refusal;
use super::live::{around, lifetimes};
use super::model::{ErrorModel, KeptShares};
use super::place::places;
use super::plan::{BudgetUnreachable, OptimizeError, Plan, Proof, Untouched};
use super::price::Clock;
use super::regions::regions;
use super::scale::uniform;
use super::search::{Search, saves};
use super::sources::Sources;
use super::survey::{Freedom, survey};
use super::task::Task;
use super::totals::Meter;
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
    let (before, analysis) = Meter { target, convention: config.counting() }.sums(shaped)?;
    for budget in &config.budgets {
        let (budget, before, convention) = (*budget, before.of(budget.quantity), before.convention);
        if budget.is_meant_as_share(before) {
            return Err(OptimizeError::Share { budget, before, convention });
        }
    }
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
        let saves = saves(&limited, freedom);
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
            return Ok(Refined { plan: Plan { by_parts: Some(planned.plan.error), ..narrower.plan }, ..narrower });
        }
        Ok(Refined { plan: Plan { uniform: Some(told), ..planned.plan }, ..planned })
    }

    /// Layers that might save, but are left alone by what was said or written before.
    fn reserved(&self) -> Result<Vec<Untouched>, OptimizeError> {
        let is_reserved = |why: &Refusal| matches!(why, Refusal::Refined | Refusal::Kept | Refusal::Shared { .. });
        let refused = survey(self.shaped, self.config, Freedom::EveryForm)?.refused.into_iter();
        let name = |id| self.shaped.graph().node(id).name.to_string();
        Ok(refused.filter(|(_, why)| is_reserved(why)).map(|(id, why)| Untouched { layer: name(id), why }).collect())
    }

    /// What is proven of forms is proven of all where nothing can be narrower as well: forms and narrower insides were not tried
    /// together.
    fn unless_narrower(&self, proof: Proof) -> Proof {
        if regions(self.shaped, &places(self.shaped, self.analysis)).is_empty() { proof } else { Proof::Open }
    }

    /// What is to be said of budgets that no plan meets: whether the floors are in the way, which lower floor is not, and
    /// whether the whole network can be narrower instead.
    fn beyond(&self, mut miss: BudgetUnreachable) -> Result<BudgetUnreachable, OptimizeError> {
        let Config { ratio, channels, align, .. } = *self.config;
        let floor = ratio.unwrap_or(LEAST_SHARE);
        let with = |ratio: u64, channels: Option<u64>, align: Option<u64>| {
            let config = Config { ratio: Some(ratio), channels, align, ..self.config.clone() };
            let task = Task { config: &config, ..*self };
            task.plan(Freedom::Sane).or_else(|_| task.plan(Freedom::EveryForm))
        };
        // A number of channels stands in for the ratio.
        let ratios = (0..).map(|i| floor.saturating_mul(2 << i)).take_while(|ratio| channels.is_none() && *ratio <= MOST_RATIO);
        let reached = ratios.into_iter().find(|ratio| with(*ratio, None, align).is_ok());
        let limit = if reached.is_none() { self.whatever_is_chosen(miss.budget)? } else { None };
        // Without any floor: a single channel will do, and any number of them.
        let below = || reached.is_some() || with(u64::MAX, Some(1), Some(1)).is_ok();
        let proof = match limit {
            Some((proof @ (Proof::Alone | Proof::Together), at)) => {
                miss.at = at.or(miss.at);
                proof
            }
            _ if below() => {
                let fewer = [4, 2, 1].into_iter().filter(|fewer| channels.is_none_or(|channels| *fewer < channels));
                let mut ways = fewer.flat_map(|fewer| [(fewer, false), (fewer, true)]);
                let is_way = |(fewer, any): &(u64, bool)| with(floor, Some(*fewer), if *any { Some(1) } else { align }).is_ok();
                let narrower = ways.find(|way| reached.is_none() && is_way(way));
                Proof::Floor { ratio: floor, channels, reached, narrower }
            }
            _ if self.is_met_by_number()? => Proof::Little { by_number: true },
            Some((proof, _)) => proof,
            None => Proof::Little { by_number: false },
        };
        // It takes no channels, and no rules.
        let may_ask = channels.is_none() && self.config.rules.is_empty();
        let uniform = uniform(self.shaped, &self.limits(), (self.block(), self.meter()))?.filter(|_| may_ask);
        let uniform = uniform.map(|found| found.scale.share());
        let is_partly_asked = !self.config.rules.is_empty() || self.is_marked();
        Ok(BudgetUnreachable { proof, uniform, is_partly_asked, fused: self.before.fused, untouched: self.reserved()?, ..miss })
    }

    /// What is known of a missed budget where not even every form of every layer with any rank, however little it saves, is
    /// known to meet it; with it, of a peak, the layer at which that is proven.
    fn whatever_is_chosen(&self, missed: Budget) -> Result<Option<(Proof, Option<String>)>, OptimizeError> {
        let config = Config { ratio: Some(u64::MAX), channels: Some(1), align: Some(1), form: None, ..self.config.clone() };
        match (Task { config: &config, ..*self }).plan(Freedom::Anything) {
            Ok(_) => Ok(None),
            // Where another one is out of reach, all of them together are.
            Err(OptimizeError::Unreachable(last)) if last.proof == Proof::Alone && last.budget != missed => {
                Ok(Some((self.unless_narrower(Proof::Together), None)))
            }
            Err(OptimizeError::Unreachable(last)) => Ok(Some((self.unless_narrower(last.proof), last.at))),
            Err(other) => Err(other),
        }
    }

    /// Whether `--channels 1` instead of the budgets meets them all.
    fn is_met_by_number(&self) -> Result<bool, OptimizeError> {
        let config = Config { budgets: Vec::new(), ratio: None, channels: Some(1), ..self.config.clone() };
        let after = (Task { config: &config, ..*self }).plan(Freedom::Sane)?.plan.after;
        Ok(self.limits().iter().all(|(budget, most)| after.of(budget.quantity) <= *most))
    }
}

/// The largest ratio that is suggested.
const MOST_RATIO: u64 = 1 << 10;
