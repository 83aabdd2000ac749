//! Classes and functions that a module needs beside PyTorch's own.
//!
//! Each stands in a file that uses it, and in no other.

/// What is called, and its text.
pub(super) const HELPERS: &[(&str, &str)] = &[
    ("Param(", PARAM),
    ("Constant(", CONSTANT),
    ("Scale(", SCALE),
    ("AxisLayerNorm(", AXIS_LAYER_NORM),
    ("BatchNormNd(", BATCH_NORM),
    ("PaddedConv2d(", PADDED_CONV_2D),
    ("PaddedConv1d(", PADDED_CONV_1D),
    ("CroppedConvTranspose2d(", CROPPED_2D),
    ("CroppedConvTranspose1d(", CROPPED_1D),
    ("line_means(", LINE_MEANS),
    ("window_means(", WINDOW_MEANS),
    ("resample(", RESAMPLE),
];

const PARAM: &str = r#"class Param(nn.Module):
    """A learned tensor, with an axis for the batch."""

    def __init__(self, shape, init=0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full(shape, float(init)))

    def forward(self):
        return self.weight[None]
"#;

const CONSTANT: &str = r#"class Constant(nn.Module):
    """Given numbers, with an axis for the batch; they are not among the weights."""

    def __init__(self, values, shape):
        super().__init__()
        value = torch.as_tensor(values, dtype=torch.float32)
        value = value.reshape(shape) if value.dim() else value.expand(shape).clone()
        self.register_buffer("value", value, persistent=False)

    def forward(self):
        return self.value[None]
"#;

const SCALE: &str = r#"class Scale(nn.Module):
    """A learned factor for each channel, and a shift where there is a bias."""

    def __init__(self, channels, init=1.0, bias=False):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), float(init)))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x):
        shape = (1, -1) + (1,) * (x.dim() - 2)
        x = x * self.weight.view(shape)
        return x if self.bias is None else x + self.bias.view(shape)
"#;

const AXIS_LAYER_NORM: &str = r#"class AxisLayerNorm(nn.LayerNorm):
    """Layer normalisation over axes that are not the last ones, such as that of the channels."""

    def __init__(self, shape, axes, **options):
        super().__init__(shape, **options)
        self.axes = axes

    def forward(self, x):
        last = tuple(range(-len(self.axes), 0))
        return super().forward(x.movedim(self.axes, last)).movedim(last, self.axes)
"#;

const BATCH_NORM: &str = r#"class BatchNormNd(nn.BatchNorm1d):
    """Batch normalisation of tensors with more axes than PyTorch's has."""

    def forward(self, x):
        return super().forward(x.flatten(2)).view_as(x)
"#;

const PADDED_CONV_2D: &str = r#"class PaddedConv2d(nn.Conv2d):
    """Convolution of a map padded by (left, right, top, bottom)."""

    def __init__(self, *sizes, pads, **options):
        super().__init__(*sizes, **options)
        self.pads = pads

    def forward(self, x):
        return super().forward(F.pad(x, self.pads))
"#;

const PADDED_CONV_1D: &str = r#"class PaddedConv1d(nn.Conv1d):
    """Convolution of a line padded by (left, right)."""

    def __init__(self, *sizes, pads, **options):
        super().__init__(*sizes, **options)
        self.pads = pads

    def forward(self, x):
        return super().forward(F.pad(x, self.pads))
"#;

const CROPPED_2D: &str = r#"class CroppedConvTranspose2d(nn.ConvTranspose2d):
    """Transposed convolution whose output loses (left, right, top, bottom)."""

    def __init__(self, *sizes, crop, **options):
        super().__init__(*sizes, **options)
        self.crop = tuple(-n for n in crop)

    def forward(self, x):
        return F.pad(super().forward(x), self.crop)
"#;

const CROPPED_1D: &str = r#"class CroppedConvTranspose1d(nn.ConvTranspose1d):
    """Transposed convolution whose output loses (left, right)."""

    def __init__(self, *sizes, crop, **options):
        super().__init__(*sizes, **options)
        self.crop = tuple(-n for n in crop)

    def forward(self, x):
        return F.pad(super().forward(x), self.crop)
"#;

const LINE_MEANS: &str = r#"def line_means(x, *options, **counted):
    """Means of windows of a line, which is a map of one row."""
    return window_means(x[:, :, None], *options, **counted)[:, :, 0]
"#;

const WINDOW_MEANS: &str = r#"def window_means(x, kernel, stride, pads, dilation, size, count_pad=True):
    """Means of windows with any padding (left, right, top, bottom) and dilation, to a size."""
    channels, (height, width) = x.shape[1], x.shape[2:]
    reach = [(n - 1) * s + (k - 1) * d + 1 for n, s, k, d in zip(size, stride, kernel, dilation)]
    more = [max(0, reach[1] - width - pads[0] - pads[1]), max(0, reach[0] - height - pads[2] - pads[3])]
    behind = (0, more[0], 0, more[1])
    ones = F.pad(x.new_ones(1, 1, height, width), pads, value=1.0 if count_pad else 0.0)
    window = x.new_ones(1, 1, *kernel)
    sums = F.conv2d(
        F.pad(F.pad(x, pads), behind), window.expand(channels, 1, *kernel), None, stride, 0, dilation, channels
    )
    counts = F.conv2d(F.pad(ones, behind), window, None, stride, 0, dilation)
    return (sums / counts)[:, :, : size[0], : size[1]]
"#;

const RESAMPLE: &str = r#"def resample(x, dim, pixels, behind, kind, a=-0.75, outside=True):
    """Rows or columns that lie `behind` these pixels, which may lie beyond the border."""
    size = x.shape[dim]
    at = torch.tensor(pixels, device=x.device)
    t = torch.tensor(behind, dtype=torch.float64)
    if kind == "nearest":
        return x.index_select(dim, at.clamp(0, size - 1))
    if kind == "linear":
        weights = {0: 1 - t, 1: t}
    else:
        near = lambda d: ((a + 2) * d - (a + 3)) * d * d + 1
        far = lambda d: ((d - 5) * d + 8) * d * a - 4 * a
        weights = {-1: far(1 + t), 0: near(t), 1: near(1 - t), 2: far(2 - t)}
    if not outside:
        inside = {k: w * ((at.cpu() + k >= 0) & (at.cpu() + k < size)) for k, w in weights.items()}
        total = sum(inside.values())
        weights = {k: w / total for k, w in inside.items()}
    shape = [-1] + [1] * (x.dim() - 1 - dim)
    rows = {k: x.index_select(dim, (at + k).clamp(0, size - 1)) for k in weights}
    return sum(rows[k] * w.to(x).view(shape) for k, w in weights.items())
"#;
