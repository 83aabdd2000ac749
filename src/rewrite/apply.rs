//! Weights of a rewritten network from those of the network before: the one place that computes with them.
//!
//! In: the [`Sources`] of any number of rewrites, weights that fit the network before, the network after. Out: weights that
//! fit the network after. What was kept is shared, not copied; what was folded or composed is computed in f64 and rounded once
//! a rewrite; what no given value leads to is initialised. Nothing recurses: tensors are made in order of their ids.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::sources::{Filter, Norm, Slot, Sources, TensorSource};
use crate::graph::{Graph, TensorId};
use crate::shape::Shaped;
use crate::tensor::Tensor;
use crate::weights::{WeightProblem, Weights};

/// The weights of a rewritten network, and how many of its layers they train anew; layers with the same tensors are one.
#[derive(Debug, Clone, PartialEq)]
pub struct Carried {
    /// Weights that fit the network after.
    pub weights: Weights,
    /// Layers whose tensors all follow from the given ones.
    pub kept: usize,
    /// Layers with a tensor that was initialised.
    pub initialised: usize,
}

/// Carries the weights of the network before over to the one after; `seed` is for what is initialised.
///
/// # Errors
/// Every way in which the weights do not fit the network before.
pub fn apply(
    sources: &Sources,
    (before, weights): (&Shaped, &Weights),
    after: &Shaped,
    seed: u64,
) -> Result<Carried, Vec<WeightProblem>> {
    weights.check(before)?;
    let graph = after.graph();
    let fresh = sources.fresh();
    let mut values = Values { graph, weights, made: BTreeMap::new() };
    let needed = needed(sources, graph, &fresh);
    for (id, source) in sources.iter().filter(|(id, _)| needed.contains(id)) {
        values.make(id, source);
    }
    let mut carried = Weights::new();
    for (id, info) in graph.tensors().filter(|(id, _)| !fresh.contains(id)) {
        carried.insert(info.name(), values.get(id));
    }
    carried.complete(after, seed);
    // Layers that share their tensors count once.
    let layers: BTreeSet<_> = graph.ids().map(|id| &graph.node(id).tensors).filter(|tensors| !tensors.is_empty()).collect();
    let initialised = layers.iter().filter(|tensors| tensors.iter().any(|id| fresh.contains(id))).count();
    Ok(Carried { weights: carried, kept: layers.len() - initialised, initialised })
}

/// The tensors of a graph that are computed, and all that they are made of.
fn needed(sources: &Sources, graph: &Graph, fresh: &BTreeSet<TensorId>) -> BTreeSet<TensorId> {
    let mut needed: BTreeSet<_> = graph.tensors().map(|(id, _)| id).filter(|id| !fresh.contains(id)).collect();
    for (id, source) in sources.iter().rev() {
        if needed.contains(&id) {
            needed.extend(source.operands());
        }
    }
    needed
}

/// Tensors by id: given ones, and those made of them.
struct Values<'a> {
    graph: &'a Graph,
    weights: &'a Weights,
    made: BTreeMap<TensorId, Arc<Tensor>>,
}

impl Values<'_> {
    /// A tensor, shared.
    fn get(&self, id: TensorId) -> Arc<Tensor> {
        let given = || self.weights.share(&self.graph.tensor(id).name());
        self.made.get(&id).cloned().or_else(given).expect("the weights were checked, and operands come first")
    }

    /// A tensor's elements in f64.
    fn wide(&self, id: TensorId) -> Vec<f64> {
        self.get(id).data().iter().map(|x| f64::from(*x)).collect()
    }

    fn make(&mut self, id: TensorId, source: &TensorSource) {
        let tensor = match source {
            TensorSource::Folded { layer, norms, slot } => self.fold(*layer, norms, *slot),
            TensorSource::Composed { first, second, slot } => self.compose([*first, *second], *slot),
            TensorSource::Factorized { .. } | TensorSource::New => unreachable!("fresh tensors are not computed"),
        };
        self.made.insert(id, Arc::new(tensor));
    }

    /// With running statistics, `bn(Wx + b) = (s W) x + s (b - mean) + shift` with `s = scale / sqrt(variance + eps)`.
    fn fold(&self, layer: Filter, norms: &[Norm], slot: Slot) -> Tensor {
        let weight = self.get(layer.weight);
        let channels = weight.dims()[0];
        let mut scale = vec![1.0; channels];
        let mut shift = layer.bias.map_or_else(|| vec![0.0; channels], |bias| self.wide(bias));
        for norm in norms {
            for (channel, (factor, constant)) in self.affine(norm).into_iter().enumerate() {
                scale[channel] *= factor;
                shift[channel] = shift[channel] * factor + constant;
            }
        }
        match slot {
            Slot::Bias => Tensor::new(vec![channels], shift.into_iter().map(narrow).collect()),
            Slot::Weight => {
                let rows = weight.data().chunks(weight.data().len() / channels).zip(&scale);
                let data = rows.flat_map(|(row, s)| row.iter().map(move |w| narrow(f64::from(*w) * s))).collect();
                Tensor::new(weight.dims().to_vec(), data)
            }
        }
    }

    /// A normalisation as a factor and a constant per channel.
    fn affine(&self, norm: &Norm) -> Vec<(f64, f64)> {
        let (mean, variance) = (self.wide(norm.mean), self.wide(norm.variance));
        let learned = norm.affine.map(|ids| ids.map(|id| self.wide(id)));
        let one = |channel: usize| {
            let (gamma, beta) = learned.as_ref().map_or((1.0, 0.0), |[gamma, beta]| (gamma[channel], beta[channel]));
            let factor = gamma / (variance[channel] + norm.eps).sqrt();
            (factor, beta - mean[channel] * factor)
        };
        (0..mean.len()).map(one).collect()
    }

    fn compose(&self, [first, second]: [Filter; 2], slot: Slot) -> Tensor {
        let (a, b) = (self.get(first.weight), self.get(second.weight));
        let sizes = Sizes::of(a.dims(), b.dims());
        match slot {
            Slot::Weight => {
                let product = multiply(&self.wide(first.weight), &self.wide(second.weight), &sizes);
                let spatial = if sizes.taps[0] > 1 { &a.dims()[2..] } else { &b.dims()[2..] };
                Tensor::new([&[sizes.outputs, sizes.inputs], spatial].concat(), product)
            }
            Slot::Bias => {
                let [a_bias, b_bias] = [first.bias, second.bias].map(|bias| bias.map(|id| self.wide(id)));
                let bias = merge_bias(a_bias.as_deref(), b_bias, &self.wide(second.weight), &sizes);
                Tensor::new(vec![sizes.outputs], bias)
            }
        }
    }
}

/// Extents of a product of two layers; at most one of them has more than one tap.
struct Sizes {
    outputs: usize,
    middle: usize,
    inputs: usize,
    taps: [usize; 2],
}

impl Sizes {
    fn of(a: &[usize], b: &[usize]) -> Self {
        let taps = [a, b].map(|dims| dims[2..].iter().product());
        Self { outputs: b[0], middle: a[0], inputs: a[1], taps }
    }
}

/// `w[n][c][t] = sum over m of b[n][m][t] * a[m][c][t]`, where a 1x1 has its one tap everywhere.
fn multiply(a: &[f64], b: &[f64], sizes: &Sizes) -> Vec<f32> {
    let [a_taps, b_taps] = sizes.taps;
    let taps = a_taps.max(b_taps);
    let mut product = Vec::with_capacity(sizes.outputs * sizes.inputs * taps);
    for n in 0..sizes.outputs {
        for c in 0..sizes.inputs {
            for t in 0..taps {
                let (a_tap, b_tap) = (t % a_taps, t % b_taps);
                let sum: f64 = (0..sizes.middle)
                    .map(|m| b[(n * sizes.middle + m) * b_taps + b_tap] * a[(m * sizes.inputs + c) * a_taps + a_tap])
                    .sum();
                product.push(narrow(sum));
            }
        }
    }
    product
}

/// `b.bias + sum over all taps of b * a.bias`: a constant input reaches every tap, for nothing is padded.
fn merge_bias(a_bias: Option<&[f64]>, b_bias: Option<Vec<f64>>, b: &[f64], sizes: &Sizes) -> Vec<f32> {
    let mut bias = b_bias.unwrap_or_else(|| vec![0.0; sizes.outputs]);
    if let Some(a_bias) = a_bias {
        for (n, value) in bias.iter_mut().enumerate() {
            for (m, shift) in a_bias.iter().enumerate() {
                let start = (n * sizes.middle + m) * sizes.taps[1];
                *value += b[start..start + sizes.taps[1]].iter().sum::<f64>() * shift;
            }
        }
    }
    bias.into_iter().map(narrow).collect()
}

/// The nearest f32.
#[expect(clippy::cast_possible_truncation, reason = "weights are f32; rounding once, at the end, is meant")]
fn narrow(value: f64) -> f32 {
    value as f32
}
