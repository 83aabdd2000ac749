//! Did-you-mean.

/// The candidate most like `name`, if one is like enough: at most a third of its letters differ, case aside.
///
/// Names of one or two letters are like each other by accident, so that only their case may differ.
#[must_use]
pub fn nearest<'a>(name: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let wanted = name.to_lowercase();
    let most = wanted.chars().count() / 3;
    candidates
        .into_iter()
        .filter(|candidate| *candidate != name)
        .map(|candidate| (distance(&wanted, &candidate.to_lowercase(), most), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by(|a, b| a.0.cmp(&b.0).then_with(|| a.1.cmp(b.1)))
        .map(|(_, candidate)| candidate)
}

/// Edits (insert, delete, replace, swap neighbours) from one text to the other; stops counting beyond `most`.
fn distance(a: &str, b: &str, most: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    if a.len().abs_diff(b.len()) > most {
        return most + 1;
    }
    let mut rows = vec![vec![0usize; b.len() + 1]; a.len() + 1];
    for (i, row) in rows.iter_mut().enumerate() {
        row[0] = i;
    }
    for (j, cell) in rows[0].iter_mut().enumerate() {
        *cell = j;
    }
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replace = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replace.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_small_slips_and_nothing_far() {
        assert_eq!(nearest("strid", ["stride", "pad"]), Some("stride"));
        assert_eq!(nearest("conv_nb", ["conv_bn", "conv"]), Some("conv_bn"));
        assert_eq!(nearest("Classes", ["classes"]), Some("classes"));
        assert_eq!(nearest("j", ["a", "x"]), None);
        assert_eq!(nearest("X", ["a", "x"]), Some("x"));
        assert_eq!(nearest("zebra", ["stride", "pad"]), None);
    }
}
