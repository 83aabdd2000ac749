//! Calls as other frameworks write them, written as they are here.
//!
//! In: a name with or without its module, and the texts of the arguments. Out: what stands for it here. It knows texts
//! only, so that the parser and the builder say the same.

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
    ("batchnorm1d", "bn"),
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

/// Layers that elsewhere begin with the number of input channels, which follows from the input here.
const WITH_INPUTS: &[&str] = &["conv2d", "convtranspose2d", "linear", "conv1d", "conv3d"];
/// Layers whose only size elsewhere is that of the input.
const OF_INPUT: &[&str] = &["batchnorm1d", "batchnorm2d", "instancenorm2d", "layernorm"];
/// Functions that take their tensor first elsewhere, and their parameters in the same list.
const FUNCTIONAL: &[&str] =
    &["max_pool2d", "avg_pool2d", "adaptive_avg_pool2d", "interpolate", "dropout", "leaky_relu", "softmax", "pixel_shuffle"];

/// The operation that is known elsewhere as `name`, whatever its case.
#[must_use]
pub fn operation(name: &str) -> Option<&'static str> {
    let name = name.to_lowercase();
    OPERATION_ALIASES.iter().find(|(known, _)| *known == name).map(|(_, ours)| *ours)
}

/// The arguments of a call of `name`, as they are written here; `None` where they stay as they are.
///
/// `Conv2d(3, 16, 3)` becomes `conv(16, 3)`, so that only `(16, 3)` is given; `cat([a, b], 1)` becomes `(a, b)`.
#[must_use]
pub fn arguments(name: &str, args: &[&str]) -> Option<String> {
    let lower = name.to_lowercase();
    // A class begins with a capital: `linear(10)` of our own has no input channels to drop.
    let class = name.starts_with(|c: char| c.is_ascii_uppercase());
    let positional = args.iter().take_while(|arg| !is_named(arg)).count();
    let kept = if matches!(lower.as_str(), "cat" | "concatenate") {
        return joined(args);
    } else if class && positional >= 1 && begins_with_input(&lower, args.len()) {
        &args[1..]
    } else if class && lower == "groupnorm" && positional == 2 {
        return Some(listed(&[&args[..1], &args[2..]].concat()));
    } else if class && matches!(lower.as_str(), "relu" | "relu6" | "silu") && !args.is_empty() {
        &[]
    } else {
        return None;
    };
    Some(listed(kept))
}

/// Whether the first of so many arguments of a class is the number of input channels.
fn begins_with_input(class: &str, args: usize) -> bool {
    OF_INPUT.contains(&class) || WITH_INPUTS.contains(&class) && args >= 2
}

/// `F.max_pool2d(x, 2)`: the parameters in a list of their own, then the tensor.
#[must_use]
pub fn function_arguments(name: &str, args: &[&str]) -> Option<String> {
    let (tensor, rest) = args.split_first()?;
    let splits = FUNCTIONAL.contains(&name) && !rest.is_empty() && !is_named(tensor);
    splits.then(|| format!("{}({tensor})", listed(rest)))
}

/// `[a, b], 1` as `(a, b)`: elsewhere axis 0 is the batch, and 1, the channels, is what is joined here anyway.
fn joined(args: &[&str]) -> Option<String> {
    let (list, rest) = args.split_first()?;
    let strip = |open, close| list.strip_prefix(open).and_then(|text: &str| text.strip_suffix(close));
    let tensors = strip('[', ']').or_else(|| strip('(', ')'))?.trim().trim_end_matches(',');
    let axis = match rest {
        [] => Some(1),
        [axis] => axis.rsplit('=').next().and_then(|text| text.trim().parse::<u8>().ok()),
        _ => None,
    };
    match axis? {
        0 => None,
        1 => Some(format!("({tensors})")),
        axis => Some(format!("({tensors}, axis={})", axis - 1)),
    }
}

/// Whether an argument's text is `name=value`.
fn is_named(arg: &str) -> bool {
    let Some((name, value)) = arg.split_once('=') else { return false };
    !value.starts_with('=') && name.trim().chars().all(|c| c.is_alphanumeric() || c == '_')
}

fn listed(args: &[&str]) -> String {
    if args.is_empty() { String::new() } else { format!("({})", args.join(", ")) }
}

#[cfg(test)]
mod tests {
    use super::{arguments, function_arguments, operation};

    #[test]
    fn input_channels_are_dropped_from_classes_only() {
        assert_eq!(arguments("Conv2d", &["3", "16", "3", "padding=1"]).as_deref(), Some("(16, 3, padding=1)"));
        assert_eq!(arguments("BatchNorm2d", &["64"]).as_deref(), Some(""));
        assert_eq!(arguments("Linear", &["512", "10"]).as_deref(), Some("(10)"));
        assert_eq!(arguments("Linear", &["10"]), None);
        assert_eq!(arguments("conv2d", &["16", "3"]), None);
        assert_eq!(arguments("GroupNorm", &["8", "64"]).as_deref(), Some("(8)"));
    }

    #[test]
    fn lists_of_tensors_are_opened() {
        assert_eq!(arguments("cat", &["[a, b]", "1"]).as_deref(), Some("(a, b)"));
        assert_eq!(arguments("cat", &["(a, b)", "dim=2"]).as_deref(), Some("(a, b, axis=1)"));
        assert_eq!(arguments("cat", &["[a, b]", "0"]), None, "the batch has no axis here");
        assert_eq!(function_arguments("max_pool2d", &["x", "2"]).as_deref(), Some("(2)(x)"));
        assert_eq!(function_arguments("relu", &["x"]), None);
        assert_eq!(operation("MaxPool2d"), Some("maxpool"));
    }
}
