//! Keras 3 and TensorFlow: layers, then functions. Channels are last there.
//!
//! In: nothing, it is data. Out: the rows of its operations, each with its parameters in their order there and what they are
//! here; an activation that is given by its name is the function of that name. What hangs on several arguments is a function
//! of [`super::rule`]; nothing is read or written here.

use super::Framework::Keras;
use super::Here::{self, Nothing, Operation, Rarely, Ruled, Shaped};
use super::Means::{Activation, Axes, Axis, Input, Inputs, Needless, Only, Pad, Same, Words};
use super::{
    INITIAL_VALUE, Means, NO_PROPERTY, Parameter, Row, TRAINING, VOLUME, else_, guess, line, may, must, named, pads, resizes,
    row, rule,
};

const fn keras(spellings: &'static str, here: Here, params: &'static [Parameter]) -> Row {
    row(Keras, spellings, here, params)
}

const RULED: Means = Means::Ruled;
const X: Parameter = must("x input inputs features logits images", Input);
const NAME: Parameter = named("name dtype trainable", NO_PROPERTY);
/// What is computed does not hang on how the framework lays its maps out.
const LAYOUT: Parameter = may("data_format", Needless("where a tensor lies in memory is planned by the compiler"));
const FILTERS: Parameter = must("filters", Same("out"));
const KERNEL: Parameter = must("kernel_size", Same("k"));
const STRIDES: Parameter = may("strides", Same("stride"));
const PADDING: Parameter = may("padding", Pad);
const DILATION: Parameter = may("dilation_rate", Same("dilation"));
const MULTIPLIER: Parameter = may("depth_multiplier", Same("multiplier"));
const ACTIVATION: Parameter = may("activation", Activation);
const BIAS: Parameter = may("use_bias", Same("bias"));
const AXIS: Parameter = may("axis", RULED);
const EPSILON: Parameter = else_("epsilon", "1e-3", Same("eps"));
const CENTER: Parameter = may("center", RULED);
const SCALE: Parameter = may("scale", RULED);
const INITIAL: Parameter = named(
    "kernel_initializer bias_initializer depthwise_initializer pointwise_initializer beta_initializer gamma_initializer \
     moving_mean_initializer moving_variance_initializer kernel_regularizer bias_regularizer activity_regularizer \
     depthwise_regularizer pointwise_regularizer beta_regularizer gamma_regularizer",
    TRAINING,
);
/// Where the framework is told that the channels come first, its axes count otherwise.
const LAST: Parameter = may("data_format", Only(&["None", "\"channels_last\""]));
const ALPHA: &str = "negative_slope alpha";

/// Layers of `keras.layers`.
pub(super) const LAYERS: &[Row] = &[
    keras(
        "Conv2D Convolution2D",
        Operation("conv"),
        &[FILTERS, KERNEL, STRIDES, PADDING, LAYOUT, DILATION, may("groups", Same("groups")), ACTIVATION, BIAS, INITIAL, NAME],
    ),
    keras(
        "DepthwiseConv2D",
        Operation("dwconv"),
        &[KERNEL, STRIDES, PADDING, MULTIPLIER, LAYOUT, DILATION, ACTIVATION, BIAS, INITIAL, NAME],
    ),
    keras(
        "SeparableConv2D SeparableConvolution2D",
        Ruled("dwconv", rule::separable),
        &[FILTERS, KERNEL, STRIDES, PADDING, LAYOUT, DILATION, MULTIPLIER, ACTIVATION, BIAS, INITIAL, NAME],
    ),
    keras(
        "Conv2DTranspose Convolution2DTranspose",
        Ruled("conv_transpose", rule::keras_transposed),
        &[
            FILTERS,
            KERNEL,
            STRIDES,
            PADDING,
            // What follows stands in another order in each version.
            named("output_padding", Only(&["None"])),
            named("data_format", Needless("where a tensor lies in memory is planned by the compiler")),
            named("dilation_rate", Only(&["1"])),
            named("activation", Activation),
            named("use_bias", Same("bias")),
            INITIAL,
            NAME,
        ],
    ),
    keras(
        "Conv1D Convolution1D",
        Shaped("conv", line::conv),
        &[FILTERS, KERNEL, STRIDES, PADDING, LAYOUT, DILATION, may("groups", Same("groups")), ACTIVATION, BIAS, INITIAL, NAME],
    ),
    keras(
        "DepthwiseConv1D",
        Shaped("dwconv", line::dwconv),
        &[KERNEL, STRIDES, PADDING, MULTIPLIER, LAYOUT, DILATION, ACTIVATION, BIAS, INITIAL, NAME],
    ),
    keras(
        "SeparableConv1D SeparableConvolution1D",
        Shaped("dwconv", line::separable),
        &[FILTERS, KERNEL, STRIDES, PADDING, LAYOUT, DILATION, MULTIPLIER, ACTIVATION, BIAS, INITIAL, NAME],
    ),
    keras(
        "MaxPooling1D MaxPool1D",
        Shaped("maxpool", line::maxpool),
        &[else_("pool_size", "2", Same("k")), STRIDES, PADDING, LAYOUT, NAME],
    ),
    keras(
        "AveragePooling1D AvgPool1D",
        Shaped("avgpool", line::keras_avgpool),
        &[must("pool_size", Same("k")), STRIDES, PADDING, LAYOUT, NAME],
    ),
    keras(
        "GlobalAveragePooling1D GlobalAvgPool1D",
        Shaped("global_avgpool", line::global_average),
        &[LAYOUT, may("keepdims", RULED), NAME],
    ),
    keras(
        "GlobalMaxPooling1D GlobalMaxPool1D",
        Shaped("global_maxpool", line::global_max),
        &[LAYOUT, may("keepdims", RULED), NAME],
    ),
    keras("ZeroPadding1D", Shaped("pad", line::zero_pad), &[may("padding", RULED), NAME]),
    keras("UpSampling1D", Shaped("upsample", line::upsample), &[else_("size", "2", Same("factor")), NAME]),
    keras("Conv3D MaxPooling3D AveragePooling3D GlobalAveragePooling3D", Nothing(VOLUME), &[]),
    keras("Dense", Shaped("linear", rule::dense), &[must("units", Same("out")), ACTIVATION, BIAS, INITIAL, NAME]),
    keras(
        "BatchNormalization",
        Ruled("bn", rule::keras_bn),
        &[AXIS, may("momentum", TRAINING), EPSILON, CENTER, SCALE, INITIAL, NAME],
    ),
    keras("LayerNormalization", Ruled("layer_norm", rule::keras_layer_norm), &[AXIS, EPSILON, CENTER, SCALE, INITIAL, NAME]),
    keras(
        "GroupNormalization",
        Ruled("group_norm", rule::keras_group_norm),
        &[else_("groups", "32", Same("groups")), AXIS, EPSILON, CENTER, SCALE, INITIAL, NAME],
    ),
    keras("MaxPooling2D MaxPool2D", Operation("maxpool"), &[else_("pool_size", "2", Same("k")), STRIDES, PADDING, LAYOUT, NAME]),
    keras(
        "AveragePooling2D AvgPool2D",
        Ruled("avgpool", rule::keras_avgpool),
        &[must("pool_size", Same("k")), STRIDES, PADDING, LAYOUT, NAME],
    ),
    keras(
        "GlobalAveragePooling2D GlobalAvgPool2D",
        Ruled("global_avgpool", rule::global_average),
        &[LAYOUT, may("keepdims", RULED), NAME],
    ),
    keras(
        "GlobalMaxPooling2D GlobalMaxPool2D",
        Ruled("global_maxpool", rule::global_max),
        &[LAYOUT, may("keepdims", RULED), NAME],
    ),
    keras("ZeroPadding2D", Ruled("pad", pads::keras_zero_pad), &[may("padding", RULED), LAYOUT, NAME]),
    keras(
        "UpSampling2D",
        Operation("upsample"),
        &[else_("size", "2", Same("factor")), LAYOUT, may("interpolation", Words("mode", &["nearest", "bilinear"])), NAME],
    ),
    keras("Concatenate", Operation("concat"), &[may("axis", Axis("axis")), NAME]),
    keras("Add", Operation("add"), &[NAME]),
    keras("Multiply", Operation("mul"), &[NAME]),
    keras("Subtract", Operation("sub"), &[NAME]),
    keras("Maximum", Operation("max"), &[NAME]),
    keras("Flatten", Ruled("flatten", rule::keras_flatten), &[LAST, NAME]),
    keras("Softmax", Operation("softmax"), &[may("axis", Axis("axis")), NAME]),
    keras(
        "ReLU",
        Ruled("relu", rule::keras_relu),
        &[may("max_value", RULED), may("negative_slope", RULED), may("threshold", RULED), NAME],
    ),
    keras("LeakyReLU", Operation("leaky_relu"), &[else_(ALPHA, "0.3", Same("slope")), NAME]),
    keras("ELU", Operation("elu"), &[may("alpha", Same("alpha")), NAME]),
    keras(
        "PReLU",
        Ruled("prelu", rule::keras_prelu),
        &[
            named("shared_axes", RULED),
            named("alpha_initializer", INITIAL_VALUE),
            named("alpha_regularizer alpha_constraint", TRAINING),
            NAME,
        ],
    ),
    keras("Activation", Rarely(rule::named_activation), &[must("activation", RULED), NAME]),
    keras(
        "Dropout SpatialDropout1D SpatialDropout2D",
        Operation("dropout"),
        &[must("rate", Same("p")), named("noise_shape seed data_format", TRAINING), NAME],
    ),
    keras("Identity", Operation("identity"), &[NAME]),
    keras(
        "Reshape Permute",
        Nothing("the channels are last there and first here, so that it orders other elements: write `reshape` or `transpose`"),
        &[],
    ),
];

/// Functions of `tf`, `tf.nn`, `tf.image` and `keras.ops`.
pub(super) const FUNCTIONS: &[Row] = &[
    keras("relu", Operation("relu"), &[X, NAME]),
    keras("relu6", Operation("relu6"), &[X, NAME]),
    keras("sigmoid", Operation("sigmoid"), &[X, NAME]),
    keras("tanh", Operation("tanh"), &[X, NAME]),
    keras("silu swish", Operation("silu"), &[X, may("beta", Only(&["1"])), NAME]),
    keras("leaky_relu", Operation("leaky_relu"), &[X, else_(ALPHA, "0.2", Same("slope")), NAME]),
    keras("elu", Operation("elu"), &[X, may("alpha", Same("alpha")), NAME]),
    keras("softplus", Operation("softplus"), &[X, NAME]),
    keras("mish", Operation("mish"), &[X, NAME]),
    keras("hard_silu hard_swish", Operation("hard_swish"), &[X, NAME]),
    keras(
        "hard_sigmoid",
        Nothing("it has another slope in each version: `hard_sigmoid` here is that of Keras 3, `relu6(x + 3) / 6`"),
        &[X],
    ),
    keras("gelu", Ruled("gelu", rule::keras_gelu), &[X, may("approximate", RULED), NAME]),
    keras("selu", Operation("selu"), &[X, NAME]),
    keras("softsign", Operation("softsign"), &[X, NAME]),
    keras("exponential", Operation("exp"), &[X, NAME]),
    keras("softmax", Operation("softmax"), &[X, may("axis", Axis("axis")), NAME]),
    keras("concat concatenate", Operation("concat"), &[must("values inputs xs", Inputs), guess("axis", Axis("axis")), NAME]),
    keras("add", Operation("add"), &[must("inputs", Inputs), NAME]),
    keras("multiply", Operation("mul"), &[must("inputs", Inputs), NAME]),
    keras("reduce_mean", Ruled("mean", rule::keras_mean), &[X, may("axis", Axes("axes")), may("keepdims", Same("keep")), NAME]),
    keras(
        "resize",
        Shaped("upsample", resizes::resize),
        &[X, must("size", Same("size")), may("method", RULED), named("antialias preserve_aspect_ratio", Only(&["False"])), NAME],
    ),
    keras(
        "depth_to_space space_to_depth",
        Nothing("its channels stand in another order there than here, where they are PyTorch's"),
        &[X],
    ),
];
