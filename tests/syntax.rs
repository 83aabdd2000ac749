//! The language's surface: what is read, what is refused and how, and how it is laid out.
#![expect(clippy::disallowed_methods, reason = "tests read models and grammars")]

#[path = "syntax/common.rs"]
mod common;
#[path = "syntax/ebnf.rs"]
mod ebnf;
#[path = "syntax/errors.rs"]
mod errors;
#[path = "syntax/grammar.rs"]
mod grammar;
#[path = "syntax/hostile.rs"]
mod hostile;
#[path = "syntax/layout.rs"]
mod layout;
#[path = "syntax/pages.rs"]
mod pages;
#[path = "syntax/sentences.rs"]
mod sentences;
#[path = "syntax/textmate.rs"]
mod textmate;
#[path = "syntax/tree.rs"]
mod tree;
