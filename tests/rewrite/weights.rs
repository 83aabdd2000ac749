//! Where tensors come from, and that nothing is copied that did not change.

use std::collections::BTreeSet;
use std::sync::Arc;

use pointwise::graph::{Maker, Node, Role};
use pointwise::op::{Linear, Op};
use pointwise::rewrite::sources::Slot;
use pointwise::rewrite::{
    Between, Form, PASSES, Pass, Refinement, Request, Rewrite, TensorSource, apply, duplicate, fold_norm, identity, merge_conv,
    refine, run_passes,
};
use pointwise::shape::{Shaped, infer};
use pointwise::weights::Weights;

use super::nets::{Net, basic, conv, single};
use super::{carried, chain, outputs};

fn names(net: &Shaped) -> Vec<String> {
    net.graph().tensors().map(|(_, info)| info.name()).collect()
}

fn after(rewrite: Rewrite) -> Shaped {
    infer(rewrite.graph).expect("rewrites keep shapes")
}

fn refined(net: &Shaped, layer: &str, form: Form) -> Rewrite {
    let node = net.graph().find(layer).expect("it is there");
    let how = Refinement { form, between: Between::Nonlinear };
    refine(net, &[Request { node, how, by: Maker::Optimizer }]).expect("it takes the form")
}

fn is_shared(name: &str, one: &Weights, other: &Weights) -> bool {
    one.share(name).zip(other.share(name)).is_some_and(|(a, b)| Arc::ptr_eq(&a, &b))
}

/// A layer without a normalisation, one with, and a head.
fn net() -> Shaped {
    let mut net = Net::new();
    let image = net.input(&[8, 6, 6]);
    let x = net.conv("plain", conv(8, 3, 1, 1), image);
    let x = net.relu("plain", x);
    let x = net.conv_bn_relu("x", conv(8, 3, 1, 1), x);
    let x = net.add("flat", Op::Flatten, &[x]);
    let x = net.linear("head", 5, x);
    net.graph.add_output("y", x);
    net.finish()
}

#[test]
fn what_did_not_change_is_not_copied() {
    let net = net();
    let weights = Weights::init(&net, 3);
    for run in [identity::run, duplicate::run, merge_conv::run] {
        let (_, new) = carried((&net, &weights), run(&net));
        assert_eq!(new, weights);
        assert!(weights.iter().all(|(name, _)| is_shared(name, &weights, &new)));
    }
    let (folded, new) = carried((&net, &weights), fold_norm::run(&net));
    let changed: Vec<_> = names(&folded).into_iter().filter(|name| !is_shared(name, &weights, &new)).collect();
    assert_eq!(changed, ["x.conv.weight", "x.conv.bias"]);
    let exact: Vec<_> = PASSES.iter().filter(|info| info.run.is_some()).map(|info| info.pass).collect();
    let (all, sources, _) = run_passes(&net, &exact);
    let new = apply(&sources, (&net, &weights), &all, 0).expect("the weights fit").weights;
    for name in ["plain.conv.weight", "head.linear.weight", "head.linear.bias"] {
        assert!(is_shared(name, &weights, &new), "{name}");
    }
}

/// What several passes make in turn is what they make together, bit for bit.
#[test]
fn sources_of_several_passes_are_one_recipe() {
    let mut net = Net::new();
    let mut x = net.input(&[6, 5, 5]);
    for name in ["a", "b", "c"] {
        x = net.conv_bn(name, conv(6, 1, 1, 0), x);
        x = net.bn(&format!("{name}.more"), x);
    }
    net.graph.add_output("y", x);
    let net = net.finish();
    let weights = Weights::init(&net, 3);
    let (together, sources, _) = run_passes(&net, &[Pass::FoldNorm, Pass::MergeConv]);
    assert_eq!(together.graph().len(), 2, "all of it is one layer");
    let all = apply(&sources, (&net, &weights), &together, 0).expect("the weights fit").weights;
    let (folded, between) = carried((&net, &weights), fold_norm::run(&net));
    let (_, in_turn) = carried((&folded, &between), merge_conv::run(&folded));
    assert_eq!(all, in_turn);
    assert_eq!(all.len(), 2);
}

#[test]
fn tensors_are_called_after_the_layer_that_keeps_them() {
    let folded = after(fold_norm::run(&single(&[4, 6, 6], conv(8, 3, 1, 1), true, true)));
    assert_eq!(names(&folded), ["x.conv.weight", "x.conv.bias"]);
    let linear = |out| Op::Linear(Linear { out, bias: false });
    assert_eq!(names(&after(merge_conv::run(&chain(vec![linear(9), linear(7), linear(5)], &[6])))), ["l2.weight"]);
    let wide_first = chain(vec![Op::Conv(conv(8, 3, 1, 1)), Op::Conv(conv(4, 1, 1, 0))], &[6, 7, 7]);
    assert_eq!(names(&after(merge_conv::run(&wide_first))), ["l0.weight"]);
    let net = single(&[32, 6, 6], conv(32, 3, 1, 1), true, true);
    let norm = ["weight", "bias", "running_mean", "running_var"];
    let of = |layer: &str| norm.map(|role| format!("{layer}.{role}"));
    let reduced = after(refined(&net, "x.conv", Form::Reduce { r: 8 }));
    let factors = ["x.conv.reduce.weight".to_owned()].into_iter().chain(of("x.conv.reduce.bn"));
    let wanted: Vec<_> = factors.chain(["x.conv.weight".to_owned()]).chain(of("x.bn")).collect();
    let (got, all): (Vec<_>, BTreeSet<_>) = (names(&reduced), names(&reduced).into_iter().collect());
    assert_eq!(all, wanted.iter().cloned().collect());
    assert_eq!(got.len(), all.len(), "names are unique");
}

/// Tensors of a set of shared weights keep the set's name, also where one layer alone is left of those that used it.
#[test]
fn tensors_of_a_shared_set_keep_its_name() {
    let mut net = Net::new();
    let image = net.input(&[4, 6, 6]);
    let layer = net.graph.add_owned(Node::new("x", Op::Conv(conv(8, 3, 1, 1)), vec![image]), &"tower".into());
    let x = net.bn("x", layer);
    net.graph.add_output("y", x);
    let net = net.finish();
    assert_eq!(names(&after(fold_norm::run(&net))), ["tower.weight", "tower.bias"]);
    let reduced = names(&after(refined(&net, "x", Form::Reduce { r: 2 })));
    assert!(reduced.contains(&"tower.reduce.weight".to_owned()) && reduced.contains(&"tower.weight".to_owned()), "{reduced:?}");
}

#[test]
fn refined_layers_are_factors_and_what_is_behind_them_is_new() {
    let net = net();
    let weights = Weights::init(&net, 3);
    let rewrite = refined(&net, "x.conv", Form::Both { r1: 3, r2: 4 });
    assert_eq!(rewrite.changes.len(), 1);
    assert_eq!((rewrite.changes[0].exact, rewrite.changes[0].layers.as_slice()), (false, &["x.conv".to_owned()][..]));
    let sources = rewrite.sources.clone();
    let new = after(rewrite);
    let layer = net.graph().node(net.graph().find("x.conv").expect("it is there"));
    for id in new.graph().ids() {
        let node = new.graph().node(id);
        for tensor in &node.tensors {
            match (node.origin.part.as_ref().map(|part| part.role), sources.get(*tensor)) {
                (None, None) | (Some(Role::Behind(_) | Role::BehindCore), Some(TensorSource::New)) => {}
                (Some(part @ (Role::Core | Role::Factor(_))), Some(TensorSource::Factorized { layer: of, role, slot, how })) => {
                    assert_eq!((of.weight, *role, *slot), (layer.tensors[0], part, Slot::Weight));
                    assert_eq!(how.form, Form::Both { r1: 3, r2: 4 });
                }
                other => panic!("{}: {other:?}", node.name),
            }
        }
    }
    let carried = apply(&sources, (&net, &weights), &new, 9).expect("the weights fit");
    assert_eq!((carried.kept, carried.initialised), (3, 5), "plain, the normalisation behind and the head are kept");
    let anew = Weights::init(&new, 9);
    for name in names(&new) {
        let kept = ["plain.", "x.bn.", "head."].iter().any(|layer| name.starts_with(layer));
        assert_eq!(is_shared(&name, &weights, &carried.weights), kept, "{name}");
        assert!(kept || carried.weights.get(&name) == anew.get(&name), "{name} is initialised as by `init`");
    }
    outputs(&new, &carried.weights, 1);
}

/// What is made of an initialised tensor is initialised itself, with the name and shape that it has in the end.
#[test]
fn what_is_folded_into_a_new_layer_is_new() {
    let net = net();
    let weights = Weights::init(&net, 3);
    let rewrite = refined(&net, "x.conv", Form::Reduce { r: 2 });
    let mut sources = rewrite.sources.clone();
    let (folded, later, _) = run_passes(&after(rewrite), &[Pass::FoldNorm]);
    sources.extend(later);
    let carried = apply(&sources, (&net, &weights), &folded, 9).expect("the weights fit");
    assert_eq!((carried.kept, carried.initialised), (2, 2));
    assert_eq!(carried.weights.get("x.conv.reduce.bias"), Weights::init(&folded, 9).get("x.conv.reduce.bias"));
    outputs(&folded, &carried.weights, 1);
}

#[test]
fn weights_of_another_network_are_refused() {
    let (net, other) = (net(), basic(12));
    let problems = apply(&fold_norm::run(&net).sources, (&net, &Weights::init(&other, 0)), &net, 0);
    assert!(problems.is_err_and(|problems| problems.len() > 8));
}
