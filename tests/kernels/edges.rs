//! Values that are no numbers, and properties of whole families.

use pointwise::op::{
    Activation, DepthToSpace, Elementwise, GlobalPool, Merge, Op, Scalar, ScalarOp, Softmax, SpaceToDepth, Transpose,
};
use pointwise::random::Random;
use pointwise::tensor::Tensor;

use crate::apply::apply;

fn random(dims: &[usize], seed: u64) -> Tensor {
    let mut random = Random::new(seed);
    let data = (0..dims.iter().product()).map(|_| random.normal() as f32).collect();
    Tensor::new(dims.to_vec(), data)
}

/// PyTorch keeps a NaN through every one of these; a run that turned it into a zero would hide a broken network.
#[test]
fn a_nan_stays_a_nan() {
    let x = Tensor::new(vec![1, 1, 1, 2], vec![f32::NAN, 1.0]);
    let ops = [
        Op::Activation(Activation::Relu),
        Op::Activation(Activation::Relu6),
        Op::Activation(Activation::LeakyRelu { slope: 0.1 }),
        Op::Activation(Activation::Elu { alpha: 1.0 }),
        Op::Activation(Activation::HardSwish),
        Op::Activation(Activation::SOFTPLUS),
        Op::Scalar(Scalar { op: ScalarOp::Max, value: 0.0 }),
        Op::GlobalPool(GlobalPool::Max),
        Op::Softmax(Softmax { axis: 2, log: false }),
    ];
    for op in ops {
        assert!(apply(&op, std::slice::from_ref(&x), &[], 1).data()[0].is_nan(), "{op:?}");
    }
    let max = Op::Elementwise(Elementwise { merge: Merge::Max });
    let one = Tensor::new(vec![1, 1, 1, 2], vec![1.0, f32::NAN]);
    assert!(apply(&max, &[x, one], &[], 1).data().iter().all(|y| y.is_nan()));
}

#[test]
fn space_to_depth_undoes_depth_to_space() {
    let x = random(&[2, 18, 3, 5], 1);
    let wide = apply(&Op::DepthToSpace(DepthToSpace { block: 3 }), std::slice::from_ref(&x), &[], 1);
    assert_eq!(wide.dims(), [2, 2, 9, 15]);
    assert_eq!(apply(&Op::SpaceToDepth(SpaceToDepth { block: 3 }), &[wide], &[], 1), x);
}

#[test]
fn a_permutation_is_undone_by_its_inverse() {
    let x = random(&[2, 3, 4, 5, 6], 2);
    let there = apply(&Op::Transpose(Transpose { axes: vec![2, 0, 3, 1] }), std::slice::from_ref(&x), &[], 1);
    assert_eq!(there.dims(), [2, 5, 3, 6, 4]);
    assert_eq!(apply(&Op::Transpose(Transpose { axes: vec![1, 3, 0, 2] }), &[there], &[], 1), x);
}

#[test]
fn softmax_sums_to_one() {
    let y = apply(&Op::Softmax(Softmax { axis: 0, log: false }), &[random(&[3, 1000], 3)], &[], 1);
    for image in y.data().chunks_exact(1000) {
        let sum: f64 = image.iter().map(|y| f64::from(*y)).sum();
        assert!((sum - 1.0).abs() < 1e-6 && image.iter().all(|y| *y > 0.0));
    }
}
