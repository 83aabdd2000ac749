//! What a rewrite decided, written into the text that the network came from, as edits that leave everything else as it is.
//!
//! In: a file's text and tree, the network before, and what was decided. Out: [`Edit`](crate::diagnostic::Edit)s, which
//! [`edit::apply`] applies. Rewrites do not know this room; it decides nothing, reads no file and makes no network. A whole
//! graph as text is the matter of [`graph::print`](crate::graph::print).
//!
//! | what | module |
//! |---|---|
//! | `refine` statements at the net's end, defaults of its parameters | [`edit`] with [`address`] |
//! | 1x1s as steps of blocks, with parameters where uses differ | [`blocks`] with [`steps`] |
//! | what an earlier run wrote, taken back | [`undo`] |
//! | numbers that the net asserts of itself | [`assertions`] |
//! | the safe fixes of what was found in a text, round by round | [`fix`] |
//! | whether a fix does what it says | [`proof`] |
//! | what trying fixes out may cost | [`work`] |
//! | parameters that a network keeps when it is written out | [`knobs`] |
//! | `use` lines of a text that moves to another folder | [`uses`] |

pub mod address;
pub mod assertions;
pub mod blocks;
mod calls;
mod comments;
pub mod edit;
pub mod fix;
pub mod knobs;
pub mod proof;
mod sentences;
pub mod steps;
mod style;
pub mod undo;
mod undo_lines;
pub mod uses;
mod widths;
pub mod work;
