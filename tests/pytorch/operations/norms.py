"""norms.

Normalisations in all their arguments.

Takes `x`: [batch, 8, 5, 6].
Takes `l`: [batch, 8, 7].
Takes `v`: [batch, 8].
Takes `w`: [batch, 4, 3, 5, 2].
Takes `u`: [batch, 4, 3, 2, 5, 2].
Gives `o1`: [batch, 8, 5, 6].
Gives `o2`: [batch, 8, 7].
Gives `o3`: [batch, 8].
Gives `o4`: [batch, 4, 3, 5, 2].
Gives `o5`: [batch, 4, 3, 2, 5, 2].
Gives `o6`: [batch, 8, 5, 6].
Gives `o7`: [batch, 8, 7].
Gives `o8`: [batch, 8].
Gives `o9`: [batch, 8, 5, 6].
Gives `o10`: [batch, 8, 5, 6].
Gives `o11`: [batch, 8, 5, 6].
Gives `o12`: [batch, 8, 5, 6].
Gives `o13`: [batch, 8, 5, 6].
Gives `o14`: [batch, 8, 7].
Gives `o15`: [batch, 4, 3, 5, 2].
Gives `o16`: [batch, 8].
Gives `o17`: [batch, 8, 5, 6].
Gives `o18`: [batch, 8, 5, 6].
Gives `o19`: [batch, 8, 7].
Gives `o20`: [batch, 8, 5, 6].
Gives `o21`: [batch, 8, 5, 6].
Gives `o22`: [batch, 8, 5, 6].
Gives `o23`: [batch, 8].
Gives `o24`: [batch, 8, 7].

Its weights:

    from safetensors.torch import load_file

    model = Norms()
    model.load_state_dict(load_file("weights.safetensors"))
    model.eval()
"""

import torch
import torch.nn.functional as F
from torch import nn


class Scale(nn.Module):
    """A learned factor for each channel, and a shift where there is a bias."""

    def __init__(self, channels, init=1.0, bias=False):
        super().__init__()
        self.weight = nn.Parameter(torch.full((channels,), float(init)))
        self.bias = nn.Parameter(torch.zeros(channels)) if bias else None

    def forward(self, x):
        shape = (1, -1) + (1,) * (x.dim() - 2)
        x = x * self.weight.view(shape)
        return x if self.bias is None else x + self.bias.view(shape)


class AxisLayerNorm(nn.LayerNorm):
    """Layer normalisation over axes that are not the last ones, such as that of the channels."""

    def __init__(self, shape, axes, **options):
        super().__init__(shape, **options)
        self.axes = axes

    def forward(self, x):
        last = tuple(range(-len(self.axes), 0))
        return super().forward(x.movedim(self.axes, last)).movedim(last, self.axes)


class BatchNormNd(nn.BatchNorm1d):
    """Batch normalisation of tensors with more axes than PyTorch's has."""

    def forward(self, x):
        return super().forward(x.flatten(2)).view_as(x)


class Norms(nn.Module):
    def __init__(self):
        super().__init__()
        self.o1 = nn.Module()
        self.o1.bn = nn.BatchNorm2d(8)
        self.o2 = nn.Module()
        self.o2.bn = nn.BatchNorm1d(8, eps=1e-3, affine=False)
        self.o3 = nn.Module()
        self.o3.bn = nn.BatchNorm1d(8)
        self.o4 = nn.Module()
        self.o4.bn = nn.BatchNorm3d(4)
        self.o5 = nn.Module()
        self.o5.bn = BatchNormNd(4)
        self.o6 = nn.Module()
        self.o6.group_norm = nn.GroupNorm(4, 8)
        self.o7 = nn.Module()
        self.o7.group_norm = nn.GroupNorm(2, 8, eps=1e-3, affine=False)
        self.o8 = nn.Module()
        self.o8.group_norm = nn.GroupNorm(2, 8)
        self.o9 = nn.Module()
        self.o9.layer_norm = AxisLayerNorm(8, axes=(1,))
        self.o10 = nn.Module()
        self.o10.layer_norm = nn.LayerNorm((8, 5, 6), eps=1e-6)
        self.o11 = nn.Module()
        self.o11.layer_norm = nn.LayerNorm(6, elementwise_affine=False)
        self.o12 = nn.Module()
        self.o12.layer_norm = nn.LayerNorm((5, 6), bias=False)
        self.o13 = nn.Module()
        self.o13.layer_norm = AxisLayerNorm((8, 5), axes=(1, 2))
        self.o14 = nn.Module()
        self.o14.layer_norm = nn.LayerNorm(7)
        self.o15 = nn.Module()
        self.o15.layer_norm = AxisLayerNorm((3, 5), axes=(2, 3))
        self.o16 = nn.Module()
        self.o16.layer_norm = nn.LayerNorm(8)
        self.o17 = nn.Module()
        self.o17.instance_norm = nn.InstanceNorm2d(8)
        self.o18 = nn.Module()
        self.o18.instance_norm = nn.InstanceNorm2d(8, eps=1e-3, affine=True)
        self.o19 = nn.Module()
        self.o19.instance_norm = nn.InstanceNorm1d(8, affine=True)
        self.o22 = nn.Module()
        self.o22.scale = Scale(8)
        self.o23 = nn.Module()
        self.o23.scale = Scale(8, init=0.5, bias=True)
        self.o24 = nn.Module()
        self.o24.scale = Scale(8, bias=True)

    def forward(self, x, l, v, w, u):
        y = self.o1.bn(x)
        z = self.o2.bn(l)
        a = self.o3.bn(v)
        b = self.o4.bn(w)
        c = self.o5.bn(u)
        d = self.o6.group_norm(x)
        e = self.o7.group_norm(l)
        x2 = self.o8.group_norm(v)
        x3 = self.o9.layer_norm(x)
        x4 = self.o10.layer_norm(x)
        x5 = self.o11.layer_norm(x)
        x6 = self.o12.layer_norm(x)
        x7 = self.o13.layer_norm(x)
        x8 = self.o14.layer_norm(l)
        x9 = self.o15.layer_norm(w)
        x10 = self.o16.layer_norm(v)
        x11 = self.o17.instance_norm(x)
        x12 = self.o18.instance_norm(x)
        x13 = self.o19.instance_norm(l)
        x14 = F.local_response_norm(x, 5)
        x15 = F.local_response_norm(x, 4, alpha=0.01, beta=0.5, k=2.0)
        x = self.o22.scale(x)
        x16 = self.o23.scale(v)
        x17 = self.o24.scale(l)
        return y, z, a, b, c, d, e, x2, x3, x4, x5, x6, x7, x8, x9, x10, x11, x12, x13, x14, x15, x, x16, x17


if __name__ == "__main__":
    model = Norms().eval()
    with torch.no_grad():
        print([output.shape for output in model(torch.randn(1, 8, 5, 6), torch.randn(1, 8, 7), torch.randn(1, 8), torch.randn(1, 4, 3, 5, 2), torch.randn(1, 4, 3, 2, 5, 2))])
