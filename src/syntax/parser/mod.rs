//! Tokens to tree.
//!
//! In: the tokens of one file. Out: its items, always, and what was wrong. A statement or item that cannot be read is
//! reported and left out, and reading goes on at the next one, so that one run reports all independent errors. No meaning
//! here: names are not looked up, and statements in the wrong place are left to `check`.

mod body;
mod expression;
mod item;
mod pieces;
mod recover;
mod statement;
mod stub;

pub(super) use item::file;

/// How many brackets, bodies and prefix operators may be around one place; it bounds every recursion over the tree.
pub const MAX_DEPTH: u32 = 64;
