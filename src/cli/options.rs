//! Options that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::failure::Failure;
use super::files;
use crate::analysis::roofline::{Cores, predict};
use crate::analysis::target::Target;
use crate::analysis::{Analysis, Convention, Options, convention};
use crate::code::Code;
use crate::compile;
use crate::report::network::Forecast;
use crate::rewrite::budget::Budget;
use crate::shape::Shaped;
use crate::visible::is_unseen;

/// The target where none is named and one is needed.
pub(super) const DEFAULT_TARGET: &str = "laptop";

/// What a network is built with.
#[derive(Debug, Clone, Args)]
pub(super) struct NetOptions {
    /// Set a parameter of the net, as in `--set width=0.75`; may be given several times, for each parameter once.
    #[arg(long, value_name = "NAME=VALUE", value_parser = assignment, help_heading = "Network")]
    pub set: Vec<(String, String)>,
    /// Let `use` read `.net` files anywhere in this folder; without it, in the network's own.
    #[arg(long, value_name = "DIR", value_parser = files::existing_folder, help_heading = "Network")]
    pub root: Option<PathBuf>,
}

/// What a network is counted for.
#[derive(Debug, Clone, Args)]
pub(super) struct CountOptions {
    /// Images at once.
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u64).range(1..=1 << 20), help_heading = "Counting")]
    pub batch: u64,
    /// What counts as a MAC: as this program, or as another tool does.
    #[arg(long, value_name = "NAME", default_value = "default", value_parser = convention_names(), help_heading = "Counting")]
    pub convention: String,
    /// Predict time on a machine: one of `pointwise target list`, or a YAML file.
    #[arg(long, value_name = "NAME|FILE", help_heading = "Counting")]
    pub target: Option<String>,
}

impl CountOptions {
    /// Options of the analysis.
    pub fn options(&self) -> Options {
        let convention = convention::from_name(&self.convention).unwrap_or(Convention::Default);
        Options { batch: self.batch, convention, ..Options::default() }
    }

    /// The numbers of a network.
    pub fn analyze(&self, shaped: &Shaped, ready: &Analysis) -> Result<Analysis, Failure> {
        count(shaped, ready, &self.options())
    }

    /// The predicted times on the target, if one was named.
    pub fn forecast(&self, shaped: &Shaped, numbers: &Analysis) -> Result<Option<Forecast>, Failure> {
        let Some(name) = &self.target else { return Ok(None) };
        let target = find_target(name)?;
        let times = predict(numbers, shaped, &target, Cores::All);
        Ok(Some(Forecast { target: target.name, times }))
    }
}

/// The numbers of a network; those that the compiler made where they fit.
pub(super) fn count(shaped: &Shaped, ready: &Analysis, options: &Options) -> Result<Analysis, Failure> {
    if *options == ready.options { Ok(ready.clone()) } else { Ok(compile::analyze(shaped, options)?) }
}

/// A target by name or file.
pub(super) fn find_target(name: &str) -> Result<Target, Failure> {
    if let Some(target) = Target::shipped(name) {
        return Ok(target);
    }
    let path = PathBuf::from(name);
    if !path.exists() && !name.contains(['/', '.']) {
        let known: Vec<&str> = Target::shipped_names().collect();
        let message = format!("there is no target `{name}`");
        return Err(Failure::usage(message).help(format!("known are {}; or name a YAML file", known.join(", "))));
    }
    let text = files::read_text(&path)?;
    Target::from_yaml(&text).map_err(|error| Failure::new(Code::BadConfig, format!("`{name}`: {error}")))
}

/// Forms of data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum DataFormat {
    /// For a terminal.
    Table,
    /// For a pull request.
    Markdown,
    /// For a spreadsheet.
    Csv,
    /// For programs.
    Json,
    /// For programs and people.
    Yaml,
}

fn convention_names() -> clap::builder::PossibleValuesParser {
    convention::ALL.iter().map(|c| convention::name(*c)).collect::<Vec<_>>().into()
}

/// One budget; a list of them is refused with advice.
pub(super) fn budget(text: &str) -> Result<Budget, String> {
    if text.matches('=').count() > 1 {
        return Err("this is more than one budget: repeat `--budget` for each".to_owned());
    }
    Budget::parse(text)
}

/// `name=value`.
pub(super) fn assignment(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.trim().is_empty() => Ok((name.trim().to_owned(), value.trim().to_owned())),
        Some(_) | None => Err("write `name=value`".to_owned()),
    }
}

/// A word as a shell takes it.
pub(super) fn in_a_shell(word: &str) -> String {
    if word.contains(is_unseen) {
        let written = |c: char| match c {
            '\'' | '\\' => format!("\\{c}"),
            _ if c.is_ascii() && is_unseen(c) => format!("\\x{:02x}", u32::from(c)),
            _ if is_unseen(c) => format!("\\U{:08x}", u32::from(c)),
            _ => c.to_string(),
        };
        return format!("$'{}'", word.chars().map(written).collect::<String>());
    }
    let is_plain = |c: char| c.is_alphanumeric() || "_-./=:,%+@".contains(c);
    if !word.is_empty() && word.chars().all(is_plain) { word.to_owned() } else { format!("'{}'", word.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::in_a_shell;

    #[test]
    fn words_mean_themselves_in_a_shell() {
        let cases = [
            ("models/a.net", "models/a.net"),
            ("a b", "'a b'"),
            ("it's", r"'it'\''s'"),
            ("$x", "'$x'"),
            ("", "''"),
            ("it's\u{1b}[m\u{202e}", r"$'it\'s\x1b[m\U0000202e'"),
        ];
        for (word, want) in cases {
            assert_eq!(in_a_shell(word), want);
        }
    }
}
