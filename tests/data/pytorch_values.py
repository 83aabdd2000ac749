"""Writes pytorch_values.txt: calls on tensors of any rank, and what PyTorch makes of one image.

    python3 pytorch_values.py > pytorch_values.txt

A line is the call in the language, on `x` and `y`, the shapes of both without the batch, and the output's shape and values.
Inputs and weights are not stored: they follow from their places, see `number`. The batch is one image, as in a run.
"""

import numpy as np
import torch
import torch.nn.functional as F

SALTS = {"x": 100, "y": 101, "weight": 1, "bias": 2}


def number(count, salt):
    """Eighths from -2.5 to 2.5, exact in 32 bits."""
    index = np.arange(count, dtype=np.int64)
    return (((index * 7919 + salt * 104729) % 41 - 20) / 8).astype(np.float32)


def tensor(shape, salt):
    return torch.from_numpy(number(int(np.prod(shape)), salt).reshape(shape))


def case(call, run, x, y=(1,)):
    """`run` is given both tensors behind a batch of one."""
    x, y = list(x), list(y)
    out = run(tensor([1, *x], SALTS["x"]), tensor([1, *y], SALTS["y"]))
    assert out.shape[0] == 1, call
    values = " ".join(f"{v:.9g}" for v in out.double().reshape(-1).tolist())
    print(f"{call} | {x} | {y} | {list(out.shape[1:]) or [1]} | {values}")


def layer_norm(axes, eps=1e-5, affine=True, bias=True):
    """Over any consecutive axes: the trailing ones after they have been brought there."""

    def run(x, _):
        rank = x.dim() - 1
        own = sorted(a % rank + 1 for a in axes)
        order = [a for a in range(rank + 1) if a not in own] + own
        dims = [x.shape[a] for a in own]
        weight = tensor(dims, SALTS["weight"]) if affine else None
        shift = tensor(dims, SALTS["bias"]) if affine and bias else None
        y = F.layer_norm(x.permute(order), dims, weight, shift, eps)
        return y.permute([order.index(a) for a in range(rank + 1)])

    return run


def reduced(function):
    def run(axes, keep):
        dims = [a + 1 if a >= 0 else a for a in axes]
        return lambda x, _: function(x, dims, keep)

    return run


def prod(x, dims, keep):
    for dim in sorted((d % x.dim() for d in dims), reverse=True):
        x = torch.prod(x, dim, keepdim=keep)
    return x


REDUCTIONS = {
    "sum": reduced(lambda x, d, k: torch.sum(x, d, keepdim=k)),
    "mean": reduced(lambda x, d, k: torch.mean(x, d, keepdim=k)),
    "amax": reduced(lambda x, d, k: torch.amax(x, d, keepdim=k)),
    "amin": reduced(lambda x, d, k: torch.amin(x, d, keepdim=k)),
    "prod": reduced(prod),
    "l1": reduced(lambda x, d, k: torch.linalg.vector_norm(x, 1, d, keepdim=k)),
    "l2": reduced(lambda x, d, k: torch.linalg.vector_norm(x, 2, d, keepdim=k)),
}


def attention(heads, size):
    """On tokens, [L, heads size]."""

    def run(x, _):
        length = x.shape[1]
        q, k, v = (t.reshape(1, length, heads, size).transpose(1, 2) for t in (x, x * 0.5, x - 1.0))
        return F.scaled_dot_product_attention(q, k, v).transpose(1, 2).reshape(1, length, heads * size)

    return run


def main():
    case("x -> layer_norm", layer_norm([0]), [4, 3, 2])
    case("x -> layer_norm(axes=-1)", layer_norm([-1]), [3, 4])
    case("x -> layer_norm(1e-3, axes=[1, 2])", layer_norm([1, 2], 1e-3), [2, 3, 4])
    case("x -> layer_norm(axes=[0, 1, 2])", layer_norm([0, 1, 2]), [2, 3, 2])
    case("x -> layer_norm(axes=1)", layer_norm([1]), [2, 3, 4])
    case("x -> layer_norm(axes=[-3, -2], bias=false)", layer_norm([1, 2], bias=False), [2, 2, 3, 2])
    case("x -> layer_norm(affine=false, axes=[3, 4, 5])", layer_norm([3, 4, 5], affine=False), [1, 2, 1, 2, 2, 2])
    for word, run in REDUCTIONS.items():
        for axes, keep, shape in [([1, 2], False, [2, 3, 4]), ([-2], True, [2, 3, 4]), ([0, 2, 4], False, [2, 2, 3, 1, 2])]:
            flag = ", keep=true" if keep else ""
            case(f"x -> {word}({axes}{flag})", run(axes, keep), shape)
        case(f"x -> {word}([0, 1])", lambda x, _, run=run: run([0, 1], False)(x, None).reshape(1, 1), [3, 2])
    case("matmul(x, y)", torch.matmul, [3, 5], [5, 2])
    case("matmul(x, y)", torch.matmul, [2, 3, 4], [2, 4, 5])
    case("matmul(x, y)", lambda x, y: torch.matmul(x[0], y[0])[None], [2, 1, 3, 4], [3, 4, 2])
    case("matmul(x, y)", lambda x, y: torch.matmul(x[0], y[0])[None], [2, 3], [2, 2, 3, 1])
    case("x -> flatten(1)", lambda x, _: x.flatten(2), [2, 3, 4])
    case("x -> flatten(1, 2)", lambda x, _: x.flatten(2, 3), [2, 3, 2, 2])
    case("x -> squeeze", lambda x, _: x[0].squeeze()[None], [1, 3, 1, 2])
    case("x -> squeeze(-2)", lambda x, _: x.squeeze(-2), [1, 3, 1, 2])
    case("x -> unsqueeze(0)", lambda x, _: x.unsqueeze(1), [3, 2])
    case("x -> unsqueeze(-1)", lambda x, _: x.unsqueeze(-1), [3, 2])
    case("x -> expand([2, -1, 3])", lambda x, _: x.expand(-1, 2, -1, 3), [2, 4, 1])
    case("x -> expand([2, 2, 3])", lambda x, _: x[0].expand(2, 2, 3)[None], [1, 3])
    case("x -> repeat([2, 1, 2])", lambda x, _: x.repeat(1, 2, 1, 2), [2, 3, 2])
    case("x -> repeat([2, 2, 3])", lambda x, _: x[0].repeat(2, 2, 3)[None], [2, 2])
    case("x -> gather([2, 0, -1, 2])", lambda x, _: torch.index_select(x, 1, torch.tensor([2, 0, 3, 2])), [4, 2, 2])
    case("x -> gather([1, -3], axis=-1)", lambda x, _: torch.index_select(x, -1, torch.tensor([1, 0])), [2, 2, 3])
    case("x -> gather(1, axis=1)", lambda x, _: torch.index_select(x, 2, torch.tensor([1])), [2, 3, 2])
    case("x -> slice(step=-1)", lambda x, _: x.flip(1), [4, 2])
    case("x -> slice(-2, step=-2, axis=2)", lambda x, _: torch.from_numpy(x.numpy()[:, :, :, -2::-2].copy()), [2, 2, 7])
    case("x -> slice(5, 1, axis=-1, step=-3)", lambda x, _: torch.from_numpy(x.numpy()[..., 5:1:-3].copy()), [2, 7])
    case("x -> slice(1, -1, axis=4, step=2)", lambda x, _: x[..., 1:-1:2], [1, 2, 1, 2, 6])
    case("x -> transpose([5, -2, 3, 2, 0, 1])", lambda x, _: x.permute(0, 6, 5, 4, 3, 1, 2), [2, 1, 2, 3, 1, 2])
    case("x -> transpose([1, 0])", lambda x, _: x.transpose(1, 2), [2, 3])
    case("x -> reshape([3, 1, 2, -1, 1, 2])", lambda x, _: x.reshape(1, 3, 1, 2, 1, 1, 2), [2, 2, 3])
    case("x -> softmax(axis=-1)", lambda x, _: x.softmax(-1), [2, 3])
    case("x -> softmax(axis=-2)", lambda x, _: x.softmax(-2), [1, 2, 1, 2, 3, 2])
    case("concat(x, y, axis=-1)", lambda x, y: torch.cat([x, y], -1), [1, 2, 1, 2, 1, 2], [1, 2, 1, 2, 1, 3])
    case("concat(x, y, axis=-4)", lambda x, y: torch.cat([x, y], 2), [2, 1, 2, 1, 2], [2, 3, 2, 1, 2])
    case("concat(x -> split([1, 3], axis=-1), axis=3)", lambda x, _: x, [1, 2, 3, 4])
    case("concat(x -> split(2, axis=-5), axis=-6)", lambda x, _: torch.cat(x.chunk(2, 2), 1), [1, 2, 1, 2, 3, 2])
    case("x * param([2, 1, 1, 2, 3, 2])", lambda x, _: x * tensor([2, 1, 1, 2, 3, 2], SALTS["weight"]), [2, 1, 2, 2, 3, 2])
    heads = "reshape([5, 2, 3]) -> transpose([1, 0, 2])"
    case(
        f"matmul(matmul(x -> {heads}, (x * 0.5) -> {heads} -> transpose([0, 2, 1])) * (3 ** -0.5) -> softmax(axis=-1), "
        f"(x - 1) -> {heads}) -> transpose([1, 0, 2]) -> reshape([5, 6])",
        attention(2, 3),
        [5, 6],
    )


print("# Calls, the shapes of `x` and `y`, and PyTorch's outputs: see pytorch_values.py.")
main()
