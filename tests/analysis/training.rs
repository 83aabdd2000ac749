//! The memory of a training step: counted by hand for small networks, and by another road for large ones.

use pointwise::analysis::training::{Optimizer, Training, training};
use pointwise::analysis::{Dtype, Options, analyze};
use pointwise::shape::Shaped;

use crate::{model, text};

fn trained(shaped: &Shaped, options: &Options, optimizer: Optimizer) -> Training {
    let analysis = analyze(shaped, options).expect("counts that fit");
    let training = training(shaped, &analysis, optimizer).expect("counts that fit");
    assert_eq!(training.kept.len(), analysis.layers.len());
    assert_eq!(training.kept.iter().sum::<u64>(), training.activation_bytes);
    training
}

fn net(body: &str) -> Shaped {
    text(&format!("net n {{\n    input x: [2, 4, 4]\n{body}}}\n"))
}

/// Bytes kept of the forward pass, and in how many tensors, for `batch` images.
fn kept(body: &str, batch: u64) -> (u64, u64) {
    let training = trained(&net(body), &Options { batch, ..Options::default() }, Optimizer::Sgd);
    (training.activation_bytes, training.activation_tensors)
}

#[test]
fn each_distinct_tensor_is_kept_once() {
    const MAP: u64 = 4 * 2 * 16;
    for (body, bytes, tensors) in [
        // The image for the weights' gradient; what nothing learned stands before keeps nothing.
        ("    output y = x -> conv(2, 1)\n", MAP, 1),
        ("    output y = x -> relu -> maxpool(2)\n", 0, 0),
        ("    output y = x -> relu -> conv(2, 1)\n", MAP, 1),
        // The activation's output is the next layer's input, and a view of it is no other tensor.
        ("    output y = x -> conv(2, 1) -> relu -> identity -> conv(2, 1)\n", 2 * MAP, 2),
        ("    output y = x -> conv(2, 1) -> relu -> flatten -> linear(3)\n", 2 * MAP, 2),
        // One activation that two layers read.
        ("    a = x -> conv(2, 1) -> relu\n    output y = (a -> conv(2, 1)) + (a -> conv(2, 3, pad=1))\n", 2 * MAP, 2),
        // SiLU needs its input, and the layer behind it its output.
        ("    output y = x -> conv(2, 1) -> silu -> conv(2, 1)\n", 3 * MAP, 3),
        // A gate: each side is the other's derivative, and the sigmoid's output is one of them.
        ("    a = x -> conv(2, 1)\n    output y = a * (a -> conv(2, 1) -> sigmoid)\n", 3 * MAP, 3),
        // Only the mask of the image has a gradient, so that only the image is kept for the product.
        ("    output y = x * (x -> conv(2, 1))\n", MAP, 1),
        ("    output y = 3 * (x -> conv(2, 1)) + 1\n", MAP, 1),
        // A quotient needs what it is divided by, and what is divided where the divisor is learned; a power needs both.
        ("    output y = (x -> conv(2, 1)) / (x -> relu)\n", 2 * MAP, 2),
        ("    output y = x / (x -> conv(2, 1))\n", 2 * MAP, 2),
        ("    output y = x ** (x -> conv(2, 1))\n", 2 * MAP, 2),
        ("    output y = (x -> conv(2, 1)) ** 2\n", 2 * MAP, 2),
        ("    output y = x -> conv(2, 1) -> round\n", MAP, 1),
        // Positions of 8 bytes, masks of one; a dropped map is another tensor in training.
        ("    output y = x -> conv(2, 1) -> maxpool(2)\n", MAP + 8 * 8, 2),
        ("    output y = x -> conv(2, 1) -> dropout(0.5) -> conv(2, 1)\n", 2 * MAP + 32, 3),
        ("    output y = x -> conv(2, 1) -> dropout(0) -> conv(2, 1)\n", 2 * MAP, 2),
        // What no output needs has no gradient.
        ("    dead = x -> conv(2, 1) -> relu -> conv(2, 1)\n    output y = x -> conv(2, 1)\n", MAP, 1),
    ] {
        for batch in [1, 5] {
            assert_eq!(kept(body, batch), (batch * bytes, tensors), "{batch} images of\n{body}");
        }
    }
    // The statistics of a batch are there once.
    for batch in [1, 5] {
        assert_eq!(kept("    output y = x -> conv(2, 1) -> bn\n", batch), (batch * 2 * MAP + 4 * 4, 3));
    }
}

#[test]
fn weights_gradients_and_state() {
    let shaped = net("    dead = x -> conv(8, 1)\n    output y = x -> conv(2, 1) -> bn\n");
    let of = |optimizer| trained(&shaped, &Options::default(), optimizer);
    // Dead weights are there, and have neither gradient nor state; running statistics learn nothing.
    for (optimizer, numbers) in [(Optimizer::Sgd, 0), (Optimizer::Momentum, 1), (Optimizer::Adam, 2)] {
        let training = of(optimizer);
        assert_eq!((training.weight_bytes, training.gradient_bytes), (4 * (24 + 6 + 4 + 4), 4 * (6 + 4)));
        assert_eq!(training.optimizer_bytes, numbers * training.gradient_bytes);
        let parts = training.weight_bytes + training.gradient_bytes + training.optimizer_bytes + training.activation_bytes;
        assert_eq!(training.total_bytes, parts);
    }
    let half = trained(&shaped, &Options { dtype: Dtype::Bf16, ..Options::default() }, Optimizer::Adam);
    assert_eq!(2 * half.total_bytes, of(Optimizer::Adam).total_bytes);
}

/// Residual networks keep the image, what every convolution and every activation makes, the pooled map with its positions, the averaged
/// map, and each normalisation's statistics: 2.56 GiB for 32 images of ResNet-50, which trains in about 3 GiB.
#[test]
fn a_residual_network_keeps_what_its_designer_expects() {
    for (name, batch) in [("resnet18", 1), ("resnet18", 32), ("resnet50", 32)] {
        let shaped = model(name);
        let graph = shaped.graph();
        let elements = |id| shaped.shape(id).elements().expect("countable");
        let (mut each, mut once, mut tensors) = (0, 0, 0);
        for id in shaped.order() {
            let makes = elements(*id);
            let (own, shared, count) = match graph.node(*id).op.keyword() {
                "input" | "conv" | "relu" | "avgpool" | "adaptive_avgpool" | "global_avgpool" => (4 * makes, 0, 1),
                "maxpool" => ((4 + 8) * makes, 0, 2),
                "bn" => (0, 4 * 2 * shaped.shape(*id).channels(), 1),
                "add" | "linear" | "flatten" => (0, 0, 0),
                other => panic!("{other} in {name}"),
            };
            (each, once, tensors) = (each + own, once + shared, tensors + count);
        }
        let training = trained(&shaped, &Options { batch, ..Options::default() }, Optimizer::default());
        assert_eq!((training.activation_bytes, training.activation_tensors), (batch * each + once, tensors), "{name}");
        if name == "resnet50" {
            assert!((2_700_000_000..2_800_000_000).contains(&training.activation_bytes), "{}", training.activation_bytes);
        }
    }
}

#[test]
fn counts_beyond_64_bits_are_errors() {
    let pool = net("    output y = x -> conv(2, 1) -> maxpool(1)\n");
    let options = Options { batch: 1 << 56, dtype: Dtype::Int8, ..Options::default() };
    let analysis = analyze(&pool, &options).expect("bytes of one each fit");
    let overflow = training(&pool, &analysis, Optimizer::Sgd).expect_err("positions of eight bytes do not");
    assert_eq!(overflow.what, "bytes kept for the backward pass");
}
