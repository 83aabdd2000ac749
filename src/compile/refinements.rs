//! `refine` statements applied to the built graph.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashSet};

use super::network::BeforeRefine;
use crate::code::Code;
use crate::diagnostic::Applicability::Unsafe;
use crate::diagnostic::{Diagnostic, Edit};
use crate::digits::{first_names, grouped};
use crate::graph::{Graph, Maker, NodeId};
use crate::lower::Refinement as Written;
use crate::op::form::{How, Scale};
use crate::op::form_cost::{Count, Geometry};
use crate::quote::quoted;
use crate::rewrite::channels::Fixed;
use crate::rewrite::insert::{self, Request};
use crate::rewrite::path::{Layers, Pattern, SelectError};
use crate::rewrite::scale::Unscalable;
use crate::rewrite::{self, Sources};
use crate::shape::Shaped;
use crate::source::Span;
use crate::words::is_reserved;

/// How many layers a message names.
const NAMED: usize = 4;

/// Layers that statements match, after which no more are looked at where one of them is refused.
const MOST_MATCHED: usize = 1 << 20;

/// Statements that are reported.
const MAX_FINDINGS: usize = 200;

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

/// Scales first, then forms: a form's ranks are the channels between its parts, whatever its layer reads and makes.
fn refined(shaped: &Shaped, written: &[Written], diagnostics: &mut Vec<Diagnostic>) -> Option<(Shaped, Sources)> {
    let scaled = scaled(shaped, written, diagnostics)?;
    let (shaped, mut sources) = match scaled {
        Some((shaped, sources)) => (Cow::Owned(shaped), sources),
        None => (Cow::Borrowed(shaped), Sources::default()),
    };
    let (requests, statements) = requests(&shaped, written, diagnostics)?;
    match insert::refine(&shaped, &requests) {
        Ok(rewrite) => {
            let mut warned = None;
            for (request, statement) in requests.iter().zip(&statements) {
                if warned != Some(statement)
                    && let Some(warning) = dearer(&shaped, request, &written[*statement])
                {
                    diagnostics.push(warning);
                    warned = Some(statement);
                }
            }
            sources.extend(rewrite.sources);
            Some((super::shaped(rewrite.graph, diagnostics)?, sources))
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

/// What the statements ask of single layers, each with its statement's index; `None` after a finding.
fn requests(shaped: &Shaped, written: &[Written], diagnostics: &mut Vec<Diagnostic>) -> Option<(Vec<Request>, Vec<usize>)> {
    let (mut requests, mut statements) = (Vec::new(), Vec::new());
    let before = diagnostics.len();
    let graph = shaped.graph();
    let layers = Layers::new(graph, shaped.order());
    let (mut asked, mut refused, mut matched) = (HashSet::new(), false, 0);
    for (index, statement) in written.iter().enumerate() {
        let How::Form(how) = statement.how else { continue };
        match layers.select(&Pattern::new(&statement.path.segments), how.form.kind()) {
            Ok(nodes) => {
                matched += nodes.len();
                // What is refined twice is refused: what is asked for behind it need not be kept.
                for node in nodes {
                    if refused {
                        break;
                    }
                    refused = !asked.insert(node) && !graph.shares_tensors(node);
                    requests.push(Request { node, how, by: Maker::Statement });
                }
                statements.resize(requests.len(), index);
            }
            Err(error) => {
                diagnostics.push(unselected(statement, &error));
                if diagnostics.len() - before >= MAX_FINDINGS {
                    break;
                }
            }
        }
        if refused && matched > MOST_MATCHED {
            break;
        }
    }
    (diagnostics.len() == before).then_some((requests, statements))
}

/// The network with the channels that `scale` statements ask for, where there are any; `None` after a finding.
#[expect(clippy::option_option, reason = "no statement is not a failure")]
fn scaled(shaped: &Shaped, written: &[Written], diagnostics: &mut Vec<Diagnostic>) -> Option<Option<(Shaped, Sources)>> {
    let mut asked: BTreeMap<NodeId, Scale> = BTreeMap::new();
    let mut statements: Vec<(&Written, Vec<NodeId>)> = Vec::new();
    let layers = Layers::new(shaped.graph(), shaped.order());
    for statement in written {
        let How::Scale(scale) = statement.how else { continue };
        match layers.select_all(&Pattern::new(&statement.path.segments)) {
            // Of two statements for one layer the later holds, as for a path within a path.
            Ok(nodes) => {
                asked.extend(nodes.iter().map(|node| (*node, scale)));
                statements.push((statement, nodes));
            }
            Err(error) => {
                diagnostics.push(unselected(statement, &error));
                return None;
            }
        }
    }
    let Some((last, _)) = statements.last() else { return Some(None) };
    let widths = match rewrite::scale::widths(shaped, &asked) {
        Ok(widths) => widths,
        Err(why) => {
            diagnostics.push(unscalable(shaped.graph(), last, &why));
            return None;
        }
    };
    for (statement, nodes) in statements.iter().filter(|(_, nodes)| !nodes.iter().any(|node| widths.contains_key(node))) {
        let own = asked.iter().filter(|(node, _)| nodes.contains(node)).map(|(node, scale)| (*node, *scale)).collect();
        if let Err(why) = rewrite::scale::widths(shaped, &own) {
            diagnostics.push(unscalable(shaped.graph(), statement, &why));
            return None;
        }
    }
    match rewrite::scale::scale(shaped, &asked) {
        Ok(done) => Some(Some((super::shaped(done.graph, diagnostics)?, done.sources))),
        Err(why) => {
            diagnostics.push(unscalable(shaped.graph(), last, &why));
            None
        }
    }
}

fn unscalable(graph: &Graph, statement: &Written, why: &Unscalable) -> Diagnostic {
    let name = |id: NodeId| &graph.node(id).name;
    let path = statement.path.segments.join(".");
    let error = |message: String| Diagnostic::error(Code::NotRefinable, message, statement.path.span, "");
    match why {
        Unscalable::Nothing { partner: Some((one, other)), .. } => error(format!("`{path}` cannot be scaled alone"))
            .note(format!("`{}` must have as many channels as `{}`", name(*one), name(*other)))
            .help("name all of them, or a scope that holds them"),
        Unscalable::Nothing { why: Some((layer, fixed)), .. } => {
            error(format!("`{path}` cannot be scaled")).note(format!("`{}`: {}", name(*layer), said(graph, *fixed)))
        }
        Unscalable::Nothing { .. } => error(format!("`{path}` makes no channels that could be scaled")),
        Unscalable::Apart { one, other } => {
            error(format!("`{}` and `{}` must have equally many channels, and get different shares", name(*one), name(*other)))
        }
        Unscalable::Unfit { why } => error(format!("`{path}` cannot be scaled")).note(why.clone()),
    }
}

/// Why channels cannot change, as a clause.
fn said(graph: &Graph, fixed: Fixed) -> String {
    match fixed {
        Fixed::Output => "its channels are the network's output".to_owned(),
        Fixed::Given => "its channels are joined with those of an input".to_owned(),
        Fixed::Stated(by) => format!("its channels are counted by `{}`", graph.node(by).name),
        Fixed::Refined => "it has a bottleneck, or is read by one".to_owned(),
        Fixed::Shared => "its weights, or those of what reads it, are shared".to_owned(),
        Fixed::Kept => "it is kept by request".to_owned(),
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
            let message = format!("`{scope}` holds {} layers that `{}` fits", candidates.len(), statement.how.name());
            Diagnostic::error(Code::AmbiguousPath, message, span, "names more than one")
                .help(format!("name one of them: {}", first_names(candidates, NAMED)))
        }
        SelectError::Refused { layer, refusal } => Diagnostic::error(
            Code::NotRefinable,
            format!("`{layer}` cannot be refined with `{}`: {refusal}", statement.how.name()),
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
