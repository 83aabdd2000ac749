//! Matching arguments with parameters, by position and by name.

use super::body::quoted;
use super::call::Given;
use super::flowing::Flow;
use super::{Binding, Builder, Frame, Scope, Value};
use crate::code::Code;
use crate::diagnostic::Applicability::{self, Unsafe};
use crate::diagnostic::{Diagnostic, Edit};
use crate::digits::counted;
use crate::foreign::{self, Argument};
use crate::op::args::{ArgValue, BuildError};
use crate::op::table::{self, OpInfo};
use crate::source::Span;
use crate::suggest::nearest_word;
use crate::syntax::ast::{Block, Expr, Ident};

impl<'a> Builder<'a> {
    /// The arguments of an operation in the order of its parameters; `None` after a report.
    pub(super) fn operation_args(
        &mut self,
        frame: &Frame<'a>,
        info: &OpInfo,
        callee: &Ident,
        given: &[Given<'a>],
    ) -> Option<Vec<Option<ArgValue>>> {
        let names: Vec<&str> = info.params.iter().map(|p| p.name).collect();
        let required: Vec<&str> = info.params.iter().filter(|p| p.is_required()).map(|p| p.name).collect();
        let slots = self.match_args(frame, &callee.text, &names, &required, given)?;
        let mut args = vec![None; names.len()];
        let mut sound = true;
        for (i, slot) in slots.iter().enumerate() {
            let param = &info.params[i];
            match slot {
                Some(g) if g.value.is_poison() || self.word_out_of_place(frame, info, (i, g), &slots) => sound = false,
                // Of several tuples in one call the first says enough.
                Some(g) if !sound && g.value.is_constant_tuple() => {}
                Some(g) => {
                    let value = self.as_list_for(frame, (info, param), g);
                    let integral = if param.kind.is_integral() { integral(&value) } else { None };
                    args[i] = integral.or_else(|| value.to_arg());
                    if value.is_poison() {
                        sound = false;
                    } else if args[i].is_none() {
                        let message =
                            format!("`{}` of `{}` is a constant, and this is {}", param.name, info.keyword, value.kind());
                        self.report(frame, Diagnostic::error(Code::WrongType, message, g.arg.value.span, ""));
                        sound = false;
                    }
                }
                None if param.is_required() => {
                    let message = format!("`{}` needs `{}`", info.keyword, param.name);
                    let usage = usage(info);
                    let diagnostic = Diagnostic::error(
                        Code::MissingArgument,
                        message,
                        callee.span,
                        format!("`{}` is missing: {}", param.name, param.doc),
                    )
                    .help(usage);
                    self.report(frame, diagnostic);
                    sound = false;
                }
                None => {}
            }
        }
        sound.then_some(args)
    }

    /// Binds a block's parameters in the frame of its instance; false after a report that makes the body pointless.
    pub(super) fn block_args(
        &mut self,
        frame: &Frame<'a>,
        inner: &mut Frame<'a>,
        block: &'a Block,
        expr: &Expr,
        given: &[Given<'a>],
    ) -> bool {
        let names: Vec<&str> = block.params.iter().map(|p| p.name.text.as_str()).collect();
        let required: Vec<&str> = block.params.iter().filter(|p| p.default.is_none()).map(|p| p.name.text.as_str()).collect();
        let Some(slots) = self.match_args(frame, &block.name.text, &names, &required, given) else { return false };
        let values: Vec<Option<Value>> =
            slots.into_iter().map(|slot| slot.map(|g| self.as_list_of_parameter(frame, &g.arg.value, g.value.clone()))).collect();
        for (param, value) in block.params.iter().zip(values) {
            let value = match (value, &param.default) {
                (Some(value), _) => value,
                (None, Some(default)) => {
                    let value = self.eval(inner, default, &Scope::none());
                    self.as_list_of_parameter(inner, default, value)
                }
                (None, None) => {
                    let message = format!("block `{}` needs `{}`", block.name.text, param.name.text);
                    let label = format!("`{}` is missing", param.name.text);
                    self.report(
                        frame,
                        Diagnostic::error(Code::MissingArgument, message, expr.span, label).label(block.header, "defined here"),
                    );
                    return false;
                }
            };
            inner.names.insert(&param.name.text, Binding::of(value, param.name.span));
        }
        true
    }

    /// One slot a parameter.
    fn match_args<'g>(
        &mut self,
        frame: &Frame<'a>,
        callee: &str,
        names: &[&str],
        required: &[&str],
        given: &'g [Given<'a>],
    ) -> Option<Vec<Option<&'g Given<'a>>>> {
        if let Some(stray) = positional_after_named(given) {
            self.report(frame, misplaced(callee, names, required, given, stray));
            return None;
        }
        let mut slots: Vec<Option<&Given<'a>>> = vec![None; names.len()];
        let (mut sound, mut doubtful) = (true, None);
        for (position, g) in given.iter().enumerate() {
            let index = match &g.arg.name {
                None => position,
                Some(name) => {
                    if let Some(index) = names.iter().position(|n| *n == name.text) {
                        index
                    } else {
                        let doubtful = doubtful.get_or_insert_with(|| self.doubtful(callee, given)).as_slice();
                        self.unknown_argument(frame, callee, (names, given, doubtful), (name, g.arg.value.span));
                        sound = false;
                        continue;
                    }
                }
            };
            match slots.get_mut(index) {
                None => {
                    let most = if names.is_empty() { "no parameters".to_owned() } else { counted(names.len(), "parameter") };
                    let message = format!("`{callee}` takes {most}, and this is argument {}", position + 1);
                    let mut diagnostic = Diagnostic::error(Code::UnknownArgument, message, g.arg.value.span, "one too many");
                    if !names.is_empty() {
                        diagnostic = diagnostic.help(format!("its parameters are {}", quoted(names)));
                    }
                    self.report(frame, diagnostic);
                    return None;
                }
                Some(slot @ None) => *slot = Some(g),
                Some(Some(first)) => {
                    let message = format!("`{}` of `{callee}` is given twice", names[index]);
                    let at = g.arg.name.as_ref().map_or(g.arg.value.span, |n| n.span);
                    self.report(
                        frame,
                        Diagnostic::error(Code::DuplicateArgument, message, at, "given again here")
                            .label(first.arg.value.span, "first given here"),
                    );
                    sound = false;
                }
            }
        }
        sound.then_some(slots)
    }

    fn unknown_argument(
        &mut self,
        frame: &Frame<'a>,
        callee: &str,
        (names, given, doubtful): (&[&str], &[Given<'a>], &[Span]),
        (name, value): (&Ident, Span),
    ) {
        // Each name is looked for among all parameters, and a call may have thousands of both.
        self.weigh(names.len());
        if self.stopped {
            return;
        }
        let message = format!("`{callee}` has no parameter `{}`", name.text);
        let diagnostic = Diagnostic::error(Code::UnknownArgument, message, name.span, "not known");
        // Only operations have counterparts elsewhere; a block's parameters are its author's.
        let is_operation = table::find(callee).is_some();
        // Beyond doubt is what changes nothing in what its neighbours say.
        let is_alone = doubtful.iter().all(|other| *other == name.span);
        let is_plain = is_operation && !foreign::is_of_others(callee, &name.text) && is_alone;
        let keyword = is_operation.then_some(callee);
        let meaning = self.argument_elsewhere(keyword, &name.text, value, None);
        let near = self.may_compare(names.len()).then(|| nearest_word(&name.text, names.iter().copied())).flatten();
        let diagnostic = if let Some(Argument::Is(here, text, sure)) = meaning.clone().filter(|m| m.is_one_of(names)) {
            if given.iter().any(|g| g.arg.name.as_ref().is_some_and(|name| name.text == here)) {
                self.report(frame, diagnostic.help(format!("`{here}` says the same, and is given: leave one of them out")));
                return;
            }
            let changed = Some(text).filter(|text| text != self.sources.text(value));
            let edits = [Edit::replace(name.span, here)].into_iter().chain(changed.map(|text| Edit::replace(value, text)));
            diagnostic.fix(Applicability::safe_if(is_plain && sure), format!("it is called `{here}` here"), edits.collect())
        } else if let Some(Argument::Needless(why, certain)) = meaning {
            let edits = vec![Edit::replace(self.with_comma(name.span.to(value)), "")];
            diagnostic.fix(Applicability::safe_if(is_plain && certain), format!("leave it out: {why}"), edits)
        } else if let Some((near, applicability)) = near {
            diagnostic.fix(applicability, format!("did you mean `{near}`?"), vec![Edit::replace(name.span, near)])
        } else if let Some(Argument::Unclear(why)) = meaning.filter(|_| is_operation) {
            diagnostic.help(format!("{why}; its parameters are {}", quoted(names)))
        } else if names.is_empty() {
            diagnostic.help("it has no parameters")
        } else {
            diagnostic.help(format!("its parameters are {}", quoted(names)))
        };
        self.report(frame, diagnostic);
    }

    /// The names of arguments that may mean something else elsewhere, up to two: for each name, whether there is another.
    fn doubtful(&self, callee: &str, given: &[Given<'a>]) -> Vec<Span> {
        let is_clear = |name: &Ident, value| match self.argument_elsewhere(Some(callee), &name.text, value, None) {
            Some(Argument::Is(_, _, sure)) => sure,
            Some(Argument::Needless(..)) | None => true,
            Some(Argument::Unclear(_)) => false,
        };
        let named = given.iter().filter_map(|g| Some((g.arg.name.as_ref()?, g.arg.value.span)));
        named.filter(|(name, value)| !is_clear(name, *value)).map(|(name, _)| name.span).take(2).collect()
    }

    /// An argument's span together with the comma that its removal makes needless.
    pub(super) fn with_comma(&self, span: Span) -> Span {
        let text = self.sources.get(span.source).text();
        let (before, after) = (text[..span.start as usize].trim_end(), &text[span.end as usize..]);
        if let Some(rest) = after.trim_start().strip_prefix(',') {
            return Span { end: (text.len() - rest.trim_start().len()) as u32, ..span };
        }
        match before.strip_suffix(',') {
            Some(before) => Span { start: before.len() as u32, ..span },
            None => span,
        }
    }

    /// Reports why an operation cannot be built.
    pub(super) fn build_error(
        &mut self,
        frame: &Frame<'a>,
        info: &OpInfo,
        given: &[Given<'a>],
        inputs: &[Flow],
        expr: &Expr,
        error: BuildError,
    ) {
        match error {
            BuildError::ShapeError(shape_error) => self.shape_error(frame, info.keyword, None, inputs, &shape_error, expr.span),
            BuildError::Argument { index, wrong_type, message } => {
                let name = info.params.get(index).map_or("", |p| p.name);
                let by_name = given.iter().find(|g| g.arg.name.as_ref().is_some_and(|n| n.text == name));
                let at =
                    by_name.or_else(|| given.get(index).filter(|g| g.arg.name.is_none())).map_or(expr.span, |g| g.arg.value.span);
                let code = if wrong_type { Code::WrongType } else { Code::InvalidValue };
                let size = self.without_size(info.keyword, given, inputs);
                self.report(frame, Diagnostic::error(code, message, at, "").help(usage(info)).with_fixes(size));
            }
        }
    }
}

/// An argument by position that stands behind one by name.
fn positional_after_named<'g, 'a>(given: &'g [Given<'a>]) -> Option<&'g Given<'a>> {
    let first_named = given.iter().position(|g| g.arg.name.is_some())?;
    given[first_named..].iter().find(|g| g.arg.name.is_none())
}

/// What it can only mean is the one parameter that is needed and not given.
fn misplaced(callee: &str, names: &[&str], required: &[&str], given: &[Given<'_>], stray: &Given<'_>) -> Diagnostic {
    let positional = given.iter().take_while(|g| g.arg.name.is_none()).count();
    let is_given = |name: &str| {
        names.iter().take(positional).any(|n| *n == name)
            || given.iter().any(|g| g.arg.name.as_ref().is_some_and(|n| n.text == name))
    };
    let missing: Vec<&str> = required.iter().copied().filter(|name| !is_given(name)).collect();
    let open: Vec<&str> = names.iter().copied().filter(|name| !is_given(name)).collect();
    let span = stray.arg.value.span;
    let message = format!("positional arguments of `{callee}` come first, before those with names");
    let diagnostic = Diagnostic::error(Code::UnknownArgument, message, span, "has no name");
    match (missing.as_slice(), open.as_slice()) {
        ([name], _) | ([], [name]) => {
            diagnostic.fix(Unsafe, format!("name it: `{name}=…`"), vec![Edit::before(span, format!("{name}="))])
        }
        (_, []) => diagnostic.help("all of its parameters are given already"),
        (_, open) => diagnostic.help(format!("name it; not given are {}", quoted(open))),
    }
}

/// A float without fraction, or a list with such, as integers: `conv(32 * width)` at `width = 0.75`.
fn integral(value: &Value) -> Option<ArgValue> {
    match value {
        Value::Float(_) => value.to_i64().map(ArgValue::Int),
        Value::List(items) => {
            items.iter().map(|item| integral(item).or_else(|| item.to_arg())).collect::<Option<Vec<_>>>().map(ArgValue::List)
        }
        Value::Int(_)
        | Value::Bool(_)
        | Value::Str(_)
        | Value::Tensor(_)
        | Value::Tuple(_)
        | Value::Shared(_)
        | Value::Nothing
        | Value::Poison => None,
    }
}

/// "usage: `conv(out, k=1, stride=1)`".
fn usage(info: &OpInfo) -> String {
    format!("`{}({})`", info.keyword, info.signature())
}
