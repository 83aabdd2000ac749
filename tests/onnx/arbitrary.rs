//! Models of any operators in any order, grown from bytes.
//!
//! In: bytes that somebody chose. Out: the bytes of a model that is read, with nodes of exporters' names and tensors of plausible
//! sizes. A node is kept where the model is still a network with it, so that most bytes lead deep into the importer.

use std::io::Cursor;

use pointwise::interchange::onnx::{import, read};
use pointwise::shape::infer;

use super::build::{field, floats, ints, number, sizes, text, value};

/// Nodes that are tried at most.
const MOST_NODES: usize = 14;
/// Elements that are made of an array at most.
const MOST_ELEMENTS: u64 = 1 << 18;

/// Choices, one after another; the first one of each where there are no bytes any more.
struct Choices<'a>(&'a [u8]);

impl Choices<'_> {
    fn byte(&mut self) -> u8 {
        let Some((first, rest)) = self.0.split_first() else { return 0 };
        self.0 = rest;
        *first
    }

    fn below(&mut self, count: usize) -> usize {
        usize::from(self.byte()) % count.max(1)
    }

    fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len())]
    }

    fn has(&mut self) -> bool {
        self.byte() % 2 == 1
    }

    /// So many numbers, each one of these.
    fn some(&mut self, count: usize, of: &[i64]) -> Vec<i64> {
        (0..count).map(|_| self.one(of)).collect()
    }
}

/// A value that flows.
#[derive(Clone)]
struct Flow {
    name: String,
    dims: Vec<i64>,
}

/// A node that is about to be added, and the tensors with it.
struct Step {
    fields: Vec<Vec<u8>>,
    inputs: Vec<String>,
    attributes: Vec<(String, Vec<u8>)>,
    outputs: usize,
    at: usize,
    scope: String,
}

/// Scopes that modules stand in.
const SCOPES: [&str; 10] = [
    "",
    "/stem/",
    "/layer1/layer1.0/",
    "/layer1/layer1.1/",
    "/layer1/layer1.1/conv/",
    "/layer1/layer1.2/",
    "/layer2/layer2.0/",
    "/layer2/layer2.0/conv/",
    "/a/a.b/c/",
    "/1/`x y`/",
];

/// Operators of one input and no attributes.
const UNARY: &[&str] = &[
    "Relu",
    "Sigmoid",
    "Tanh",
    "Abs",
    "Ceil",
    "Cos",
    "Erf",
    "Exp",
    "Floor",
    "HardSwish",
    "Identity",
    "Log",
    "Mish",
    "Neg",
    "Reciprocal",
    "Round",
    "Sign",
    "Sin",
    "Softplus",
    "Softsign",
    "Sqrt",
    "Tan",
    "Gelu",
    "GlobalAveragePool",
    "GlobalMaxPool",
    "Dropout",
    "MeanVarianceNormalization",
    "Selu",
];
/// Operators of one input and a number.
const NUMBERED: &[(&str, &str)] = &[
    ("Celu", "alpha"),
    ("Elu", "alpha"),
    ("HardSigmoid", "beta"),
    ("LeakyRelu", "alpha"),
    ("Shrink", "lambd"),
    ("Swish", "alpha"),
    ("ThresholdedRelu", "alpha"),
];
const BINARY: &[&str] = &["Add", "Sub", "Mul", "Div", "Min", "Max", "Pow", "Mean", "Sum"];
const REDUCE: &[&str] = &[
    "ReduceMean",
    "ReduceSum",
    "ReduceMax",
    "ReduceMin",
    "ReduceL1",
    "ReduceL2",
    "ReduceProd",
    "ReduceLogSum",
    "ReduceLogSumExp",
    "ReduceSumSquare",
];
const ALONG: &[&str] = &["Softmax", "LogSoftmax", "Hardmax", "LpNormalization", "Flatten", "ArgMax"];
const EQUATIONS: &[&str] = &["bchw,bchw->bchw", "bchw->bcwh", "bij,bjk->bik", "bij,bkj->bik", "bchw,c->bchw", "bij->bi"];

impl Step {
    fn tensor(&mut self, role: &str, dims: &[i64]) -> String {
        let name = format!("{}m{}.{role}", self.scope.trim_matches('/').replace('/', "."), self.at);
        let count = dims.iter().product::<i64>().clamp(0, 1 << 16) as usize;
        let values: Vec<f32> = (0..count).map(|at| (at % 7) as f32 * 0.25 + 0.5).collect();
        let dims: Vec<u64> = dims.iter().map(|dim| *dim as u64).collect();
        self.fields.push(floats(&name, &dims, &values));
        name
    }

    fn weight(&mut self, role: &str, dims: &[i64]) {
        let name = self.tensor(role, dims);
        self.inputs.push(name);
    }

    fn numbers(&mut self, role: &str, all: &[i64]) {
        let name = format!("n{}.{role}", self.at);
        self.fields.push(sizes(&name, all));
        self.inputs.push(name);
    }

    fn ints(&mut self, name: &str, all: &[i64]) {
        let all: Vec<u64> = all.iter().map(|n| *n as u64).collect();
        self.attributes.push((name.to_owned(), [ints(&all), number(20, 7)].concat()));
    }

    fn int(&mut self, name: &str, value: i64) {
        self.attributes.push((name.to_owned(), [number(3, value as u64), number(20, 2)].concat()));
    }

    fn float(&mut self, name: &str, value: f32) {
        let bytes = [vec![2 << 3 | 5], value.to_le_bytes().to_vec(), number(20, 1)].concat();
        self.attributes.push((name.to_owned(), bytes));
    }

    fn word(&mut self, name: &str, value: &str) {
        self.attributes.push((name.to_owned(), [text(4, value), number(20, 3)].concat()));
    }

    /// Numbers as older versions of an operator have them, or as newer ones do.
    fn either(&mut self, is_new: bool, name: &str, all: &[i64]) {
        if is_new { self.numbers(name, all) } else { self.ints(name, all) }
    }

    fn node(&mut self, op: &str, choices: &mut Choices<'_>) -> Vec<String> {
        let outputs: Vec<String> = (0..self.outputs).map(|at| format!("v{}.{at}", self.at)).collect();
        let mut bytes: Vec<u8> = self.inputs.iter().flat_map(|input| text(1, input)).collect();
        bytes.extend(outputs.iter().flat_map(|output| text(2, output)));
        bytes.extend(text(3, &format!("{}{op}", self.scope)));
        bytes.extend(text(4, op));
        bytes.extend(self.attributes.iter().flat_map(|(name, value)| field(5, &[text(1, name), value.clone()].concat())));
        if choices.byte() % 8 == 7 {
            let module = self.scope.trim_matches('/').replace('/', ".");
            let space = format!(": a.Net/{module}: a.Block/{op}: aten.{op}");
            bytes.extend(field(9, &[text(1, "namespace"), text(2, &space)].concat()));
        }
        self.fields.push(field(1, &bytes));
        outputs
    }
}

/// Windows over a map: attributes of kernels and strides.
fn window(step: &mut Step, choices: &mut Choices<'_>, kernel: &[i64]) {
    let axes = kernel.len();
    let strides = choices.some(axes, &[1, 2, 3]);
    step.ints("strides", &strides);
    match choices.below(4) {
        0 => step.word("auto_pad", choices.one(&["SAME_UPPER", "SAME_LOWER", "VALID"])),
        1 => {
            let pads = choices.some(axes * 2, &[0, 1, 2]);
            step.ints("pads", &pads);
        }
        2 | 3 => {
            let pads: Vec<i64> = kernel.iter().chain(kernel).map(|k| k / 2).collect();
            step.ints("pads", &pads);
        }
        _ => {}
    }
    if choices.byte().is_multiple_of(4) {
        let dilations = choices.some(axes, &[1, 2]);
        step.ints("dilations", &dilations);
    }
}

/// Fills a step in: the operator, where one is chosen that this value can go through.
fn chosen(step: &mut Step, flows: &[Flow], choices: &mut Choices<'_>) -> String {
    let flow = flows[flows.len() - 1 - choices.below(flows.len().min(4))].clone();
    let other = flows[choices.below(flows.len())].clone();
    step.inputs.push(flow.name.clone());
    let dims = &flow.dims;
    let op = match choices.below(8) {
        0 | 1 => learned(step, dims, choices),
        2 => choices.one(UNARY),
        3 => binary(step, (dims, &other), choices),
        4 => moved(step, (dims, &other), choices),
        5 => resized(step, dims, choices),
        6 => along(step, (dims, &other), choices),
        _ => parted(step, dims, choices),
    };
    op.to_owned()
}

fn learned(step: &mut Step, dims: &[i64], choices: &mut Choices<'_>) -> &'static str {
    let channels = dims.get(1).copied().unwrap_or(1);
    let axes = dims.len().saturating_sub(2);
    let out = choices.one(&[channels, 4, 6, 1]);
    let kernel = vec![choices.one(&[1, 3, 2, 5]); axes];
    match choices.below(8) {
        0..=2 => {
            let groups = choices.one(&[1, 1, channels, 2]);
            step.weight("weight", &[&[out, channels / groups.max(1)], kernel.as_slice()].concat());
            step.int("group", groups);
            if choices.has() {
                step.weight("bias", &[out]);
            }
            window(step, choices, &kernel);
            "Conv"
        }
        3 => {
            step.weight("weight", &[&[channels, out], kernel.as_slice()].concat());
            window(step, choices, &kernel);
            if choices.has() {
                let more = choices.some(axes, &[0, 1]);
                step.ints("output_padding", &more);
            }
            "ConvTranspose"
        }
        4 => {
            for role in ["weight", "bias", "running_mean", "running_var"] {
                step.weight(role, &[channels]);
            }
            "BatchNormalization"
        }
        5 => {
            let last = dims.last().copied().unwrap_or(1);
            if choices.has() && dims.len() == 2 {
                step.weight("weight", &[out, last]);
                step.int("transB", 1);
                return "Gemm";
            }
            step.weight("weight", &[last, out]);
            "MatMul"
        }
        6 => {
            let (op, size) = choices.one(&[
                ("LayerNormalization", dims.last().copied().unwrap_or(1)),
                ("InstanceNormalization", channels),
                ("GroupNormalization", channels),
                ("RMSNormalization", dims.last().copied().unwrap_or(1)),
            ]);
            step.weight("weight", &[size]);
            if op != "RMSNormalization" {
                step.weight("bias", &[size]);
            }
            step.int("num_groups", choices.one(&[1, 2]));
            op
        }
        _ => {
            step.weight("weight", &vec![choices.one(&[1, channels]), 1, 1][..choices.one(&[1, 3])]);
            "PRelu"
        }
    }
}

fn binary(step: &mut Step, (dims, other): (&[i64], &Flow), choices: &mut Choices<'_>) -> &'static str {
    let channels = dims.get(1).copied().unwrap_or(1);
    match choices.below(6) {
        0 => step.weight("scalar", &[]),
        1 => step.weight("vector", &[channels, 1, 1]),
        2 => step.weight("last", &[dims.last().copied().unwrap_or(1)]),
        3 => step.weight("whole", &[&[1], dims.get(1..).unwrap_or(&[])].concat()),
        _ => step.inputs.push(other.name.clone()),
    }
    if choices.has() {
        step.inputs.reverse();
    }
    choices.one(BINARY)
}

fn moved(step: &mut Step, (dims, other): (&[i64], &Flow), choices: &mut Choices<'_>) -> &'static str {
    let rank = dims.len();
    let axis = choices.below(rank) as i64;
    let is_new = choices.has();
    match choices.below(9) {
        0 => {
            step.inputs.push(other.name.clone());
            step.int("axis", if is_new { axis } else { 1 });
            "Concat"
        }
        1 => {
            let channels = dims.get(1).copied().unwrap_or(1);
            let rest = dims.get(2..).unwrap_or(&[]);
            let shape = match choices.below(5) {
                0 => vec![0, -1],
                1 => vec![0, channels, -1],
                2 => [&[0, 2, channels / 2], rest].concat(),
                3 => [&[-1, channels], rest].concat(),
                _ => choices.some(3, &[0, 1, 2, -1, 4, 6, 8]),
            };
            step.numbers("shape", &shape);
            "Reshape"
        }
        2 => {
            let mut order: Vec<i64> = (0..rank as i64).collect();
            for at in 1..rank {
                order.swap(at, 1 + choices.below(rank - 1));
            }
            step.ints("perm", &order);
            "Transpose"
        }
        3 => {
            step.either(is_new, "axes", &[axis]);
            if choices.has() { "Squeeze" } else { "Unsqueeze" }
        }
        4 => {
            let shape: Vec<i64> = dims.iter().map(|dim| if *dim == 1 { choices.one(&[1, 3]) } else { *dim }).collect();
            step.numbers("shape", &shape);
            "Expand"
        }
        5 => {
            let repeats: Vec<i64> = (0..rank).map(|at| if at == 0 { 1 } else { choices.one(&[1, 2]) }).collect();
            step.numbers("repeats", &repeats);
            "Tile"
        }
        6 => {
            let indices = choices.some(2, &[0, 1, -1, 2]);
            step.numbers("indices", &indices);
            step.int("axis", axis);
            "Gather"
        }
        7 => {
            step.word("equation", choices.one(EQUATIONS));
            if choices.has() {
                step.inputs.push(other.name.clone());
            }
            "Einsum"
        }
        _ => {
            step.inputs.push(other.name.clone());
            "MatMul"
        }
    }
}

fn resized(step: &mut Step, dims: &[i64], choices: &mut Choices<'_>) -> &'static str {
    let axes = dims.len().saturating_sub(2);
    let kernel = vec![choices.one(&[2, 3, 1]); axes];
    match choices.below(6) {
        0 | 1 => {
            step.ints("kernel_shape", &kernel);
            window(step, choices, &kernel);
            step.int("ceil_mode", i64::from(choices.has()));
            choices.one(&["MaxPool", "AveragePool", "LpPool"])
        }
        2 => {
            let scales: Vec<f32> = (0..dims.len()).map(|at| if at < 2 { 1.0 } else { choices.one(&[2.0, 0.5, 1.5]) }).collect();
            let name = format!("n{}.scales", step.at);
            step.fields.push(floats(&name, &[scales.len() as u64], &scales));
            step.inputs.extend([String::new(), name]);
            step.word("mode", choices.one(&["nearest", "linear", "cubic"]));
            let where_ = ["half_pixel", "asymmetric", "align_corners", "pytorch_half_pixel"];
            step.word("coordinate_transformation_mode", choices.one(&where_));
            step.word("nearest_mode", choices.one(&["floor", "round_prefer_floor", "ceil"]));
            "Resize"
        }
        3 => {
            let pads: Vec<i64> =
                (0..dims.len() * 2).map(|at| if at % dims.len() < 2 { 0 } else { choices.one(&[0, 1, -1, 2]) }).collect();
            step.either(choices.has(), "pads", &pads);
            step.word("mode", choices.one(&["constant", "reflect", "edge", "wrap"]));
            "Pad"
        }
        4 => {
            step.int("blocksize", 2);
            step.word("mode", choices.one(&["DCR", "CRD"]));
            choices.one(&["DepthToSpace", "SpaceToDepth"])
        }
        _ => {
            step.int("size", 3);
            "LRN"
        }
    }
}

fn along(step: &mut Step, (dims, other): (&[i64], &Flow), choices: &mut Choices<'_>) -> &'static str {
    let axis = choices.below(dims.len()) as i64;
    match choices.below(6) {
        0 => {
            step.int("axis", choices.one(&[axis, -1, 1]));
            choices.one(ALONG)
        }
        1 | 2 => {
            step.int("keepdims", i64::from(choices.has()));
            let own = [axis];
            let axes = choices.one(&[&own[..], &[2, 3], &[-1], &[1], &[-2, -1]]);
            step.either(choices.has(), "axes", axes);
            choices.one(REDUCE)
        }
        3 => {
            step.weight("min", &[]);
            step.weight("max", &[]);
            "Clip"
        }
        4 => {
            let (op, name) = choices.one(NUMBERED);
            step.float(name, choices.one(&[0.5, 1.0, 2.0]));
            op
        }
        _ => {
            step.inputs.push(other.name.clone());
            choices.one(&["MatMul", "Max", "Mul", "Sub"])
        }
    }
}

fn parted(step: &mut Step, dims: &[i64], choices: &mut Choices<'_>) -> &'static str {
    let axis = choices.below(dims.len());
    let size = dims[axis];
    if choices.has() {
        step.outputs = 2;
        step.int("axis", axis as i64);
        let first = choices.one(&[size / 2, 1, size - 1]);
        step.either(choices.has(), "split", &[first, size - first]);
        return "Split";
    }
    let is_new = choices.has();
    let [start, end] = [choices.one(&[0, 1, -2, 2]), choices.one(&[i64::MAX, size, -1, 3])];
    step.either(is_new, "starts", &[start]);
    step.either(is_new, "ends", &[end]);
    step.either(is_new, "axes", &[axis as i64]);
    if is_new {
        step.numbers("steps", &[choices.one(&[1, 2, -1])]);
    }
    "Slice"
}

/// The bytes of a model that is read, of any operators.
pub fn grown(bytes: &[u8]) -> Vec<u8> {
    let choices = &mut Choices(bytes);
    let dims = choices.one(&[&[1, 4, 6, 6][..], &[1, 8, 5], &[1, 6], &[1, 4, 7, 3], &[1, 1, 1, 1], &[2, 3, 4]]);
    let opset = choices.one(&[17, 13, 9, 11, 20, 21]);
    let mut flows = vec![Flow { name: "x".to_owned(), dims: dims.to_vec() }];
    let (mut fields, mut outputs) = (Vec::new(), vec!["x".to_owned()]);
    for at in 0..MOST_NODES {
        if choices.0.is_empty() {
            break;
        }
        let scope = choices.one(&SCOPES).to_owned();
        let mut step = Step { fields: Vec::new(), inputs: Vec::new(), attributes: Vec::new(), outputs: 1, at, scope };
        let op = chosen(&mut step, &flows, choices);
        let made = step.node(&op, choices);
        let with = [fields.as_slice(), step.fields.as_slice()].concat();
        let all = model(dims, opset, (&with, &made));
        let Some(imported) = read(Cursor::new(&all)).ok().and_then(|model| import(&model).ok()) else { continue };
        let Ok(shaped) = infer(imported.graph) else { panic!("shapes that were claimed do not fit") };
        let count = shaped.graph().outputs().iter().map(|(_, id)| shaped.shape(*id).elements().unwrap_or(u64::MAX)).max();
        if count.is_none_or(|count| count > MOST_ELEMENTS) {
            continue;
        }
        let shape = |id| [1].into_iter().chain(shaped.shape(id).to_vec().into_iter().map(|dim| dim as i64)).collect();
        let flow = |(name, (_, id)): (&String, &(String, _))| Flow { name: name.clone(), dims: shape(*id) };
        flows.extend(made.iter().zip(shaped.graph().outputs()).map(flow));
        fields = with;
        outputs.retain(|output| *output != "x" && choices.byte().is_multiple_of(4));
        outputs.extend(made);
    }
    model(dims, opset, (&fields, &outputs))
}

fn model(dims: &[i64], opset: u64, (fields, outputs): (&[Vec<u8>], &[String])) -> Vec<u8> {
    let dims: Vec<u64> = dims.iter().map(|dim| *dim as u64).collect();
    let outputs: Vec<u8> = outputs.iter().flat_map(|output| field(12, &value(output, &[]))).collect();
    let graph = [fields.concat(), field(11, &value("x", &dims)), outputs].concat();
    [number(1, 8), field(8, &number(2, opset)), field(7, &graph)].concat()
}
