//! Silences: comments that ask for a kind of finding not to be told, `# allow PW9002: the paper has 18 channels`.
//!
//! In: the text of a file and its tree. Out: each such comment, what it names and which line it speaks of. What the codes
//! mean, and whether there is anything to silence, is not known here.

use std::collections::{BTreeMap, BTreeSet};

use super::ast::{Ast, Body, Comment, Ident, Item, Statement, StatementKind};
use crate::source::{Source, SourceId, Span};

/// One comment, or the part of one from its `#` to the next.
#[derive(Debug, Clone, PartialEq)]
pub struct Silence {
    /// Where it stands.
    pub span: Span,
    /// What goes with it if it is removed: the space before it, or its line.
    pub whole: Span,
    /// The codes as they are written; none where it cannot be read.
    pub codes: Vec<Ident>,
    /// Why.
    pub reason: Option<String>,
    /// The zero-based line that it speaks of: its own behind code, else the next that is no comment.
    pub line: usize,
    /// The statement without a body that ends before it, or begins on that line.
    pub statement: Option<Span>,
}

/// The silences of a file, in order.
#[must_use]
pub fn silences(source: &Source, ast: &Ast) -> Vec<Silence> {
    let text = source.text();
    let of = |comment| pieces(text, comment).filter_map(move |span| Some((comment, read(text, comment, span)?)));
    let mut silences: Vec<(&Comment, Silence)> = ast.comments.iter().flat_map(of).collect();
    if silences.is_empty() {
        return Vec::new();
    }
    let alone = ast.comments.iter().filter(|comment| !comment.trailing);
    let next = next_lines(alone.map(|comment| source.line_index(comment.span.start)).collect());
    let statements = Statements::new(source, ast);
    for (comment, silence) in &mut silences {
        silence.line = source.line_index(comment.span.start);
        if !comment.trailing {
            silence.line = next.get(&silence.line).copied().unwrap_or(silence.line);
        }
        let of = if comment.trailing { &statements.ends } else { &statements.starts };
        silence.statement = of.get(&silence.line).copied().filter(|at| !comment.trailing || at.end <= comment.span.start);
    }
    silences.into_iter().map(|(_, silence)| silence).collect()
}

/// For each of these lines the first behind it that is none of them.
fn next_lines(lines: BTreeSet<usize>) -> BTreeMap<usize, usize> {
    let mut next = BTreeMap::new();
    for line in lines.into_iter().rev() {
        let behind = next.get(&(line + 1)).copied().unwrap_or(line + 1);
        next.insert(line, behind);
    }
    next
}

/// Whether a comment begins with a silence, so that it documents nothing.
pub fn is_silence(comment: &str) -> bool {
    comment.strip_prefix('#').is_some_and(|rest| named(rest.split('#').next().unwrap_or(rest)).is_some())
}

/// A comment from each `#` in it to the next.
fn pieces(text: &str, comment: &Comment) -> impl Iterator<Item = Span> {
    let span = comment.span;
    let starts = text[span.start as usize..span.end as usize].match_indices('#').map(move |(at, _)| span.start + at as u32);
    let ends = starts.clone().skip(1).chain([span.end]);
    starts.zip(ends).map(move |(start, end)| Span { start, end, ..span })
}

/// What follows `allow` where a code does.
fn named(piece: &str) -> Option<&str> {
    let rest = piece.trim_start().strip_prefix("allow")?;
    let code = rest.trim_start_matches([' ', '\t', ':', '(', '[']);
    let is_code = rest.len() > code.len()
        && code.get(..2)?.eq_ignore_ascii_case("PW")
        && code[2..].starts_with(|c: char| c.is_ascii_digit());
    is_code.then_some(rest)
}

fn read(text: &str, comment: &Comment, piece: Span) -> Option<Silence> {
    let content = text[piece.start as usize..piece.end as usize].trim_end();
    let rest = named(&content[1..])?;
    let span = Span { end: piece.start + content.len() as u32, ..piece };
    let (list, reason) = match rest.split_once(':') {
        Some((list, reason)) => (list, Some(reason.trim()).filter(|reason| !reason.is_empty()).map(str::to_owned)),
        None => (rest, None),
    };
    let at = span.end - rest.len() as u32;
    let whole = whole(text, comment, span);
    Some(Silence { span, whole, codes: codes(list, at, span.source).unwrap_or_default(), reason, line: 0, statement: None })
}

/// The codes of `PW9002, PW9004`; `None` where something else stands there.
fn codes(list: &str, at: u32, source: SourceId) -> Option<Vec<Ident>> {
    let mut start = at;
    let one = |written: &str| {
        let text = written.trim();
        let from = start + (written.len() - written.trim_start().len()) as u32;
        start += written.len() as u32 + 1;
        let is_word = !text.is_empty() && text.bytes().all(|b| b.is_ascii_alphanumeric());
        is_word.then(|| Ident { text: text.into(), span: Span { source, start: from, end: from + text.len() as u32 } })
    };
    list.split(',').map(one).collect()
}

/// A silence with the white space that its removal leaves over; alone on a line, with the line.
fn whole(text: &str, comment: &Comment, span: Span) -> Span {
    let after = &text[span.end as usize..comment.span.end as usize];
    if !after.trim().is_empty() {
        return Span { end: span.end + (after.len() - after.trim_start().len()) as u32, ..span };
    }
    let before = text[..span.start as usize].trim_end_matches([' ', '\t']);
    let start = before.len() as u32;
    let is_alone = span.start == comment.span.start && !comment.trailing;
    match text[span.end as usize..].find('\n') {
        Some(line_end) if is_alone => Span { start, end: span.end + line_end as u32 + 1, ..span },
        _ => Span { start, end: comment.span.end, ..span },
    }
}

/// The smallest statement without a body that begins, and that ends, on a line.
struct Statements {
    starts: BTreeMap<usize, Span>,
    ends: BTreeMap<usize, Span>,
}

impl Statements {
    fn new(source: &Source, ast: &Ast) -> Self {
        let mut found = Self { starts: BTreeMap::new(), ends: BTreeMap::new() };
        let bodies = ast.items.iter().filter_map(body_of);
        for statement in bodies.flat_map(Body::all_statements).filter(|statement| !holds_body(statement)) {
            let start = statement.marks().first().map_or(statement.span, |mark| mark.span);
            let span = start.to(statement.span);
            let smaller = |old: &Span| span.end - span.start < old.end - old.start;
            // It may stand above the marks, or below them.
            for start in [span.start, statement.span.start].map(|at| source.line_index(at)) {
                if found.starts.get(&start).is_none_or(smaller) {
                    found.starts.insert(start, span);
                }
            }
            let end = source.line_index(span.end);
            if found.ends.get(&end).is_none_or(smaller) {
                found.ends.insert(end, span);
            }
        }
        found
    }
}

fn body_of(item: &Item) -> Option<&Body> {
    match item {
        Item::Block(block) => Some(&block.body),
        Item::Net(net) => Some(&net.body),
        Item::Use(_) => None,
    }
}

fn holds_body(statement: &Statement) -> bool {
    let mut exprs = statement.exprs().into_iter().flat_map(super::ast::Expr::all);
    matches!(statement.kind, StatementKind::For { .. }) || exprs.any(|expr| !expr.branches().is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::SourceSet;

    fn of(text: &str) -> Vec<Silence> {
        let mut sources = SourceSet::new();
        let id = sources.add("n.net", text);
        let (ast, _) = super::super::parse(&sources, id);
        silences(sources.get(id), &ast)
    }

    #[test]
    fn lines_codes_and_reasons() {
        let found =
            of("net n {\n    # allow PW9002: a\n    # more\n    x = y\n        -> f  # why # allow pw9003, PW9004 :b # c\n}\n");
        let said: Vec<_> = found.iter().map(|s| (s.line, s.codes.len(), s.reason.as_deref(), s.statement.is_some())).collect();
        assert_eq!(said, [(3, 1, Some("a"), true), (4, 2, Some("b"), true)]);
        assert_eq!(found[1].codes[1].text, "PW9004");
    }

    #[test]
    fn what_is_prose_and_what_cannot_be_read() {
        assert!(of("# allow the reader\n# allowed PW9002\n# PW9002 allow\n# allow me: PW9002\n").is_empty());
        let found = of("# allow: PW9002 why\n# allow PW9002 why\n# allow PW9002\n");
        let said: Vec<_> = found.iter().map(|s| (s.codes.len(), s.reason.is_some())).collect();
        assert_eq!(said, [(0, true), (0, false), (1, false)]);
    }

    #[test]
    fn what_is_removed() {
        let left = |text: &str| {
            let whole = of(text)[0].whole;
            format!("{}|{}", &text[..whole.start as usize], &text[whole.end as usize..])
        };
        assert_eq!(left("net n {\n    x = y  # allow PW9002: a\n}\n"), "net n {\n    x = y|\n}\n");
        assert_eq!(left("net n {\n    # allow PW9002: a\n    x = y\n}\n"), "net n {\n|    x = y\n}\n");
        assert_eq!(left("# allow PW9002: a # b\n"), "|# b\n");
        assert_eq!(left("# b # allow PW9002: a\n"), "# b|\n");
    }
}
