//! `check`: syntax, shapes, assertions and lints of networks.

use std::borrow::Cow;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::failure::{Failure, TROUBLE, exit_code};
use super::options::{NetOptions, in_a_shell};
use super::output::Output;
use super::session::Session;
use super::{diff, files, load, models};
use crate::code::Code;
use crate::compile::Compiled;
use crate::diagnostic::{Applicability, Diagnostic, Fix, Severity};
use crate::digits::counted;
use crate::render::{self, Findings, Format};
use crate::source::SourceSet;
use crate::syntax::ast::Item;
use crate::writeback::fix;
use crate::writeback::work::Work;

/// Arguments of `check`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Networks, or directories to search for `.net` files, of which some may hold blocks only; `-` is standard input.
    #[arg(required = true, value_name = "FILE|DIR")]
    files: Vec<PathBuf>,
    #[command(flatten)]
    net: NetOptions,
    /// How findings are written; all but `full` go to standard output.
    #[arg(long, visible_alias = "format", value_name = "FORMAT", default_value = "full")]
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
    #[arg(long, conflicts_with = "diff", group = "fixes", help_heading = "Fixes")]
    fix: bool,
    /// Change nothing; show what `--fix` would do.
    #[arg(long, conflicts_with = "output_format", group = "fixes", help_heading = "Fixes")]
    diff: bool,
    /// With `--fix` or `--diff`, take guesses too: of several fixes that a finding offers, the first.
    #[arg(long, requires = "fixes", help_heading = "Fixes")]
    unsafe_fixes: bool,
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

/// A file to check.
struct Subject<'a> {
    path: PathBuf,
    net: Cow<'a, NetOptions>,
    /// Whether it was found in a folder: then it may hold blocks for others, and no net.
    is_found: bool,
    arguments: &'a Arguments,
}

/// What was found in a file.
struct Checked {
    sources: SourceSet,
    diagnostics: Vec<Diagnostic>,
    /// How many fixes were, or would be, applied.
    fixes: usize,
    /// What is to be said where there may be more of them, which would take too long to find.
    unfinished: Option<String>,
    /// What the file stands for in the exit code.
    code: u8,
}

impl Checked {
    fn new(sources: SourceSet, diagnostics: Vec<Diagnostic>) -> Self {
        let code = exit_code(&diagnostics);
        Self { sources, diagnostics, fixes: 0, unfinished: None, code }
    }
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    known_codes(arguments)?;
    let format = Format::from(arguments.output_format);
    if let Some(model) = arguments.files.iter().find(|path| (arguments.fix || arguments.diff) && models::is_model(path)) {
        let [from, to] = [model.clone(), model.with_extension("net")].map(|path| in_a_shell(&files::shown(&path)));
        let failure = Failure::usage(format!("`{}` is a model, in which there is no text to fix", files::shown(model)));
        return Err(failure.help(format!("write its network with `pointwise convert {from} {to}`, and fix that")));
    }
    if arguments.fix && format != Format::Full && arguments.files.iter().any(|path| files::is_dash(path)) {
        let message = "`--fix` writes standard input to standard output, where findings in this format go too";
        return Err(Failure::usage(message).help("name a file"));
    }
    let mut checked: Vec<Checked> = Vec::new();
    for subject in &subjects(arguments)? {
        match check(session, subject) {
            Ok(found) => checked.push(found),
            Err(Failure::Diagnostic(diagnostic)) => checked.push(Checked::new(SourceSet::new(), vec![*diagnostic])),
            Err(other) => return Err(other),
        }
    }
    if format == Format::Full {
        for Checked { sources, diagnostics, .. } in checked.iter().filter(|_| !arguments.diff) {
            let warnings = !session.quiet;
            let shown = diagnostics.iter().filter(|d| d.silenced.is_none() && (warnings || d.is_error()));
            let shown: Vec<Diagnostic> = shown.cloned().collect();
            Session::show(sources, &shown);
        }
        if let Some(guesses) = guesses(&checked, arguments) {
            session.notice(&guesses);
        }
        notices(session, &checked);
        session.notice(&summary(&checked, arguments));
    } else {
        let findings: Vec<Findings<'_>> =
            checked.iter().map(|Checked { sources, diagnostics, .. }| Findings { sources, diagnostics }).collect();
        let text = render::render(&findings, format, 0);
        Session::data(|out| out.write_all(text.as_bytes()))?;
        notices(session, &checked);
    }
    Ok(checked.iter().map(|checked| checked.code).max().unwrap_or(TROUBLE))
}

/// The files that are named, and those in the directories that are, which may use what else is in the directory; a directory
/// without any is a mistake rather than clean.
fn subjects(arguments: &Arguments) -> Result<Vec<Subject<'_>>, Failure> {
    let mut all = Vec::new();
    for named in &arguments.files {
        let found = files::net_files(named)?;
        if found.is_empty() {
            return Err(Failure::usage(format!("there is no `.net` file in `{}`", files::shown(named))));
        }
        let is_found = !files::is_dash(named) && named.is_dir();
        let net = match &arguments.net.root {
            None if is_found => {
                Cow::Owned(NetOptions { root: Some(files::folder(&named.join("it.net"))), ..arguments.net.clone() })
            }
            None | Some(_) => Cow::Borrowed(&arguments.net),
        };
        all.extend(found.into_iter().map(|path| Subject { path, net: net.clone(), is_found, arguments }));
    }
    Ok(all)
}

/// Checks a file, after its fixes where they are to be applied.
fn check(session: &Session, subject: &Subject<'_>) -> Result<Checked, Failure> {
    let Subject { path, net, arguments, .. } = subject;
    let compiled = load::compile(session, path, net)?;
    // What is no network, a script for instance, is not rewritten by what a network's errors look like.
    let is_network = files::is_dash(path) || files::has_extension(path, "net");
    if !is_network || !(arguments.fix || arguments.diff) {
        return Ok(tried(subject, compiled));
    }
    // A network without anything to fix is not built again for what was left.
    if !files::is_dash(path) && compiled.diagnostics.iter().all(|found| found.fixes.is_empty()) {
        return Ok(tried(subject, compiled));
    }
    let found = |compiled: Compiled| {
        let mut compiled = compiled;
        subject.forgive(&mut compiled);
        let (sources, diagnostics) = all(compiled);
        (sources, choose(diagnostics, arguments))
    };
    let (sources, diagnostics) = found(compiled);
    let text = sources.iter().next().map_or(String::new(), |(_, main)| main.text().to_owned());
    let before = exit_code(&diagnostics);
    let compile = |text| load::compile_text(session, path, text, net);
    let most = if arguments.unsafe_fixes { Applicability::Unsafe } else { Applicability::Safe };
    let work = Work::default();
    let fixed = fix::fixed((sources, diagnostics), most, &work, |text| {
        let after = compile(text);
        work.spend(after.work());
        found(after)
    });
    if arguments.diff && fixed.applied > 0 {
        Session::say(&diff::unified(&files::shown(path), "fixed", &text, &fixed.text))?;
    } else if arguments.fix && (fixed.applied > 0 || files::is_dash(path)) {
        Output::change(path).write(session, |out| out.write_all(fixed.text.as_bytes()))?;
    }
    let unfinished = fixed.is_cut.then(|| unfinished(subject, fixed.applied));
    let found = Checked { fixes: fixed.applied, unfinished, ..tried(subject, compile(fixed.text)) };
    // Where nothing is written, the file is as good as it was.
    Ok(if arguments.diff { Checked { code: before, ..found } } else { found })
}

/// The findings of a file that are asked for, with fixes that were tried.
fn tried(subject: &Subject<'_>, mut compiled: Compiled) -> Checked {
    subject.forgive(&mut compiled);
    // Trials make others.
    (compiled.asts, compiled.network) = (Vec::new(), None);
    load::tried(&subject.path, &mut compiled, &subject.net);
    let (sources, diagnostics) = all(compiled);
    Checked::new(sources, choose(diagnostics, subject.arguments))
}

impl Subject<'_> {
    /// Does not ask for a net where a file that was found in a folder holds blocks for others.
    fn forgive(&self, compiled: &mut Compiled) {
        let items = compiled.asts.first().map_or(&[][..], |ast| &ast.items);
        let has_block = items.iter().any(|item| matches!(item, Item::Block(_)));
        if self.is_found && has_block && !items.iter().any(|item| matches!(item, Item::Net(_))) {
            compiled.diagnostics.retain(|found| found.code != Code::NoNet);
        }
    }
}

/// All findings, with those that comments silence behind the others.
fn all(compiled: Compiled) -> (SourceSet, Vec<Diagnostic>) {
    let Compiled { sources, mut diagnostics, silenced, .. } = compiled;
    diagnostics.extend(silenced);
    (sources, diagnostics)
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
        if denied && d.silenced.is_none() {
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

/// How many findings that are left offer a guess, and how it is had, where fixes were asked for.
fn guesses(checked: &[Checked], arguments: &Arguments) -> Option<String> {
    let offers = |checked: &Checked| {
        let main = checked.sources.iter().next().map(|(id, _)| id);
        let is_guess =
            |fix: &Fix| fix.applicability == Applicability::Unsafe && fix.edits.iter().all(|e| Some(e.span.source) == main);
        checked.diagnostics.iter().filter(|found| found.fixes.iter().any(is_guess)).count()
    };
    let left: usize = checked.iter().map(offers).sum();
    let asked = (arguments.fix || arguments.diff) && !arguments.unsafe_fixes;
    (asked && left > 0).then(|| {
        let (fixes, them) = if left == 1 { ("1 unsafe fix is", "it") } else { (&*format!("{left} unsafe fixes are"), "them") };
        format!("{fixes} left: `--diff --unsafe-fixes` shows {them}, `--fix --unsafe-fixes` applies {them}")
    })
}

/// Tells of the files in which fixing ended early; on standard error, whatever format the findings have.
fn notices(session: &Session, checked: &[Checked]) {
    checked.iter().filter_map(|checked| checked.unfinished.as_deref()).for_each(|text| session.notice(text));
}

/// That fixing ended while there was something to fix. Another run goes on only where this one has changed the file.
fn unfinished(Subject { path, arguments, .. }: &Subject<'_>, applied: usize) -> String {
    let goes_on = arguments.fix && applied > 0 && !files::is_dash(path);
    let rest = if goes_on { "`check --fix` goes on when it is run again" } else { "the rest is left" };
    format!("`{}`: fixing stopped early, and there may be more to fix; {rest}", files::shown(path))
}

fn summary(checked: &[Checked], arguments: &Arguments) -> String {
    let found = || checked.iter().flat_map(|checked| &checked.diagnostics);
    let all = || found().filter(|d| d.silenced.is_none());
    let silenced = match found().count() - all().count() {
        0 => String::new(),
        count => format!(", {count} silenced"),
    };
    let errors = all().filter(|d| d.is_error()).count();
    let warnings = all().count() - errors;
    let fixes: usize = checked.iter().map(|checked| checked.fixes).sum();
    let kinds = [(errors, "error"), (warnings, "warning")].into_iter().filter(|(count, _)| *count > 0);
    let found: Vec<String> = kinds.map(|(count, kind)| counted(count, kind)).collect();
    let found = if found.is_empty() { "nothing".to_owned() } else { found.join(", ") };
    let files = counted(checked.len(), "file");
    let fixes = if fixes == 1 { "1 fix".to_owned() } else { format!("{fixes} fixes") };
    match (arguments.fix, arguments.diff) {
        (true, _) => format!("{files} checked, {fixes} applied, {found} left{silenced}"),
        (_, true) => format!("{files} checked, {fixes} to apply, {found} left then{silenced}"),
        _ if found == "nothing" => format!("{files} checked, nothing found{silenced}"),
        _ => format!("{files} checked, {found}{silenced}"),
    }
}
