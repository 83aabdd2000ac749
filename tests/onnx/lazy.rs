//! The structure of a model is read without the bytes of its weights.

use std::io::{Cursor, Read, Result, Seek, SeekFrom};

use pointwise::interchange::onnx::{import, read};

use crate::build::{field, model, node, small, tensor};

/// A file that counts the bytes that are read of it.
struct Counting {
    file: Cursor<Vec<u8>>,
    read: usize,
}

impl Read for &mut Counting {
    fn read(&mut self, into: &mut [u8]) -> Result<usize> {
        let count = self.file.read(into)?;
        self.read += count;
        Ok(count)
    }
}

impl Seek for &mut Counting {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        self.file.seek(to)
    }
}

#[test]
fn weights_are_passed_over() {
    let weights = field(9, &vec![0; 512 * 512 * 4]);
    let layers: Vec<Vec<u8>> = (0..16)
        .flat_map(|at| {
            let (from, to) = (if at == 0 { "x".to_owned() } else { format!("v{at}") }, format!("v{}", at + 1));
            let to = if at == 15 { "y".to_owned() } else { to };
            [node("Conv", &[&from, &format!("w{at}")], &to), tensor(&format!("w{at}"), &[512, 512, 1, 1], &weights)]
        })
        .collect();
    let bytes = model(&[1, 512, 4, 4], &layers);
    let size = bytes.len();
    let mut file = Counting { file: Cursor::new(bytes), read: 0 };
    let model = read(&mut file).expect("a model");
    assert_eq!(import(&model).expect("a network").learned.len(), 16);
    // What a buffer holds behind a name is read too.
    assert!(size > 16 << 20 && file.read < 1 << 20, "{} of {size} bytes were read", file.read);
    let mut all = Counting { file: Cursor::new(small()), read: 0 };
    assert!(read(&mut all).is_ok() && all.read > 0);
}
