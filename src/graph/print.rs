//! A graph as flat `.net` text: every layer in order of execution, blocks unrolled.
//!
//! In: any [`Graph`]. Out: text that lowers to an isomorphic graph with the same names of layers and tensors, so weights fit
//! both. A run of layers with one scope becomes one pipeline bound to that scope; what a binding would call otherwise is named
//! by `as`, and tensors that are not called after their layer by `shared`. Shapes and layout are not this module's:
//! `syntax::format` lays the text out.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::fmt::Write as _;

use super::{Graph, LayerPath, Node, NodeId, NodeMap, Role};
use crate::op::args::ArgValue;
use crate::op::{Merge, Op, ScalarOp, table};
use crate::{quote, words};

/// Parameters of the printed net, and the shapes of inputs that are written with them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signature {
    /// Names and values.
    pub params: Vec<(String, i64)>,
    /// Inputs and their shapes, as text.
    pub shapes: BTreeMap<String, String>,
}

/// The graph as `.net` text.
#[must_use]
pub fn print(graph: &Graph) -> String {
    print_as(graph, &Signature::default())
}

/// The graph as the text of a net with parameters.
#[must_use]
pub fn print_as(graph: &Graph, signature: &Signature) -> String {
    let mut printer = Printer::new(graph);
    printer.head(signature);
    for run in runs(graph) {
        printer.run(&run);
    }
    printer.tail();
    printer.text
}

/// Nodes that stand in one pipeline: consecutive, each the only user of the one before, all in one scope.
fn runs(graph: &Graph) -> Vec<Vec<NodeId>> {
    let mut runs: Vec<Vec<NodeId>> = Vec::new();
    for id in graph.ids() {
        let node = graph.node(id);
        if matches!(node.op, Op::Input(_)) {
            continue;
        }
        match runs.last_mut() {
            Some(run) if continues(graph, run, node) => run.push(id),
            Some(_) | None => runs.push(vec![id]),
        }
    }
    runs
}

/// Whether the optimizer is to leave a layer alone: it was asked to, or the layer is part of a bottleneck already, which the
/// text would not say otherwise.
fn is_kept(node: &Node) -> bool {
    node.op.is_layer() && (node.directives.keep || node.origin.part.is_some())
}

fn continues(graph: &Graph, run: &[NodeId], node: &Node) -> bool {
    let Some(&last) = run.last() else { return false };
    let before = graph.node(last);
    node.inputs == [last]
        && graph.only_user(last).is_some()
        && !graph.is_output(last)
        && !matches!(node.op, Op::Scalar(_))
        && scope(node) == scope(before)
        && is_marked_alike(graph, run, node)
}

/// Whether a mark on the whole pipeline is right for a node too.
fn is_marked_alike(graph: &Graph, run: &[NodeId], node: &Node) -> bool {
    let mut layers = run.iter().map(|id| graph.node(*id)).filter(|node| node.op.is_layer());
    !node.op.is_layer() || layers.next().is_none_or(|layer| is_kept(layer) == is_kept(node))
}

/// The name without its last component, where that is the operation's own word.
fn scope(node: &Node) -> &str {
    let own = |leaf: &str| leaf.strip_prefix(node.op.keyword()).is_some_and(|rest| rest.is_empty() || rest.starts_with('_'));
    match node.name.rsplit_once('.') {
        Some((scope, leaf)) if own(leaf) => scope,
        Some(_) | None => &node.name,
    }
}

struct Printer<'a> {
    graph: &'a Graph,
    text: String,
    /// The node behind which nothing reads each tensor; `None` for outputs.
    last_reader: NodeMap<Option<NodeId>>,
    /// What each tensor is called in the text.
    values: HashMap<NodeId, String>,
    /// What each name in the text stands for; `None` for sets of shared weights and for names yet to come.
    bound: HashMap<String, Option<NodeId>>,
    counters: HashMap<String, u64>,
    /// Names of layers as the text will give them.
    layers: Names,
    /// Owners of tensors that were declared.
    shared: BTreeSet<&'a LayerPath>,
    /// The output that comes next, so that outputs keep their order.
    next_output: usize,
    /// Nodes that are several outputs.
    repeated: BTreeSet<NodeId>,
    /// The block instance that the last comment named.
    instance: Option<&'a str>,
}

/// Names as lowering gives them: `conv`, then `conv_2`, ….
#[derive(Default)]
struct Names {
    taken: HashSet<String>,
    last: HashMap<String, u64>,
}

impl Names {
    /// The name that a layer gets where it asks for this one.
    fn next(&self, asked: &str) -> (String, u64) {
        let mut number = self.last.get(asked).copied().unwrap_or(1);
        if !self.taken.contains(asked) {
            return (asked.to_owned(), number);
        }
        loop {
            number += 1;
            let name = format!("{asked}_{number}");
            if !self.taken.contains(&name) {
                return (name, number);
            }
        }
    }

    /// Whether a layer that asks for `asked` gets `wanted`, which is taken from here on either way.
    fn give(&mut self, asked: &str, wanted: &str) -> bool {
        let (name, number) = self.next(asked);
        self.taken.insert(wanted.to_owned());
        if name == wanted {
            self.last.insert(asked.to_owned(), number);
        }
        name == wanted
    }
}

impl<'a> Printer<'a> {
    fn new(graph: &'a Graph) -> Self {
        let mut once = BTreeSet::new();
        let repeated = graph.outputs().iter().map(|(_, id)| *id).filter(|id| !once.insert(*id)).collect();
        let mut last_reader = NodeMap::with_bound(graph.len());
        for id in graph.ids() {
            last_reader.insert(id, Some(id));
            graph.node(id).inputs.iter().for_each(|input| last_reader.insert(*input, Some(id)));
        }
        graph.outputs().iter().for_each(|(_, id)| last_reader.insert(*id, None));
        Self {
            graph,
            text: String::new(),
            last_reader,
            values: HashMap::new(),
            bound: graph.outputs().iter().map(|(name, _)| (name.clone(), None)).collect(),
            counters: HashMap::new(),
            layers: Names::default(),
            shared: BTreeSet::new(),
            next_output: 0,
            repeated,
            instance: None,
        }
    }

    fn head(&mut self, signature: &Signature) {
        for line in self.graph.doc().into_iter().flat_map(str::lines) {
            let _ = writeln!(self.text, "{}", format!("# {line}").trim_end());
        }
        let params: Vec<_> = signature.params.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let params = if params.is_empty() { String::new() } else { format!("({})", params.join(", ")) };
        let _ = writeln!(self.text, "net {}{params} {{", quoted_whole(self.graph.name()));
        self.bound.extend(signature.params.iter().map(|(name, _)| (name.clone(), None)));
        for &id in self.graph.inputs() {
            let node = self.graph.node(id);
            if let Op::Input(shape) = &node.op {
                let shape = signature.shapes.get(node.name.as_str()).cloned().unwrap_or_else(|| shape.to_string());
                let _ = writeln!(self.text, "    input {}: {shape}", quoted_whole(&node.name));
                self.layers.taken.insert(node.name.to_string());
                self.bind(id, node.name.to_string());
            }
        }
        self.text.push('\n');
    }

    fn bind(&mut self, id: NodeId, name: String) {
        self.bound.insert(name.clone(), Some(id));
        self.values.insert(id, name);
    }

    fn run(&mut self, run: &[NodeId]) {
        let (first, last) = (run[0], run[run.len() - 1]);
        self.comment(first);
        if run.iter().any(|id| is_kept(self.graph.node(*id))) {
            self.text.push_str("    @keep\n");
        }
        for id in run {
            self.declare(*id);
        }
        let scope = scope(self.graph.node(first)).to_owned();
        let is_output = self.is_next_output(last, &scope);
        let name = if is_output { scope } else { self.claim(&scope, first) };
        let mut pipe = self.first_stage(self.graph.node(first)) + &self.named(&name, first);
        for id in &run[1..] {
            let _ = write!(pipe, " -> {}{}", self.call(self.graph.node(*id)), self.named(&name, *id));
        }
        if is_output {
            self.next_output += 1;
            let _ = writeln!(self.text, "    output {} = {pipe}", quoted_whole(&name));
        } else {
            let _ = writeln!(self.text, "    {} = {pipe}", quoted(&name));
        }
        self.bind(last, name);
    }

    /// ` as name` where the binding would call the layer otherwise.
    fn named(&mut self, scope: &str, id: NodeId) -> String {
        let node = self.graph.node(id);
        let is_given = self.layers.give(&format!("{scope}.{}", node.op.keyword()), &node.name);
        if is_given { String::new() } else { format!(" as {}", quoted(&node.name)) }
    }

    /// Declares the set of shared weights that a node uses, once.
    fn declare(&mut self, id: NodeId) {
        let node = self.graph.node(id);
        if let Some(owner) = self.owner(node).filter(|owner| self.shared.insert(owner)) {
            let _ = writeln!(self.text, "    shared {} = {}", quoted_whole(owner), call(&node.op));
            self.bound.insert(owner.to_string(), None);
        }
    }

    /// What a node's tensors are called after, where that is not the node.
    fn owner(&self, node: &'a Node) -> Option<&'a LayerPath> {
        let owner = &self.graph.tensor(*node.tensors.first()?).owner;
        (*owner != node.name || self.graph.tensor(node.tensors[0]).users > 1).then_some(owner)
    }

    /// The call of a node's operation, or of its set of shared weights.
    fn call(&self, node: &'a Node) -> String {
        self.owner(node).map_or_else(|| call(&node.op), |owner| quoted_whole(owner).into_owned())
    }

    /// Whether the pipeline can be written as the next output: its name is the output's, and nothing else uses it.
    fn is_next_output(&self, last: NodeId, scope: &str) -> bool {
        self.graph.outputs().get(self.next_output).is_some_and(|(name, id)| *id == last && name == scope)
            && self.graph.users(last).is_empty()
            && !self.repeated.contains(&last)
    }

    /// Names the outermost block instance where it changes, and marks what a refinement inserted.
    fn comment(&mut self, id: NodeId) {
        let outermost = self.graph.enclosing(self.graph.node(id).origin.instance).last().map(|(_, instance)| instance);
        let path = outermost.map(|instance| instance.path.as_str());
        if path != self.instance {
            self.instance = path;
            if let Some(instance) = outermost {
                let _ = writeln!(self.text, "\n    # {}: {}", instance.path, instance.block);
            } else if !self.text.ends_with("\n\n") {
                self.text.push('\n');
            }
        }
        if let Some(part) = &self.graph.node(id).origin.part {
            let what = match part.role {
                Role::Core => return,
                Role::Factor(factor) | Role::Behind(factor) => factor.word(),
                Role::BehindCore => "between",
            };
            let _ = writeln!(self.text, "    # inserted: {what} of {}", part.of);
        }
    }

    fn tail(&mut self) {
        let graph = self.graph;
        if self.next_output < graph.outputs().len() {
            self.text.push('\n');
        }
        for (name, id) in &graph.outputs()[self.next_output..] {
            let value = &self.values[id];
            if value == name {
                let _ = writeln!(self.text, "    output {}", quoted_whole(name));
            } else {
                let _ = writeln!(self.text, "    output {} = {}", quoted_whole(name), quoted(value));
            }
        }
        self.text.push_str("}\n");
    }

    fn first_stage(&self, node: &'a Node) -> String {
        let inputs: Vec<_> = node.inputs.iter().map(|id| quoted(&self.values[id])).collect();
        if let Some(expression) = infix(&node.op, &inputs) {
            return expression;
        }
        let call = self.call(node);
        match inputs.as_slice() {
            [] if self.owner(node).is_some() => format!("{call}()"),
            [] => call,
            [one] => format!("{one} -> {call}"),
            many => format!("{call}({})", many.join(", ")),
        }
    }

    /// The scope as a name for the pipeline that begins at a node, or one like it where the scope's name is still needed for
    /// another tensor or has a meaning of its own.
    fn claim(&mut self, scope: &str, first: NodeId) -> String {
        let is_free = |printer: &Self, name: &str| match printer.bound.get(name) {
            None => !words::stands_for_itself(name),
            Some(None) => false,
            Some(Some(old)) => printer.last_reader[*old].is_some_and(|reader| reader <= first),
        };
        let mut free = scope.to_owned();
        // The counter is kept, so that a scope that comes back 100,000 times does not try every number again.
        let mut next = self.counters.get(scope).copied().unwrap_or(2);
        while !is_free(self, &free) {
            free = format!("{scope}_{next}");
            next += 1;
        }
        if free != scope {
            self.counters.insert(scope.to_owned(), next);
        }
        free
    }
}

/// A name or path as the language writes it.
fn quoted(name: &str) -> Cow<'_, str> {
    quote::quoted(name, words::is_reserved)
}

/// A name where only a single one may stand: one with dots is quoted as a whole.
#[must_use]
pub fn quoted_whole(name: &str) -> Cow<'_, str> {
    if name.contains('.') { Cow::Owned(format!("`{}`", name.replace(['`', '\n', '\r'], "_"))) } else { quoted(name) }
}

/// Arithmetic of these operands, which is written as such; `None` of everything else.
#[must_use]
pub fn infix(op: &Op, inputs: &[Cow<'_, str>]) -> Option<String> {
    match (op, inputs) {
        (Op::Elementwise(e), [a, b]) => {
            let sign = match e.merge {
                Merge::Add => "+",
                Merge::Mul => "*",
                Merge::Sub => "-",
                Merge::Div => "/",
                Merge::Pow => "**",
                Merge::Max | Merge::Min => return None,
            };
            Some(format!("{a} {sign} {b}"))
        }
        (Op::Scalar(s), [x]) => {
            let value = float(s.value);
            Some(match s.op {
                ScalarOp::Add => format!("{x} + {value}"),
                ScalarOp::Sub => format!("{x} - {value}"),
                ScalarOp::RevSub => format!("{value} - {x}"),
                ScalarOp::Mul => format!("{x} * {value}"),
                ScalarOp::Div => format!("{x} / {value}"),
                ScalarOp::RevDiv => format!("{value} / {x}"),
                ScalarOp::Pow => format!("{x} ** {value}"),
                // A sign before a power belongs to what comes out of it.
                ScalarOp::RevPow if s.value.is_sign_negative() => format!("({value}) ** {x}"),
                ScalarOp::RevPow => format!("{value} ** {x}"),
                ScalarOp::Max => format!("max({x}, {value})"),
                ScalarOp::Min => format!("min({x}, {value})"),
            })
        }
        _ => None,
    }
}

/// The operation with the arguments that differ from their defaults: `conv(64, 3, pad=1)`, `relu`.
#[must_use]
pub fn call(op: &Op) -> String {
    written(op, |_| true, |_| true, |_| None)
}

/// The same where some arguments, by name, are these texts.
#[must_use]
pub fn call_where(op: &Op, text: impl Fn(&str) -> Option<String>) -> String {
    written(op, |_| true, |_| true, text)
}

/// The same with those arguments alone that `keeps`, by name, and with what always stands by position, the sizes.
#[must_use]
pub fn call_with(op: &Op, keeps: impl Fn(&str) -> bool) -> String {
    written(op, |name| name != "stride", keeps, |_| None)
}

fn written(
    op: &Op,
    stands: impl Fn(&str) -> bool,
    keeps: impl Fn(&str) -> bool,
    text: impl Fn(&str) -> Option<String>,
) -> String {
    let keyword = op.keyword();
    let params = table::find(keyword).map_or(&[][..], |info| info.params);
    let own = table::printed_args(op);
    let value = |name: &str| own.iter().find(|(own, _)| *own == name).map(|(_, value)| argument(value));
    let given = params.iter().filter_map(|p| text(p.name).or_else(|| value(p.name)).map(|value| (p.name, value)));
    let mut positional = true;
    let mut args = Vec::new();
    for (i, (name, value)) in given.enumerate() {
        positional &= i < 2 && params.get(i).is_some_and(|p| p.name == name) && stands(name);
        if positional {
            args.push(value);
        } else if keeps(name) {
            args.push(format!("{name}={value}"));
        }
    }
    // A kernel of 1 is the default, and what a reader looks for first.
    let is_default = text("k").is_none();
    if matches!(op, Op::Conv(conv) if conv.kernel == [1, 1] && !conv.depthwise && is_default) {
        args.insert(1, "1".to_owned());
    }
    if args.is_empty() { keyword.to_owned() } else { format!("{keyword}({})", args.join(", ")) }
}

/// A value as an argument is written.
#[must_use]
pub fn argument(value: &ArgValue) -> String {
    match value {
        ArgValue::Int(n) => n.to_string(),
        ArgValue::Float(x) => float(*x),
        ArgValue::Bool(b) => b.to_string(),
        ArgValue::Str(s) if words::stands_for_itself(s) => s.clone(),
        ArgValue::Str(s) => format!("\"{s}\""),
        ArgValue::List(items) => format!("[{}]", items.iter().map(argument).collect::<Vec<_>>().join(", ")),
    }
}

/// The shortest text that reads back as the same number, always with a point or an exponent.
fn float(x: f64) -> String {
    format!("{x:?}")
}
