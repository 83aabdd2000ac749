"""Writes pytorch_elementwise.txt: element-wise operations as PyTorch computes them, odd values among their inputs.

    python3 pytorch_elementwise.py > pytorch_elementwise.txt

A case is an expression of the language, its inputs (of 32 bits, without the batch), and the output. What is finite is computed
in 64 bits from inputs of 32 and left so, since the interpreter rounds once, at the end; what is zero, infinite or no number in 32
bits is what PyTorch makes of them there.
"""

import math

import torch
import torch.nn.functional as F

INF, NAN = math.inf, math.nan
ODD = [0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 1.5, 2.5, -1.5, -2.5, 3.25, -3.25, 1e-30, -1e-30, 60.5, -60.5, 1e30, -1e30, INF, -INF, NAN]
MILD = [0.0, -0.0, 1e-6, -1e-6, 0.25, -0.25, 0.5, 0.75, 1.0, -1.0, 1.5, -1.5, 2.0, -2.0, 3.0, -3.0, 5.5, -5.5, 9.0, -9.0, 25.0, -25.0, 89.0]
MILD += [-89.0, INF, -INF, NAN]


def text(number):
    return "-0.0" if number == 0 and math.copysign(1, number) < 0 else repr(float(number))


def listed(tensor):
    return " ".join(text(number) for number in tensor.flatten().tolist())


def outputs(function, inputs):
    wide, narrow = function(*[x.double() for x in inputs]), function(*inputs)
    rounded = wide.float()
    special = ~torch.isfinite(rounded) | (rounded == 0)
    return torch.where(special, narrow.double(), wide)


def case(expression, function, **inputs):
    tensors = [torch.tensor(values, dtype=torch.float32) for values in inputs.values()]
    result = outputs(function, tensors)
    print(f"> {expression}")
    for name, tensor in zip(inputs, tensors):
        print(f"{name} {list(tensor.shape)} {listed(tensor)}")
    print(f"= {list(result.shape)} {listed(result)}")


def unary(expression, function, values=None):
    case(expression, function, x=values or ODD)


def grid(shape, step=0.75, start=-2.0):
    count = math.prod(shape)
    return torch.tensor([start + step * i for i in range(count)]).reshape(shape).tolist()


print(f"# PyTorch {torch.__version__.split('+')[0]}")
unary("x -> sqrt", torch.sqrt)
unary("x -> exp", torch.exp)
unary("x -> log", torch.log)
unary("x -> abs", torch.abs)
unary("x -> neg", torch.neg)
unary("-x", torch.neg)
unary("x -> sign", torch.sign)
unary("x -> floor", torch.floor)
unary("x -> ceil", torch.ceil)
unary("round(x)", torch.round)
unary("x -> reciprocal", torch.reciprocal)
unary("x -> erf", torch.erf)
unary("x -> sin", torch.sin, MILD)
unary("x -> cos", torch.cos, MILD)
unary("x -> clamp(-1, 2)", lambda x: torch.clamp(x, -1, 2))
unary("x -> clamp(min=0)", lambda x: torch.clamp(x, min=0))
unary("x -> clamp(max=0.5)", lambda x: torch.clamp(x, max=0.5))
unary("x -> clamp(2, 1)", lambda x: torch.clamp(x, 2, 1))
unary("x -> softsign", F.softsign, MILD)
unary("x -> selu", F.selu, MILD)
unary("x -> celu", F.celu, MILD)
unary("x -> celu(0.5)", lambda x: F.celu(x, 0.5), MILD)
unary("x -> celu(-2)", lambda x: F.celu(x, -2.0), MILD)
unary("x -> elu(0.5)", lambda x: F.elu(x, 0.5), MILD)
unary("x -> thresholded_relu", lambda x: F.threshold(x, 1.0, 0.0), MILD)
unary("x -> thresholded_relu(-1.5)", lambda x: F.threshold(x, -1.5, 0.0), MILD)
unary("x -> hard_sigmoid", F.hardsigmoid, MILD)
unary("x -> hard_sigmoid(0.2)", lambda x: torch.clamp(x * 0.2 + 0.5, 0, 1), MILD)
unary("x -> softplus", F.softplus, MILD)
unary("x -> softplus(2)", lambda x: F.softplus(x, 2.0), MILD)
unary("x -> softplus(0.5, threshold=1)", lambda x: F.softplus(x, 0.5, 1.0), MILD)
# What it makes of infinity hangs on how many elements there are.
unary("x -> gelu", F.gelu, [x for x in MILD if x != INF])
unary("x -> gelu(tanh)", lambda x: F.gelu(x, approximate="tanh"), MILD)
for axis in (0, 1, -1):
    case(f"x -> log_softmax({axis})", lambda x: F.log_softmax(x, axis), x=grid([3, 2, 4]))
case("x -> log_softmax", lambda x: F.log_softmax(x, 0), x=[1000.0, 999.0, -INF])
for number in (2, 3, 0.5, -0.5, -1, -2, 1 / 3, 0, 1):
    unary(f"x ** {number}", lambda x: x**number)
for number in (2, 0.5, 0, 1, -2):
    unary(f"({number}) ** x", lambda x: number**x)
unary("2 / x", lambda x: 2 / x)
unary("0 / x", lambda x: 0 / x)
unary("-2 / x", lambda x: -2 / x)
unary("x / 3", lambda x: x / 3)
unary("min(x, 1)", lambda x: torch.clamp(x, max=1))
unary("min(1, x)", lambda x: torch.clamp(x, max=1))
unary("max(x, -1)", lambda x: torch.clamp(x, min=-1))
# Every odd value with every other one.
column = [[x] for x in ODD]
case("a / b", lambda a, b: a / b, a=column, b=ODD)
case("a ** b", lambda a, b: a**b, a=column, b=ODD)
case("min(a, b)", torch.minimum, a=column, b=ODD)
case("max(a, b)", torch.maximum, a=column, b=ODD)
# Ranks from one to four, aligned at the last axis.
for sign, function in [("+", torch.add), ("-", torch.sub), ("*", torch.mul), ("/", torch.div), ("**", torch.pow)]:
    case(f"a {sign} b", function, a=grid([3]), b=grid([2, 3], 0.5, 1.0))
    case(f"a {sign} b", function, a=grid([2, 1, 3]), b=grid([2, 1], 0.5, 1.0))
    case(f"a {sign} b", function, a=grid([2, 1, 2, 1]), b=grid([3, 1, 2], 0.5, 1.0))
case("(a, b, c) -> div", lambda a, b, c: a / b / c, a=grid([2, 1]), b=grid([3], 0.5, 1.0), c=grid([2, 2, 1], 0.25, 1.0))
case("pow(a, b, c)", lambda a, b, c: (a**b) ** c, a=grid([2, 1], 0.5, 1.0), b=grid([3]), c=grid([2, 2, 1], 0.25, 1.0))
case("min(a, b, c)", lambda a, b, c: torch.minimum(torch.minimum(a, b), c), a=grid([2, 1]), b=grid([3]), c=grid([2, 2, 1], 0.25, -1.0))
