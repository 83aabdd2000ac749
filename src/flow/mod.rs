//! How data flows through a network: who reads what, how long tensors live, what depends on what, what runs together.
//!
//! In: a [`Graph`](crate::graph::Graph), or a [`Shaped`](crate::shape::Shaped) one where sizes matter. Out: facts, computed in one
//! pass each, linear in nodes and edges. Analyses, lints, rewrites and the planner of a run ask here, so that they cannot
//! disagree. Nothing here counts work, knows a machine or changes a graph.
//!
//! | question | answer |
//! |---|---|
//! | how often is a value read, and is there only one reader? | [`Graph::uses`](crate::graph::Graph::uses), [`only_reader`] |
//! | whose memory holds a value, and from when to when? | [`Lifetimes`] |
//! | what do these nodes need? | [`needed_by`] |
//! | which layer stands behind or ahead of this one, seen through what is between? | [`behind`], [`ahead`] |
//! | which nodes does every path pass? | [`trunk`] |
//! | may a layer have another number of channels, for all that follows? | [`is_free_width`] |
//! | which layers run in the epilogue of another? | [`Fusion`] |

mod fusion;
mod lifetime;
mod reach;
mod walk;
mod width;

pub use fusion::Fusion;
pub use lifetime::{Lifetimes, Storage};
pub use reach::{needed_by, only_reader, trunk};
pub use walk::{ahead, behind};
pub use width::is_free_width;
