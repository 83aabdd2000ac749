//! PyTorch: modules, then functions of `torch` and `torch.nn.functional` and methods of tensors, as of version 2.
//!
//! In: nothing, it is data. Out: the rows of its operations, each with its parameters in their order there and what they are
//! here. What hangs on several arguments is a function of [`super::rule`]; nothing is read or written here.

use super::Framework::PyTorch;
use super::Here::{self, Nothing, Operation, Rarely, Ruled, Shaped};
use super::Means::{Axes, Axis, Input, InputSize, Inputs, NeedlessFlag, Only, Pad, Rest, Same};
use super::{
    INITIAL_VALUE, Means, NO_PROPERTY, PLANNED, Parameter, Row, TRAINING, VOLUME, guess, line, may, must, named, pads, resizes,
    row, rule,
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
const WINDOW: Parameter = must("size", Same("size"));
const LRN_ALPHA: Parameter = may("alpha", Same("alpha"));
const LRN_BETA: Parameter = may("beta", Same("beta"));
const LRN_K: Parameter = may("k", Same("k"));

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
        Shaped("layer_norm", rule::layer_norm),
        &[
            must("normalized_shape", InputSize),
            may("eps", Same("eps")),
            may("elementwise_affine", Same("affine")),
            may("bias", Only(&["True"])),
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
    pt("Flatten", Operation("flatten"), &[may("start_dim", Only(&["1"])), may("end_dim", Only(&["-1"]))]),
    pt("Identity", Operation("identity"), &[]),
    pt("ReLU", Operation("relu"), &[INPLACE]),
    pt("ReLU6", Operation("relu6"), &[INPLACE]),
    pt("SiLU", Operation("silu"), &[INPLACE]),
    pt("Mish", Operation("mish"), &[INPLACE]),
    pt("Hardswish", Operation("hard_swish"), &[INPLACE]),
    pt("Hardsigmoid", Operation("hard_sigmoid"), &[INPLACE]),
    pt("Sigmoid", Operation("sigmoid"), &[]),
    pt("Tanh", Operation("tanh"), &[]),
    pt("Softplus", Operation("softplus"), &[may("beta", Only(&["1"])), may("threshold", Only(&["20"]))]),
    pt("LeakyReLU", Operation("leaky_relu"), &[may("negative_slope", Same("slope")), INPLACE]),
    pt("ELU", Operation("elu"), &[may("alpha", Same("alpha")), INPLACE]),
    pt("PReLU", Ruled("prelu", rule::prelu), &[may("num_parameters", RULED), may("init", INITIAL_VALUE), DEVICE, DTYPE]),
    pt("GELU", Operation("gelu"), &[may("approximate", Only(&["\"none\""]))]),
    pt("Hardtanh", Rarely(rule::hardtanh), &[may("min_val", RULED), may("max_val", RULED), INPLACE]),
    pt("Softmax", Operation("softmax"), &[must("dim", Axis("axis"))]),
    pt("Softmax2d", Operation("softmax"), &[]),
    pt("LogSoftmax log_softmax", Nothing("there is no logarithm here: `softmax` gives the probabilities"), &[]),
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
    pt("softplus", Operation("softplus"), &[X, may("beta", Only(&["1"])), may("threshold", Only(&["20"]))]),
    pt("leaky_relu", Operation("leaky_relu"), &[X, may("negative_slope", Same("slope")), INPLACE]),
    pt("elu", Operation("elu"), &[X, may("alpha", Same("alpha")), INPLACE]),
    pt("gelu", Operation("gelu"), &[X, named("approximate", Only(&["\"none\""]))]),
    pt("hardtanh", Rarely(rule::hardtanh), &[X, may("min_val", RULED), may("max_val", RULED), INPLACE]),
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
    pt("stack", Nothing("it makes a new axis: `concat` joins along one that is there"), &[must("tensors", Inputs)]),
    pt("chunk", Ruled("split", rule::chunk), &[X, must("chunks", Same("parts")), may("dim", Axis("axis"))]),
    pt("split", Shaped("split", rule::split), &[X, must("split_size_or_sections split_size", RULED), may("dim", RULED)]),
    pt("flatten", Ruled("flatten", rule::flatten), &[X, guess("start_dim", RULED), may("end_dim", RULED)]),
    pt("view reshape", Ruled("reshape", rule::view), &[X, may("shape", Rest)]),
    pt("permute", Ruled("transpose", rule::permute), &[X, may("dims", Rest)]),
    pt("transpose swapaxes", Ruled("transpose", rule::swap), &[X, must("dim0 axis0", RULED), must("dim1 axis1", RULED)]),
    pt("mean", Operation("mean"), &[X, must("dim", Axes("axes")), may("keepdim", Same("keep"))]),
    pt("sum", Nothing("`a + b` adds tensors; over axes there is `mean`, which is the sum over the number of elements"), &[X]),
    pt("amax", Rarely(rule::amax), &[X, must("dim", RULED), may("keepdim", RULED)]),
    pt("add", Operation("add"), &[X, OTHER, named("alpha", Only(&["1"]))]),
    pt("sub subtract", Operation("sub"), &[X, OTHER, named("alpha", Only(&["1"]))]),
    pt("mul multiply", Operation("mul"), &[X, OTHER]),
    pt("maximum", Operation("max"), &[X, OTHER]),
    pt(
        "size",
        Nothing("`channels(x)`, `height(x)` and `width(x)` ask a tensor for its sizes, and the batch has none here"),
        &[X],
    ),
    pt("clamp clip clamp_min clamp_", Rarely(rule::clamp), &[X, may("min", RULED), may("max", RULED)]),
    pt("narrow", Ruled("slice", rule::narrow), &[X, must("dim", RULED), must("start", RULED), must("length", RULED)]),
    pt("unsqueeze squeeze", Nothing("the batch has no axis here, and `reshape` gives a tensor another shape"), &[X]),
    pt(
        "repeat expand expand_as tile",
        Nothing("what has one row or column goes with many by itself; `concat` makes copies"),
        &[X],
    ),
    pt("matmul bmm mm einsum", Nothing("products of two tensors are taken element by element here"), &[X]),
    pt("exp log sqrt rsqrt abs pow square", Nothing("there is no such function of a tensor here"), &[X]),
    pt("contiguous clone detach", Operation("identity"), &[X]),
];
