//! Weights from and to safetensors, the format of Hugging Face.
//!
//! Read: F32, F16, BF16 and F64 (rounded to f32). A header that lies about lengths, overlaps, leaves gaps or names a tensor
//! twice is refused. Tensors named `….num_batches_tracked` are passed over, as other integers and truth values that no layer learns: PyTorch counts training steps in them, and no
//! inference reads them. Written: F32, in an order that depends on the names alone.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fmt;
use std::io::{self, Write};

use safetensors::tensor::{Metadata, TensorInfo, TensorView};
use safetensors::{Dtype, SafeTensorError, SafeTensors};
use serde::de::{Deserializer, IgnoredAny, MapAccess, Visitor};
use thiserror::Error;

use super::number::{from_bf16, from_f16, from_f64, le_bytes};
use crate::tensor::Tensor;
use crate::weights::Weights;

/// Why a safetensors file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum SafetensorsError {
    /// The file breaks the format's rules.
    #[error("{reason}")]
    Malformed {
        /// What is wrong, as a clause.
        reason: String,
    },
    /// The header names a tensor more than once.
    #[error("the header names `{name}` twice")]
    Duplicate {
        /// The name.
        name: String,
    },
    /// A tensor's elements are of a type that is not read.
    #[error("tensor `{name}` has type {dtype}; F32, F16, BF16 and F64 are read")]
    Type {
        /// The tensor.
        name: String,
        /// Its type as the format writes it: "I64".
        dtype: String,
    },
    /// The tensors would take more memory than they may.
    #[error("its tensors take {needed} bytes with the file, {allowed} are allowed")]
    Memory {
        /// Bytes that the file and its tensors take together.
        needed: u64,
        /// Bytes that they may take.
        allowed: u64,
    },
    /// A finite element does not fit f32.
    #[error("element {index} of tensor `{name}` is too large for f32")]
    Range {
        /// The tensor.
        name: String,
        /// Which element, in row-major order.
        index: usize,
    },
}

/// What an entry of the header takes at most in memory for a byte in the file.
const MEMORY_OF_HEADER: u64 = 24;

/// Reads all tensors of a file's bytes.
///
/// # Errors
/// The first thing found wrong: the header, then tensors by name.
pub fn load(bytes: &[u8]) -> Result<Weights, SafetensorsError> {
    load_within(bytes, u64::MAX)
}

/// Reads them where they and the file take at most so many bytes together.
///
/// # Errors
/// As [`load`]; memory that is not enough before anything is allocated that grows with the file.
pub fn load_within(bytes: &[u8], max_bytes: u64) -> Result<Weights, SafetensorsError> {
    let fits = |more: u64| {
        let needed = (bytes.len() as u64).saturating_add(more);
        if needed > max_bytes { Err(SafetensorsError::Memory { needed, allowed: max_bytes }) } else { Ok(()) }
    };
    // The length that the header claims for itself, as far as the file has it.
    let claimed = bytes.first_chunk::<8>().map_or(0, |length| u64::from_le_bytes(*length));
    let header = claimed.min(bytes.len() as u64).saturating_mul(MEMORY_OF_HEADER);
    fits(header)?;
    let file = SafeTensors::deserialize(bytes).map_err(|error| malformed(&error, bytes.len()))?;
    check_names(bytes)?;
    let mut views = file.tensors();
    let elements = |view: &TensorView<'_>| view.shape().iter().fold(1u64, |product, d| product.saturating_mul(*d as u64));
    fits(views.iter().fold(header, |sum, (_, view)| sum.saturating_add(elements(view).saturating_mul(4))))?;
    views.sort_by(|a, b| a.0.cmp(&b.0));
    let mut weights = Weights::new();
    for (name, view) in views {
        // What counts or points is nothing that a network here learns: `num_batches_tracked`, `relative_position_index`.
        let role = name.rsplit('.').next().unwrap_or(&name);
        let points = matches!(view.dtype(), Dtype::BOOL | Dtype::I64) && !LEARNED.contains(&role);
        if role != "num_batches_tracked" && !points {
            let data = convert(&name, view.dtype(), view.data())?;
            weights.insert(name, Tensor::new(view.shape().to_vec(), data));
        }
    }
    Ok(weights)
}

/// What tensors are called that layers learn; such a one of integers is a mistake.
const LEARNED: [&str; 4] = ["weight", "bias", "running_mean", "running_var"];

/// The bytes of a file that holds these weights; the same weights give the same bytes.
///
/// # Errors
/// [`SafetensorsError::Malformed`] where the names are so many that the header exceeds the format's 100 MB.
pub fn save(weights: &Weights) -> Result<Vec<u8>, SafetensorsError> {
    let file = Layout::new(weights.iter().map(|(name, tensor)| (name.to_owned(), tensor.dims().to_vec())).collect())?;
    let mut bytes = Vec::with_capacity(usize::try_from(file.bytes()).unwrap_or(0));
    let elements = |name: &str| Ok(Cow::Borrowed(weights.get(name).map_or(&[][..], Tensor::data)));
    file.write(&mut bytes, elements).map_err(|error| SafetensorsError::Malformed { reason: error.to_string() })?;
    Ok(bytes)
}

/// A file of tensors whose elements are asked for one tensor after another when it is written.
#[derive(Debug)]
pub struct Layout {
    header: Vec<u8>,
    /// Names and how many elements they have, in the order of the file.
    tensors: Vec<(String, usize)>,
    elements: usize,
}

impl Layout {
    /// Lays out tensors of these names and dimensions.
    ///
    /// # Errors
    /// They are too large to count, or the header exceeds the format's 100 MB.
    pub fn new(mut tensors: Vec<(String, Vec<usize>)>) -> Result<Self, SafetensorsError> {
        const MOST_HEADER: usize = 100_000_000;
        tensors.sort();
        let too_large = || SafetensorsError::Malformed { reason: "its tensors are too large to count".to_owned() };
        let (mut counts, mut infos, mut elements) = (Vec::new(), Vec::new(), 0usize);
        for (name, shape) in tensors {
            let count = shape.iter().try_fold(1usize, |all, dim| all.checked_mul(*dim)).ok_or_else(too_large)?;
            let end = elements.checked_add(count).filter(|end| *end <= isize::MAX as usize / 4).ok_or_else(too_large)?;
            infos.push((name.clone(), TensorInfo { dtype: Dtype::F32, shape, data_offsets: (elements * 4, end * 4) }));
            counts.push((name, count));
            elements = end;
        }
        let metadata = Metadata::new(None, infos).map_err(|error| malformed(&error, 0))?;
        let json = serde_json::to_vec(&metadata).map_err(|error| SafetensorsError::Malformed { reason: error.to_string() })?;
        // The elements begin at a multiple of eight.
        let length = json.len().next_multiple_of(8);
        if length > MOST_HEADER {
            return Err(malformed(&SafeTensorError::HeaderTooLarge, 0));
        }
        let mut header = [&(length as u64).to_le_bytes()[..], &json].concat();
        header.resize(8 + length, b' ');
        Ok(Self { header, tensors: counts, elements })
    }

    /// How many tensors.
    #[must_use]
    pub fn count(&self) -> usize {
        self.tensors.len()
    }

    /// How long the file is.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.header.len() as u64 + self.elements as u64 * 4
    }

    /// Writes the file; `elements` gives those of a tensor, row-major.
    ///
    /// # Errors
    /// It cannot be written, or a tensor's elements are not there or not as many as its dimensions say.
    pub fn write<'a>(&self, out: &mut dyn Write, mut elements: impl FnMut(&str) -> io::Result<Cow<'a, [f32]>>) -> io::Result<()> {
        out.write_all(&self.header)?;
        for (name, count) in &self.tensors {
            let given = elements(name)?;
            if given.len() != *count {
                return Err(io::Error::other(format!("tensor `{name}` has {} elements, not {count}", given.len())));
            }
            out.write_all(&le_bytes(&given))?;
        }
        Ok(())
    }
}

/// The library's error in the words of someone who has only the file.
fn malformed(error: &SafeTensorError, length: usize) -> SafetensorsError {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library's other reasons stand as they are")]
    let reason = match error {
        SafeTensorError::HeaderTooSmall => format!("the file has {length} bytes, too few for a header"),
        SafeTensorError::HeaderTooLarge => "the header claims more than 100 MB".to_owned(),
        SafeTensorError::InvalidHeaderLength => "the header claims more bytes than the file has".to_owned(),
        SafeTensorError::MetadataIncompleteBuffer => {
            "the tensors of the header do not fill the file: it is cut short, or has bytes at the end".to_owned()
        }
        SafeTensorError::InvalidOffset(name) => {
            format!("the bytes of tensor `{name}` overlap another's, leave a gap, or run backwards")
        }
        SafeTensorError::TensorInvalidInfo => "a tensor's shape and type do not match its number of bytes".to_owned(),
        other => other.to_string(),
    };
    SafetensorsError::Malformed { reason }
}

fn convert(name: &str, dtype: Dtype, bytes: &[u8]) -> Result<Vec<f32>, SafetensorsError> {
    #[expect(clippy::wildcard_enum_match_arm, reason = "the library's enum is open; other types are refused by name")]
    match dtype {
        Dtype::F32 => Ok(elements(bytes, f32::from_le_bytes).collect()),
        Dtype::F16 => Ok(elements(bytes, |b| from_f16(u16::from_le_bytes(b))).collect()),
        Dtype::BF16 => Ok(elements(bytes, |b| from_bf16(u16::from_le_bytes(b))).collect()),
        Dtype::F64 => {
            let mut data = Vec::with_capacity(bytes.len() / 8);
            for (index, x) in elements(bytes, f64::from_le_bytes).enumerate() {
                data.push(from_f64(x).ok_or_else(|| SafetensorsError::Range { name: name.to_owned(), index })?);
            }
            Ok(data)
        }
        other => Err(SafetensorsError::Type { name: name.to_owned(), dtype: format!("{other:?}") }),
    }
}

fn elements<T, const N: usize>(bytes: &[u8], read: impl Fn([u8; N]) -> T) -> impl Iterator<Item = T> {
    bytes.chunks_exact(N).map(move |chunk| read(chunk.try_into().expect("chunks have N bytes")))
}

/// Refuses duplicate names, of which the library keeps the last one without a word. The header's length has been checked.
fn check_names(bytes: &[u8]) -> Result<(), SafetensorsError> {
    let length = u64::from_le_bytes(bytes[..8].try_into().expect("eight bytes"));
    let header = &bytes[8..8 + usize::try_from(length).expect("the header lies within the file")];
    let malformed = |error: serde_json::Error| SafetensorsError::Malformed { reason: format!("the header is not JSON: {error}") };
    match serde_json::Deserializer::from_slice(header).deserialize_map(Names).map_err(malformed)? {
        Some(name) => Err(SafetensorsError::Duplicate { name }),
        None => Ok(()),
    }
}

/// Finds the first key of a JSON object that comes twice.
struct Names;

impl<'de> Visitor<'de> for Names {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let (mut seen, mut twice) = (BTreeSet::new(), None);
        while let Some((name, _)) = map.next_entry::<String, IgnoredAny>()? {
            if twice.is_none() && seen.contains(&name) {
                twice = Some(name);
            } else {
                seen.insert(name);
            }
        }
        Ok(twice)
    }
}
