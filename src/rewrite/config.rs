//! What the optimizer is asked to do: passes, budgets, forms, and rules for single layers; and `passes.yaml`, which says it.
//!
//! In: YAML text of at most 1 MiB. Out: a [`Config`], or a [`ConfigError`] with line and column. Unknown and repeated keys
//! are refused. Reading the file is the caller's business.
//!
//! ```yaml
//! passes: [bottleneck]          # the default; where an exact pass changes something, every layer is written out
//! budget:
//!   macs: 50%                   # of the network before; or 800M
//!   params: 2M
//! form: auto                    # or reduce, expand, both, spatial, pointwise
//! layers:                       # the first rule that matches a layer counts
//!   - match: inception_*.b
//!     form: reduce
//!     channels: 96
//!   - match: stem
//!     keep: true
//! ```

use std::fmt;

use serde::Deserialize;

use super::budget::{Budget, Quantity};
use super::path::Pattern;
use super::{PASSES, Pass};
use crate::analysis::Convention;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::op::form::{Kind, Scale};
use crate::yaml;

/// What the optimizer is asked to do. The default asks for nothing but what marks and rules say.
#[derive(Debug, Clone, PartialEq)]
pub struct Config {
    /// Passes in order.
    pub passes: Vec<Pass>,
    /// Limits that the result keeps; several hold together.
    pub budgets: Vec<Budget>,
    /// The one form to use; `None` chooses for each layer.
    pub form: Option<Kind>,
    /// Nothing but one width for the whole network, which is what `form: scale` says.
    pub uniform: bool,
    /// Keeps one channel in so many; under a budget, at least one in so many.
    pub ratio: Option<u64>,
    /// Channels between the convolutions; under a budget, no fewer.
    pub channels: Option<u64>,
    /// Nothing between the convolutions of a form, or everywhere what the neighbourhood has; `None` goes by the form, see
    /// [`Between`](crate::op::form::Between).
    pub linear: Option<bool>,
    /// Ranks are multiples of this; `None` for the target's channel block, 1 for any rank.
    pub align: Option<u64>,
    /// Decides layers that one path with wildcards addresses (`layer3.*.conv2`) one by one instead of together.
    pub each_alone: bool,
    /// Rules for single layers; the first that matches counts.
    pub rules: Vec<Rule>,
    /// What a budget on MACs counts; whoever asks says so, and not the file.
    pub convention: Convention,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            passes: vec![Pass::Bottleneck],
            budgets: Vec::new(),
            form: None,
            uniform: false,
            ratio: None,
            channels: None,
            linear: None,
            align: None,
            each_alone: false,
            rules: Vec::new(),
            convention: Convention::Default,
        }
    }
}

/// Passes in the order in which they run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stages<'c> {
    /// Exact passes before the bottlenecks.
    pub before: &'c [Pass],
    /// Whether bottlenecks are put in.
    pub bottlenecks: bool,
    /// Exact passes after them.
    pub after: &'c [Pass],
}

impl Config {
    /// What MACs are counted as: as the budgets on them say, and by default where there are none.
    #[must_use]
    pub fn counting(&self) -> Convention {
        let counts = self.budgets.iter().any(|budget| budget.quantity == Quantity::Macs);
        if counts { self.convention } else { Convention::Default }
    }

    /// The passes, those before and those after the bottlenecks.
    ///
    /// # Errors
    /// The bottlenecks stand there twice. One plan chooses all of them, so that a budget is met once and by the best choice;
    /// a second plan would find every layer decided. Or they do not stand there, and something is asked of them.
    pub fn stages(&self) -> Result<Stages<'_>, ConfigError> {
        let mut parts = self.passes.split(|pass| *pass == Pass::Bottleneck);
        let (before, after) = (parts.next().unwrap_or_default(), parts.next());
        if parts.next().is_some() {
            let why = "one plan chooses all bottlenecks together; leave one of them out";
            return Err(ConfigError::new(format!("`bottleneck` stands in `passes` more than once: {why}")));
        }
        if let (None, Some(key)) = (after, self.asked()) {
            return Err(ConfigError::new(format!("`{key}` is asked for, and `passes` leaves `bottleneck` out")));
        }
        if self.uniform && (self.channels.is_some() || !self.rules.is_empty()) {
            let why = "gives the whole network one width; it takes `ratio` or `budget`, and no `channels` or `layers`";
            return Err(ConfigError::new(format!("`form: {}` {why}", Scale::NAME)));
        }
        Ok(Stages { before, bottlenecks: after.is_some(), after: after.unwrap_or_default() })
    }

    /// The first key that asks something of bottlenecks.
    fn asked(&self) -> Option<&'static str> {
        let asked = [
            ("budget", !self.budgets.is_empty()),
            ("form", self.form.is_some() || self.uniform),
            ("ratio", self.ratio.is_some()),
            ("channels", self.channels.is_some()),
            ("layers", !self.rules.is_empty()),
        ];
        asked.into_iter().find(|(_, is_asked)| *is_asked).map(|(key, _)| key)
    }
}

/// What holds for the layers that a pattern matches.
#[derive(Debug, Clone, PartialEq)]
pub struct Rule {
    /// Which layers: by whole name, or all in a scope.
    pub pattern: Pattern,
    /// Leave them alone.
    pub keep: bool,
    /// Their form; `None` as for all layers.
    pub form: Option<Kind>,
    /// Channels between the convolutions: one number, or two for `both`; empty where none is given.
    pub channels: Vec<u64>,
    /// Keeps one channel in so many.
    pub ratio: Option<u64>,
    /// As [`Config::linear`]; `None` as for all layers.
    pub linear: Option<bool>,
}

/// Why a configuration cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigError {
    /// What is wrong.
    pub message: String,
    /// One-based line and column, where known.
    pub place: Option<(usize, usize)>,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl ConfigError {
    fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), place: None }
    }

    /// The error as a diagnostic without a place.
    #[must_use]
    pub fn diagnostic(&self) -> Diagnostic {
        Diagnostic::bare(Code::BadConfig, Severity::Error, self.message.clone())
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(default)]
    passes: Option<Vec<String>>,
    #[serde(default)]
    budget: FileBudget,
    #[serde(default)]
    form: Option<String>,
    #[serde(default)]
    ratio: Option<u64>,
    #[serde(default)]
    channels: Option<u64>,
    #[serde(default)]
    linear: Option<bool>,
    #[serde(default)]
    align: Option<u64>,
    #[serde(default)]
    each_alone: bool,
    #[serde(default)]
    layers: Vec<FileRule>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
struct FileBudget {
    macs: Option<Amount>,
    flops: Option<Amount>,
    params: Option<Amount>,
    ms: Option<Amount>,
    peak: Option<Amount>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct FileRule {
    #[serde(rename = "match")]
    pattern: String,
    #[serde(default)]
    keep: bool,
    form: Option<String>,
    channels: Option<Channels>,
    ratio: Option<u64>,
    linear: Option<bool>,
}

/// `50%`, `2M`, `4MiB`, `800000` or `0.5`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Amount {
    Whole(u64),
    Number(f64),
    Text(String),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Channels {
    One(u64),
    Several(Vec<u64>),
}

/// Reads `passes.yaml`.
///
/// # Errors
/// It is too long or nested, not YAML, has an unknown or repeated key, or a value that is not allowed.
pub fn parse(text: &str) -> Result<Config, ConfigError> {
    yaml::bounded(text).map_err(|why| ConfigError::new(why.to_string()))?;
    let is_blank = text.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#'));
    if is_blank {
        return Ok(Config::default());
    }
    let file: File = serde_yaml::from_str(text).map_err(|error| {
        let message = message(&error.to_string());
        let place = error.location().map(|place| (place.line(), place.column()));
        let place = place.map(|place| repeated(text, &message, place).unwrap_or(place));
        ConfigError { message, place }
    })?;
    resolve(file)
}

/// The parser's message without its place, which is kept apart.
fn message(text: &str) -> String {
    let text = text.split(" at line ").next().unwrap_or(text);
    text.replace("expected u64", "expected an integer of at least 0")
        .replace("expected f64", "expected a number")
        .replace("data did not match any variant of untagged enum Amount", "expected an amount like `50%` or `2M`")
        .replace("data did not match any variant of untagged enum Channels", "expected an integer, or a list of two for `both`")
}

/// Where a key stands for the second time: the parser gives the place of the map that holds both.
fn repeated(text: &str, message: &str, (line, _): (usize, usize)) -> Option<(usize, usize)> {
    let key = message.split("duplicate field `").nth(1)?.split('`').next()?;
    let has =
        |line: &str| line.trim_start_matches([' ', '-']).strip_prefix(key).is_some_and(|rest| rest.trim_start().starts_with(':'));
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '-']).len();
    let mut found = text.lines().enumerate().skip(line.saturating_sub(1)).filter(|(_, line)| has(line));
    let (_, first) = found.next()?;
    let (at, again) = found.find(|(_, again)| indent(again) == indent(first))?;
    Some((at + 1, indent(again) + 1))
}

fn resolve(file: File) -> Result<Config, ConfigError> {
    let passes = match file.passes {
        Some(names) => names.iter().map(|name| pass(name)).collect::<Result<_, _>>()?,
        None => vec![Pass::Bottleneck],
    };
    at_least_one("ratio", file.ratio)?;
    at_least_one("channels", file.channels)?;
    at_least_one("align", file.align)?;
    let config = Config {
        passes,
        budgets: budgets(&file.budget)?,
        form: form(file.form.as_deref().filter(|name| *name != Scale::NAME))?,
        uniform: file.form.as_deref() == Some(Scale::NAME),
        ratio: file.ratio,
        channels: file.channels,
        linear: file.linear,
        align: file.align,
        each_alone: file.each_alone,
        rules: file.layers.into_iter().map(rule).collect::<Result<_, _>>()?,
        convention: Convention::Default,
    };
    config.stages()?;
    Ok(config)
}

fn pass(name: &str) -> Result<Pass, ConfigError> {
    PASSES.iter().find(|info| info.name == name).map(|info| info.pass).ok_or_else(|| {
        let known: Vec<_> = PASSES.iter().map(|info| info.name).collect();
        ConfigError::new(format!("there is no pass `{name}`; there are `{}`", known.join("`, `")))
    })
}

/// A form from its name; `auto` is `None`.
///
/// # Errors
/// There is no such form.
pub fn form(name: Option<&str>) -> Result<Option<Kind>, ConfigError> {
    match name {
        None | Some("auto") => Ok(None),
        Some(name) => Kind::from_name(name).map(Some).ok_or_else(|| {
            let known = Kind::ALL.map(Kind::name).join("`, `");
            ConfigError::new(format!("there is no form `{name}`; there are `auto`, `{known}`, `{}`", Scale::NAME))
        }),
    }
}

fn at_least_one(key: &str, value: Option<u64>) -> Result<(), ConfigError> {
    if value == Some(0) { Err(ConfigError::new(format!("`{key}` must be at least 1, not 0"))) } else { Ok(()) }
}

fn budgets(file: &FileBudget) -> Result<Vec<Budget>, ConfigError> {
    let given = [
        (Quantity::Macs, &file.macs),
        (Quantity::Flops, &file.flops),
        (Quantity::Params, &file.params),
        (Quantity::Ms, &file.ms),
        (Quantity::Peak, &file.peak),
    ];
    let mut budgets = Vec::new();
    for (quantity, amount) in given {
        let text = match amount {
            None => continue,
            Some(Amount::Whole(value)) => value.to_string(),
            Some(Amount::Number(value)) => value.to_string(),
            Some(Amount::Text(text)) => text.clone(),
        };
        let limit = quantity.limit(&text).map_err(|why| ConfigError::new(format!("budget `{}`: {why}", quantity.name())))?;
        budgets.push(Budget { quantity, limit });
    }
    Ok(budgets)
}

fn rule(file: FileRule) -> Result<Rule, ConfigError> {
    let name = &file.pattern;
    let of_rule = |error: ConfigError| ConfigError::new(format!("rule `{name}`: {}", error.message));
    let pattern =
        Pattern::parse(name).ok_or_else(|| ConfigError::new(format!("`{name}` is not a path like `layer3.*.conv2`")))?;
    let form = form(file.form.as_deref()).map_err(of_rule)?;
    at_least_one("ratio", file.ratio).map_err(of_rule)?;
    let channels = match file.channels {
        None => Vec::new(),
        Some(Channels::One(value)) => vec![value],
        Some(Channels::Several(values)) => values,
    };
    let most = form.map_or(1, Kind::ranks);
    let wrong = |why: String| Err(of_rule(ConfigError::new(why)));
    if channels.contains(&0) {
        return wrong("`channels` must be at least 1, not 0".to_owned());
    }
    if channels.len() > most {
        return wrong(format!("`channels` has {} numbers where the form takes {most}", channels.len()));
    }
    if !channels.is_empty() && file.ratio.is_some() {
        return wrong("`channels` and `ratio` exclude each other".to_owned());
    }
    if file.keep && (form.is_some() || !channels.is_empty() || file.ratio.is_some()) {
        return wrong("`keep` excludes a form, `channels` and `ratio`".to_owned());
    }
    Ok(Rule { pattern, keep: file.keep, form, channels, ratio: file.ratio, linear: file.linear })
}
