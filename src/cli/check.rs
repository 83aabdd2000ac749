//! `check`: syntax, shapes, assertions and lints of networks.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use super::failure::{Failure, TROUBLE, exit_code};
use super::options::NetOptions;
use super::output::Output;
use super::session::Session;
use super::{diff, files, load};
use crate::code::Code;
use crate::compile::Compiled;
use crate::diagnostic::{Diagnostic, Severity};
use crate::digits::counted;
use crate::render::{self, Findings, Format};
use crate::source::SourceSet;
use crate::writeback::fix;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Networks, or directories to search for `.net` files; `-` is standard input.
    #[arg(required = true, value_name = "FILE|DIR")]
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
    /// Apply the fixes that keep what was meant beyond doubt to FILE, until there are none; `-` is written to standard output.
    #[arg(long, conflicts_with = "diff", help_heading = "Fixes")]
    fix: bool,
    /// Change nothing; show what `--fix` would do.
    #[arg(long, conflicts_with = "output_format", help_heading = "Fixes")]
    diff: bool,
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

/// What was found in a file.
struct Checked {
    sources: SourceSet,
    diagnostics: Vec<Diagnostic>,
    /// How many fixes were, or would be, applied.
    fixes: usize,
    /// What the file stands for in the exit code.
    code: u8,
}

impl Checked {
    fn new(sources: SourceSet, diagnostics: Vec<Diagnostic>) -> Self {
        let code = exit_code(&diagnostics);
        Self { sources, diagnostics, fixes: 0, code }
    }
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    known_codes(arguments)?;
    let format = Format::from(arguments.output_format);
    if arguments.fix && format != Format::Full && arguments.files.iter().any(|path| files::is_dash(path)) {
        let message = "`--fix` writes standard input to standard output, where findings in this format go too";
        return Err(Failure::usage(message).help("name a file"));
    }
    let mut checked: Vec<Checked> = Vec::new();
    for path in &networks(&arguments.files)? {
        match check(session, path, arguments) {
            Ok(found) => checked.push(found),
            Err(Failure::Diagnostic(diagnostic)) => checked.push(Checked::new(SourceSet::new(), vec![*diagnostic])),
            Err(other) => return Err(other),
        }
    }
    if format == Format::Full {
        for Checked { sources, diagnostics, .. } in checked.iter().filter(|_| !arguments.diff) {
            let warnings = !session.quiet;
            let shown: Vec<Diagnostic> = diagnostics.iter().filter(|d| warnings || d.is_error()).cloned().collect();
            Session::show(sources, &shown);
        }
        session.notice(&summary(&checked, arguments));
    } else {
        let findings: Vec<Findings<'_>> =
            checked.iter().map(|Checked { sources, diagnostics, .. }| Findings { sources, diagnostics }).collect();
        let text = render::render(&findings, format, 0);
        Session::data(|out| out.write_all(text.as_bytes()))?;
    }
    Ok(checked.iter().map(|checked| checked.code).max().unwrap_or(TROUBLE))
}

/// The files that are named, and those in the directories that are; a directory without any is a mistake rather than clean.
fn networks(named: &[PathBuf]) -> Result<Vec<PathBuf>, Failure> {
    let mut all = Vec::new();
    for path in named {
        let found = files::net_files(path)?;
        if found.is_empty() {
            return Err(Failure::usage(format!("there is no `.net` file in `{}`", files::shown(path))));
        }
        all.extend(found);
    }
    Ok(all)
}

/// Checks a file, after its fixes where they are to be applied.
fn check(session: &Session, path: &Path, arguments: &Arguments) -> Result<Checked, Failure> {
    let compiled = load::compile(session, path, &arguments.net)?;
    // What is no network, a script for instance, is not rewritten by what a network's errors look like.
    let is_network = files::is_dash(path) || files::has_extension(path, "net");
    let found = |compiled: Compiled| (compiled.sources, choose(compiled.diagnostics, arguments));
    let (sources, diagnostics) = found(compiled);
    if !is_network || !(arguments.fix || arguments.diff) {
        return Ok(Checked::new(sources, diagnostics));
    }
    let text = sources.iter().next().map_or(String::new(), |(_, main)| main.text().to_owned());
    let before = exit_code(&diagnostics);
    let again = |text| found(load::compile_text(session, path, text, &arguments.net));
    let fixed = fix::fixed((sources, diagnostics), again);
    if arguments.diff && fixed.applied > 0 {
        Session::say(&diff::unified(&files::shown(path), "fixed", &text, &fixed.text))?;
    } else if arguments.fix && (fixed.applied > 0 || files::is_dash(path)) {
        Output::change(path).write(session, |out| out.write_all(fixed.text.as_bytes()))?;
    }
    let found = Checked { fixes: fixed.applied, ..Checked::new(fixed.sources, fixed.diagnostics) };
    // Where nothing is written, the file is as good as it was.
    Ok(if arguments.diff { Checked { code: before, ..found } } else { found })
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

fn summary(checked: &[Checked], arguments: &Arguments) -> String {
    let all = || checked.iter().flat_map(|checked| &checked.diagnostics);
    let errors = all().filter(|d| d.is_error()).count();
    let warnings = all().count() - errors;
    let fixes: usize = checked.iter().map(|checked| checked.fixes).sum();
    let kinds = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(count, _)| *count > 0);
    let found: Vec<String> = kinds.map(|(count, kind)| counted(count, kind)).collect();
    let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
    let files = counted(checked.len(), "file");
    let fixes = if fixes == 1 { "1 fix".to_owned() } else { format!("{fixes} fixes") };
    match (arguments.fix, arguments.diff) {
        (true, _) => format!("{files} checked, {fixes} applied, {found} left"),
        (_, true) => format!("{files} checked, {fixes} to apply, {found} left then"),
        _ if found == "nothing" => format!("{files} checked, nothing found"),
        _ => format!("{files} checked, {found}"),
    }
}
