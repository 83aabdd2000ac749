//! Text to tree and back: lexer, parser, tree, formatter.
//!
//! In: the text of one `.net` file. Out: an [`ast::Ast`] and what is wrong with the text; both always. Nothing here knows
//! what a name means: operations, blocks and shapes are the business of `lower`.

pub mod ast;
mod check;
mod error;
pub mod few;
mod format;
mod input;
mod lexer;
mod lookalike;
mod message;
mod mistake;
pub mod name;
mod notes;
mod number;
mod parser;
mod silence;
mod sink;
mod text;
mod token;
mod tokens;
mod walk;

pub use format::format;
pub use lexer::{Lexed, lex};
pub use notes::notes;
pub use parser::MAX_DEPTH;
pub use silence::{Silence, silences};
pub use sink::MAX_ERRORS;
pub use token::{Token, TokenClass, TokenKind};
pub use tokens::Tokens;

use std::cell::{Cell, RefCell};

use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::source::{SourceId, SourceSet};
use ast::Ast;
use input::Context;
use lexer::MAX_TOKENS;
use name::Names;
use sink::Sink;

/// Reads one file: its tree, as far as it can be read, and at most [`MAX_ERRORS`] syntax errors in order of position.
#[must_use]
pub fn parse(sources: &SourceSet, id: SourceId) -> (Ast, Vec<Diagnostic>) {
    let text = sources.get(id).text();
    let Lexed { tokens, comments, errors, overfull } = lex(text, id);
    if let Some(at) = overfull {
        let message = format!("a file has at most {MAX_TOKENS} words, numbers and signs");
        let found = Diagnostic::error(Code::TooLarge, message, at, "the limit is reached here");
        return (Ast { source: id, items: Vec::new(), nameless: true, comments: Vec::new() }, vec![found]);
    }
    let context = Context {
        text,
        source: id,
        tokens: &tokens,
        comments: &comments,
        errors: RefCell::new(Sink::default()),
        crooked: Cell::new(None),
        reported_at: Cell::new(usize::MAX),
        suites: Cell::new(false),
        nameless: Cell::new(false),
        unused: Cell::new(0),
        names: RefCell::new(Names::default()),
    };
    let items = parser::file(&context);
    let mut found = context.errors.into_inner();
    let ast = Ast { source: id, items, nameless: context.nameless.get(), comments };
    if !found.has(Code::UnclosedDelimiter) {
        // Where a bracket is missing, statements only seem to stand where they do.
        check::check(&ast, text, &mut found);
    }
    (ast, errors.merge(found))
}
