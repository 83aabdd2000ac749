"""Two convolutions in place of one: what they cost, and how they are written. The baselines are made of these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from network import Graph, Node
from program import Net

# A convolution of fewer input channels is left alone, as the program leaves a stem that reads three colours.
LEAST_CHANNELS = 8


@dataclass(frozen=True)
class Layer:
    """A convolution of one group: its channels, taps of its kernel, and pixels of the maps before and behind it."""

    name: str
    before: int
    behind: int
    taps: int
    pixels_before: int
    pixels_behind: int

    @property
    def macs(self) -> int:
        return self.taps * self.before * self.behind * self.pixels_behind

    @property
    def narrow(self) -> int:
        """Channels of its narrower side."""
        return min(self.before, self.behind)


@dataclass(frozen=True)
class Factors:
    """Two convolutions with `rank` channels between them in place of `layer`."""

    layer: Layer
    form: str
    rank: int

    @property
    def macs_per_rank(self) -> int:
        layer = self.layer
        if self.form == "reduce":
            return layer.before * layer.pixels_before + layer.taps * layer.behind * layer.pixels_behind
        # The kernel comes first in `expand`, and in `pointwise`, which is the same for a kernel of one tap.
        return (layer.taps * layer.before + layer.behind) * layer.pixels_behind

    @property
    def macs(self) -> int:
        return self.rank * self.macs_per_rank

    @property
    def saved(self) -> int:
        return self.layer.macs - self.macs

    def statement(self) -> str:
        """Linear in so many words, so that the baselines stay what they are when the program's defaults change."""
        return f"refine {self.layer.name} = {self.form}({self.rank}, linear=true)"


def layers(graph: Graph) -> list[Layer]:
    """The convolutions that can be factorized: one group, and enough channels."""
    shapes = {node["name"]: node["output"] for node in graph["nodes"]}
    convs = (layer(node, shapes) for node in graph["nodes"] if node["op"] == "conv" and "groups" not in node["arguments"])
    return [conv for conv in convs if conv.before >= LEAST_CHANNELS]


def layer(node: Node, shapes: dict[str, list[int]]) -> Layer:
    before, high, wide = shapes[node["inputs"][0]]
    behind, out_high, out_wide = node["output"]
    return Layer(node["name"], before, behind, node["arguments"].get("k", 1) ** 2, high * wide, out_high * out_wide)


def refined(text: str, chosen: Iterable[Factors]) -> Net:
    """A network, which is the last item of its file, with factors in place of some layers."""
    body = text.rstrip().removesuffix("}").rstrip()
    return Net("\n".join([body, "", *(f"    {factors.statement()}" for factors in chosen), "}", ""]))
