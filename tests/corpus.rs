//! Runs every file under `tests/corpus/`: a network, and on its own lines what the compiler must say about it.
//!
//! The first line is `# test: check`. A line that is at fault ends in `#! PW0302 some words`: a finding with that code
//! must have its primary label on that line, and its text must contain the words. `#! none PW…` on the last line is for
//! findings without a place, `#! parts/a.net:3 PW…` for those in a used file. Every finding must be expected. Each fix that
//! a finding offers is applied, and the finding must then be gone. What the terminal shows stands beside the case in a
//! `.out` file where there is one; `BLESS=1 cargo test --test corpus` rewrites these files.

#![allow(clippy::disallowed_methods, reason = "tests read files")]

mod common;

use std::path::{Path, PathBuf};

use common::Disk;
use libtest_mimic::{Arguments, Failed, Trial};
use pointwise::code::Code;
use pointwise::compile::{Compiled, Settings, compile};
use pointwise::diagnostic::{Diagnostic, Fix};
use pointwise::op::table::OPS;
use pointwise::render::{Findings, Format, render};

/// `#! PW0302 words`.
struct Expected {
    /// End of the name of a used file; `None` for the case itself.
    file: Option<String>,
    line: usize,
    code: String,
    words: String,
}

fn main() {
    let arguments = Arguments::from_args();
    let mut cases = Vec::new();
    collect(Path::new("tests/corpus"), &mut cases);
    assert!(!cases.is_empty(), "the corpus has cases");
    let texts: Vec<String> = cases.iter().map(|path| std::fs::read_to_string(path).expect("readable")).collect();
    let mut trials = vec![
        Trial::test("every operation has a case", || every_operation().map_err(Failed::from)),
        Trial::test("every code has a case", move || every_code(&texts).map_err(Failed::from)),
    ];
    trials.extend(cases.into_iter().map(|path| {
        let name = path.to_string_lossy().into_owned();
        Trial::test(name, move || case(&path).map_err(Failed::from))
    }));
    libtest_mimic::run(&arguments, trials).exit();
}

/// `ops/<keyword>.net` for each operation, so that a newcomer finds an example of it.
fn every_operation() -> Result<(), String> {
    let lacks = |keyword: &&str| !Path::new("tests/corpus/ops").join(format!("{keyword}.net")).is_file();
    let missing: Vec<&str> = OPS.iter().map(|op| op.keyword).filter(lacks).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no case under tests/corpus/ops for {missing:?}")) }
}

/// Each code of names, values and shapes, but for what only the command line can get wrong.
fn every_code(texts: &[String]) -> Result<(), String> {
    let wanted = Code::ALL.iter().filter(|code| ["PW02", "PW03"].contains(&&code.id()[..4]) && **code != Code::UnknownKnob);
    let lacks = |code: &&Code| {
        !texts.iter().any(|text| text.contains(&format!("#! {}", code.id())) || text.contains(&format!(" {} ", code.id())))
    };
    let missing: Vec<&str> = wanted.filter(lacks).map(|code| code.id()).collect();
    if missing.is_empty() { Ok(()) } else { Err(format!("no case expects {missing:?}")) }
}

fn collect(dir: &Path, cases: &mut Vec<PathBuf>) {
    let mut entries: Vec<_> = std::fs::read_dir(dir).expect("the corpus is there").map(|e| e.expect("readable").path()).collect();
    entries.sort();
    for path in entries {
        if path.is_dir() {
            collect(&path, cases);
        } else if path.extension().is_some_and(|e| e == "net") {
            let text = std::fs::read(&path).expect("readable");
            if text.starts_with(b"# test: ") {
                cases.push(path);
            }
        }
    }
}

fn case(path: &Path) -> Result<(), String> {
    let text = std::fs::read_to_string(path).map_err(|e| e.to_string())?;
    let name = path.to_string_lossy();
    let compiled = compile(&name, text.clone(), &Disk, &Settings::default());
    let expected = expectations(&text);
    let mut problems = compare(&compiled, &expected);
    for diagnostic in &compiled.diagnostics {
        for fix in &diagnostic.fixes {
            problems.extend(try_fix(&name, &text, &compiled, diagnostic, fix));
        }
    }
    problems.extend(compare_output(path, &compiled));
    if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
}

fn expectations(text: &str) -> Vec<Expected> {
    let parse = |(index, line): (usize, &str)| {
        let (_, note) = line.split_once("#! ")?;
        let (place, note) = note.strip_prefix("none ").map_or((index + 1, note), |rest| (0, rest));
        let elsewhere = note.split_once(' ').and_then(|(at, rest)| Some((at.rsplit_once(':')?, rest)));
        let (file, line, note) = match elsewhere {
            Some(((file, line), rest)) => (Some(file.to_owned()), line.parse().expect("the line of a used file"), rest),
            None => (None, place, note),
        };
        let (code, words) = note.split_once(' ').unwrap_or((note, ""));
        Some(Expected { file, line, code: code.to_owned(), words: words.trim().to_owned() })
    };
    text.lines().enumerate().filter_map(parse).collect()
}

fn compare(compiled: &Compiled, expected: &[Expected]) -> Vec<String> {
    let mut problems = Vec::new();
    let mut unused: Vec<&Diagnostic> = compiled.diagnostics.iter().collect();
    for want in expected {
        let fits = |d: &&Diagnostic| {
            d.code.id() == want.code
                && line_of(compiled, d) == want.line
                && is_in(compiled, d, want.file.as_deref())
                && all_text(d).contains(&want.words)
        };
        match unused.iter().position(fits) {
            Some(index) => drop(unused.remove(index)),
            None => problems.push(format!("line {}: expected {} with \"{}\"", want.line, want.code, want.words)),
        }
    }
    for d in unused {
        problems.push(format!("line {}: unexpected {}: {}", line_of(compiled, d), d.code.id(), all_text(d)));
    }
    problems
}

/// Whether a finding lies in the case itself, or in the used file whose name ends so.
fn is_in(compiled: &Compiled, diagnostic: &Diagnostic, file: Option<&str>) -> bool {
    let Some(label) = &diagnostic.primary else { return file.is_none() };
    match file {
        None => label.span.source == compiled.asts[0].source,
        Some(name) => compiled.sources.get(label.span.source).name().ends_with(name),
    }
}

fn line_of(compiled: &Compiled, diagnostic: &Diagnostic) -> usize {
    diagnostic.primary.as_ref().map_or(0, |label| compiled.sources.line_column(label.span).0)
}

fn all_text(d: &Diagnostic) -> String {
    let labels = d.primary.iter().chain(&d.secondary).map(|label| label.text.clone());
    let rest = d.notes.iter().chain(&d.help).cloned().chain(d.fixes.iter().map(|fix| fix.message.clone()));
    std::iter::once(d.message.clone()).chain(labels).chain(rest).collect::<Vec<_>>().join(" | ")
}

/// Applies a fix to the main file; afterwards the same finding must not come again.
fn try_fix(name: &str, text: &str, compiled: &Compiled, diagnostic: &Diagnostic, fix: &Fix) -> Option<String> {
    let main = compiled.asts[0].source;
    if fix.edits.iter().any(|edit| edit.span.source != main) {
        return None;
    }
    let mut edits = fix.edits.clone();
    edits.sort_by_key(|edit| std::cmp::Reverse(edit.span.start));
    let mut fixed = text.to_owned();
    for edit in edits {
        fixed.replace_range(edit.span.start as usize..edit.span.end as usize, &edit.replacement);
    }
    let count = |diagnostics: &[Diagnostic]| {
        diagnostics.iter().filter(|d| d.code == diagnostic.code && d.message == diagnostic.message).count()
    };
    let again = compile(name, fixed.clone(), &Disk, &Settings::default());
    (count(&again.diagnostics) >= count(&compiled.diagnostics))
        .then(|| format!("the fix \"{}\" of {} does not remove it:\n{fixed}", fix.message, diagnostic.code.id()))
}

fn compare_output(path: &Path, compiled: &Compiled) -> Option<String> {
    let out = path.with_extension("out");
    let findings = Findings { sources: &compiled.sources, diagnostics: &compiled.diagnostics };
    let shown = anstream::adapter::strip_str(&render(&[findings], Format::Full, 100)).to_string();
    if std::env::var_os("BLESS").is_some() {
        if out.exists() {
            std::fs::write(&out, &shown).expect("writable");
        }
        return None;
    }
    let wanted = std::fs::read_to_string(&out).ok()?;
    (wanted != shown).then(|| format!("{} differs; what was shown:\n{shown}", out.display()))
}
