"""blocks.

Takes `x`: [batch, 3, 24, 24].
Gives `map`: [batch, 12, 3, 3].
Gives `features`: [batch, 5].

Its weights:

    from safetensors.torch import load_file

    model = Blocks()
    model.load_state_dict(load_file("weights.safetensors"))
    model.eval()
"""

from collections import OrderedDict

import torch
import torch.nn.functional as F
from torch import nn


class PaddedConv2d(nn.Conv2d):
    """Convolution of a map padded by (left, right, top, bottom)."""

    def __init__(self, *sizes, pads, **options):
        super().__init__(*sizes, **options)
        self.pads = pads

    def forward(self, x):
        return super().forward(F.pad(x, self.pads))


class ConvBnRelu(nn.Module):
    def __init__(self, in_channels, out, conv_pads, stride=1):
        super().__init__()
        self.conv = PaddedConv2d(in_channels, out, 3, stride=stride, pads=conv_pads)
        self.bn = nn.BatchNorm2d(out)

    def forward(self, x):
        return F.relu(self.bn(self.conv(x)))


class Basic(nn.Module):
    def __init__(self, in_channels, out, a_conv_pads, stride=1):
        super().__init__()
        self.has_skip = in_channels != out
        self.a = ConvBnRelu(in_channels, out, conv_pads=a_conv_pads, stride=stride)
        self.b = ConvBnRelu(out, out, conv_pads=(1, 1, 1, 1))
        if self.has_skip:
            self.skip = nn.Sequential(
                nn.Conv2d(in_channels, out, 1, stride=stride),
                nn.BatchNorm2d(out),
            )

    def forward(self, x):
        y = self.b(self.a(x))
        if self.has_skip:
            x = self.skip(x)
        x = y + x
        return F.relu(x)


class Layer(nn.Module):
    def __init__(self, in_channels):
        super().__init__()
        self.conv = nn.Conv2d(in_channels, 4, 3, padding=1)
        self.bn = nn.BatchNorm2d(4)

    def forward(self, x):
        x = F.relu(self.bn(self.conv(x)))
        return F.channel_shuffle(x, 2)


class Dense(nn.Module):
    def __init__(self, in_channels):
        super().__init__()
        for i in range(1, 4):
            self.add_module(f"layer{i}", Layer(in_channels + 4 * (i - 1)))

    def forward(self, x):
        maps = [x]
        for i in range(1, 4):
            maps.append(getattr(self, f"layer{i}")(torch.cat(maps, 1)))
        return torch.cat(maps, 1)


class Merge(nn.Module):
    def __init__(self, out, conv_in):
        super().__init__()
        self.conv = nn.Conv2d(conv_in, out, 1)

    def forward(self, x, y):
        return self.conv(torch.cat([x, y], 1))


class Blocks(nn.Module):
    def __init__(self):
        super().__init__()
        self.stem = ConvBnRelu(3, 8, conv_pads=(0, 1, 0, 1), stride=2)
        self.stage1 = nn.Sequential(
            Basic(8, 8, a_conv_pads=(1, 1, 1, 1)),
            Basic(8, 16, a_conv_pads=(1, 1, 1, 1)),
            Basic(16, 16, a_conv_pads=(1, 1, 1, 1)),
        )
        self.stage2 = nn.Sequential(
            Basic(16, 24, a_conv_pads=(0, 1, 0, 1), stride=2),
            Basic(24, 24, a_conv_pads=(1, 1, 1, 1)),
            Basic(24, 32, a_conv_pads=(0, 1, 0, 1), stride=2),
            Basic(32, 32, a_conv_pads=(1, 1, 1, 1)),
        )
        self.dense1 = Dense(32)
        self.dense2 = Dense(44)
        self.merge1 = Merge(16, conv_in=100)
        self.merge2 = Merge(12, conv_in=72)
        self.head = nn.Sequential(OrderedDict(
            pool=nn.AdaptiveAvgPool2d(1),
            flat=nn.Flatten(),
            fc=nn.Linear(12, 5),
        ))

    def forward(self, x):
        x = self.stage2(self.stage1(self.stem(x)))
        x = self.dense1(x)
        y = self.dense2(x)
        x = self.merge1(x, y)
        x = self.merge2(y, x)
        y = self.head(x)
        return x, y


if __name__ == "__main__":
    model = Blocks().eval()
    with torch.no_grad():
        print([output.shape for output in model(torch.randn(1, 3, 24, 24))])
