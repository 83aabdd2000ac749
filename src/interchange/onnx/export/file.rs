//! The bytes of a model, and of the file of its weights.
//!
//! In: an [`Exported`] model and who gives the elements of its tensors. Out: bytes, in order, one tensor at a time: the lengths
//! that protobuf writes in front are computed from dimensions before anything is asked for.

use std::borrow::Cow;
use std::io::{self, Write};

use prost::Message;
use prost::encoding::{WireType, encode_key, encode_varint, encoded_len_varint, key_len};

use super::super::proto::{StringStringEntryProto, TensorProto};
use super::{Exported, FLOAT, Learned};
use crate::interchange::number::le_bytes;

/// Protobuf's limit: a message is at most so long.
pub const MOST_BYTES: u64 = i32::MAX as u64;
/// Tensors in a file of their own begin at multiples of this, so that they can be mapped into memory as they are.
pub const DATA_ALIGNMENT: u64 = 64;

/// Fields of the format.
const MODEL_GRAPH: u32 = 7;
const GRAPH_INITIALIZER: u32 = 5;
const TENSOR_RAW_DATA: u32 = 9;
/// `data_location` of what stands in another file.
const EXTERNAL: i32 = 1;

/// Where the elements of tensors stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placement<'a> {
    /// In the model.
    Inside,
    /// In a file of this name in the model's folder.
    Apart(&'a str),
}

/// Gives the elements of tensors.
pub trait WeightSource {
    /// Those of a tensor, row-major.
    ///
    /// # Errors
    /// They cannot be read.
    fn elements(&mut self, tensor: &Learned) -> io::Result<Cow<'_, [f32]>>;
}

/// Where a tensor stands in the file of weights.
fn offsets(tensors: &[Learned]) -> impl Iterator<Item = (&Learned, u64)> {
    let mut end = 0u64;
    tensors.iter().map(move |tensor| {
        let start = end.next_multiple_of(DATA_ALIGNMENT);
        end = start.saturating_add(tensor.bytes());
        (tensor, start)
    })
}

impl Exported {
    /// Its tensors, in the order in which they are asked for.
    #[must_use]
    pub fn tensors(&self) -> &[Learned] {
        &self.tensors
    }

    /// Bytes of the model with its weights inside; `u64::MAX` stands for anything larger.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        let graph = self.graph_bytes(Placement::Inside);
        graph.saturating_add(field_head(MODEL_GRAPH, graph)).saturating_add(self.model.encoded_len() as u64)
    }

    fn graph_bytes(&self, placement: Placement<'_>) -> u64 {
        let tensors = offsets(&self.tensors).map(|(tensor, offset)| {
            let bytes = tensor_bytes(tensor, &head(tensor, offset, placement), placement);
            bytes.saturating_add(field_head(GRAPH_INITIALIZER, bytes))
        });
        tensors.fold(self.graph.encoded_len() as u64, u64::saturating_add)
    }

    /// Writes the model; elements are asked for where they stand in it.
    ///
    /// # Errors
    /// Elements cannot be read, or the bytes not written.
    pub fn write(&self, out: &mut dyn Write, placement: Placement<'_>, elements: &mut dyn WeightSource) -> io::Result<()> {
        out.write_all(&self.model.encode_to_vec())?;
        begin(out, MODEL_GRAPH, self.graph_bytes(placement))?;
        out.write_all(&self.graph.encode_to_vec())?;
        for (tensor, offset) in offsets(&self.tensors) {
            let head = head(tensor, offset, placement);
            begin(out, GRAPH_INITIALIZER, tensor_bytes(tensor, &head, placement))?;
            out.write_all(&head.encode_to_vec())?;
            if placement == Placement::Inside {
                begin(out, TENSOR_RAW_DATA, tensor.bytes())?;
                put(out, tensor, elements)?;
            }
        }
        Ok(())
    }

    /// Writes the file of its weights.
    ///
    /// # Errors
    /// As [`write`](Self::write).
    pub fn write_data(&self, out: &mut dyn Write, elements: &mut dyn WeightSource) -> io::Result<()> {
        let mut end = 0u64;
        for (tensor, offset) in offsets(&self.tensors) {
            let gap = usize::try_from(offset - end).unwrap_or(0);
            out.write_all(&vec![0; gap])?;
            put(out, tensor, elements)?;
            end = offset + tensor.bytes();
        }
        Ok(())
    }
}

/// A tensor without its elements.
fn head(tensor: &Learned, offset: u64, placement: Placement<'_>) -> TensorProto {
    let mut proto = TensorProto {
        dims: tensor.dims.iter().map(|dim| *dim as i64).collect(),
        data_type: FLOAT,
        name: tensor.name.clone(),
        ..TensorProto::default()
    };
    if let Placement::Apart(file) = placement {
        let entry = |key: &str, value: String| StringStringEntryProto { key: key.to_owned(), value };
        let (offset, length) = (offset.to_string(), tensor.bytes().to_string());
        proto.external_data = vec![entry("location", file.to_owned()), entry("offset", offset), entry("length", length)];
        proto.data_location = EXTERNAL;
    }
    proto
}

fn tensor_bytes(tensor: &Learned, head: &TensorProto, placement: Placement<'_>) -> u64 {
    let elements = match placement {
        Placement::Inside => tensor.bytes().saturating_add(field_head(TENSOR_RAW_DATA, tensor.bytes())),
        Placement::Apart(_) => 0,
    };
    elements.saturating_add(head.encoded_len() as u64)
}

/// Bytes in front of a field of so many bytes.
fn field_head(field: u32, bytes: u64) -> u64 {
    (key_len(field) + encoded_len_varint(bytes)) as u64
}

fn begin(out: &mut dyn Write, field: u32, bytes: u64) -> io::Result<()> {
    let mut head = Vec::new();
    encode_key(field, WireType::LengthDelimited, &mut head);
    encode_varint(bytes, &mut head);
    out.write_all(&head)
}

fn put(out: &mut dyn Write, tensor: &Learned, elements: &mut dyn WeightSource) -> io::Result<()> {
    let data = elements.elements(tensor)?;
    if data.len() as u64 * 4 != tensor.bytes() {
        return Err(io::Error::other(format!("tensor `{}` has {} elements", tensor.name, data.len())));
    }
    out.write_all(&le_bytes(&data))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tensors_apart_begin_at_multiples() {
        let tensor = |name: &str, count| Learned { name: name.to_owned(), dims: vec![count] };
        let tensors = [tensor("a", 3), tensor("b", 16), tensor("c", 1)];
        assert_eq!(offsets(&tensors).map(|(_, offset)| offset).collect::<Vec<_>>(), [0, 64, 128]);
    }
}
