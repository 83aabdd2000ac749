//! Convolutions over random geometries, against a naive one that shares no code with the executor.

use pointwise::op::{Conv, ConvTranspose, Op, Padding, Shape};
use pointwise::random::Random;
use pointwise::tensor::Tensor;

use crate::apply::{apply, batched};
use crate::cases::{conv, conv_transpose};

/// A number in `low..=high`.
fn pick(random: &mut Random, low: u64, high: u64) -> u64 {
    low + random.bits() % (high - low + 1)
}

fn pair(random: &mut Random, low: u64, high: u64) -> [u64; 2] {
    [pick(random, low, high), pick(random, low, high)]
}

fn normals(random: &mut Random, count: usize) -> Vec<f32> {
    (0..count).map(|_| random.normal() as f32).collect()
}

fn tensor(random: &mut Random, dims: Vec<usize>) -> Tensor {
    let count = dims.iter().product();
    Tensor::new(dims, normals(random, count))
}

/// A convolution that fits a random input; channels of the input come with it.
fn random_conv(random: &mut Random) -> (Conv, [u64; 3]) {
    loop {
        let groups = pick(random, 1, 4);
        let depthwise = pick(random, 0, 3) == 0;
        let channels = if depthwise { groups } else { groups * pick(random, 1, 5) };
        let op = Conv {
            out: groups * pick(random, 1, 6),
            kernel: pair(random, 1, 4),
            stride: pair(random, 1, 3),
            pad: Padding {
                top: pick(random, 0, 3),
                left: pick(random, 0, 3),
                bottom: pick(random, 0, 3),
                right: pick(random, 0, 3),
            },
            dilation: pair(random, 1, 3),
            groups,
            bias: pick(random, 0, 1) == 0,
            depthwise,
            line: false,
        };
        let shape = [channels, pick(random, 1, 11), pick(random, 1, 11)];
        if Op::Conv(op.clone()).infer(&[Shape::new(&shape).expect("a shape")]).is_ok() {
            return (op, shape);
        }
    }
}

fn weights(random: &mut Random, kernel: u64, out: u64, bias: bool) -> Vec<(&'static str, Vec<f32>)> {
    let mut weights = vec![("weight", normals(random, kernel as usize))];
    if bias {
        weights.push(("bias", normals(random, out as usize)));
    }
    weights
}

fn conv_weights(random: &mut Random, op: &Conv, channels: u64) -> Vec<(&'static str, Vec<f32>)> {
    weights(random, op.out * (channels / op.groups) * op.kernel[0] * op.kernel[1], op.out, op.bias)
}

/// The definition, as straight loops over indices in f64; padding is what lies outside.
fn naive(op: &Conv, x: &Tensor, weights: &[(&str, Vec<f32>)], out: &[usize]) -> Vec<f64> {
    let (c, h, w) = (x.dims()[1] as i64, x.dims()[2] as i64, x.dims()[3] as i64);
    let per_group = c / op.groups as i64;
    let outs_per_group = (op.out / op.groups) as i64;
    let (kh, kw) = (op.kernel[0] as i64, op.kernel[1] as i64);
    let mut y = Vec::new();
    for n in 0..out[0] as i64 {
        for o in 0..out[1] as i64 {
            for i in 0..out[2] as i64 {
                for j in 0..out[3] as i64 {
                    let mut sum = if op.bias { f64::from(weights[1].1[o as usize]) } else { 0.0 };
                    for dc in 0..per_group {
                        for di in 0..kh {
                            for dj in 0..kw {
                                let row = i * op.stride[0] as i64 - op.pad.top as i64 + di * op.dilation[0] as i64;
                                let column = j * op.stride[1] as i64 - op.pad.left as i64 + dj * op.dilation[1] as i64;
                                if row >= 0 && row < h && column >= 0 && column < w {
                                    let channel = o / outs_per_group * per_group + dc;
                                    let value = x.data()[(((n * c + channel) * h + row) * w + column) as usize];
                                    let weight = weights[0].1[(((o * per_group + dc) * kh + di) * kw + dj) as usize];
                                    sum += f64::from(value) * f64::from(weight);
                                }
                            }
                        }
                    }
                    y.push(sum);
                }
            }
        }
    }
    y
}

#[test]
fn convolution_equals_its_definition() {
    let mut random = Random::named(1, "definition");
    for _ in 0..400 {
        let (op, shape) = random_conv(&mut random);
        let batch = pick(&mut random, 1, 3) as usize;
        let x = tensor(&mut random, batched(batch, &shape));
        let weights = conv_weights(&mut random, &op, shape[0]);
        let y = apply(&Op::Conv(op.clone()), std::slice::from_ref(&x), &weights, 1);
        let expected = naive(&op, &x, &weights, y.dims());
        assert_eq!(y.data().len(), expected.len());
        for (got, expected) in y.data().iter().zip(expected) {
            let close = (f64::from(*got) - expected).abs() <= 1e-7 * expected.abs() + 1e-10;
            assert!(close, "{got} is not {expected} for {op:?} on {shape:?}");
        }
    }
}

/// Large enough that the work is really split.
fn large_cases() -> Vec<(Op, Vec<u64>)> {
    vec![
        (Op::Conv(Conv { pad: Padding::even([1, 1]), bias: true, ..conv(33, [3, 3]) }), vec![17, 23, 19]),
        (Op::Conv(Conv { stride: [2, 2], pad: Padding::even([3, 3]), ..conv(64, [7, 7]) }), vec![3, 57, 57]),
        (Op::Conv(Conv { bias: true, ..conv(130, [1, 1]) }), vec![65, 14, 14]),
        (Op::Conv(Conv { groups: 96, pad: Padding::even([1, 1]), depthwise: true, ..conv(96, [3, 3]) }), vec![96, 28, 28]),
        (Op::Conv(Conv { groups: 3, pad: Padding::even([1, 1]), ..conv(48, [3, 3]) }), vec![24, 28, 28]),
        (Op::ConvTranspose(ConvTranspose { stride: [2, 2], bias: true, ..conv_transpose(19, [3, 3]) }), vec![23, 15, 14]),
        (Op::Linear(pointwise::op::Linear { out: 1001, bias: true }), vec![1027]),
    ]
}

fn large_weights(random: &mut Random, op: &Op, shape: &[u64]) -> Vec<(&'static str, Vec<f32>)> {
    let specs = op.weights(&[Shape::new(shape).expect("a shape")]);
    specs.iter().map(|spec| (spec.name, normals(random, spec.elements().expect("small") as usize))).collect()
}

#[test]
fn every_number_of_threads_gives_the_same_bits() {
    let mut random = Random::named(2, "threads");
    for (op, shape) in large_cases() {
        let x = [tensor(&mut random, batched(1, &shape))];
        let weights = large_weights(&mut random, &op, &shape);
        let alone = apply(&op, &x, &weights, 1);
        for threads in 2..=5 {
            let y = apply(&op, &x, &weights, threads);
            assert!(same_bits(alone.data(), y.data()), "{op:?} with {threads} threads");
        }
    }
}

#[test]
fn a_batch_is_its_images() {
    let mut random = Random::named(3, "batch");
    for (op, shape) in large_cases() {
        let x = tensor(&mut random, batched(3, &shape));
        let weights = large_weights(&mut random, &op, &shape);
        let together = apply(&op, std::slice::from_ref(&x), &weights, 2);
        let each = x.data().len() / 3;
        let alone: Vec<f32> = x
            .data()
            .chunks_exact(each)
            .flat_map(|image| apply(&op, &[Tensor::new(batched(1, &shape), image.to_vec())], &weights, 1).data().to_vec())
            .collect();
        assert!(same_bits(together.data(), &alone), "{op:?}");
    }
}

fn same_bits(a: &[f32], b: &[f32]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a.to_bits() == b.to_bits())
}

fn inner(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.dims(), b.dims());
    a.data().iter().zip(b.data()).map(|(a, b)| f64::from(*a) * f64::from(*b)).sum()
}

/// `<conv(x), y> = <x, conv_transpose(y)>` with the same weights: both weights are `[conv's out, conv's in / groups, kh, kw]`.
#[test]
fn transposed_convolution_is_the_adjoint() {
    let mut random = Random::named(4, "adjoint");
    let mut held = 0;
    while held < 200 {
        let (op, shape) = random_conv(&mut random);
        let op = Conv { bias: false, depthwise: false, ..op };
        let x = tensor(&mut random, batched(2, &shape));
        let weights = conv_weights(&mut random, &op, shape[0]);
        let forward = apply(&Op::Conv(op.clone()), std::slice::from_ref(&x), &weights, 1);
        // What the strides leave over at the bottom and right comes back as output padding.
        let left_over =
            |side: usize, pads: u64| (shape[side + 1] + pads - op.dilation[side] * (op.kernel[side] - 1) - 1) % op.stride[side];
        let back = Op::ConvTranspose(ConvTranspose {
            out: shape[0],
            kernel: op.kernel,
            stride: op.stride,
            pad: op.pad,
            output_pad: [left_over(0, op.pad.top + op.pad.bottom), left_over(1, op.pad.left + op.pad.right)],
            dilation: op.dilation,
            groups: op.groups,
            bias: false,
            line: false,
        });
        let y = tensor(&mut random, forward.dims().to_vec());
        let backward = apply(&back, std::slice::from_ref(&y), &weights, 2);
        let (left, right) = (inner(&forward, &y), inner(&x, &backward));
        let size: f64 = inner(&forward, &forward).sqrt() * inner(&y, &y).sqrt();
        assert!((left - right).abs() <= 1e-6 * size.max(1e-3), "{left} is not {right} for {op:?} on {shape:?}");
        held += 1;
    }
}
