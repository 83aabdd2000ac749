//! What nodes of a model are called here.
//!
//! A layer is called after the module that its weights are of (`layer1.0.conv1` of `layer1.0.conv1.weight`), so that
//! PyTorch's weights fit it by name, unless it came from another module: exporters store equal tensors of several layers once.
//! Anything else is called after the module that it came from, with the operation's word where that module does several things or
//! holds others. No two layers are called alike, and none as a module that holds layers is.

use std::collections::{HashMap, HashSet};

use super::super::model::{Model, Node};
use crate::interchange::naming::path as module;
use crate::op::Op;

/// Endings of names of tensors behind the name of the module that has them.
const ROLES: [&str; 7] = [".weight", ".bias", ".running_mean", ".running_var", ".gamma", ".beta", ".kernel"];

/// The names that are taken.
#[derive(Default)]
pub(super) struct Names {
    taken: HashSet<String>,
    /// Scopes that layers stand in.
    scopes: HashSet<String>,
    outputs: HashSet<String>,
    /// The last number that was appended to a name; of outputs apart.
    last: HashMap<String, u64>,
    last_output: HashMap<String, u64>,
    /// How many operations stand in each scope, those within scopes of it included.
    crowded: HashMap<String, usize>,
    /// Modules that are layers with tensors.
    owners: HashSet<String>,
}

impl Names {
    /// No names yet, for operations that stand for these nodes.
    pub(super) fn new<'m>(nodes: impl Iterator<Item = (&'m Node, &'m Op)>, model: &Model) -> Self {
        let (mut crowded, mut owners) = (HashMap::new(), HashSet::new());
        for (node, op) in nodes {
            owners.extend(of_tensors(node, op, model));
            let path = module(&node.scope.path());
            for (at, _) in path.match_indices('.') {
                *crowded.entry(path[..at].to_owned()).or_default() += 1;
            }
            *crowded.entry(path).or_default() += 1;
        }
        Self { crowded, owners, ..Self::default() }
    }

    /// The name of an operation that stands for a node.
    pub(super) fn of(&mut self, node: &Node, op: &Op, model: &Model) -> String {
        let of_tensors = of_tensors(node, op, model);
        let mut scope = module(&node.scope.path());
        // What stands beside a layer in its own module goes beside the layer.
        if op.roles().is_empty() && self.owners.contains(&scope) {
            scope.truncate(scope.rfind('.').unwrap_or(0));
        }
        let path = match of_tensors {
            Some(path) => path,
            None if scope.is_empty() => op.keyword().to_owned(),
            None if self.crowded.get(&scope).copied().unwrap_or(0) > 1 => format!("{scope}.{}", op.keyword()),
            None => scope,
        };
        self.free(&path)
    }

    /// A name that is told: as it is, though a layer be called as a scope of it, unless another layer has it.
    pub(super) fn told(&mut self, name: &str) -> String {
        if self.taken.contains(name) {
            return self.free(name);
        }
        self.take(name.to_owned())
    }

    /// A path, or the next of `path_2`, `path_3`, … that nothing is called. Where a layer is called as a scope of it, the scope is
    /// numbered.
    pub(super) fn free(&mut self, path: &str) -> String {
        let mut path = path.to_owned();
        let layer = |path: &str| path.match_indices('.').map(|(at, _)| at).find(|at| self.taken.contains(&path[..*at]));
        while let Some(at) = layer(&path) {
            let scope = Self::numbered(&mut self.last, &path[..at], |scope| !self.taken.contains(scope));
            path.replace_range(..at, &scope);
        }
        let name = Self::numbered(&mut self.last, &path, |name| !self.taken.contains(name) && !self.scopes.contains(name));
        self.take(name)
    }

    fn take(&mut self, name: String) -> String {
        for (at, _) in name.match_indices('.') {
            self.scopes.insert(name[..at].to_owned());
        }
        self.taken.insert(name.clone());
        name
    }

    /// A name, or the next of `name_2`, `name_3`, … that is free; `last` holds the numbers that were given, so that many like names
    /// take no longer than others.
    fn numbered(last: &mut HashMap<String, u64>, name: &str, is_free: impl Fn(&str) -> bool) -> String {
        if is_free(name) {
            return name.to_owned();
        }
        // What the last one was called may be free for this one: a scope is, where layers stand in it.
        let number = last.entry(name.to_owned()).or_insert(2);
        loop {
            let numbered = format!("{name}_{number}");
            if is_free(&numbered) {
                return numbered;
            }
            *number += 1;
        }
    }

    /// The same among outputs, which are named apart from layers.
    pub(super) fn free_output(&mut self, name: &str) -> String {
        let name = Self::numbered(&mut self.last_output, name, |name| !self.outputs.contains(name));
        self.outputs.insert(name.clone());
        name
    }
}

/// What a layer is called after its tensors; `None` where it has none, or none with a name.
fn of_tensors(node: &Node, op: &Op, model: &Model) -> Option<String> {
    op.roles().first()?;
    let scope = module(&node.scope.path());
    let is_inside =
        |path: &str| scope.is_empty() || path.strip_prefix(&scope).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'));
    let mut tensors = node.inputs.iter().flatten().filter(|name| model.tensors.contains_key(*name));
    if matches!(op, Op::Param(_)) {
        // A tensor that stands for itself is called as it is.
        let own = module(tensors.next()?);
        return Some(if is_inside(&own) { own } else { format!("{scope}.{}", leaf(&own)) });
    }
    let mut owners = tensors.filter_map(|name| owner(name, model)).peekable();
    owners.peek()?;
    Some(owners.find(|path| is_inside(path)).unwrap_or(scope))
}

/// A tensor's last name, without the number by which an exporter tells it from others that it made.
fn leaf(path: &str) -> &str {
    let leaf = path.rsplit('.').next().unwrap_or(path);
    let stem = leaf.trim_end_matches(|c: char| c.is_ascii_digit() || c == '_');
    if path.contains('.') || stem.is_empty() { leaf } else { stem }
}

/// The module that a tensor of the model belongs to by its name.
fn owner(tensor: &str, model: &Model) -> Option<String> {
    if !model.tensors.contains_key(tensor) {
        return None;
    }
    let path = ROLES.iter().find_map(|role| tensor.strip_suffix(role))?;
    (!path.is_empty() && path.split('.').all(|segment| !segment.is_empty())).then(|| module(path)).filter(|path| !path.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_layer_is_called_as_a_scope() {
        let mut names = Names::default();
        assert_eq!(names.free("layer1.0.conv"), "layer1.0.conv");
        assert_eq!(names.free("layer1.0"), "layer1.0_2");
        assert_eq!(names.free("layer1.0.conv"), "layer1.0.conv_2");
        assert_eq!(names.free("relu"), "relu");
        assert_eq!(names.free("relu.add"), "relu_2.add");
        assert_eq!(names.free("relu.mul"), "relu_2.mul");
    }
}
