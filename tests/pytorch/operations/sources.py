"""sources.

Learned tensors and given numbers, which are the same for each image of a batch.

Takes `x`: [batch, 4, 5, 6].
Takes `t`: [batch, 5, 4].
Gives `o1`: [batch, 4, 5, 6].
Gives `o2`: [batch, 4, 5, 6].
Gives `o3`: [batch, 5, 3].
Gives `o4`: [batch, 6, 4].
Gives `o5`: [batch, 4].
Gives `o6`: [batch, 4, 5, 6].
Gives `o7`: [batch, 12, 5, 6].
Gives `o8`: [batch, 3].
Gives `o9`: [batch, 6].
Gives `o10`: [batch, 3, 5].

Its weights:

    from safetensors.torch import load_file

    model = Sources()
    model.load_state_dict(load_file("weights.safetensors"))
    model.eval()
"""

import torch
import torch.nn.functional as F
from torch import nn


class Param(nn.Module):
    """A learned tensor, with an axis for the batch."""

    def __init__(self, shape, init=0.0):
        super().__init__()
        self.weight = nn.Parameter(torch.full(shape, float(init)))

    def forward(self):
        return self.weight[None]


class Constant(nn.Module):
    """Given numbers, with an axis for the batch; they are not among the weights."""

    def __init__(self, values, shape):
        super().__init__()
        value = torch.as_tensor(values, dtype=torch.float32)
        value = value.reshape(shape) if value.dim() else value.expand(shape).clone()
        self.register_buffer("value", value, persistent=False)

    def forward(self):
        return self.value[None]


class Sources(nn.Module):
    def __init__(self):
        super().__init__()
        self.g = nn.Module()
        self.g.param = Param((4, 1, 1), init=0.5)
        self.b = nn.Module()
        self.b.param = Param((6,))
        self.k = nn.Module()
        self.k.constant = Constant([1.0, -2.0, 3.5, 0.25, 1e-3], (5,))
        self.c = nn.Module()
        self.c.constant = Constant(0.5, (4, 5, 6))
        self.m = nn.Module()
        self.m.param = Param((4, 3), init=0.1)
        self.token = nn.Module()
        self.token.param = Param((1, 4), init=0.2)

    def forward(self, x, t):
        y = self.g.param()
        z = self.b.param()
        a = self.k.constant()
        b = self.c.constant()
        c = self.m.param()
        token = self.token.param()
        y = x * y
        y = y + z[:, None, None]
        d = x + b
        e = t @ c
        x2 = torch.cat((token.expand(t.shape[0], -1, -1), t), 1)
        x3 = F.softmax(c, dim=1)
        x3 = x3.sum(2)
        a = a.reshape(-1, 5, 1)
        a = x * a[:, None]
        o7 = F.relu(b)
        x = torch.cat((x, o7.expand(x.shape[0], -1, -1, -1), x), 1)
        b = torch.flatten(b, 1)
        b = b[:, :3]
        c = c.permute(0, 2, 1)
        x4 = t.permute(0, 2, 1)
        c = c @ x4
        return y, d, e, x2, x3.expand(x.shape[0], -1), a, x, b.expand(x.shape[0], -1), z.expand(x.shape[0], -1), c


if __name__ == "__main__":
    model = Sources().eval()
    with torch.no_grad():
        print([output.shape for output in model(torch.randn(1, 4, 5, 6), torch.randn(1, 5, 4))])
