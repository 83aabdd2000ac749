//! Arrays from and to NumPy's `.npy` format, versions 1.0, 2.0 and 3.0 (NumPy enhancement proposal 1 and its successors).
//!
//! Read: floats of 2, 4 and 8 bytes, signed and unsigned integers of 1 to 8 bytes and booleans, in either byte order and in
//! C or Fortran order; all become f32 by rounding to the nearest. Objects are refused, never unpickled. Written: version
//! 1.0, little-endian f32 in C order. The array keeps its own dimensions: whether the
//! first one is a batch is the caller's to know.

use std::io::{self, Write};

use thiserror::Error;

use super::npy_header::{self, Kind};
use super::number::{from_f16, from_f64};
use crate::tensor::Tensor;

/// What the header is padded to.
const HEADER_ALIGNMENT: usize = 64;

/// Why an `.npy` file cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum NpyError {
    /// The file does not begin with the format's magic bytes.
    #[error("not an .npy file: it does not begin with the bytes \\x93NUMPY")]
    Magic,
    /// A version of the format that does not exist yet.
    #[error("version {major}.{minor} of the .npy format is unknown; 1.0, 2.0 and 3.0 are read")]
    Version {
        /// Major version.
        major: u8,
        /// Minor version.
        minor: u8,
    },
    /// The file ends within its header.
    #[error("the file ends within its header")]
    HeaderCut,
    /// The header is longer than any array's.
    #[error("the header claims {claimed} bytes; at most {allowed} are read")]
    HeaderTooLong {
        /// Bytes that it claims.
        claimed: usize,
        /// The limit.
        allowed: usize,
    },
    /// The header is not a dictionary of `descr`, `fortran_order` and `shape`.
    #[error("the header cannot be read: {reason}")]
    Header {
        /// What is wrong, as a clause.
        reason: String,
    },
    /// Elements are Python objects, which only running code could read.
    #[error("the array holds Python objects, which are never read: save it with a numeric type")]
    Object,
    /// Elements of another type than numbers and booleans.
    #[error("elements of type `{descr}` are not read: floats, integers and booleans are")]
    Type {
        /// The type as NumPy writes it: "<c8".
        descr: String,
    },
    /// More elements than any memory holds, or more bytes than the file has.
    #[error("the header claims {} of shape {shape:?}, but the file holds {have}", claim(*needed))]
    Length {
        /// The shape.
        shape: Vec<u64>,
        /// Bytes that it needs; `None` beyond 64 bits.
        needed: Option<u64>,
        /// Bytes after the header.
        have: u64,
    },
    /// A finite element does not fit f32.
    #[error("element {index} is too large for f32")]
    Range {
        /// Which element, in the order of the file.
        index: usize,
    },
}

fn claim(needed: Option<u64>) -> String {
    needed.map_or_else(|| "more than 2^64 bytes".to_owned(), |bytes| format!("{bytes} bytes"))
}

/// The most bytes that [`read`] takes beside the file's: those of the tensor, and of a second one while the order of the
/// elements changes.
///
/// # Errors
/// A header that cannot be read.
pub fn needed_bytes(bytes: &[u8]) -> Result<u64, NpyError> {
    let (header, body) = npy_header::parse(bytes)?;
    let tensor = (body.len() / header.size) as u64 * 4;
    Ok(if header.fortran { tensor.saturating_mul(2) } else { tensor })
}

/// Reads the array of a file's bytes.
///
/// # Errors
/// The first thing found wrong; nothing is allocated for an array before its length has been compared with the file's.
pub fn read(bytes: &[u8]) -> Result<Tensor, NpyError> {
    let (header, body) = npy_header::parse(bytes)?;
    let needed = header
        .shape
        .iter()
        .try_fold(1u64, |product, d| product.checked_mul(*d))
        .and_then(|elements| elements.checked_mul(header.size as u64));
    if needed != Some(body.len() as u64) {
        return Err(NpyError::Length { shape: header.shape, needed, have: body.len() as u64 });
    }
    let mut data = Vec::with_capacity(body.len() / header.size);
    for (index, raw) in body.chunks_exact(header.size).enumerate() {
        data.push(element(header.kind, raw, header.big_endian).ok_or(NpyError::Range { index })?);
    }
    let dims = dims(&header.shape, body.len() as u64)?;
    let data = if header.fortran { to_c_order(&dims, &data) } else { data };
    Ok(Tensor::new(dims, data))
}

fn dims(shape: &[u64], have: u64) -> Result<Vec<usize>, NpyError> {
    let dims: Result<Vec<usize>, _> = shape.iter().map(|d| usize::try_from(*d)).collect();
    dims.map_err(|_| NpyError::Length { shape: shape.to_vec(), needed: None, have })
}

/// One element; `None` where it is finite and does not fit f32.
fn element(kind: Kind, raw: &[u8], big_endian: bool) -> Option<f32> {
    let bits = raw.iter().enumerate().fold(0u64, |bits, (i, byte)| {
        let place = if big_endian { raw.len() - 1 - i } else { i };
        bits | u64::from(*byte) << (8 * place)
    });
    let width = u32::try_from(raw.len() * 8).expect("elements have at most 8 bytes");
    match kind {
        Kind::Bool => Some(if bits == 0 { 0.0 } else { 1.0 }),
        Kind::Unsigned => Some(nearest_u64(bits)),
        Kind::Signed => Some(nearest_i64((bits << (64 - width)).cast_signed() >> (64 - width))),
        Kind::Float => float(bits, width),
    }
}

fn float(bits: u64, width: u32) -> Option<f32> {
    match width {
        16 => Some(from_f16(bits as u16)),
        32 => Some(f32::from_bits(bits as u32)),
        _ => from_f64(f64::from_bits(bits)),
    }
}

fn nearest_u64(value: u64) -> f32 {
    value as f32
}

fn nearest_i64(value: i64) -> f32 {
    value as f32
}

/// The elements in row-major order of an array that is stored with its first axis fastest.
fn to_c_order(dims: &[usize], data: &[f32]) -> Vec<f32> {
    let mut index = vec![0; dims.len()];
    let mut strides = vec![1; dims.len()];
    for axis in 1..dims.len() {
        strides[axis] = strides[axis - 1] * dims[axis - 1];
    }
    let mut out = Vec::with_capacity(data.len());
    while out.len() < data.len() {
        out.push(data[index.iter().zip(&strides).map(|(i, s)| i * s).sum::<usize>()]);
        for axis in (0..dims.len()).rev() {
            index[axis] += 1;
            if index[axis] < dims[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    out
}

/// The bytes of a file that holds this tensor: version 1.0, `<f4`, C order, data aligned to 64 bytes.
///
/// # Panics
/// If the tensor has so many dimensions (thousands) that its shape overflows a header of 64 KiB.
#[must_use]
pub fn write(tensor: &Tensor) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(2 * HEADER_ALIGNMENT + tensor.data().len() * 4);
    write_to(tensor, &mut bytes).expect("memory takes what is written");
    bytes
}

/// Writes such a file without holding it.
///
/// # Errors
/// Those of the writer.
///
/// # Panics
/// As [`write()`].
pub fn write_to(tensor: &Tensor, out: &mut (impl Write + ?Sized)) -> io::Result<()> {
    let dims: Vec<String> = tensor.dims().iter().map(ToString::to_string).collect();
    let tail = if dims.len() == 1 { "," } else { "" };
    let mut header = format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({}{tail}), }}", dims.join(", "));
    let before = npy_header::MAGIC.len() + 2 + 2;
    let padding = HEADER_ALIGNMENT - (before + header.len() + 1) % HEADER_ALIGNMENT;
    header.push_str(&" ".repeat(padding));
    header.push('\n');
    let length = u16::try_from(header.len()).expect("a shape of few dimensions makes a short header");
    out.write_all(npy_header::MAGIC)?;
    out.write_all(&[1, 0])?;
    out.write_all(&length.to_le_bytes())?;
    out.write_all(header.as_bytes())?;
    tensor.data().iter().try_for_each(|x| out.write_all(&x.to_le_bytes()))
}
