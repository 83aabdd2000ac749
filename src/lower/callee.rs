//! What a name means that is called.

use super::eval::sorted;
use super::program::Found;
use super::{Builder, Frame, Value, builtin};
use crate::code::Code;
use crate::diagnostic::Applicability::{self, Unsafe};
use crate::diagnostic::{Diagnostic, Edit, Label};
use crate::foreign;
use crate::op::table::{self, OpInfo};
use crate::suggest::nearest;
use crate::syntax::ast::{Arg, ArgList, Ident};

/// What a call's name means.
#[derive(Clone, Copy)]
pub(super) enum Callee<'a> {
    Op(&'static OpInfo),
    Block(Found<'a>),
    /// The index of a set of shared weights.
    Shared(usize),
    Function,
}

impl<'a> Builder<'a> {
    /// What a name means that is called; `apart` says whether the inputs stand elsewhere than in its first list.
    pub(super) fn callee(
        &mut self,
        frame: &Frame<'a>,
        callee: &Ident,
        list: Option<&ArgList>,
        apart: bool,
    ) -> Option<Callee<'a>> {
        let name = callee.text.as_str();
        if let Some(Value::Shared(set)) = frame.names.get(name).map(|binding| &binding.value) {
            return Some(Callee::Shared(*set));
        }
        if let Some(found) = self.program.block(frame.file, name) {
            return Some(Callee::Block(found));
        }
        if builtin::is_builtin(name) {
            return Some(Callee::Function);
        }
        if let Some(op) = table::find(name) {
            return Some(Callee::Op(op));
        }
        if frame.names.get(name).is_some_and(|binding| binding.value.is_poison()) {
            return None;
        }
        if self.again(Code::UnknownOperation, callee.span) {
            return None;
        }
        let diagnostic = self.unknown(frame, callee, list, apart);
        self.report(frame, diagnostic);
        None
    }

    /// The finding that nothing is called so, with what comes nearest.
    fn unknown(&self, frame: &Frame<'a>, callee: &Ident, list: Option<&ArgList>, apart: bool) -> Diagnostic {
        let name = callee.text.as_str();
        let mut diagnostic = Diagnostic::error(
            Code::UnknownOperation,
            format!("there is no operation or block `{name}`"),
            callee.span,
            "not known",
        );
        let names = sorted(
            self.program
                .block_names(frame.file)
                .chain(table::OPS.iter().map(|op| op.keyword))
                .chain(crate::words::FUNCTIONS.iter().copied()),
        );
        if let Some(binding) = frame.names.get(name) {
            diagnostic.message = format!("`{name}` is a value and cannot be called");
            diagnostic.primary = Some(Label { span: callee.span, text: "neither an operation nor a block".to_owned() });
            diagnostic = diagnostic.label(binding.span, "bound here");
            diagnostic = diagnostic.help("names hold what a layer made; write the operation again, or a `block` to use it twice");
        } else if let Some((path, last)) = self.program.behind(frame.file, name) {
            let edits = vec![Edit::after(last, format!("\nuse \"{path}\""))];
            diagnostic = diagnostic.note("a `use` brings in a file's own blocks, not those that it uses");
            diagnostic = diagnostic.fix(Unsafe, format!("`{name}` is defined in {path}: use that file too"), edits);
        } else if let Some(here) = here(name) {
            let (applicability, edits) = self.translated(callee, here, list, apart);
            diagnostic = diagnostic.fix(applicability, format!("it is called `{here}` here"), edits);
        } else if let Some(near) = nearest(name, names) {
            diagnostic = diagnostic.fix(Unsafe, format!("did you mean `{near}`?"), vec![Edit::replace(callee.span, near)]);
        } else {
            diagnostic = diagnostic.help("`pointwise ops` lists the operations");
        }
        diagnostic
    }

    /// Edits that write a call of another framework as one of ours, its arguments too.
    fn translated(&self, callee: &Ident, here: &str, list: Option<&ArgList>, apart: bool) -> (Applicability, Vec<Edit>) {
        let text = |arg: &Arg| self.sources.text(arg.name.as_ref().map_or(arg.value.span, |n| n.span.to(arg.value.span)));
        let args: Vec<&str> = list.iter().flat_map(|list| &list.args).map(text).collect();
        let written = foreign::arguments(&callee.text, &args, apart);
        let list = list.zip(written.text).map(|(list, text)| Edit::replace(list.span, text));
        (written.applicability, [Edit::replace(callee.span, here)].into_iter().chain(list).collect())
    }

    /// `param([96, 1, 1])` takes no inputs, shared or not.
    pub(super) fn takes_none(&self, meaning: &Callee<'_>) -> bool {
        match meaning {
            Callee::Op(info) => info.inputs.1 == Some(0),
            Callee::Shared(set) => self.takes_none(&self.shared_sets[*set].meaning),
            Callee::Block(_) | Callee::Function => false,
        }
    }
}

/// The operation that is known elsewhere as `name`, or whose name it is in another case.
fn here(name: &str) -> Option<&'static str> {
    let elsewhere = foreign::operation(name).map(|call| call.here);
    elsewhere.or_else(|| table::find(&name.to_lowercase()).map(|op| op.keyword))
}
