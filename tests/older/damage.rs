//! What readers must survive, and what they say.

use pointwise::interchange::listed::{Kind, Problem};
use pointwise::interchange::{caffe, darknet};
use pointwise::random::Random;

use crate::file;

fn darknet(text: &str) -> Result<(), Vec<Problem>> {
    darknet::read(text, "n").map(|_| ())
}

fn caffe(text: &str) -> Result<(), Vec<Problem>> {
    caffe::read(text, "n").map(|_| ())
}

type Read = fn(&str) -> Result<(), Vec<Problem>>;

/// Reads a text; places that are told lie in it.
fn tried(read: Read, text: &str) {
    for problem in read(text).err().into_iter().flatten() {
        assert!(problem.at.start <= problem.at.end && text.get(problem.at.clone()).is_some(), "{problem:?}");
    }
}

#[test]
fn files_may_end_and_be_wrong_anywhere() {
    let files: [(&str, Read); 4] =
        [("yolov3_tiny.cfg", darknet), ("yolov2.cfg", darknet), ("alexnet.prototxt", caffe), ("squeezenet_v1.1.prototxt", caffe)];
    for (name, read) in files {
        let whole = file(name);
        for end in (0..whole.len()).filter(|end| whole.is_char_boundary(*end)) {
            tried(read, &whole[..end]);
        }
        let mut random = Random::named(1, name);
        for _ in 0..300 {
            let mut bytes = whole.clone().into_bytes();
            for _ in 0..=random.bits() % 4 {
                let at = (random.bits() % bytes.len() as u64) as usize;
                bytes[at] = b"0123456789-=[]{}:\"\n#,ax"[(random.bits() % 23) as usize];
            }
            tried(read, &String::from_utf8_lossy(&bytes));
        }
    }
}

const NET: &str = "[net]\nwidth=8\nheight=8\nchannels=4\n";

#[test]
fn what_is_wrong_is_said_at_its_line() {
    let data = "input: 'data' input_shape { dim: 1 dim: 3 dim: 8 dim: 8 }\n";
    let layer = |rest: &str| format!("{data}layer {{ name: 'l' bottom: 'data' top: 'l' {rest} }}");
    let cases: Vec<(Read, String, &str, &str, Kind)> = vec![
        (darknet, "width=8\n".into(), "width=8", "before the first section", Kind::Malformed),
        (darknet, "[net]\nwidth=8\n".into(), "[net]", "does not say the size", Kind::Malformed),
        (darknet, format!("{NET}[local]\nsize=3\n"), "[local]", "no layer `[local]`", Kind::Unsupported),
        (
            darknet,
            format!("{NET}[route]\nlayers=-1\n"),
            "layers=-1",
            "no layer -1 before this one, which is layer 0",
            Kind::Malformed,
        ),
        (
            darknet,
            format!("{NET}[route]\nlayers=9223372036854775807\n"),
            "layers=9223372036854775807",
            "no layer",
            Kind::Malformed,
        ),
        (darknet, format!("{NET}[conv]\nfilters=x\n"), "filters=x", "`filters` is an integer", Kind::Malformed),
        (darknet, format!("{NET}[conv]\nfilters=4294967296\n"), "filters=4294967296", "from 1 to 2147483647", Kind::Malformed),
        (darknet, format!("{NET}[conv]\nsize=9\n"), "[conv]", "does not take [4, 8, 8]", Kind::Malformed),
        (darknet, format!("{NET}[conv]\nactivation=plse\n"), "activation=plse", "no activation `plse`", Kind::Unsupported),
        (darknet, format!("{NET}[conv]\nflipped=1\n"), "flipped=1", "`flipped` of `[conv]`", Kind::Unsupported),
        (darknet, format!("{NET}[dropout]\nprobability=1\n"), "probability=1", "less than 1", Kind::Malformed),
        (darknet, format!("{NET}[yolo]\n[conv]\n"), "[conv]", "layer 0 is a head", Kind::Unsupported),
        (darknet, format!("{NET}[conv\n"), "[conv", "no section", Kind::Malformed),
        (darknet, format!("{NET}nonsense\n"), "nonsense", "neither a section nor an option", Kind::Malformed),
        (caffe, layer("type: 'ArgMax'"), "type: 'ArgMax'", "no `ArgMax`", Kind::Unsupported),
        (
            caffe,
            layer("type: 'LRN' lrn_param { norm_region: WITHIN_CHANNEL }"),
            "type: 'LRN'",
            "within a channel",
            Kind::Unsupported,
        ),
        (
            caffe,
            layer("type: 'Pooling' pooling_param { kernel_size: 1.5 }"),
            "kernel_size: 1.5",
            "is an integer",
            Kind::Malformed,
        ),
        (caffe, layer("type: 'Convolution'"), "type: 'Convolution'", "no `num_output`", Kind::Malformed),
        (caffe, format!("{data}layer {{"), "{", "never closed", Kind::Malformed),
        (caffe, format!("{data}layer {{ name: 'l"), "'", "no closing quote", Kind::Malformed),
        (
            caffe,
            layer("type: 'ReLU'").replace("bottom: 'data'", "bottom: 'x'"),
            "type: 'ReLU'",
            "which no layer before it makes",
            Kind::Malformed,
        ),
        (caffe, "layer { name: 'd' type: 'Data' top: 'd' }".into(), "type: 'Data'", "not in the file", Kind::Malformed),
    ];
    for (read, text, place, words, kind) in cases {
        let problems = read(&text).expect_err(&text);
        let first = &problems[0];
        assert_eq!((problems.len(), first.kind), (1, kind), "{text}: {problems:?}");
        assert!(first.message.contains(words), "{text}: {}", first.message);
        let told = &text[first.at.clone()];
        assert!(place.starts_with(told) && !told.is_empty(), "{text}: {told} is told, not {place}");
    }
}

#[test]
fn what_reads_what_is_wrong_is_silent() {
    let text = format!("{NET}[conv]\nactivation=plse\n[conv]\nfilters=0\n[local]\n[maxpool]\n");
    assert_eq!(darknet(&text).expect_err("it is wrong").len(), 2);
}

#[test]
fn what_is_huge_ends_soon() {
    for (read, text) in [
        (darknet as Read, format!("{NET}{}", "[conv]\n".repeat(100_000))),
        (darknet, format!("{NET}[conv]\n{}", "key=1\n".repeat(100_000))),
        (darknet, format!("{NET}[conv]\nfilters=2147483647\nsize=2147483647\nstride=2147483647\npadding=2147483647\n")),
        (darknet, "[net]\nwidth=2147483647\nheight=2147483647\nchannels=2147483647\n[reorg]\nstride=2147483647\n".into()),
        (
            caffe,
            format!(
                "input: 'a' input_shape {{ dim: [1, 1, 1, 1] }} {}",
                "layer { type: 'ReLU' bottom: 'a' top: 'a' }".repeat(100_000)
            ),
        ),
        (caffe, "a: 1 ".repeat(300_000)),
        (caffe, "a {".repeat(300_000)),
        (caffe, "a: [".repeat(300_000)),
    ] {
        tried(read, &text);
    }
}
