"""Makes the tables of the README out of the results' file.

python3 tests/fidelity/table.py tests/fidelity/results.csv
"""

from __future__ import annotations

import math
import statistics
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import results
from methods import BUDGETS, DENSE, HAND, HELD_OUT, TUNED
from results import Cell, Row

PLAN = "plan"
RIVALS = ("previous", "width", "share", "greedy")
COLUMNS = (PLAN, *RIVALS, *HAND)
# The budget is kept where the MACs are within this share of it.
TOLERANCE = 0.01
# What the plan is to gain on the average of all families and budgets, in points.
GOAL = 1.0


@dataclass(frozen=True)
class Mean:
    """A mean in per cent or points, and its standard error, which is not a number where it is unknown."""

    value: float
    error: float

    def minus(self, other: Mean) -> Mean:
        return Mean(self.value - other.value, math.hypot(self.error, other.error))

    def holds(self) -> str:
        """Whether the mean is at least 0 within one standard error."""
        if math.isnan(self.error):
            return "?"
        return "yes" if self.value + self.error >= 0 else "no"

    def text(self, sign: str = "") -> str:
        error = "" if math.isnan(self.error) else f" ± {self.error:.1f}"
        return f"{self.value:{sign}.1f}{error}"


def average(means: list[Mean]) -> Mean | None:
    """Of means that were measured apart."""
    if not means:
        return None
    return Mean(statistics.fmean(mean.value for mean in means), math.hypot(*(mean.error for mean in means)) / len(means))


class Scores:
    """Mean accuracies over the seeds, by cell."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self.rows = results.current(rows)
        self.seeds = max((len(held) for held in self.rows.values()), default=0)

    def mean(self, cell: Cell) -> Mean | None:
        """None where nothing was trained, or nothing could be."""
        values = [row.accuracy for row in self.rows.get(cell, []) if row.accuracy is not None]
        if not values:
            return None
        error = statistics.stdev(values) / math.sqrt(len(values)) if len(values) > 1 else math.nan
        return Mean(statistics.fmean(values), error)

    def advantage(self, families: Iterable[str], budgets: Iterable[int], rival: str) -> Mean | None:
        """What the plan is better by on average, at those budgets of those families where both have a network."""
        places = [(family, budget) for family in families for budget in budgets]
        pairs = ((self.mean(Cell(*place, PLAN)), self.mean(Cell(*place, rival))) for place in places)
        return average([plan.minus(other) for plan, other in pairs if plan and other])

    def best_rival(self, family: str, budgets: Iterable[int]) -> tuple[str, Mean] | None:
        """The rival that the plan is least ahead of at those budgets, and by how much it is."""
        ahead = ((rival, self.advantage([family], budgets, rival)) for rival in RIVALS)
        known = [(rival, mean) for rival, mean in ahead if mean]
        return min(known, key=lambda entry: entry[1].value, default=None)

    def text(self, cell: Cell) -> str:
        """A cell of the table, which says where it is not like the others."""
        rows = self.rows.get(cell)
        if not rows:
            return ""
        mean, kept = self.mean(cell), rows[0].kept
        if mean is None:
            return "—" if kept is None else f"— (not below {kept:.0f} %)"
        remarks = []
        if kept is not None and abs(kept / cell.budget - 1) > TOLERANCE:
            remarks.append(f"{kept:.1f} % of MACs")
        if len(rows) < self.seeds:
            remarks.append("1 seed" if len(rows) == 1 else f"{len(rows)} seeds")
        return mean.text() + (f" ({', '.join(remarks)})" if remarks else "")


def lines(head: list[str], rows: list[list[str]]) -> str:
    """A table in Markdown."""
    return "\n".join(f"| {' | '.join(cells)} |" for cells in (head, ["---"] * len(head), *rows))


def title(method: str) -> str:
    return method.replace("_", ", ")


def accuracies(scores: Scores, families: tuple[str, ...]) -> str:
    """Per family and budget, each method's accuracy."""
    columns = [name for name in COLUMNS if any(scores.rows.get(Cell(f, b, name)) for f in families for b in BUDGETS)]
    rows = []
    for family in families:
        rows.append([family, "100 %", scores.text(Cell(family, 100, DENSE)), *("" for _ in columns)])
        for budget in BUDGETS:
            rows.append(["", f"{budget} %", "", *(scores.text(Cell(family, budget, name)) for name in columns)])
    return lines(["family", "MACs kept", DENSE, *map(title, columns)], rows)


def verdicts(scores: Scores, families: tuple[str, ...]) -> str:
    """Per family, whether the plan is as good as the best of the others within one standard error."""
    rows = []
    for family in families:
        best = scores.best_rival(family, BUDGETS)
        if best:
            each = [found[1].holds() for budget in BUDGETS if (found := scores.best_rival(family, [budget]))]
            rows.append([family, best[0], best[1].text("+"), best[1].holds(), f"{each.count('yes')} of {len(each)}"])
    return lines(["family", "best of the others", "plan is ahead by", "as good", "budgets at which it is"], rows)


def averages(scores: Scores) -> str:
    """What the plan is better by than each of the others, on the families it was tuned on and on those held out."""
    rows = []
    for rival in RIVALS:
        parts = [scores.advantage(families, BUDGETS, rival) for families in (TUNED, HELD_OUT, (*TUNED, *HELD_OUT))]
        if parts[-1]:
            cells = (mean.text("+") if mean else "" for mean in parts)
            rows.append([rival, *cells, f"at least +{GOAL:.1f}: {'yes' if parts[-1].value >= GOAL else 'no'}"])
    for name, families in HAND.items():
        mean = scores.advantage(families, BUDGETS, name)
        if mean:
            rows.append([f"{title(name)} ({', '.join(families)})", mean.text("+"), "", "", f"as good: {mean.holds()}"])
    return lines(["plan is better than", "tuned on", "held out", "all", "goal"], rows)


def markdown(rows: list[Row]) -> str:
    """All tables."""
    scores = Scores(rows)
    parts = [
        f"Accuracy in %: mean over the seeds, of which there are {scores.seeds} unless said otherwise, and its standard error."
    ]
    for half, families in (("Tuned on", TUNED), ("Held out", HELD_OUT)):
        parts += [f"**{half}**", accuracies(scores, families), verdicts(scores, families)]
    return "\n\n".join([*parts, "**On average**", averages(scores)])


if __name__ == "__main__":
    print(markdown(results.read(Path(sys.argv[1]))))
