//! PyTorch: modules, then functions of `torch` and `torch.nn.functional` and methods of tensors, as of version 2.
//!
//! In: nothing, it is data. Out: the rows of its operations, each with its parameters in their order there and what they are
//! here. What hangs on several arguments is a function of [`super::rule`]; nothing is read or written here.

use super::Framework::PyTorch;
use super::Here::{self, Nothing, Operation, Rarely, Ruled, Shaped};
use super::Means::{Axes, Axis, Input, InputSize, Inputs, NeedlessFlag, Only, Pad, Rest, Same, Words};
use super::{
    INITIAL_VALUE, Means, NO_PROPERTY, PLANNED, Parameter, Row, TRAINING, VOLUME, axes, guess, line, may, must, named, pads,
    resizes, row, rule,
};

const fn pt(spellings: &'static str, here: Here, params: &'static [Parameter]) -> Row {
    row(PyTorch, spellings, here, params)
}

const RULED: Means = Means::Ruled;
const DEVICE: Parameter = may("device", NO_PROPERTY);
const DTYPE: Parameter = may("dtype", NO_PROPERTY);
const INPLACE: Parameter = may("inplace", PLANNED);
const X: Parameter = must("input self x", Input);
const OTHER: Parameter = must("other", Input);
const OTHER_FACTOR: Parameter = must("other mat2", Input);
const KERNEL: Parameter = must("kernel_size", Same("k"));
const STRIDE: Parameter = may("stride", Same("stride"));
const PADDING: Parameter = may("padding", Same("pad"));
const DILATION: Parameter = may("dilation", Same("dilation"));
const CEIL: Parameter = may("ceil_mode", Same("ceil"));
const NO_INDICES: Parameter = may("return_indices", Only(&["False"]));
const WITH_PADDING: Parameter = may("count_include_pad", Same("count_include_pad"));
const NO_DIVISOR: Parameter = may("divisor_override", Only(&["None"]));
const SIZE: Parameter = may("size", Same("size"));
const FACTOR: Parameter = may("scale_factor", Same("factor"));
const MODE: Parameter = may("mode", RULED);
const CORNERS: Parameter = may("align_corners", Same("align_corners"));
const NOT_ANEW: Parameter = may("recompute_scale_factor", Only(&["False"]));
const DIMS: Parameter = must("dim axis", Axes("axes"));
const KEEPDIM: Parameter = may("keepdim keepdims", Same("keep"));
const WINDOW: Parameter = must("size", Same("size"));
const LRN_ALPHA: Parameter = may("alpha", Same("alpha"));
const LRN_BETA: Parameter = may("beta", Same("beta"));
const LRN_K: Parameter = may("k", Same("k"));
const APPROXIMATE: &[&str] = &["none", "tanh"];

const WEIGHTS: &str = "it takes its weights as tensors, which layers have of their own here";
const NORM: [Parameter; 5] = [
    must("num_features", InputSize),
    may("eps", Same("eps")),
    may("momentum", TRAINING),
    may("affine", Same("affine")),
    may("track_running_stats", Only(&["True"])),
];

const CONV: &[Parameter] = &[
    must("in_channels", InputSize),
    must("out_channels", Same("out")),
    KERNEL,
    STRIDE,
    may("padding", Pad),
    DILATION,
    may("groups", Same("groups")),
    may("bias", Same("bias")),
    may("padding_mode", Only(&["\"zeros\""])),
    DEVICE,
    DTYPE,
];
const CONV_TRANSPOSE: &[Parameter] = &[
    must("in_channels", InputSize),
    must("out_channels", Same("out")),
    KERNEL,
    STRIDE,
    PADDING,
    may("output_padding", Same("output_pad")),
    may("groups", Same("groups")),
    may("bias", Same("bias")),
    DILATION,
    may("padding_mode", Only(&["\"zeros\""])),
    DEVICE,
    DTYPE,
];
const INSTANCE_NORM: &[Parameter] = &[
    must("num_features", InputSize),
    may("eps", Same("eps")),
    may("momentum", TRAINING),
    may("affine", Same("affine")),
    may("track_running_stats", RULED),
];

/// Modules of `torch.nn`.
pub(super) const MODULES: &[Row] = &[
    pt("Conv2d", Operation("conv"), CONV),
    pt("Conv1d", Shaped("conv", line::conv), CONV),
    pt("ConvTranspose2d", Operation("conv_transpose"), CONV_TRANSPOSE),
    pt("ConvTranspose1d", Shaped("conv_transpose", line::conv_transpose), CONV_TRANSPOSE),
    pt("Conv3d conv3d ConvTranspose3d conv_transpose3d", Nothing(VOLUME), &[]),
    pt(
        "MaxPool3d max_pool3d maxpool3d AvgPool3d avg_pool3d avgpool3d BatchNorm3d InstanceNorm3d AdaptiveAvgPool3d \
         adaptive_avg_pool3d AdaptiveMaxPool3d adaptive_max_pool3d",
        Nothing(VOLUME),
        &[],
    ),
    pt(
        "Linear",
        Operation("linear"),
        &[must("in_features", InputSize), must("out_features", Same("out")), may("bias", Same("bias")), DEVICE, DTYPE],
    ),
    pt("BatchNorm1d BatchNorm2d SyncBatchNorm", Operation("bn"), &NORM),
    pt(
        "GroupNorm",
        Operation("group_norm"),
        &[
            must("num_groups", Same("groups")),
            must("num_channels", InputSize),
            may("eps", Same("eps")),
            may("affine", Same("affine")),
        ],
    ),
    pt(
        "LayerNorm",
        Shaped("layer_norm", axes::layer_norm),
        &[
            must("normalized_shape", InputSize),
            may("eps", Same("eps")),
            may("elementwise_affine", Same("affine")),
            may("bias", Same("bias")),
        ],
    ),
    pt("InstanceNorm2d", Ruled("instance_norm", rule::instance_norm), INSTANCE_NORM),
    pt("InstanceNorm1d", Shaped("instance_norm", line::instance_norm), INSTANCE_NORM),
    pt("LocalResponseNorm", Operation("lrn"), &[WINDOW, LRN_ALPHA, LRN_BETA, LRN_K]),
    pt("MaxPool2d", Operation("maxpool"), &[KERNEL, STRIDE, PADDING, DILATION, NO_INDICES, CEIL]),
    pt("MaxPool1d", Shaped("maxpool", line::maxpool), &[KERNEL, STRIDE, PADDING, DILATION, NO_INDICES, CEIL]),
    pt("AvgPool2d", Operation("avgpool"), &[KERNEL, STRIDE, PADDING, CEIL, WITH_PADDING, NO_DIVISOR]),
    pt("AvgPool1d", Shaped("avgpool", line::avgpool), &[KERNEL, STRIDE, PADDING, CEIL, WITH_PADDING]),
    pt("AdaptiveAvgPool1d", Shaped("adaptive_avgpool", line::adaptive_avg), &[must("output_size", Same("out"))]),
    pt(
        "AdaptiveMaxPool1d",
        Shaped("adaptive_maxpool", line::adaptive_max),
        &[must("output_size", Same("out")), may("return_indices", RULED)],
    ),
    pt("AdaptiveAvgPool2d", Ruled("adaptive_avgpool", rule::adaptive_avg), &[must("output_size", Same("out"))]),
    pt(
        "AdaptiveMaxPool2d",
        Ruled("adaptive_maxpool", rule::adaptive_max),
        &[must("output_size", Same("out")), may("return_indices", RULED)],
    ),
    pt("Flatten", Ruled("flatten", rule::flatten), &[may("start_dim", RULED), may("end_dim", RULED)]),
    pt("Identity", Operation("identity"), &[]),
    pt("ReLU", Operation("relu"), &[INPLACE]),
    pt("ReLU6", Operation("relu6"), &[INPLACE]),
    pt("SiLU", Operation("silu"), &[INPLACE]),
    pt("Mish", Operation("mish"), &[INPLACE]),
    pt("Hardswish", Operation("hard_swish"), &[INPLACE]),
    pt("Hardsigmoid", Operation("hard_sigmoid"), &[INPLACE]),
    pt("Sigmoid", Operation("sigmoid"), &[]),
    pt("Tanh", Operation("tanh"), &[]),
    pt("Softplus", Operation("softplus"), &[may("beta", Same("beta")), may("threshold", Same("threshold"))]),
    pt("Softsign", Operation("softsign"), &[]),
    pt("LeakyReLU", Operation("leaky_relu"), &[may("negative_slope", Same("slope")), INPLACE]),
    pt("ELU", Operation("elu"), &[may("alpha", Same("alpha")), INPLACE]),
    pt("SELU", Operation("selu"), &[INPLACE]),
    pt("CELU", Operation("celu"), &[may("alpha", Same("alpha")), INPLACE]),
    pt(
        "Threshold",
        Ruled("thresholded_relu", rule::threshold),
        &[must("threshold", Same("alpha")), must("value", RULED), INPLACE],
    ),
    pt("PReLU", Ruled("prelu", rule::prelu), &[may("num_parameters", RULED), may("init", INITIAL_VALUE), DEVICE, DTYPE]),
    pt("GELU", Operation("gelu"), &[may("approximate", Words("approximate", APPROXIMATE))]),
    pt("Hardtanh", Ruled("clamp", rule::hardtanh), &[may("min_val", RULED), may("max_val", RULED), INPLACE]),
    pt("Softmax", Operation("softmax"), &[must("dim", Axis("axis"))]),
    pt("Softmax2d", Operation("softmax"), &[]),
    pt("LogSoftmax", Operation("log_softmax"), &[must("dim", Axis("axis"))]),
    pt("Dropout Dropout1d Dropout2d", Operation("dropout"), &[may("p", Same("p")), INPLACE]),
    pt("Upsample", Ruled("upsample", resizes::interpolate), &[SIZE, FACTOR, MODE, CORNERS, NOT_ANEW]),
    pt("UpsamplingNearest2d", Operation("upsample"), &[SIZE, FACTOR]),
    pt("UpsamplingBilinear2d", Ruled("upsample", resizes::bilinear2d), &[SIZE, FACTOR]),
    pt("PixelShuffle", Operation("depth_to_space"), &[must("upscale_factor", Same("block"))]),
    pt("PixelUnshuffle", Operation("space_to_depth"), &[must("downscale_factor", Same("block"))]),
    pt("ChannelShuffle", Operation("channel_shuffle"), &[must("groups", Same("groups"))]),
    pt("ZeroPad2d", Ruled("pad", pads::zero_pad), &[must("padding", RULED)]),
    pt("ConstantPad2d", Ruled("pad", pads::zero_pad), &[must("padding", RULED), must("value", RULED)]),
    pt("ReflectionPad2d", Ruled("pad", pads::reflection_pad), &[must("padding", RULED)]),
    pt("ReplicationPad2d", Ruled("pad", pads::replication_pad), &[must("padding", RULED)]),
    pt("CircularPad2d", Ruled("pad", pads::circular_pad), &[must("padding", RULED)]),
    pt("ZeroPad1d", Shaped("pad", line::zero_pad), &[must("padding", RULED)]),
    pt("ConstantPad1d", Shaped("pad", line::zero_pad), &[must("padding", RULED), must("value", RULED)]),
    pt("ReflectionPad1d", Shaped("pad", line::reflection_pad), &[must("padding", RULED)]),
    pt("ReplicationPad1d", Shaped("pad", line::replication_pad), &[must("padding", RULED)]),
    pt("CircularPad1d", Shaped("pad", line::circular_pad), &[must("padding", RULED)]),
];

/// Functions, whose input stands first, and methods, whose input stands before the dot.
pub(super) const FUNCTIONS: &[Row] = &[
    pt("conv2d conv1d conv_transpose2d conv_transpose1d linear batch_norm", Nothing(WEIGHTS), &[X]),
    pt("relu relu_", Operation("relu"), &[X, INPLACE]),
    pt("relu6", Operation("relu6"), &[X, INPLACE]),
    pt("silu", Operation("silu"), &[X, INPLACE]),
    pt("mish", Operation("mish"), &[X, INPLACE]),
    pt("hardswish", Operation("hard_swish"), &[X, INPLACE]),
    pt("hardsigmoid", Operation("hard_sigmoid"), &[X, INPLACE]),
    pt("sigmoid", Operation("sigmoid"), &[X]),
    pt("tanh", Operation("tanh"), &[X]),
    pt("softplus", Operation("softplus"), &[X, may("beta", Same("beta")), may("threshold", Same("threshold"))]),
    pt("softsign", Operation("softsign"), &[X]),
    pt("leaky_relu", Operation("leaky_relu"), &[X, may("negative_slope", Same("slope")), INPLACE]),
    pt("elu", Operation("elu"), &[X, may("alpha", Same("alpha")), INPLACE]),
    pt("selu", Operation("selu"), &[X, INPLACE]),
    pt("celu", Operation("celu"), &[X, may("alpha", Same("alpha")), INPLACE]),
    pt(
        "threshold",
        Ruled("thresholded_relu", rule::threshold),
        &[X, must("threshold", Same("alpha")), must("value", RULED), INPLACE],
    ),
    pt("gelu", Operation("gelu"), &[X, named("approximate", Words("approximate", APPROXIMATE))]),
    pt("hardtanh", Ruled("clamp", rule::hardtanh), &[X, may("min_val", RULED), may("max_val", RULED), INPLACE]),
    pt("log_softmax", Operation("log_softmax"), &[X, must("dim", Axis("axis")), named("dtype", NO_PROPERTY)]),
    pt("softmax", Operation("softmax"), &[X, must("dim", Axis("axis")), named("dtype", NO_PROPERTY)]),
    pt(
        "dropout dropout1d dropout2d",
        Operation("dropout"),
        &[X, may("p", Same("p")), may("training", NeedlessFlag("it concerns training only")), INPLACE],
    ),
    pt("local_response_norm", Operation("lrn"), &[X, WINDOW, LRN_ALPHA, LRN_BETA, LRN_K]),
    pt("max_pool2d", Operation("maxpool"), &[X, KERNEL, STRIDE, PADDING, DILATION, CEIL, NO_INDICES]),
    pt("avg_pool2d", Operation("avgpool"), &[X, KERNEL, STRIDE, PADDING, CEIL, WITH_PADDING, NO_DIVISOR]),
    pt("max_pool1d maxpool1d", Shaped("maxpool", line::maxpool), &[X, KERNEL, STRIDE, PADDING, DILATION, CEIL, NO_INDICES]),
    pt("avg_pool1d avgpool1d", Shaped("avgpool", line::avgpool), &[X, KERNEL, STRIDE, PADDING, CEIL, WITH_PADDING]),
    pt("adaptive_avg_pool1d", Shaped("adaptive_avgpool", line::adaptive_avg), &[X, must("output_size", Same("out"))]),
    pt(
        "adaptive_max_pool1d",
        Shaped("adaptive_maxpool", line::adaptive_max),
        &[X, must("output_size", Same("out")), may("return_indices", RULED)],
    ),
    pt("adaptive_avg_pool2d", Ruled("adaptive_avgpool", rule::adaptive_avg), &[X, must("output_size", Same("out"))]),
    pt(
        "adaptive_max_pool2d",
        Ruled("adaptive_maxpool", rule::adaptive_max),
        &[X, must("output_size", Same("out")), may("return_indices", RULED)],
    ),
    pt(
        "interpolate upsample",
        Ruled("upsample", resizes::interpolate),
        &[X, SIZE, FACTOR, MODE, CORNERS, NOT_ANEW, may("antialias", Only(&["False"]))],
    ),
    pt("pixel_shuffle", Operation("depth_to_space"), &[X, must("upscale_factor", Same("block"))]),
    pt("pixel_unshuffle", Operation("space_to_depth"), &[X, must("downscale_factor", Same("block"))]),
    pt("channel_shuffle", Operation("channel_shuffle"), &[X, must("groups", Same("groups"))]),
    pt("pad", Ruled("pad", pads::f_pad), &[X, must("pad", RULED), may("mode", RULED), may("value", RULED)]),
    pt("cat concat concatenate", Ruled("concat", rule::cat), &[must("tensors", Inputs), may("dim", Axis("axis"))]),
    pt(
        "stack",
        Nothing("it makes a new axis: `unsqueeze(0)` gives one to each, along which `concat` joins them"),
        &[must("tensors", Inputs)],
    ),
    pt("chunk", Ruled("split", rule::chunk), &[X, must("chunks", Same("parts")), may("dim", Axis("axis"))]),
    pt("split", Shaped("split", rule::split), &[X, must("split_size_or_sections split_size", RULED), may("dim", RULED)]),
    pt("flatten", Ruled("flatten", rule::flatten), &[X, guess("start_dim", RULED), may("end_dim", RULED)]),
    pt("view reshape", Ruled("reshape", rule::view), &[X, may("shape", Rest)]),
    pt("permute", Ruled("transpose", rule::permute), &[X, may("dims", Rest)]),
    pt("transpose swapaxes", Ruled("transpose", rule::swap), &[X, must("dim0 axis0", RULED), must("dim1 axis1", RULED)]),
    pt("mean", Operation("mean"), &[X, DIMS, KEEPDIM]),
    pt("sum", Operation("sum"), &[X, DIMS, KEEPDIM, named("dtype", NO_PROPERTY)]),
    pt("prod", Operation("prod"), &[X, DIMS, KEEPDIM, named("dtype", NO_PROPERTY)]),
    pt("amax", Operation("amax"), &[X, DIMS, KEEPDIM]),
    pt("amin", Operation("amin"), &[X, DIMS, KEEPDIM]),
    pt("norm vector_norm", Ruled("l2", axes::norm), &[X, may("p ord", RULED), DIMS, KEEPDIM]),
    pt("add", Operation("add"), &[X, OTHER, named("alpha", Only(&["1"]))]),
    pt("sub subtract", Operation("sub"), &[X, OTHER, named("alpha", Only(&["1"]))]),
    pt("mul multiply", Operation("mul"), &[X, OTHER]),
    pt("div divide true_divide", Operation("div"), &[X, OTHER, named("rounding_mode", Only(&["None"]))]),
    pt("maximum", Operation("max"), &[X, OTHER]),
    pt("minimum", Operation("min"), &[X, OTHER]),
    pt(
        "size",
        Nothing("`channels(x)`, `height(x)` and `width(x)` ask a tensor for its sizes, and the batch has none here"),
        &[X],
    ),
    pt("clamp clip clamp_min clamp_", Ruled("clamp", rule::clamp), &[X, may("min", Same("min")), may("max", Same("max"))]),
    pt("clamp_max", Operation("clamp"), &[X, must("max", Same("max"))]),
    pt("narrow", Ruled("slice", rule::narrow), &[X, must("dim", RULED), must("start", RULED), must("length", RULED)]),
    pt("unsqueeze", Operation("unsqueeze"), &[X, DIMS]),
    pt("squeeze", Operation("squeeze"), &[X, DIMS]),
    pt("repeat tile", Shaped("repeat", axes::repeat), &[X, may("repeats dims", Rest)]),
    pt("expand", Shaped("expand", axes::expand), &[X, may("sizes", Rest)]),
    pt("expand_as", Nothing("what has one row or column goes with many by itself; `expand([…])` stretches to a shape"), &[X]),
    pt("flip", Ruled("slice", axes::flip), &[X, may("dims", Rest)]),
    pt("matmul bmm", Operation("matmul"), &[X, OTHER_FACTOR]),
    pt("mm einsum", Nothing("there is `matmul(a, b)`, whose matrices lie behind the batch, which has no axis here"), &[X]),
    pt("exp", Operation("exp"), &[X]),
    pt("log", Operation("log"), &[X]),
    pt("sqrt", Operation("sqrt"), &[X]),
    pt("abs absolute", Operation("abs"), &[X]),
    pt("neg negative", Operation("neg"), &[X]),
    pt("sign", Operation("sign"), &[X]),
    pt("floor", Operation("floor"), &[X]),
    pt("ceil", Operation("ceil"), &[X]),
    pt("round", Operation("round"), &[X, named("decimals", Only(&["0"]))]),
    pt("reciprocal", Operation("reciprocal"), &[X]),
    pt("erf", Operation("erf"), &[X]),
    pt("sin", Operation("sin"), &[X]),
    pt("cos", Operation("cos"), &[X]),
    pt("rsqrt", Rarely(rule::rsqrt), &[X]),
    pt("pow square", Nothing("a power is an operator here: `x ** 2`, `a ** b`"), &[X]),
    pt("contiguous clone detach", Operation("identity"), &[X]),
];
