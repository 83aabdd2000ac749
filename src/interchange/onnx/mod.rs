//! Networks from and to ONNX, the format that other programs exchange them in.
//!
//! ```text
//! file ─slim→ structure ─model→ nodes in order ─import→ Graph + Arrays ─elements(files)→ Weights
//!        no weights'     functions written out,  operators as ours,   recipes run
//!        bytes           one way to say it       shapes folded away
//! Shaped ─export→ nodes with remarks, tensors by name ─write(elements)→ file
//! ```
//!
//! In: a file, versions 7 to 25 of ONNX's operators. Out: a [`Graph`](crate::graph::Graph) of the same meaning for one image,
//! and a recipe for each learned tensor; or what cannot be said here, node by node; and the way back, version 17. Nothing here opens files: who calls
//! brings what reads bytes.

mod array;
mod arrays;
mod attributes;
mod error;
mod export;
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
pub use export::{DATA_ALIGNMENT, Exported, Learned, MOST_BYTES, OPSET, Placement, Unwritable, WeightSource, export};
pub use import::{Imported, Unsupported, import};
pub use model::{Branch, Input, Model, Node, read};
pub use tensor::{Data, ElementType, Elements, Stored, read_tensor};
