//! Calls written as in the language for the families' tests, and what holds for every row of the table.

use super::args::{ArgValue, BuildError};
use super::shape::Shape;
use super::table::{Built, OPS, OpInfo, find, printed_args};
use super::{Op, ShapeError, Work};

/// The shape that a list means.
pub(super) fn shape(dims: &[u64]) -> Shape {
    Shape::new(dims).expect("a test writes a possible shape")
}

/// A value as the language writes it: a list, a number, a boolean, a quoted or predefined word.
fn value(text: &str) -> ArgValue {
    let text = text.trim();
    if let Some(inner) = text.strip_prefix('[').and_then(|t| t.strip_suffix(']')) {
        return ArgValue::List(parts(inner).into_iter().map(value).collect());
    }
    match text {
        "true" | "false" => ArgValue::Bool(text == "true"),
        _ => text.parse().map(ArgValue::Int).or_else(|_| text.parse().map(ArgValue::Float)).unwrap_or_else(|_| word(text)),
    }
}

fn word(text: &str) -> ArgValue {
    ArgValue::Str(text.trim_matches('"').to_owned())
}

/// The parts between commas that stand in no bracket.
fn parts(text: &str) -> Vec<&str> {
    let (mut found, mut depth, mut start) = (Vec::new(), 0, 0);
    for (i, c) in text.char_indices() {
        match c {
            '[' => depth += 1,
            ']' => depth -= 1,
            ',' if depth == 0 => {
                found.push(&text[start..i]);
                start = i + 1;
            }
            _ => {}
        }
    }
    if !text[start..].trim().is_empty() {
        found.push(&text[start..]);
    }
    found
}

fn arguments(info: &OpInfo, text: &str) -> Vec<Option<ArgValue>> {
    let mut args = vec![None; info.params.len()];
    for (position, part) in parts(text).into_iter().enumerate() {
        let (at, text) = match part.split_once('=') {
            Some((name, text)) => (info.params.iter().position(|p| p.name == name.trim()).expect("a parameter"), text),
            None => (position, part),
        };
        args[at] = Some(value(text));
    }
    args
}

/// `conv(64, 3, pad=1)([3, 8, 8])`, and the shapes of its inputs.
pub(super) fn built(call: &str) -> (Result<Built, BuildError>, Vec<Shape>) {
    let (keyword, rest) = call.split_once('(').expect("a call");
    let (args, inputs) = rest.strip_suffix(')').and_then(|r| r.split_once(")(")).expect("parameters, then inputs");
    let dims = |text: &str| -> Vec<u64> {
        parts(text.trim().trim_matches(['[', ']'])).iter().map(|d| d.trim().parse().expect("a dimension")).collect()
    };
    let inputs: Vec<Shape> = parts(inputs).into_iter().map(|text| shape(&dims(text))).collect();
    let info = find(keyword).expect("an operation");
    (info.build(&arguments(info, args), &inputs), inputs)
}

/// The operation of a call that has one.
pub(super) fn op(call: &str) -> (Op, Vec<Shape>) {
    match built(call) {
        (Ok(Built::One(op)), inputs) => (op, inputs),
        (other, _) => panic!("{call} builds no single operation: {other:?}"),
    }
}

/// The output's shape, or all of them, or what is wrong.
pub(super) fn told(call: &str) -> String {
    let (built, inputs) = built(call);
    let infer = |op: &Op| op.infer(&inputs).map(|s| s.to_string());
    let shapes = match built {
        Ok(Built::One(op)) => infer(&op),
        Ok(Built::Pieces(ops)) => ops.iter().map(infer).collect::<Result<Vec<_>, _>>().map(|shapes| shapes.join(" ")),
        Err(BuildError::ShapeError(shape_error)) => Err(shape_error),
        Err(BuildError::Argument { message, .. }) => return message,
    };
    shapes.unwrap_or_else(|shape_error| format!("{shape_error:?}"))
}

/// The reason why a call does not fit.
pub(super) fn shape_error(call: &str) -> ShapeError {
    match built(call) {
        (Ok(Built::One(op)), inputs) => op.infer(&inputs).expect_err("a call that does not fit"),
        (Err(BuildError::ShapeError(shape_error)), _) => shape_error,
        (other, _) => panic!("{call}: {other:?}"),
    }
}

/// The work of a call.
pub(super) fn work(call: &str) -> Work {
    let (op, inputs) = op(call);
    let output = op.infer(&inputs).expect("a call that fits");
    op.work(&inputs, output).expect("counts within 64 bits")
}

/// The window of a call.
pub(super) fn window(call: &str) -> super::Window {
    let (op, inputs) = op(call);
    op.window(&inputs)
}

/// Names, dimensions and `learned` of the weights of a call.
pub(super) fn weights(call: &str) -> Vec<(&'static str, Vec<u64>, bool)> {
    let (op, inputs) = op(call);
    let names: Vec<_> = op.weights(&inputs).iter().map(|w| w.name).collect();
    assert_eq!(names, op.roles(), "{call}: names do not depend on inputs");
    op.weights(&inputs).iter().map(|w| (w.name, w.dims.to_vec(), w.learned)).collect()
}

/// The arguments that a call is printed with.
pub(super) fn printed(call: &str) -> String {
    let text = |value: &ArgValue| match value {
        ArgValue::Str(s) => s.clone(),
        ArgValue::Int(n) => n.to_string(),
        ArgValue::Float(n) => format!("{n:?}"),
        ArgValue::Bool(b) => b.to_string(),
        ArgValue::List(items) => format!("{items:?}").replace("Int(", "").replace("Float(", "").replace(')', ""),
    };
    let (op, _) = op(call);
    printed_args(&op).iter().map(|(name, value)| format!("{name}={}", text(value))).collect::<Vec<_>>().join(", ")
}

/// A call of every operation that fits.
const CALLS: &[&str] = &[
    "conv(8)([4, 8, 8])",
    "dwconv(3)([4, 8, 8])",
    "conv_transpose(8, 3)([4, 8, 8])",
    "linear(10)([64])",
    "matmul()([4, 8, 5], [5, 3])",
    "bn()([4, 8, 8])",
    "group_norm(2)([4, 8, 8])",
    "layer_norm()([4, 8, 8])",
    "instance_norm()([4, 8, 8])",
    "lrn(5)([4, 8, 8])",
    "scale()([4, 8, 8])",
    "relu()([4, 8, 8])",
    "relu6()([4, 8, 8])",
    "thresholded_relu()([4, 8, 8])",
    "leaky_relu()([4, 8, 8])",
    "prelu()([4, 8, 8])",
    "elu()([4, 8, 8])",
    "selu()([4, 8, 8])",
    "celu()([4, 8, 8])",
    "sigmoid()([4, 8, 8])",
    "hard_sigmoid()([4, 8, 8])",
    "silu()([4, 8, 8])",
    "hard_swish()([4, 8, 8])",
    "gelu()([4, 8, 8])",
    "tanh()([4, 8, 8])",
    "softplus()([4, 8, 8])",
    "softsign()([4, 8, 8])",
    "mish()([4, 8, 8])",
    "softmax()([10])",
    "log_softmax()([10])",
    "dropout()([4, 8, 8])",
    "maxpool([2, 3])([4, 8, 8])",
    "avgpool([2, 3])([4, 8, 8])",
    "global_avgpool()([4, 8, 8])",
    "global_maxpool()([4, 8, 8])",
    "adaptive_avgpool(3)([4, 8, 8])",
    "adaptive_maxpool(3)([4, 8, 8])",
    "mean([1, 2])([4, 8, 8])",
    "sum([1, 2])([4, 8, 8])",
    "amax([1, 2])([4, 8, 8])",
    "amin([1, 2])([4, 8, 8])",
    "prod([1, 2])([4, 8, 8])",
    "l1([1, 2])([4, 8, 8])",
    "l2([1, 2])([4, 8, 8])",
    "concat()([4, 8, 8], [3, 8, 8])",
    "slice(1)([4, 8, 8])",
    "gather([2, 0, 0])([4, 8, 8])",
    "add()([4, 8, 8], [4, 1, 1])",
    "mul()([4, 8, 8], [4, 1, 1])",
    "sub()([4, 8, 8], [4, 1, 1])",
    "div()([4, 8, 8], [4, 1, 1])",
    "pow()([4, 8, 8], [4, 1, 1])",
    "max()([4, 8, 8], [4, 1, 1])",
    "min()([4, 8, 8], [4, 1, 1])",
    "sqrt()([4, 8, 8])",
    "exp()([4, 8, 8])",
    "log()([4, 8, 8])",
    "abs()([4, 8, 8])",
    "neg()([4, 8, 8])",
    "sign()([4, 8, 8])",
    "floor()([4, 8, 8])",
    "ceil()([4, 8, 8])",
    "round()([4, 8, 8])",
    "reciprocal()([4, 8, 8])",
    "erf()([4, 8, 8])",
    "sin()([4, 8, 8])",
    "cos()([4, 8, 8])",
    "clamp(min=0)([4, 8, 8])",
    "param([4, 1, 1])()",
    "constant([1, 2])()",
    "flatten()([4, 8, 8])",
    "reshape([2, -1])([4, 8, 8])",
    "expand([4, 8, 8])([4, 1, 8])",
    "repeat([1, 2, 1])([4, 8, 8])",
    "transpose([1, 2, 0])([4, 8, 8])",
    "pad(1)([4, 8, 8])",
    "upsample(2)([4, 8, 8])",
    "depth_to_space(2)([4, 8, 8])",
    "space_to_depth(2)([4, 8, 8])",
    "channel_shuffle(2)([4, 8, 8])",
    "identity()([4, 8, 8])",
];

/// Rows that make operations of other rows.
const SUGAR: [&str; 3] = ["split", "squeeze", "unsqueeze"];

/// The same on lines, where what slides over maps slides over them too.
const LINES: &[&str] = &[
    "conv(8, 3, stride=2, pad=1)([4, 9])",
    "conv(8, 4, pad=same, dilation=2, groups=2)([4, 9])",
    "conv(8, 3, pad=[2, 0])([4, 9])",
    "dwconv(3, pad=1, multiplier=2)([4, 9])",
    "conv_transpose(8, 4, stride=2, pad=[1, 0], output_pad=1)([4, 9])",
    "bn()([4, 9])",
    "group_norm(2)([4, 9])",
    "instance_norm()([4, 9])",
    "dropout()([4, 9])",
    "maxpool(3, stride=2, pad=1, dilation=2, ceil=true)([4, 9])",
    "maxpool(3, stride=1, pad=same, dilation=2)([4, 9])",
    "avgpool(3, stride=2, pad=1, count_include_pad=false)([4, 9])",
    "global_avgpool()([4, 9])",
    "global_maxpool()([4, 9])",
    "adaptive_avgpool(3)([4, 9])",
    "adaptive_maxpool(3)([4, 9])",
    "pad([1, -2])([4, 9])",
    "upsample(1.5)([4, 9])",
    "upsample(size=7, mode=linear)([4, 9])",
];

/// One operation of every row.
pub(super) fn every_op() -> Vec<Op> {
    CALLS.iter().map(|call| op(call).0).collect()
}

fn keyword(call: &str) -> &str {
    call.split_once('(').expect("a call").0
}

#[test]
fn calls_cover_the_table() {
    let covered: Vec<_> = CALLS.iter().map(|call| keyword(call)).chain(SUGAR.iter().copied()).collect();
    for info in OPS {
        assert!(covered.contains(&info.keyword), "{} has a call in CALLS", info.keyword);
    }
    assert_eq!(covered.len(), OPS.len());
}

#[test]
fn keywords_find_their_rows() {
    for info in OPS {
        assert_eq!(find(info.keyword).map(|found| found.keyword), Some(info.keyword));
    }
    for unknown in ["", "a", "Conv", "conv2d", "zzz"] {
        assert!(find(unknown).is_none(), "{unknown} is no operation");
    }
}

#[test]
fn operations_know_the_keyword_and_arity_of_their_row() {
    for call in CALLS {
        let info = find(keyword(call)).expect("a row");
        let (op, _) = op(call);
        assert_eq!((op.keyword(), op.arity()), (info.keyword, info.inputs));
    }
}

#[test]
fn written_defaults_are_the_defaults() {
    for call in CALLS {
        let info = find(keyword(call)).expect("a row");
        let (op, inputs) = op(call);
        let (text, _) = call.split_once('(').and_then(|(_, rest)| rest.split_once(")(")).expect("parameters, then inputs");
        let mut args = arguments(info, text);
        for at in 0..args.len() {
            if let (None, Some(default)) = (&args[at], info.params[at].default_text()) {
                let other = info.params.iter().position(|p| p.name == default);
                args[at] = other.map_or_else(|| Some(value(&default)), |other| args[other].clone());
            }
        }
        assert_eq!(info.build(&args, &inputs), Ok(Built::One(op)), "{call}");
    }
}

#[test]
fn required_parameters_come_first_and_are_asked_for() {
    for info in OPS {
        let required = info.params.iter().take_while(|p| p.is_required()).count();
        assert!(info.params[required..].iter().all(|p| !p.is_required()), "{}", info.keyword);
        let inputs = vec![shape(&[4, 8, 8]); info.inputs.0];
        let built = info.build(&vec![None; info.params.len()], &inputs);
        if let Some(first) = info.params.first().filter(|_| required > 0) {
            let message = format!("{} must be given", first.name);
            assert_eq!(built, Err(BuildError::Argument { index: 0, wrong_type: false, message }), "{}", info.keyword);
        }
    }
}

#[test]
fn wrong_types_name_the_parameter_and_what_it_takes() {
    for call in CALLS {
        let info = find(keyword(call)).expect("a row");
        let (_, inputs) = op(call);
        let (text, _) = call.split_once('(').and_then(|(_, rest)| rest.split_once(")(")).expect("parameters, then inputs");
        for (index, param) in info.params.iter().enumerate() {
            let mut args = arguments(info, text);
            args[index] = Some(value("[[half]]"));
            let Err(BuildError::Argument { index: at, message, .. }) = info.build(&args, &inputs) else {
                panic!("{}: {} takes no list of lists of words", info.keyword, param.name);
            };
            assert!(at == index && message.contains(param.name), "{}: {message}", info.keyword);
        }
    }
    assert_eq!(told("conv(8, \"3\")([3, 8, 8])"), "k takes an integer or [height, width], not the string \"3\"");
    assert_eq!(told("conv(8.5)([3, 8, 8])"), "out takes an integer of at least 1, not the float 8.5");
    assert_eq!(told("conv(8.0, [3.0, 1])([3, 8, 8])"), "[8, 6, 8]");
    assert_eq!(told("dropout(half)([3])"), "p takes a number, not the string \"half\"");
    assert_eq!(told("conv(8, bias=1)([3, 8, 8])"), "bias takes true or false, not the integer 1");
    assert_eq!(told("conv(8, [3, true])([3, 8, 8])"), "k takes an integer or [height, width], not the list [3, true]");
    assert_eq!(told("conv(8, [3, 3, 3])([3, 8, 8])"), "a list for k has 2 elements, not 3");
}

#[test]
fn values_out_of_bounds_say_what_is_allowed() {
    assert_eq!(told("conv(8, stride=0)([3, 8, 8])"), "stride must be at least 1, not 0");
    assert_eq!(told("conv(-8)([3, 8, 8])"), "out must be at least 1, not -8");
    assert_eq!(told("conv(8, pad=-1)([3, 8, 8])"), "pad must be at least 0, not -1");
    assert_eq!(told("conv(2147483648)([3, 8, 8])"), "out must be at most 2147483647, not 2147483648");
    assert_eq!(told("bn(-1.0)([3, 8, 8])"), "eps must be at least 0, not -1");
    assert_eq!(told("bn(inf)([3, 8, 8])"), "eps must be a finite number, not inf");
    assert_eq!(told("dropout(1.5)([3])"), "p must be from 0 to 1, not 1.5");
    assert_eq!(told("pad(1, mode=mirror)([3, 8, 8])"), "mode takes `zero`, `reflect`, `replicate` or `circular`, not \"mirror\"");
}

#[test]
fn printed_arguments_build_the_same_operation() {
    for call in CALLS.iter().chain(LINES) {
        let info = find(keyword(call)).expect("a row");
        let (op, inputs) = op(call);
        let mut args = vec![None; info.params.len()];
        for (name, value) in printed_args(&op) {
            args[info.params.iter().position(|p| p.name == name).expect("a parameter")] = Some(value);
        }
        assert_eq!(info.build(&args, &inputs), Ok(Built::One(op)), "{call}");
    }
}

#[test]
fn wrong_numbers_of_inputs_are_told() {
    for call in CALLS {
        let (op, inputs) = op(call);
        let (min, max) = op.arity();
        if min > 0 {
            assert_eq!(op.infer(&[]), Err(ShapeError::Arity { min, max, got: 0 }), "{call}");
        }
        if let Some(most) = max {
            let many = vec![inputs.first().copied().unwrap_or(shape(&[4])); most + 1];
            assert_eq!(op.infer(&many), Err(ShapeError::Arity { min, max, got: most + 1 }), "{call}");
        }
    }
}

#[test]
fn a_line_is_a_map_of_one_row_without_the_row() {
    for call in LINES {
        let (line, inputs) = op(call);
        let output = line.infer(&inputs).expect("it fits");
        assert_eq!(output.rank(), 2, "{call}");
        for weight in line.weights(&inputs).iter().filter(|weight| line.is_layer() && weight.name == "weight") {
            assert_eq!(weight.dims.len(), 3, "{call}");
        }
        assert!(line.infer(&[shape(&[4, 1, 9])]).is_err() || !call.contains("conv"), "{call} is no operation on maps");
    }
    assert_eq!(weights("conv(8, 3, groups=2)([4, 9])"), [("weight", vec![8, 2, 3], true), ("bias", vec![8], true)]);
    assert_eq!(weights("conv_transpose(8, 3, groups=2)([4, 9])"), [("weight", vec![4, 4, 3], true), ("bias", vec![8], true)]);
    for (line, map) in [
        ("conv(8, 3, stride=2, pad=1)([4, 9])", "conv(8, [1, 3], stride=[1, 2], pad=[0, 1])([4, 1, 9])"),
        ("conv_transpose(8, 3, stride=2)([4, 9])", "conv_transpose(8, [1, 3], stride=[1, 2])([4, 1, 9])"),
        ("avgpool(3)([4, 9])", "avgpool([1, 3])([4, 1, 9])"),
        ("adaptive_avgpool(4)([4, 9])", "adaptive_avgpool([1, 4])([4, 1, 9])"),
        ("global_avgpool()([4, 9])", "global_avgpool()([4, 1, 9])"),
    ] {
        assert_eq!((work(line), window(line)), (work(map), window(map)), "{line}");
    }
    assert_eq!(told("conv(8, [1, 3])([4, 9])"), "k is one number on a line [C, L], not the list [1, 3]");
    assert_eq!(told("conv(8, 3, stride=[1, 2])([4, 9])"), "stride is one number on a line [C, L], not the list [1, 2]");
    let pads = "pad is one number or [left, right] on a line [C, L], not the list [0, 1, 0, 1]";
    assert_eq!(told("conv(8, 3, pad=[0, 1, 0, 1])([4, 9])"), pads);
    assert_eq!(printed("conv(8, 3, stride=2, pad=same)([4, 9])"), "out=8, k=3, stride=2, pad=1");
    assert_eq!(printed("conv(8, 2, pad=same)([4, 9])"), "out=8, k=2, pad=[0, 1]");
    assert_eq!(printed("avgpool(3, dilation=2)([4, 9])"), "k=3, dilation=2");
}

/// Shapes that PyTorch computed: see `tests/data/pytorch_shapes.py`.
#[test]
fn shapes_are_those_of_pytorch() {
    let mut compared = 0;
    for line in include_str!("../../tests/data/pytorch_shapes.txt").lines().filter(|line| !line.starts_with('#')) {
        let (call, expected) = line.split_once(" = ").unwrap_or_else(|| panic!("no result: {line}"));
        let (built, inputs) = built(call);
        let shape = match built {
            Ok(Built::One(op)) => op.infer(&inputs).map(|s| s.to_string()).map_err(BuildError::from),
            Ok(Built::Pieces(_)) => panic!("a split: {line}"),
            Err(error) => Err(error),
        };
        match &shape {
            Ok(shape) => assert_eq!(shape, expected, "{call}"),
            Err(error) => assert_eq!(expected, "error", "{call}: {error:?}"),
        }
        compared += 1;
    }
    assert!(compared >= 500, "the table is there");
}
