//! A graph as flat `.net` text: every layer in order of execution, blocks unrolled.
//!
//! In: any [`Graph`]. Out: text that parses to an isomorphic graph (same operations, inputs and order). Dotted names
//! become identifiers, each dot and other foreign character a `_`; a run of layers with one scope becomes one pipeline, so that most layers keep their names.
//! Shapes and layout are not this module's: `syntax::format` lays the text out.

use std::collections::{BTreeSet, HashMap};
use std::fmt::Write as _;

use super::{Graph, Node, NodeId};
use crate::op::args::ArgValue;
use crate::op::{Merge, Op, ScalarOp, table};
use crate::words;

/// The graph as `.net` text.
#[must_use]
pub fn print(graph: &Graph) -> String {
    let mut printer = Printer::new(graph);
    printer.head();
    for run in runs(graph) {
        printer.run(&run);
    }
    printer.tail();
    printer.text
}

/// Nodes that stand in one pipeline: consecutive, each the only user of the one before, all in one scope.
fn runs(graph: &Graph) -> Vec<Vec<NodeId>> {
    let mut runs: Vec<Vec<NodeId>> = Vec::new();
    for id in graph.order() {
        let node = graph.node(id);
        if matches!(node.op, Op::Input(_)) {
            continue;
        }
        match runs.last_mut() {
            Some(run) if run.last().is_some_and(|last| continues(graph, *last, node)) => run.push(id),
            Some(_) | None => runs.push(vec![id]),
        }
    }
    runs
}

fn continues(graph: &Graph, last: NodeId, node: &Node) -> bool {
    let before = graph.node(last);
    node.inputs == [last]
        && graph.only_user(last).is_some()
        && !graph.is_output(last)
        && !matches!(node.op, Op::Scalar(_))
        && scope(node) == scope(before)
        && node.origin.instance == before.origin.instance
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
    /// What each tensor is called in the text.
    names: HashMap<NodeId, String>,
    taken: BTreeSet<String>,
    counters: HashMap<String, u64>,
    /// The output that comes next, so that outputs keep their order.
    next_output: usize,
    /// Nodes that are several outputs.
    repeated: BTreeSet<NodeId>,
    /// The block instance that the last comment named.
    instance: Option<&'a str>,
}

impl<'a> Printer<'a> {
    fn new(graph: &'a Graph) -> Self {
        let defined = [words::ARGUMENTS, words::FUNCTIONS].into_iter().flatten().copied();
        let mut taken: BTreeSet<String> = words::reserved().chain(defined).map(str::to_owned).collect();
        taken.extend(table::OPS.iter().map(|op| op.keyword.to_owned()));
        taken.extend(graph.outputs().iter().map(|(name, _)| identifier(name)));
        let mut once = BTreeSet::new();
        let repeated = graph.outputs().iter().map(|(_, id)| *id).filter(|id| !once.insert(*id)).collect();
        Self {
            graph,
            text: String::new(),
            names: HashMap::new(),
            taken,
            counters: HashMap::new(),
            next_output: 0,
            repeated,
            instance: None,
        }
    }

    fn head(&mut self) {
        for line in self.graph.doc().into_iter().flat_map(str::lines) {
            let _ = writeln!(self.text, "{}", format!("# {line}").trim_end());
        }
        let _ = writeln!(self.text, "net {} {{", identifier(self.graph.name()));
        for &id in self.graph.inputs() {
            let node = self.graph.node(id);
            if let Op::Input(shape) = &node.op {
                let name = self.claim(&node.name);
                let _ = writeln!(self.text, "    input {name}: {shape}");
                self.names.insert(id, name);
            }
        }
        self.text.push('\n');
    }

    fn run(&mut self, run: &[NodeId]) {
        let (first, last) = (run[0], run[run.len() - 1]);
        self.comment(first);
        let mut pipe = self.first_stage(self.graph.node(first));
        for id in &run[1..] {
            let _ = write!(pipe, " -> {}", call(&self.graph.node(*id).op));
        }
        let scope = scope(self.graph.node(first));
        let name = if self.is_next_output(last, scope) {
            self.next_output += 1;
            let name = identifier(scope);
            let _ = writeln!(self.text, "    output {name} = {pipe}");
            name
        } else {
            let name = self.claim(scope);
            let _ = writeln!(self.text, "    {name} = {pipe}");
            name
        };
        self.names.insert(last, name);
    }

    /// Whether the pipeline can be written as the next output: its name is the output's, and nothing else uses it.
    fn is_next_output(&self, last: NodeId, scope: &str) -> bool {
        self.graph.outputs().get(self.next_output).is_some_and(|(name, id)| *id == last && name == scope)
            && identifier(scope) == scope
            && self.graph.users(last).is_empty()
            && !self.repeated.contains(&last)
    }

    /// Names the outermost block instance where it changes, and marks what a refinement inserted.
    fn comment(&mut self, id: NodeId) {
        let mut outermost = None;
        let mut at = self.graph.node(id).origin.instance;
        while let Some(instance) = at.map(|id| self.graph.instance(id)) {
            outermost = Some(instance);
            at = instance.parent;
        }
        let path = outermost.map(|instance| instance.path.as_str());
        if path != self.instance {
            self.instance = path;
            if let Some(instance) = outermost {
                let _ = writeln!(self.text, "\n    # {}: {}", instance.path, instance.block);
            } else if !self.text.ends_with("\n\n") {
                self.text.push('\n');
            }
        }
        let node = self.graph.node(id);
        if node.origin.made_by.is_some()
            && let Some((layer, part)) = node.name.rsplit_once('.')
        {
            let _ = writeln!(self.text, "    # inserted: {part} of {layer}");
        }
    }

    fn tail(&mut self) {
        let graph = self.graph;
        if self.next_output < graph.outputs().len() {
            self.text.push('\n');
        }
        for (name, id) in &graph.outputs()[self.next_output..] {
            let _ = writeln!(self.text, "    output {} = {}", identifier(name), self.names[id]);
        }
        self.text.push_str("}\n");
    }

    fn first_stage(&self, node: &Node) -> String {
        let inputs: Vec<&str> = node.inputs.iter().map(|id| self.names[id].as_str()).collect();
        if let Some(expression) = infix(&node.op, &inputs) {
            return expression;
        }
        let call = call(&node.op);
        match inputs.as_slice() {
            [] => call,
            [one] => format!("{one} -> {call}"),
            many => format!("{call}({})", many.join(", ")),
        }
    }

    /// An identifier for a dotted name that no other binding has.
    fn claim(&mut self, name: &str) -> String {
        let base = identifier(name);
        let mut free = base.clone();
        // The counter is kept, so that a scope that comes back 100,000 times does not try every number again.
        let next = self.counters.entry(base.clone()).or_insert(2);
        while self.taken.contains(&free) {
            free = format!("{base}_{next}");
            *next += 1;
        }
        self.taken.insert(free.clone());
        free
    }
}

/// Arithmetic is written as such.
fn infix(op: &Op, inputs: &[&str]) -> Option<String> {
    match (op, inputs) {
        (Op::Elementwise(e), [a, b]) => {
            let sign = match e.merge {
                Merge::Add => '+',
                Merge::Mul => '*',
                Merge::Sub => '-',
                Merge::Max => return None,
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
                ScalarOp::Max => format!("max({x}, {value})"),
            })
        }
        _ => None,
    }
}

/// The operation with the arguments that differ from their defaults: `conv(64, 3, pad=1)`, `relu`.
#[must_use]
pub fn call(op: &Op) -> String {
    let keyword = op.keyword();
    let params = table::find(keyword).map_or(&[][..], |info| info.params);
    let mut positional = true;
    let mut args = Vec::new();
    for (i, (name, value)) in table::printed_args(op).into_iter().enumerate() {
        positional &= i < 2 && params.get(i).is_some_and(|p| p.name == name);
        args.push(if positional { text(&value) } else { format!("{name}={}", text(&value)) });
    }
    // A kernel of 1 is the default, and what a reader looks for first.
    if matches!(op, Op::Conv(conv) if conv.kernel == [1, 1] && !conv.depthwise) {
        args.insert(1, "1".to_owned());
    }
    if args.is_empty() { keyword.to_owned() } else { format!("{keyword}({})", args.join(", ")) }
}

fn text(value: &ArgValue) -> String {
    match value {
        ArgValue::Int(n) => n.to_string(),
        ArgValue::Float(x) => float(*x),
        ArgValue::Bool(b) => b.to_string(),
        ArgValue::Str(s) if words::stands_for_itself(s) => s.clone(),
        ArgValue::Str(s) => format!("\"{s}\""),
        ArgValue::List(items) => format!("[{}]", items.iter().map(text).collect::<Vec<_>>().join(", ")),
    }
}

/// The shortest text that reads back as the same number, always with a point or an exponent.
fn float(x: f64) -> String {
    format!("{x:?}")
}

fn identifier(name: &str) -> String {
    let mut out: String = name.chars().map(|c| if c.is_ascii_alphanumeric() || c == '_' { c } else { '_' }).collect();
    if !out.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_') {
        out.insert(0, '_');
    }
    out
}
