//! The structure of an ONNX file without the bytes of its weights.
//!
//! In: a file that can be read and sought. Out: the same protobuf message, small: elements of tensors are skipped and said
//! to stand in the file itself ([`WITHIN`]), where they can be read later; fields that nobody reads are left out. No length
//! that the file claims is trusted: what does not fit in what surrounds it is an error, and what is kept is counted.

use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

use super::error::FormatError;

/// The key of an external-data entry that says that the elements stand in the model's own file.
pub(super) const WITHIN: &str = "within";
/// Elements that take fewer bytes are kept: they may be shapes, axes and the like.
const SMALL: u64 = 1024;
/// The same of integers, which are seldom weights and may be indices.
const SMALL_INTEGERS: u64 = 1 << 16;
/// The number of a tensor's element type among its fields.
const ELEMENT_TYPE: u32 = 2;
/// The number of 64-bit integers among element types.
const INTEGERS: u64 = 7;
/// What is kept takes at most so many bytes.
const MOST_BYTES: usize = 64 << 20;
/// So many fields at most are kept, since each takes more memory than bytes of the file.
const MOST_FIELDS: usize = 4_000_000;
/// Memory that a message takes at least where it is read, whatever it holds.
const MEMORY_OF_MESSAGE: usize = 128;
/// Graphs within attributes of nodes of graphs, and so on.
const MOST_DEPTH: usize = 64;

/// What a length-delimited field holds.
#[derive(Clone, Copy, PartialEq)]
enum Field {
    /// Bytes, text, packed numbers.
    Plain,
    /// A message.
    In(Kind),
    /// Elements of a tensor in little-endian order.
    Elements,
}

/// Messages that are looked into.
#[derive(Clone, Copy, PartialEq)]
enum Kind {
    Model,
    Opset,
    Graph,
    Node,
    Function,
    Attribute,
    Tensor,
    Sparse,
    Entry,
    Value,
    Type,
    TensorType,
    Shape,
    Dimension,
}

impl Kind {
    /// The fields that are kept.
    fn fields(self) -> &'static [(u32, Field)] {
        use Field::{Elements, In, Plain};
        match self {
            Self::Model => {
                &[(1, Plain), (2, Plain), (3, Plain), (7, In(Self::Graph)), (8, In(Self::Opset)), (25, In(Self::Function))]
            }
            Self::Opset | Self::Entry | Self::Dimension => &[(1, Plain), (2, Plain)],
            Self::Graph => &[
                (1, In(Self::Node)),
                (2, Plain),
                (5, In(Self::Tensor)),
                (10, Plain),
                (11, In(Self::Value)),
                (12, In(Self::Value)),
                (15, In(Self::Sparse)),
                (16, In(Self::Entry)),
            ],
            Self::Node => {
                &[(1, Plain), (2, Plain), (3, Plain), (4, Plain), (5, In(Self::Attribute)), (7, Plain), (9, In(Self::Entry))]
            }
            Self::Function => &[
                (1, Plain),
                (4, Plain),
                (5, Plain),
                (6, Plain),
                (7, In(Self::Node)),
                (9, In(Self::Opset)),
                (10, Plain),
                (11, In(Self::Attribute)),
            ],
            Self::Attribute => &[
                (1, Plain),
                (2, Plain),
                (3, Plain),
                (4, Plain),
                (5, In(Self::Tensor)),
                (6, In(Self::Graph)),
                (7, Plain),
                (8, Plain),
                (9, Plain),
                (20, Plain),
                (21, Plain),
            ],
            // `float_data` and `double_data` are packed, which is little-endian order as in `raw_data`.
            Self::Tensor => &[
                (1, Plain),
                (2, Plain),
                (4, Elements),
                (5, Plain),
                (7, Plain),
                (8, Plain),
                (9, Elements),
                (10, Elements),
                (11, Plain),
                (13, In(Self::Entry)),
                (14, Plain),
            ],
            Self::Sparse => &[(1, In(Self::Tensor)), (2, In(Self::Tensor)), (3, Plain)],
            Self::Value => &[(1, Plain), (2, In(Self::Type))],
            Self::Type => &[(1, In(Self::TensorType))],
            Self::TensorType => &[(1, Plain), (2, In(Self::Shape))],
            Self::Shape => &[(1, In(Self::Dimension))],
        }
    }

    fn field(self, number: u32) -> Option<Field> {
        self.fields().iter().find(|(own, _)| *own == number).map(|(_, field)| *field)
    }
}

/// The model's message without the elements of large tensors.
///
/// # Errors
/// The file is no protobuf message, is cut off, has more structure than any network, or cannot be read.
pub(super) fn slim(file: impl Read + Seek) -> Result<Vec<u8>, FormatError> {
    let mut file = BufReader::new(file);
    let end = file.seek(SeekFrom::End(0))?;
    file.seek(SeekFrom::Start(0))?;
    let mut slimmer = Slimmer { file, at: 0, fields: 0, bytes: 0 };
    let mut out = Vec::new();
    slimmer.message(Kind::Model, end, 0, &mut out)?;
    Ok(out)
}

struct Slimmer<R> {
    file: BufReader<R>,
    at: u64,
    fields: usize,
    bytes: usize,
}

impl<R: Read + Seek> Slimmer<R> {
    /// Copies the fields of a message that ends at `end`.
    fn message(&mut self, kind: Kind, end: u64, depth: usize, out: &mut Vec<u8>) -> Result<(), FormatError> {
        if depth > MOST_DEPTH {
            return Err(FormatError::TooDeep);
        }
        let mut small = SMALL;
        while self.at < end {
            let start = self.at;
            let key = self.varint(end)?;
            let number =
                u32::try_from(key >> 3).ok().filter(|number| *number > 0).ok_or(FormatError::NotProtobuf { at: start })?;
            let field = kind.field(number);
            match (key & 7, field) {
                (0, _) => {
                    let value = self.varint(end)?;
                    if (kind, number, value) == (Kind::Tensor, ELEMENT_TYPE, INTEGERS) {
                        small = SMALL_INTEGERS;
                    }
                    if field.is_some() {
                        self.keep(10)?;
                        put_varint(out, key);
                        put_varint(out, value);
                    }
                }
                (wire @ (1 | 5), _) => {
                    let width = if wire == 1 { 8 } else { 4 };
                    if field.is_some() {
                        put_varint(out, key);
                        self.copy(width, end, out)?;
                    } else {
                        self.skip(width, end)?;
                    }
                }
                (2, _) => {
                    let length = self.varint(end)?;
                    if length > end - self.at {
                        return Err(FormatError::CutOff { at: start });
                    }
                    let field = field.map(|field| if field == Field::Elements && length <= small { Field::Plain } else { field });
                    self.delimited(key, field, length, depth, out)?;
                }
                _ => return Err(FormatError::NotProtobuf { at: start }),
            }
        }
        Ok(())
    }

    fn delimited(
        &mut self,
        key: u64,
        field: Option<Field>,
        length: u64,
        depth: usize,
        out: &mut Vec<u8>,
    ) -> Result<(), FormatError> {
        match field {
            None => self.skip(length, u64::MAX),
            Some(Field::Elements) => {
                let entries = [(WITHIN, "1".to_owned()), ("offset", self.at.to_string()), ("length", length.to_string())];
                for (name, value) in entries {
                    put_entry(out, name, &value);
                }
                self.keep(64)?;
                self.skip(length, u64::MAX)
            }
            Some(Field::Plain) => {
                put_varint(out, key);
                put_varint(out, length);
                self.copy(length, u64::MAX, out)
            }
            Some(Field::In(kind)) => {
                self.keep(MEMORY_OF_MESSAGE)?;
                let mut inner = Vec::new();
                self.message(kind, self.at + length, depth + 1, &mut inner)?;
                put_varint(out, key);
                put_varint(out, inner.len() as u64);
                out.extend_from_slice(&inner);
                Ok(())
            }
        }
    }

    /// Counts what is kept.
    fn keep(&mut self, bytes: usize) -> Result<(), FormatError> {
        (self.fields, self.bytes) = (self.fields + 1, self.bytes.saturating_add(bytes));
        if self.fields > MOST_FIELDS || self.bytes > MOST_BYTES { Err(FormatError::TooLarge) } else { Ok(()) }
    }

    fn copy(&mut self, length: u64, end: u64, out: &mut Vec<u8>) -> Result<(), FormatError> {
        self.fits(length, end)?;
        self.keep(usize::try_from(length).unwrap_or(usize::MAX))?;
        let before = out.len();
        let got = self.file.by_ref().take(length).read_to_end(out)?;
        if (out.len() - before) as u64 != length {
            return Err(FormatError::CutOff { at: self.at });
        }
        self.at += got as u64;
        Ok(())
    }

    fn skip(&mut self, length: u64, end: u64) -> Result<(), FormatError> {
        self.fits(length, end)?;
        let far = i64::try_from(length).map_err(|_| FormatError::CutOff { at: self.at })?;
        self.file.seek_relative(far)?;
        self.at += length;
        Ok(())
    }

    fn fits(&self, length: u64, end: u64) -> Result<(), FormatError> {
        if length > end - self.at { Err(FormatError::CutOff { at: self.at }) } else { Ok(()) }
    }

    fn varint(&mut self, end: u64) -> Result<u64, FormatError> {
        let start = self.at;
        let mut value = 0u64;
        for shift in (0..64).step_by(7) {
            if self.at >= end {
                return Err(FormatError::CutOff { at: start });
            }
            let byte = self.byte()?;
            let bits = u64::from(byte & 0x7f);
            if shift == 63 && bits > 1 {
                break;
            }
            value |= bits << shift;
            if byte & 0x80 == 0 {
                return Ok(value);
            }
        }
        Err(FormatError::NotProtobuf { at: start })
    }

    fn byte(&mut self) -> Result<u8, FormatError> {
        let byte = self.file.fill_buf()?.first().copied().ok_or_else(|| io::Error::from(io::ErrorKind::UnexpectedEof))?;
        self.file.consume(1);
        self.at += 1;
        Ok(byte)
    }
}

fn put_varint(out: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// An entry of a tensor's external data.
fn put_entry(out: &mut Vec<u8>, key: &str, value: &str) {
    let mut entry = Vec::new();
    for (number, text) in [(1u64, key), (2, value)] {
        put_varint(&mut entry, number << 3 | 2);
        put_varint(&mut entry, text.len() as u64);
        entry.extend_from_slice(text.as_bytes());
    }
    put_varint(out, 13 << 3 | 2);
    put_varint(out, entry.len() as u64);
    out.extend_from_slice(&entry);
}
