//! What a name means that is called.

use super::pasted::Pasted;
use super::program::Found;
use super::{Builder, Frame, Value, builtin};
use crate::code::Code;
use crate::diagnostic::Applicability::{self, Unsafe};
use crate::diagnostic::{Diagnostic, Edit, Label};
use crate::op::table::{self, OpInfo};
use crate::suggest::nearest;
use crate::syntax::ast::Ident;

/// What a call's name means.
#[derive(Clone, Copy)]
pub(super) enum Callee<'a> {
    Op(&'static OpInfo),
    Block(Found<'a>),
    /// The index of a set of shared weights.
    Shared(usize),
    Function,
}

/// Why a name that is called means nothing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Strange {
    /// Nothing is called so, which is still to be reported.
    Unknown,
    /// What it was bound to has been reported.
    Reported,
}

impl<'a> Builder<'a> {
    /// What a name means that is called.
    ///
    /// # Errors
    /// It means nothing.
    pub(super) fn callee(&self, frame: &Frame<'a>, callee: &Ident) -> Result<Callee<'a>, Strange> {
        let name = callee.text.as_str();
        if let Some(Value::Shared(set)) = frame.names.get(name).map(|binding| &binding.value) {
            return Ok(Callee::Shared(*set));
        }
        if let Some(found) = self.program.block(frame.file, name) {
            return Ok(Callee::Block(found));
        }
        if builtin::is_builtin(name) {
            return Ok(Callee::Function);
        }
        if let Some(op) = table::find(name) {
            return Ok(Callee::Op(op));
        }
        let poisoned = frame.names.get(name).is_some_and(|binding| binding.value.is_poison());
        Err(if poisoned { Strange::Reported } else { Strange::Unknown })
    }

    /// Reports that nothing is called so, unless that follows from another finding.
    pub(super) fn strange_callee(&mut self, frame: &Frame<'a>, strange: Strange, pasted: &Pasted<'_>) {
        if strange == Strange::Unknown && !self.again(Code::UnknownOperation, pasted.callee.span) {
            let diagnostic = self.unknown(frame, pasted);
            self.report(frame, diagnostic);
        }
    }

    /// The finding that nothing is called so, with what comes nearest.
    fn unknown(&mut self, frame: &Frame<'a>, pasted: &Pasted<'_>) -> Diagnostic {
        let callee = pasted.callee;
        let name = callee.text.as_str();
        let mut diagnostic = Diagnostic::error(
            Code::UnknownOperation,
            format!("there is no operation or block `{name}`"),
            callee.span,
            "not known",
        );
        let program = self.program;
        let names = program
            .block_names(frame.file)
            .chain(table::OPS.iter().map(|op| op.keyword))
            .chain(crate::words::FUNCTIONS.iter().copied());
        if let Some(binding) = frame.names.get(name) {
            diagnostic.message = format!("`{name}` is a value and cannot be called");
            diagnostic.primary = Some(Label { span: callee.span, text: "neither an operation nor a block".to_owned() });
            diagnostic = diagnostic.label(binding.span, "bound here");
            diagnostic = diagnostic.help("names hold what a layer made; write the operation again, or a `block` to use it twice");
        } else if let Some((path, last)) = self.program.behind(frame.file, name) {
            let edits = vec![Edit::after(last, format!("\nuse \"{path}\""))];
            diagnostic = diagnostic.note("a `use` brings in a file's own blocks, not those that it uses");
            diagnostic = diagnostic.fix(Unsafe, format!("`{name}` is defined in {path}: use that file too"), edits);
        } else if let Some(outcome) = pasted.translated(self.sources) {
            diagnostic = pasted.offer(diagnostic, outcome, self.sources);
        } else if let Some(here) = table::find(&name.to_lowercase()) {
            let edits = vec![Edit::replace(callee.span, here.keyword)];
            let applicability = Applicability::safe_if(pasted.args().next().is_none());
            diagnostic = diagnostic.fix(applicability, format!("it is called `{}` here", here.keyword), edits);
        } else if self.may_compare(table::OPS.len() + program.block_names(frame.file).count())
            && let Some(near) = nearest(name, names)
        {
            diagnostic = diagnostic.fix(Unsafe, format!("did you mean `{near}`?"), vec![Edit::replace(callee.span, near)]);
        } else {
            diagnostic = diagnostic.help("`pointwise ops` lists the operations");
        }
        diagnostic
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
