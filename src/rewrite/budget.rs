//! Budgets: how much of what an optimized network may cost.
//!
//! In: `macs=50%`, `params=2M`, `ms=20`, `peak=4MiB`, from the command line or `passes.yaml`. Out: [`Budget`]s, and rows of them
//! as [`Steps`]. A percentage is of the network before; it is kept as an exact fraction, so that 50 % of an odd count is its
//! floor.

use std::fmt;

use crate::analysis::Convention;
use crate::analysis::convention::word;
use crate::digits::grouped;
use crate::units::{self, Measure};

/// What is limited.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Quantity {
    /// Multiply-accumulates, in the convention that the task names.
    Macs,
    /// `2 x MACs + bias additions`, in every convention.
    Flops,
    /// Learnable scalars.
    Params,
    /// Predicted milliseconds on the target.
    Ms,
    /// Peak activation bytes for one image, those of a target that fuses if it does.
    Peak,
}

impl Quantity {
    /// Every quantity.
    pub const ALL: [Self; 5] = [Self::Macs, Self::Flops, Self::Params, Self::Ms, Self::Peak];

    /// As it is written: `macs`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Macs => "macs",
            Self::Flops => "flops",
            Self::Params => "params",
            Self::Ms => "ms",
            Self::Peak => "peak",
        }
    }

    /// An amount with its unit, every digit of it: of what cannot be less, each matters.
    #[must_use]
    pub fn in_full(self, amount: f64, convention: Convention) -> String {
        let count = grouped(amount.ceil() as u64);
        match self {
            Self::Macs => format!("{count} {}", word(convention)),
            Self::Flops => format!("{count} FLOPs"),
            Self::Params => format!("{count} parameters"),
            Self::Ms => format!("{:.3} ms", (amount * 1e3).ceil() / 1e3),
            Self::Peak => format!("{count} bytes"),
        }
    }

    /// What its limits are numbers of.
    fn measure(self) -> Measure {
        match self {
            Self::Macs | Self::Flops | Self::Params => Measure::Count,
            Self::Ms => Measure::Unitless,
            Self::Peak => Measure::Bytes,
        }
    }

    /// Reads `50%`, `800M`, `4MiB` or `20`.
    ///
    /// # Errors
    /// What is wrong, as a clause.
    pub fn limit(self, text: &str) -> Result<Limit, String> {
        let text = text.trim();
        if let Some(percent) = text.strip_suffix('%') {
            return share(percent.trim()).ok_or_else(|| format!("`{text}` is not a percentage above 0 and at most 100"));
        }
        let value = units::amount(text, self.measure())?;
        if value > 0.0 && value < 9e15 { Ok(Limit::Absolute(value)) } else { Err(format!("`{text}` is not a number above 0")) }
    }

    fn parse(name: &str) -> Result<Self, String> {
        let names = || Self::ALL.map(Self::name).join("`, `");
        let found = Self::ALL.into_iter().find(|quantity| quantity.name() == name);
        found.ok_or_else(|| format!("`{name}` cannot be limited; `{}` can", names()))
    }
}

/// How much at most.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Limit {
    /// `numerator / denominator` of the network before.
    Share {
        /// Numerator.
        numerator: u64,
        /// Denominator, not 0.
        denominator: u64,
    },
    /// An absolute value in the quantity's unit (count, bytes, milliseconds).
    Absolute(f64),
}

/// A limit on a quantity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Budget {
    /// What.
    pub quantity: Quantity,
    /// How much.
    pub limit: Limit,
}

impl Budget {
    /// Reads `macs=50%`.
    ///
    /// # Errors
    /// What is wrong, as a clause.
    pub fn parse(text: &str) -> Result<Self, String> {
        let (name, value) = text.split_once('=').ok_or_else(|| format!("`{text}` is not `macs=50%` or the like"))?;
        let quantity = Quantity::parse(name.trim())?;
        Ok(Self { quantity, limit: quantity.limit(value)? })
    }

    /// Whether a number was surely meant as a share: it is one of a percentage, or of a part of one, and next to nothing of what
    /// the network needs.
    #[must_use]
    pub fn is_meant_as_share(&self, before: f64) -> bool {
        let is_counted = self.quantity != Quantity::Ms;
        matches!(self.limit, Limit::Absolute(value) if is_counted && value <= 100.0 && value * NEXT_TO_NOTHING < before)
    }

    /// Whether a percent sign may have been forgotten: it is a bare number that could be a percentage.
    #[must_use]
    pub fn may_be_share(&self) -> bool {
        matches!(self.limit, Limit::Absolute(value) if (1.0..100.0).contains(&value))
    }

    /// The share that was meant: `macs=50%` for `macs=50` and for `macs=0.5`.
    #[must_use]
    pub fn as_share(&self) -> String {
        let Limit::Absolute(value) = self.limit else { return self.to_string() };
        let percent = if value < 1.0 { value * 100.0 } else { value };
        format!("{}={}%", self.quantity.name(), (percent * 1e6).round() / 1e6)
    }

    /// The most that is allowed, in the quantity's unit, for a network that needs `before`.
    #[must_use]
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_precision_loss,
        reason = "counts stay below 2^53"
    )]
    pub fn most(&self, before: f64) -> f64 {
        match self.limit {
            Limit::Absolute(value) => value,
            Limit::Share { numerator, denominator } => match self.quantity {
                Quantity::Ms => before * numerator as f64 / denominator as f64,
                Quantity::Macs | Quantity::Flops | Quantity::Params | Quantity::Peak => {
                    (u128::from(before as u64) * u128::from(numerator) / u128::from(denominator)) as f64
                }
            },
        }
    }
}

/// A network needs more than so many times a budget that was meant as a share.
const NEXT_TO_NOTHING: f64 = 1000.0;

/// Budgets on one quantity, those of a curve: at least one, each once, as they were given.
#[derive(Debug, Clone, PartialEq)]
pub struct Steps {
    quantity: Quantity,
    limits: Vec<Limit>,
}

impl Steps {
    /// The most budgets of a curve.
    pub const MOST: usize = 100;

    /// From 90 % of the network before to 10 %.
    #[must_use]
    pub fn tenths(quantity: Quantity) -> Self {
        let limit = |tenths| Limit::Share { numerator: 10 * tenths, denominator: 100 };
        Self { quantity, limits: (1..10_u64).rev().map(limit).collect() }
    }

    /// Reads `macs`, for tenths, or `macs=80%,60%,900M`.
    ///
    /// # Errors
    /// What is wrong, as a clause.
    pub fn parse(text: &str) -> Result<Self, String> {
        let Some((name, values)) = text.split_once('=') else { return Ok(Self::tenths(Quantity::parse(text.trim())?)) };
        let quantity = Quantity::parse(name.trim())?;
        let mut limits = Vec::new();
        for value in values.split(',') {
            let limit = quantity.limit(value)?;
            if !limits.contains(&limit) {
                limits.push(limit);
            }
        }
        if limits.len() > Self::MOST {
            return Err(format!("these are {} budgets, and a curve has at most {}", limits.len(), Self::MOST));
        }
        Ok(Self { quantity, limits })
    }

    /// What is limited.
    #[must_use]
    pub fn quantity(&self) -> Quantity {
        self.quantity
    }

    /// One budget for each limit.
    pub fn budgets(&self) -> impl Iterator<Item = Budget> + '_ {
        self.limits.iter().map(|limit| Budget { quantity: self.quantity, limit: *limit })
    }
}

impl fmt::Display for Steps {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = self.quantity.name();
        if *self == Self::tenths(self.quantity) {
            return f.write_str(name);
        }
        // A budget writes itself as `macs=50%`.
        let limits: Vec<String> = self.budgets().map(|budget| budget.to_string()[name.len() + 1..].to_owned()).collect();
        write!(f, "{name}={}", limits.join(","))
    }
}

impl fmt::Display for Budget {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let units = match self.quantity {
            Quantity::Macs | Quantity::Flops | Quantity::Params => &[("T", 1e12), ("G", 1e9), ("M", 1e6), ("K", 1e3)][..],
            Quantity::Peak => {
                &[("GiB", 1_073_741_824.0), ("GB", 1e9), ("MiB", 1_048_576.0), ("MB", 1e6), ("KiB", 1024.0), ("KB", 1e3)]
            }
            Quantity::Ms => &[][..],
        };
        // The largest unit in which the value is short: what a person would have typed.
        let short = |value: f64| units.iter().find(|(_, unit)| value >= *unit && (value / unit * 100.0).fract() == 0.0);
        if let Limit::Absolute(value) = self.limit
            && let Some((unit, factor)) = short(value)
        {
            return write!(f, "{}={}{unit}", self.quantity.name(), value / factor);
        }
        write!(f, "{}={}", self.quantity.name(), self.limit)
    }
}

/// An exact share from `12.5`.
fn share(percent: &str) -> Option<Limit> {
    let (whole, fraction) = percent.split_once('.').unwrap_or((percent, ""));
    let is_digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !is_digits(whole) || !is_digits(fraction) || fraction.len() > 9 || whole.len() > 3 {
        return None;
    }
    let scale = 10u64.pow(u32::try_from(fraction.len()).ok()?);
    let numerator = format!("{whole}{fraction}").parse::<u64>().ok()?;
    let denominator = 100 * scale;
    (numerator > 0 && numerator <= denominator).then_some(Limit::Share { numerator, denominator })
}

impl fmt::Display for Limit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Absolute(value) => write!(f, "{value}"),
            #[expect(clippy::cast_precision_loss, reason = "for people to read")]
            Self::Share { numerator, denominator } => write!(f, "{}%", numerator as f64 * 100.0 / denominator as f64),
        }
    }
}
