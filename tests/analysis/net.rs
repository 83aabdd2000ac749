//! Builds small networks by hand, so that these tests depend on neither parser nor lowering.

use pointwise::analysis::{Analysis, Options, analyze};
use pointwise::graph::{Graph, Node, NodeId};
use pointwise::op::{Activation, BatchNorm, Concat, Conv, Elementwise, Linear, Merge, Op, Padding, Pool, PoolKind, Shape};
use pointwise::shape::{Shaped, infer};

/// A network under construction.
pub struct Net {
    pub graph: Graph,
}

impl Net {
    pub fn new() -> Self {
        Self { graph: Graph::new("test", None) }
    }

    /// Adds a node without a place in any source.
    pub fn add(&mut self, name: &str, op: Op, inputs: &[NodeId]) -> NodeId {
        self.graph.add(Node::new(name, op, inputs.to_vec()))
    }

    pub fn input(&mut self, name: &str, dims: &[u64]) -> NodeId {
        self.add(name, Op::Input(Shape::new(dims).expect("a shape")), &[])
    }

    pub fn output(&mut self, node: NodeId) {
        self.graph.add_output("y", node);
    }

    pub fn shaped(self) -> Shaped {
        infer(self.graph).expect("a network that fits")
    }

    pub fn analyzed(self) -> (Shaped, Analysis) {
        let shaped = self.shaped();
        let analysis = analyze(&shaped, &Options::default()).expect("counts that fit");
        (shaped, analysis)
    }
}

/// A square convolution without bias.
pub fn conv(out: u64, kernel: u64, stride: u64, pad: u64) -> Conv {
    Conv {
        out,
        kernel: [kernel; 2],
        stride: [stride; 2],
        pad: Padding { top: pad, left: pad, bottom: pad, right: pad },
        dilation: [1; 2],
        groups: 1,
        bias: false,
        depthwise: false,
        line: false,
    }
}

pub fn maxpool(kernel: u64, stride: u64, pad: u64) -> Op {
    Op::Pool(Pool {
        kind: PoolKind::Max,
        kernel: [kernel; 2],
        stride: [stride; 2],
        pad: Padding { top: pad, left: pad, bottom: pad, right: pad },
        dilation: [1; 2],
        ceil: false,
        line: false,
    })
}

pub fn bn() -> Op {
    Op::BatchNorm(BatchNorm { eps: 1e-5, affine: true })
}

pub fn relu() -> Op {
    Op::Activation(Activation::Relu)
}

pub fn plus() -> Op {
    Op::Elementwise(Elementwise { merge: Merge::Add })
}

pub fn times() -> Op {
    Op::Elementwise(Elementwise { merge: Merge::Mul })
}

pub fn concat() -> Op {
    Op::Concat(Concat { axis: 0 })
}

pub fn linear(out: u64) -> Op {
    Op::Linear(Linear { out, bias: true })
}
