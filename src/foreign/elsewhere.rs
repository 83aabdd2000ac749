//! Papers, Caffe's layer types, and spellings that several frameworks share.
//!
//! Only what all that use a spelling mean by it is understood; arguments by the names that they have here are as well.

use super::Framework::Elsewhere;
use super::Here::{self, Nothing, Operation, Shaped};
use super::Means::{Input, Pad, Same};
use super::{Parameter, Row, line, may, must, named, row};

const fn any(spellings: &'static str, here: Here, params: &'static [Parameter]) -> Row {
    row(Elsewhere, spellings, here, params)
}

const X: Parameter = must("x input bottom", Input);
const STRIDE: Parameter = named("stride strides", Same("stride"));
const PAD: Parameter = named("pad padding", Pad);
const DILATION: Parameter = named("dilation dilation_rate", Same("dilation"));
const BIAS: Parameter = named("bias use_bias bias_term", Same("bias"));

pub(super) const ROWS: &[Row] = &[
    // Its third argument is the stride, a kernel's second side or a bias.
    any(
        "conv2d convolution convolution2d",
        Operation("conv"),
        &[
            X,
            must("out out_channels filters num_output num_outputs channels", Same("out")),
            must("k kernel_size ksize kernel", Same("k")),
            STRIDE,
            PAD,
            DILATION,
            named("groups group", Same("groups")),
            BIAS,
        ],
    ),
    any(
        "conv1d convolution1d",
        Shaped("conv", line::conv),
        &[
            X,
            must("out out_channels filters num_output num_outputs channels", Same("out")),
            must("k kernel_size ksize kernel", Same("k")),
            STRIDE,
            PAD,
            DILATION,
            named("groups group", Same("groups")),
            BIAS,
        ],
    ),
    any(
        "depthwise_conv depthwise_conv2d depthwise",
        Operation("dwconv"),
        &[X, must("k kernel_size ksize kernel", Same("k")), STRIDE, PAD, DILATION, BIAS],
    ),
    any(
        "deconv deconvolution conv2d_transpose",
        Operation("conv_transpose"),
        &[
            X,
            must("out out_channels filters num_output num_outputs channels", Same("out")),
            must("k kernel_size ksize kernel", Same("k")),
            STRIDE,
            named("pad", Same("pad")),
            BIAS,
        ],
    ),
    any(
        "fc inner_product dense fully_connected",
        Operation("linear"),
        &[X, must("out out_features units num_output num_outputs", Same("out")), BIAS],
    ),
    any("BatchNorm batch_norm batchnorm", Operation("bn"), &[X, named("eps epsilon", Same("eps"))]),
    any(
        "max_pool max_pooling max_pooling2d",
        Operation("maxpool"),
        &[X, must("k kernel_size ksize pool_size", Same("k")), STRIDE, PAD, named("ceil ceil_mode", Same("ceil"))],
    ),
    any(
        "avg_pool average_pool avg_pooling average_pooling2d",
        Operation("avgpool"),
        &[X, must("k kernel_size ksize pool_size", Same("k")), STRIDE, named("pad", Same("pad"))],
    ),
    any("gap global_average_pool global_avg_pool GlobalAvgPool GlobalAveragePool", Operation("global_avgpool"), &[X]),
    any("global_max_pool GlobalMaxPool", Operation("global_maxpool"), &[X]),
    any("swish", Operation("silu"), &[X]),
    any("lrelu leakyrelu", Operation("leaky_relu"), &[X, may("slope negative_slope", Same("slope"))]),
    any("shuffle", Operation("channel_shuffle"), &[X, must("groups group", Same("groups"))]),
    any("resize", Operation("upsample"), &[X, named("size", Same("size")), named("factor", Same("factor"))]),
    any("eltwise", Nothing("write `a + b`, `a * b` or `max(a, b)`"), &[]),
];
