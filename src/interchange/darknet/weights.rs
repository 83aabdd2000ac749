//! `.weights` files: a header of counters, then numbers of single precision, layer by layer, without names.
//!
//! In: the bytes, and a [`Layout`], the tensors of a network in the file's order. Out: weights by name. Lengths are compared with
//! the bytes that are there before anything is allocated.

use crate::tensor::Tensor;
use crate::weights::Weights;

/// A tensor in the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Slot {
    /// Its name in the network.
    pub tensor: String,
    /// Its dimensions in the network.
    pub dims: Vec<u64>,
    /// Whether files of old versions hold it transposed.
    pub is_matrix: bool,
}

/// The tensors of a network in the order of the file.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Layout {
    pub(super) slots: Vec<Slot>,
}

/// What a file begins with.
struct Header {
    bytes: usize,
    is_transposed: bool,
}

/// Reads the weights of a network.
///
/// # Errors
/// A clause: the file is cut off, or holds fewer or more numbers than the network.
pub fn load(bytes: &[u8], layout: &Layout) -> Result<Weights, String> {
    let header = header(bytes)?;
    let body = &bytes[header.bytes..];
    if !body.len().is_multiple_of(4) {
        return Err(format!("it is cut off within a number: {} bytes stand behind its header", body.len()));
    }
    let there = body.len() / 4;
    let (mut weights, mut at) = (Weights::new(), 0_usize);
    for slot in &layout.slots {
        let end = slot.count().and_then(|count| at.checked_add(count)).filter(|end| *end <= there);
        let Some(end) = end else {
            let needed = layout.count().map_or_else(|| "more".to_owned(), |count| count.to_string());
            return Err(format!("it holds {there} numbers, and the network has {needed}: it ends within `{}`", slot.tensor));
        };
        let values = body[4 * at..4 * end].chunks_exact(4).map(|b| f32::from_le_bytes([b[0], b[1], b[2], b[3]])).collect();
        weights.insert(slot.tensor.clone(), slot.tensor_of(values, header.is_transposed));
        at = end;
    }
    if at < there {
        return Err(format!("it holds {there} numbers, and the network has {at}: {} are left over", there - at));
    }
    Ok(weights)
}

/// Three numbers of the version and a count of images, which version 0.2 made longer.
fn header(bytes: &[u8]) -> Result<Header, String> {
    let number = |at: usize| {
        let four: [u8; 4] = bytes.get(at..at + 4)?.try_into().ok()?;
        Some(i64::from(i32::from_le_bytes(four)))
    };
    let short = || format!("it is no file of darknet's weights: {} bytes are less than a header", bytes.len());
    let (major, minor) = number(0).zip(number(4)).ok_or_else(short)?;
    if major < 0 || minor < 0 {
        return Err(format!("it is no file of darknet's weights: its version would be {major}.{minor}"));
    }
    let is_transposed = major > 1000 || minor > 1000;
    let is_long = major * 10 + minor >= 2 && major < 1000 && minor < 1000;
    let length = if is_long { 20 } else { 16 };
    if bytes.len() < length { Err(short()) } else { Ok(Header { bytes: length, is_transposed }) }
}

impl Layout {
    fn count(&self) -> Option<usize> {
        self.slots.iter().try_fold(0_usize, |sum, slot| sum.checked_add(slot.count()?))
    }
}

impl Slot {
    fn count(&self) -> Option<usize> {
        let product = self.dims.iter().try_fold(1_u64, |product, dim| product.checked_mul(*dim))?;
        usize::try_from(product).ok()
    }

    fn tensor_of(&self, values: Vec<f32>, is_transposed: bool) -> Tensor {
        let dims: Vec<usize> = self.dims.iter().map(|dim| usize::try_from(*dim).unwrap_or(usize::MAX)).collect();
        let values = match dims.as_slice() {
            [out, inputs] if self.is_matrix && is_transposed => (0..*out)
                .flat_map(|row| (0..*inputs).map(move |column| (row, column)))
                .map(|(row, column)| values[column * out + row])
                .collect(),
            _ => values,
        };
        Tensor::new(dims, values)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(is_matrix: bool) -> Layout {
        let slot = |tensor: &str, dims: &[u64]| Slot {
            tensor: tensor.to_owned(),
            dims: dims.to_vec(),
            is_matrix: is_matrix && dims.len() == 2,
        };
        Layout { slots: vec![slot("a.bias", &[2]), slot("a.weight", &[2, 3])] }
    }

    fn file(version: [i32; 2], seen: usize, count: u8) -> Vec<u8> {
        let mut bytes: Vec<u8> = version.iter().chain(&[0]).flat_map(|n| n.to_le_bytes()).collect();
        bytes.resize(bytes.len() + seen, 0);
        bytes.extend((0..count).flat_map(|n| f32::from(n).to_le_bytes()));
        bytes
    }

    #[test]
    fn the_version_says_how_long_the_header_is_and_how_matrices_lie() {
        for (version, seen) in [([0, 1], 4), ([0, 2], 8), ([1, 0], 8)] {
            let weights = load(&file(version, seen, 8), &layout(true)).expect("it fits");
            assert_eq!(weights.get("a.bias").map(Tensor::data), Some(&[0.0, 1.0][..]));
            assert_eq!(weights.get("a.weight").map(Tensor::data), Some(&[2.0, 3.0, 4.0, 5.0, 6.0, 7.0][..]));
        }
        let weights = load(&file([0, 2000], 4, 8), &layout(true)).expect("it fits");
        assert_eq!(weights.get("a.weight").map(Tensor::data), Some(&[2.0, 4.0, 6.0, 3.0, 5.0, 7.0][..]));
    }

    #[test]
    fn every_other_length_is_refused() {
        let whole = file([0, 2], 8, 9);
        for length in 0..=whole.len() {
            assert_eq!(load(&whole[..length], &layout(false)).is_ok(), length == whole.len() - 4, "{length}");
        }
        let told = |bytes: &[u8]| load(bytes, &layout(false)).err().unwrap_or_default();
        assert!(told(&file([0, 2], 8, 5)).contains("holds 5 numbers, and the network has 8: it ends within `a.weight`"));
        assert!(told(&whole).contains("1 are left over"));
        assert!(told(&file([-1, 2], 8, 8)).contains("no file of darknet's weights"));
    }
}
