"""Writes pytorch_shapes.txt: output shapes of windows as PyTorch has them, or `error`.

    python3 pytorch_shapes.py > pytorch_shapes.txt
"""

import random

import torch
from torch import nn

random.seed(2015)


def pair(low, high):
    return [random.randint(low, high), random.randint(low, high)]


def halves(kernel):
    """Padding for pooling, now and then more than half of the window, which PyTorch refuses."""
    return [k // 2 if random.random() < 0.5 else random.randint(0, k // 2 + (random.random() < 0.1)) for k in kernel]


def flag():
    return random.random() < 0.5


def written(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def case(keyword, shape, arguments, module, renamed):
    try:
        torch_arguments = {renamed.get(key, key): value for key, value in arguments.items()}
        result = str(list(module(torch_arguments)(torch.zeros([1, *shape])).shape[1:]))
    except (RuntimeError, ValueError):
        result = "error"
    call = ", ".join(f"{key}={written(value)}" for key, value in arguments.items())
    print(f"{keyword}({call})({shape}) = {result}")


SHORT = {"k": "kernel_size", "pad": "padding", "out": "out_channels", "output_pad": "output_padding", "ceil": "ceil_mode"}


def conv(shape):
    arguments = {"out": random.choice([2, 4, 6]), "k": pair(1, 5), "stride": pair(1, 3), "pad": pair(0, 3),
                 "dilation": pair(1, 3), "groups": random.choice([1, 1, 2, 3])}
    case("conv", shape, arguments, lambda a: nn.Conv2d(shape[0], **a), SHORT)


def conv_transpose(shape):
    arguments = {"out": random.choice([2, 4, 6]), "k": pair(1, 5), "stride": pair(1, 4), "pad": pair(0, 3),
                 "output_pad": pair(0, 2), "dilation": pair(1, 3), "groups": random.choice([1, 1, 2])}
    case("conv_transpose", shape, arguments, lambda a: nn.ConvTranspose2d(shape[0], **a), SHORT)


def maxpool(shape):
    k = pair(1, 5)
    arguments = {"k": k, "stride": pair(1, 4), "pad": halves(k), "dilation": pair(1, 2), "ceil": flag()}
    case("maxpool", shape, arguments, lambda a: nn.MaxPool2d(**a), SHORT)


def avgpool(shape):
    k = pair(1, 5)
    arguments = {"k": k, "stride": pair(1, 6), "pad": halves(k), "ceil": flag(), "count_include_pad": flag()}
    case("avgpool", shape, arguments, lambda a: nn.AvgPool2d(**a), SHORT)


def adaptive_avgpool(shape):
    case("adaptive_avgpool", shape, {"out": pair(1, 9)}, lambda a: nn.AdaptiveAvgPool2d(a["out"]), {})


def upsample(shape):
    factor = [random.choice([0.5, 1.5, 2.0, 2.7, 3.0]), random.choice([0.5, 1.3, 2.0, 3.0])]
    case("upsample", shape, {"factor": factor}, lambda a: nn.Upsample(scale_factor=tuple(a["factor"])), {})


def shuffles(shape):
    block = random.randint(1, 3)
    shape = [shape[0] * random.choice([1, 2, 4]), *shape[1:]]
    case("depth_to_space", shape, {"block": block}, lambda a: nn.PixelShuffle(block), SHORT)
    case("space_to_depth", shape, {"block": block}, lambda a: nn.PixelUnshuffle(block), SHORT)


def main():
    print(f"# PyTorch {torch.__version__.split('a')[0]}")
    for _ in range(60):
        for kind in (conv, conv_transpose, maxpool, avgpool, maxpool, avgpool, adaptive_avgpool, upsample, shuffles):
            kind([random.choice([2, 4, 6]), random.randint(1, 11), random.randint(1, 11)])


main()
