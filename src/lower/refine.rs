//! `refine PATH = FORM(…)`: what is asked for, with its arguments checked; the layers are found once the body is built.

use super::naming::Scope;
use super::{Builder, Frame, Refinement, Value};
use crate::code::Code;
use crate::diagnostic::{Diagnostic, Edit};
use crate::digits::counted;
use crate::op::form::{Between, Form, How, Kind, Refinement as FormOf, Scale};
use crate::op::shape::MAX_DIM;
use crate::source::Span;
use crate::suggest::nearest_word;
use crate::syntax::ast::{Arg, Call, Expr, ExprKind, Ident, Path};

/// An argument of a form: its name if it has one, its value, and where that stands.
type Given = (Option<String>, Value, Span);

impl<'a> Builder<'a> {
    pub(super) fn refinement(&mut self, frame: &mut Frame<'a>, path: &'a Path, form: &'a Expr) {
        // A `refine` in a block has been reported with the syntax.
        if !frame.in_net {
            return;
        }
        let ExprKind::Call(call) = &form.kind else {
            let diagnostic = Diagnostic::error(Code::WrongType, "a form is needed here", form.span, "")
                .help("as in `refine layer1.0.conv2 = reduce(64)`");
            self.report(frame, diagnostic);
            return;
        };
        let Call { callee, lists } = &**call;
        let kind = Kind::from_name(&callee.text);
        if kind.is_none() && callee.text != Scale::NAME {
            let diagnostic = unknown_form(callee);
            self.report(frame, diagnostic);
            return;
        }
        let Some(args) = self.arguments_of_form(frame, lists.iter().flat_map(|list| &list.args)) else { return };
        let how = match kind {
            Some(kind) => form_of(callee, kind, args, form.span).map(How::Form),
            None => scale_of(args, form.span).map(How::Scale),
        };
        match how {
            Ok(how) => self.refinements.push(Refinement { path: path.clone(), how, span: form.span }),
            Err(diagnostic) => self.report(frame, *diagnostic),
        }
    }

    /// The values of all arguments; `None` where one is wrong, which has been reported.
    fn arguments_of_form(&mut self, frame: &mut Frame<'a>, args: impl Iterator<Item = &'a Arg>) -> Option<Vec<Given>> {
        let mut given = Vec::new();
        for arg in args {
            let value = self.eval(frame, &arg.value, &Scope::none());
            if matches!(value, Value::Poison) {
                return None;
            }
            given.push((arg.name.as_ref().map(|name| name.text.to_string()), value, arg.value.span));
        }
        Some(given)
    }
}

fn unknown_form(callee: &Ident) -> Diagnostic {
    let forms = How::names();
    let diagnostic =
        Diagnostic::error(Code::UnknownOperation, format!("there is no form `{}`", callee.text), callee.span, "not known");
    match nearest_word(&callee.text, forms.iter().copied()) {
        Some((near, applicability)) => {
            diagnostic.fix(applicability, format!("did you mean `{near}`?"), vec![Edit::replace(callee.span, near)])
        }
        None => diagnostic.help(format!("the forms are {}", super::body::quoted(&forms))),
    }
}

/// A form with its ranks, in the order of its convolutions.
fn form_of(callee: &Ident, kind: Kind, args: Vec<Given>, at: Span) -> Result<FormOf, Box<Diagnostic>> {
    let mut between = Between::ByForm;
    let mut ranks: Vec<(Option<String>, i64, Span)> = Vec::new();
    for (name, value, span) in args {
        match (name.as_deref(), &value) {
            (Some("linear"), Value::Bool(linear)) => between = Between::from_linear(Some(*linear)),
            (_, value) => {
                let Some(rank) = value.to_i64().filter(|rank| *rank >= 1) else {
                    let taken = "channels, integers from 1, and `linear=true` or `false`";
                    let message = format!("`{}` takes {taken}, not {}", callee.text, value.shown());
                    return Err(wrong(Code::InvalidValue, message, span));
                };
                ranks.push((name, rank, span));
            }
        }
    }
    ranks_fit(callee, &ranks, at)?;
    ranks.sort_by_key(|(name, ..)| name.as_deref() == Some("r2"));
    let ranks: Vec<_> = ranks.iter().map(|(_, rank, _)| rank.unsigned_abs()).collect();
    let form = Form::new(kind, &ranks).expect("their number and values were just seen to fit");
    Ok(FormOf { form, between })
}

fn wrong(code: Code, message: String, at: Span) -> Box<Diagnostic> {
    Box::new(Diagnostic::error(code, message, at, ""))
}

/// Whether a form can have these ranks.
fn ranks_fit(form: &Ident, ranks: &[(Option<String>, i64, Span)], at: Span) -> Result<(), Box<Diagnostic>> {
    if let Some((_, rank, span)) = ranks.iter().find(|(_, rank, _)| *rank > MAX_DIM as i64) {
        let message = format!("`{}` takes at most {MAX_DIM} channels, not {rank}", form.text);
        return Err(wrong(Code::InvalidValue, message, *span));
    }
    let needed = if form.text == "both" { 2 } else { 1 };
    if ranks.len() != needed {
        let message = format!("`{}` takes {}, and gets {}", form.text, counted(needed, "number"), ranks.len());
        let code = if ranks.len() < needed { Code::MissingArgument } else { Code::UnknownArgument };
        return Err(wrong(code, message, at));
    }
    let allowed: &[&str] = if needed == 2 { &["r1", "r2"] } else { &["r"] };
    let is_foreign = |name: &Option<String>| name.as_ref().is_some_and(|name| !allowed.contains(&name.as_str()));
    if let Some((Some(name), _, span)) = ranks.iter().find(|(name, ..)| is_foreign(name)) {
        let message = format!("`{}` has no parameter `{name}`", form.text);
        let known = format!("its parameters are {} and `linear`", super::body::quoted(allowed));
        return Err(Box::new(Diagnostic::error(Code::UnknownArgument, message, *span, "").help(known)));
    }
    if let [(Some(first), ..), (Some(second), _, span)] = ranks
        && first == second
    {
        let message = format!("`{first}` of `{}` is given twice", form.text);
        return Err(Box::new(Diagnostic::error(Code::DuplicateArgument, message, *span, "given again here")));
    }
    Ok(())
}

/// `scale(0.75)` or `scale(0.75, multiple=16)`.
fn scale_of(args: Vec<Given>, at: Span) -> Result<Scale, Box<Diagnostic>> {
    let (mut share, mut multiple) = (None, None);
    for (name, value, span) in args {
        match name.as_deref() {
            None | Some("share") if share.is_none() => share = Some((value, span)),
            Some("multiple") if multiple.is_none() => multiple = Some((value, span)),
            Some(name @ ("share" | "multiple")) => {
                let message = format!("`{name}` of `{}` is given twice", Scale::NAME);
                return Err(Box::new(Diagnostic::error(Code::DuplicateArgument, message, span, "given again here")));
            }
            None | Some(_) => {
                let message = match name {
                    Some(name) => format!("`{}` has no parameter `{name}`", Scale::NAME),
                    None => format!("`{}` takes one share", Scale::NAME),
                };
                let known = "its parameters are `share` and `multiple`";
                return Err(Box::new(Diagnostic::error(Code::UnknownArgument, message, span, "").help(known)));
            }
        }
    }
    let Some((share, share_at)) = share else {
        return Err(wrong(
            Code::MissingArgument,
            format!("`{}` needs the share of channels, as in `scale(0.75)`", Scale::NAME),
            at,
        ));
    };
    let step = match &multiple {
        None => Some(1),
        Some((value, _)) => value.to_i64().filter(|step| (1..=MAX_DIM as i64).contains(step)).map(i64::unsigned_abs),
    };
    let Some(step) = step else {
        let (value, span) = multiple.expect("only what is given is wrong");
        return Err(wrong(Code::InvalidValue, format!("`multiple` is an integer from 1, not {}", value.shown()), span));
    };
    share.to_f64().and_then(|share| Scale::new(share, step)).ok_or_else(|| {
        let most = Scale::MOST;
        let message = format!("`{}` takes a share above 0 and at most {most}, not {}", Scale::NAME, share.shown());
        wrong(Code::InvalidValue, message, share_at)
    })
}
