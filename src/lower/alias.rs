//! What people who know other frameworks call arguments.

/// What people who know PyTorch, Keras or Caffe call an argument, and what it is called here.
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

/// The argument that is known elsewhere as `name`.
pub(super) fn argument_alias(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    ARGUMENT_ALIASES.iter().find(|(known, _)| *known == name).map(|(_, ours)| *ours)
}
