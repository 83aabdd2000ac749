//! `fmt`: `.net` files in their canonical layout.

use std::path::{Path, PathBuf};

use clap::Args;

use super::failure::{FINDINGS, Failure, exit_code};
use super::output::Output;
use super::session::Session;
use super::{files, load};
use crate::diagnostic::{Diagnostic, has_errors};
use crate::digits::counted;
use crate::source::SourceSet;
use crate::syntax;

/// Arguments of `fmt`.
#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// Files, or directories to search for `.net` files; `-` lays out standard input onto standard output.
    #[arg(required = true, value_name = "FILE|DIR")]
    paths: Vec<PathBuf>,
    /// Change nothing; exit with 1 where a file is not in canonical layout.
    #[arg(long)]
    check: bool,
    /// Change nothing; show what would change.
    #[arg(long)]
    diff: bool,
}

/// Runs the command.
pub(super) fn run(session: &Session, arguments: &Arguments) -> Result<u8, Failure> {
    let mut paths = Vec::new();
    for path in &arguments.paths {
        paths.extend(files::net_files(path)?);
    }
    let (mut code, mut changed) = (0, 0);
    for path in &paths {
        let result = one(session, path, arguments);
        match result {
            Ok(differs) => changed += usize::from(differs),
            Err(Failure::Pipe) => return Err(Failure::Pipe),
            Err(failure) => code = code.max(failure.report()),
        }
    }
    if arguments.check || arguments.diff {
        if changed > 0 {
            code = code.max(FINDINGS);
            session.notice(&format!("{} of {} not in canonical layout", changed, counted(paths.len(), "file")));
        }
    } else if changed > 0 {
        session.notice(&format!("{} laid out", counted(changed, "file")));
    }
    Ok(code)
}

/// Whether the file differs from its canonical layout.
fn one(session: &Session, path: &Path, arguments: &Arguments) -> Result<bool, Failure> {
    let text = files::read_network(path)?;
    let name = files::shown(path);
    let laid_out = layout(&name, &text)?;
    let differs = laid_out != text;
    if arguments.diff && differs {
        let patch = super::diff::unified(&name, "canonical", &text, &laid_out);
        Session::say(&patch)?;
    } else if arguments.check && differs {
        session.notice(&format!("{name} is not in canonical layout"));
    } else if !arguments.check && !arguments.diff && (differs || files::is_dash(path)) {
        Output::change(path).write(session, |out| out.write_all(laid_out.as_bytes()))?;
    }
    Ok(differs)
}

/// The canonical layout of a text; errors of syntax are shown.
pub(super) fn layout(name: &str, text: &str) -> Result<String, Failure> {
    let mut sources = SourceSet::new();
    let id = sources.add(name, text);
    let (ast, diagnostics) = syntax::parse(&sources, id);
    if has_errors(&diagnostics) {
        // Another one is made of the text for its fixes.
        drop(ast);
        let errors: Vec<Diagnostic> = diagnostics.into_iter().filter(Diagnostic::is_error).collect();
        let errors = load::with_tried_fixes(name, text, errors);
        Session::show(&sources, &errors);
        return Err(Failure::Reported(exit_code(&errors)));
    }
    Ok(syntax::format(text, &ast))
}
