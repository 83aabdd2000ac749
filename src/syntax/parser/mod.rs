//! Tokens to tree.
//!
//! In: the tokens of one file. Out: its items, always, and what was wrong. An item that cannot be read is
//! reported and left out, a statement binds its names to values that nobody knows, and reading goes on at the next one, so that
//! one run reports all independent errors, and nothing that only follows from them. No meaning
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
