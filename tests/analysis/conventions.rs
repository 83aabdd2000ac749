//! What other tools print for torchvision's networks, against the zoo: every network under every convention.
//!
//! `tests/paper/tools.json` holds their output (batch 1, 224x224, `inception_v3` 299x299). Where a tool looks at how the
//! Python source is written, which the network does not tell, [`EXCEPTIONS`] says by how much it differs and why; the test
//! fails when an exception is no longer needed, too.

use std::fs;

use pointwise::analysis::{Analysis, Convention, Options, analyze};
use pointwise::op::{Activation, GlobalPool, Op};
use pointwise::shape::Shaped;

use crate::{model, text};

/// How much more than the tool a convention counts, and why.
type Exception = (&'static str, Convention, fn(&Shaped, &Analysis) -> i64, &'static str);

const EXCEPTIONS: &[Exception] = &[
    ("shufflenet_v2_x1_0", Convention::Fvcore, global_pool_once, "pools with `x.mean`, which fvcore does not count"),
    ("shufflenet_v2_x1_0", Convention::Ptflops, global_pool_twice, "pools with `x.mean`, which ptflops does not count"),
    ("shufflenet_v2_x1_0", Convention::Thop, global_pool_thop, "pools with `x.mean`, which thop does not count"),
    ("mnasnet1_0", Convention::Fvcore, global_pool_once, "pools with `x.mean`, which fvcore does not count"),
    ("mnasnet1_0", Convention::Ptflops, global_pool_twice, "pools with `x.mean`, which ptflops does not count"),
    ("mnasnet1_0", Convention::Thop, global_pool_thop, "pools with `x.mean`, which thop does not count"),
    ("mobilenet_v2", Convention::Ptflops, global_pool_once, "pools with a function, which ptflops counts once"),
    ("mobilenet_v2", Convention::Thop, global_pool_thop, "pools with a function, which thop does not count"),
    ("densenet121", Convention::Ptflops, densenet_head, "the last ReLU and pool are functions, which ptflops counts once"),
    ("densenet121", Convention::Thop, global_pool_thop, "pools with a function, which thop does not count"),
    ("googlenet", Convention::Ptflops, relus_once, "all ReLUs are functions, which ptflops counts once"),
    (
        "inception_v3",
        Convention::Ptflops,
        inception_v3,
        "all ReLUs and the branches' pools are functions, which ptflops counts once",
    ),
    ("inception_v3", Convention::Thop, branch_pools, "the branches pool with functions, which thop does not count"),
    (
        "convnext_tiny",
        Convention::Ptflops,
        map_norms,
        "normalises whole maps with a subclass of LayerNorm, which ptflops does not know",
    ),
    (
        "convnext_tiny",
        Convention::Thop,
        map_norms_thop,
        "normalises whole maps with a subclass of LayerNorm, which thop does not know",
    ),
    (
        "convnext_tiny",
        Convention::Torchinfo,
        pointwise_pixels,
        "its 1x1s are linear layers, of which torchinfo ignores the positions",
    ),
];

/// Input elements of the layers that `which` picks.
fn elements(shaped: &Shaped, analysis: &Analysis, which: impl Fn(&Op, &str) -> bool) -> i64 {
    let picked = analysis.layers.iter().filter(|layer| {
        let node = shaped.graph().node(layer.node);
        which(&node.op, &node.name)
    });
    picked.map(|layer| layer.inputs[0].elements().expect("small") as i64).sum()
}

fn global_pool_once(shaped: &Shaped, analysis: &Analysis) -> i64 {
    elements(shaped, analysis, |op, _| matches!(op, Op::GlobalPool(GlobalPool::Avg)))
}

fn global_pool_twice(shaped: &Shaped, analysis: &Analysis) -> i64 {
    2 * global_pool_once(shaped, analysis)
}

/// An addition for each element of 7x7 and a division each channel.
fn global_pool_thop(shaped: &Shaped, analysis: &Analysis) -> i64 {
    global_pool_once(shaped, analysis) / 49 * 50
}

fn relus_once(shaped: &Shaped, analysis: &Analysis) -> i64 {
    elements(shaped, analysis, |op, _| matches!(op, Op::Activation(Activation::Relu)))
}

fn densenet_head(shaped: &Shaped, analysis: &Analysis) -> i64 {
    global_pool_once(shaped, analysis) + elements(shaped, analysis, |_, name| name == "norm5.relu")
}

/// Pools of the stem are modules, those of the mixed blocks are not.
fn inception_v3(shaped: &Shaped, analysis: &Analysis) -> i64 {
    relus_once(shaped, analysis) + elements(shaped, analysis, |op, name| matches!(op, Op::Pool(_)) && name.starts_with("mixed"))
}

fn branch_pools(shaped: &Shaped, analysis: &Analysis) -> i64 {
    // Stride 1 with padding: as many elements out as in.
    elements(shaped, analysis, |op, _| op.keyword() == "avgpool")
}

/// The norms of stem, downsampling and head.
fn map_norms(shaped: &Shaped, analysis: &Analysis) -> i64 {
    elements(shaped, analysis, |op, name| matches!(op, Op::LayerNorm(_)) && !name.contains("depthwise"))
}

fn map_norms_thop(shaped: &Shaped, analysis: &Analysis) -> i64 {
    4 * map_norms(shaped, analysis)
}

/// What 1x1 convolutions cost beyond one pixel.
fn pointwise_pixels(shaped: &Shaped, analysis: &Analysis) -> i64 {
    let ones =
        analysis.layers.iter().filter(|layer| matches!(&shaped.graph().node(layer.node).op, Op::Conv(c) if c.kernel == [1, 1]));
    ones.map(|layer| (layer.params * (layer.output.dim(1) * layer.output.dim(2) - 1)) as i64).sum()
}

#[test]
fn every_network_under_every_convention() {
    let text = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/paper/tools.json")).expect("the tools' numbers");
    let tools: serde_json::Value = serde_json::from_str(&text).expect("JSON");
    let columns = [
        ("exact", Convention::Default),
        ("torchinfo", Convention::Torchinfo),
        ("fvcore", Convention::Fvcore),
        ("ptflops (pytorch backend)", Convention::Ptflops),
        ("thop", Convention::Thop),
    ];
    let mut wrong = Vec::new();
    assert_eq!(tools["models"].as_object().map(serde_json::Map::len), Some(19));
    for (name, numbers) in tools["models"].as_object().expect("networks") {
        let shaped = model(name);
        for (column, convention) in columns {
            let printed = numbers[column]["macs"].as_i64().expect("a count");
            let analysis = analyze(&shaped, &Options { convention, ..Options::default() }).expect("counts that fit");
            let exception = EXCEPTIONS.iter().find(|(n, c, ..)| n == name && *c == convention);
            let expected = exception.map_or(0, |(_, _, more, _)| more(&shaped, &analysis));
            let difference = analysis.totals.macs as i64 - printed;
            if difference != expected || (exception.is_some() && expected == 0) {
                wrong.push(format!("{name} {column}: {difference} more than {printed}, expected {expected} more"));
            }
            assert_eq!(analysis.layers.iter().map(|layer| layer.macs).sum::<u64>(), analysis.totals.macs);
        }
        let double =
            analyze(&shaped, &Options { convention: Convention::Paper2Flops, ..Options::default() }).expect("counts that fit");
        assert_eq!(Some(double.totals.macs), numbers["exact"]["macs"].as_u64().map(|macs| 2 * macs));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Layers that no network of the zoo has, on 2 channels of 4x4, as the table in `analysis::convention` says.
#[test]
fn layers_that_the_zoo_lacks() {
    let elements = 2 * 4 * 4;
    let enlarged = 4 * elements;
    // fvcore, ptflops, torchinfo, thop.
    for (call, counts) in [
        ("prelu(shared=true)", [0, 2 * elements, 1, elements]),
        ("prelu(shared=false)", [0, 2 * elements, 2, elements]),
        ("relu6()", [0, elements, 0, 0]),
        ("tanh()", [0, 0, 0, 0]),
        ("instance_norm()", [4 * elements, elements, 0, 2 * elements]),
        ("instance_norm(affine=true)", [5 * elements, 2 * elements, 4, 4 * elements]),
        ("group_norm(2)", [5 * elements, 2 * elements, 4, 0]),
        ("upsample(2)", [enlarged, 2 * enlarged, 0, enlarged]),
        ("upsample(2, mode=bilinear)", [4 * enlarged, 2 * enlarged, 0, 11 * enlarged]),
        ("softmax()", [0, elements, 0, (3 * 2 - 1) * elements / 2]),
        ("avgpool(2)", [0, 2 * elements, 0, elements / 4]),
        ("maxpool(2)", [0, 2 * elements, 0, 0]),
        ("adaptive_avgpool(2)", [elements, 2 * elements, 0, elements + elements / 4]),
        ("global_maxpool()", [0, 2 * elements, 0, 0]),
        ("conv_transpose(6, 2, stride=2, bias=false)", [2 * 6 * 4 * 16, 2 * 6 * 4 * 16, 2 * 6 * 4 * 64, 6 * 64 * 2 * 4]),
    ] {
        let shaped = text(&format!("net n {{ input x: [2, 4, 4]\n output y = x -> {call} }}"));
        let conventions = [Convention::Fvcore, Convention::Ptflops, Convention::Torchinfo, Convention::Thop];
        let counted = conventions.map(|convention| {
            analyze(&shaped, &Options { convention, ..Options::default() }).expect("counts that fit").totals.macs
        });
        assert_eq!(counted, counts, "{call}");
    }
}
