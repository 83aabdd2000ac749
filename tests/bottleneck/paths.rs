//! Which layers a path names.

use pointwise::compile::{NoFiles, Settings, compile};
use pointwise::rewrite::Kind;
use pointwise::rewrite::forms::fits;
use pointwise::rewrite::path::{Layers, Pattern, SelectError};

use super::nets::{Net, conv, resnet50};

#[test]
fn paths_match_whole_names_and_scopes() {
    let scope = |pattern: &str, name: &'static str| Pattern::parse(pattern).expect("it is a path").scope(name);
    assert_eq!(scope("layer3.*.conv2", "layer3.0.conv2.conv"), Some("layer3.0.conv2"));
    assert_eq!(scope("layer3.*.conv2", "layer3.0.conv1.conv"), None);
    assert_eq!(scope("inception_*.b", "inception_3a.b.conv"), Some("inception_3a.b"));
    assert_eq!(scope("**.conv2", "layer3.0.conv2.conv"), Some("layer3.0.conv2"));
    assert_eq!(scope("layer1.**", "layer1.0.conv2.conv"), Some("layer1.0.conv2.conv"));
    assert_eq!(scope("fire2.b.conv", "fire2.b.conv"), Some("fire2.b.conv"));
    assert_eq!(scope("fire2.b.conv.x", "fire2.b.conv"), None);
    assert_eq!(scope("f*2.*", "fire2.b"), Some("fire2.b"));
    assert_eq!(Pattern::parse("a..b"), None);
}

#[test]
fn a_path_selects_one_layer_a_scope_or_says_why_not() {
    let net = resnet50(64);
    let choose = |pattern: &str, kind| {
        let pattern = Pattern::parse(pattern).expect("it is a path");
        Layers::new(net.graph(), net.order()).select(&pattern, kind).map(|ids| ids.len())
    };
    assert_eq!(choose("layer3.*.conv2", Kind::Reduce), Ok(6));
    assert_eq!(choose("layer3.0", Kind::Reduce), Ok(1), "only one of the block's layers takes it");
    assert!(
        matches!(choose("layer3.0", Kind::Pointwise), Err(SelectError::Ambiguous { candidates, .. }) if candidates.len() == 3)
    );
    assert!(matches!(choose("layer3.0.conv1", Kind::Reduce), Err(SelectError::Refused { .. })));
    let Err(SelectError::NoMatch { nearest, .. }) = choose("layr3.0.conv2", Kind::Reduce) else {
        panic!("nothing has this name")
    };
    assert_eq!(nearest[0], "layer3.0.conv2");
}

#[test]
fn thousands_of_lines_are_addressed_without_looking_at_every_layer_for_each() {
    let mut net = Net::new();
    let mut x = net.input(&[32, 8, 8]);
    for i in 0..4000 {
        x = net.conv_bn_relu(&format!("b{i}.{}", i % 3), conv(32, 3, 1, 1), x);
    }
    net.graph.add_output("y", x);
    let net = net.finish();
    let index = pointwise::rewrite::path::Layers::new(net.graph(), net.order());
    for i in [0, 17, 3999] {
        for pattern in
            [format!("b{i}.{}.conv", i % 3), format!("b{i}"), format!("b{i}.*"), format!("**.b{i}.**"), "b1*.2".to_owned()]
        {
            let pattern = Pattern::parse(&pattern).expect("it is a path");
            let by_hand: Vec<_> =
                net.order().iter().copied().filter(|id| pattern.scope(&net.graph().node(*id).name).is_some()).collect();
            let chosen = index.select(&pattern, Kind::Reduce).expect("each scope holds one convolution");
            let convs: Vec<_> = by_hand.into_iter().filter(|id| fits(Kind::Reduce, &net.graph().node(*id).op).is_ok()).collect();
            assert_eq!(chosen, convs, "{pattern}");
        }
    }
}

#[test]
fn the_second_use_of_a_block_has_a_path_of_its_own() {
    let net = |refine: &str| {
        let text = format!(
            "block unit(x) {{\n    return x -> conv(64, 3, pad=1) -> relu\n}}\nnet n {{\n    input x: [64, 8, 8]\n    \
             output y = x -> unit -> unit -> unit\n{refine}}}\n"
        );
        let compiled = compile("n.net", text, &NoFiles, &Settings::default());
        compiled.network.unwrap_or_else(|| panic!("{:?}", compiled.diagnostics)).shaped
    };
    let plain = net("");
    let paths: Vec<_> = plain.graph().instances().map(|(_, instance)| instance.path.as_str()).collect();
    assert_eq!(paths, ["y", "y.unit", "y.unit_2"]);
    let refined = net("    refine y.unit_2 = reduce(8)\n");
    let inserted: Vec<_> = super::names(&refined).into_iter().filter(|name| name.ends_with(".reduce")).collect();
    assert_eq!(inserted, ["y.unit_2.conv.reduce"]);
}
