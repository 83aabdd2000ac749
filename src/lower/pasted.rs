//! Calls that were pasted from another framework: what they are here, as fixes or as advice.
//!
//! In: a call whose name is not known, or whose arguments are not those of our own operation of that name. Out: findings with
//! the ways to write it here. What a framework means by a call is [`crate::foreign`]'s to know; nothing is built here.

use std::borrow::Cow;

use super::call::{Given, value_nodes};
use super::flowing::{Flow, Inflow};
use super::habit::positional as numbers;
use super::{Builder, Frame, Value, leading};
use crate::code::Code;
use crate::diagnostic::Applicability::{self, Unsafe};
use crate::diagnostic::{Diagnostic, Edit};
use crate::foreign::{self, Argument, Call, Inputs, Outcome, Translation};
use crate::op::Shape;
use crate::op::table::OpInfo;
use crate::source::{SourceSet, Span};
use crate::syntax::ast::{Arg, ArgList, Expr, ExprKind, Ident};
use crate::syntax::lex;

/// A call as it stands in the text, and what is known of its input.
pub(super) struct Pasted<'p> {
    pub(super) callee: &'p Ident,
    /// The list behind its name.
    pub(super) list: Option<&'p ArgList>,
    /// The list of its tensors behind that.
    pub(super) second: Option<&'p ArgList>,
    pub(super) piped: bool,
    /// The shape of its first input.
    pub(super) shape: Option<Shape>,
}

impl Pasted<'_> {
    /// What it is here, if a framework has an operation of the name.
    pub(super) fn translated(&self, sources: &SourceSet) -> Option<Outcome> {
        self.read(sources, foreign::translate)
    }

    /// The arguments of its first list.
    pub(super) fn args(&self) -> impl Iterator<Item = &Arg> {
        self.list.into_iter().flat_map(|list| &list.args)
    }

    fn read<T>(&self, sources: &SourceSet, reader: impl Fn(Call<'_>) -> T) -> T {
        let texts: Vec<Cow<'_, str>> = self.args().map(|arg| without_comments(sources, arg_span(arg))).collect();
        let texts: Vec<&str> = texts.iter().map(AsRef::as_ref).collect();
        let inputs = match self.second {
            _ if self.piped => Inputs::Piped,
            Some(second) => Inputs::Apart(sources.text(second.span)),
            None => Inputs::Inside,
        };
        let dims = self.shape.map(dims);
        reader(Call { module: None, name: &self.callee.text, args: &texts, inputs, shape: dims.as_deref() })
    }

    /// The ways to write it here as fixes, or why there are none.
    pub(super) fn offer(&self, diagnostic: Diagnostic, outcome: Outcome, sources: &SourceSet) -> Diagnostic {
        let Outcome { keyword, translations, why, .. } = outcome;
        match (translations.as_slice(), keyword) {
            ([], Some(keyword)) => {
                diagnostic.help(format!("it is called `{keyword}` here, and is not put into its words: {why}"))
            }
            ([], None) => diagnostic.help(why),
            ([one], _) => {
                let first = one.shown.split('(').next().unwrap_or(&one.shown);
                let said = if one.shown.contains("->") { &one.shown } else { first };
                self.fixed(diagnostic, one, (one.applicability, format!("it is called `{said}` here")), sources)
            }
            (several, _) => several.iter().fold(diagnostic, |diagnostic, one| {
                let message = format!("it is `{}` here as {} means it", one.shown, one.framework.name());
                self.fixed(diagnostic, one, (one.applicability, message), sources)
            }),
        }
    }

    /// A way to write it as a fix; where comments stand among the arguments, which would have no place in it, as advice.
    fn fixed(
        &self,
        diagnostic: Diagnostic,
        one: &Translation,
        (applicability, message): (Applicability, String),
        sources: &SourceSet,
    ) -> Diagnostic {
        let end = self.second.or(self.list).map_or(self.callee.span, |list| list.span);
        let whole = self.callee.span.to(end);
        if lex(sources.text(whole), whole.source).comments.is_empty() {
            return diagnostic.fix(applicability, message, self.edits(one));
        }
        let written = &one.written;
        let second = self.second.map_or("", |second| written.inputs.as_deref().unwrap_or_else(|| sources.text(second.span)));
        let text = format!("{}{second}{}", written.call, written.behind);
        diagnostic.help(format!("{message}: comments stand among its arguments, so that it is left to you to write `{text}`"))
    }

    fn edits(&self, translation: &Translation) -> Vec<Edit> {
        let written = &translation.written;
        let whole = self.list.map_or(self.callee.span, |list| self.callee.span.to(list.span));
        let mut edits = vec![Edit::replace(whole, written.call.clone())];
        let last = self.second.map_or(whole, |second| second.span);
        edits.extend(self.second.zip(written.inputs.clone()).map(|(second, text)| Edit::replace(second.span, text)));
        if !written.behind.is_empty() {
            edits.push(Edit::after(last, written.behind.clone()));
        }
        edits
    }
}

/// A text in which each comment is gone with the end of its line.
fn without_comments(sources: &SourceSet, span: Span) -> Cow<'_, str> {
    let text = sources.text(span);
    if !text.contains('#') {
        return Cow::Borrowed(text);
    }
    let (mut out, mut from) = (String::new(), 0);
    for comment in lex(text, span.source).comments {
        out.push_str(text[from..comment.span.start as usize].trim_end());
        from = comment.span.end as usize;
    }
    Cow::Owned(out + &text[from..])
}

/// A shape as the table reads it.
fn dims(shape: Shape) -> Vec<u64> {
    shape.dims().iter().map(|dim| u64::from(*dim)).collect()
}

/// An argument with its name.
pub(super) fn arg_span(arg: &Arg) -> Span {
    arg.name.as_ref().map_or(arg.value.span, |name| name.span.to(arg.value.span))
}

/// Operations whose arguments by position are of another kind elsewhere, so that they are never one's own.
fn is_strange(info: &OpInfo, arg: &Given<'_>) -> bool {
    matches!(info.keyword, "reshape" | "transpose") && arg.value.to_i64().is_some()
}

/// `gelu(approximate=false)`: true or false where the parameter of that name takes words here.
fn is_flag_for_word(info: &OpInfo, given: &Given<'_>) -> bool {
    let takes_words = |name: &Ident| info.params.iter().any(|param| param.name == name.text && !param.kind.words().is_empty());
    matches!(given.value, Value::Bool(_)) && given.arg.name.as_ref().is_some_and(|name| takes_words(name))
}

impl<'a> Builder<'a> {
    /// The shape of the first of these tensors.
    pub(super) fn shape_of_first(&self, inputs: &[Flow]) -> Option<Shape> {
        inputs.first().map(|(id, _)| self.shapes[*id])
    }

    /// The shape of the first tensor in what flows in.
    pub(super) fn shape_of_inflow(&self, inputs: &[Inflow]) -> Option<Shape> {
        inputs.iter().flat_map(|(value, _)| value_nodes(value)).next().map(|id| self.shapes[id])
    }

    /// A call of an operation as it stands in the text; `None` where it has no list, or where it is declared elsewhere.
    pub(super) fn pasted<'p>(&self, expr: &'p Expr, callee: &'p Ident, inputs: &[Flow]) -> Option<Pasted<'p>> {
        let ExprKind::Call(call) = &expr.kind else { return None };
        let lists = &call.lists;
        let list = lists.first().filter(|_| call.callee.span == callee.span)?;
        let within = |span: Span| span.start >= list.span.start && span.end <= list.span.end;
        let piped = lists.len() == 1 && !inputs.iter().any(|(_, span)| within(*span));
        Some(Pasted { callee, list: Some(list), second: lists.get(1), piped, shape: self.shape_of_first(inputs) })
    }

    /// Reports a call of our own operation that is written as another framework has it; false where it is not.
    pub(super) fn written_elsewhere(
        &mut self,
        frame: &Frame<'a>,
        info: &OpInfo,
        given: &[Given<'a>],
        pasted: &Pasted<'_>,
    ) -> bool {
        let is_own = |name: &Ident| info.params.iter().any(|param| param.name == name.text);
        let stranger = given.iter().find(|g| g.arg.name.as_ref().is_some_and(|name| !is_own(name)) || is_flag_for_word(info, g));
        let positional: Vec<&Given<'a>> = given.iter().filter(|g| g.arg.name.is_none() && !g.value.holds_tensors()).collect();
        let extra = positional.get(info.params.len()).or_else(|| positional.first().filter(|g| is_strange(info, g))).copied();
        let Some(at) = stranger.or(extra) else { return self.given_twice(frame, info, given, pasted) };
        // An argument that is clear by itself is put right by itself.
        let clear = stranger.is_some_and(|g| self.is_clear(info, g, pasted.shape));
        if clear && positional.is_empty() {
            return false;
        }
        let message = match &at.arg.name {
            Some(name) if is_own(name) => format!("`{}` of `{}` takes words", name.text, info.keyword),
            Some(name) => format!("`{}` has no parameter `{}`", info.keyword, name.text),
            None if extra.is_some_and(|extra| is_strange(info, extra)) => {
                format!("`{}` takes one list", info.keyword)
            }
            None => format!("`{}` has fewer parameters", info.keyword),
        };
        let span = at.arg.name.as_ref().map_or(at.arg.value.span, |name| name.span);
        let diagnostic = Diagnostic::error(Code::UnknownArgument, message, span, "written as elsewhere");
        let leads = pasted.shape.is_some_and(|shape| leading::sizes(info.keyword, &numbers(given), shape) > 0);
        let diagnostic = match pasted.read(self.sources, |call| foreign::ours(call, leads)) {
            Ok(Some(one)) => {
                let message = format!("as {} means it, this is `{}` here", one.framework.name(), one.shown);
                pasted.fixed(diagnostic, &one, (Unsafe, message), self.sources)
            }
            Err(why) => diagnostic.help(format!("it is not put into the words of here: {why}")),
            Ok(None) => return false,
        };
        self.report(frame, diagnostic);
        true
    }

    /// Reports `conv(3, 64, 3, stride=2)`, where the input's channels push what stands by position to the place of what has a name.
    fn given_twice(&mut self, frame: &Frame<'a>, info: &OpInfo, given: &[Given<'a>], pasted: &Pasted<'_>) -> bool {
        let numbers = numbers(given);
        let sizes = pasted.shape.map_or(0, |shape| leading::too_many(info.keyword, &numbers, shape));
        let positional: Vec<&Given<'a>> = given.iter().take_while(|g| g.arg.name.is_none()).collect();
        let (Some(first), Some(next), Some(last)) = (positional.first(), positional.get(sizes), given.last()) else {
            return false;
        };
        // Which parameters are given by position and by name: what is left must be given once.
        let place = |name: &Ident| info.params.iter().position(|param| param.name == name.text);
        let names = given.iter().filter_map(|g| g.arg.name.as_deref());
        let twice: Vec<(usize, &Ident)> = names.filter_map(|name| Some((place(name)?, name))).collect();
        let (kept, pushed) = (positional.len() - sizes, |at: usize| at < positional.len());
        let Some((at, name)) = twice.iter().copied().find(|(at, _)| pushed(*at)) else { return false };
        if sizes == 0 || twice.iter().any(|(at, _)| *at < kept) {
            return false;
        }
        let mut fix = leading::without(first.arg.value.span, next.arg.value.span);
        if let Some(multiplier) = leading::multiplier(&numbers, sizes) {
            // What is said of it by name need not be the same.
            if twice.iter().any(|(_, name)| name.text == "multiplier") {
                return false;
            }
            fix.edits.push(Edit::after(last.arg.value.span, format!(", multiplier={multiplier}")));
        }
        let message = format!("`{}` of `{}` is given twice", name.text, info.keyword);
        let diagnostic = Diagnostic::error(Code::DuplicateArgument, message, name.span, "given again here")
            .label(positional[at].arg.value.span, "first given here")
            .fix(fix.applicability, fix.message, fix.edits);
        self.report(frame, diagnostic);
        true
    }

    fn is_clear(&self, info: &OpInfo, g: &Given<'a>, shape: Option<Shape>) -> bool {
        let Some(name) = &g.arg.name else { return false };
        if foreign::is_of_others(info.keyword, &name.text) {
            return false;
        }
        let argument = self.argument_elsewhere(Some(info.keyword), &name.text, g.arg.value.span, shape);
        argument.is_none_or(|argument| !matches!(argument, Argument::Unclear(_)))
    }

    /// What an argument of this name is here.
    pub(super) fn argument_elsewhere(
        &self,
        keyword: Option<&str>,
        name: &str,
        value: Span,
        shape: Option<Shape>,
    ) -> Option<Argument> {
        let dims = shape.map(dims);
        foreign::argument(keyword, name, self.sources.text(value), dims.as_deref())
    }

    /// `softmax(x, 1)`: tensors and numbers in one list, as functions have them elsewhere. `None` where no framework has a
    /// function of the name; a finding without a fix where this call is not understood.
    pub(super) fn function_elsewhere(&self, diagnostic: &Diagnostic, pasted: &Pasted<'_>) -> Option<Diagnostic> {
        let diagnostic = diagnostic.clone();
        match pasted.read(self.sources, |call| foreign::ours(call, false)) {
            Ok(Some(one)) => {
                let message = format!("as {} means it, this is `{}` here", one.framework.name(), one.shown);
                Some(pasted.fixed(diagnostic, &one, (Unsafe, message), self.sources))
            }
            Ok(None) => None,
            Err(why) => Some(diagnostic.help(format!("it is not put into the words of here: {why}"))),
        }
    }
}
