//! Calls of another framework's modules and of tensors' methods, with the calls among their arguments.
//!
//! In: a call that cannot be read for the dot in its name, and the finding about it. Out: the finding with the whole call in the
//! words of here as its fix, or with what is in the way. What a framework means is [`crate::foreign`]'s to know; a call among
//! the arguments is put into words first, so that what is offered can be read. Comments are not moved: a call that holds some is
//! only told.

use super::super::input::Input;
use super::super::token::TokenKind;
use super::replace;
use crate::diagnostic::Applicability::{self, Safe, Unsafe};
use crate::diagnostic::{Diagnostic, Edit};
use crate::foreign::{self, Call, Inputs, Outcome, Translation};
use crate::source::Span;

/// How deep calls may stand in each other to be put into words at once.
const MOST_NESTED: usize = 16;

/// What is called: its place, what stands before the last dot, and what behind it.
type Callee<'a> = (Span, &'a str, &'a str);

/// A text in the words of here, and whether all that it says is what was meant beyond doubt.
struct Said {
    text: String,
    applicability: Applicability,
}

impl Said {
    fn certain() -> Self {
        Self { text: String::new(), applicability: Safe }
    }
}

/// A list of arguments.
struct List<'a> {
    args: Vec<Said>,
    span: Span,
    /// What follows it.
    rest: Input<'a>,
}

impl List<'_> {
    fn texts(&self) -> Vec<&str> {
        self.args.iter().map(|arg| arg.text.as_str()).collect()
    }

    fn applicability(&self) -> Applicability {
        Applicability::safe_if(self.args.iter().all(|arg| arg.applicability == Safe))
    }
}

/// `nn.Conv2d(3, 16, 3)`, `torch.cat([a, b], 1)`: what the library's call is here.
pub(super) fn library_call(found: Diagnostic, callee: Callee<'_>, open: Input<'_>, piped: bool) -> Diagnostic {
    let (path, module, name) = callee;
    let rest = Some(open).filter(|open| open.kind() == TokenKind::OpenParen).and_then(closed).unwrap_or(open);
    // An attribute's name is its author's, whatever it is like.
    let own = is_own(module);
    let bare = |found: Diagnostic| {
        // What is left for a further step is put into words of here that it can be read in.
        let edits = replace(path, name).into_iter().chain(lower_case(open, rest)).collect();
        found.fix(Unsafe, format!("write `{name}`"), edits)
    };
    if own {
        return bare(found);
    }
    let (list, second) = match lists(open, 0) {
        Ok((list, second)) => (list, second.filter(|_| !piped)),
        Err(why) => return found.help(why),
    };
    let Some(outcome) = library_outcome(callee, list.as_ref(), second.as_ref(), piped) else {
        let lower = name.to_lowercase();
        // A class without arguments (`Dropout()`); names of one's own stay as they are.
        let is_bare_class = list.is_none_or(|list| list.args.is_empty()) && name.starts_with(|c: char| c.is_ascii_uppercase());
        return if is_bare_class {
            found.fix(Unsafe, format!("write `{lower}`"), replace(path, lower))
        } else {
            found.help("`pointwise ops` lists the operations")
        };
    };
    if outcome.needs_shape {
        return bare(found);
    }
    let whole = list.as_ref().map_or(path, |list| path.to(list.span));
    offer(found, outcome, (whole, second.as_ref()), (open, certain(list.as_ref(), second.as_ref())))
}

/// `x.view(-1)`: a method of a tensor is a function of it. A call binds as tight as a method does, an arrow does not.
pub(super) fn tensor_method(found: Diagnostic, callee: Callee<'_>, open: Input<'_>) -> Diagnostic {
    let (path, tensor, name) = callee;
    // A tensor has no parts that could flow: what it is that the method belongs to is not known.
    if tensor.contains('.') {
        return found.help("`pointwise ops` lists the operations");
    }
    let list = match list(open, 0) {
        Ok(Some(list)) => list,
        Ok(None) => return found,
        Err(why) => return found.help(why),
    };
    let whole = path.to(list.span);
    let args = list.texts();
    match foreign::translate(Call { module: None, name, args: &args, inputs: Inputs::Method(tensor), shape: None }) {
        Some(outcome) if outcome.needs_shape => {
            found.fix(Unsafe, format!("write `{name}`"), replace(whole, function(callee, &args)))
        }
        Some(outcome) => offer(found, outcome, (whole, None), (open, list.applicability())),
        None => {
            let list = if args.is_empty() { "" } else { open.text_to(list.rest) };
            let written = format!("{name}{list}({tensor})");
            found.fix(Unsafe, format!("let `{tensor}` flow into it"), replace(whole, written))
        }
    }
}

/// What is called through `self` is the author's.
fn is_own(module: &str) -> bool {
    module.split('.').next() == Some("self")
}

/// `x.chunk(2)` as the function `chunk(x, 2)`.
fn function((_, tensor, name): Callee<'_>, args: &[&str]) -> String {
    let all: Vec<&str> = std::iter::once(tensor).chain(args.iter().copied()).collect();
    format!("{name}({})", all.join(", "))
}

fn library_outcome(
    (_, module, name): Callee<'_>,
    list: Option<&List<'_>>,
    second: Option<&(Span, Said)>,
    piped: bool,
) -> Option<Outcome> {
    let inputs = match second {
        _ if piped => Inputs::Piped,
        Some((_, text)) => Inputs::Apart(&text.text),
        None => Inputs::Inside,
    };
    let args = list.map_or(Vec::new(), List::texts);
    foreign::translate(Call { module: Some(module), name, args: &args, inputs, shape: None })
}

fn certain(list: Option<&List<'_>>, second: Option<&(Span, Said)>) -> Applicability {
    let is_safe = |applicability: Applicability| applicability == Safe;
    let first = list.is_none_or(|list| is_safe(list.applicability()));
    Applicability::safe_if(first && second.is_none_or(|(_, said)| is_safe(said.applicability)))
}

/// The ways to write a call here as fixes, or why there are none.
fn offer(
    found: Diagnostic,
    outcome: Outcome,
    (whole, second): (Span, Option<&(Span, Said)>),
    (open, certain): (Input<'_>, Applicability),
) -> Diagnostic {
    if outcome.translations.is_empty() {
        return found.help(match outcome.keyword {
            Some(keyword) => format!("`{keyword}` is what it is here, and it is not put into its words: {}", outcome.why),
            None => outcome.why,
        });
    }
    let end = second.map_or(whole.end, |(span, _)| span.end);
    let holds_a_comment = open.context.comments.iter().any(|comment| (whole.start..end).contains(&comment.span.start));
    outcome.translations.into_iter().fold(found, |found, translation| {
        let text = whole_text(&translation, second.map(|(_, said)| said.text.as_str()));
        if holds_a_comment {
            return found.help(format!("comments stand among its arguments, so that it is left to you: write `{text}`"));
        }
        let applicability = if certain == Safe { translation.applicability } else { Unsafe };
        found.fix(applicability, format!("write `{}`", translation.shown), replace(Span { end, ..whole }, text))
    })
}

/// A call with the list of its tensors, if it has one of its own.
fn whole_text(translation: &Translation, second: Option<&str>) -> String {
    let written = &translation.written;
    let inputs = second.map(|second| written.inputs.as_deref().unwrap_or(second)).unwrap_or_default();
    format!("{}{inputs}{}", written.call, written.behind)
}

/// Edits that write `True` and `False` as they are here, from one place up to another.
fn lower_case(from: Input<'_>, to: Input<'_>) -> Vec<Edit> {
    let places = (from.index()..to.index()).map(|index| from.at(index));
    let is_capital = |place: &Input<'_>| matches!(place.text(), "True" | "False");
    places.filter(is_capital).map(|place| Edit::replace(place.span(), place.text().to_lowercase())).collect()
}

/// What follows the list that opens here, if it is closed.
fn closed(open: Input<'_>) -> Option<Input<'_>> {
    ranges(open).map(|(_, rest)| rest)
}

/// From where to where the arguments stand of the list that opens here, and what follows it, if it is closed.
fn ranges(open: Input<'_>) -> Option<(Vec<(Input<'_>, Input<'_>)>, Input<'_>)> {
    let (mut depth, mut here, mut from) = (0usize, open, open.skip(1));
    let mut args = Vec::new();
    loop {
        let kind = here.kind();
        if kind == TokenKind::End {
            return None;
        }
        depth = if kind.closer().is_some() { depth + 1 } else { depth - usize::from(kind.is_closer()) };
        let ends = depth == 0 || depth == 1 && kind == TokenKind::Comma;
        if ends && here.index() > from.index() {
            args.push((from, here));
        }
        if depth == 0 {
            return Some((args, here.skip(1)));
        }
        if ends {
            from = here.skip(1);
        }
        here = here.skip(1);
    }
}

/// The list that opens here, if one does that is closed, its arguments in the words of here.
///
/// # Errors
/// A call among them is not understood: what it is.
fn list(open: Input<'_>, depth: usize) -> Result<Option<List<'_>>, String> {
    let Some((args, rest)) = Some(open).filter(|open| open.kind() == TokenKind::OpenParen).and_then(ranges) else {
        return Ok(None);
    };
    let args = args.into_iter().map(|(from, to)| said(from, to, depth)).collect::<Result<_, _>>()?;
    Ok(Some(List { args, span: open.span_to(rest), rest }))
}

/// The list that opens here, and the one directly behind it with the tensors, as in `nn.Softmax(1)(x)`: its place and text.
#[expect(clippy::type_complexity, reason = "the two lists of a call, of which each may be missing")]
fn lists(open: Input<'_>, depth: usize) -> Result<(Option<List<'_>>, Option<(Span, Said)>), String> {
    let Some(first) = list(open, depth)? else { return Ok((None, None)) };
    let apart = Some(first.rest).filter(|rest| rest.kind() == TokenKind::OpenParen && rest.continues());
    let second = match apart.and_then(|from| Some((from, closed(from)?))) {
        Some((from, to)) => Some((from.span_to(to), said(from, to, depth)?)),
        None => None,
    };
    Ok((Some(first), second))
}

/// The text from one place up to another without comments, its calls in the words of here.
fn said(from: Input<'_>, to: Input<'_>, depth: usize) -> Result<Said, String> {
    if depth > MOST_NESTED {
        return Err("too many calls stand in each other: give what they make names of their own".to_owned());
    }
    let mut said = Said::certain();
    let mut here = from;
    while here.index() < to.index() {
        if here.index() > from.index() {
            said.text.push_str(gap(here));
        }
        let open = here.skip(1);
        let is_called = open.kind() == TokenKind::OpenParen && here.next().end == open.next().start;
        here = if here.kind() == TokenKind::Path && is_called && open.index() < to.index() {
            let (inner, rest) = call(here, open, depth + 1)?;
            let (inner, rest) = chained(inner, rest, depth + 1)?;
            said.text.push_str(&inner.text);
            said.applicability = if inner.applicability == Safe { said.applicability } else { Unsafe };
            rest
        } else if is_dot(here) {
            return Err("a method of what brackets give stands among its arguments: write `->` for the dot first".to_owned());
        } else {
            said.text.push_str(here.text());
            open
        };
    }
    Ok(said)
}

/// `x.size(2)`, which is a number: `height(x)`. The batch has none here, and stays what tells which of the sizes it is.
#[expect(clippy::option_option, reason = "whether it is a size, and what it is here")]
fn size((_, tensor, name): Callee<'_>, args: &[&str]) -> Option<Option<String>> {
    let function = match (name, args) {
        ("size", ["0"]) => return Some(None),
        ("size", ["1"]) => "channels",
        ("size", ["2" | "-2"]) => "height",
        ("size", ["3" | "-1"]) => "width",
        _ => return None,
    };
    Some(Some(format!("{function}({tensor})")))
}

/// The dot of a method behind a bracket, which the lexer has reported.
fn is_dot(here: Input<'_>) -> bool {
    here.kind() == TokenKind::Arrow && here.text() == "."
}

/// What a call gives, after the methods of that: `F.relu(x).mul(y)`.
fn chained(mut inner: Said, mut rest: Input<'_>, depth: usize) -> Result<(Said, Input<'_>), String> {
    while is_dot(rest) && rest.kind_at(1) == TokenKind::Name && rest.kind_at(2) == TokenKind::OpenParen {
        let name = rest.skip(1).text();
        let within = |why: &str| format!("`.{name}(…)` stands among its arguments, and is to be put into words first: {why}");
        let Some(list) = list(rest.skip(2), depth)? else { return Err(within("its list is not closed")) };
        let args = list.texts();
        let outcome =
            foreign::translate(Call { module: None, name, args: &args, inputs: Inputs::Method(&inner.text), shape: None });
        let outcome = outcome.ok_or_else(|| within("tensors have no such method"))?;
        let [one] = outcome.translations.as_slice() else { return Err(within(&outcome.why)) };
        let is_safe = inner.applicability == Safe && list.applicability() == Safe && one.applicability == Safe;
        inner = Said { text: whole_text(one, None), applicability: Applicability::safe_if(is_safe) };
        rest = list.rest;
    }
    Ok((inner, rest))
}

/// The white space before a token; a comment and the end of its line are one space.
fn gap(here: Input<'_>) -> &str {
    let start = here.previous().map_or(0, |token| token.end);
    let gap = &here.context.text[start as usize..here.next().start as usize];
    if gap.contains('\n') { " " } else { gap }
}

/// A call that stands among the arguments of another, and what follows it.
fn call<'a>(path: Input<'a>, open: Input<'a>, depth: usize) -> Result<(Said, Input<'a>), String> {
    let (shown, span) = (path.text(), path.span());
    let within = |why: &str| format!("`{shown}(…)` stands among its arguments, and is to be put into words first: {why}");
    let Some((head, name)) = shown.rsplit_once('.') else { return Err(within("what it is called is no name")) };
    let callee = (span, head, name);
    let (Some(list), second) = lists(open, depth)? else { return Err(within("its list is not closed")) };
    let (outcome, bare, second) = if foreign::is_module(head) {
        if is_own(head) {
            return Err(within(
                "what an attribute does stands in the class that it belongs to: write the block or the operation",
            ));
        }
        let outcome = library_outcome(callee, Some(&list), second.as_ref(), false);
        (outcome, format!("{name}({})", list.texts().join(", ")), second)
    } else if head.contains('.') {
        return Err(within("what it is a method of is not known"));
    } else if let Some(size) = size(callee, &list.texts()) {
        return Ok((Said { text: size.unwrap_or_else(|| path.text_to(list.rest).to_owned()), ..Said::certain() }, list.rest));
    } else {
        let args = list.texts();
        let call = Call { module: None, name, args: &args, inputs: Inputs::Method(head), shape: None };
        (foreign::translate(call), function(callee, &args), None)
    };
    let rest = second.as_ref().and_then(|_| closed(list.rest)).unwrap_or(list.rest);
    let outcome = outcome.ok_or_else(|| within("`pointwise ops` lists the operations"))?;
    let nested = certain(Some(&list), second.as_ref());
    let second = second.map(|(_, said)| said.text);
    let (text, applicability) = match outcome.translations.as_slice() {
        [one] => (whole_text(one, second.as_deref()), one.applicability),
        // What it is follows from the shape of its input, which a further step knows.
        [] if outcome.needs_shape => (bare + &second.unwrap_or_default(), Unsafe),
        [] => return Err(within(&outcome.why)),
        [..] => return Err(within("frameworks mean different things by it")),
    };
    Ok((Said { text, applicability: if nested == Safe { applicability } else { Unsafe } }, rest))
}
