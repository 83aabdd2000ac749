//! The table: framework, spelling, what it is here, and how its arguments map. Plain data, one row a spelling.
//!
//! A signature lists the parameters in the order that they have elsewhere. A name is that of the parameter here, which
//! stands at the same place among those that are left; `=name` stands elsewhere here and is written by name; `axis` counts
//! from the channels here and from the batch elsewhere. `-` has no meaning here, `in` is the size of the input, which
//! follows from the input. `*` is the tensor of a function, `[*]` its list of tensors. Arguments beyond the signature, and
//! all where it is empty, stay as they are.

use super::{Call, Framework, Meaning, Parameter, Word};
use Framework::{Caffe, Keras, Papers, PyTorch};
use Meaning::{Axis, Called, InputSize, Needless};

const fn call(framework: Framework, spelling: &'static str, here: &'static str, signature: &'static str) -> Call {
    Call { framework, spelling, here, signature }
}

/// Operations. Spellings are told apart by case where they differ in nothing else.
pub const CALLS: &[Call] = &[
    call(PyTorch, "Conv2d", "conv", "in out k stride pad dilation groups bias"),
    call(Keras, "Conv2D", "conv", "out k stride pad - dilation groups - bias"),
    call(PyTorch, "conv2d", "conv", ""),
    call(Caffe, "convolution", "conv", ""),
    call(Keras, "depthwise_conv", "dwconv", ""),
    call(Papers, "depthwise", "dwconv", ""),
    call(PyTorch, "ConvTranspose2d", "conv_transpose", "in out k stride pad output_pad =groups =bias =dilation"),
    call(PyTorch, "conv_transpose2d", "conv_transpose", ""),
    call(Papers, "deconv", "conv_transpose", ""),
    call(PyTorch, "Linear", "linear", "in out bias"),
    call(Keras, "Dense", "linear", "out - bias"),
    call(Papers, "fc", "linear", ""),
    call(Caffe, "inner_product", "linear", ""),
    call(PyTorch, "BatchNorm1d", "bn", "in eps - affine -"),
    call(PyTorch, "BatchNorm2d", "bn", "in eps - affine -"),
    call(Caffe, "BatchNorm", "bn", ""),
    call(PyTorch, "batch_norm", "bn", ""),
    call(PyTorch, "GroupNorm", "group_norm", "groups in eps affine"),
    call(PyTorch, "LayerNorm", "layer_norm", "in eps affine"),
    call(PyTorch, "InstanceNorm2d", "instance_norm", "in eps - affine -"),
    call(PyTorch, "LocalResponseNorm", "lrn", "size alpha beta k"),
    call(PyTorch, "local_response_norm", "lrn", "* size alpha beta k"),
    call(PyTorch, "MaxPool2d", "maxpool", "k stride pad dilation - ceil"),
    call(PyTorch, "max_pool2d", "maxpool", "* k stride pad dilation ceil -"),
    call(Papers, "max_pool", "maxpool", ""),
    call(PyTorch, "AvgPool2d", "avgpool", "k stride pad ceil count_include_pad"),
    call(PyTorch, "avg_pool2d", "avgpool", "* k stride pad ceil count_include_pad"),
    call(Papers, "avg_pool", "avgpool", ""),
    call(Papers, "gap", "global_avgpool", ""),
    call(Papers, "global_average_pool", "global_avgpool", ""),
    call(Papers, "GlobalAvgPool", "global_avgpool", ""),
    call(PyTorch, "AdaptiveAvgPool2d", "adaptive_avgpool", "out"),
    call(PyTorch, "adaptive_avg_pool2d", "adaptive_avgpool", "* out"),
    call(PyTorch, "cat", "concat", "[*] axis"),
    call(Keras, "concatenate", "concat", "[*] axis"),
    call(PyTorch, "chunk", "split", "* parts axis"),
    call(PyTorch, "permute", "transpose", ""),
    call(PyTorch, "view", "reshape", ""),
    call(PyTorch, "ReLU", "relu", "-"),
    call(PyTorch, "relu", "relu", "* -"),
    call(PyTorch, "ReLU6", "relu6", "-"),
    call(PyTorch, "SiLU", "silu", "-"),
    call(Keras, "swish", "silu", ""),
    call(PyTorch, "Hardswish", "hard_swish", "-"),
    call(PyTorch, "Hardsigmoid", "hard_sigmoid", "-"),
    call(PyTorch, "LeakyReLU", "leaky_relu", "slope -"),
    call(PyTorch, "leaky_relu", "leaky_relu", "* slope -"),
    call(PyTorch, "dropout", "dropout", "* p - -"),
    call(PyTorch, "softmax", "softmax", "* axis"),
    call(PyTorch, "interpolate", "upsample", "* =size =factor =mode =align_corners"),
    call(Keras, "resize", "upsample", ""),
    call(PyTorch, "PixelShuffle", "depth_to_space", "block"),
    call(PyTorch, "pixel_shuffle", "depth_to_space", "* block"),
    call(PyTorch, "pixel_unshuffle", "space_to_depth", "* block"),
    call(Papers, "shuffle", "channel_shuffle", ""),
    call(PyTorch, "ZeroPad2d", "pad", ""),
];

const fn argument(spellings: &'static str, meaning: Meaning) -> Parameter {
    Parameter { spellings, meaning }
}

const TRAINING: Meaning = Needless("it concerns training only");
const PLANNED: Meaning = Needless("where a tensor lies in memory is planned by the compiler");
const NO_PROPERTY: Meaning = Needless("layers have no such property");

/// Arguments by name, whatever they belong to; several spellings of one meaning in a row.
pub const PARAMETERS: &[Parameter] = &[
    argument("kernel_size kernel ksize", Called("k")),
    argument("strides", Called("stride")),
    argument("padding", Called("pad")),
    argument("out_channels channels filters out_features units output_size", Called("out")),
    argument("group num_groups", Called("groups")),
    argument("use_bias", Called("bias")),
    argument("ceil_mode", Called("ceil")),
    argument("scale_factor", Called("factor")),
    argument("dim", Axis("axis")),
    argument("dims", Called("axes")),
    argument("negative_slope", Called("slope")),
    argument("epsilon", Called("eps")),
    argument("output_padding", Called("output_pad")),
    argument("keepdim", Called("keep")),
    argument("in_channels in_features num_features num_channels normalized_shape num_parameters", InputSize),
    argument("inplace", PLANNED),
    argument("momentum track_running_stats training", TRAINING),
    argument("device dtype name", NO_PROPERTY),
];

/// What a library's operations are called through.
pub const MODULES: &[&str] = &["self", "nn", "F", "torch", "torch.nn", "torch.nn.functional", "tf", "layers", "keras.layers"];

const fn word(spellings: &'static str, here: Option<&'static str>, help: &'static str) -> Word {
    Word { spellings, here, help }
}

const BLOCK: &str = "a block is defined with `block name(parameters)(inputs) { … }`";
const USE: &str = "another file's blocks are brought in with `use \"file.net\"`";

/// Words that begin statements and items in other languages.
pub const WORDS: &[Word] = &[
    word("def fn func function", Some("block"), BLOCK),
    word("module", Some("block"), BLOCK),
    word("class", None, BLOCK),
    word("network model", Some("net"), "a network is defined with `net name(parameters) { … }`"),
    word("import include", Some("use"), USE),
    word("from", None, USE),
    word("let var val const", Some(""), "a name is bound with `name = value`"),
    word("while repeat loop", None, "loops walk a range or a list: `for i in 0..n { … }`"),
    word("elif", None, "`else if` follows the `}` of an `if`"),
    word("pass", None, "an empty body is `{ }`"),
];
