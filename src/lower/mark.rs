//! Marks: what `@keep` and `@bottleneck(…)` above a statement ask of the optimizer.
//!
//! In: a mark. Out: the frame's directives, which the layers of the statement get; what is wrong is reported.

use super::naming::Scope;
use super::{Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::graph::BottleneckMark;
use crate::op::form::Kind;
use crate::source::Span;
use crate::suggest::nearest_word;
use crate::syntax::ast::{Arg, Expr, ExprKind, Mark};

impl<'a> Builder<'a> {
    pub(super) fn mark(&mut self, frame: &mut Frame<'a>, mark: &'a Mark) {
        match mark.name.text.as_str() {
            "keep" if mark.args.is_empty() => frame.directives.keep = true,
            "keep" => {
                let rest = Span { start: mark.name.span.end, ..mark.span };
                let edits = vec![Edit::replace(rest, "")];
                let diagnostic = Diagnostic::error(Code::UnknownMark, "`@keep` takes no arguments", rest, "");
                self.report(frame, diagnostic.fix(Unsafe, "write it alone", edits));
            }
            "bottleneck" => {
                let mut wanted = BottleneckMark { channels: None, form: None, span: mark.span };
                for arg in &mark.args {
                    self.bottleneck_argument(frame, arg, &mut wanted);
                }
                frame.directives.bottleneck = Some(wanted);
            }
            name => {
                let diagnostic =
                    Diagnostic::error(Code::UnknownMark, format!("there is no mark `@{name}`"), mark.span, "not a mark");
                let diagnostic = match nearest_word(name, ["keep", "bottleneck"]) {
                    Some((near, applicability)) => {
                        diagnostic.fix(applicability, format!("write `@{near}`"), vec![Edit::replace(mark.name.span, near)])
                    }
                    None => diagnostic.help("the marks are `@keep` and `@bottleneck(channels=64)`"),
                };
                self.report(frame, diagnostic);
            }
        }
    }

    fn bottleneck_argument(&mut self, frame: &mut Frame<'a>, arg: &'a Arg, wanted: &mut BottleneckMark) {
        let name = arg.name.as_ref().map_or("channels", |name| name.text.as_str());
        let word = if name == "form" { form_word(frame, &arg.value) } else { None };
        let value = match word {
            Some(word) => Value::Str(word.into()),
            None => self.eval(frame, &arg.value, &Scope::none()),
        };
        match (name, &value) {
            (_, Value::Poison) => {}
            ("channels", _) if value.to_i64().is_some_and(|n| n >= 1) => wanted.channels = value.to_i64().map(i64::unsigned_abs),
            ("form", Value::Str(form)) if Kind::from_name(form).is_some() => wanted.form = Kind::from_name(form),
            _ => {
                let forms = Kind::ALL.map(Kind::name);
                let message = format!(
                    "`@bottleneck` takes `channels` (an integer from 1) and `form` (one of {})",
                    super::body::quoted(&forms)
                );
                let label = format!("this is {}", value.shown());
                let diagnostic = Diagnostic::error(Code::UnknownMark, message, arg.value.span, label);
                let near = word.and_then(|word| nearest_word(word, forms));
                let diagnostic = match near {
                    Some((near, applicability)) => {
                        diagnostic.fix(applicability, format!("write `{near}`"), vec![Edit::replace(arg.value.span, near)])
                    }
                    None => diagnostic,
                };
                self.report(frame, diagnostic);
            }
        }
    }
}

/// A form's word stands for itself, as after `refine`; a name that is bound to text stands for that.
fn form_word<'a>(frame: &Frame<'_>, value: &'a Expr) -> Option<&'a str> {
    let ExprKind::Name(word) = &value.kind else { return None };
    let is_text = frame.names.get(word.as_str()).is_some_and(|bound| matches!(bound.value, Value::Str(_)));
    (!is_text).then_some(word.as_str())
}
