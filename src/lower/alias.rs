//! What people who know other frameworks call operations and arguments.

/// What people who know PyTorch, Keras or Caffe call an operation, and what it is called here.
const OPERATION_ALIASES: &[(&str, &str)] = &[
    ("conv2d", "conv"),
    ("convolution", "conv"),
    ("depthwise_conv", "dwconv"),
    ("depthwise", "dwconv"),
    ("conv_transpose2d", "conv_transpose"),
    ("convtranspose2d", "conv_transpose"),
    ("deconv", "conv_transpose"),
    ("fc", "linear"),
    ("dense", "linear"),
    ("inner_product", "linear"),
    ("batchnorm", "bn"),
    ("batch_norm", "bn"),
    ("batchnorm2d", "bn"),
    ("groupnorm", "group_norm"),
    ("layernorm", "layer_norm"),
    ("instancenorm2d", "instance_norm"),
    ("local_response_norm", "lrn"),
    ("localresponsenorm", "lrn"),
    ("max_pool", "maxpool"),
    ("max_pool2d", "maxpool"),
    ("maxpool2d", "maxpool"),
    ("avg_pool", "avgpool"),
    ("avg_pool2d", "avgpool"),
    ("avgpool2d", "avgpool"),
    ("gap", "global_avgpool"),
    ("global_average_pool", "global_avgpool"),
    ("globalavgpool", "global_avgpool"),
    ("adaptive_avg_pool2d", "adaptive_avgpool"),
    ("adaptiveavgpool2d", "adaptive_avgpool"),
    ("cat", "concat"),
    ("concatenate", "concat"),
    ("chunk", "split"),
    ("permute", "transpose"),
    ("view", "reshape"),
    ("swish", "silu"),
    ("hardswish", "hard_swish"),
    ("hardsigmoid", "hard_sigmoid"),
    ("leakyrelu", "leaky_relu"),
    ("interpolate", "upsample"),
    ("resize", "upsample"),
    ("pixel_shuffle", "depth_to_space"),
    ("pixelshuffle", "depth_to_space"),
    ("pixel_unshuffle", "space_to_depth"),
    ("shuffle", "channel_shuffle"),
    ("zeropad2d", "pad"),
];

/// The same for arguments.
const ARGUMENT_ALIASES: &[(&str, &str)] = &[
    ("padding", "pad"),
    ("kernel_size", "k"),
    ("kernel", "k"),
    ("ksize", "k"),
    ("strides", "stride"),
    ("out_channels", "out"),
    ("channels", "out"),
    ("filters", "out"),
    ("out_features", "out"),
    ("units", "out"),
    ("group", "groups"),
    ("use_bias", "bias"),
    ("ceil_mode", "ceil"),
    ("scale_factor", "factor"),
    ("dim", "axis"),
    ("dims", "axes"),
    ("negative_slope", "slope"),
    ("num_groups", "groups"),
    ("epsilon", "eps"),
    ("output_padding", "output_pad"),
    ("keepdim", "keep"),
    ("output_size", "out"),
];

/// The operation that is known elsewhere as `name`.
pub(super) fn operation_alias(name: &str) -> Option<&'static str> {
    lookup(OPERATION_ALIASES, name)
}

/// The argument that is known elsewhere as `name`.
pub(super) fn argument_alias(name: &str) -> Option<&'static str> {
    lookup(ARGUMENT_ALIASES, name)
}

fn lookup(table: &[(&str, &'static str)], name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    table.iter().find(|(known, _)| *known == name).map(|(_, ours)| *ours)
}
