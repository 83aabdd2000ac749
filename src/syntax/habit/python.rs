//! Habits of Python and its kin: colons before bodies, methods, `def`, a trailing `if`.

use super::{Failure, diagnostic, replace};
use crate::diagnostic::{Diagnostic, Edit};
use crate::source::Span;
use crate::suggest::foreign;
use crate::syntax::error::Expected;
use crate::syntax::input::Input;
use crate::syntax::token::TokenKind;

/// `for i in 0..3:` with an indented body, or one on the same line.
pub(super) fn colon(failure: Failure<'_>) -> Option<Diagnostic> {
    let colon = failure.found;
    if colon.kind() != TokenKind::Colon || !failure.wants(Expected::OPEN_BRACE) {
        return None;
    }
    colon.context.suites.set(true);
    let message = "a body stands in braces, not after a `:`";
    if colon.kind_at(1) == TokenKind::OpenBrace {
        return Some(diagnostic(message, colon.span()).fix("remove the `:`", replace(colon.span(), "")));
    }
    let indent = colon.context.indent(colon.next().start);
    let spaced = colon.previous().is_some_and(|token| token.end < colon.next().start);
    let open = Edit { span: colon.span(), replacement: if spaced { "{" } else { " {" }.into() };
    let (last, closer) = suite(colon, indent)?;
    let close = Edit { span: last.after(), replacement: closer };
    Some(diagnostic(message, colon.span()).fix("put the body in braces", vec![open, close]))
}

/// The last token of the body after a colon, and the brace that closes it.
fn suite(colon: Input<'_>, indent: usize) -> Option<(Span, String)> {
    let context = colon.context;
    let first = colon.skip(1);
    let below = first.next().line_start;
    let mut here = first;
    while here.kind() != TokenKind::End {
        let token = here.next();
        let outside = if below { context.column(token.start) <= indent } else { here.index() > first.index() };
        if token.line_start && outside {
            break;
        }
        here = here.skip(1);
    }
    let last = here.previous().filter(|_| here.index() > first.index())?;
    let closer = if below { format!("\n{}}}", " ".repeat(indent)) } else { " }".into() };
    Some((context.span_of(last), closer))
}

/// Words that begin statements elsewhere, what stands for them here, and advice.
const WORDS: &[(&str, Option<&str>, &str)] = &[
    ("def", Some("block"), "a block is defined with `block name(parameters)(inputs) { … }`"),
    ("fn", Some("block"), "a block is defined with `block name(parameters)(inputs) { … }`"),
    ("func", Some("block"), "a block is defined with `block name(parameters)(inputs) { … }`"),
    ("function", Some("block"), "a block is defined with `block name(parameters)(inputs) { … }`"),
    ("module", Some("block"), "a block is defined with `block name(parameters)(inputs) { … }`"),
    ("class", None, "a block is defined with `block name(parameters)(inputs) { … }`"),
    ("network", Some("net"), "a network is defined with `net name(parameters) { … }`"),
    ("model", Some("net"), "a network is defined with `net name(parameters) { … }`"),
    ("import", Some("use"), "another file's blocks are brought in with `use \"file.net\"`"),
    ("include", Some("use"), "another file's blocks are brought in with `use \"file.net\"`"),
    ("from", None, "another file's blocks are brought in with `use \"file.net\"`"),
    ("let", Some(""), "a name is bound with `name = value`"),
    ("var", Some(""), "a name is bound with `name = value`"),
    ("val", Some(""), "a name is bound with `name = value`"),
    ("const", Some(""), "a name is bound with `name = value`"),
    ("while", None, "loops walk a range or a list: `for i in 0..n { … }`"),
    ("repeat", None, "loops walk a range or a list: `for i in 0..n { … }`"),
    ("loop", None, "loops walk a range or a list: `for i in 0..n { … }`"),
    ("elif", None, "`else if` follows the `}` of an `if`"),
    ("pass", None, "an empty body is `{ }`"),
];

/// Whether a line begins with a word that begins an item elsewhere.
pub fn begins_foreign_item(input: Input<'_>) -> bool {
    let token = input.next();
    let text = input.context.text_of(token);
    let known = ["def", "class", "import", "from", "include", "fn", "func", "function"].contains(&text);
    token.line_start && token.kind == TokenKind::Name && known && input.context.column(token.start) == 0
}

/// `def f(x)`, `let y = 3`, `import …`.
pub(super) fn foreign_word(failure: Failure<'_>) -> Option<Diagnostic> {
    let start = failure.start;
    let word = start.context.text_of(start.next());
    let near = failure.found.index() <= start.index() + 1 && !failure.found.next().line_start || failure.at_start();
    if start.kind() != TokenKind::Name || !near {
        return None;
    }
    let (_, ours, help) = WORDS.iter().find(|(foreign, _, _)| *foreign == word)?;
    let found = diagnostic(format!("there is no `{word}`"), start.span()).help(*help);
    Some(match ours {
        None => found,
        Some("") => {
            let gap = Span { end: start.skip(1).span().start, ..start.span() };
            found.fix(format!("remove `{word}`"), replace(gap, ""))
        }
        // `import torch` brings in no file, so there is nothing to `use`.
        Some("use") if start.kind_at(1) != TokenKind::Str => found,
        Some(ours) => {
            let mut edits = replace(start.span(), *ours);
            let braced =
                head_colon(start).and_then(|colon| Some((colon, suite(colon, start.context.indent(start.next().start))?)));
            if let Some((colon, (last, closer))) = braced {
                edits.push(Edit { span: colon.span(), replacement: " {".into() });
                edits.push(Edit { span: last.after(), replacement: closer });
            }
            found.fix(format!("write `{ours}`"), edits)
        }
    })
}

/// The colon that ends the head of `def f(x):`, on the same line and outside brackets.
fn head_colon(start: Input<'_>) -> Option<Input<'_>> {
    let mut here = start.skip(1);
    let mut depth = 0i32;
    while here.kind() != TokenKind::End && !here.next().line_start {
        let kind = here.kind();
        depth += i32::from(kind.closer().is_some()) - i32::from(kind.is_closer());
        if kind == TokenKind::Colon && depth == 0 {
            return Some(here);
        }
        here = here.skip(1);
    }
    None
}

/// `x.flatten(1)`, `self.conv1(x)`, `nn.ReLU()`.
pub(super) fn method_call(failure: Failure<'_>) -> Option<Diagnostic> {
    let as_stage = failure.found.kind() == TokenKind::Path && failure.wants(Expected::STAGE);
    let open = if as_stage { failure.found.skip(1) } else { failure.found };
    let path = open.previous().filter(|token| token.kind == TokenKind::Path)?;
    let called = open.kind() == TokenKind::OpenParen && path.end == open.next().start;
    if !called && !as_stage {
        return None;
    }
    let text = failure.found.context.text_of(path);
    let (head, last) = text.rsplit_once('.')?;
    let span = failure.found.context.span_of(path);
    let found = diagnostic("there are no methods and no modules: a call names a block or an operation", span);
    let library =
        matches!(head, "self" | "nn" | "F" | "torch" | "torch.nn" | "torch.nn.functional" | "tf" | "layers" | "keras.layers");
    Some(if as_stage && !library {
        found.help(format!("write `{last}` if that is the block's name"))
    } else if library {
        library_call(open, found, span, last)
    } else {
        found.fix(format!("let `{head}` flow into it"), replace(span, format!("{head} -> {last}")))
    })
}

/// `nn.Conv2d(3, 16, 3)`, `torch.cat([a, b], 1)`: what the library's call is here.
fn library_call(open: Input<'_>, found: Diagnostic, path: Span, name: &str) -> Diagnostic {
    let ours = foreign::operation(name).map_or_else(|| lower_case(name), str::to_owned);
    let mut edits = replace(path, ours.clone());
    if let Some((args, list)) = Some(open).filter(|open| open.kind() == TokenKind::OpenParen).and_then(arguments) {
        let written = foreign::arguments(name, &args).or_else(|| foreign::function_arguments(name, &args));
        edits.extend(written.map(|replacement| Edit { span: list, replacement }));
    }
    found.fix(format!("write `{ours}`"), edits)
}

/// A class in lower case (`ReLU`, `Linear`); names of one's own stay as they are.
fn lower_case(name: &str) -> String {
    if name.starts_with(|c: char| c.is_ascii_uppercase()) { name.to_lowercase() } else { name.to_owned() }
}

/// The texts between the commas of the list that opens here, and the whole list, if it is closed.
fn arguments(open: Input<'_>) -> Option<(Vec<&str>, Span)> {
    let (mut depth, mut here, mut from) = (0usize, open, open.skip(1));
    let mut args = Vec::new();
    let text = |from: Input<'_>, to: Input<'_>| {
        let span = from.span_to(to);
        &open.context.text[span.start as usize..span.end as usize]
    };
    loop {
        let kind = here.kind();
        if kind == TokenKind::End {
            return None;
        }
        depth = if kind.closer().is_some() { depth + 1 } else { depth - usize::from(kind.is_closer()) };
        let ends = depth == 0 || depth == 1 && kind == TokenKind::Comma;
        if ends && here.index() > from.index() {
            args.push(text(from, here));
        }
        if depth == 0 {
            return Some((args, open.span_to(here.skip(1))));
        }
        if ends {
            from = here.skip(1);
        }
        here = here.skip(1);
    }
}

/// `for a, b in list`.
pub(super) fn bare_pattern(failure: Failure<'_>) -> Option<Diagnostic> {
    if failure.start.kind() != TokenKind::For || failure.found.kind() != TokenKind::Comma || !failure.wants(Expected::IN) {
        return None;
    }
    let first = failure.start.skip(1);
    let mut here = first;
    while matches!(here.kind(), TokenKind::Name | TokenKind::Comma) {
        here = here.skip(1);
    }
    let names = first.span_to(here);
    let found = diagnostic("several names that a loop binds stand in brackets", names);
    if here.kind() != TokenKind::In {
        return Some(found);
    }
    let text = &first.context.text[names.start as usize..names.end as usize];
    Some(found.fix("put them in brackets", replace(names, format!("[{text}]"))))
}

/// `x = a if c else b`.
pub(super) fn trailing_if(failure: Failure<'_>) -> Option<Diagnostic> {
    let word = failure.found;
    if word.kind() != TokenKind::If || word.next().line_start || !(failure.wants(Expected::END) || failure.wants(Expected::COMMA))
    {
        return None;
    }
    let found = diagnostic("the condition stands first: `if condition { a } else { b }`", word.span());
    let context = word.context;
    let text = |from: Input<'_>, to: Input<'_>| {
        let span = from.span_to(to);
        context.text[span.start as usize..span.end as usize].to_owned()
    };
    let bound = failure.start.kind_at(1) == TokenKind::Assign && failure.wants(Expected::END);
    let first = failure.start.skip(2);
    let or_else = on_line(word, |kind| kind == TokenKind::Else);
    let end = or_else.and_then(|or_else| on_line(or_else.skip(1), |kind| kind == TokenKind::Semicolon || kind == TokenKind::End));
    let (Some(or_else), Some(end), true) = (or_else, end, bound) else { return Some(found) };
    let whole = first.span_to(end);
    let replacement =
        format!("if {} {{ {} }} else {{ {} }}", text(word.skip(1), or_else), text(first, word), text(or_else.skip(1), end));
    Some(found.fix("write it so", replace(whole, replacement)))
}

/// The first token of a kind on this line, or, if the kind may be `End`, the line's end.
fn on_line(input: Input<'_>, wanted: impl Fn(TokenKind) -> bool) -> Option<Input<'_>> {
    let mut here = input;
    loop {
        let token = here.next();
        let line_ends = here.index() > input.index() && token.line_start || token.kind == TokenKind::End;
        if wanted(token.kind) || line_ends && wanted(TokenKind::End) {
            return Some(here);
        }
        if line_ends {
            return None;
        }
        here = here.skip(1);
    }
}

/// `// text`.
pub(super) fn slash_comment(failure: Failure<'_>) -> Option<Diagnostic> {
    if failure.found.kind() != TokenKind::SlashSlash || !(failure.at_start() && failure.found.next().line_start) {
        return None;
    }
    Some(diagnostic("a comment begins with `#`", failure.found.span()).fix("write `#`", replace(failure.found.span(), "#")))
}
