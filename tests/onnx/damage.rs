//! Files that do not hold together are refused in a sentence, and nothing panics.

use std::io::Cursor;

use pointwise::interchange::onnx::{Bytes, import, read};

use crate::build::{apart, field, model, node, number, small, tensor, text};

/// No file is there.
struct Nothing;

impl Bytes for Nothing {
    fn read(&mut self, _: Option<&str>, _: u64, _: u64) -> Result<Vec<u8>, String> {
        Err("nothing is there".to_owned())
    }
}

/// Reads and imports; the first complaint.
fn complaint(bytes: Vec<u8>) -> Option<String> {
    let model = match read(Cursor::new(bytes)) {
        Ok(model) => model,
        Err(error) => return Some(error.to_string()),
    };
    match import(&model) {
        Ok(imported) => imported.learned.values().find_map(|array| imported.arrays.elements(*array, &mut Nothing).err()),
        Err(problems) => Some(format!("{}: {}", problems[0].node, problems[0].why)),
    }
}

#[test]
fn a_small_model_is_read() {
    assert_eq!(complaint(small()), None);
}

#[test]
fn what_is_cut_off_is_refused_at_every_byte() {
    let whole = small();
    for length in 0..whole.len() {
        assert!(complaint(whole[..length].to_vec()).is_some(), "{length} of {} bytes", whole.len());
    }
    let exported = std::fs::read("tests/onnx/models/inception_mini.kept.onnx").expect("there");
    for length in (0..exported.len()).step_by(101) {
        assert!(read(Cursor::new(&exported[..length])).is_err(), "{length} bytes");
    }
}

#[test]
fn damaged_bytes_end_in_a_sentence_or_a_network() {
    // Numbers that go through all bytes and values, the same in each run.
    let mut state = 1u64;
    let mut next = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as usize % below
    };
    let exported = std::fs::read("tests/onnx/models/inception_mini.dynamo.onnx").expect("there");
    for whole in [small(), exported] {
        for _ in 0..3000 {
            let mut bytes = whole.clone();
            for _ in 0..=next(4) {
                let at = next(bytes.len());
                bytes[at] = next(256) as u8;
            }
            let _ = complaint(bytes);
        }
    }
}

#[test]
fn what_does_not_hold_together_is_named() {
    let weights = |data: &[u8]| model(&[1, 2, 1, 1], &[node("Conv", &["x", "w"], "y"), tensor("w", &[2, 2, 1, 1], data)]);
    let twice = tensor("w", &[1], &field(9, &[0; 4]));
    let cases = [
        (b"not a model".to_vec(), "no ONNX model"),
        (vec![], "holds no graph"),
        (field(7, &[]), "which version"),
        ([number(1, 8), field(8, &number(2, 17)), field(7, &[])].concat(), "it has no outputs"),
        (weights(&field(9, &[0; 12])), "takes 16 bytes, and 12 are there"),
        (weights(&number(2, 8)), "elements of type string are not read"),
        (weights(&apart(&[("offset", "0")])), "names none"),
        (weights(&apart(&[("location", "w.bin"), ("offset", "-4")])), "no number of bytes"),
        (weights(&apart(&[("location", "w.bin"), ("length", "12")])), "takes 16 bytes, and 12 are there"),
        (weights(&apart(&[("location", "w.bin"), ("offset", "18446744073709551615")])), "which no file has"),
        (weights(&apart(&[("location", "w.bin")])), "nothing is there"),
        (model(&[1, 2], &[node("Relu", &["z"], "y")]), "reads `z`, which nothing makes"),
        (model(&[1, 2], &[node("Relu", &["a"], "y"), node("Relu", &["y"], "a")]), "what it makes"),
        (model(&[1, 2], &[node("Relu", &["x"], "y"), node("Relu", &["x"], "y")]), "made twice"),
        (model(&[1, 2], &[node("Relu", &["x"], "y"), twice.clone(), twice]), "there twice"),
        (model(&[1, 2], &[node("NonMaxSuppression", &["x"], "y")]), "`NonMaxSuppression` is not had here"),
        (model(&[1, 0], &[node("Relu", &["x"], "y")]), "a dimension of it is 0"),
        (model(&[1, 2], &[tensor("w", &[1 << 40, 1 << 40], &[])]), "more elements than can be counted"),
        (
            model(&[1, 2], &[field(1, &[text(1, "x"), text(2, "y"), text(4, "Relu"), text(7, "com.example")].concat())]),
            "`com.example`",
        ),
    ];
    for (bytes, said) in cases {
        let complaint = complaint(bytes).unwrap_or_default();
        assert!(complaint.contains(said), "{said}: {complaint}");
    }
}

#[test]
fn nesting_ends() {
    let mut graph = Vec::new();
    for _ in 0..500 {
        // A graph in an attribute of a node of a graph.
        graph = field(1, &field(5, &field(6, &graph)));
    }
    let complaint = complaint([number(1, 8), field(8, &number(2, 17)), field(7, &graph)].concat()).unwrap_or_default();
    assert!(complaint.contains("deep"), "{complaint}");
}
