//! Networks from ONNX, the format that other programs exchange them in.
//!
//! ```text
//! file ─slim→ structure ─model→ nodes in order ─import→ Graph + Arrays ─elements(files)→ Weights
//!        no weights'     functions written out,  operators as ours,   recipes run
//!        bytes           one way to say it       shapes folded away
//! ```
//!
//! In: a file, versions 7 to 25 of ONNX's operators. Out: a [`Graph`](crate::graph::Graph) of the same meaning for one image,
//! and a recipe for each learned tensor; or what cannot be said here, node by node. Nothing here opens files: who calls
//! brings what reads bytes.

mod array;
mod arrays;
mod attributes;
mod error;
mod fold;
mod import;
mod model;
mod number;
mod proto;
mod scope;
mod slim;
mod tensor;

pub use arrays::{ArrayId, Arrays, Bytes};
pub use error::FormatError;
pub use import::{Imported, Unsupported, import};
pub use model::{Branch, Input, Model, Node, read};
pub use tensor::{Data, ElementType, Elements, Stored, read_tensor};
