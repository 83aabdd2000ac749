//! Networks built by hand for the tests of rewrites, so that these do not hang on the language.
#![allow(dead_code, reason = "each test binary uses a part")]

use pointwise::graph::{Graph, Node, NodeId};
use pointwise::op::{Activation, BatchNorm, Conv, Elementwise, GlobalPool, Linear, Merge, Op, Padding, Pool, PoolKind, Shape};
use pointwise::shape::{Shaped, infer};

/// A graph in the making.
pub struct Net {
    pub graph: Graph,
}

pub fn shape(dims: &[u64]) -> Shape {
    Shape::new(dims).expect("test shapes are valid")
}

pub fn conv(out: u64, k: u64, stride: u64, pad: u64) -> Conv {
    let pad = Padding { top: pad, left: pad, bottom: pad, right: pad };
    Conv {
        out,
        kernel: [k, k],
        stride: [stride, stride],
        pad,
        dilation: [1, 1],
        groups: 1,
        bias: false,
        depthwise: false,
        line: false,
    }
}

impl Net {
    pub fn new() -> Self {
        Self { graph: Graph::new("test", None) }
    }

    pub fn add(&mut self, name: &str, op: Op, inputs: &[NodeId]) -> NodeId {
        self.graph.add(Node::new(name, op, inputs.to_vec()))
    }

    pub fn input(&mut self, dims: &[u64]) -> NodeId {
        self.add("image", Op::Input(shape(dims)), &[])
    }

    pub fn conv(&mut self, name: &str, conv: Conv, input: NodeId) -> NodeId {
        self.add(&format!("{name}.conv"), Op::Conv(conv), &[input])
    }

    pub fn bn(&mut self, name: &str, input: NodeId) -> NodeId {
        self.add(&format!("{name}.bn"), Op::BatchNorm(BatchNorm { eps: 1e-5, affine: true }), &[input])
    }

    pub fn relu(&mut self, name: &str, input: NodeId) -> NodeId {
        self.add(&format!("{name}.relu"), Op::Activation(Activation::Relu), &[input])
    }

    pub fn conv_bn(&mut self, name: &str, op: Conv, input: NodeId) -> NodeId {
        let x = self.conv(name, op, input);
        self.bn(name, x)
    }

    pub fn conv_bn_relu(&mut self, name: &str, op: Conv, input: NodeId) -> NodeId {
        let x = self.conv_bn(name, op, input);
        self.relu(name, x)
    }

    pub fn sum(&mut self, name: &str, a: NodeId, b: NodeId) -> NodeId {
        self.add(&format!("{name}.add"), Op::Elementwise(Elementwise { merge: Merge::Add }), &[a, b])
    }

    pub fn linear(&mut self, name: &str, out: u64, input: NodeId) -> NodeId {
        self.add(&format!("{name}.linear"), Op::Linear(Linear { out, bias: true }), &[input])
    }

    pub fn finish(self) -> Shaped {
        infer(self.graph).expect("test nets fit")
    }
}

/// The two-layer network `image -> conv -> [bn] -> [relu]`.
pub fn single(dims: &[u64], op: Conv, bn: bool, relu: bool) -> Shaped {
    let mut net = Net::new();
    let mut x = net.input(dims);
    x = net.conv("x", op, x);
    if bn {
        x = net.bn("x", x);
    }
    if relu {
        x = net.relu("x", x);
    }
    net.graph.add_output("y", x);
    net.finish()
}

/// ResNet-50 (v1.5, He et al., 2016) at `size`, named as the language names its layers.
pub fn resnet50(size: u64) -> Shaped {
    let mut net = Net::new();
    let image = net.input(&[3, size, size]);
    let mut x = net.conv_bn_relu("stem", conv(64, 7, 2, 3), image);
    let pad = Padding { top: 1, left: 1, bottom: 1, right: 1 };
    let pool = Pool { kind: PoolKind::Max, kernel: [3, 3], stride: [2, 2], pad, dilation: [1, 1], ceil: false, line: false };
    x = net.add("stem.maxpool", Op::Pool(pool), &[x]);
    for (stage, (width, depth)) in [(64, 3), (128, 4), (256, 6), (512, 3)].into_iter().enumerate() {
        for i in 0..depth {
            let stride = if stage > 0 && i == 0 { 2 } else { 1 };
            x = bottleneck(&mut net, &format!("layer{}.{i}", stage + 1), (width, stride, i == 0), x);
        }
    }
    x = net.add("logits.global_avgpool", Op::GlobalPool(GlobalPool::Avg), &[x]);
    x = net.add("logits.flatten", Op::Flatten, &[x]);
    x = net.linear("logits", 1000, x);
    net.graph.add_output("logits", x);
    net.finish()
}

fn bottleneck(net: &mut Net, path: &str, (width, stride, first): (u64, u64, bool), x: NodeId) -> NodeId {
    let mut y = net.conv_bn_relu(&format!("{path}.conv1"), conv(width, 1, 1, 0), x);
    y = net.conv_bn_relu(&format!("{path}.conv2"), conv(width, 3, stride, 1), y);
    y = net.conv_bn(&format!("{path}.conv3"), conv(4 * width, 1, 1, 0), y);
    let skip = if first { net.conv_bn(&format!("{path}.skip"), conv(4 * width, 1, stride, 0), x) } else { x };
    let sum = net.sum(path, y, skip);
    net.relu(path, sum)
}

/// ResNet-18's first stages at `size`, for tests that run networks.
pub fn basic(size: u64) -> Shaped {
    let mut net = Net::new();
    let image = net.input(&[3, size, size]);
    let mut x = net.conv_bn_relu("stem", conv(16, 3, 1, 1), image);
    for (stage, width) in [16, 32].into_iter().enumerate() {
        for i in 0..2 {
            let path = format!("layer{}.{i}", stage + 1);
            let stride = if stage > 0 && i == 0 { 2 } else { 1 };
            let mut y = net.conv_bn_relu(&format!("{path}.conv1"), conv(width, 3, stride, 1), x);
            y = net.conv_bn(&format!("{path}.conv2"), conv(width, 3, 1, 1), y);
            let skip = if stride == 2 { net.conv_bn(&format!("{path}.skip"), conv(width, 1, 2, 0), x) } else { x };
            let sum = net.sum(&path, y, skip);
            x = net.relu(&path, sum);
        }
    }
    x = net.add("logits.global_avgpool", Op::GlobalPool(GlobalPool::Avg), &[x]);
    x = net.add("logits.flatten", Op::Flatten, &[x]);
    x = net.linear("logits", 10, x);
    net.graph.add_output("logits", x);
    net.finish()
}
