//! Findings that their line silences, and silences that are not in order.
//!
//! In: the files and what was found in them. Out: what was found without that which a comment `# allow PW9002: reason` speaks
//! of, and that apart. Only lints are silenced: an error stays one. A silence that does nothing is a finding itself.

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;

use crate::code::Code;
use crate::diagnostic::Applicability::Safe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::graph::Graph;
use crate::source::{SourceId, SourceSet, Span};
use crate::suggest::nearest;
use crate::syntax::ast::{Ast, Body, Item};
use crate::syntax::{self, Silence};

/// Nobody reads further findings about silences.
const MOST_FINDINGS: usize = 100;

/// A code of a silence.
struct Entry {
    /// Index of the silence.
    of: usize,
    code: Code,
    used: bool,
}

/// Moves what is silenced out of `found`, with the reason, and adds what is wrong with the silences. Whether one is needed can
/// be judged where all lints have run on what was built, the network as it is written.
pub(super) fn apply(sources: &SourceSet, asts: &[Ast], found: &mut Vec<Diagnostic>, built: Option<&Graph>) -> Vec<Diagnostic> {
    let silences: Vec<Silence> = asts.iter().flat_map(|ast| syntax::silences(sources.get(ast.source), ast)).collect();
    if silences.is_empty() {
        return Vec::new();
    }
    let mut entries = entries(&silences);
    by_line(sources, &silences, &mut entries, found);
    by_statement(&silences, &mut entries, found);
    let (silenced, kept) = std::mem::take(found).into_iter().partition(|d| d.silenced.is_some());
    *found = kept;
    // What another file's blocks give here is no measure of what they give elsewhere.
    let main = asts.first().zip(built).map(|(ast, built)| (ast.source, not_built(ast, built)));
    let (mut rest, mut wrong) = (entries.as_slice(), Vec::new());
    for (index, silence) in silences.iter().enumerate() {
        let (own, others) = rest.split_at(rest.partition_point(|entry| entry.of <= index));
        let is_judged = main.as_ref().is_some_and(|(main, not_built)| {
            *main == silence.span.source && !not_built.iter().any(|body| body.contains(&silence.span.start))
        });
        wrong.extend(in_order(silence, is_judged, own));
        if wrong.len() >= MOST_FINDINGS {
            let last = wrong.last_mut().expect("there are many");
            last.notes.push(format!("only the first {MOST_FINDINGS} silences that are not in order are shown"));
            break;
        }
        rest = others;
    }
    found.append(&mut wrong);
    silenced
}

fn entries(silences: &[Silence]) -> Vec<Entry> {
    let codes = |(of, silence): (usize, &Silence)| {
        let codes: Vec<Code> = silence.codes.iter().filter_map(|code| Code::from_id(&code.text)).collect();
        codes.into_iter().map(move |code| Entry { of, code, used: false })
    };
    silences.iter().enumerate().flat_map(codes).collect()
}

/// The bodies of blocks, loops and branches from which no layer of the network comes: what no lint has seen.
fn not_built(ast: &Ast, built: &Graph) -> Vec<Range<u32>> {
    let places = built.ids().filter_map(|id| built.node(id).origin.span).filter(|span| span.source == ast.source);
    let mut places: Vec<u32> = places.map(|span| span.start).collect();
    places.sort_unstable();
    let has_none =
        |body: &&Body| places.get(places.partition_point(|at| *at < body.span.start)).is_none_or(|at| *at >= body.span.end);
    let bodies = ast.items.iter().flat_map(|item| match item {
        Item::Block(block) => block.body.all_bodies(),
        Item::Net(net) => net.body.all_bodies().split_off(1),
        Item::Use(_) => Vec::new(),
    });
    bodies.filter(has_none).map(|body| body.span.start..body.span.end).collect()
}

fn is_lint(code: Code) -> bool {
    code.is_lint() && code != Code::LintSilence
}

/// Where a finding stands that may be silenced.
fn place(diagnostic: &Diagnostic) -> Option<Span> {
    let open = !diagnostic.is_error() && is_lint(diagnostic.code) && diagnostic.silenced.is_none();
    diagnostic.primary.as_ref().filter(|_| open).map(|label| label.span)
}

fn silence(diagnostic: &mut Diagnostic, silence: &Silence) {
    diagnostic.silenced = Some(silence.reason.clone().unwrap_or_default());
}

/// Findings on the lines that silences speak of.
fn by_line(sources: &SourceSet, silences: &[Silence], entries: &mut [Entry], found: &mut [Diagnostic]) {
    let mut lines: HashMap<(SourceId, Code, usize), usize> = HashMap::new();
    for (index, entry) in entries.iter().enumerate() {
        let silence = &silences[entry.of];
        lines.entry((silence.span.source, entry.code, silence.line)).or_insert(index);
    }
    for diagnostic in found {
        let Some(span) = place(diagnostic) else { continue };
        let source = sources.get(span.source);
        let mut covered = source.line_index(span.start)..=source.line_index(span.end.max(span.start + 1) - 1);
        if let Some(index) = covered.find_map(|line| lines.get(&(span.source, diagnostic.code, line))) {
            entries[*index].used = true;
            silence(diagnostic, &silences[entries[*index].of]);
        }
    }
}

/// A statement of several lines is spoken of as a whole where its line holds nothing: the layout may have moved it.
fn by_statement(silences: &[Silence], entries: &mut [Entry], found: &mut [Diagnostic]) {
    let mut places: BTreeMap<(Code, SourceId, u32), Vec<usize>> = BTreeMap::new();
    for (index, diagnostic) in found.iter().enumerate() {
        if let Some(span) = place(diagnostic) {
            places.entry((diagnostic.code, span.source, span.start)).or_default().push(index);
        }
    }
    for entry in entries.iter_mut().filter(|entry| !entry.used) {
        let Some(at) = silences[entry.of].statement else { continue };
        let inside = (entry.code, at.source, at.start)..(entry.code, at.source, at.end);
        for index in places.range(inside).flat_map(|(_, indices)| indices) {
            entry.used = true;
            silence(&mut found[*index], &silences[entry.of]);
        }
    }
}

/// What is wrong with a silence: at most one finding, the gravest.
fn in_order(silence: &Silence, is_judged: bool, entries: &[Entry]) -> Option<Diagnostic> {
    let warning = |message: String, span, label: &str| Some(Diagnostic::warning(Code::LintSilence, message, span, label));
    if silence.codes.is_empty() {
        let found = warning("this comment silences nothing".to_owned(), silence.span, "it cannot be read");
        return found.map(|found| found.help("write `# allow PW9002: why it is right here`, with a comma between several codes"));
    }
    if let Some(unknown) = silence.codes.iter().find(|code| Code::from_id(&code.text).is_none()) {
        let found = warning(format!("there is no code `{}`", unknown.text), unknown.span, "not known");
        let lints = Code::ALL.iter().filter(|code| is_lint(**code)).map(|code| code.id());
        return found.map(|found| match nearest(&unknown.text, lints) {
            Some(near) => found.help(format!("did you mean `{near}`?")),
            None => found.help("`pointwise explain` lists all codes"),
        });
    }
    let idle: Vec<Code> = entries.iter().filter(|e| !is_lint(e.code) || (is_judged && !e.used)).map(|e| e.code).collect();
    if let Some(first) = idle.first() {
        return Some(needless(silence, *first, &idle));
    }
    if silence.reason.is_none() {
        let found = warning("a finding is silenced without a reason".to_owned(), silence.span, "why?");
        return found.map(|found| found.help("write the reason behind a colon: `# allow PW9002: the paper has 18 channels`"));
    }
    None
}

/// A silence with codes that it does nothing about; the fix leaves the others.
fn needless(silence: &Silence, first: Code, idle: &[Code]) -> Diagnostic {
    let id = first.id();
    let message = if first == Code::LintSilence {
        format!("`{id}` speaks of these comments themselves and cannot be silenced")
    } else if is_lint(first) {
        format!("`{id}` is not found here, and the comment silences nothing")
    } else {
        format!("`{id}` is an error, and errors cannot be silenced")
    };
    let span = silence.codes.iter().find(|code| Code::from_id(&code.text) == Some(first)).map_or(silence.span, |code| code.span);
    let found = Diagnostic::warning(Code::LintSilence, message, span, "does nothing");
    let kept: Vec<&str> = silence
        .codes
        .iter()
        .map(|code| code.text.as_str())
        .filter(|text| !idle.contains(&Code::from_id(text).unwrap_or(first)))
        .collect();
    if kept.is_empty() {
        return found.fix(Safe, "remove the comment", vec![Edit::replace(silence.whole, "")]);
    }
    let list = silence.codes[0].span.to(silence.codes[silence.codes.len() - 1].span);
    found.fix(Safe, "leave the code out", vec![Edit::replace(list, kept.join(", "))])
}
