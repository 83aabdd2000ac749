"""import.

Takes `in_`: [batch, 3, 8, 8].
Takes `x_y`: [batch, 3, 8, 8].
Gives `for`: [batch, 2, 8, 8].
Gives `2`: [batch, 1, 8, 8].

Its weights:

    from safetensors.torch import load_file

    model = Import()
    model.load_state_dict(load_file("weights.safetensors"))
    model.eval()
"""

import torch
import torch.nn.functional as F
from torch import nn


class Items(nn.ModuleDict):
    def __init__(self, in_channels, out):
        super().__init__()
        self["class"] = nn.Conv2d(in_channels, out, 3, padding=1)
        self._modules["train"] = nn.BatchNorm2d(out)
        self["0"] = nn.Conv2d(out, out, 1)

    def forward(self, x):
        x = F.relu(self._modules["train"](self["class"](x)))
        y = F.relu(self["0"](x))
        return x + y


class Import(nn.ModuleDict):
    def __init__(self):
        super().__init__()
        self._modules["type"] = Items(3, 4)
        self["first-unit"] = Items(4, 6)
        self._modules["values"] = nn.ModuleDict()
        self._modules["values"]._modules["items"] = Items(6, 6)
        self.conv = nn.Conv2d(3, 6, 1)
        self.conv.reduce = nn.Conv2d(6, 6, 1)
        self.conv.add_module("2", nn.Conv2d(6, 6, 1))
        self["größe"] = nn.Conv2d(6, 2, 1)
        self["größe"].weights = nn.ModuleDict()
        self["größe"].weights["a b"] = nn.Conv2d(2, 2, 1)
        self._modules["__init__"] = nn.Conv2d(2, 1, 1)

    def forward(self, in_, x_y):
        x = self["first-unit"](self._modules["type"](in_))
        x = self._modules["values"]._modules["items"](x)
        y = getattr(self.conv, "2")(self.conv.reduce(self.conv(x_y)))
        x = x + y
        x = self["größe"].weights["a b"](self["größe"](x))
        y = F.relu(x)
        y = self._modules["__init__"](y)
        return x, y


if __name__ == "__main__":
    model = Import().eval()
    with torch.no_grad():
        print([output.shape for output in model(torch.randn(1, 3, 8, 8), torch.randn(1, 3, 8, 8))])
