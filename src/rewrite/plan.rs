//! What the optimizer decided, and why: plain data for reports and for the edit of the source.

use std::fmt;

use super::budget::{Budget, Quantity};
use super::candidates::{LEAST_CHANNELS, LEAST_GAIN};
use super::forms::Refusal;
use super::price::Price;
use crate::analysis::Convention;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::digits::first_names;
use crate::op::form::{How, Scale};
use crate::op::form_cost::Geometry;

/// A layer that gets a bottleneck.
#[derive(Debug, Clone, PartialEq)]
pub struct PlannedChange {
    /// The layer's name, before and after.
    pub layer: String,
    /// What becomes of it.
    pub how: How,
    /// Its geometry before; of a convolution with groups as if it had none.
    pub geometry: Geometry,
    /// Its output channels after.
    pub width: u64,
    /// What it cost.
    pub before: Price,
    /// What the form costs, with the normalisation and activation that it brings.
    pub after: Price,
    /// Its error by the error model.
    pub error: f64,
}

/// A convolution or linear layer that stays as it is.
#[derive(Debug, Clone, PartialEq)]
pub struct Untouched {
    /// Its name.
    pub layer: String,
    /// Why.
    pub why: Refusal,
}

/// Totals of a network for one image.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Sums {
    /// MACs, FLOPs, parameters and predicted time.
    pub price: Price,
    /// Peak activation bytes.
    pub peak: u64,
    /// Whether the peak is that of a target that fuses, with element-wise work in place.
    pub fused: bool,
    /// What `price.counted` counts.
    pub convention: Convention,
}

impl Sums {
    /// The value that a budget limits.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "counts stay below 2^53")]
    pub fn of(&self, quantity: Quantity) -> f64 {
        match quantity {
            Quantity::Macs => self.price.counted as f64,
            Quantity::Flops => self.price.flops as f64,
            Quantity::Params => self.price.params as f64,
            Quantity::Ms => self.price.ms,
            Quantity::Peak => self.peak as f64,
        }
    }
}

/// A budget and how it was met.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Met {
    /// The budget as asked for.
    pub budget: Budget,
    /// The most that it allows, in the quantity's unit.
    pub most: f64,
    /// What the plan needs.
    pub reached: f64,
}

/// What no bottleneck of a search goes below, unless a rule or mark asks for it by number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Floors {
    /// One channel in so many is kept at least.
    pub ratio: u64,
    /// No fewer channels.
    pub channels: u64,
    /// Widths are multiples of this, or of its half or quarter where that serves better.
    pub align: u64,
}

/// The whole decision.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Plan {
    /// Changed layers in order of execution.
    pub changes: Vec<PlannedChange>,
    /// Convolutions and linear layers that stay, in order of execution.
    pub untouched: Vec<Untouched>,
    /// Totals before.
    pub before: Sums,
    /// Totals after.
    pub after: Sums,
    /// Budgets, in the order in which they were asked for.
    pub budgets: Vec<Met>,
    /// Total error by the error model.
    pub error: f64,
    /// The name of the error model; empty where none was asked.
    pub model: &'static str,
    /// No plan within the budgets has a smaller error, under this model, these candidates, and for a budget on time with the
    /// times of layers added up. Equal to `error` without a budget.
    pub bound: f64,
    /// Layers that the plan makes slower by the target's prediction, where no plan without them is nearly as good.
    pub slower: Vec<String>,
    /// What the search did not go below; `None` where nothing was searched.
    pub floors: Option<Floors>,
    /// The plan is one width for the whole network.
    pub is_uniform: bool,
    /// Where it is, the error of the best plan that was found by forms and narrower insides.
    pub by_parts: Option<f64>,
    /// The widest network that meets the same budgets by one width for all of it, or, without budgets, needs as few MACs as the
    /// plan; `None` where there is none.
    pub uniform: Option<UniformWidth>,
}

/// A network of one width for all of it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UniformWidth {
    /// The share of all channels that may change.
    pub scale: Scale,
    /// What it needs.
    pub after: Sums,
    /// Its error by the error model.
    pub error: f64,
}

impl Plan {
    /// How far the plan may be from the best possible, as a share of its error: 0 for a plan that is proven best.
    #[must_use]
    pub fn gap(&self) -> f64 {
        if self.error > 0.0 { ((self.error - self.bound) / self.error).max(0.0) } else { 0.0 }
    }

    /// What is certified of a plan under budgets, as a clause; `None` without a budget.
    #[must_use]
    pub fn claim(&self) -> Option<String> {
        let timed = self.budgets.iter().any(|met| met.budget.quantity == Quantity::Ms);
        let times = if timed { ", times of layers taken to add up" } else { "" };
        let (gap, model) = (100.0 * self.gap(), self.model);
        let of_all = "of the best plan over all forms and widths that it may choose, each layer by itself";
        self.is_certified().then(|| format!("within {gap:.2} % {of_all}, under the {model} error model{times}"))
    }

    /// Whether the bound says something of the plan: there was a search within budgets, and the plan is what it found.
    #[must_use]
    pub fn is_certified(&self) -> bool {
        !self.budgets.is_empty() && self.floors.is_some()
    }

    /// Budgets that the network meets as it is by a number that could be a percentage, each as a sentence.
    #[must_use]
    pub fn met_before(&self) -> Vec<String> {
        let is_met = |met: &&Met| met.budget.may_be_share() && self.before.of(met.budget.quantity) <= met.most;
        let said = |met: &Met| {
            let before = met.budget.quantity.in_full(self.before.of(met.budget.quantity), self.before.convention);
            format!(
                "the network needs {before}, within `{}` as it is; a share is written `{}`",
                met.budget,
                met.budget.as_share()
            )
        };
        self.budgets.iter().filter(is_met).map(said).collect()
    }

    /// A warning with the reasons, where nothing is changed and no budget says that nothing had to be.
    #[must_use]
    pub fn nothing_to_do(&self) -> Option<Diagnostic> {
        if !self.changes.is_empty() || !self.budgets.is_empty() {
            return None;
        }
        let warning = Diagnostic::bare(Code::NothingToDo, Severity::Warning, "no layer can be changed as asked");
        let warning = reasons(&self.untouched).into_iter().fold(warning, Diagnostic::note);
        Some(warning.help("`--budget macs=80%` may split 1x1 convolutions as well, and `--form pointwise` does nothing else"))
    }
}

/// No plan meets a budget.
#[derive(Debug, Clone, PartialEq)]
pub struct BudgetUnreachable {
    /// The budget.
    pub budget: Budget,
    /// The most that it allows.
    pub most: f64,
    /// The least that was found, the other budgets aside.
    pub least: f64,
    /// For a peak: the layer at which it cannot be lowered.
    pub at: Option<String>,
    /// Whether a peak is that of a target that fuses.
    pub fused: bool,
    /// What a budget on MACs counts.
    pub convention: Convention,
    /// What is proven.
    pub proof: Proof,
    /// Whether rules or marks say what becomes of some layers: what is proven, is proven of the others.
    pub is_partly_asked: bool,
    /// The share of the channels of the widest network of one width for all of it that meets the budgets.
    pub uniform: Option<f64>,
    /// Layers that might save, but are left alone: refined before, kept, or with shared weights.
    pub untouched: Vec<Untouched>,
}

/// What is proven where no plan was found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Proof {
    /// No plan meets this budget, whatever the others are: not with any form of any rank in any layer.
    Alone,
    /// No plan meets all budgets together.
    Together,
    /// No plan meets it within the floors; whether one does below them.
    Floor {
        /// One channel in so many is kept at least.
        ratio: u64,
        /// No bottleneck is narrower, where that was asked for.
        channels: Option<u64>,
        /// The ratio that reaches the budget.
        reached: Option<u64>,
        /// Where no ratio does, a number of channels that does, and whether widths then are no multiples of anything.
        narrower: Option<(u64, bool)>,
    },
    /// No plan meets it of bottlenecks that a budget may choose; those that save too little for it, or of layers that read too few
    /// channels, do.
    Little {
        /// Whether one channel in every bottleneck, asked for by number, meets all budgets.
        by_number: bool,
    },
    /// Not even the narrowest network of one width for all of it meets it, and nothing else was asked for.
    Width {
        /// What widths were multiples of.
        multiple: u64,
        /// Whether one does whose widths are multiples of nothing.
        unaligned: bool,
    },
    /// Nothing.
    Open,
}

/// Why nothing was optimized.
#[derive(Debug, Clone, PartialEq)]
pub enum OptimizeError {
    /// A budget cannot be met.
    Unreachable(Box<BudgetUnreachable>),
    /// A budget that is meant as a share, by its number.
    Share {
        /// The budget.
        budget: Budget,
        /// What the network needs.
        before: f64,
        /// What a budget on MACs counts.
        convention: Convention,
    },
    /// A rule's pattern matches no layer.
    RuleMatchesNothing {
        /// The pattern.
        pattern: String,
        /// Paths spelled alike.
        nearest: Vec<String>,
        /// Layers that use shared weights which the pattern names.
        users: Vec<String>,
    },
    /// A mark, rule or option asks for what the layer cannot take.
    Impossible {
        /// The layer.
        layer: String,
        /// Why.
        why: String,
    },
    /// A count of the network exceeds 64 bits.
    Overflow {
        /// The layer.
        layer: String,
    },
}

impl fmt::Display for OptimizeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreachable(budget) => {
                let [most, least] = [budget.most, budget.least].map(|value| in_full(budget, value));
                write!(f, "no plan meets `{}`: it allows {most}, and the least that was found is {least}", budget.budget)
            }
            Self::Share { budget, before, convention } => {
                let before = budget.quantity.in_full(*before, *convention);
                write!(f, "`{budget}` is next to nothing of {before}: was `{}` meant?", budget.as_share())
            }
            Self::RuleMatchesNothing { pattern, .. } => write!(f, "the rule `{pattern}` matches no layer"),
            Self::Impossible { layer, why } => write!(f, "`{layer}` cannot be changed as asked: {why}"),
            Self::Overflow { layer } => write!(f, "a count of `{layer}` does not fit in 64 bits"),
        }
    }
}

/// A value in its quantity's unit, for people.
fn in_full(budget: &BudgetUnreachable, value: f64) -> String {
    let fused = if budget.fused && budget.budget.quantity == Quantity::Peak { " (fused)" } else { "" };
    format!("{}{fused}", budget.budget.quantity.in_full(value, budget.convention))
}

impl OptimizeError {
    /// The failure as a diagnostic without a place.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        let bare = |code| Diagnostic::bare(code, Severity::Error, self.to_string());
        match self {
            Self::Unreachable(budget) => unreachable_diagnostic(bare(Code::BudgetUnreachable), budget),
            Self::Share { budget, .. } => {
                let (name, unit) = (budget.quantity.name(), if budget.quantity == Quantity::Peak { "KiB" } else { "K" });
                let help =
                    format!("a share of the network is written with `%`, and an amount in its unit, as `{name}=500{unit}`");
                bare(Code::BudgetUnreachable).help(help)
            }
            Self::RuleMatchesNothing { nearest, users, .. } => {
                let diagnostic = bare(Code::BadConfig);
                match (users.as_slice(), nearest.as_slice()) {
                    ([], []) => diagnostic,
                    ([], _) => diagnostic.help(format!("did you mean `{}`?", nearest.join("`, `"))),
                    _ => diagnostic.help(format!("it names shared weights; name what uses them: {}", first_names(users, NAMED))),
                }
            }
            Self::Impossible { .. } => bare(Code::NotRefinable),
            Self::Overflow { .. } => bare(Code::CountOverflow),
        }
    }
}

/// The most layers that are named with one reason.
pub(super) const NAMED: usize = 3;

/// The most reasons that are listed.
const REASONS: usize = 8;

/// One sentence a reason: "it is depthwise …: `a`, `b` and 4 more", by first layer.
fn reasons(untouched: &[Untouched]) -> Vec<String> {
    let mut reasons: Vec<(&Refusal, Vec<&str>)> = Vec::new();
    for layer in untouched {
        match reasons.iter_mut().find(|(why, _)| **why == layer.why) {
            Some((_, layers)) => layers.push(&layer.layer),
            None => reasons.push((&layer.why, vec![&layer.layer])),
        }
    }
    let said = |(why, layers): (&Refusal, Vec<&str>)| format!("{}: {why}", first_names(&layers, NAMED));
    let more = reasons.len().saturating_sub(REASONS);
    let rest = (more > 0).then(|| if more == 1 { "and 1 more reason".to_owned() } else { format!("and {more} more reasons") });
    reasons.into_iter().take(REASONS).map(said).chain(rest).collect()
}

fn unreachable_diagnostic(diagnostic: Diagnostic, budget: &BudgetUnreachable) -> Diagnostic {
    let diagnostic = reasons(&budget.untouched).into_iter().fold(diagnostic.note(proved(budget)), Diagnostic::note);
    let is_refined = budget.untouched.iter().any(|layer| layer.why == Refusal::Refined);
    let replace = is_refined.then(|| "`--replace` takes back what an earlier run wrote, and plans anew".to_owned());
    let diagnostic = replace.into_iter().fold(diagnostic, Diagnostic::help);
    let peak = budget.at.as_ref().map(|layer| match budget.proof {
        Proof::Alone => format!("the peak is at `{layer}`, which no form makes small enough"),
        Proof::Together | Proof::Floor { .. } | Proof::Little { .. } | Proof::Width { .. } | Proof::Open => {
            format!("the peak is at `{layer}`")
        }
    });
    let diagnostic = peak.into_iter().fold(diagnostic, Diagnostic::note);
    let uniform = budget.uniform.map(|share| format!("`--form scale` reaches it: the whole network at width {share:.2}"));
    let written = &budget.budget;
    let share = written.may_be_share().then(|| format!("if a share of the network is meant, write `{}`", written.as_share()));
    let diagnostic = reaches(&budget.proof).into_iter().chain(uniform).chain(share).fold(diagnostic, Diagnostic::help);
    let others = if budget.proof == Proof::Together { ", or relax another budget" } else { "" };
    diagnostic.help(format!("allow {} or more{others}", in_full(budget, budget.least)))
}

/// What is known of why there is no plan.
fn proved(budget: &BudgetUnreachable) -> String {
    let beside = if budget.is_partly_asked { ", beside what rules and marks ask for" } else { "" };
    match budget.proof {
        Proof::Alone => "no choice of forms and ranks reaches it".to_owned() + beside,
        Proof::Together => "no choice of forms and ranks reaches all budgets together".to_owned() + beside,
        Proof::Floor { channels: Some(channels), .. } => format!("no bottleneck may be narrower than {channels} channels"),
        Proof::Floor { ratio, channels: None, .. } => {
            let least = LEAST_CHANNELS;
            format!(
                "every bottleneck keeps at least one channel in {ratio} of the smaller side of its layer, and {least} channels"
            )
        }
        Proof::Little { .. } => format!(
            "only bottlenecks that save less than {:.0} % of their layer, or of layers that read fewer than {LEAST_CHANNELS} channels, reach it, and a budget chooses none of these",
            LEAST_GAIN * 100.0
        ),
        Proof::Width { multiple, .. } => {
            format!(
                "not even the narrowest width for all layers that was tried reaches it: one channel in a hundred, in multiples of {multiple}"
            )
        }
        Proof::Open => "a plan may exist, but the search did not find one".to_owned(),
    }
}

/// An option with which the search was seen to reach the budget.
fn reaches(proof: &Proof) -> Option<String> {
    match proof {
        Proof::Floor { reached: Some(ratio), .. } => Some(format!("`--ratio {ratio}` lowers that floor and reaches the budget")),
        Proof::Floor { narrower: Some((channels, of_any_width)), .. } => {
            let align = if *of_any_width { " --align 1" } else { "" };
            Some(format!("`--channels {channels}{align}` lets bottlenecks become that narrow, and reaches the budget"))
        }
        Proof::Little { by_number: true } => {
            Some("`--channels 1` instead of the budget reaches it, and lets one channel through each bottleneck".to_owned())
        }
        Proof::Width { unaligned: true, .. } => Some("`--align 1` allows any width, and reaches it".to_owned()),
        Proof::Floor { .. }
        | Proof::Alone
        | Proof::Together
        | Proof::Little { by_number: false }
        | Proof::Width { unaligned: false, .. }
        | Proof::Open => None,
    }
}
