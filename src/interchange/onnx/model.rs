//! A model as the importer walks it: nodes in order of execution, functions written out, tensors by name.
//!
//! In: a file. Out: a [`Model`]. What the format allows in several ways is one way here: initializers that older versions also
//! list as inputs are no inputs, functions and branches that are always taken stand in place of their calls, and every value
//! has one name. What does not hold together is an error; nothing is known here of what operators mean.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::io::{Read, Seek};

use prost::Message;

use super::attributes::Attributes;
use super::error::FormatError;
use super::export::PRODUCER;
use super::export::REMARK;
use super::proto::{AttributeProto, Extent, FunctionProto, ModelProto, NodeProto, ValueInfoProto};
use super::scope::Scope;
use super::slim::slim;
use super::tensor::{ElementType, Stored};

/// The newest version of ONNX's operators that is known.
const NEWEST: i64 = 27;
/// So many nodes at most, functions written out.
const MOST_NODES: usize = 1 << 19;
/// Nodes that functions make take so many bytes at most for a byte of the file, and so many in any file.
const MOST_BYTES: (usize, usize) = (64, 16 << 20);
/// What a node takes besides its texts and attributes.
const NODE_BYTES: usize = 512;
/// Functions within functions.
const MOST_CALLS: usize = 64;

/// A network of another program.
#[derive(Debug, Clone)]
pub struct Model {
    /// Its name.
    pub name: String,
    /// The program that wrote it, with its version.
    pub producer: String,
    /// What it says of itself.
    pub doc: String,
    /// The version of ONNX's operators.
    pub opset: i64,
    /// What is brought when it is run.
    pub inputs: Vec<Input>,
    /// Names of the values that it gives.
    pub outputs: Vec<String>,
    /// Operators in order of execution.
    pub nodes: Vec<Node>,
    /// Tensors with values by name.
    pub tensors: HashMap<String, Stored>,
}

/// An input of a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Input {
    /// Its name.
    pub name: String,
    /// What its elements are.
    pub element: ElementType,
    /// Its dimensions; `None` where nothing is said.
    pub dims: Option<Vec<Extent>>,
}

/// One use of an operator.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Its name; may be empty.
    pub name: String,
    /// The operator.
    pub op: String,
    /// Empty for ONNX's own operators.
    pub domain: String,
    /// Values that it reads; `None` where an optional one is left out.
    pub inputs: Vec<Option<String>>,
    /// Values that it makes; empty where nobody wants one.
    pub outputs: Vec<String>,
    /// Its attributes.
    pub attributes: Attributes,
    /// Where it came from.
    pub scope: Scope,
    /// What this program remarked of it.
    pub remark: Option<String>,
    /// Graphs of which one stands in its place, by the names of the attributes that hold them.
    pub branches: Vec<(String, Branch)>,
}

/// A graph within a node, which sees the values round it.
#[derive(Debug, Clone, PartialEq)]
pub struct Branch {
    /// Operators in order of execution.
    pub nodes: Vec<Node>,
    /// Names of the values that it gives.
    pub outputs: Vec<String>,
    /// Tensors with values by name.
    pub tensors: BTreeMap<String, Stored>,
}

impl Model {
    /// Whether this program wrote it.
    #[must_use]
    pub fn is_ours(&self) -> bool {
        self.producer.split(' ').next() == Some(PRODUCER)
    }

    /// Takes a value for an input, which is then as constant as a weight.
    pub fn give(&mut self, input: &str, value: Stored) {
        self.inputs.retain(|own| own.name != input);
        self.tensors.insert(input.to_owned(), value);
    }
}

impl Branch {
    /// The values that it reads and does not make.
    fn reads(&self) -> Vec<&str> {
        let mut made: HashSet<&str> = self.tensors.keys().map(String::as_str).collect();
        let mut read = Vec::new();
        for node in &self.nodes {
            read.extend(node.reads().into_iter().filter(|name| !made.contains(name)));
            made.extend(node.outputs.iter().map(String::as_str));
        }
        read.extend(self.outputs.iter().map(String::as_str).filter(|name| !made.contains(name)));
        read
    }
}

impl Node {
    /// The values that it reads, those of its branches among them.
    fn reads(&self) -> Vec<&str> {
        let own = self.inputs.iter().flatten().map(String::as_str);
        own.chain(self.branches.iter().flat_map(|(_, branch)| branch.reads())).collect()
    }

    /// The node as messages name it: "`/conv1/Conv` (`Conv`)", or by its output where it has no name.
    #[must_use]
    pub fn shown(&self) -> String {
        let name = if self.name.is_empty() { self.outputs.first().map_or("", String::as_str) } else { &self.name };
        format!("`{name}` (`{}`)", self.op)
    }
}

/// Reads a model's structure.
///
/// # Errors
/// The file cannot be read or is no ONNX model.
pub fn read(file: impl Read + Seek) -> Result<Model, FormatError> {
    let bytes = slim(file)?;
    let model = ModelProto::decode(bytes.as_slice()).map_err(|error| not_onnx(error.to_string()))?;
    flat(model, bytes.len())
}

fn not_onnx(why: impl Into<String>) -> FormatError {
    FormatError::NotOnnx { why: why.into() }
}

fn flat(model: ModelProto, bytes: usize) -> Result<Model, FormatError> {
    let graph = model.graph.ok_or_else(|| not_onnx("it holds no graph"))?;
    let own = model.opset_import.iter().find(|set| is_own(&set.domain));
    let opset =
        own.map(|set| set.version).ok_or_else(|| not_onnx("it does not say which version of ONNX's operators it uses"))?;
    if !(1..=NEWEST).contains(&opset) {
        return Err(not_onnx(format!("it uses version {opset} of ONNX's operators, of which 1 to {NEWEST} are known")));
    }
    let mut functions = HashMap::new();
    for function in &model.functions {
        if functions.insert((function.domain.as_str(), function.name.as_str()), function).is_some() {
            return Err(not_onnx(format!("the function `{}` is there twice", function.name)));
        }
        let own = function.opset_import.iter().find(|set| is_own(&set.domain));
        if let Some(set) = own.filter(|set| set.version != opset) {
            let version = set.version;
            return Err(not_onnx(format!(
                "the function `{}` uses version {version} of the operators, and the model {opset}",
                function.name
            )));
        }
    }
    let mut flattener =
        Flattener { functions, nodes: Vec::new(), held: 0, calls: 0, left: bytes.saturating_mul(MOST_BYTES.0).max(MOST_BYTES.1) };
    let mut tensors = HashMap::new();
    for proto in &graph.initializer {
        if tensors.insert(proto.name.clone(), Stored::read(proto)?).is_some() {
            return Err(FormatError::Tensor { name: proto.name.clone(), why: "it is there twice".to_owned() });
        }
    }
    if let Some(sparse) = graph.sparse_initializer.first() {
        let name = sparse.values.as_ref().map_or_else(String::new, |values| values.name.clone());
        return Err(FormatError::Tensor { name, why: "sparse tensors are not read: write it dense".to_owned() });
    }
    let inputs = graph.input.iter().filter(|input| !tensors.contains_key(&input.name)).map(input).collect::<Result<_, _>>()?;
    flattener.nodes(&graph.node, &Names::default(), 0)?;
    let nodes = alike(in_order(flattener.nodes, &tensors, &inputs)?, &mut tensors);
    let outputs = graph.output.iter().map(|output| output.name.clone()).collect();
    let producer = [model.producer_name, model.producer_version].join(" ").trim().to_owned();
    Ok(Model { name: graph.name, doc: graph.doc_string, producer, opset, inputs, outputs, nodes, tensors })
}

/// Whether a set of operators is ONNX's own.
pub(super) fn is_own(domain: &str) -> bool {
    matches!(domain, "" | "ai.onnx")
}

fn input(proto: &ValueInfoProto) -> Result<Input, FormatError> {
    let wrong = |why: &str| FormatError::Tensor { name: proto.name.clone(), why: why.to_owned() };
    let tensor = proto.r#type.as_ref().and_then(|r#type| r#type.tensor_type.as_ref());
    let tensor = tensor.ok_or_else(|| wrong("it is an input and no tensor: sequences, maps and optional values are not read"))?;
    let element = ElementType::of(tensor.elem_type).map_err(|name| wrong(&format!("inputs of type {name} are not read")))?;
    let dims = tensor.shape.as_ref().map(|shape| {
        let extent = |value: &Option<Extent>| value.clone().unwrap_or(Extent::DimParam(String::new()));
        shape.dim.iter().map(|dim| extent(&dim.value)).collect()
    });
    Ok(Input { name: proto.name.clone(), element, dims })
}

/// What values and attributes of a function are in its caller; nothing outside functions.
#[derive(Default)]
struct Names<'a> {
    values: HashMap<&'a str, String>,
    attributes: HashMap<&'a str, Option<&'a AttributeProto>>,
    /// What begins the names of values that the function makes itself.
    prefix: String,
}

impl Names<'_> {
    fn value(&self, name: &str) -> String {
        if name.is_empty() || self.prefix.is_empty() {
            return name.to_owned();
        }
        self.values.get(name).cloned().unwrap_or_else(|| format!("{}{name}", self.prefix))
    }

    fn attribute(&self, proto: &AttributeProto) -> Option<AttributeProto> {
        if proto.ref_attr_name.is_empty() {
            return Some(proto.clone());
        }
        let given = self.attributes.get(proto.ref_attr_name.as_str()).copied().flatten()?;
        Some(AttributeProto { name: proto.name.clone(), ..given.clone() })
    }
}

struct Flattener<'a> {
    functions: HashMap<(&'a str, &'a str), &'a FunctionProto>,
    nodes: Vec<Node>,
    /// Nodes within branches.
    held: usize,
    calls: usize,
    /// Bytes that nodes may still take.
    left: usize,
}

impl<'a> Flattener<'a> {
    fn nodes(&mut self, nodes: &'a [NodeProto], names: &Names<'_>, depth: usize) -> Result<(), FormatError> {
        for proto in nodes {
            let called = (proto.domain.as_str(), proto.op_type.as_str());
            match self.functions.get(&called).copied() {
                Some(function) => self.call(proto, function, names, depth)?,
                None => self.node(proto, names, depth)?,
            }
        }
        Ok(())
    }

    fn node(&mut self, proto: &'a NodeProto, names: &Names<'_>, depth: usize) -> Result<(), FormatError> {
        let branches = self.branches(proto, names, depth)?;
        if self.nodes.len() + self.held >= MOST_NODES {
            return Err(FormatError::TooLarge);
        }
        let attributes: Vec<AttributeProto> = proto.attribute.iter().filter_map(|attribute| names.attribute(attribute)).collect();
        let inputs: Vec<String> = proto.input.iter().map(|name| names.value(name)).collect();
        let outputs: Vec<String> = proto.output.iter().map(|name| names.value(name)).collect();
        let texts: usize = inputs.iter().chain(&outputs).map(String::len).sum();
        let values: usize = attributes.iter().map(Message::encoded_len).sum();
        let taken = NODE_BYTES + names.prefix.len() + proto.name.len() + texts + values;
        self.left = self.left.checked_sub(taken).ok_or(FormatError::TooLarge)?;
        self.nodes.push(Node {
            name: format!("{}{}", names.prefix, proto.name),
            op: proto.op_type.clone(),
            domain: proto.domain.clone(),
            inputs: inputs.into_iter().map(|name| Some(name).filter(|name| !name.is_empty())).collect(),
            outputs,
            attributes: Attributes::new(attributes),
            scope: Scope::of(proto),
            remark: proto.metadata_props.iter().find(|entry| entry.key == REMARK).map(|entry| entry.value.clone()),
            branches,
        });
        Ok(())
    }

    /// The graphs of an operator that takes one of them.
    fn branches(&mut self, proto: &'a NodeProto, names: &Names<'_>, depth: usize) -> Result<Vec<(String, Branch)>, FormatError> {
        if proto.op_type != "If" || !is_own(&proto.domain) {
            return Ok(Vec::new());
        }
        if depth >= MOST_CALLS {
            return Err(FormatError::TooDeep);
        }
        let mut branches = Vec::new();
        for attribute in &proto.attribute {
            let Some(graph) = attribute.g.as_deref() else { continue };
            let outer = std::mem::take(&mut self.nodes);
            let made = self.nodes(&graph.node, names, depth + 1);
            let nodes = std::mem::replace(&mut self.nodes, outer);
            made?;
            self.held += nodes.len();
            let mut tensors = BTreeMap::new();
            for tensor in &graph.initializer {
                tensors.insert(names.value(&tensor.name), Stored::read(tensor)?);
            }
            let outputs = graph.output.iter().map(|output| names.value(&output.name)).collect();
            branches.push((attribute.name.clone(), Branch { nodes, outputs, tensors }));
        }
        Ok(branches)
    }

    /// The nodes of a function in place of its call.
    fn call(
        &mut self,
        call: &'a NodeProto,
        function: &'a FunctionProto,
        names: &Names<'_>,
        depth: usize,
    ) -> Result<(), FormatError> {
        if depth >= MOST_CALLS {
            return Err(not_onnx(format!("function `{}` calls functions more than {MOST_CALLS} deep", function.name)));
        }
        self.calls += 1;
        if self.calls > MOST_NODES {
            return Err(FormatError::TooLarge);
        }
        let mut inner = Names { prefix: format!("{}{}/", names.prefix, self.calls), ..Names::default() };
        let passed = |own: &'a [String], given: &[String]| -> Vec<(&'a str, String)> {
            own.iter().zip(given).map(|(own, given)| (own.as_str(), names.value(given))).collect()
        };
        inner.values.extend(passed(&function.input, &call.input));
        inner.values.extend(passed(&function.output, &call.output).into_iter().filter(|(_, given)| !given.is_empty()));
        // Inputs that the call leaves out are left out within as well.
        inner.values.extend(function.input.iter().skip(call.input.len()).map(|own| (own.as_str(), String::new())));
        let resolved: Vec<AttributeProto> = call.attribute.iter().filter_map(|attribute| names.attribute(attribute)).collect();
        let given = |name: &str| resolved.iter().find(|attribute| attribute.name == name);
        let all = function.attribute.iter().map(|name| (name.as_str(), given(name)));
        inner.attributes = all.collect();
        for default in &function.attribute_proto {
            inner.attributes.insert(&default.name, given(&default.name).or(Some(default)));
        }
        self.nodes(&function.node, &inner, depth + 1)
    }
}

/// The nodes without those that give a tensor another name. PyTorch's exporter stores equal tensors of several layers once,
/// under the name of one of them.
fn alike(nodes: Vec<Node>, tensors: &mut HashMap<String, Stored>) -> Vec<Node> {
    let mut kept = Vec::with_capacity(nodes.len());
    for node in nodes {
        let named = match (node.inputs.as_slice(), node.outputs.as_slice()) {
            ([Some(input)], [output]) if node.op == "Identity" && is_own(&node.domain) => {
                tensors.get(input).map(|own| (own, output))
            }
            _ => None,
        };
        match named {
            Some((own, output)) => drop(tensors.insert(output.clone(), own.clone())),
            None => kept.push(node),
        }
    }
    kept
}

/// The nodes with every value made before it is read.
fn in_order(nodes: Vec<Node>, tensors: &HashMap<String, Stored>, inputs: &Vec<Input>) -> Result<Vec<Node>, FormatError> {
    let mut known: HashSet<&str> = tensors.keys().map(String::as_str).collect();
    for input in inputs {
        if !known.insert(&input.name) {
            return Err(not_onnx(format!("the input `{}` is there twice", input.name)));
        }
    }
    let mut made: HashMap<&str, usize> = HashMap::new();
    for (at, node) in nodes.iter().enumerate() {
        for name in node.outputs.iter().filter(|name| !name.is_empty()) {
            if known.contains(name.as_str()) || made.insert(name, at).is_some() {
                return Err(not_onnx(format!("the value `{name}` is made twice")));
            }
        }
    }
    // Nearly all files are in order; the others are put in order by taking again and again what is ready.
    let mut waiting: Vec<usize> = Vec::with_capacity(nodes.len());
    let mut readers: Vec<Vec<usize>> = vec![Vec::new(); nodes.len()];
    for (at, node) in nodes.iter().enumerate() {
        let mut count = 0;
        for name in node.reads().into_iter().filter(|name| !known.contains(name)) {
            let maker = made.get(name);
            let maker = *maker.ok_or_else(|| not_onnx(format!("{} reads `{name}`, which nothing makes", node.shown())))?;
            readers[maker].push(at);
            count += 1;
        }
        waiting.push(count);
    }
    let mut ready: std::collections::BTreeSet<usize> = (0..nodes.len()).filter(|at| waiting[*at] == 0).collect();
    let mut order = Vec::with_capacity(nodes.len());
    while let Some(at) = ready.pop_first() {
        order.push(at);
        for reader in &readers[at] {
            waiting[*reader] -= 1;
            if waiting[*reader] == 0 {
                ready.insert(*reader);
            }
        }
    }
    if order.len() < nodes.len() {
        let stuck = (0..nodes.len()).find(|at| waiting[*at] > 0).map_or(String::new(), |at| nodes[at].shown());
        return Err(not_onnx(format!("{stuck} reads, by way of others, what it makes")));
    }
    let mut nodes: Vec<Option<Node>> = nodes.into_iter().map(Some).collect();
    Ok(order.into_iter().filter_map(|at| nodes[at].take()).collect())
}
