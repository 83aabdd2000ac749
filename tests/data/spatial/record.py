"""Writes recorded.json: what operations on maps and lines make of a small input, as PyTorch has it, and ONNX Runtime where
PyTorch has no such operation.

    python3 record.py > recorded.json

A case is a call as `.net` has it, who has computed it, the shape of the input without the batch, and the output. Inputs and
weights are not stored: they follow from their places, see `number`; the weight has the salt 1, the bias 2, running statistics 3
and 4, the input 100.
"""

import itertools
import json

import numpy as np
import onnx
import onnxruntime
import torch
import torch.nn.functional as F
from onnx import TensorProto, helper
from torch import nn

SALTS = {"weight": 1, "bias": 2, "running_mean": 3, "running_var": 4}
cases = []


def number(count, salt):
    """Eighths from -2.5 to 2.5, exact in 32 bits."""
    index = np.arange(count, dtype=np.int64)
    return (((index * 7919 + salt * 104729) % 41 - 20) / 8).astype(np.float32)


def tensor(shape, salt):
    return number(int(np.prod(shape)), salt).reshape(shape)


def record(call, source, shape, output):
    values = [float(f"{v:.6g}") for v in output.reshape(-1).tolist()]
    cases.append({"call": call, "source": source, "shape": shape, "output": {"shape": list(output.shape), "values": values}})


def pytorch(call, shape, function):
    """`function` is a module, whose weights are filled, or takes the input."""
    with torch.no_grad():
        for name, value in function.state_dict().items() if isinstance(function, nn.Module) else ():
            if name in SALTS:
                filled = tensor(list(value.shape), SALTS[name])
                value.copy_(torch.from_numpy(np.abs(filled) + 0.5 if name == "running_var" else filled))
        if isinstance(function, nn.Module):
            function.eval()
        record(call, "PyTorch", shape, function(torch.from_numpy(tensor([1, *shape], 100)))[0].numpy())


def onnx_runtime(call, shape, node, constants=(), opset=19):
    values = [helper.make_tensor(name, kind, [len(data)], data) for name, kind, data in constants]
    x = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1, *shape])
    y = helper.make_tensor_value_info("y", TensorProto.FLOAT, None)
    graph = helper.make_graph([node], "one", [x], [y], values)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=9)
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    record(call, "ONNX Runtime", shape, session.run(None, {"x": tensor([1, *shape], 100)})[0][0])


def lines():
    for k, s, p, d, g, bias in [(3, 1, 1, 1, 1, True), (3, 2, 0, 1, 2, False), (4, 3, 2, 2, 1, True), (1, 2, 0, 1, 4, True)]:
        call = f"conv(8, {k}, stride={s}, pad={p}, dilation={d}, groups={g}, bias={str(bias).lower()})"
        pytorch(call, [4, 13], nn.Conv1d(4, 8, k, s, p, d, g, bias))
    pytorch("conv(6, 4, pad=same)", [4, 13], nn.Conv1d(4, 6, 4, padding="same"))
    causal = nn.Conv1d(4, 6, 3, dilation=2)
    weights = nn.Sequential(nn.ConstantPad1d((4, 0), 0.0), causal)
    causal.weight.data.copy_(torch.from_numpy(tensor([6, 4, 3], 1)))
    causal.bias.data.copy_(torch.from_numpy(tensor([6], 2)))
    pytorch("conv(6, 3, pad=[4, 0], dilation=2)", [4, 13], weights)
    pytorch("dwconv(3, pad=1, multiplier=2)", [4, 13], nn.Conv1d(4, 8, 3, padding=1, groups=4))
    for k, s, p, o, d, g in [(3, 1, 0, 0, 1, 1), (4, 2, 1, 0, 1, 1), (3, 3, 1, 2, 1, 2), (3, 2, 0, 1, 2, 1)]:
        call = f"conv_transpose(6, {k}, stride={s}, pad={p}, output_pad={o}, dilation={d}, groups={g})"
        pytorch(call, [4, 7], nn.ConvTranspose1d(4, 6, k, s, p, o, g, dilation=d))
    for k, s, p, d, ceil in [(2, 2, 0, 1, False), (3, 2, 1, 1, True), (3, 1, 1, 2, False), (2, 3, 1, 1, True)]:
        call = f"maxpool({k}, stride={s}, pad={p}, dilation={d}, ceil={str(ceil).lower()})"
        pytorch(call, [3, 11], nn.MaxPool1d(k, s, p, d, ceil_mode=ceil))
    for k, s, p, ceil, count in itertools.product([2, 3], [2, 3], [0, 1], [False, True], [False, True]):
        call = f"avgpool({k}, stride={s}, pad={p}, ceil={str(ceil).lower()}, count_include_pad={str(count).lower()})"
        pytorch(call, [2, 10], nn.AvgPool1d(k, s, p, ceil, count))
    pytorch("global_avgpool", [3, 11], nn.AdaptiveAvgPool1d(1))
    pytorch("global_maxpool", [3, 11], nn.AdaptiveMaxPool1d(1))
    for out in [2, 3, 5, 14]:
        pytorch(f"adaptive_avgpool({out})", [2, 11], nn.AdaptiveAvgPool1d(out))
        pytorch(f"adaptive_maxpool({out})", [2, 11], nn.AdaptiveMaxPool1d(out))
    pytorch("bn", [4, 6], nn.BatchNorm1d(4))
    pytorch("group_norm(2)", [4, 6], nn.GroupNorm(2, 4))
    pytorch("instance_norm", [4, 6], nn.InstanceNorm1d(4))
    pytorch("instance_norm(affine=true)", [4, 6], nn.InstanceNorm1d(4, affine=True))


def pools():
    for out in [(2, 3), (5, 1), (7, 4)]:
        pytorch(f"adaptive_maxpool({list(out)})", [2, 6, 5], nn.AdaptiveMaxPool2d(out))
    for count, ceil in itertools.product([0, 1], [0, 1]):
        node = helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[2, 3], strides=[2, 2], pads=[1, 1, 1, 1], ceil_mode=ceil,
                                dilations=[2, 2], count_include_pad=count)
        call = f"avgpool([2, 3], stride=2, pad=[1, 1, 1, 1], ceil={str(bool(ceil)).lower()}"
        onnx_runtime(f"{call}, count_include_pad={str(bool(count)).lower()}, dilation=2)", [2, 7, 8], node)
        node = helper.make_node("AveragePool", ["x"], ["y"], kernel_shape=[3], strides=[2], pads=[1, 0], ceil_mode=ceil,
                                count_include_pad=count)
        call = f"avgpool(3, stride=2, pad=[1, 0], ceil={str(bool(ceil)).lower()}"
        onnx_runtime(f"{call}, count_include_pad={str(bool(count)).lower()})", [2, 8], node)


def pads():
    sides = [(1, 2), (2, 0), (0, 3)]
    for mode, name in [("constant", "zero"), ("reflect", "reflect"), ("replicate", "replicate"), ("circular", "circular")]:
        for left, right in sides:
            pytorch(f"pad([{left}, {right}], mode={name})", [2, 5], lambda x: F.pad(x, (left, right), mode=mode))
        pytorch(f"pad([1, 2, 0, 3], mode={name})", [2, 4, 5], lambda x: F.pad(x, (2, 3, 1, 0), mode=mode))
        if mode != "circular":
            pytorch(f"pad([-1, 2, 0, -3], mode={name})", [2, 4, 5], lambda x: F.pad(x, (2, -3, -1, 0), mode=mode))
            pytorch(f"pad([-1, -2, 1, 0], mode={name})", [2, 4, 5], lambda x: F.pad(x, (-2, 0, -1, 1), mode=mode))
            pytorch(f"pad([3, -4], mode={name})", [2, 5], lambda x: F.pad(x, (3, -4), mode=mode))
    pytorch("pad([-5, 2], 0.5)", [2, 5], lambda x: F.pad(x, (-5, 2), value=0.5))
    pytorch("pad(-1)", [2, 5, 4], lambda x: F.pad(x, (-1, -1, -1, -1)))


def resizes():
    for size in [(9, 7), (3, 2), (5, 4), (1, 1)]:
        for corners in [False, True]:
            arguments = f"size={list(size)}, mode=bicubic, align_corners={str(corners).lower()}"
            pytorch(f"upsample({arguments})", [1, 5, 4], lambda x: F.interpolate(x, size, mode="bicubic", align_corners=corners))
        call = f"upsample(size={list(size)}, coordinates=half_pixel, rounding=round_prefer_ceil)"
        pytorch(call, [1, 5, 4], lambda x: F.interpolate(x, size, mode="nearest-exact"))
    for factor in [1.6, 0.7]:
        pytorch(f"upsample({factor}, mode=bicubic)", [1, 5, 4], lambda x: F.interpolate(x, scale_factor=factor, mode="bicubic"))
    for size in [9, 4, 1]:
        pytorch(f"upsample(size={size})", [2, 6], lambda x: F.interpolate(x, size))
        for corners in [False, True]:
            call = f"upsample(size={size}, mode=linear, align_corners={str(corners).lower()})"
            pytorch(call, [2, 6], lambda x: F.interpolate(x, size, mode="linear", align_corners=corners))
    pytorch("upsample(1.6, mode=linear)", [2, 6], lambda x: F.interpolate(x, scale_factor=1.6, mode="linear"))


COORDINATES = ["half_pixel", "half_pixel_symmetric", "pytorch_half_pixel", "align_corners", "asymmetric", "tf_half_pixel_for_nn"]


def resize(call, shape, to, coordinates, **attributes):
    kind = {"scales": TensorProto.FLOAT, "sizes": TensorProto.INT64}[to[0]]
    inputs = ["x", "", to[0]] if to[0] == "scales" else ["x", "", "", to[0]]
    node = helper.make_node("Resize", inputs, ["y"], coordinate_transformation_mode=coordinates, **attributes)
    onnx_runtime(call, shape, node, [(to[0], kind, to[1])])


def onnx_resizes():
    rounding = ["floor", "ceil", "round_prefer_floor", "round_prefer_ceil"]
    tos = [("size=[8, 3]", ("sizes", [1, 1, 8, 3])), ("size=[1, 2]", ("sizes", [1, 1, 1, 2])), ("[2, 0.75]", ("scales", [1, 1, 2, 0.75]))]
    for (text, to), coordinates in itertools.product(tos, COORDINATES):
        # ONNX Runtime has this one for the nearest alone.
        linear = coordinates != "tf_half_pixel_for_nn"
        for nearest in rounding if to[0] == "scales" or coordinates != "align_corners" else rounding[:1]:
            call = f"upsample({text}, coordinates={coordinates}, rounding={nearest})"
            resize(call, [1, 4, 4], to, coordinates, mode="nearest", nearest_mode=nearest)
        if linear:
            resize(f"upsample({text}, mode=bilinear, coordinates={coordinates})", [1, 4, 4], to, coordinates, mode="linear")
            call = f"upsample({text}, mode=bicubic, coordinates={coordinates}, cubic_a=-0.5)"
            resize(call, [1, 4, 4], to, coordinates, mode="cubic", cubic_coeff_a=-0.5)
            call = f"upsample({text}, mode=bicubic, coordinates={coordinates}, exclude_outside=true)"
            resize(call, [1, 4, 4], to, coordinates, mode="cubic", exclude_outside=1)
    # A factor of which rounding loses a part.
    resize("upsample([2.6, 1], mode=bilinear, coordinates=half_pixel_symmetric)", [1, 4, 4], ("scales", [1, 1, 2.6, 1]),
           "half_pixel_symmetric", mode="linear")


lines()
pools()
pads()
resizes()
onnx_resizes()
print("[\n" + ",\n".join(json.dumps(case) for case in cases) + "\n]")
