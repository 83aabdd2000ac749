"""Builds a PyTorch module from the graph that `pointwise convert x.net x.json` writes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor, nn

Node = dict[str, Any]
Graph = dict[str, Any]
Pair = int | list[int]  # of height and width alike, or of each


class Add(nn.Module):
    """The sum of two tensors."""

    def forward(self, a: Tensor, b: Tensor) -> Tensor:
        return a + b


class Concat(nn.Module):
    """Tensors joined along the channels."""

    def forward(self, *parts: Tensor) -> Tensor:
        return torch.cat(parts, dim=1)


# The functions below make an operation's module from the shape of its first input and its arguments, whose defaults are
# those of the operation. They take no argument that they do not heed, so one that is new to them is an error.


def conv(
    shape: list[int], out: int, k: Pair = 1, stride: Pair = 1, pad: Pair = 0, groups: int = 1, bias: bool = True
) -> nn.Module:
    kernel, step, border = (pair(value) for value in (k, stride, pad))
    return nn.Conv2d(shape[0], out, kernel, step, border, groups=groups, bias=bias)


def dwconv(shape: list[int], k: Pair, stride: Pair = 1, pad: Pair = 0, bias: bool = True) -> nn.Module:
    return conv(shape, shape[0], k, stride, pad, groups=shape[0], bias=bias)


def bn(shape: list[int]) -> nn.Module:
    return nn.BatchNorm2d(shape[0])


def relu(_shape: list[int]) -> nn.Module:
    return nn.ReLU()


def relu6(_shape: list[int]) -> nn.Module:
    return nn.ReLU6()


def maxpool(_shape: list[int], k: int, stride: int | None = None, pad: int = 0) -> nn.Module:
    return nn.MaxPool2d(k, stride, pad)


def avgpool(_shape: list[int], k: int) -> nn.Module:
    return nn.AvgPool2d(k)


def global_avgpool(_shape: list[int]) -> nn.Module:
    return nn.AdaptiveAvgPool2d(1)


def flatten(_shape: list[int]) -> nn.Module:
    return nn.Flatten()


def linear(shape: list[int], out: int) -> nn.Module:
    return nn.Linear(shape[0], out)


def add(_shape: list[int]) -> nn.Module:
    return Add()


def concat(_shape: list[int]) -> nn.Module:
    return Concat()


MAKERS: dict[str, Callable[..., nn.Module]] = {
    maker.__name__: maker
    for maker in (conv, dwconv, bn, relu, relu6, maxpool, avgpool, global_avgpool, flatten, linear, add, concat)
}


def pair(value: Pair) -> tuple[int, int]:
    """Height and width. Padding that differs from side to side has four numbers and is refused."""
    height, width = (value, value) if isinstance(value, int) else value
    return height, width


class Network(nn.Module):
    """A graph of one input and one output, run node by node in the order of its file."""

    def __init__(self, graph: Graph) -> None:
        super().__init__()
        shapes = {node["name"]: node["output"] for node in graph["nodes"]}
        (self.input,) = (entry["name"] for entry in graph["inputs"])
        (self.output,) = (entry["node"] for entry in graph["outputs"])
        self.steps = [node for node in graph["nodes"] if node["op"] != "input"]
        self.layers = nn.ModuleList(make(node, shapes) for node in self.steps)

    def forward(self, image: Tensor) -> Tensor:
        values = {self.input: image}
        for node, layer in zip(self.steps, self.layers, strict=True):
            values[node["name"]] = layer(*(values[name] for name in node["inputs"]))
        return values[self.output]


def make(node: Node, shapes: dict[str, list[int]]) -> nn.Module:
    """The module of one node. What this file does not know is refused, never passed over."""
    if node["op"] not in MAKERS:
        raise ValueError(f"no module for `{node['op']}`, which `{node['name']}` needs")
    if "shared_weights" in node:
        raise ValueError(f"`{node['name']}` shares its weights, which no module here does")
    return MAKERS[node["op"]](shapes[node["inputs"][0]], **node["arguments"])


def initialise(network: nn.Module) -> None:
    """Kaiming's normal weights for convolutions; the other modules keep PyTorch's own start."""
    for layer in network.modules():
        if isinstance(layer, nn.Conv2d):
            nn.init.kaiming_normal_(layer.weight, nonlinearity="relu")
            if layer.bias is not None:
                nn.init.zeros_(layer.bias)
