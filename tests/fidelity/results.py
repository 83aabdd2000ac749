"""The results' file: a line of CSV for each training, which outlives a run that is broken off."""

from __future__ import annotations

import csv
import fcntl
import hashlib
import io
import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

import digits
from network import Graph
from train import Recipe


@dataclass(frozen=True)
class Cell:
    """A place of the table: a method for a family at a budget, in per cent of the dense network's MACs."""

    family: str
    budget: int
    method: str


@dataclass(frozen=True)
class Row:
    """What one training gave. `network` and `recipe` are fingerprints; with the seed they say what was trained.

    A row without a seed and an accuracy says that the method does not keep the budget; its MACs, where there are any, are
    the fewest that the method can have.
    """

    family: str
    budget: int
    method: str
    network: str
    recipe: str
    seed: int | None
    macs: int | None
    kept: float | None  # per cent of the dense network's MACs
    params: int | None
    accuracy: float | None  # per cent
    seconds: float | None

    @property
    def cell(self) -> Cell:
        return Cell(self.family, self.budget, self.method)

    @property
    def training(self) -> tuple[str, str, int | None]:
        return self.network, self.recipe, self.seed


COLUMNS = [field.name for field in fields(Row)]


def fingerprint(thing: list[Any]) -> str:
    """Sixteen hexadecimal digits that differ where two things of JSON do."""
    return hashlib.sha256(json.dumps(thing, sort_keys=True).encode()).hexdigest()[:16]


def network_fingerprint(graph: Graph) -> str:
    """Of what a training sees of a graph: its operations and how they are joined, whatever they are called."""
    place = {node["name"]: index for index, node in enumerate(graph["nodes"])}
    return fingerprint([[n["op"], n["arguments"], [place[name] for name in n["inputs"]], n["output"]] for n in graph["nodes"]])


def recipe_fingerprint() -> str:
    """Of the recipe and the pictures."""
    return fingerprint([asdict(Recipe()), asdict(digits.Settings())])


def read(path: Path) -> list[Row]:
    """The rows so far; a line that was not finished is none."""
    if not path.exists():
        return []
    text = path.read_text()
    return [parse(record) for record in csv.DictReader(io.StringIO(text[: text.rfind("\n") + 1]))]


def parse(record: dict[str, str]) -> Row:
    def whole(column: str) -> int | None:
        return int(record[column]) if record[column] else None

    def real(column: str) -> float | None:
        return float(record[column]) if record[column] else None

    return Row(
        family=record["family"],
        budget=int(record["budget"]),
        method=record["method"],
        network=record["network"],
        recipe=record["recipe"],
        seed=whole("seed"),
        macs=whole("macs"),
        kept=real("kept"),
        params=whole("params"),
        accuracy=real("accuracy"),
        seconds=real("seconds"),
    )


def append(path: Path, row: Row) -> None:
    """Adds a row whole, also where a run before was broken off within a line, and where two runs write at once."""
    line = io.StringIO()
    csv.writer(line, lineterminator="\n").writerow("" if value is None else value for value in asdict(row).values())
    with path.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        whole = file.read().rfind(b"\n") + 1
        file.truncate(whole)
        file.write((b"" if whole else ",".join(COLUMNS).encode() + b"\n") + line.getvalue().encode())
        file.flush()
        os.fsync(file.fileno())


def current(rows: Iterable[Row]) -> dict[Cell, list[Row]]:
    """The rows that hold, by cell: those of the network that was last seen there, under the recipe as it is."""
    recipe = recipe_fingerprint()
    cells: dict[Cell, dict[int | None, Row]] = {}
    for row in rows:
        if row.recipe != recipe:
            continue
        held = cells.setdefault(row.cell, {})
        if any(other.network != row.network for other in held.values()):
            held.clear()
        held[row.seed] = row
    return {cell: list(held.values()) for cell, held in cells.items()}
