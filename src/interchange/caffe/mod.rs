//! Networks of Caffe: `.prototxt` files, deploy files or the test phase of training files, of either version.
//!
//! ```text
//! text ─text→ messages ─phase→ layers of prediction ─reader, layers→ Listed
//! ```
//!
//! In: the text. Out: a graph for one image, without weights, which stand in a `.caffemodel` that is not read. Losses, measures and
//! labels are left out. Nothing here opens files.

mod layers;
mod merge;
mod names;
mod phase;
mod reader;
mod reshape;
mod text;
mod window;

pub use reader::read;
