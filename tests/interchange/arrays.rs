//! `.npy` arrays.

use pointwise::interchange::npy::{NpyError, read, write};
use pointwise::random::Random;
use pointwise::tensor::Tensor;

use crate::damage::{change_anywhere, cut_everywhere, random_bytes};

const F4: &[u8] = include_bytes!("f4.npy");

fn six() -> Tensor {
    Tensor::new(vec![2, 3], vec![1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
}

#[test]
fn what_numpy_writes_is_read() {
    let files: [(&[u8], Tensor); 13] = [
        (F4, six()),
        (include_bytes!("f4_version2.npy"), six()),
        (include_bytes!("f4_version3.npy"), six()),
        // The first axis is fastest in the file; the values are 0, 1, 2, … by the last.
        (include_bytes!("f8_fortran.npy"), Tensor::new(vec![2, 3, 4], (0..24).map(|i| i as f32).collect())),
        (include_bytes!("i2_big_endian.npy"), Tensor::new(vec![3], vec![1.0, -2.0, 300.0])),
        (include_bytes!("f4_big_endian.npy"), Tensor::new(vec![2], vec![1.5, -2.25])),
        (include_bytes!("f2.npy"), Tensor::new(vec![4], vec![0.5, -2.0, 65504.0, 2f32.powi(-24)])),
        (include_bytes!("i1.npy"), Tensor::new(vec![2], vec![-128.0, 127.0])),
        (include_bytes!("u8.npy"), Tensor::new(vec![2], vec![0.0, 2f32.powi(64)])),
        (include_bytes!("i8.npy"), Tensor::new(vec![2], vec![-(2f32.powi(63)), 2f32.powi(53)])),
        (include_bytes!("bool.npy"), Tensor::new(vec![1, 2], vec![1.0, 0.0])),
        (include_bytes!("scalar.npy"), Tensor::new(vec![], vec![2.5])),
        (include_bytes!("empty.npy"), Tensor::new(vec![0, 3], vec![])),
    ];
    for (i, (file, expected)) in files.iter().enumerate() {
        assert_eq!(read(file).as_ref(), Ok(expected), "file {i}");
    }
}

#[test]
fn what_is_written_is_read_again() {
    let mut random = Random::new(1);
    for dims in [vec![], vec![5], vec![1, 3, 4, 2], vec![0, 2]] {
        let data = (0..dims.iter().product()).map(|_| random.normal() as f32).collect();
        let tensor = Tensor::new(dims, data);
        let file = write(&tensor);
        assert_eq!((file.len() - tensor.data().len() * 4) % 64, 0, "data are aligned");
        assert_eq!(read(&file), Ok(tensor));
    }
}

#[test]
fn other_elements_are_refused_by_name() {
    assert_eq!(read(include_bytes!("object.npy")), Err(NpyError::Object));
    assert_eq!(read(include_bytes!("complex.npy")), Err(NpyError::Type { descr: "<c8".to_owned() }));
    assert_eq!(read(include_bytes!("text.npy")), Err(NpyError::Type { descr: "<U3".to_owned() }));
    assert!(matches!(read(include_bytes!("fields.npy")), Err(NpyError::Type { .. })));
}

/// A version 1.0 file with this dictionary and body.
fn file(dictionary: &str, body: &[u8]) -> Vec<u8> {
    let length = u16::try_from(dictionary.len()).expect("a short header");
    [b"\x93NUMPY\x01\x00", &length.to_le_bytes()[..], dictionary.as_bytes(), body].concat()
}

#[test]
fn lengths_are_compared_before_anything_is_allocated() {
    let claim =
        |shape: &str, body: &[u8]| read(&file(&format!("{{'descr': '<f4', 'fortran_order': False, 'shape': ({shape})}}"), body));
    let length = |shape: &[u64], needed, have| Err(NpyError::Length { shape: shape.to_vec(), needed, have });
    assert_eq!(claim("1000000000000,", &[0; 8]), length(&[1_000_000_000_000], Some(4_000_000_000_000), 8));
    assert_eq!(claim("4294967296, 4294967296", &[]), length(&[1 << 32, 1 << 32], None, 0));
    assert_eq!(claim("0, 4294967296, 4294967296", &[]), Ok(Tensor::new(vec![0, 1 << 32, 1 << 32], vec![])));
    assert_eq!(claim("2,", &[0; 7]), length(&[2], Some(8), 7));
    assert_eq!(claim("2,", &[0; 9]), length(&[2], Some(8), 9));
    assert_eq!(claim("", &1f32.to_le_bytes()), Ok(Tensor::new(vec![], vec![1.0])));
}

#[test]
fn headers_that_lie_are_refused() {
    let bad = |dictionary: &str| read(&file(dictionary, &[]));
    for dictionary in [
        "",
        "{}",
        "{'descr': '<f4', 'fortran_order': False}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (1,}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (18446744073709551616,)}",
        "{'descr': '<f4', 'fortran_order': 0, 'shape': (0,)}",
        "{'descr': 4, 'fortran_order': False, 'shape': (0,)}",
        "{'descr': '<f4', 'descr': '<f8', 'fortran_order': False, 'shape': (0,)}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0,), 'more': True}",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)} import os",
        "{'descr': '<f4', 'fortran_order': False, 'shape': (0,)",
        "{'descr: '<f4', 'fortran_order': False, 'shape': (0,)}",
    ] {
        assert!(matches!(bad(dictionary), Err(NpyError::Header { .. })), "{dictionary}: {:?}", bad(dictionary));
    }
    // An order that only the machine that wrote the file knows.
    let native = "{'descr': '=f4', 'fortran_order': False, 'shape': (0,)}";
    assert_eq!(bad(native), Err(NpyError::Type { descr: "=f4".to_owned() }));
    let future = [b"\x93NUMPY\x04\x00", &[0; 20][..]].concat();
    assert_eq!(read(&future), Err(NpyError::Version { major: 4, minor: 0 }));
    let endless = [b"\x93NUMPY\x02\x00", &u32::MAX.to_le_bytes()[..]].concat();
    assert!(matches!(read(&endless), Err(NpyError::HeaderTooLong { claimed: 0xffff_ffff, .. })));
    assert_eq!(read(b"PK\x03\x04"), Err(NpyError::Magic));
}

#[test]
fn doubles_beyond_f32_are_refused() {
    let header = "{'descr': '<f8', 'fortran_order': False, 'shape': (2,)}";
    let body = [1f64.to_le_bytes(), 1e300f64.to_le_bytes()].concat();
    assert_eq!(read(&file(header, &body)), Err(NpyError::Range { index: 1 }));
}

#[test]
fn damage_is_survived() {
    cut_everywhere(F4, |bytes| read(bytes).is_ok());
    cut_everywhere(include_bytes!("f8_fortran.npy"), |bytes| read(bytes).is_ok());
    change_anywhere(F4, 20_000, |bytes| drop(read(bytes)));
    random_bytes(&F4[..10], 2_000, |bytes| read(bytes).is_ok());
    random_bytes(b"\x93NUMPY\x01\x00\x40\x00{'descr': ", 2_000, |bytes| read(bytes).is_ok());
}
