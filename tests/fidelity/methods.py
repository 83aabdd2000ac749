"""The ways to meet a budget of MACs that are compared: each makes a network out of a family's own."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, replace
from pathlib import Path

from factors import Factors, Layer, layers, refined
from program import Net, NoPlanError, Program

# Plans may be tuned on the first families; the others only tell whether that was worth anything elsewhere.
TUNED = ("plain", "resnet_bottleneck", "inception", "mobilenet")
HELD_OUT = ("vgg", "resnet_basic", "densenet", "squeezenet")
BUDGETS = (65, 50, 35)
DENSE = "dense"
# Methods that are a person's own, for those families that a person has drawn.
HAND = {"hand": ("inception",), "hand_wide": ("inception",)}
HERE = Path(__file__).resolve().parent
# What `optimize` is given besides the budget: any width, since a block of 8 channels is much of so small a layer, and a machine on
# which its work takes longer than its start, since layers that would be slower in a form are left alone.
PLAN_ARGUMENTS: list[str] = ["--align", "1", "--target", "cortex-a76"]


class UnreachableError(Exception):
    """A method cannot keep the budget. `floor` are the fewest MACs that it can have, where that is known."""

    def __init__(self, floor: int | None) -> None:
        super().__init__(floor)
        self.floor = floor


@dataclass(frozen=True)
class Case:
    """A family as it is written, its MACs, and how many per cent of them may be kept."""

    program: Program
    family: str
    net: Net
    macs: int
    budget: int

    @property
    def limit(self) -> int:
        return self.macs * self.budget // 100


def family(name: str) -> Net:
    return Net((HERE / "families" / f"{name}.net").read_text())


def dense(case: Case) -> Net:
    """The family as it is, without a budget."""
    return case.net


def plan(case: Case) -> Net:
    """What the program plans."""
    try:
        return case.program.optimize(case.net, ["--budget", f"macs={case.budget}%", *PLAN_ARGUMENTS])
    except NoPlanError as error:
        raise UnreachableError(None) from error


def previous(case: Case) -> Net:
    """What the program planned when any form's rank was weighed by the input channels it keeps (see the README)."""
    return Net((HERE / "previous" / f"{case.family}-{case.budget}.net").read_text())


def width(case: Case) -> Net:
    """All layers thinner by one factor."""
    return scaled(case, case.net, "width", (100, 1000))


def hand(case: Case) -> Net:
    """A 1x1 before each kxk, as GoogLeNet's authors placed them, with their shares of channels times one factor."""
    return scaled(case, family(f"{case.family}_paper"), "factor", (100, 4000))


def hand_wide(case: Case) -> Net:
    """The same with just their shares, and all layers wider or thinner by one factor."""
    return scaled(case, family(f"{case.family}_paper"), "width", (100, 4000))


def scaled(case: Case, net: Net, parameter: str, thousandths: tuple[int, int]) -> Net:
    """The net under the largest value of a parameter, from so many thousandths to so many, that is within the budget."""

    def at(value: int) -> Net:
        return replace(net, setting=f"{parameter}={value / 1000}")

    def macs(value: int) -> int:
        return case.program.counts(at(value)).macs

    return at(largest(macs, case.limit, thousandths))


def largest(macs: Callable[[int], int], limit: int, bounds: tuple[int, int]) -> int:
    """The largest number within the bounds whose MACs, which rise with it, are within the limit."""
    low, high = bounds[0], bounds[1] + 1
    if macs(low) > limit:
        raise UnreachableError(macs(low))
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if macs(middle) <= limit else (low, middle)
    return low


def share(case: Case) -> Net:
    """Every kxk convolution as `reduce` or `expand`, whichever costs less, at one share of channels; linear between."""
    kxk = [layer for layer in layers(case.program.graph(case.net)) if layer.taps > 1]

    def chosen(thousandths: int) -> list[Factors]:
        options = (cheapest(layer, thousandths / 1000) for layer in kxk)
        return [factors for factors in options if factors.saved > 0]

    def macs(thousandths: int) -> int:
        return left(case, chosen(thousandths))

    return built(case, filled(case, chosen(largest(macs, case.limit, (1, 1000)))))


def greedy(case: Case) -> Net:
    """Halves the rank of the layer where that saves most, until the budget is met; linear between.

    The rank that was halved last is then as large as the budget allows. 1x1 convolutions are layers like the others here.
    """
    ladders = {layer: ladder(layer) for layer in layers(case.program.graph(case.net))}
    chosen: dict[Layer, Factors] = {}
    room = case.limit - case.macs
    while room < 0:
        steps = [steps[0] for steps in ladders.values() if steps]
        if not steps:
            raise UnreachableError(case.limit - room)
        step = max(steps, key=lambda step: step.saved - already(chosen, step.layer))
        chosen[step.layer] = ladders[step.layer].pop(0)
        room = case.limit - left(case, chosen.values())
        if room >= 0:
            chosen[step.layer] = replace(step, rank=step.rank + room // step.macs_per_rank)
    return built(case, filled(case, chosen.values()))


def ladder(layer: Layer) -> list[Factors]:
    """The cheapest factors at a half of the channels, a quarter, and so on: those that save, and more at each step."""
    steps: list[Factors] = []
    for halvings in range(1, layer.narrow.bit_length()):
        factors = cheapest(layer, 0.5**halvings)
        if factors.saved > (steps[-1].saved if steps else 0):
            steps.append(factors)
    return steps


def already(chosen: dict[Layer, Factors], layer: Layer) -> int:
    """The MACs that a layer saves so far."""
    return chosen[layer].saved if layer in chosen else 0


def cheapest(layer: Layer, kept: float) -> Factors:
    """The cheaper form at a share of channels: `reduce` keeps it of a layer's input, `expand` of its output."""
    if layer.taps == 1:
        return Factors(layer, "pointwise", max(1, round(kept * layer.narrow)))
    return min(
        Factors(layer, "reduce", max(1, round(kept * layer.before))),
        Factors(layer, "expand", max(1, round(kept * layer.behind))),
        key=lambda factors: factors.macs,
    )


def filled(case: Case, chosen: Iterable[Factors]) -> list[Factors]:
    """The factors with a channel more in each layer, the first ones first, where the budget has room for it.

    Ranks are whole numbers, so a share or a halving alone may leave more of the budget than a hundredth.
    """
    done = list(chosen)
    for place, factors in enumerate(done):
        if left(case, done) + factors.macs_per_rank <= case.limit:
            done[place] = replace(factors, rank=factors.rank + 1)
    return done


def left(case: Case, chosen: Iterable[Factors]) -> int:
    """The MACs of the family with these factors."""
    return case.macs - sum(factors.saved for factors in chosen)


def built(case: Case, chosen: Collection[Factors]) -> Net:
    """The family with these factors. The program must count what was counted here."""
    net = refined(case.net.text, chosen)
    if case.program.counts(net).macs != left(case, chosen):
        raise AssertionError(f"{case.family} has not the {left(case, chosen)} MACs that its factors were chosen by")
    return net


METHODS: dict[str, Callable[[Case], Net]] = {
    method.__name__: method for method in (dense, width, share, greedy, previous, plan, hand, hand_wide)
}
