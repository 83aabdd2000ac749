//! Words among the arguments by position, at the place of another parameter: `upsample(2, "bilinear")`.
//!
//! In: an argument and the parameter that its place is for. Out: a finding that names the parameter which takes the word. A word
//! that no parameter takes, or more than one, is left to who reads the arguments.

use super::call::Given;
use super::{Builder, Frame, Value};
use crate::code::Code;
use crate::diagnostic::Applicability::Safe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::op::table::OpInfo;

impl<'a> Builder<'a> {
    /// Reports a word at the place of the parameter `index` that another one takes, which is not given; whether it is so.
    pub(super) fn word_out_of_place(
        &mut self,
        frame: &Frame<'a>,
        info: &OpInfo,
        (index, given): (usize, &Given<'a>),
        slots: &[Option<&Given<'a>>],
    ) -> bool {
        let Value::Str(word) = &given.value else { return false };
        let takes = |at: usize| info.params[at].kind.words().contains(&&**word);
        let mut fitting = (0..info.params.len()).filter(|at| takes(*at));
        let (Some(at), None) = (fitting.next(), fitting.next()) else { return false };
        if given.arg.name.is_some() || at == index || slots[at].is_some() {
            return false;
        }
        let (here, name) = (info.params[index].name, info.params[at].name);
        let message = format!("`{word}` is for `{name}` of `{}`, and stands at the place of `{here}`", info.keyword);
        let found = Diagnostic::error(Code::WrongType, message, given.arg.value.span, "");
        let written = format!("{name}={word}");
        let said = format!("write `{written}`");
        // Arguments by position come before those with names.
        let last = !slots[index + 1..].iter().flatten().any(|other| other.arg.name.is_none());
        let edits = vec![Edit::replace(given.arg.value.span, written)];
        self.report(frame, if last { found.fix(Safe, said, edits) } else { found.help(said) });
        true
    }
}
