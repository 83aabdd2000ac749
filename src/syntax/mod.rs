//! Text to tree and back: lexer, parser, tree, formatter.
pub mod ast;
