//! Networks of darknet: `.cfg` files, which list layers by number, and `.weights` files, which hold numbers in their order.
//!
//! ```text
//! text ─config→ sections ─layers→ Listed + Layout          bytes ─weights(Layout)→ Weights
//! ```
//!
//! In: the text, or the bytes. Out: a graph for one image, as darknet computes it for prediction; what darknet does with the maps
//! that detectors end in is no part of it. Layers are called by what they are and their number, which counts sections from 0 behind
//! `[net]` as darknet prints them: `conv12`;
//! convolutions that a shortcut goes round are parts of it: `shortcut4.a`, `shortcut4.b`. Nothing here opens files.

mod config;
mod layers;
mod moves;
mod names;
mod reader;
mod weights;

pub use layers::read;
pub use reader::Network;
pub use weights::{Layout, load};
