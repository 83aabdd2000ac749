//! What can be said of a network that has errors: the assertions that do not hang on them.
//!
//! In: what lowering made in spite of errors. Out: failed assertions about the parts that were built, or about all of it where
//! the errors leave the network whole. What could hang on a layer that is missing stays silent.

use super::{assertions, refinements};
use crate::analysis;
use crate::code::Code;
use crate::diagnostic::Diagnostic;
use crate::graph::LayerPath;
use crate::lower::{Lowered, Symbolic};
use crate::shape;
use crate::source::SourceSet;
use crate::syntax::ast::Path;

/// Assertions that fail, and `refine` statements that cannot be applied, whatever else is wrong.
pub(super) fn check(sources: &SourceSet, lowered: Lowered) -> Vec<Diagnostic> {
    let Lowered { graph, refinements, mut conditions, missing, .. } = lowered;
    let is_whole = missing.is_empty();
    // What a refinement makes of a network that is not whole, nobody knows.
    let unknown = !is_whole && !refinements.is_empty();
    if unknown || graph.inputs().is_empty() {
        return Vec::new();
    }
    conditions.retain(|condition| is_whole || stands_alone(&condition.condition, &missing));
    if conditions.is_empty() && refinements.is_empty() {
        return Vec::new();
    }
    let mut found = Vec::new();
    let Ok(built) = shape::infer(graph) else { return found };
    let Some((shaped, _)) = refinements::apply(built, &refinements, &mut found) else { return found };
    let Ok(analysis) = analysis::analyze(&shaped, &analysis::Options::default()) else { return found };
    let failed = assertions::check(sources, &conditions, shaped.graph(), &analysis);
    // A path that names nothing may name what is missing.
    found.extend(failed.into_iter().filter(|d| is_whole || d.code != Code::UnknownPath));
    found.retain(Diagnostic::is_error);
    found
}

/// Whether a condition is about parts only, none of which lies where something is missing or holds it.
fn stands_alone(condition: &Symbolic, missing: &[LayerPath]) -> bool {
    match condition {
        Symbolic::Value(..) => true,
        Symbolic::Metric(_, path, _) => path.as_ref().is_some_and(|path| !missing.iter().any(|missing| may_meet(path, missing))),
        Symbolic::Unary(_, inner) => stands_alone(inner, missing),
        Symbolic::Infix { first, rest } => {
            stands_alone(first, missing) && rest.iter().all(|(_, operand)| stands_alone(operand, missing))
        }
    }
}

/// Whether one path may lie in the other. `x_2` may be another `x`, since what is missing takes no number.
fn may_meet(path: &Path, missing: &str) -> bool {
    let is_numbered = |segment: &str, of: &str| {
        let number = segment.strip_prefix(of).and_then(|rest| rest.strip_prefix('_'));
        number.is_some_and(|number| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
    };
    for (segment, of) in path.segments.iter().zip(missing.split('.').filter(|of| !of.is_empty())) {
        if segment == "**" {
            return true;
        }
        if segment != of && !segment.contains('*') && !is_numbered(segment, of) {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::{SourceSet, Span};

    #[test]
    fn paths_meet_where_one_lies_in_the_other() {
        let source = SourceSet::new().add("", "");
        let meets = |path: &str, missing: &str| {
            let segments = path.split('.').map(Into::into).collect();
            may_meet(&Path { segments, span: Span { source, start: 0, end: 0 } }, missing)
        };
        assert!(meets("a.b", "a") && meets("a", "a.b") && meets("a_2.c", "a") && meets("*.c", "a.c") && meets("**.c", "a.b.d"));
        assert!(meets("a", ""), "the root is anywhere");
        assert!(!meets("a.b", "a.c") && !meets("ab", "a") && !meets("a_x", "a") && !meets("b", "a.b"));
    }
}
