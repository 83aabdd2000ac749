//! `check`: syntax, shapes, assertions and lints of networks.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::failure::{Failure, TROUBLE, exit_code};
use super::load;
use super::options::NetOptions;
use super::session::Session;
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Severity};
use crate::digits::counted;
use crate::render::{self, Findings, Format};
use crate::source::SourceSet;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Networks; `-` is standard input.
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    net: NetOptions,
    /// How findings are written; all but `full` go to standard output.
    #[arg(long, value_name = "FORMAT", default_value = "full")]
    output_format: OutputFormat,
    /// Show only these codes; a prefix such as `PW9` stands for all that begin so.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    select: Vec<String>,
    /// Leave these codes out (errors of shape and syntax cannot be left out).
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    ignore: Vec<String>,
    /// Count these lints as errors; `warnings` stands for all.
    #[arg(long, value_name = "CODE", value_delimiter = ',')]
    deny: Vec<String>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum OutputFormat {
    Full,
    Concise,
    Json,
    Sarif,
    Github,
}

impl From<OutputFormat> for Format {
    fn from(format: OutputFormat) -> Self {
        match format {
            OutputFormat::Full => Self::Full,
            OutputFormat::Concise => Self::Concise,
            OutputFormat::Json => Self::Json,
            OutputFormat::Sarif => Self::Sarif,
            OutputFormat::Github => Self::Github,
        }
    }
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    known_codes(arguments)?;
    let mut checked: Vec<(SourceSet, Vec<Diagnostic>)> = Vec::new();
    for path in &arguments.files {
        match load::compile(session, path, &arguments.net) {
            Ok(compiled) => checked.push((compiled.sources, choose(compiled.diagnostics, arguments))),
            Err(Failure::Diagnostic(diagnostic)) => checked.push((SourceSet::new(), vec![*diagnostic])),
            Err(other) => return Err(other),
        }
    }
    let findings: Vec<Findings<'_>> = checked.iter().map(|(sources, diagnostics)| Findings { sources, diagnostics }).collect();
    let format = Format::from(arguments.output_format);
    if format == Format::Full {
        for (sources, diagnostics) in &checked {
            let warnings = !session.quiet;
            let shown: Vec<Diagnostic> = diagnostics.iter().filter(|d| warnings || d.is_error()).cloned().collect();
            Session::show(sources, &shown);
        }
        session.notice(&summary(&checked));
    } else {
        let text = render::render(&findings, format, 0);
        Session::data(|out| out.write_all(text.as_bytes()))?;
    }
    Ok(checked.iter().map(|(_, diagnostics)| exit_code(diagnostics)).max().unwrap_or(TROUBLE))
}

/// What is left of the findings, with denied lints raised.
fn choose(diagnostics: Vec<Diagnostic>, arguments: &Arguments) -> Vec<Diagnostic> {
    let wanted = |d: &Diagnostic| {
        let selected = arguments.select.is_empty() || matches(&arguments.select, d.code);
        // An error that nobody sees would still be one.
        d.is_error() || (selected && !matches(&arguments.ignore, d.code))
    };
    let raise = |mut d: Diagnostic| {
        let denied = arguments.deny.iter().any(|word| word.eq_ignore_ascii_case("warnings")) || matches(&arguments.deny, d.code);
        if denied {
            d.severity = Severity::Error;
        }
        d
    };
    diagnostics.into_iter().filter(wanted).map(raise).collect()
}

fn matches(patterns: &[String], code: Code) -> bool {
    patterns.iter().any(|p| code.id().get(..p.len()).is_some_and(|start| start.eq_ignore_ascii_case(p)))
}

fn known_codes(arguments: &Arguments) -> Result<(), Failure> {
    let words = arguments.select.iter().chain(&arguments.ignore).chain(&arguments.deny);
    for word in words.filter(|word| !word.eq_ignore_ascii_case("warnings")) {
        if !Code::ALL.iter().any(|code| matches(std::slice::from_ref(word), *code)) {
            return Err(Failure::usage(format!("there is no code `{word}`")).help("`pointwise explain` lists all codes"));
        }
    }
    Ok(())
}

fn summary(checked: &[(SourceSet, Vec<Diagnostic>)]) -> String {
    let all = || checked.iter().flat_map(|(_, diagnostics)| diagnostics);
    let errors = all().filter(|d| d.is_error()).count();
    let warnings = all().count() - errors;
    let files = counted(checked.len(), "file");
    match (errors, warnings) {
        (0, 0) => format!("{files} checked, nothing found"),
        (0, w) => format!("{files} checked, {}", counted(w, "warning")),
        (e, 0) => format!("{files} checked, {}", counted(e, "error")),
        (e, w) => format!("{files} checked, {}, {}", counted(e, "error"), counted(w, "warning")),
    }
}
