//! Tensors of a model: their type, their dimensions, and where their elements stand.
//!
//! In: a [`TensorProto`]. Out: a [`Stored`], whose elements are known at once where they are few, and otherwise are a
//! range of bytes of a file, which somebody else reads and [`Elements::decode`] makes numbers of. What the message claims is
//! compared with the bytes that are there before anything is allocated.

use prost::Message;

use super::error::FormatError;
use super::proto::TensorProto;
use super::slim::WITHIN;
use crate::interchange::number::{from_bf16, from_f16};

/// What the elements of a tensor are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ElementType {
    /// Numbers with a fraction, 32 bits.
    Float,
    /// Numbers with a fraction, 64 bits.
    Double,
    /// Numbers with a fraction, 16 bits of IEEE 754.
    Float16,
    /// Numbers with a fraction, 16 bits: the upper half of 32.
    BFloat16,
    /// Integers, 8 bits with a sign.
    Int8,
    /// 16 bits with a sign.
    Int16,
    /// 32 bits with a sign.
    Int32,
    /// 64 bits with a sign.
    Int64,
    /// 8 bits.
    UInt8,
    /// 16 bits.
    UInt16,
    /// 32 bits.
    UInt32,
    /// 64 bits.
    UInt64,
    /// Truth values, a byte each.
    Bool,
}

/// The types that are read, by their numbers in the format.
const TYPES: [(i32, ElementType); 13] = [
    (1, ElementType::Float),
    (2, ElementType::UInt8),
    (3, ElementType::Int8),
    (4, ElementType::UInt16),
    (5, ElementType::Int16),
    (6, ElementType::Int32),
    (7, ElementType::Int64),
    (9, ElementType::Bool),
    (10, ElementType::Float16),
    (11, ElementType::Double),
    (12, ElementType::UInt32),
    (13, ElementType::UInt64),
    (16, ElementType::BFloat16),
];

/// Names of the types that are not read.
const OTHERS: [(i32, &str); 13] = [
    (0, "undefined"),
    (8, "string"),
    (14, "complex64"),
    (15, "complex128"),
    (17, "float8e4m3fn"),
    (18, "float8e4m3fnuz"),
    (19, "float8e5m2"),
    (20, "float8e5m2fnuz"),
    (21, "uint4"),
    (22, "int4"),
    (23, "float4e2m1"),
    (24, "float8e8m0"),
    (25, "uint2"),
];

impl ElementType {
    /// The type of a number in the format.
    ///
    /// # Errors
    /// The name of a type that is not read.
    pub fn of(code: i32) -> Result<Self, String> {
        let known = TYPES.iter().find(|(own, _)| *own == code).map(|(_, element)| *element);
        known.ok_or_else(|| {
            let named = OTHERS.iter().find(|(own, _)| *own == code);
            named.map_or_else(|| format!("unknown type {code}"), |(_, name)| (*name).to_owned())
        })
    }

    /// Bytes of one element.
    #[must_use]
    pub fn width(self) -> u64 {
        match self {
            Self::Int8 | Self::UInt8 | Self::Bool => 1,
            Self::Float16 | Self::BFloat16 | Self::Int16 | Self::UInt16 => 2,
            Self::Float | Self::Int32 | Self::UInt32 => 4,
            Self::Double | Self::Int64 | Self::UInt64 => 8,
        }
    }

    /// Whether elements are numbers with a fraction.
    #[must_use]
    pub fn is_float(self) -> bool {
        match self {
            Self::Float | Self::Double | Self::Float16 | Self::BFloat16 => true,
            Self::Int8
            | Self::Int16
            | Self::Int32
            | Self::Int64
            | Self::UInt8
            | Self::UInt16
            | Self::UInt32
            | Self::UInt64
            | Self::Bool => false,
        }
    }
}

/// The elements of a tensor, row-major.
#[derive(Debug, Clone, PartialEq)]
pub enum Elements {
    /// With a fraction; doubles are rounded.
    Float(Vec<f32>),
    /// Integers and, as 0 and 1, booleans.
    Int(Vec<i64>),
}

impl Elements {
    /// How many.
    #[must_use]
    pub fn len(&self) -> usize {
        match self {
            Self::Float(all) => all.len(),
            Self::Int(all) => all.len(),
        }
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The elements of a range of bytes, in little-endian order; bytes behind the last whole one are left out.
    #[must_use]
    pub fn decode(element: ElementType, bytes: &[u8]) -> Self {
        fn each<const N: usize, T>(bytes: &[u8], of: impl Fn([u8; N]) -> T) -> Vec<T> {
            bytes.as_chunks::<N>().0.iter().map(|chunk| of(*chunk)).collect()
        }
        match element {
            ElementType::Float => Self::Float(each(bytes, f32::from_le_bytes)),
            ElementType::Double => Self::Float(each(bytes, |chunk| f64::from_le_bytes(chunk) as f32)),
            ElementType::Float16 => Self::Float(each(bytes, |chunk| from_f16(u16::from_le_bytes(chunk)))),
            ElementType::BFloat16 => Self::Float(each(bytes, |chunk| from_bf16(u16::from_le_bytes(chunk)))),
            ElementType::Int8 => Self::Int(each(bytes, |chunk| i8::from_le_bytes(chunk).into())),
            ElementType::Int16 => Self::Int(each(bytes, |chunk| i16::from_le_bytes(chunk).into())),
            ElementType::Int32 => Self::Int(each(bytes, |chunk| i32::from_le_bytes(chunk).into())),
            ElementType::Int64 => Self::Int(each(bytes, i64::from_le_bytes)),
            ElementType::UInt8 => Self::Int(each(bytes, |chunk| u8::from_le_bytes(chunk).into())),
            ElementType::UInt16 => Self::Int(each(bytes, |chunk| u16::from_le_bytes(chunk).into())),
            ElementType::UInt32 => Self::Int(each(bytes, |chunk| u32::from_le_bytes(chunk).into())),
            // Sizes and axes fit by far; what does not is no number of this language either.
            ElementType::UInt64 => Self::Int(each(bytes, |chunk| i64::try_from(u64::from_le_bytes(chunk)).unwrap_or(i64::MAX))),
            ElementType::Bool => Self::Int(each(bytes, |[byte]| i64::from(byte != 0))),
        }
    }
}

/// Where the elements of a tensor stand.
#[derive(Debug, Clone, PartialEq)]
pub enum Data {
    /// Here.
    Known(Elements),
    /// In a file: the model's own where it has no name, otherwise one beside it.
    Apart {
        /// The file's path from the model's folder, as the model writes it.
        file: Option<String>,
        /// The first byte.
        offset: u64,
    },
}

/// A tensor with values.
#[derive(Debug, Clone, PartialEq)]
pub struct Stored {
    /// Its name; may be empty where a node holds it.
    pub name: String,
    /// What its elements are in the file.
    pub element: ElementType,
    /// Its dimensions.
    pub dims: Vec<u64>,
    /// Its elements.
    pub data: Data,
}

impl Stored {
    /// What a message says of a tensor.
    ///
    /// # Errors
    /// Its type is not read, or its dimensions, its elements and their place do not go together.
    pub fn read(proto: &TensorProto) -> Result<Self, FormatError> {
        let wrong = |why: String| FormatError::Tensor { name: proto.name.clone(), why };
        let element = ElementType::of(proto.data_type).map_err(|name| wrong(format!("elements of type {name} are not read")))?;
        let dims: Option<Vec<u64>> = proto.dims.iter().map(|dim| u64::try_from(*dim).ok()).collect();
        let dims = dims.ok_or_else(|| wrong(format!("a dimension of {:?} is negative", proto.dims)))?;
        let count = dims.iter().try_fold(1u64, |product, dim| product.checked_mul(*dim));
        let bytes = count.and_then(|count| Some((count, count.checked_mul(element.width())?)));
        let (count, bytes) = bytes.ok_or_else(|| wrong(format!("{dims:?} has more elements than can be counted")))?;
        let data = if proto.data_location == 1 || !proto.external_data.is_empty() {
            apart(proto, bytes).map_err(wrong)?
        } else {
            let known = known(proto, element, (count, bytes)).map_err(wrong)?;
            if known.len() as u64 != count {
                return Err(wrong(format!("{dims:?} takes {count} elements, and {} are there", known.len())));
            }
            Data::Known(known)
        };
        Ok(Self { name: proto.name.clone(), element, dims, data })
    }

    /// Bytes of its elements in the file.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.dims.iter().product::<u64>() * self.element.width()
    }
}

/// Reads a tensor that stands in a file of its own, as test data does.
///
/// # Errors
/// It is no tensor, or what it says does not go together.
pub fn read_tensor(bytes: &[u8]) -> Result<Stored, FormatError> {
    let proto = TensorProto::decode(bytes).map_err(|error| FormatError::NotOnnx { why: error.to_string() })?;
    Stored::read(&proto)
}

/// Elements that stand in a file.
fn apart(proto: &TensorProto, needed: u64) -> Result<Data, String> {
    let entry = |key: &str| proto.external_data.iter().find(|entry| entry.key == key).map(|entry| entry.value.as_str());
    let number = |key: &str| match entry(key) {
        Some(text) => text.parse::<u64>().map(Some).map_err(|_| format!("its {key} is `{text}`, which is no number of bytes")),
        None => Ok(None),
    };
    let (offset, length) = (number("offset")?.unwrap_or(0), number("length")?);
    if let Some(length) = length.filter(|length| *length != needed) {
        return Err(format!("{:?} takes {needed} bytes, and {length} are there", proto.dims));
    }
    let file = if entry(WITHIN).is_some() { None } else { entry("location").map(str::to_owned) };
    if file.is_none() && entry(WITHIN).is_none() {
        return Err("it says that its elements are in another file, and names none".to_owned());
    }
    offset.checked_add(needed).ok_or_else(|| format!("its elements begin at byte {offset}, which no file has"))?;
    Ok(Data::Apart { file, offset })
}

/// Elements that stand in the message.
fn known(proto: &TensorProto, element: ElementType, (count, bytes): (u64, u64)) -> Result<Elements, String> {
    if let Some(raw) = &proto.raw_data {
        if raw.len() as u64 != bytes {
            return Err(format!("{:?} takes {bytes} bytes, and {} are there", proto.dims, raw.len()));
        }
        return Ok(Elements::decode(element, raw));
    }
    let int = |bits: i32| i64::from(bits);
    Ok(match element {
        ElementType::Float => Elements::Float(proto.float_data.clone()),
        ElementType::Double => Elements::Float(proto.double_data.iter().map(|x| *x as f32).collect()),
        ElementType::Float16 => Elements::Float(proto.int32_data.iter().map(|bits| from_f16(*bits as u16)).collect()),
        ElementType::BFloat16 => Elements::Float(proto.int32_data.iter().map(|bits| from_bf16(*bits as u16)).collect()),
        ElementType::Int64 => Elements::Int(proto.int64_data.clone()),
        ElementType::UInt32 | ElementType::UInt64 => {
            Elements::Int(proto.uint64_data.iter().map(|n| i64::try_from(*n).unwrap_or(i64::MAX)).collect())
        }
        ElementType::Int8 | ElementType::Int16 | ElementType::Int32 | ElementType::UInt8 | ElementType::UInt16 => {
            Elements::Int(proto.int32_data.iter().map(|n| int(*n)).collect())
        }
        ElementType::Bool => Elements::Int(proto.int32_data.iter().map(|n| int((*n != 0).into())).collect()),
    })
    .and_then(|elements: Elements| {
        let missing = elements.is_empty() && count > 0;
        if missing { Err("it has no elements".to_owned()) } else { Ok(elements) }
    })
}
