//! Safetensors files.

use pointwise::interchange::safetensors::{SafetensorsError, load, save};
use pointwise::tensor::Tensor;
use pointwise::weights::Weights;

use crate::damage::{change_anywhere, cut_everywhere, random_bytes};

const FILE: &[u8] = include_bytes!("weights.safetensors");

/// A file of this header and so many bytes.
fn file(header: &str, bytes: usize) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), &vec![0; bytes][..]].concat()
}

fn entry(name: &str, dtype: &str, shape: &str, from: usize, to: usize) -> String {
    format!("\"{name}\":{{\"dtype\":\"{dtype}\",\"shape\":{shape},\"data_offsets\":[{from},{to}]}}")
}

fn expect_malformed(header: &str, bytes: usize, words: &str) {
    match load(&file(header, bytes)) {
        Err(SafetensorsError::Malformed { reason }) => assert!(reason.contains(words), "{header}: {reason}"),
        other => panic!("{header}: {other:?}"),
    }
}

#[test]
fn what_python_writes_is_read() {
    let weights = load(FILE).expect("it is read");
    assert_eq!(weights.len(), 3);
    assert_eq!(weights.get("b.weight"), Some(&Tensor::new(vec![2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])));
    assert_eq!(weights.get("a.bias"), Some(&Tensor::new(vec![2], vec![1.0, 2.0])));
    assert_eq!(weights.get("c"), Some(&Tensor::new(vec![1], vec![1e-3])));
}

#[test]
fn what_is_written_is_read_again() {
    let mut weights = Weights::new();
    weights.insert("z.weight", Tensor::new(vec![2, 1, 2], vec![1.0, -0.0, f32::INFINITY, 1e-45]));
    weights.insert("a.bias", Tensor::new(vec![1], vec![3.0]));
    weights.insert("empty", Tensor::new(vec![0, 4], vec![]));
    let bytes = save(&weights).expect("it is written");
    assert_eq!(load(&bytes), Ok(weights.clone()));
    assert_eq!(save(&weights), Ok(bytes), "the same weights give the same bytes");
}

#[test]
fn halves_and_doubles_become_singles() {
    let header = format!("{{{},{}}}", entry("h", "BF16", "[2]", 0, 4), entry("d", "F64", "[1]", 4, 12));
    let mut bytes = file(&header, 12);
    let data = bytes.len() - 12;
    bytes[data..data + 4].copy_from_slice(&[0x80, 0x3f, 0x00, 0xc0]);
    bytes[data + 4..].copy_from_slice(&0.1f64.to_le_bytes());
    let weights = load(&bytes).expect("it is read");
    assert_eq!(weights.get("h").map(Tensor::data), Some(&[1.0, -2.0][..]));
    assert_eq!(weights.get("d").map(Tensor::data), Some(&[0.1f32][..]));
    bytes[data + 4..].copy_from_slice(&1e39f64.to_le_bytes());
    assert_eq!(load(&bytes), Err(SafetensorsError::Range { name: "d".to_owned(), index: 0 }));
}

#[test]
fn other_types_are_refused_by_name() {
    let refused = load(&file(&format!("{{{}}}", entry("a.weight", "I64", "[1]", 0, 8)), 8));
    assert_eq!(refused, Err(SafetensorsError::Type { name: "a.weight".to_owned(), dtype: "I64".to_owned() }));
    // What PyTorch counts training steps in is passed over.
    let counted = load(&file(&format!("{{{}}}", entry("bn.num_batches_tracked", "I64", "[]", 0, 8)), 8));
    assert_eq!(counted, Ok(Weights::new()));
}

#[test]
fn headers_that_lie_are_refused() {
    let one = |name, from, to| entry(name, "F32", "[1]", from, to);
    expect_malformed(&format!("{{{},{}}}", one("a", 0, 4), one("b", 2, 6)), 6, "overlap");
    expect_malformed(&format!("{{{},{}}}", one("a", 0, 4), one("b", 8, 12)), 12, "gap");
    expect_malformed(&format!("{{{}}}", one("a", 4, 0)), 4, "");
    expect_malformed(&format!("{{{}}}", entry("a", "F32", "[2]", 0, 4)), 4, "shape");
    expect_malformed(&format!("{{{}}}", entry("a", "F32", "[4611686018427387904,8]", 0, 4)), 4, "overflow");
    expect_malformed(&format!("{{{}}}", one("a", 0, 4)), 5, "fill");
    expect_malformed(&format!("{{{}}}", one("a", 0, 4)), 3, "fill");
    expect_malformed("{", 0, "JSON");
    expect_malformed("[]", 0, "JSON");
    expect_malformed(&format!("{{{}}}", entry("a", "F99", "[1]", 0, 4)), 4, "");
    let longer = [&100u64.to_le_bytes()[..], b"{}"].concat();
    assert!(matches!(load(&longer), Err(SafetensorsError::Malformed { .. })));
    let endless = [&u64::MAX.to_le_bytes()[..], b"{}"].concat();
    assert!(matches!(load(&endless), Err(SafetensorsError::Malformed { reason }) if reason.contains("100 MB")));
}

#[test]
fn a_name_that_comes_twice_is_refused() {
    let twice = format!("{{{0},{0}}}", entry("a", "F32", "[1]", 0, 4));
    assert_eq!(load(&file(&twice, 4)), Err(SafetensorsError::Duplicate { name: "a".to_owned() }));
}

#[test]
fn deep_nesting_is_no_danger() {
    let deep = format!("{{\"a\":{}", "[".repeat(100_000));
    assert!(matches!(load(&file(&deep, 0)), Err(SafetensorsError::Malformed { .. })));
}

#[test]
fn damage_is_survived() {
    cut_everywhere(FILE, |bytes| load(bytes).is_ok());
    change_anywhere(FILE, 20_000, |bytes| drop(load(bytes)));
    random_bytes(&FILE[..9], 2_000, |bytes| load(bytes).is_ok());
}
