//! Tells what becomes of a layer or a region, with what it costs before and after.
//!
//! In: a choice. Out: [`PlannedChange`]s. Nothing is decided here.

use super::candidates::{Context, Layer, Prices};
use super::plan::PlannedChange;
use super::price::Price;
use super::regions::Region;
use crate::analysis::Analysis;
use crate::analysis::roofline::{Cores, predict};
use crate::analysis::target::Target;
use crate::graph::NodeId;
use crate::op::form::{How, Refinement, Scale};
use crate::op::form_cost::Geometry;
use crate::op::{Op, Shape};
use crate::shape::Shaped;

/// The price of every node, in order of execution.
pub(super) fn prices(shaped: &Shaped, analysis: &Analysis, target: &Target) -> Vec<(NodeId, Price)> {
    let times = predict(analysis, shaped, target, Cores::All).layers;
    analysis.layers.iter().zip(times).map(|(layer, time)| (layer.node, Price::of(layer, time.total_us / 1000.0))).collect()
}

/// A layer in a form.
pub(super) fn of_form(
    context: &Context<'_>,
    layer: &Layer,
    (how, error): (Refinement, f64),
    prices: &mut Prices,
) -> PlannedChange {
    PlannedChange {
        layer: context.shaped.graph().node(layer.node).name.to_string(),
        how: How::Form(how),
        geometry: layer.geometry,
        width: layer.geometry.output,
        before: context.price(layer.node, None, prices),
        after: context.price(layer.node, Some(how), prices),
        error,
    }
}

/// A narrower region, told by the layers that make its channels: each with what its channels cost, whoever reads them; the error
/// with the first.
///
/// # Panics
/// If the region has no such width, and then it was no candidate.
pub(super) fn of_region(context: &Context<'_>, region: &Region, (scale, error): (Scale, f64)) -> Vec<PlannedChange> {
    let shaped = context.shaped;
    let prices = |at| region.prices(shaped, at, &context.clock).expect("it was a candidate");
    let (before, after) = (prices(None), prices(Some(scale)));
    let sum = |member: NodeId, prices: &[Price]| {
        let own = region.nodes.iter().zip(prices).filter(|(id, _)| region.told_with(**id) == member);
        own.fold(Price::default(), |sum, (_, price)| sum.plus(*price))
    };
    let change = |(i, member): (usize, &NodeId)| PlannedChange {
        layer: shaped.graph().node(*member).name.to_string(),
        how: How::Scale(scale),
        geometry: outline(shaped, *member),
        width: region.channels(*member, Some(scale)),
        before: sum(*member, &before),
        after: sum(*member, &after),
        error: if i == 0 { error } else { 0.0 },
    };
    region.members.iter().enumerate().map(change).collect()
}

/// The outline of a layer, as if it had no groups.
pub(super) fn outline(shaped: &Shaped, id: NodeId) -> Geometry {
    let (input, output) = (shaped.input_shapes(id)[0], shaped.shape(id));
    let map = |shape: Shape| shape.grid().map_or([1, 1], |(h, w)| [h, w]);
    let op = &shaped.graph().node(id).op;
    let kernel = if let Op::Conv(conv) = op {
        conv.kernel
    } else if let Op::ConvTranspose(conv) = op {
        conv.kernel
    } else {
        [1, 1]
    };
    Geometry { input: input.channels(), output: output.channels(), kernel, input_map: map(input), output_map: map(output) }
}
