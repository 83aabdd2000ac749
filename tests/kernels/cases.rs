//! Cases of operations that multiply, normalise and bend; each comment says how the numbers come about.

use std::f64::consts::LN_2;

use pointwise::op::{
    Activation, BatchNorm, Conv, ConvTranspose, GroupNorm, InstanceNorm, LayerNorm, Linear, Lrn, Op, Padding, Scale, Softmax,
};

use crate::apply::Case;

pub const NO_PAD: Padding = Padding { top: 0, left: 0, bottom: 0, right: 0 };

pub fn conv(out: u64, kernel: [u64; 2]) -> Conv {
    Conv { out, kernel, stride: [1, 1], pad: NO_PAD, dilation: [1, 1], groups: 1, bias: false, depthwise: false, line: false }
}

pub fn conv_transpose(out: u64, kernel: [u64; 2]) -> ConvTranspose {
    ConvTranspose {
        out,
        kernel,
        stride: [1, 1],
        pad: NO_PAD,
        output_pad: [0, 0],
        dilation: [1, 1],
        groups: 1,
        bias: false,
        line: false,
    }
}

const NINE: [f32; 9] = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0];

pub fn compute() -> Vec<Case> {
    let mut cases = convolutions();
    cases.extend(transposed());
    cases.extend(norms());
    cases
}

fn convolutions() -> Vec<Case> {
    let two = [1.0, 2.0, 3.0, 4.0];
    vec![
        // Top left: 1·1 + 2·2 + 4·3 + 5·4 = 37, and 10.
        Case::new("conv 2x2 with bias", Op::Conv(Conv { bias: true, ..conv(1, [2, 2]) }))
            .input(&[1, 3, 3], &NINE)
            .weight("weight", &two)
            .weight("bias", &[10.0])
            .gives(&[1, 2, 2], &[47.0, 57.0, 77.0, 87.0]),
        // Zeros above and to the left only: windows [0 0; 0 1], [0 0; 2 3], [0 4; 0 7], [5 6; 8 9].
        Case::new(
            "conv padded one-sided, stride 2",
            Op::Conv(Conv { stride: [2, 2], pad: Padding { top: 1, left: 1, ..NO_PAD }, ..conv(1, [2, 2]) }),
        )
        .input(&[1, 3, 3], &NINE)
        .weight("weight", &two)
        .gives(&[1, 2, 2], &[4.0, 18.0, 36.0, 77.0]),
        // The corners: 1·1 + 3·2 + 7·3 + 9·4.
        Case::new("conv dilated", Op::Conv(Conv { dilation: [2, 2], ..conv(1, [2, 2]) }))
            .input(&[1, 3, 3], &NINE)
            .weight("weight", &two)
            .gives(&[1, 1, 1], &[64.0]),
        // Sums of columns with stride 1 across and 2 down: a 1x3 kernel on rows 1 and 3.
        Case::new("conv 1x3, stride [2, 1]", Op::Conv(Conv { stride: [2, 1], ..conv(1, [1, 3]) }))
            .input(&[1, 3, 3], &NINE)
            .weight("weight", &[1.0, 1.0, 1.0])
            .gives(&[1, 2, 1], &[6.0, 24.0]),
        // 1·1 + 3·10 and 2·1 + 4·10.
        Case::new("conv 1x1", Op::Conv(conv(1, [1, 1])))
            .input(&[2, 1, 2], &[1.0, 2.0, 3.0, 4.0])
            .weight("weight", &[1.0, 10.0])
            .gives(&[1, 1, 2], &[31.0, 42.0]),
        // The first two filters see the 3, the others the 5.
        Case::new("conv grouped", Op::Conv(Conv { groups: 2, ..conv(4, [1, 1]) }))
            .input(&[2, 1, 1], &[3.0, 5.0])
            .weight("weight", &two)
            .gives(&[4, 1, 1], &[3.0, 6.0, 15.0, 20.0]),
        // 1 + 2 + 3 + 4, and 5 - 8.
        Case::new("dwconv", Op::Conv(Conv { groups: 2, depthwise: true, ..conv(2, [2, 2]) }))
            .input(&[2, 2, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0])
            .weight("weight", &[1.0, 1.0, 1.0, 1.0, 1.0, 0.0, 0.0, -1.0])
            .gives(&[2, 1, 1], &[10.0, -3.0]),
        // 1 - 3 + 0.5, and 2 + 4 + 6 - 1.
        Case::new("linear", Op::Linear(Linear { out: 2, bias: true }))
            .input(&[3], &[1.0, 2.0, 3.0])
            .weight("weight", &[1.0, 0.0, -1.0, 2.0, 2.0, 2.0])
            .weight("bias", &[0.5, -1.0])
            .gives(&[2], &[-1.5, 11.0]),
        // Row by row: 1 + 20, 3 + 40, 5 + 60.
        Case::new("linear on the last axis", Op::Linear(Linear { out: 1, bias: false }))
            .input(&[3, 2], &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
            .weight("weight", &[1.0, 10.0])
            .gives(&[3, 1], &[21.0, 43.0, 65.0]),
    ]
}

fn transposed() -> Vec<Case> {
    let two = [1.0, 2.0, 3.0, 4.0];
    vec![
        // Two kernels side by side, once and twice their size; then a column that nothing reaches; and the bias.
        Case::new(
            "conv_transpose, stride 2, output_pad",
            Op::ConvTranspose(ConvTranspose { stride: [2, 2], output_pad: [0, 1], bias: true, ..conv_transpose(1, [2, 2]) }),
        )
        .input(&[1, 1, 2], &[1.0, 2.0])
        .weight("weight", &two)
        .weight("bias", &[100.0])
        .gives(&[1, 2, 5], &[101.0, 102.0, 102.0, 104.0, 100.0, 103.0, 104.0, 106.0, 108.0, 100.0]),
        // Kernels overlap in the middle column: 2·1 + 1·2 and 4·1 + 3·2.
        Case::new("conv_transpose, stride 1", Op::ConvTranspose(conv_transpose(1, [2, 2])))
            .input(&[1, 1, 2], &[1.0, 2.0])
            .weight("weight", &two)
            .gives(&[1, 2, 3], &[1.0, 4.0, 4.0, 3.0, 10.0, 8.0]),
        // The left column of that is taken off.
        Case::new(
            "conv_transpose, padded one-sided",
            Op::ConvTranspose(ConvTranspose { pad: Padding { left: 1, ..NO_PAD }, ..conv_transpose(1, [2, 2]) }),
        )
        .input(&[1, 1, 2], &[1.0, 2.0])
        .weight("weight", &two)
        .gives(&[1, 2, 2], &[4.0, 4.0, 10.0, 8.0]),
        // Taps two apart: 1·2 and 2·2 land beside each other.
        Case::new("conv_transpose, dilated", Op::ConvTranspose(ConvTranspose { dilation: [1, 2], ..conv_transpose(1, [1, 2]) }))
            .input(&[1, 1, 2], &[1.0, 2.0])
            .weight("weight", &[1.0, 2.0])
            .gives(&[1, 1, 4], &[1.0, 2.0, 2.0, 4.0]),
        // Weights are [in, out]: 2·1 + 3·10 and 2·5 + 3·50.
        Case::new("conv_transpose, two channels", Op::ConvTranspose(conv_transpose(2, [1, 1])))
            .input(&[2, 1, 1], &[2.0, 3.0])
            .weight("weight", &[1.0, 5.0, 10.0, 50.0])
            .gives(&[2, 1, 1], &[32.0, 160.0]),
        // Each input makes its own two outputs: 2·1, 2·5, 3·10, 3·50.
        Case::new("conv_transpose, grouped", Op::ConvTranspose(ConvTranspose { groups: 2, ..conv_transpose(4, [1, 1]) }))
            .input(&[2, 1, 1], &[2.0, 3.0])
            .weight("weight", &[1.0, 5.0, 10.0, 50.0])
            .gives(&[4, 1, 1], &[2.0, 10.0, 30.0, 150.0]),
    ]
}

fn norms() -> Vec<Case> {
    vec![
        // sqrt(3 + 1) = 2: (5 - 1) / 2 · 3 + 0.5, (-1 - 1) / 2 · 3 + 0.5; second channel 7 / 1.
        Case::new("bn", Op::BatchNorm(BatchNorm { eps: 1.0, affine: true }))
            .input(&[2, 1, 2], &[5.0, -1.0, 7.0, 0.0])
            .weight("weight", &[3.0, 1.0])
            .weight("bias", &[0.5, 0.0])
            .weight("running_mean", &[1.0, 0.0])
            .weight("running_var", &[3.0, 0.0])
            .gives(&[2, 1, 2], &[6.5, -2.5, 7.0, 0.0]),
        // (4 - 2) / sqrt(15 + 1) on features.
        Case::new("bn without affine", Op::BatchNorm(BatchNorm { eps: 1.0, affine: false }))
            .input(&[1], &[4.0])
            .weight("running_mean", &[2.0])
            .weight("running_var", &[15.0])
            .gives(&[1], &[0.5]),
        // Mean 2, variance 1, eps 3: ∓1 / 2, then · 2 + 1 and · 4 + 1.
        Case::new("group_norm, one group", Op::GroupNorm(GroupNorm { groups: 1, eps: 3.0, affine: true }))
            .input(&[2, 1, 1], &[1.0, 3.0])
            .weight("weight", &[2.0, 4.0])
            .weight("bias", &[1.0, 1.0])
            .gives(&[2, 1, 1], &[0.0, 3.0]),
        // Pairs of channels: means 1 and 12, deviations 1 and 2.
        Case::new("group_norm, two groups", Op::GroupNorm(GroupNorm { groups: 2, eps: 0.0, affine: false }))
            .input(&[4, 1, 1], &[0.0, 2.0, 10.0, 14.0])
            .gives(&[4, 1, 1], &[-1.0, 1.0, -1.0, 1.0]),
        // Each position on its own: (0, 2) and (10, 14).
        Case::new("layer_norm", Op::LayerNorm(LayerNorm::of_channels(0.0, true)))
            .input(&[2, 1, 2], &[0.0, 10.0, 2.0, 14.0])
            .weight("weight", &[1.0, 3.0])
            .weight("bias", &[0.0, 0.5])
            .gives(&[2, 1, 2], &[-1.0, -1.0, 3.5, 3.5]),
        // Each channel on its own: means 1 and 12.
        Case::new("instance_norm", Op::InstanceNorm(InstanceNorm { eps: 0.0, affine: false }))
            .input(&[2, 1, 2], &[0.0, 2.0, 10.0, 14.0])
            .gives(&[2, 1, 2], &[-1.0, 1.0, -1.0, 1.0]),
        // alpha / size = 1: 1 + (1 + 4), 1 + (1 + 4 + 9), 1 + (4 + 9).
        Case::new("lrn, odd window", Op::Lrn(Lrn { size: 3, alpha: 3.0, beta: 1.0, k: 1.0 }))
            .input(&[3, 1, 1], &[1.0, 2.0, 3.0])
            .gives(&[3, 1, 1], &[1.0 / 6.0, 2.0 / 15.0, 3.0 / 14.0]),
        // An even window holds the channel before its own, as in PyTorch: roots of 3 + 1, 3 + (1 + 4) and 3 + (4 + 9).
        Case::new("lrn, even window", Op::Lrn(Lrn { size: 2, alpha: 2.0, beta: 0.5, k: 3.0 }))
            .input(&[3, 1, 1], &[1.0, 2.0, 3.0])
            .gives(&[3, 1, 1], &[0.5, 2.0 / 8f64.sqrt(), 0.75]),
        Case::new("scale", Op::Scale(Scale { init: 1.0, bias: true }))
            .input(&[2, 1, 2], &[1.0, 2.0, 3.0, 4.0])
            .weight("weight", &[2.0, -1.0])
            .weight("bias", &[1.0, 0.0])
            .gives(&[2, 1, 2], &[3.0, 5.0, -3.0, -4.0]),
    ]
}

/// `x -> y` pairs of a non-linearity.
fn bend(what: &'static str, op: Activation, x: &[f32], y: &[f64]) -> Case {
    Case::new(what, Op::Activation(op)).input(&[x.len() as u64], x).gives(&[y.len() as u64], y)
}

pub fn activations() -> Vec<Case> {
    // The f32 nearest to ln 2 and ln 3, and what those really are the logarithms of.
    let (ln2, ln3) = (LN_2 as f32, 3f64.ln() as f32);
    let (two, three) = (f64::from(ln2).exp(), f64::from(ln3).exp());
    let x3 = f64::from(ln3);
    vec![
        bend("relu", Activation::Relu, &[-1.0, 0.0, 2.0], &[0.0, 0.0, 2.0]),
        bend("relu6", Activation::Relu6, &[-1.0, 3.0, 7.0], &[0.0, 3.0, 6.0]),
        bend("leaky_relu", Activation::LeakyRelu { slope: 0.25 }, &[-4.0, 4.0], &[-1.0, 4.0]),
        bend("prelu, shared", Activation::Prelu { shared: true }, &[-4.0, 4.0], &[-2.0, 4.0]).weight("weight", &[0.5]),
        Case::new("prelu, per channel", Op::Activation(Activation::Prelu { shared: false }))
            .input(&[2, 1, 2], &[-4.0, 4.0, -4.0, 4.0])
            .weight("weight", &[0.5, 2.0])
            .gives(&[2, 1, 2], &[-2.0, 4.0, -8.0, 4.0]),
        // 2 (exp(-ln 2) - 1) = -1.
        bend("elu", Activation::Elu { alpha: 2.0 }, &[-ln2, 3.0], &[2.0 * (1.0 / two - 1.0), 3.0]),
        // sigmoid(ln 3) = 3 / 4.
        bend("sigmoid", Activation::Sigmoid, &[0.0, ln3, -200.0], &[0.5, three / (1.0 + three), 0.0]),
        bend("hard_sigmoid", Activation::HARD_SIGMOID, &[-3.0, 0.0, 1.0, 3.0], &[0.0, 0.5, 4.0 / 6.0, 1.0]),
        bend("silu", Activation::Silu, &[ln3, 0.0], &[x3 * three / (1.0 + three), 0.0]),
        bend("hard_swish", Activation::HardSwish, &[-3.0, 1.0, 3.0], &[0.0, 4.0 / 6.0, 3.0]),
        // Phi(1) = 0.841344746068542949 (Abramowitz and Stegun, table 26.1).
        bend("gelu", Activation::Gelu, &[1.0, -1.0, 0.0], &[0.841_344_746_068_542_9, -0.158_655_253_931_457_05, 0.0]),
        // tanh(ln 2) = (4 - 1) / (4 + 1).
        bend(
            "tanh",
            Activation::Tanh,
            &[ln2, -ln2],
            &[(two * two - 1.0) / (two * two + 1.0), -(two * two - 1.0) / (two * two + 1.0)],
        ),
        // ln(1 + 1), ln(1 + 3), and no overflow.
        bend("softplus", Activation::SOFTPLUS, &[0.0, ln3, 1000.0], &[LN_2, (1.0 + three).ln(), 1000.0]),
        // tanh(ln y) = (y² - 1) / (y² + 1) with y = 1 + 3.
        bend("mish", Activation::Mish, &[0.0, ln3], &[0.0, x3 * ((1.0 + three).powi(2) - 1.0) / ((1.0 + three).powi(2) + 1.0)]),
        // ln(1 + exp(2 x)) / 2, and x where 2 x is more than 1.
        bend(
            "softplus, sharp and cut",
            Activation::Softplus { beta: 2.0, threshold: 1.0 },
            &[0.0, 1.0, -200.0],
            &[LN_2 / 2.0, 1.0, 0.0],
        ),
        bend("hard_sigmoid of ONNX", Activation::HardSigmoid { alpha: 0.25, beta: 0.5 }, &[-4.0, 1.0, 4.0], &[0.0, 0.75, 1.0]),
        bend("softsign", Activation::Softsign, &[-1.0, 3.0, 0.0], &[-0.5, 0.75, 0.0]),
        // exp(-ln 2) - 1 = -1 / 2.
        bend(
            "selu",
            Activation::Selu,
            &[-ln2, 2.0],
            &[1.050_700_987_355_480_5 * 1.673_263_242_354_377_2 * (1.0 / two - 1.0), 2.0 * 1.050_700_987_355_480_5],
        ),
        bend("celu", Activation::Celu { alpha: 2.0 }, &[-2.0 * ln2, 3.0], &[2.0 * (1.0 / two - 1.0), 3.0]),
        bend("thresholded_relu", Activation::ThresholdedRelu { alpha: 1.0 }, &[-3.0, 1.0, 1.5], &[0.0, 0.0, 1.5]),
        // What is large is passed or not, as by the exact one; PyTorch's values between are recorded.
        bend("gelu by tanh", Activation::GeluTanh, &[0.0, 100.0, -100.0], &[0.0, 100.0, 0.0]),
        // ln(1 / (2 + 2)), ln(2 / 4).
        Case::new("log_softmax", Op::Softmax(Softmax { axis: 0, log: true }))
            .input(&[3], &[0.0, ln2, 0.0])
            .gives(&[3], &[-(2.0 + two).ln(), f64::from(ln2) - (2.0 + two).ln(), -(2.0 + two).ln()]),
        Case::new("log_softmax of large values", Op::Softmax(Softmax { axis: 0, log: true }))
            .input(&[2], &[1000.0, 1000.0])
            .gives(&[2], &[-LN_2, -LN_2]),
        // 1 : 2 : 1; the same above by 1000, where exp alone would overflow.
        Case::new("softmax", Op::Softmax(Softmax { axis: 0, log: false }))
            .input(&[3], &[0.0, ln2, 0.0])
            .gives(&[3], &[1.0 / (2.0 + two), two / (2.0 + two), 1.0 / (2.0 + two)]),
        Case::new("softmax of large values", Op::Softmax(Softmax { axis: 0, log: false }))
            .input(&[2], &[1000.0, 1000.0])
            .gives(&[2], &[0.5, 0.5]),
        // Over the channels of each position, and over the positions of each channel.
        Case::new("softmax over channels", Op::Softmax(Softmax { axis: 0, log: false }))
            .input(&[2, 1, 2], &[0.0, 5.0, ln2, 5.0])
            .gives(&[2, 1, 2], &[1.0 / (1.0 + two), 0.5, two / (1.0 + two), 0.5]),
        Case::new("softmax over columns", Op::Softmax(Softmax { axis: 2, log: false }))
            .input(&[2, 1, 2], &[0.0, ln2, 5.0, 5.0])
            .gives(&[2, 1, 2], &[1.0 / (1.0 + two), two / (1.0 + two), 0.5, 0.5]),
    ]
}
