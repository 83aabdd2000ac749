//! Branches that are always or never taken.
//!
//! In: an `If` whose condition is known without running the model, as exporters leave it where a shape decides. Out: the nodes
//! of the branch that is taken, in its place.

use super::super::fold::Why;
use super::{Importer, Use, Value};

impl<'m> Importer<'m> {
    /// What the branch of an `If` gives that its condition chooses.
    pub(super) fn taken_branch(&mut self, used: &Use<'m>) -> Result<Vec<Value>, Why> {
        let condition = used.array(0).and_then(|id| self.arrays.get(id).known_ints());
        let condition = condition.and_then(|known| known.first().copied());
        let condition =
            condition.ok_or_else(|| Why::from("its condition is computed from the input: export one of its branches"))?;
        let name = if condition != 0 { "then_branch" } else { "else_branch" };
        let branch = used.node.branches.iter().find(|(own, _)| own == name).map(|(_, branch)| branch);
        let branch = branch.ok_or_else(|| Why(format!("it has no `{name}`")))?;
        for (name, stored) in &branch.tensors {
            let id = self.arrays.stored(stored.clone())?;
            self.values.insert(name, Value::Array(id));
        }
        for node in &branch.nodes {
            self.node(node);
        }
        branch.outputs.iter().for_each(|name| self.is_made(name));
        let value = |name: &String| self.values.get(name.as_str()).cloned().unwrap_or(Value::Lost);
        Ok(branch.outputs.iter().map(value).collect())
    }
}
