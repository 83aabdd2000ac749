//! What holds for all operations, from outside: the reference page, and that nothing a user can write makes them panic.

#![expect(clippy::disallowed_methods, reason = "the reference page is read and blessed")]

use std::fmt::Write as _;

use pointwise::code::Code;
use pointwise::compile::{LoadError, Loader, Settings, compile};
use pointwise::foreign::{Here, Means, rows};
use pointwise::op::args::{ArgValue, BuildError};
use pointwise::op::shape::MAX_DIM;
use pointwise::op::table::{Built, OPS, OpInfo, ParamInfo, printed_args};
use pointwise::op::{
    AdaptivePool, Concat, Conv, ConvTranspose, DepthToSpace, Gather, GlobalPool, LayerNorm, Linear, Op, Pad, PadMode, Padding,
    Pool, PoolKind, Reduce, Repeat, ResizeTo, Shape, ShapeError, Slice, SpaceToDepth, Upsample,
};
use proptest::prelude::*;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/grammar/operations.md");

const INTRODUCTION: &str = "# Operations

Every operation of the language. This page is written from the compiler's own table by `BLESS=1 cargo test --test op`.

A parameter without a default must be given. Shapes are without the batch: `[C, H, W]` are channels, height and width of a map,
`[C, L]` channels and length of a line, on which windows have one size instead of two, and axis 0 is the channels; a negative axis counts from the end. Where PyTorch has the operation, sizes and defaults are PyTorch's.
`none` stands for an argument that is not given.
";

fn signature(info: &OpInfo) -> String {
    let inputs = match info.inputs {
        (0, _) => "",
        (1, Some(1)) => "x",
        (1, _) => "a, ...",
        (_, _) => "a, b, ...",
    };
    if inputs.is_empty() {
        return format!("{}({})", info.keyword, info.signature());
    }
    if info.params.is_empty() {
        return format!("{}({inputs})", info.keyword);
    }
    format!("{}({})({inputs})", info.keyword, info.signature())
}

fn section(page: &mut String, info: &OpInfo) -> std::fmt::Result {
    let OpInfo { keyword, summary, shapes, onnx, .. } = info;
    writeln!(page, "\n### {keyword}\n\n`{}`\n\n{}{}.\n", signature(info), summary[..1].to_uppercase(), &summary[1..])?;
    writeln!(page, "Shapes: `{shapes}`. ONNX: {onnx}.")?;
    if !info.params.is_empty() {
        writeln!(page, "\n| parameter | takes | default | meaning |\n| --- | --- | --- | --- |")?;
    }
    for param in info.params {
        let ParamInfo { name, kind, doc, .. } = param;
        let default = param.default_text().map_or_else(|| "must be given".to_owned(), |default| format!("`{default}`"));
        writeln!(page, "| `{name}` | {kind} | {default} | {doc} |")?;
    }
    Ok(())
}

fn reference() -> String {
    let mut families: Vec<&str> = Vec::new();
    for info in OPS.iter().filter(|info| info.family != "shape") {
        if !families.contains(&info.family) {
            families.push(info.family);
        }
    }
    families.push("shape");
    let mut page = INTRODUCTION.to_owned();
    for family in families {
        write!(page, "\n## {}{}\n", family[..1].to_uppercase(), &family[1..]).expect("writing to a string succeeds");
        for info in OPS.iter().filter(|info| info.family == family) {
            section(&mut page, info).expect("writing to a string succeeds");
        }
    }
    page
}

#[test]
fn the_reference_is_the_table() {
    let page = reference();
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(PAGE, &page).expect("the page can be written");
    }
    let kept = std::fs::read_to_string(PAGE).unwrap_or_default();
    assert!(kept == page, "grammar/operations.md is not the table's: run `BLESS=1 cargo test --test op`");
}

#[test]
fn documentation_is_written_for_a_table() {
    for info in OPS {
        let params = info.params.iter().flat_map(|p| [p.doc.to_owned(), p.kind.to_string()]);
        for text in params.chain([info.summary, info.onnx, info.family].map(str::to_owned)) {
            assert!(!text.is_empty() && !text.contains(['|', '\n']) && !text.ends_with('.'), "{}: {text}", info.keyword);
        }
        assert!(info.shapes.contains(" -> "), "{}: {}", info.keyword, info.shapes);
    }
}

/// The `net` blocks of a page.
fn nets(page: &str) -> Vec<&str> {
    page.split("```net\n").skip(1).filter_map(|rest| rest.split("```").next()).collect()
}

/// The errors of a file that uses no other.
fn errors(text: &str) -> Vec<Code> {
    let compiled = compile("page.net", text.to_owned(), &NoFiles, &Settings::default());
    compiled.diagnostics.iter().filter(|d| d.is_error()).map(|d| d.code).collect()
}

struct NoFiles;

impl Loader for NoFiles {
    fn find(&self, path: &str, _from: &str) -> Result<String, LoadError> {
        Err(LoadError::new(format!("{path} is not there")))
    }

    fn read(&self, name: &str) -> Result<String, LoadError> {
        Err(LoadError::new(format!("{name} is not there")))
    }
}

#[test]
fn pages_show_a_mistake_and_mend_it() {
    let ours =
        Code::ALL.iter().filter(|code| code.id().starts_with("PW03") || matches!(code, Code::WrongType | Code::InvalidValue));
    for code in ours {
        let nets = nets(code.page());
        assert!(nets.len() >= 2, "{} has a mistake and its correction", code.id());
        assert_eq!(errors(nets[0]), [*code], "{}", code.id());
        for corrected in &nets[1..] {
            assert_eq!(errors(corrected), [], "{}", code.id());
        }
    }
}

/// Sizes at which arithmetic goes wrong.
fn size() -> impl Strategy<Value = u64> {
    prop_oneof![
        6 => 0..9u64,
        1 => prop::sample::select(vec![MAX_DIM - 1, MAX_DIM, MAX_DIM + 1, 1 << 32, 1 << 62, 1 << 63, u64::MAX - 1, u64::MAX]),
        1 => any::<u64>(),
    ]
}

fn pair() -> impl Strategy<Value = [u64; 2]> {
    [size(), size()]
}

fn padding() -> impl Strategy<Value = Padding> {
    [size(), size(), size(), size()].prop_map(|[top, left, bottom, right]| Padding { top, left, bottom, right })
}

fn shape() -> impl Strategy<Value = Shape> {
    let dim = prop_oneof![6 => 1..17u64, 1 => prop::sample::select(vec![1 << 16, MAX_DIM])];
    let rank = prop_oneof![4 => Just(3usize), 1 => 1..=6usize];
    rank.prop_flat_map(move |rank| prop::collection::vec(dim.clone(), rank))
        .prop_map(|dims| Shape::new(&dims).expect("within bounds"))
}

fn windowed() -> impl Strategy<Value = Op> {
    (pair(), pair(), pair(), padding(), [size(), size()], any::<[bool; 2]>()).prop_flat_map(
        |(kernel, stride, dilation, pad, [out, groups], [bias, ceil])| {
            let conv = Conv { out, kernel, stride, pad, dilation, groups, bias, depthwise: ceil, line: false };
            let transposed =
                ConvTranspose { out, kernel, stride, pad, output_pad: [groups; 2], dilation, groups, bias, line: false };
            let kind = if bias { PoolKind::Max } else { PoolKind::Avg { count_include_pad: true } };
            let pool = Pool { kind, kernel, stride, pad, dilation, ceil, line: false };
            prop::sample::select(vec![Op::Conv(conv), Op::ConvTranspose(transposed), Op::Pool(pool)])
        },
    )
}

fn other() -> impl Strategy<Value = Op> {
    (pair(), padding(), [size(), size(), size()], 0..8usize).prop_flat_map(|(size, pad, [start, end, step], axis)| {
        prop::sample::select(vec![
            Op::Linear(Linear { out: start, bias: true }),
            Op::AdaptivePool(AdaptivePool { kind: GlobalPool::Avg, out: size, line: false }),
            Op::Concat(Concat { axis }),
            Op::Slice(Slice { axis, start, end: end.cast_signed(), step: step.cast_signed() }),
            Op::Slice(Slice { axis, start, end: end.cast_signed().wrapping_neg(), step: step.cast_signed().wrapping_neg() }),
            Op::Gather(Gather { axis, indices: [start, end].into() }),
            Op::Repeat(Repeat::Times(vec![start, end, step])),
            Op::Reduce(Reduce::mean([axis, axis.wrapping_add(1)], false)),
            Op::LayerNorm(LayerNorm { eps: 0.0, affine: true, axes: vec![axis, axis + 1], bias: axis % 2 == 0 }),
            Op::MatMul,
            Op::Pad(Pad { pad, crop: Padding::default(), mode: PadMode::Reflect, line: false }),
            Op::Pad(Pad { pad: Padding::default(), crop: pad, mode: PadMode::Constant(0.0), line: false }),
            Op::Upsample(Upsample::bilinear(ResizeTo::Size(size), false)),
            Op::DepthToSpace(DepthToSpace { block: start }),
            Op::SpaceToDepth(SpaceToDepth { block: start }),
            Op::Flatten,
        ])
    })
}

fn argument() -> impl Strategy<Value = ArgValue> {
    let integer = prop_oneof![
        6 => -3..9i64,
        1 => prop::sample::select(vec![1 << 31, (1 << 31) - 1, 1 << 32, 1 << 62, i64::MAX, i64::MIN]),
    ];
    let float = prop_oneof![Just(0.5), Just(2.0), any::<f64>()];
    let word = prop::sample::select(vec!["same", "none", "bilinear", "nearest", "reflect", "replicate", "zero", "3"]);
    let leaf = prop_oneof![
        6 => integer.prop_map(ArgValue::Int),
        1 => float.prop_map(ArgValue::Float),
        1 => any::<bool>().prop_map(ArgValue::Bool),
        1 => word.prop_map(|word| ArgValue::Str(word.to_owned())),
    ];
    prop_oneof![4 => leaf.clone(), 1 => prop::collection::vec(leaf, 0..6).prop_map(ArgValue::List)]
}

fn call() -> impl Strategy<Value = (&'static OpInfo, Vec<Option<ArgValue>>)> {
    let argument = prop::option::weighted(0.6, argument());
    (0..OPS.len(), prop::collection::vec(argument, 8)).prop_map(|(row, mut args)| {
        args.truncate(OPS[row].params.len());
        (&OPS[row], args)
    })
}

/// Whatever the operation answers about inputs that it accepts.
fn ask(op: &Op, inputs: &[Shape]) -> Option<Shape> {
    let output = op.infer(inputs).ok()?;
    for weight in op.weights(inputs) {
        let _ = weight.elements();
    }
    if let Ok(work) = op.work(inputs, output) {
        let _ = work.flops();
    }
    let _ = op.window(inputs);
    Some(output)
}

/// The arguments that an operation is printed with, in the order of its row.
fn reprinted(info: &OpInfo, op: &Op) -> Vec<Option<ArgValue>> {
    let mut args = vec![None; info.params.len()];
    for (name, value) in printed_args(op) {
        args[info.params.iter().position(|p| p.name == name).expect("a parameter of the row")] = Some(value);
    }
    args
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_attribute_makes_an_operation_panic(op in prop_oneof![windowed(), other()], inputs in prop::collection::vec(shape(), 0..3)) {
        if let Some(output) = ask(&op, &inputs) {
            prop_assert!(output.dims().iter().all(|d| (1..=MAX_DIM).contains(&u64::from(*d))));
        }
        let _ = printed_args(&op);
    }

    #[test]
    fn no_argument_makes_a_builder_panic((info, args) in call(), inputs in prop::collection::vec(shape(), 0..4)) {
        match info.build(&args, &inputs) {
            Ok(Built::One(op)) if ask(&op, &inputs).is_some() => {
                // Some rows make operations of others.
                let info = op.info();
                prop_assert_eq!(info.build(&reprinted(info, &op), &inputs), Ok(Built::One(op)));
            }
            Ok(Built::Pieces(pieces)) => {
                let fit = pieces.iter().filter(|piece| ask(piece, &inputs).is_some()).count();
                prop_assert_eq!(fit, if inputs.len() == 1 { pieces.len() } else { 0 });
            }
            Err(BuildError::Argument { index, message, .. }) => {
                prop_assert!(index < info.params.len() && !message.ends_with('.') && !message.contains('\n'), "{}", message);
            }
            Ok(Built::One(_)) | Err(BuildError::ShapeError(_)) => {}
        }
    }

    #[test]
    fn output_pixels_are_the_windows_that_fit(
        [input, kernel, stride, dilation, before, after] in [1..30u64, 1..6, 1..5, 1..4, 0..4, 0..4]
    ) {
        let pad = Padding { top: before, left: before, bottom: after, right: after };
        let conv = Conv { out: 1, kernel: [kernel; 2], stride: [stride; 2], pad, dilation: [dilation; 2], groups: 1, bias: false, depthwise: false, line: false };
        let last_tap = dilation * (kernel - 1);
        let windows = (0..before + input + after).step_by(usize::try_from(stride).expect("small")).filter(|start| start + last_tap < before + input + after).count() as u64;
        let shape = Shape::new(&[1, input, input]).expect("within bounds");
        match Op::Conv(conv).infer(&[shape]) {
            Ok(output) => prop_assert_eq!(output.to_vec(), vec![1, windows, windows]),
            Err(shape_error) => prop_assert!(windows == 0 && matches!(shape_error, ShapeError::Window { .. }), "{:?}", shape_error),
        }
    }
}

/// What other frameworks call things is data of a room that knows no operation, so this holds the two together.
#[test]
fn what_stands_for_a_foreign_call_is_there() {
    for row in rows() {
        let Some(keyword) = row.keyword() else { continue };
        let info = OPS.iter().find(|op| op.keyword == keyword).unwrap_or_else(|| panic!("no operation {keyword}"));
        for name in row.params.iter().filter_map(|param| here(param.means)) {
            // A rule may write a second operation.
            let ruled = matches!(row.here, Here::Ruled(..) | Here::Shaped(..))
                && OPS.iter().any(|op| op.params.iter().any(|p| p.name == name));
            let known = info.params.iter().any(|param| param.name == name);
            assert!(known || ruled, "{}: `{keyword}` has no `{name}`", row.spellings);
        }
    }
}

/// The parameter here that an argument elsewhere is.
fn here(means: Means) -> Option<&'static str> {
    match means {
        Means::Same(name) | Means::Axis(name) | Means::Axes(name) | Means::Words(name, _) => Some(name),
        Means::Pad => Some("pad"),
        Means::Input
        | Means::Inputs
        | Means::InputSize
        | Means::Needless(_)
        | Means::Lost(_)
        | Means::NeedlessFlag(_)
        | Means::Only(_)
        | Means::Activation
        | Means::Ruled
        | Means::Rest => None,
    }
}
