//! `refine` statements applied to the built graph.

use super::network::BeforeRefine;
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::digits::{first_names, grouped};
use crate::graph::Maker;
use crate::lower::Refinement as Written;
use crate::op::form::{Form, Kind, Refinement};
use crate::op::form_cost::{Count, Geometry};
use crate::quote::quoted;
use crate::rewrite::Sources;
use crate::rewrite::insert::{self, Request};
use crate::rewrite::path::{Layers, Pattern, SelectError};
use crate::shape::Shaped;
use crate::source::Span;
use crate::words::is_reserved;

/// How many layers a message names.
const NAMED: usize = 4;

/// The network with all refinements, and what it was before where there are any; every statement that cannot be applied is a
/// finding.
pub(super) fn apply(
    shaped: Shaped,
    written: &[Written],
    diagnostics: &mut Vec<Diagnostic>,
) -> Option<(Shaped, Option<BeforeRefine>)> {
    if written.is_empty() {
        return Some((shaped, None));
    }
    let (refined, sources) = refined(&shaped, written, diagnostics)?;
    Some((refined, Some(BeforeRefine { shaped, sources })))
}

fn refined(shaped: &Shaped, written: &[Written], diagnostics: &mut Vec<Diagnostic>) -> Option<(Shaped, Sources)> {
    let mut requests = Vec::new();
    let mut statements = Vec::new();
    let before = diagnostics.len();
    let layers = Layers::new(shaped.graph(), shaped.order());
    for (index, statement) in written.iter().enumerate() {
        let ranks: Vec<u64> = statement.ranks.iter().map(|(_, rank, _)| rank.unsigned_abs()).collect();
        let kind = Kind::from_name(&statement.form).expect("lowering has checked the form");
        let form = Form::new(kind, &ranks).expect("lowering has checked the number of ranks");
        let pattern = Pattern::new(statement.path.segments.clone());
        match layers.select(&pattern, kind) {
            Ok(nodes) => {
                requests.extend(nodes.into_iter().map(|node| Request {
                    node,
                    how: Refinement { form, between: statement.between },
                    by: Maker::Statement,
                }));
                statements.resize(requests.len(), index);
            }
            Err(error) => diagnostics.push(unselected(statement, &error)),
        }
    }
    if diagnostics.len() > before {
        return None;
    }
    match insert::refine(shaped, &requests) {
        Ok(rewrite) => {
            let mut warned = None;
            for (request, statement) in requests.iter().zip(&statements) {
                if warned != Some(statement)
                    && let Some(warning) = dearer(shaped, request, &written[*statement])
                {
                    diagnostics.push(warning);
                    warned = Some(statement);
                }
            }
            Some((super::shaped(rewrite.graph, diagnostics)?, rewrite.sources))
        }
        Err(rejected) => {
            let statement = &written[statements[rejected.request]];
            let name = &shaped.graph().node(requests[rejected.request].node).name;
            let message = format!("`{name}` cannot be refined: {}", rejected.refusal);
            diagnostics.push(Diagnostic::error(Code::NotRefinable, message, statement.path.span, ""));
            None
        }
    }
}

/// A warning where a form saves neither weights nor work: the opposite of what it is for.
fn dearer(shaped: &Shaped, request: &Request, statement: &Written) -> Option<Diagnostic> {
    let node = shaped.graph().node(request.node);
    let input = *shaped.input_shapes(request.node).first()?;
    let geometry = Geometry::of(&node.op, input, shaped.shape(request.node))?;
    let (dense, cost) = (geometry.dense()?, geometry.cost(request.how.form)?);
    if cost.weights <= dense.weights || cost.macs <= dense.macs {
        return None;
    }
    let message = format!(
        "`{}` costs more with `{}`: {} -> {} parameters",
        node.name,
        request.how,
        grouped(dense.weights),
        grouped(cost.weights)
    );
    let warning = Diagnostic::warning(Code::LintDearerRefinement, message, statement.path.span, "saves nothing here");
    let kind = request.how.form.kind();
    Some(match geometry.largest_saving(kind, Count::Macs) {
        0 => warning.help(format!("`{kind}` never saves on {} to {} channels", geometry.input, geometry.output)),
        most => warning.help(format!("`{kind}` saves up to {most} channels")),
    })
}

fn unselected(statement: &Written, error: &SelectError) -> Diagnostic {
    let path = statement.path.segments.join(".");
    let span = statement.path.span;
    match error {
        SelectError::NoMatch { nearest, users } => no_layer(&path, nearest, users, span),
        SelectError::Ambiguous { scope, candidates } => {
            let message = format!("`{scope}` holds {} layers that `{}` fits", candidates.len(), statement.form);
            Diagnostic::error(Code::AmbiguousPath, message, span, "names more than one")
                .help(format!("name one of them: {}", first_names(candidates, NAMED)))
        }
        SelectError::Refused { layer, refusal } => Diagnostic::error(
            Code::NotRefinable,
            format!("`{layer}` cannot be refined with `{}`: {refusal}", statement.form),
            span,
            "",
        ),
    }
}

/// The finding that no layer has a path; `nearest` are paths like it, best first, `users` layers with weights called so.
fn no_layer(path: &str, nearest: &[String], users: &[String], span: Span) -> Diagnostic {
    if !users.is_empty() {
        let message = format!("`{path}` is shared weights, and paths name layers");
        return Diagnostic::error(Code::UnknownPath, message, span, "names no layer")
            .help(format!("name what uses the weights: {}", first_names(users, NAMED)));
    }
    let diagnostic = Diagnostic::error(Code::UnknownPath, format!("no layer has the path `{path}`"), span, "names nothing");
    match nearest.first() {
        Some(near) => {
            let written = quoted(near, is_reserved).into_owned();
            diagnostic.fix(Unsafe, format!("did you mean `{near}`?"), vec![Edit::replace(span, written)])
        }
        None => diagnostic.help("`pointwise analyze` lists the names of all layers"),
    }
}
