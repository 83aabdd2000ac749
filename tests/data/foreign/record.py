"""Writes recorded.json: calls as PyTorch and Keras have them, and what these make of one image.

    KERAS_BACKEND=jax python3 record.py > recorded.json

PyTorch 2, Keras 3. A case is a row of the compiler's table, the texts to paste (each computes the same), the shape of the
inputs `x` and `y` without the batch, and the output, channels first; or `null` where the row has no counterpart, so that an
error has to remain. Inputs and weights are not stored: they follow from their places, see `number`.
"""

import json

import keras
import numpy as np
import torch
import torch.nn.functional as F
from keras import layers
from torch import nn

MAP = [4, 6, 5]
LINE = [4, 9]
VECTOR = [12]
SALTS = {"weight": 1, "bias": 2, "running_mean": 3, "running_var": 4}
cases = []


def number(count, salt):
    """Eighths from -2.5 to 2.5, exact in 32 bits."""
    index = np.arange(count, dtype=np.int64)
    return (((index * 7919 + salt * 104729) % 41 - 20) / 8).astype(np.float32)


def tensor(shape, salt):
    return number(int(np.prod(shape)), salt).reshape(shape)


class Weights:
    """The n-th tensor of a role has the salt of the role and 10 n."""

    def __init__(self):
        self.seen = {}

    def take(self, role, shape):
        nth = self.seen.get(role, 0)
        self.seen[role] = nth + 1
        values = tensor(shape, SALTS[role] + 10 * nth)
        return np.abs(values) + 0.5 if role == "running_var" else values


def fill(module):
    weights = Weights()
    for name, value in module.state_dict().items():
        role = name.split(".")[-1]
        if role in SALTS:
            value.copy_(torch.from_numpy(weights.take(role, list(value.shape))))
    return module.eval()


def keras_role(layer, variable):
    """The role here, the shape here, and the order of axes that brings it to Keras'."""
    name, shape = variable.name, list(variable.shape)
    vectors = {"gamma": "weight", "beta": "bias", "moving_mean": "running_mean", "moving_variance": "running_var", "bias": "bias"}
    if name in vectors:
        return vectors[name], shape, None
    if name == "alpha":
        return "weight", [shape[-1]], None
    if len(shape) == 2:
        return "weight", shape[::-1], (1, 0)
    depthwise = "Depthwise" in type(layer).__name__ or name == "depthwise_kernel"
    if len(shape) == 3:
        k, a, b = shape
        return ("weight", [a, b, k], (2, 0, 1)) if depthwise else ("weight", [b, a, k], (2, 1, 0))
    h, w, a, b = shape
    if depthwise:
        return "weight", [a, b, h, w], (2, 3, 0, 1)
    return "weight", [b, a, h, w], (2, 3, 1, 0)


def fill_keras(layer):
    weights, values = Weights(), []
    for variable in layer.weights:
        if "seed" in variable.name:
            continue
        role, shape, order = keras_role(layer, variable)
        value = weights.take(role, shape)
        values.append((value if order is None else value.transpose(order)).reshape(variable.shape))
    if values:
        layer.set_weights(values)


def record(row, texts, shape, output, net="output z = {}"):
    out = None
    if output is not None:
        out = {"shape": list(output.shape), "values": [float(f"{v:.5g}") for v in output.reshape(-1).tolist()]}
    cases.append({"row": row, "texts": texts, "net": net, "shape": shape, "output": out})


def bare(text):
    """The other places where the same call is pasted: without its module, and in a pipe."""
    head, _, rest = text.partition("(")
    name = head.split(".")[-1]
    if text.endswith(")(x)"):
        args = text[len(head):-len("(x)")]
        return [f"x -> {head}{args}", f"x -> {name}{args}", f"{name}{args}(x)"]
    if head.startswith("x."):
        return [f"x -> {name}({rest}"]
    if rest.startswith("x, "):
        return [f"x -> {head}({rest[3:]}", f"{name}({rest}"]
    return [f"{name}({rest}"]


def pytorch(row, text, shape=MAP, more=(), only=False, run=None, net="output z = {}", post=lambda out: out):
    """`text` is what is pasted, and what Python runs unless that is `run`."""
    with torch.no_grad():
        x, y = (torch.from_numpy(tensor([1, *shape], salt)) for salt in (100, 101))
        run = run or text
        out = fill(eval(run[: -len("(x)")]))(x) if run.endswith(")(x)") else eval(run)
        out = post(out)
    record(f"PyTorch {row}", [text, *([] if only else bare(text)), *more], shape, out[0].numpy(), net)


def keras_case(row, text, shape=MAP, more=(), only=False, run=None, inputs="(x)"):
    x, y = (tensor(shape, salt) for salt in (100, 101))
    x, y = ((v.transpose(1, 2, 0) if len(shape) == 3 else v.T)[None] for v in (x, y))
    if text.endswith(f"){inputs}") and not run:
        layer = eval(text[: -len(inputs)])
        fed = [x, y] if inputs != "(x)" else x
        layer(fed)
        fill_keras(layer)
        out = layer(fed)
    else:
        out = eval(run or text)
    out = keras.ops.convert_to_numpy(out)[0]
    out = out.transpose(2, 0, 1) if out.ndim == 3 else out.T
    texts = [text]
    if not only:
        texts += bare(text) if inputs == "(x)" else [text.replace("layers.", "")]
    record(f"Keras {row}", [*texts, *more], shape, out)


def refused(row, *texts, shape=MAP):
    record(row, list(texts), shape, None)




def swapped(out):
    return torch.cat([out[1], out[0]], 1)


TWO = "a, b = {}; output z = concat(b, a)"

pytorch("Conv2d", "nn.Conv2d(4, 8, 3)(x)", more=["x -> conv(in_channels=4, out_channels=8, kernel_size=3)"])
pytorch("Conv2d", "nn.Conv2d(4, 8, (3, 5), (2, 1), (1, 2), 1, 4, False)(x)")
pytorch("Conv2d", "nn.Conv2d(4, 6, kernel_size=(3, 2), padding=(1, 0), dilation=2, bias=False)(x)")
pytorch("Conv2d", "nn.Conv2d(4, 6, 2, padding='same')(x)")
pytorch("Conv2d", "nn.Conv2d(in_channels=4, out_channels=6, kernel_size=3, stride=2, padding_mode='zeros', device=None)(x)")
refused("PyTorch Conv2d", "x -> Conv2d(4, 8)", "x -> nn.Conv2d(4, 8, 3, padding_mode='reflect')", "x -> Conv2d(4, 8, 3, foo=1)")
pytorch("ConvTranspose2d", "nn.ConvTranspose2d(4, 8, 3, 2, 1, 1, 2)(x)")
pytorch("ConvTranspose2d", "nn.ConvTranspose2d(4, 6, 2, 2)(x)")
pytorch("ConvTranspose2d", "nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, 2, False, 2)(x)")
pytorch("Conv1d", "nn.Conv1d(4, 8, 3)(x)", LINE)
pytorch("Conv1d", "nn.Conv1d(4, 8, 3, 2, 1, 2, 4, False)(x)", LINE)
pytorch("Conv1d", "nn.Conv1d(4, 6, kernel_size=4, padding='same')(x)", LINE)
refused("PyTorch Conv1d", "x -> Conv1d(4, 8, 3)", "x -> nn.Conv1d(4, 8, 3)")
refused("PyTorch Conv1d", "x -> Conv1d(4, 8, 3)", shape=VECTOR)
refused("PyTorch Conv3d", "x -> Conv3d(4, 8, 3)", "x -> conv3d(8, 3)")
pytorch("ConvTranspose1d", "nn.ConvTranspose1d(4, 8, 3, 2, 1, 1, 2)(x)", LINE)
refused("PyTorch ConvTranspose1d", "x -> ConvTranspose1d(4, 8, 3)")
pytorch("MaxPool1d", "nn.MaxPool1d(2)(x)", LINE)
pytorch("MaxPool1d", "nn.MaxPool1d(3, 2, 1, 2, ceil_mode=True)(x)", LINE)
refused("PyTorch MaxPool1d", "x -> MaxPool1d(2)")
pytorch("max_pool1d", "F.max_pool1d(x, 3, 2)", LINE)
refused("PyTorch max_pool1d", "x -> maxpool1d(2)", "F.max_pool1d(x, 2)")
pytorch("AvgPool1d", "nn.AvgPool1d(3, 2, 1, True, False)(x)", LINE)
refused("PyTorch AvgPool1d", "x -> nn.AvgPool1d(2)")
pytorch("avg_pool1d", "F.avg_pool1d(x, 2)", LINE)
refused("PyTorch avg_pool1d", "x -> avgpool1d(2)")
pytorch("AdaptiveAvgPool1d", "nn.AdaptiveAvgPool1d(4)(x)", LINE)
refused("PyTorch AdaptiveAvgPool1d", "x -> AdaptiveAvgPool1d(1)")
pytorch("adaptive_avg_pool1d", "F.adaptive_avg_pool1d(x, 2)", LINE)
pytorch("AdaptiveMaxPool1d", "nn.AdaptiveMaxPool1d(4)(x)", LINE)
pytorch("adaptive_max_pool1d", "F.adaptive_max_pool1d(x, 1)", LINE)
pytorch("InstanceNorm1d", "nn.InstanceNorm1d(4, affine=True)(x)", LINE)
refused("PyTorch MaxPool3d", "x -> nn.BatchNorm3d(4)", "x -> MaxPool3d(2)")
pytorch("Linear", "nn.Linear(12, 7)(x)", VECTOR)
pytorch("Linear", "nn.Linear(12, 7, bias=False)(x)", VECTOR)
pytorch("Linear", "nn.Linear(5, 7)(x)")
refused("PyTorch Linear", "x -> Linear(12)", shape=VECTOR)
pytorch("BatchNorm1d", "nn.BatchNorm2d(4)(x)", more=["x -> bn(num_features=4, momentum=0.1)"])
pytorch("BatchNorm1d", "nn.BatchNorm2d(4, 1e-3, 0.01, False)(x)")
pytorch("BatchNorm1d", "nn.BatchNorm1d(12, momentum=0.2, eps=.01)(x)", VECTOR)
refused("PyTorch BatchNorm1d", "x -> BatchNorm2d(4, track_running_stats=False)", "x -> bn(track_running_stats=false)")
pytorch("GroupNorm", "nn.GroupNorm(2, 4)(x)")
pytorch("GroupNorm", "nn.GroupNorm(num_groups=4, num_channels=4, eps=0.1, affine=False)(x)")
pytorch("LayerNorm", "nn.LayerNorm(12)(x)", VECTOR)
pytorch("LayerNorm", "nn.LayerNorm([12], 1e-3, False)(x)", VECTOR)
pytorch("LayerNorm", "nn.LayerNorm(5, bias=False)(x)")
pytorch("LayerNorm", "nn.LayerNorm([6, 5])(x)")
pytorch("LayerNorm", "nn.LayerNorm([4, 6, 5], elementwise_affine=False)(x)")
refused("PyTorch LayerNorm", "nn.LayerNorm(12, elementwise_affine=False)(x)", "x -> layer_norm(12, elementwise_affine=false)", "LayerNorm(4)(x)")
refused("PyTorch LayerNorm", "LayerNorm(4)(x)", shape=[4, 5, 4])
pytorch("InstanceNorm2d", "nn.InstanceNorm2d(4)(x)")
pytorch("InstanceNorm2d", "nn.InstanceNorm2d(4, affine=True)(x)")
pytorch(
    "InstanceNorm2d",
    "nn.InstanceNorm2d(4, track_running_stats=True)(x)",
    more=["x -> instance_norm(track_running_stats=true)"],
)
pytorch("InstanceNorm2d", "nn.InstanceNorm2d(4, affine=True, track_running_stats=True)(x)")
pytorch("LocalResponseNorm", "nn.LocalResponseNorm(3)(x)")
pytorch("LocalResponseNorm", "nn.LocalResponseNorm(2, 0.1, 0.5, 2.0)(x)")
pytorch("MaxPool2d", "nn.MaxPool2d(2)(x)")
pytorch("MaxPool2d", "nn.MaxPool2d(3, 2, 1, 1, False, True)(x)")
pytorch("MaxPool2d", "nn.MaxPool2d((3, 2), stride=None, padding=(1, 0), ceil_mode=True)(x)")
pytorch("MaxPool2d", "nn.MaxPool2d(2, 1, 0, 2)(x)")
refused("PyTorch MaxPool2d", "x -> MaxPool2d(2, return_indices=True)", "x -> MaxPool2d")
pytorch("AvgPool2d", "nn.AvgPool2d(2)(x)")
pytorch("AvgPool2d", "nn.AvgPool2d(3, 2, 1, True, False)(x)")
pytorch("AvgPool2d", "nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=True)(x)")
pytorch("AdaptiveAvgPool2d", "nn.AdaptiveAvgPool2d((2, 3))(x)")
pytorch("AdaptiveAvgPool2d", "nn.AdaptiveAvgPool2d(1)(x)")
refused("PyTorch AdaptiveAvgPool2d", "x -> AdaptiveAvgPool2d((None, 3))")
pytorch("AdaptiveMaxPool2d", "nn.AdaptiveMaxPool2d(1)(x)")
pytorch("AdaptiveMaxPool2d", "nn.AdaptiveMaxPool2d((1, 1))(x)")
pytorch("AdaptiveMaxPool2d", "nn.AdaptiveMaxPool2d(2)(x)")
pytorch("AdaptiveMaxPool2d", "nn.AdaptiveMaxPool2d((2, 3))(x)")
refused("PyTorch AdaptiveMaxPool2d", "x -> AdaptiveMaxPool2d((None, 3))", "x -> AdaptiveMaxPool2d(2, return_indices=True)")
pytorch("Flatten", "nn.Flatten()(x)", more=["x -> flatten(start_dim=1)"])
pytorch("Flatten", "nn.Flatten(1)(x)")
pytorch("Flatten", "nn.Flatten(2)(x)", only=True)
refused("PyTorch Flatten", "x -> nn.Flatten(0, 1)")
pytorch("Identity", "nn.Identity()(x)")
for name in ["ReLU", "ReLU6", "SiLU", "Mish", "Hardswish", "Hardsigmoid"]:
    pytorch(name, f"nn.{name}()(x)", only=name == "ReLU")
    pytorch(name, f"nn.{name}(inplace=True)(x)")
pytorch("Sigmoid", "nn.Sigmoid()(x)")
pytorch("Tanh", "nn.Tanh()(x)")
pytorch("Softplus", "nn.Softplus()(x)")
pytorch("Softplus", "nn.Softplus(beta=1, threshold=20)(x)")
pytorch("Softplus", "nn.Softplus(beta=2)(x)")
pytorch("Softplus", "nn.Softplus(0.5, 1)(x)")
pytorch("Softsign", "nn.Softsign()(x)")
pytorch("SELU", "nn.SELU(inplace=True)(x)")
pytorch("CELU", "nn.CELU(0.5)(x)")
pytorch("Threshold", "nn.Threshold(0.5, 0)(x)")
refused("PyTorch Threshold", "x -> Threshold(0.5, 1)")
pytorch("LeakyReLU", "nn.LeakyReLU()(x)", only=True)
pytorch("LeakyReLU", "nn.LeakyReLU(0.2)(x)")
pytorch("LeakyReLU", "nn.LeakyReLU(negative_slope=0.1, inplace=True)(x)", more=["x -> leaky_relu(negative_slope=0.1)"])
pytorch("ELU", "nn.ELU(0.5)(x)")
pytorch("ELU", "nn.ELU(alpha=2.0, inplace=True)(x)")
pytorch("PReLU", "nn.PReLU()(x)", only=True)
pytorch("PReLU", "nn.PReLU(4)(x)")
pytorch("PReLU", "nn.PReLU(num_parameters=1, init=0.1)(x)")
pytorch("GELU", "nn.GELU()(x)")
pytorch("GELU", "nn.GELU(approximate='none')(x)")
pytorch("GELU", "nn.GELU(approximate='tanh')(x)", more=["x -> gelu(approximate='tanh')", "x -> GELU('tanh')"])
refused("PyTorch GELU", "x -> GELU(approximate='erf')", "x -> gelu(approximate='erf')")
pytorch("Hardtanh", "nn.Hardtanh(0, 6)(x)")
pytorch("Hardtanh", "nn.Hardtanh(min_val=0., max_val=6.0)(x)")
pytorch("Hardtanh", "nn.Hardtanh()(x)")
pytorch("Hardtanh", "nn.Hardtanh(-2, 2)(x)")
pytorch("Softmax", "nn.Softmax(dim=1)(x)", more=["x -> softmax(dim=1)"])
pytorch("Softmax", "nn.Softmax(dim=2)(x)")
pytorch("Softmax", "nn.Softmax(-1)(x)", only=True)
pytorch("Softmax", "nn.Softmax(1)(x)", VECTOR)
refused("PyTorch Softmax", "x -> Softmax(dim=0)", "x -> softmax(dim=0)")
pytorch("Softmax2d", "nn.Softmax2d()(x)")
pytorch("LogSoftmax", "nn.LogSoftmax(dim=1)(x)")
pytorch("LogSoftmax", "nn.LogSoftmax(-1)(x)")
refused("PyTorch LogSoftmax", "x -> LogSoftmax(dim=0)", "x -> LogSoftmax()")
pytorch("Dropout", "nn.Dropout(0.3)(x)")
pytorch("Dropout", "nn.Dropout2d(p=0.3, inplace=False)(x)")
pytorch("Upsample", "nn.Upsample(9)(x)")
pytorch("Upsample", "nn.Upsample((9, 11), mode='nearest')(x)")
pytorch("Upsample", "nn.Upsample(scale_factor=2, mode='bilinear', align_corners=False)(x)", more=["x -> upsample(scale_factor=2, mode='bilinear')"])
pytorch("Upsample", "nn.Upsample(None, 2, 'bilinear', True)(x)")
pytorch("Upsample", "nn.Upsample(scale_factor=2, mode='bicubic')(x)")
pytorch("Upsample", "nn.Upsample(size=7, mode='linear')(x)", LINE)
pytorch("Upsample", "nn.Upsample((9, 11), mode='nearest-exact')(x)")
refused("PyTorch Upsample", "x -> Upsample(scale_factor=2, mode='trilinear')")
pytorch("UpsamplingNearest2d", "nn.UpsamplingNearest2d(scale_factor=2)(x)")
pytorch("UpsamplingBilinear2d", "nn.UpsamplingBilinear2d(size=(9, 8))(x)")
pytorch("PixelShuffle", "nn.PixelShuffle(2)(x)")
pytorch("PixelUnshuffle", "nn.PixelUnshuffle(2)(x)", [2, 4, 6])
pytorch("ChannelShuffle", "nn.ChannelShuffle(2)(x)")
pytorch("ZeroPad2d", "nn.ZeroPad2d([1, 2, 3, 4])(x)")
pytorch("ZeroPad2d", "nn.ZeroPad2d(2)(x)")
pytorch("ZeroPad2d", "nn.ZeroPad2d((0, 1, 0, 2))(x)")
pytorch("ConstantPad2d", "nn.ConstantPad2d((1, 0, 0, 2), 3.5)(x)")
pytorch("ReflectionPad2d", "nn.ReflectionPad2d((1, 2, 0, 3))(x)")
pytorch("ReplicationPad2d", "nn.ReplicationPad2d(2)(x)")
pytorch("CircularPad2d", "nn.CircularPad2d((1, 2, 3, 0))(x)")
for name in ["ZeroPad1d", "ReflectionPad1d", "ReplicationPad1d", "CircularPad1d"]:
    pytorch(name, f"nn.{name}((1, 2))(x)", LINE)
    pytorch(name, f"nn.{name}(3)(x)", LINE)
    refused(f"PyTorch {name}", f"x -> {name}(1)")
pytorch("ConstantPad1d", "nn.ConstantPad1d((-1, 2), 0.5)(x)", LINE)

refused("PyTorch conv2d", "F.conv2d(x, w, b)", "F.linear(x, w)")
for name in ["relu", "relu6", "silu", "mish", "hardswish", "hardsigmoid", "sigmoid", "tanh", "softplus", "elu", "gelu"]:
    module = "torch" if name in ["sigmoid", "tanh"] else "F"
    pytorch(name, f"{module}.{name}(x)")
pytorch("relu", "F.relu(x, inplace=False)")
pytorch("relu", "x.relu()")
pytorch("relu", "y + x.relu()", only=True)
pytorch("elu", "F.elu(x, 0.5)")
pytorch("gelu", "F.gelu(x, approximate='tanh')")
for name in ["softsign", "selu", "celu"]:
    pytorch(name, f"F.{name}(x)")
pytorch("celu", "F.celu(x, alpha=0.5)")
pytorch("threshold", "F.threshold(x, 0.5, 0)")
pytorch("log_softmax", "F.log_softmax(x, dim=1)", more=["log_softmax(x, 1)"])
for name in ["exp", "abs", "neg", "sign", "floor", "ceil", "round", "erf", "sin", "cos"]:
    pytorch(name, f"torch.{name}(x)", more=[f"x.{name}()"])
pytorch("reciprocal", "torch.reciprocal(x + 3.0625)")
pytorch("sqrt", "torch.sqrt(x * x)")
pytorch("log", "torch.log(x * x + 1)")
pytorch("rsqrt", "torch.rsqrt(x * x + 1)", only=True)
pytorch("div", "torch.div(x, y * y + 1)", only=True, more=["div(x, y * y + 1)", "x.div(y * y + 1)"])
pytorch("minimum", "torch.minimum(x, y)", only=True, more=["minimum(x, y)"])
pytorch("leaky_relu", "F.leaky_relu(x, 0.2)")
pytorch("leaky_relu", "F.leaky_relu(x)", only=True)
pytorch("hardtanh", "F.hardtanh(x, 0, 6)")
pytorch("softmax", "F.softmax(x, dim=1)", more=["softmax(x, 1)"])
pytorch("softmax", "F.softmax(x, 2)", only=True, more=["softmax(x, 2)", "x.softmax(dim=2)", "x -> softmax(dim=2)"])
pytorch("softmax", "F.softmax(x, dim=-1)")
refused("PyTorch softmax", "F.softmax(x, dim=0)", "F.softmax(x)")
pytorch("dropout", "F.dropout(x, 0.3, False)", only=True)
pytorch("dropout", "F.dropout(x, p=0.3, training=False)")
pytorch("local_response_norm", "F.local_response_norm(x, 3, 0.1)")
pytorch("max_pool2d", "F.max_pool2d(x, 2)")
pytorch("max_pool2d", "F.max_pool2d(x, 3, 2, 1, 1, True)")
pytorch("avg_pool2d", "F.avg_pool2d(x, 3, 2, 1, True, False)")
pytorch("adaptive_avg_pool2d", "F.adaptive_avg_pool2d(x, (1, 1))")
pytorch("adaptive_max_pool2d", "F.adaptive_max_pool2d(x, 1)")
pytorch("adaptive_max_pool2d", "F.adaptive_max_pool2d(x, (3, 2))")
pytorch("interpolate", "F.interpolate(x, 9)", more=["interpolate(x, 9)", "upsample(x, 9)"])
pytorch("interpolate", "F.interpolate(x, scale_factor=2, mode='bilinear', align_corners=True)")
pytorch("interpolate", "F.interpolate(x, size=(7, 9), mode='bilinear')")
pytorch("interpolate", "F.interpolate(x, (4, 9), mode='bicubic', align_corners=True)")
pytorch("interpolate", "F.interpolate(x, size=13, mode='nearest-exact')", LINE)
refused("PyTorch interpolate", "F.interpolate(x, 24, mode='area')")
pytorch("pixel_shuffle", "F.pixel_shuffle(x, 2)")
pytorch("pixel_unshuffle", "F.pixel_unshuffle(x, 2)", [2, 4, 6])
pytorch("channel_shuffle", "F.channel_shuffle(x, 2)")
pytorch("pad", "F.pad(x, (1, 2, 3, 4))")
pytorch("pad", "F.pad(x, [1, 2], value=1.5)")
pytorch("pad", "F.pad(x, (1, 2, 0, 3), mode='reflect')")
pytorch("pad", "F.pad(x, (1, 1), 'constant', 0)")
pytorch("pad", "F.pad(x, (1, 2, 3, 0), mode='circular')")
pytorch("pad", "F.pad(x, (-1, 2, 0, -1))")
refused("PyTorch pad", "F.pad(x, (1, 2), mode='reflect')", shape=LINE)
refused("PyTorch pad", "F.pad(x, (0, 0, 0, 0, 1, 1))")
pytorch("cat", "torch.cat([x, y], 1)")
pytorch("cat", "torch.cat((x, y), dim=2)", more=["concat(x, y, dim=2)", "(x, y) -> concat(dim=2)"])
pytorch("cat", "torch.cat([x, y], dim=-1)")
refused("PyTorch cat", "torch.cat([x, y])", "torch.cat([x, y], 0)", "cat([x, y], dim=0)", "concat(x, y, dim=0)")
refused("PyTorch stack", "torch.stack([x, y], dim=1)")
pytorch("chunk", "torch.chunk(x, 2, dim=1)", net=TWO, post=swapped, more=["x -> chunk(2, dim=1)", "x.chunk(2, 1)"])
# Parts of two rows each, of which there are fewer than asked for.
FOUR = "a, b, c = {}; output z = concat(c, b, a, axis=1)"
pytorch("chunk", "x -> chunk(4, dim=2)", only=True, run="torch.cat(torch.chunk(x, 4, dim=2)[::-1], 2)", net=FOUR)
refused("PyTorch chunk", "x -> chunk(2)", "torch.chunk(x, 3, dim=1)")
pytorch("split", "torch.split(x, 2, dim=1)", net=TWO, post=swapped, more=["x -> split(2, dim=1)", "split(x, 2, dim=1)"])
pytorch("split", "torch.split(x, [1, 3], dim=1)", net=TWO, post=swapped, more=["x.split([1, 3], 1)"])
pytorch("split", "torch.split(x, 3, dim=1)", net=TWO, post=swapped, more=["x -> split(3, dim=1)"])
refused("PyTorch split", "torch.split(x, 2)", "split(x, 2)")
pytorch("flatten", "torch.flatten(x, 1)", more=["x.flatten(1)"])
pytorch("flatten", "torch.flatten(x, 2)", only=True, more=["x.flatten(2)", "x.flatten(2, -1)", "x.flatten(-2)"])
pytorch("flatten", "torch.flatten(x, 1, 2)", only=True, more=["x.flatten(1, -2)"])
pytorch("flatten", "torch.flatten(x, start_dim=1)")
pytorch("flatten", "torch.flatten(x)", run="torch.flatten(x)[None]")
pytorch("clamp", "x.clamp(0, 6)", more=["x.clip(min=0, max=6.0)", "torch.clamp(x, 0, 6)"])
pytorch("clamp", "x.clamp(min=0)", only=True, more=["x.clamp_min(0)"])
pytorch("clamp", "x.clamp(0, 1.5)", more=["x.clip(0, max=1.5)", "torch.clamp(x, 0, 1.5)"])
pytorch("clamp", "x.clamp(max=1)", only=True, more=["x.clamp_max(1)", "x -> clamp(max=1)"])
pytorch("clamp_max", "torch.clamp_max(x, 0.5)")
refused("PyTorch clamp", "x.clamp()", "x -> clamp(k, 6)")
pytorch("narrow", "x.narrow(1, 1, 2)", more=["torch.narrow(x, 1, 1, 2)"])
pytorch("narrow", "x.narrow(-1, 2, 3)")
refused("PyTorch narrow", "x.narrow(0, 0, 1)", "x.narrow(1, -2, 2)", "x.narrow(1, 2, 3)")
pytorch("unsqueeze", "x.unsqueeze(1)", only=True, more=["torch.unsqueeze(x, dim=1)"])
pytorch("unsqueeze", "x.unsqueeze(-1)", only=True)
refused("PyTorch unsqueeze", "x.unsqueeze(0)")
pytorch("squeeze", "torch.squeeze(x, 2)", [4, 1, 5], more=["x.squeeze(2)", "x.squeeze((2,))"])
refused("PyTorch squeeze", "torch.squeeze(x)", "x.squeeze(0)")
pytorch("repeat", "x.repeat(1, 2, 1, 3)", only=True, more=["x.repeat((1, 2, 1, 3))"])
refused("PyTorch repeat", "x.repeat(2, 1, 1, 1)", "x.repeat(1, 1, 2, 1, 1)", "x.repeat(2)")
pytorch("expand", "x.expand(-1, 4, 6, 5)", [4, 1, 5], only=True, more=["x.expand([-1, -1, 6, -1])"])
refused("PyTorch expand", "x.expand(2, -1, -1, -1)")
refused("PyTorch expand_as", "x.expand_as(y)")
pytorch("flip", "x.flip(1)", only=True, more=["torch.flip(x, [1])"])
pytorch("flip", "x.flip(-1, 2)", only=True, more=["torch.flip(x, (2, 3))"])
refused("PyTorch flip", "x.flip(0)")
pytorch("matmul", "torch.matmul(x, y)", [4, 5, 5], only=True, more=["x.matmul(y)", "matmul(x, y)"])
refused("PyTorch matmul", "torch.matmul(x, y)", "x.bmm(y)")
refused("PyTorch mm", "torch.mm(x, y)")
refused("PyTorch pow", "x.pow(2)", "torch.pow(x, 2)", "torch.square(x)")
refused("PyTorch flatten", "torch.flatten(x, 0, 1)", "x.flatten(0, 2)")

pytorch("view", "x.view(-1)", run="x.view(-1)[None]", more=["x.reshape(-1)", "x -> reshape(-1)"])
pytorch("view", "x.view(x.size(0), -1)", only=True, more=["x.view(B, -1)", "x.reshape(x.shape[0], -1)", "x.view((x.size(0), -1))"])
pytorch("view", "x.view(x.size(0), 2, 12, 5)", only=True, more=["x -> reshape(b, 2, 12, 5)", "x.view(-1, 2, 12, 5)"])
pytorch("view", "x.view(-1, 120)")
refused("PyTorch view", "x.view(3, -1)", "x.view(k, 4, -1)", "x.view(-1, 4, -1)", "x.view(2, 60)")
pytorch("permute", "x.permute(0, 2, 3, 1)", more=["x -> permute(0, 2, 3, 1)"])
pytorch("permute", "torch.permute(x, (0, 3, 1, 2))")
refused("PyTorch permute", "x.permute(1, 0, 2, 3)", "x -> permute(2, 3, 0, 1)")
pytorch("transpose", "x.transpose(1, 2)", more=["x -> transpose(1, 2)"])
pytorch("transpose", "torch.transpose(x, -1, -2)")
refused("PyTorch transpose", "x.transpose(0, 1)")
pytorch("mean", "x.mean([2, 3])", only=True, more=["x -> mean(dim=[2, 3])"])
pytorch("mean", "torch.mean(x, dim=(2, 3), keepdim=True)")
pytorch("mean", "x.mean(dim=(-2, -1))")
pytorch("mean", "x.mean(1, keepdim=True)")
refused("PyTorch mean", "x.mean()", "x.mean([0, 2, 3])", "x -> mean(dim=0)")
pytorch("sum", "x.sum(dim=(2, 3))")
pytorch("sum", "torch.sum(x, 1)", only=True, more=["sum(x, dim=1)"])
refused("PyTorch sum", "sum(x, y)", "x.sum()", "x.sum([0, 1])")
pytorch("prod", "x.prod(1, keepdim=True)")
pytorch("amax", "torch.amax(x, dim=(2, 3), keepdim=True)")
pytorch("amax", "x.amax((-2, -1))", only=True)
pytorch("amax", "x.amax(1)", only=True)
pytorch("amin", "torch.amin(x, dim=(2, 3), keepdim=True)")
pytorch("norm", "torch.norm(x, dim=1)", only=True, more=["x.norm(2, 1)", "torch.linalg.vector_norm(x, dim=1)", "x.norm(p=2, dim=1)"])
pytorch("norm", "x.norm(1, dim=(2, 3), keepdim=True)", only=True)
refused("PyTorch norm", "x.norm(3, dim=1)", "x.norm()")
pytorch("add", "torch.add(x, y)", only=True, more=["x.add(y)"])
pytorch("sub", "torch.sub(x, y)", only=True, more=["x.sub(y)"])
pytorch("mul", "torch.mul(x, y)", only=True, more=["x.mul(y)"])
pytorch("maximum", "torch.maximum(x, y)", only=True, more=["maximum(x, y)"])
refused("PyTorch size", "x -> reshape([x.size(1), 30])")
pytorch("contiguous", "x.contiguous()")

keras_case("Conv2D", "layers.Conv2D(8, 3)(x)")
keras_case("Conv2D", "layers.Conv2D(8, (3, 3), activation='relu')(x)")
keras_case("Conv2D", "layers.Conv2D(filters=6, kernel_size=3, strides=2, padding='same', use_bias=False)(x)")
keras_case("Conv2D", "layers.Conv2D(8, 4, strides=(2, 1), padding='same', activation='swish', name='stem')(x)")
keras_case("Conv2D", "layers.Conv2D(8, 3, 1, 'valid', 'channels_last', 2)(x)")
keras_case("Conv2D", "layers.Conv2D(8, 3, 1, 'same', groups=2, kernel_initializer='he_normal')(x)")
refused("Keras Conv2D", "x -> Conv2D(8)", "x -> Conv2D(8, 3, activation='hard_sigmoid')", "x -> Conv2D(8, 3, foo=2)")
keras_case("DepthwiseConv2D", "layers.DepthwiseConv2D(3, padding='same')(x)")
keras_case("DepthwiseConv2D", "layers.DepthwiseConv2D((3, 3), strides=2, depth_multiplier=2, activation='relu6')(x)")
keras_case("SeparableConv2D", "layers.SeparableConv2D(8, 3)(x)")
keras_case("SeparableConv2D", "layers.SeparableConv2D(8, 3, padding='same', depth_multiplier=2, activation='relu')(x)")
keras_case("Conv2DTranspose", "layers.Conv2DTranspose(6, 2, 2)(x)")
keras_case("Conv2DTranspose", "layers.Conv2DTranspose(6, 4, strides=2, padding='same', activation='tanh')(x)")
keras_case("Conv2DTranspose", "layers.Conv2DTranspose(6, (3, 3), strides=(2, 2), padding='valid', use_bias=False)(x)")
keras_case("Conv2DTranspose", "layers.Conv2DTranspose(6, 3, 2, 'same')(x)")
refused("Keras Conv2DTranspose", "x -> Conv2DTranspose(6, 2, 3)", "x -> Conv2DTranspose(6, 3, 2, 'same', None)")
keras_case("Conv1D", "layers.Conv1D(8, 3, strides=2, padding='same', activation='relu')(x)", LINE)
keras_case("Conv1D", "layers.Conv1D(6, 3, dilation_rate=2, use_bias=False)(x)", LINE)
refused("Keras Conv1D", "x -> Conv1D(8, 3)", "x -> layers.Conv1D(8, 3)")
refused("Keras Conv1D", "x -> Conv1D(8, 3, padding='causal')", shape=LINE)
keras_case("DepthwiseConv1D", "layers.DepthwiseConv1D(3, depth_multiplier=2)(x)", LINE)
keras_case("SeparableConv1D", "layers.SeparableConv1D(8, 3, padding='same')(x)", LINE)
keras_case("MaxPooling1D", "layers.MaxPooling1D(3, strides=2, padding='same')(x)", LINE)
refused("Keras MaxPooling1D", "x -> MaxPooling1D(2)")
keras_case("AveragePooling1D", "layers.AveragePooling1D(2, padding='same')(x)", LINE)
keras_case("GlobalAveragePooling1D", "layers.GlobalAveragePooling1D()(x)", LINE)
keras_case("GlobalMaxPooling1D", "layers.GlobalMaxPooling1D(keepdims=True)(x)", LINE)
keras_case("ZeroPadding1D", "layers.ZeroPadding1D((1, 2))(x)", LINE)
keras_case("ZeroPadding1D", "layers.ZeroPadding1D()(x)", LINE)
keras_case("UpSampling1D", "layers.UpSampling1D(3)(x)", LINE)
refused("Keras Conv3D", "x -> Conv3D(8, 3)")
keras_case("Dense", "layers.Dense(7)(x)", VECTOR)
keras_case("Dense", "layers.Dense(7, activation='softmax')(x)", VECTOR)
keras_case("Dense", "layers.Dense(7, 'relu', False)(x)", VECTOR)
keras_case("Dense", "layers.Dense(7)(x)")
keras_case("BatchNormalization", "layers.BatchNormalization()(x)")
keras_case("BatchNormalization", "layers.BatchNormalization(axis=-1, momentum=0.9, epsilon=1e-5)(x)")
keras_case("BatchNormalization", "layers.BatchNormalization(3, center=False, scale=False)(x)")
keras_case("BatchNormalization", "layers.BatchNormalization()(x)", VECTOR)
refused("Keras BatchNormalization", "x -> BatchNormalization(axis=1)", "x -> BatchNormalization(scale=False)")
keras_case("LayerNormalization", "layers.LayerNormalization()(x)")
keras_case("LayerNormalization", "layers.LayerNormalization(epsilon=1e-6)(x)")
refused("Keras LayerNormalization", "x -> LayerNormalization(axis=[1, 2, 3])")
keras_case("GroupNormalization", "layers.GroupNormalization(2)(x)")
keras_case("GroupNormalization", "layers.GroupNormalization(groups=4, epsilon=1e-5, center=False, scale=False)(x)")
keras_case("GroupNormalization", "layers.GroupNormalization(groups=-1)(x)")
keras_case("GroupNormalization", "layers.GroupNormalization(-1, center=False, scale=False)(x)")
refused("Keras GroupNormalization", "x -> GroupNormalization()", "layers.GroupNormalization(3)(x)")
keras_case("MaxPooling2D", "layers.MaxPooling2D()(x)")
keras_case("MaxPooling2D", "layers.MaxPooling2D((3, 3), strides=2, padding='same')(x)")
keras_case("MaxPooling2D", "layers.MaxPool2D(pool_size=(2, 3), strides=None, padding='valid')(x)")
keras_case("AveragePooling2D", "layers.AveragePooling2D(2)(x)")
keras_case("AveragePooling2D", "layers.AveragePooling2D(3, 2, 'same')(x)")
keras_case("AveragePooling2D", "layers.AveragePooling2D(pool_size=3, strides=1, padding='same')(x)")
keras_case("GlobalAveragePooling2D", "layers.GlobalAveragePooling2D()(x)")
keras_case("GlobalAveragePooling2D", "layers.GlobalAveragePooling2D(keepdims=True)(x)")
keras_case("GlobalMaxPooling2D", "layers.GlobalMaxPooling2D()(x)")
keras_case("ZeroPadding2D", "layers.ZeroPadding2D(2)(x)")
keras_case("ZeroPadding2D", "layers.ZeroPadding2D((1, 3))(x)")
keras_case("ZeroPadding2D", "layers.ZeroPadding2D(padding=((1, 2), (3, 4)))(x)")
keras_case("ZeroPadding2D", "layers.ZeroPadding2D()(x)")
keras_case("UpSampling2D", "layers.UpSampling2D()(x)")
keras_case("UpSampling2D", "layers.UpSampling2D((2, 3), interpolation='nearest')(x)")
keras_case("UpSampling2D", "layers.UpSampling2D(size=2, interpolation='bilinear')(x)")
keras_case("Concatenate", "layers.Concatenate()([x, y])", inputs="([x, y])")
keras_case("Concatenate", "layers.Concatenate(axis=-1)([x, y])", inputs="([x, y])", more=["(x, y) -> Concatenate(axis=-1)"])
keras_case("Concatenate", "layers.Concatenate(axis=1)([x, y])", inputs="([x, y])")
keras_case("Concatenate", "layers.Concatenate()([x, y])", VECTOR, inputs="([x, y])")
for name in ["Add", "Multiply", "Subtract", "Maximum"]:
    keras_case(name, f"layers.{name}()([x, y])", inputs="([x, y])")
keras_case("Flatten", "layers.Flatten()(x)", only=True, more=["x -> layers.Flatten()"])
keras_case("Softmax", "layers.Softmax()(x)")
keras_case("Softmax", "layers.Softmax(axis=1)(x)")
keras_case("ReLU", "layers.ReLU()(x)", only=True)
keras_case("ReLU", "layers.ReLU(max_value=6)(x)")
keras_case("ReLU", "layers.ReLU(6.0)(x)")
keras_case("ReLU", "layers.ReLU(negative_slope=0.1)(x)")
keras_case("ReLU", "layers.ReLU(max_value=1)(x)")
refused("Keras ReLU", "x -> layers.ReLU(max_value=4, negative_slope=0.1)", "x -> ReLU(threshold=1)")
keras_case("LeakyReLU", "layers.LeakyReLU()(x)", only=True)
keras_case("LeakyReLU", "layers.LeakyReLU(0.2)(x)")
keras_case("LeakyReLU", "layers.LeakyReLU(negative_slope=0.1)(x)")
keras_case("ELU", "layers.ELU()(x)")
keras_case("ELU", "layers.ELU(alpha=0.5)(x)")
keras_case("PReLU", "layers.PReLU(shared_axes=[1, 2])(x)")
refused("Keras PReLU", "x -> layers.PReLU()")
for name in ["relu", "sigmoid", "tanh", "softmax", "swish", "gelu", "elu", "leaky_relu", "softplus", "relu6", "mish", "linear",
             "selu", "softsign", "exponential"]:
    keras_case("Activation", f"layers.Activation('{name}')(x)")
refused("Keras Activation", "x -> Activation('hard_sigmoid')", "x -> Activation(f)")
keras_case("Dropout", "layers.Dropout(0.3)(x)")
keras_case("Dropout", "layers.SpatialDropout2D(0.3)(x)")
keras_case("Identity", "layers.Identity()(x)")
refused("Keras Reshape", "x -> Reshape((120,))", "x -> Permute((3, 1, 2))")

from keras import ops  # noqa: E402

keras_case("relu", "ops.relu(x)")
keras_case("relu6", "ops.relu6(x)")
keras_case("sigmoid", "ops.sigmoid(x)")
keras_case("tanh", "ops.tanh(x)")
keras_case("silu", "ops.silu(x)", more=["tf.nn.swish(x)"])
keras_case("leaky_relu", "ops.leaky_relu(x)", only=True, more=["tf.nn.leaky_relu(x)"])
keras_case("leaky_relu", "ops.leaky_relu(x, 0.1)")
keras_case("elu", "ops.elu(x, 0.5)", more=["tf.nn.elu(x, alpha=0.5)"])
keras_case("softplus", "ops.softplus(x)", more=["tf.keras.activations.softplus(x)"])
keras_case("mish", "keras.activations.mish(x)")
keras_case("hard_silu", "keras.activations.hard_silu(x)", more=["x -> hard_swish"])
refused("Keras hard_sigmoid", "tf.keras.activations.hard_sigmoid(x)")
keras_case("gelu", "keras.activations.gelu(x, approximate=False)")
keras_case("gelu", "keras.activations.gelu(x, approximate=True)", more=["tf.nn.gelu(x, approximate=True)"])
refused("Keras gelu", "keras.ops.gelu(x)")
keras_case("selu", "ops.selu(x)")
keras_case("softsign", "ops.softsign(x)")
keras_case("exponential", "keras.activations.exponential(x)")
keras_case("softmax", "ops.softmax(x)", only=True, more=["tf.nn.softmax(x)"])
keras_case("softmax", "ops.softmax(x, axis=2)", only=True)
keras_case("concat", "layers.concatenate([x, y])", only=True)
keras_case("concat", "layers.concatenate([x, y], axis=-1)", more=["tf.concat([x, y], axis=3)"])
keras_case("concat", "layers.concatenate([x, y], axis=2)", only=True)
keras_case("add", "layers.add([x, y])", only=True)
keras_case("multiply", "layers.multiply([x, y])", only=True)
keras_case("reduce_mean", "tf.reduce_mean(x, axis=[1, 2])", run="ops.mean(x, axis=[1, 2])", more=["reduce_mean(x, [1, 2])"])
keras_case("reduce_mean", "tf.reduce_mean(x, axis=-1, keepdims=True)", run="ops.mean(x, axis=-1, keepdims=True)")
keras_case("resize", "tf.image.resize(x, (9, 8))", only=True, run="ops.image.resize(x, (9, 8))")
keras_case(
    "resize",
    "tf.image.resize(x, (12, 10), method='nearest')",
    run="ops.image.resize(x, (12, 10), interpolation='nearest')",
)
refused("Keras depth_to_space", "tf.nn.depth_to_space(x, 2)")


def alike(row, run, *texts, shape=MAP):
    """What several use alike, by what PyTorch makes of it."""
    pytorch("", texts[0], shape, only=True, run=run, more=texts[1:])
    cases[-1]["row"] = f"Elsewhere {row}"


alike("conv2d", "nn.Conv2d(4, 8, 3, padding=1)(x)", "x -> conv2d(8, 3, pad=1)", "x -> convolution(num_output=8, kernel_size=3, pad=1)")
alike("conv1d", "nn.Conv1d(4, 8, 3, padding=1)(x)", "x -> conv1d(8, 3, pad=1)", shape=LINE)
refused("Elsewhere conv1d", "x -> conv1d(8, 3)")
refused("Elsewhere conv2d", "x -> conv2d(4, 8, 3)", "x -> conv2d(8)")
alike("depthwise_conv", "nn.Conv2d(4, 4, 3, groups=4)(x)", "x -> depthwise_conv(3)", "x -> depthwise(k=3)")
alike("deconv", "nn.ConvTranspose2d(4, 6, 2, 2)(x)", "x -> deconv(6, 2, stride=2)")
alike("fc", "nn.Linear(12, 7)(x)", "x -> fc(7)", "x -> dense(7)", "x -> inner_product(num_output=7)", shape=VECTOR)
alike("BatchNorm", "nn.BatchNorm2d(4)(x)", "x -> BatchNorm", "x -> batch_norm")
refused("Elsewhere BatchNorm", "x -> batch_norm(4)")
alike("max_pool", "nn.MaxPool2d(3, 2)(x)", "x -> max_pool(3, stride=2)")
alike("avg_pool", "nn.AvgPool2d(2)(x)", "x -> avg_pool(2)")
alike("gap", "nn.AdaptiveAvgPool2d(1)(x)", "x -> gap", "x -> GlobalAvgPool()", "global_average_pool(x)")
alike("global_max_pool", "nn.AdaptiveMaxPool2d(1)(x)", "x -> global_max_pool")
alike("swish", "nn.SiLU()(x)", "x -> swish")
alike("lrelu", "nn.LeakyReLU(0.1)(x)", "x -> lrelu(0.1)", "x -> LReLU(0.1)")
alike("shuffle", "nn.ChannelShuffle(2)(x)", "x -> shuffle(2)")
alike("resize", "nn.Upsample(scale_factor=2)(x)", "x -> resize(factor=2)")
refused("Elsewhere eltwise", "eltwise(x, y)")

print("[\n" + ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases) + "\n]")
